"""Joins the frames of a film to an animated WebP: ``film.py <folder> <file>``; see film.mjs."""

import json
import sys
from pathlib import Path

from PIL import Image

WIDTH = 1120
QUALITY = 45


def join(paths: list[Path]) -> Image.Image:
    """One frame of the pages at the same time, side by side."""
    pages = [Image.open(path).convert("RGB") for path in paths]
    gap = 6
    width = sum(page.width for page in pages) + gap * (len(pages) - 1)
    frame = Image.new("RGB", (width, max(page.height for page in pages)), "#714B67")
    left = 0
    for page in pages:
        frame.paste(page, (left, 0))
        left += page.width + gap
    return frame.resize((WIDTH, round(frame.height * WIDTH / frame.width)), Image.LANCZOS)


def main() -> None:
    folder, target = Path(sys.argv[1]), sys.argv[2]
    times = json.loads((folder / "times.json").read_text())
    frames = [join(sorted(folder.glob(f"{n:04}-*.jpg"))) for n in range(len(times))]
    ends = [*times[1:], times[-1] + 1500]
    durations = [end - begin for begin, end in zip(times, ends, strict=True)]
    frames[0].save(
        target,
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        quality=QUALITY,
        method=4,
        minimize_size=True,
    )


if __name__ == "__main__":
    main()
