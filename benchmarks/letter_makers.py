"""Others who could make the same letter: yardsticks for `benchmarks.letters`, never part of the product.

Each takes a letter's values and gives a PDF with the same words, fonts, table, seal, Code 128 and QR.
"""

from __future__ import annotations

import html
import io
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from letters.codes import code128_png, qr_png
from letters.kinds import LetterKind
from letters.letter import LetterFields, printed_values
from letters.markup import compile_template
from letters.samples import sample_letters
from letters.system import HOUSE, HOUSE_FONTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PACK = HOUSE / "payment-notice"
_TEMPLATE = compile_template((PACK / "letter.html").read_text(encoding="utf-8"))


NAMES = "张三李四王五赵六钱七孙八周九吴十郑成陈立杨光黄河林海何山高原"


def letters(count: int, start: int = 0) -> list[LetterFields]:
    """Return letters to different people about different amounts."""
    one = sample_letters(LetterKind.PAYMENT_NOTICE)["ordinary"]
    return [
        replace(
            one,
            letter_no=f"〔2026〕示范缴字第{number:06d}号",
            serial=f"FO26{number:08d}",
            recipient_name=NAMES[number * 2 % 28] + NAMES[number * 7 % 28] + NAMES[number * 3 % 28],
            balance_fen=one.balance_fen + number * 137,
        )
        for number in range(start + 1, start + count + 1)
    ]


def words_of(letter: LetterFields) -> dict[str, list[str]]:
    """Return the lines of each part of the letter, as the shipped pack says them, without markup."""
    source = _TEMPLATE.fill(printed_values(letter))
    source = re.sub(r'<div id="(?:facts|contact|sign)">[^<]*', lambda found: found[0].replace("\n", "</p>"), source)
    source = re.sub(r"\s*\n\s*", "", source[source.index('<div id="sender">') :])

    def lines(start: str, end: str) -> list[str]:
        part = source[source.index(start) : source.index(end)]
        pieces = re.split(r"</(?:p|h1|h2|td|th|div)>|</b>(?=<span)", part)
        found = (html.unescape(re.sub(r"<[^>]+>", "", piece)) for piece in pieces)
        return [line for line in found if line.strip()]

    marks = [
        ("sender", '<div id="sender">', '<div id="address">'),
        ("address", '<div id="address">', '<div id="facts">'),
        ("facts", '<div id="facts">', '<img id="code"'),
        ("opening", "<h1>", '<table id="figures">'),
        ("figures", '<table id="figures">', "<p><b>一、"),
        ("body", "<p><b>一、", '<div id="sign">'),
        ("sign", '<div id="sign">', '<div id="contact">'),
        ("contact", '<div id="contact">', '<div id="slip">'),
        ("slip", '<div id="slip">', "</body>"),
    ]
    return {name: lines(start, end) for name, start, end in marks}


def naive_maker(folder: Path, *, lean: bool) -> Callable[[list[LetterFields]], bytes]:
    """WeasyPrint as one writes it first: files linked, all of it read again for each letter.

    `lean`: with our own style sheet; otherwise with the one a first draft has, of flexible boxes and automatic tables.
    """
    from jinja2 import Template  # noqa: PLC0415
    from weasyprint import HTML  # noqa: PLC0415

    for file in (*HOUSE_FONTS.glob("*.ttf"), PACK / "seal.png"):
        (folder / file.name).write_bytes(file.read_bytes())
    css = (PACK / "letter.css").read_text(encoding="utf-8")
    (folder / "letter.css").write_text(css if lean else _first_draft(css), encoding="utf-8")
    source = (PACK / "letter.html").read_text(encoding="utf-8")
    source = source.replace("<title>", '<link rel="stylesheet" href="letter.css"><title>')

    def make(letters: list[LetterFields]) -> bytes:
        (letter,) = letters
        (folder / "code128.png").write_bytes(code128_png(letter.serial))
        (folder / "qr.png").write_bytes(qr_png(letter.serial))
        filled = Template(source, autoescape=True).render(printed_values(letter))
        return bytes(HTML(string=filled, base_url=f"{folder}/").write_pdf())

    return make


def _first_draft(css: str) -> str:
    css = css.replace("table-layout: fixed;", "").replace("border-spacing: 0;", "border-collapse: collapse;")
    flexible = "#address, #contact, #facts, #sender { display: flex; flex-direction: column; }"
    return f"{css}\n{flexible}\n#slip .line {{ display: flex; }}\n"


_TYPST = """
#set page(width: 210mm, height: 297mm, margin: 14mm)
#set text(font: "Noto Sans SC", size: 9.2pt)
#let data = json(bytes(sys.inputs.letters))
#for (number, letter) in data.enumerate() [
  #if number > 0 { pagebreak() }
  #place(dx: 6mm, dy: 0mm)[#text(15pt, weight: "bold", letter.sender.at(0)) \\ #text(8.5pt, letter.sender.at(1))]
  #place(dx: 8mm, dy: 37mm, box(width: 76mm, text(10pt, letter.address.join("\\n"))))
  #place(dx: 102mm, dy: 37mm, box(width: 74mm, text(8.5pt, letter.facts.join("\\n"))))
  #place(dx: 125mm, dy: 55mm, image(letter.code, width: 51mm, height: 9mm, fit: "stretch", scaling: "pixelated"))
  #v(83mm)
  #align(center, text(17pt, weight: "bold", letter.opening.at(0)))
  #for words in letter.opening.slice(1) [#par(words)]
  #table(columns: (29mm, 1fr, 29mm, 1fr), stroke: 0.5pt, ..letter.figures.slice(0, 8),
    letter.figures.at(8), table.cell(colspan: 3, letter.figures.at(9)), ..letter.figures.slice(10))
  #for words in letter.body [#par(words)]
  #place(dx: 120mm, dy: 0mm, image("seal.png", width: 33mm))
  #place(dx: 125mm, dy: 8mm, box(width: 40mm, align(center, letter.sign.join("\\n"))))
  #for words in letter.contact [#text(8.5pt, words) \\ ]
  #place(dx: 0mm, dy: 20mm, line(length: 170mm, stroke: 0.6pt))
  #place(dx: 148mm, dy: 24mm, image(letter.qr, width: 22mm, scaling: "pixelated"))
  #place(dx: 0mm, dy: 22mm, box(width: 140mm, letter.slip.join("\\n")))
]
"""


def typst_maker(folder: Path) -> Callable[[list[LetterFields]], bytes]:
    """Typst with a compiler kept between letters, and its own reading of the fonts."""
    import typst  # noqa: PLC0415

    source = folder / "letter.typ"
    source.write_text(_TYPST, encoding="utf-8")
    (folder / "seal.png").write_bytes((PACK / "seal.png").read_bytes())
    fonts = folder / "fonts"  # the two faces of one family that cover the letter: it would mix in others of that name
    fonts.mkdir()
    for file in HOUSE_FONTS.glob("*-GB2312-*.ttf"):
        (fonts / file.name).write_bytes(file.read_bytes())
    compiler = typst.Compiler(str(source), root=str(folder), font_paths=[str(fonts)], ignore_system_fonts=True)

    def make(letters: list[LetterFields]) -> bytes:
        values = []
        for letter in letters:
            code, qr = folder / f"{letter.serial}-c.png", folder / f"{letter.serial}-q.png"
            code.write_bytes(code128_png(letter.serial))
            qr.write_bytes(qr_png(letter.serial))
            values.append(words_of(letter) | {"code": code.name, "qr": qr.name})
        return bytes(compiler.compile(sys_inputs={"letters": json.dumps(values, ensure_ascii=False)}, pdf_tags=False))

    return make


def reportlab_maker() -> Callable[[list[LetterFields]], bytes]:
    """ReportLab with its fonts registered once."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    for name, weight in (("L", 400), ("LB", 700)):
        pdfmetrics.registerFont(TTFont(name, str(HOUSE_FONTS / f"NotoSansSC-GB2312-{weight}.ttf")))

    def make(letters: list[LetterFields]) -> bytes:
        out = io.BytesIO()
        canvas = Canvas(out, pagesize=(595.28, 841.89), invariant=True)
        for letter in letters:
            _reportlab_page(canvas, letter)
            canvas.showPage()
        canvas.save()
        return out.getvalue()

    return make


def _reportlab_page(canvas: object, letter: LetterFields) -> None:
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.lib.utils import ImageReader  # noqa: PLC0415
    from reportlab.platypus import Paragraph, Table  # noqa: PLC0415

    mm, height = 72 / 25.4, 841.89
    words = words_of(letter)
    style = ParagraphStyle("p", fontName="L", fontSize=9.2, leading=13.4, wordWrap="CJK")
    bold = ParagraphStyle("b", parent=style, fontName="LB", fontSize=15, leading=20, alignment=1)

    def put(x: float, y: float, width: float, lines: list[str], how: ParagraphStyle = style) -> float:
        for line in lines:
            paragraph = Paragraph(html.escape(line), how)
            _, used = paragraph.wrap(width * mm, 1000)
            paragraph.drawOn(canvas, x * mm, height - y * mm - used)
            y += used / mm
        return y

    put(20, 14, 170, words["sender"])
    put(22, 51, 76, words["address"])
    put(116, 51, 74, words["facts"])
    code = ImageReader(io.BytesIO(code128_png(letter.serial)))
    canvas.drawImage(code, 139 * mm, height - 78 * mm, 51 * mm, 9 * mm)  # type: ignore[attr-defined]
    y = put(20, 97, 170, words["opening"][:1], bold)
    y = put(20, y, 170, words["opening"][1:])
    cells = words["figures"]
    rows = [cells[0:4], cells[4:8], [*cells[8:10], "", ""], cells[10:14]]
    table = Table(rows, colWidths=[29 * mm, 56 * mm] * 2, style=[("FONT", (0, 0), (-1, -1), "L", 9.2)])
    table.setStyle([("GRID", (0, 0), (-1, -1), 0.5, "black"), ("SPAN", (1, 2), (3, 2))])
    _, used = table.wrap(170 * mm, 1000)
    table.drawOn(canvas, 20 * mm, height - y * mm - used)
    y = put(20, y + used / mm + 2, 170, words["body"])
    canvas.drawImage(str(PACK / "seal.png"), 144 * mm, height - (y + 34) * mm, 33 * mm, 33 * mm)  # type: ignore[attr-defined]
    put(132, y + 8, 58, words["sign"])
    put(20, y + 2, 108, words["contact"])
    canvas.line(20 * mm, height - 240 * mm, 190 * mm, height - 240 * mm)  # type: ignore[attr-defined]
    qr = ImageReader(io.BytesIO(qr_png(letter.serial)))
    canvas.drawImage(qr, 168 * mm, height - 266 * mm, 22 * mm, 22 * mm)  # type: ignore[attr-defined]
    put(20, 242, 140, words["slip"])
