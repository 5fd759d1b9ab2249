"""Put pictures on one sheet, as WebP: ``sheet.py <folder> <file> <columns> <width of a picture>``."""

import sys
from pathlib import Path

from PIL import Image

GAP = 8
QUALITY = 50


def scale(path: Path, width: int) -> Image.Image:
    picture = Image.open(path).convert("RGB")
    return picture.resize((width, round(picture.height * width / picture.width)), Image.LANCZOS)


def main() -> None:
    folder, target, columns, width = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])
    pictures = [scale(path, width) for path in sorted(folder.glob("*.png"))]
    rows = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
    heights = [max(picture.height for picture in row) + GAP for row in rows]
    sheet = Image.new("RGB", (columns * (width + GAP) + GAP, sum(heights) + GAP), "#714B67")
    top = GAP
    for row, height in zip(rows, heights, strict=True):
        for column, picture in enumerate(row):
            sheet.paste(picture, (GAP + column * (width + GAP), top))
        top += height
    sheet.save(target, quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
