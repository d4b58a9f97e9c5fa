"""A pack is examined in a process of its own, which has limits."""

from letters.apart import examine_apart
from letters.lint import examine
from letters.pack import load_house_fonts
from tests.letters.shipped import changed, files_of


def whole(code="settled", **changes):
    return {**load_house_fonts(), **files_of(code), **changes}


def test_a_pack_examined_apart_is_judged_as_it_is_here():
    here = examine(changed("settled"))
    apart = examine_apart(whole())
    assert (apart.findings, apart.footprint) == ((), here.footprint)
    assert apart.pages == here.pages


def test_a_pack_that_is_heavy_without_end_is_ended_and_has_one_finding():
    nested = b"<div class='deep'>" * 16 + b"x" + b"</div>" * 16  # a flex box lays out each box in it several times
    html = files_of("settled")["letter.html"].replace(b"<h1>", nested + b"<h1>")
    css = files_of("settled")["letter.css"] + b"\n.deep { display: flex; }\n"
    heavy = examine_apart(whole(**{"letter.html": html, "letter.css": css}), most_cpu_s=2)
    assert [finding.code for finding in heavy.findings] == ["TOO_HEAVY"]
    assert heavy.pages == {}


def test_a_pack_that_makes_the_layout_itself_fail_is_a_finding_like_any_other():
    found = examine(changed("settled", css=("size: A4;", "size: 3mm 3mm;"))).findings
    assert {finding.code for finding in found} & {"RenderRefused", "LetterTooLarge"}
