"""Letters as PDF: one approved pack, many letters, the same bytes each time.

A `Renderer` belongs to one thread: give each worker process its own.
"""

import copy
import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from xml.etree.ElementTree import Element  # only the type: nothing is parsed with it

from letters.boxes import placed_on
from letters.codes import code128_png, qr_png
from letters.engine import Document, Engine, Marks
from letters.errors import LetterTooLarge, PaperError, TemplateRefused, UnmaskedNumber
from letters.letter import LetterFields, full_numbers, printed_values
from letters.markup import LETTER_IMAGES, compile_template, fill_slots
from letters.pack import Pack, load_house_fonts
from letters.rendered import Inspection, LetterFailure, PrintPart, RenderedChunk, RenderedLetter
from letters.table import TableDocument, table_css, table_html

__all__ = [
    "PDF_A",
    "Inspection",
    "LetterFailure",
    "PrintPart",
    "RenderedChunk",
    "RenderedLetter",
    "Renderer",
    "render_table_document",
]

PDF_A = "pdf/a-3u"
MAX_PAGES = 6
PRINT_CHUNK = 25  # letters in one file: about 55 MB while it is made
CACHED_LETTERS = 500  # letters between two readings of fonts and styles


class Renderer:
    """Renders letters of one pack; styles, fonts and images are read once.

    Raises: TemplateRefused, FontBroken, ResourceRefused at construction for a pack that can render nothing.
    Cost: about 5 MB, and 0.1 s to construct.
    """

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._template = compile_template(pack.html)
        self._engine = Engine(pack.css, pack.fonts, pack.images, PDF_A if pack.archival else None)
        self._shapes: dict[frozenset[str], Element] = {}

    @property
    def style_warnings(self) -> tuple[str, ...]:
        """What the style sheet has that the layout does not understand."""
        return self._engine.style_warnings

    @property
    def field_names(self) -> frozenset[str]:
        """The values the template prints or asks for."""
        return self._template.names

    def html_of(self, fields: LetterFields) -> str:
        """Return the letter as HTML, before layout.

        Raises: TemplateRefused, LetterTooLarge.
        """
        return self._template.fill(printed_values(fields))

    def render(self, fields: LetterFields) -> RenderedLetter:
        """Return the letter as PDF.

        Raises: RenderRefused, by name.
        """
        return self._single(fields, self._lay_out(fields))

    def render_batch(
        self, letters: Iterable[LetterFields], chunk: int = CACHED_LETTERS
    ) -> Iterator[RenderedLetter | LetterFailure]:
        """Yield a letter or its failure for each of `letters`, in order; caches are dropped every `chunk` letters."""
        for count, fields in enumerate(letters):
            if count and count % chunk == 0:
                self._engine.refresh()
            try:
                yield self.render(fields)
            except Exception as problem:  # noqa: BLE001 - one bad letter never stops a batch, whatever is wrong with it
                yield _failure(fields, problem)

    def render_chunk(self, letters: Iterable[LetterFields]) -> RenderedChunk:
        """Return each letter by itself, or its failure, and one file of all for the printer: laid out once.

        Cost: memory grows by about 2 MB a page: give it some 25 letters at a time.
        """
        results: list[RenderedLetter | LetterFailure] = []
        laid_out: list[tuple[str, Document]] = []
        for fields in letters:
            try:
                document = self._lay_out(fields)
                results.append(self._single(fields, document))
                laid_out.append((fields.letter_no, document))
            except Exception as problem:  # noqa: BLE001 - as above
                results.append(_failure(fields, problem))
        return RenderedChunk(tuple(results), self._part(laid_out) if laid_out else None)

    def print_parts(
        self, letters: Iterable[LetterFields], chunk: int = PRINT_CHUNK
    ) -> Iterator[PrintPart | LetterFailure]:
        """Yield files of up to `chunk` letters for the printer, and a failure for each letter left out.

        Cost: memory grows by about 2 MB a page inside one part.
        """
        waiting = iter(letters)
        while batch := list(islice(waiting, chunk)):
            done = self.render_chunk(batch)
            yield from (one for one in done.results if isinstance(one, LetterFailure))
            if done.part:
                yield done.part

    def inspect(self, fields: LetterFields) -> Inspection:
        """Return the letter as laid out: its text, where each run stands, its fonts and images.

        Raises: RenderRefused, by name; not for full card numbers, which the lint reports itself.
        """
        document, drawn, text = self._document(fields)
        self._engine.write(document)
        placed = tuple(one for number, page in enumerate(document.pages, 1) for one in placed_on(number, page))
        families = frozenset(font.family for font in document.fonts.values())
        return Inspection(len(document.pages), text, placed, families, frozenset(drawn))

    def preview(self, fields: LetterFields, marks: Marks) -> bytes:
        """Return the letter as PDF with a frame around each of `marks`; numbers are not looked for, as in `inspect`."""
        return self._engine.write(self._document(fields)[0], marks=marks)

    def _document(self, fields: LetterFields) -> tuple[Document, set[str], str]:
        return self._engine.lay_out(
            self._tree(fields), _letter_images(fields), own_folder=fields.serial, max_pages=MAX_PAGES
        )

    def _tree(self, fields: LetterFields) -> Element:
        """Return the letter's tree: parsed once for all letters that have the same values, then filled in."""
        values = printed_values(fields)
        self._template.fill(values)  # refuses what is too large or lacks a value
        shape = self._template.shape_of(values)
        if shape not in self._shapes:
            self._shapes[shape] = self._engine.parse(self._template.slotted(shape))
        tree = copy.deepcopy(self._shapes[shape])
        fill_slots(tree, values)
        return tree

    def _lay_out(self, fields: LetterFields) -> Document:
        document, _, text = self._document(fields)
        if found := full_numbers(text, own=(fields.letter_no, fields.serial)):
            raise UnmaskedNumber(
                f"LR-043: {len(found)} number(s) as long as a card or identity number stand in the letter "
                f"(ending {', '.join(number[-4:] for number in found)}): mask them, or part phone numbers by 、."
            )
        return document

    def _single(self, fields: LetterFields, document: Document) -> RenderedLetter:
        pdf = self._engine.write(document)
        return RenderedLetter(fields.letter_no, pdf, hashlib.sha256(pdf).hexdigest(), len(document.pages))

    def _part(self, laid_out: list[tuple[str, Document]]) -> PrintPart:
        index, first = [], 1
        for letter_no, document in laid_out:
            index.append((letter_no, first, len(document.pages)))
            first += len(document.pages)
        whole = laid_out[0][1].copy([page for _, document in laid_out for page in document.pages])
        pdf = self._engine.write(whole)
        return PrintPart(pdf, hashlib.sha256(pdf).hexdigest(), tuple(index))


def render_table_document(table: TableDocument) -> RenderedLetter:
    """Return a list of the house (a handover list, the register) as PDF.

    Raises: RenderRefused, by name.
    """
    engine = Engine(table_css(table), load_house_fonts(), {}, None)
    document, _, text = engine.lay_out(engine.parse(table_html(table)), {}, max_pages=len(table.pages) + 1)
    if len(document.pages) != len(table.pages):
        raise LetterTooLarge(
            f"{table.title}: {len(table.pages)} pages were totalled and {len(document.pages)} came out; "
            "put fewer rows on a page."
        )
    if found := full_numbers(text, own=table.own_numbers):
        raise UnmaskedNumber(f"LR-043: {len(found)} full card or identity number(s) in {table.title}: mask them.")
    pdf = engine.write(document)
    return RenderedLetter(table.document_no, pdf, hashlib.sha256(pdf).hexdigest(), len(document.pages))


def _failure(fields: LetterFields, problem: Exception) -> LetterFailure:
    name = type(problem).__name__
    return LetterFailure(
        fields.letter_no, name if isinstance(problem, PaperError) else "Unexpected", f"{name}: {problem}"
    )


def _letter_images(fields: LetterFields) -> dict[str, bytes]:
    images = {"code128.png": code128_png(fields.serial), "qr.png": qr_png(fields.serial)}
    if images.keys() != LETTER_IMAGES:
        raise TemplateRefused("the images made for each letter are not those a pack may name.")
    return images
