"""Letters as PDF: one approved pack, many letters, the same bytes each time. The only importer of WeasyPrint.

WeasyPrint goes on after a missing image, font or glyph and fetches whatever it is asked for; here each of these ends
the letter with a named error, and the fetcher knows nothing but the names of the pack.

A `Renderer` belongs to one thread: give each worker process its own.
"""

import hashlib
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType, TracebackType
from typing import Any, Self

from letters.boxes import placed_on, text_of
from letters.codes import code128_png, qr_png
from letters.complaints import Complaints
from letters.errors import (
    FontBroken,
    GlyphMissing,
    LetterTooLarge,
    PaperError,
    ResourceRefused,
    TemplateRefused,
    UnmaskedNumber,
)
from letters.glyphs import characters_by_weight, unprintable
from letters.letter import LetterFields, full_numbers, printed_values
from letters.markup import LETTER_IMAGES, compile_template
from letters.pack import Pack, load_house_fonts
from letters.rendered import Inspection, LetterFailure, PrintPart, RenderedChunk, RenderedLetter
from letters.styles import DEFAULTS
from letters.system import require_fonts, require_libraries
from letters.table import TableDocument, table_css, table_html

require_libraries()  # WeasyPrint's own message at import names no package

from weasyprint import CSS, HTML, Document  # noqa: E402 - only after the libraries were found
from weasyprint.text.fonts import FontConfiguration  # noqa: E402
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse  # noqa: E402

__all__ = [
    "PDF_A",
    "Inspection",
    "LetterFailure",
    "PrintPart",
    "RenderedChunk",
    "RenderedLetter",
    "Renderer",
    "render_table_document",
    "require_system",
]

BASE_URL = "http://pack.invalid/"  # never resolved: RFC 2606 reserves .invalid, and the fetcher opens nothing
PDF_A = "pdf/a-3u"
MAX_PAGES = 6
PRINT_CHUNK = 25  # letters in one file: about 55 MB while it is made
CACHED_LETTERS = 500  # letters between two readings of fonts and styles


def require_system() -> None:
    """Refuse, by name, a machine without the libraries and fonts that letters need.

    Raises: SystemIncomplete.
    """
    require_libraries()
    require_fonts()


class Renderer:
    """Renders letters of one pack; styles, fonts and images are read once.

    Raises: TemplateRefused, FontBroken, ResourceRefused at construction for a pack that can render nothing.
    Cost: about 5 MB, and 0.1 s to construct.
    """

    def __init__(self, pack: Pack, *, pdf_variant: str | None = None) -> None:
        self.pack = pack
        self._template = compile_template(pack.html)
        self._engine = _Engine(pack.css, pack.fonts, pack.images, pdf_variant)

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
        html = self.html_of(fields)
        document, drawn, text = self._engine.lay_out(html, _letter_images(fields), own_folder=fields.serial)
        self._engine.write(document)
        placed = tuple(one for number, page in enumerate(document.pages, 1) for one in placed_on(number, page))
        families = frozenset(font.family for font in document.fonts.values())
        return Inspection(len(document.pages), text, placed, families, frozenset(drawn))

    def _lay_out(self, fields: LetterFields) -> Document:
        html = self.html_of(fields)
        document, _, text = self._engine.lay_out(html, _letter_images(fields), own_folder=fields.serial)
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
    engine = _Engine(table_css(table), load_house_fonts(), {}, None)
    html = table_html(table)
    document, _, text = engine.lay_out(html, {}, max_pages=len(table.pages) + 1)
    if len(document.pages) != len(table.pages):
        raise LetterTooLarge(
            f"{table.title}: {len(table.pages)} pages were totalled and {len(document.pages)} came out; "
            "put fewer rows on a page."
        )
    if found := full_numbers(text, own=table.own_numbers):
        raise UnmaskedNumber(f"LR-043: {len(found)} full card or identity number(s) in {table.title}: mask them.")
    pdf = engine.write(document)
    return RenderedLetter(table.document_no, pdf, hashlib.sha256(pdf).hexdigest(), len(document.pages))


class _Engine:
    """WeasyPrint with its doors closed, its fonts and styles kept."""

    def __init__(
        self, css: str, fonts: Mapping[str, bytes], images: Mapping[str, bytes], pdf_variant: str | None
    ) -> None:
        self._source = css
        self._resources = MappingProxyType({**fonts, **images})
        self._images = frozenset(images)
        self._variant = pdf_variant
        self._families = frozenset(re.findall(r"@font-face[^}]*?font-family:\s*[\"']?([^;\"'}]+)", css))
        self._characters = characters_by_weight(fonts)
        self.refresh()

    def refresh(self) -> None:
        """Read styles and fonts again, which drops every cache of the last letters."""
        self._image_cache: dict[str, Any] = {}
        self._fonts = FontConfiguration()
        fetcher = _ClosedFetcher(self._resources)
        with Complaints() as complaints, _fatal_named():
            self._css = CSS(string=self._source, base_url=BASE_URL, url_fetcher=fetcher, font_config=self._fonts)
        complaints.refuse()
        self.style_warnings = complaints.warnings

    def lay_out(
        self, html: str, own_images: Mapping[str, bytes], *, own_folder: str = "", max_pages: int = MAX_PAGES
    ) -> tuple[Document, set[str], str]:
        """Return the laid-out document, the names of the images it asked for and its text.

        The letter's own images get addresses of their own: in a file of many letters WeasyPrint takes two images of
        one address for one image.
        """
        addressed = {f"{own_folder}/{name}": data for name, data in own_images.items()}
        fetcher = _ClosedFetcher({**self._resources, **addressed})
        cache = dict(self._image_cache)
        with Complaints() as complaints, _fatal_named():
            parsed = _LetterHTML(string=html, base_url=BASE_URL, url_fetcher=fetcher)
            for image in parsed.etree_element.iter("img"):
                if image.get("src") in own_images:
                    image.set("src", f"{own_folder}/{image.get('src')}")
            text = text_of(parsed.etree_element)
            self._check_glyphs(text)
            document = parsed.render(font_config=self._fonts, stylesheets=[self._css], cache=cache)
        complaints.refuse()
        if len(document.pages) > max_pages:
            raise LetterTooLarge(f"the letter has {len(document.pages)} pages; at most {max_pages}.")
        drawn = {url.removeprefix(BASE_URL) for url in cache if url.startswith(BASE_URL)}
        for name in drawn & self._images:
            if BASE_URL + name in self._image_cache:
                continue
            self._image_cache[BASE_URL + name] = _encoded_once(cache[BASE_URL + name])
        return document, drawn, text

    def write(self, document: Document) -> bytes:
        """Return the PDF, refusing a font that is not the pack's."""
        with Complaints() as complaints, _fatal_named(), warnings.catch_warnings():
            if self._variant:  # WeasyPrint leaves the file of its colour profile open
                warnings.simplefilter("ignore", ResourceWarning)
            pdf: bytes = document.write_pdf(pdf_variant=self._variant)
        complaints.refuse()
        for font in document.fonts.values():
            if font.family not in self._families:
                raise FontBroken(f"the font {font.family} of this machine was used: name only the pack's fonts in css.")
            if font.missing:
                raise GlyphMissing(f"{font.family} lacks {', '.join(f'U+{point:04X}' for point in font.missing)}.")
        return pdf

    def _check_glyphs(self, text: str) -> None:
        if lacking := unprintable(text, self._characters):
            named = " ".join(f"{char} U+{ord(char):04X}" for char in lacking)
            raise GlyphMissing(
                f"no font of the pack has {named}: add a face that does, or write to this person by hand."
            )


class _LetterHTML(HTML):  # type: ignore[misc]
    """HTML under the defaults of `letters.styles`."""

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:  # noqa: FBT001, FBT002, ARG002 - their signature
        return [_DEFAULTS]


_DEFAULTS = CSS(string=DEFAULTS)


class _ClosedFetcher(URLFetcher):  # type: ignore[misc]
    """Hands out what it was given by name; anything else ends the rendering."""

    def __init__(self, resources: Mapping[str, bytes]) -> None:
        # not super().__init__(): that builds openers for http, ftp and files, which nothing here may use
        self._resources = resources
        self._fail_on_errors = True

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:  # noqa: ARG002 - their signature
        """Return a resource of the pack."""
        data = self._resources.get(url.removeprefix(BASE_URL)) if url.startswith(BASE_URL) else None
        if data is None:
            raise FatalURLFetchingError(f"{url[:200]!r} is not in the pack: name a file of the pack, plainly.")
        kind = "image/png" if url.endswith(".png") else "font/ttf"
        return URLFetcherResponse(url, data, {"Content-Type": kind})


class _fatal_named:  # noqa: N801 - used as a statement
    """Turns WeasyPrint's fatal fetch error, which is no Exception, into ours."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(problem, FatalURLFetchingError):
            raise ResourceRefused(str(problem)) from problem


def _encoded_once(image: Any) -> Any:
    """Return a pack's image that keeps its encoded form: WeasyPrint would deflate the seal anew for every letter."""
    encode, kept = image.get_x_object, {}

    def get_x_object(interpolate: bool, dpi_ratio: float) -> Any:  # noqa: FBT001 - their signature
        key = (interpolate, dpi_ratio)
        if key not in kept:
            kept[key] = encode(*key)
        made = kept[key]
        return type(made)(made.stream, dict(made.extra))  # a fresh object for each document, the bytes shared

    image.get_x_object = get_x_object
    return image


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
