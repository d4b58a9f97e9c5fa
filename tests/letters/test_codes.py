import io

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from letters.codes import code128_png, code128_values, qr_png
from letters.errors import FieldRefused
from letters.pack import check_png

texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=30).filter(
    lambda text: text == text.strip()
)


def decoded(png: bytes, *, tall: bool) -> list[str]:
    image = Image.open(io.BytesIO(png))
    if tall:
        image = image.resize((image.width, 60))
    return [found.text for found in zxingcpp.read_barcodes(image)]


@settings(max_examples=60, deadline=None)
@given(texts)
def test_code128_reads_back_as_what_was_written(text):
    assert decoded(code128_png(text), tall=True) == [text]


@pytest.mark.parametrize(
    "text", ["FO2600000001", "0123456789", "12345", "A1", "AB123456CD", "00", "7", "XA00000000101"]
)
@pytest.mark.parametrize("write", [code128_png, qr_png])
def test_both_codes_read_back_at_the_edges_of_the_digit_sets(write, text):
    assert decoded(write(text), tall=write is code128_png) == [text]


def test_digits_go_two_to_a_symbol():
    assert len(code128_values("0123456789")) == 1 + 5 + 2
    assert len(code128_values("FO2600000001")) == 1 + 2 + 1 + 5 + 2


@pytest.mark.parametrize("bad", ["", "张三", "a\n", "x" * 49])
def test_what_code128_cannot_carry_is_refused(bad):
    with pytest.raises(FieldRefused, match="Code 128"):
        code128_png(bad)


def test_the_images_are_whole_pngs_and_the_same_each_time():
    assert check_png("code", code128_png("FO1"))
    assert check_png("qr", qr_png("FO1"))
    assert qr_png("FO1") == qr_png("FO1")
