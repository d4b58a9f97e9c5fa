import hashlib
import re
import subprocess
import sys
import zlib
from dataclasses import replace

import pypdfium2
import pytest
import zxingcpp
from PIL import ImageFilter

from letters.errors import (
    FontBroken,
    GlyphMissing,
    LetterTooLarge,
    ResourceRefused,
    SystemIncomplete,
    TemplateRefused,
    UnmaskedNumber,
)
from letters.letter import printed_values
from letters.pack import load_pack
from letters.render import LetterFailure, PrintPart, RenderedLetter, Renderer
from letters.samples import HOSTILE_NUMBERS, sample_letters
from tests.letters.shipped import CODES, PACKS, changed


def text_of(pdf: bytes) -> str:
    return "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def opened(pdf: bytes) -> bytes:
    """Return what the compressed streams of a PDF hold."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return b"\n".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x")


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_text_of_the_page_is_the_text_of_the_letter(renderer, letter):
    text = squeezed(text_of(renderer.render(letter).pdf))
    values = printed_values(letter)
    for name in renderer.field_names:
        assert squeezed(values[name]) in text, name


def test_code128_and_qr_are_read_from_the_page_at_300_dpi(renderer, letter):
    page = pypdfium2.PdfDocument(renderer.render(letter).pdf)[0].render(scale=300 / 72).to_pil()
    found = {(code.format.name, code.text) for code in zxingcpp.read_barcodes(page)}
    assert found == {("Code128", letter.serial), ("QRCode", letter.serial)}


def test_the_codes_are_read_from_a_poor_scan_too(renderer, letter):
    page = pypdfium2.PdfDocument(renderer.render(letter).pdf)[0].render(scale=300 / 72, grayscale=True).to_pil()
    poor = {
        "blurred": page.filter(ImageFilter.GaussianBlur(1.2)),
        "askew": page.rotate(1.2, fillcolor=255, expand=True),
        "at 200 dpi": page.resize((page.width * 2 // 3, page.height * 2 // 3)),
    }
    for name, image in poor.items():
        found = [(code.format.name, code.text) for code in zxingcpp.read_barcodes(image)]
        assert sorted(found) == [("Code128", letter.serial), ("QRCode", letter.serial)], name


def test_the_codes_hold_no_personal_data(renderer, letter):
    page = pypdfium2.PdfDocument(renderer.render(letter).pdf)[0].render(scale=300 / 72).to_pil()
    assert {code.text for code in zxingcpp.read_barcodes(page)} == {letter.serial}


def test_the_same_letter_is_the_same_bytes_whatever_was_rendered_between(renderer, letter):
    first = renderer.render(letter)
    renderer.render(replace(letter, recipient_name="欧阳堃", serial="FO2600000002"))
    assert renderer.render(letter) == first
    assert first.sha256 == hashlib.sha256(first.pdf).hexdigest()


def test_the_same_letter_is_the_same_bytes_in_another_process(renderer, letter):
    program = (
        "from letters.render import Renderer; from letters.pack import load_pack; from letters.system import HOUSE;"
        "from letters.kinds import LetterKind; from letters.samples import sample_letters;"
        "print(Renderer(load_pack(HOUSE/'payment-notice')).render("
        "sample_letters(LetterKind.PAYMENT_NOTICE)['ordinary']).sha256)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"})
    assert done.stdout.strip() == renderer.render(letter).sha256


def test_another_letter_is_other_bytes(renderer, letter):
    assert renderer.render(letter).sha256 != renderer.render(replace(letter, balance_fen=letter.balance_fen + 1)).sha256


def test_only_fonts_of_the_pack_are_embedded(renderer, letter):
    assert renderer.inspect(letter).font_families == {"Letter"}
    rare = replace(letter, recipient_name="欧阳堃喆")
    assert renderer.inspect(rare).font_families == {"Letter", "Letter Rare"}
    assert "欧阳堃喆" in text_of(renderer.render(rare).pdf)


@pytest.mark.parametrize("name", ["张\U00020000", "김철수", "张😀", "A\u0301Z\u0e01"])
def test_a_character_no_font_of_the_pack_has_is_refused_and_named(renderer, letter, name):
    with pytest.raises(GlyphMissing, match=r"U\+"):
        renderer.render(replace(letter, recipient_name=name))


@pytest.mark.parametrize("number", HOSTILE_NUMBERS)
@pytest.mark.parametrize("field", ["product", "recipient_address", "agency_name"])
def test_a_full_card_or_identity_number_is_refused_and_not_repeated(renderer, letter, field, number):
    with pytest.raises(UnmaskedNumber, match="LR-043") as refused:
        renderer.render(replace(letter, **{field: f"示范{number}"}))
    assert "0307889" not in str(refused.value)
    assert "2028033" not in str(refused.value)


def test_a_serial_as_long_as_a_card_number_is_the_letters_own(renderer, letter):
    assert renderer.render(replace(letter, serial="20261123000000012")).pages == 1


def test_markup_in_data_prints_as_it_was_typed(renderer, letter):
    pdf = renderer.render(replace(letter, recipient_name="<b>张</b>&三", product="{{ serial }}")).pdf
    assert "<b>张</b>&三" in text_of(pdf)
    assert "{{serial}}" in squeezed(text_of(pdf))


def test_one_bad_letter_never_stops_a_batch(renderer, letter):
    bad = [replace(letter, recipient_name="😀", serial="B1"), replace(letter, product="6222028033561339", serial="B2")]
    good = [replace(letter, serial=f"G{number}") for number in range(3)]
    results = list(renderer.render_batch([good[0], bad[0], good[1], bad[1], good[2]], chunk=2))
    assert [type(one) for one in results] == [
        RenderedLetter,
        LetterFailure,
        RenderedLetter,
        LetterFailure,
        RenderedLetter,
    ]
    assert [one.error for one in results if isinstance(one, LetterFailure)] == ["GlyphMissing", "UnmaskedNumber"]
    assert results[0].sha256 == renderer.render(good[0]).sha256
    assert all(one.letter_no == letter.letter_no for one in results)


def test_a_letter_that_fails_in_a_way_nobody_thought_of_is_a_failure_too(notice, letter, monkeypatch):
    renderer = Renderer(notice)

    def broken(fields):
        raise ZeroDivisionError("here")

    monkeypatch.setattr(renderer, "_tree", broken)
    (result,) = renderer.render_batch([letter])
    assert (result.error, result.reason) == ("Unexpected", "ZeroDivisionError: here")


def test_print_parts_hold_each_letter_once_and_say_on_which_page(renderer, letter):
    letters = [
        replace(letter, letter_no=f"〔2026〕示范缴字第{number:06d}号", serial=f"S{number}") for number in range(5)
    ]
    serials = {one.letter_no: one.serial for one in letters}
    letters.insert(2, replace(letter, recipient_name="😀"))
    results = list(renderer.print_parts(letters, chunk=2))
    parts = [one for one in results if isinstance(one, PrintPart)]
    assert [len(part.index) for part in parts] == [2, 1, 2]
    assert sum(isinstance(one, LetterFailure) for one in results) == 1
    for part in parts:
        document = pypdfium2.PdfDocument(part.pdf)
        assert len(document) == sum(pages for _, _, pages in part.index)
        for letter_no, first, _ in part.index:
            text = document[first - 1].get_textpage().get_text_range()
            assert letter_no in text
            assert "第 1 页 / 共 1 页" in text
            image = document[first - 1].render(scale=300 / 72).to_pil()
            assert {code.text for code in zxingcpp.read_barcodes(image)} == {serials[letter_no]}


def test_a_chunk_gives_the_same_letters_as_one_by_one_and_the_same_file_as_the_printer_gets(renderer, letter):
    letters = [
        replace(letter, letter_no=f"〔2026〕示范缴字第{number:06d}号", serial=f"S{number}") for number in range(3)
    ]
    letters.insert(1, replace(letter, recipient_name="😀"))
    chunk = renderer.render_chunk(letters)
    assert list(chunk.results) == list(renderer.render_batch(letters))
    (part,) = (one for one in renderer.print_parts(letters) if isinstance(one, PrintPart))
    assert chunk.part == part
    assert renderer.render_chunk([letters[1]]).part is None


def test_pdf_a_is_a_switch_of_the_pack_and_as_stable(notice, letter):
    archive = Renderer(changed(manifest=("specimen = true", "specimen = true\narchival = true")))
    assert archive.pack.sha256 != notice.sha256
    one = archive.render(letter)
    assert b"GTS_PDFA1" in opened(one.pdf)
    assert b"GTS_PDFA1" not in opened(Renderer(notice).render(letter).pdf)
    assert archive.render(letter).sha256 == one.sha256


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("{% for char in serial %}x{% endfor %}", "For"),
        ("{{ serial.__class__ }}", "Getattr"),
        ("{{ serial[0] }}", "Getitem"),
        ("{{ range(9) }}", "Call"),
        ("{{ serial|safe }}", "Filter|No filter"),
        ("{% set x = 1 %}", "Assign"),
        ("{% include 'x' %}", "Include"),
        ("{{ serial * 9 }}", "Mul"),
        ("{% if serial %}", "line"),
    ],
)
def test_the_template_language_has_nothing_but_values_and_whether_they_are_there(html, why):
    with pytest.raises(TemplateRefused, match=why):
        Renderer(changed(html=("{{ serial }}", html)))


def test_an_unknown_field_is_refused_by_its_name(letter):
    with pytest.raises(TemplateRefused, match="pan_number"):
        Renderer(changed(html=("{{ serial }}", "{{ pan_number }}"))).render(letter)


def test_a_value_this_letter_lacks_may_be_asked_for_and_not_printed(letter):
    with pytest.raises(TemplateRefused, match="law_firm"):
        Renderer(changed(html=("{{ agency_phone }}", "{{ law_firm }}"))).render(letter)
    asked = Renderer(changed(html=("{{ agency_phone }}", "{% if law_firm %}{{ law_firm }}{% endif %}")))
    assert asked.render(letter).pages == 1


def test_a_missing_image_or_font_ends_the_letter(letter):
    with pytest.raises(ResourceRefused, match=r"logo\.png"):
        Renderer(changed(html=("qr.png", "logo.png"))).render(letter)
    with pytest.raises(ResourceRefused, match=r"other\.png"):
        Renderer(changed(css=("seal.png", "other.png"))).render(letter)
    with pytest.raises(ResourceRefused, match=r"Other\.ttf"):
        Renderer(changed(css=("NotoSansSC-GB2312-400.ttf", "Other.ttf")))


def test_a_font_of_the_machine_is_never_used_in_place_of_the_packs(letter):
    with pytest.raises(FontBroken, match="of this machine"):
        Renderer(changed(css=('"Letter", "Letter Rare"', '"DejaVu Sans"'))).render(letter)


def test_a_letter_that_grows_past_its_limits_is_refused(letter):
    rows = "<table>" + "<tr><td>1</td></tr>" * 61 + "</table>"
    with pytest.raises(LetterTooLarge, match="table rows"):
        Renderer(changed(html=("<h1>", f"{rows}<h1>"))).render(letter)
    lines = "<p>行</p>" * 900
    with pytest.raises(LetterTooLarge, match="pages"):
        Renderer(changed(html=("<h1>", f"{lines}<h1>"))).render(letter)


@pytest.mark.parametrize("code", CODES)
def test_every_kind_fits_one_page_with_the_longest_values(code):
    pack = load_pack(PACKS / code)
    assert Renderer(pack).render(sample_letters(pack.kind)["longest"]).pages == 1


def test_this_machine_has_what_letters_need_or_says_what_it_lacks(tmp_path):
    from letters.system import LIBRARIES, Library, require_fonts, require_libraries, require_system

    require_system()
    absent = Library("HarfBuzz subsetter", ("libno-such.so.0",), "libharfbuzz-subset0", "harfbuzz", "why")
    with pytest.raises(SystemIncomplete, match=r"HarfBuzz subsetter.*apt-get install libharfbuzz-subset0"):
        require_libraries((*LIBRARIES, absent))
    with pytest.raises(SystemIncomplete, match="NotoSansSC-GB2312-400"):
        require_fonts(tmp_path)
