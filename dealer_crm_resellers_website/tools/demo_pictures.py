"""Draw the demo partners' pictures: python3 tools/demo_pictures.py demo/images (needs Pillow)."""

import math
import sys
from pathlib import Path

from PIL import Image, ImageDraw

SIZE, SCALE = (512, 288), 4
#: name: (background, foreground, number of petals, rotation in degrees)
PICTURES = {
    "alvorada": ("#FFF4E0", "#D9822B", 12, 0),
    "boreal": ("#E6F1F8", "#2B6CB0", 6, 30),
    "cedar": ("#E8F3EC", "#2F7D4F", 3, 0),
    "delta": ("#F3EAF7", "#7B3F98", 3, 60),
    "estrella": ("#FDECEA", "#C0392B", 5, 0),
    "fjord": ("#E5F4F4", "#16817A", 4, 45),
    "harbour": ("#EAEDF6", "#33427A", 8, 22),
    "karoo": ("#FBF1E6", "#A0552D", 7, 0),
    "lotus": ("#FCEAF3", "#C2407F", 9, 0),
    "maple": ("#FBEDEA", "#B83B1E", 11, 0),
    "sakura": ("#FDF0F4", "#D1587E", 5, 36),
    "tasman": ("#E9F5FA", "#1C7FA6", 10, 18),
}


def draw(background, colour, petals, turn):
    width, height = (side * SCALE for side in SIZE)
    image = Image.new("RGB", (width, height), background)
    canvas = ImageDraw.Draw(image)
    middle, reach = (width / 2, height / 2), height * 0.38
    for number in range(petals):
        angle = math.radians(turn + 360 * number / petals - 90)
        side = math.pi / petals * 0.72
        tip = _at(middle, angle, reach)
        left, right = (_at(middle, angle + turned, reach * 0.55) for turned in (-side, side))
        canvas.polygon([middle, left, tip, right], fill=colour)
    for radius, fill in ((reach * 0.24, background), (reach * 0.14, colour)):
        canvas.ellipse(
            [edge - radius for edge in middle] + [edge + radius for edge in middle], fill=fill
        )
    return image.resize(SIZE, Image.Resampling.LANCZOS).quantize(32)


def _at(middle, angle, radius):
    return middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle)


def main(folder):
    for name, style in PICTURES.items():
        draw(*style).save(Path(folder) / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
