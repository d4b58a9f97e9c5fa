"""The zero-difference certificate: it is not made over a difference, and a long batch takes more pages."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pypdfium2
import pytest

from letters.certificate import Certified, certificate_table
from letters.errors import FieldRefused
from letters.render import render_table_document

COUNT = Certified(
    batch_no="PB26000012", branch="总部", requested_by="a", requested=50, approved_by="b", approved=50, printed=52,
    posted=40, handed=5, void=3, with_crews=3, in_custody=1, counted_by="c",
    counted_at=datetime(2026, 11, 27, 9, tzinfo=UTC), files=((1, "ab12" * 16),),
)  # fmt: skip


@pytest.mark.parametrize("place", ["posted", "handed", "void", "with_crews", "in_custody"])
def test_a_count_with_a_difference_is_never_certified(place):
    with pytest.raises(FieldRefused, match="lacks 1 copies"):
        replace(COUNT, **{place: getattr(COUNT, place) - 1})


def test_every_term_of_the_count_and_every_file_stands_on_paper():
    files = tuple((number, f"{number:064x}") for number in range(1, 61))
    with pypdfium2.PdfDocument(
        io.BytesIO(render_table_document(certificate_table(replace(COUNT, files=files))).pdf)
    ) as pdf:
        text = "".join("".join(page.get_textpage().get_text_bounded().split()) for page in pdf)
        assert len(pdf) > 1
    assert "打印52＝交寄40＋面交5＋作废3＋领用3＋在库1" in text
    assert all(sha256 in text for _, sha256 in files)
    assert "2026-11-2717:00" in text
