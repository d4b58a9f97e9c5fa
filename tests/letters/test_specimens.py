"""Each shipped pack against its golden page, as an image: small differences of rasterisers pass, moved ink does not.

After an intended change of a pack, look at the page, then: python -m tests.letters.test_specimens
"""

from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from letters.pack import load_pack
from letters.render import Renderer
from letters.samples import sample_letters
from tests.letters.shipped import CODES, PACKS

GOLDEN = Path(__file__).resolve().parents[1] / "specimens" / "letters"
DPI = 60
BLOCK = 8  # pixels, 3.4 mm: a line of text moved by half its height fills it with difference
TOLERANCE = 24  # of 255, mean over a block


def page_of(code: str, sample: str = "ordinary") -> Image.Image:
    pack = load_pack(PACKS / code)
    pdf = Renderer(pack).render(sample_letters(pack.kind)[sample]).pdf
    return pypdfium2.PdfDocument(pdf)[0].render(scale=DPI / 72, grayscale=True).to_pil().convert("L")


def worst_block(one: Image.Image, other: Image.Image) -> float:
    assert one.size == other.size
    difference = np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float))
    height, width = (size // BLOCK * BLOCK for size in difference.shape)
    blocks = difference[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return float(blocks.mean(axis=(1, 3)).max())


@pytest.mark.parametrize("code", CODES)
def test_the_page_looks_as_it_was_approved(code):
    assert worst_block(page_of(code), Image.open(GOLDEN / f"{code}.png")) < TOLERANCE


def test_the_comparison_sees_another_amount_and_another_name():
    golden = Image.open(GOLDEN / "payment-notice.png")
    assert worst_block(page_of("payment-notice", "shortest"), golden) > TOLERANCE
    assert worst_block(page_of("dunning"), golden) > TOLERANCE


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for shipped in CODES:
        page_of(shipped).save(GOLDEN / f"{shipped}.png", optimize=True)
