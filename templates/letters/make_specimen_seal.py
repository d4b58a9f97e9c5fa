# ruff: noqa: INP001 - a tool beside the packs, not a package
"""Draw the invented seals of the specimen packs: python templates/letters/make_specimen_seal.py.

Needs Pillow (a test dependency). The seals name no real bank or firm and say that they are specimens.
"""

import math
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE, SCALE = 402, 4  # 34 mm at 300 dpi
SHADES = 8  # few shades keep every letter small
RED, PAPER = (196, 30, 38), (255, 255, 255)
FONT = Path(__file__).parent / "fonts" / "NotoSansSC-GB2312-700.ttf"


def draw_seal(arc: str, middle: str, foot: str) -> Image.Image:
    """Return the seal: a ring, a star, words along the arc and two lines under the star."""
    size = SIZE * SCALE
    image = Image.new("RGB", (size, size), PAPER)
    pen = ImageDraw.Draw(image)
    ring = size // 40
    pen.ellipse((ring, ring, size - ring, size - ring), outline=RED, width=ring)
    centre, radius = size / 2, size * 0.37
    points = []
    for step in range(10):
        angle = math.pi * (step / 5 - 0.5)
        reach = size * (0.13 if step % 2 == 0 else 0.05)
        points.append((centre + reach * math.cos(angle), centre * 0.97 + reach * math.sin(angle)))
    pen.polygon(points, fill=RED)
    font = ImageFont.truetype(str(FONT), int(size * 0.105))
    spread = math.radians(232)
    for place, char in enumerate(arc):
        angle = -math.pi / 2 + spread * (place / (len(arc) - 1) - 0.5)
        tile = Image.new("L", (int(size * 0.16),) * 2)
        ImageDraw.Draw(tile).text((tile.width / 2, tile.height / 2), char, font=font, fill=255, anchor="mm")
        tile = tile.rotate(-math.degrees(angle) - 90, resample=Image.Resampling.BICUBIC)
        at = (
            int(centre + radius * math.cos(angle) - tile.width / 2),
            int(centre + radius * math.sin(angle) - tile.height / 2),
        )
        image.paste(RED, at, tile)
    pen.text(
        (centre, size * 0.72), middle, font=ImageFont.truetype(str(FONT), int(size * 0.085)), fill=RED, anchor="mm"
    )
    pen.text((centre, size * 0.83), foot, font=ImageFont.truetype(str(FONT), int(size * 0.07)), fill=RED, anchor="mm")
    small = image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    steps = [
        tuple(round(paper + (red - paper) * step / (SHADES - 1)) for paper, red in zip(PAPER, RED, strict=True))
        for step in range(SHADES)
    ]
    palette = Image.new("P", (1, 1))
    palette.putpalette([value for step in steps for value in step])
    return small.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")


if __name__ == "__main__":
    here = Path(__file__).parent
    bank = draw_seal("示范银行信用卡中心", "业务专用章", "样张")
    for pack in ("payment-notice", "dunning", "settled"):
        bank.save(here / pack / "seal.png", optimize=True)
    draw_seal("示范律师事务所", "函件专用章", "样张").save(here / "lawyer" / "seal.png", optimize=True)
