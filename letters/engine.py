"""WeasyPrint with its doors closed, its fonts and styles kept. The only importer of WeasyPrint.

WeasyPrint goes on after a missing image, font or glyph and fetches whatever it is asked for; here each of these ends
the letter with a named error, and the fetcher knows nothing but the names of the pack.
"""

import re
import warnings
import zlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any, Self
from xml.etree.ElementTree import Element  # only the type: nothing is parsed with it

from letters.boxes import text_of
from letters.complaints import Complaints
from letters.envelope import Area
from letters.errors import FontBroken, GlyphMissing, LetterTooLarge, ResourceRefused
from letters.glyphs import characters_by_weight, unprintable
from letters.styles import DEFAULTS
from letters.system import require_libraries

require_libraries()  # WeasyPrint's own message at import names no package

from PIL import ImageFile  # noqa: E402
from weasyprint import CSS, HTML, Document  # noqa: E402 - only after the libraries were found
from weasyprint.text.fonts import FontConfiguration  # noqa: E402
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse  # noqa: E402

__all__ = ["Document", "Engine"]

# WeasyPrint lets pictures that are cut short pass in the whole process, evidence too; here nothing cut short passes.
ImageFile.LOAD_TRUNCATED_IMAGES = False

BASE_URL = "http://pack.invalid/"  # never resolved: RFC 2606 reserves .invalid, and the fetcher opens nothing
POINTS_PER_MM = 72 / 25.4
FRAME = "0.85 0.1 0.1 RG 1.2 w"  # the red frame around what the lint found
Marks = Mapping[int, Sequence[Area]]  # by page, from 1


class Engine:
    """Lays out and writes what it is given under one style sheet, with the fonts and images of one pack."""

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

    def parse(self, html: str) -> Element:
        """Return the tree of a document; `lay_out` changes what it is given, so copy a tree that is to be kept."""
        with _fatal_named():
            tree: Element = HTML(string=html, base_url=BASE_URL, url_fetcher=_ClosedFetcher({})).etree_element
        return tree

    def lay_out(
        self, tree: Element, own_images: Mapping[str, bytes], *, own_folder: str = "", max_pages: int
    ) -> tuple[Document, set[str], str]:
        """Return the laid-out document, the names of the images it asked for and its text.

        The letter's own images get addresses of their own: in a file of many letters WeasyPrint takes two images of
        one address for one image.
        """
        addressed = {f"{own_folder}/{name}": data for name, data in own_images.items()}
        for image in tree.iter("img"):
            if image.get("src") in own_images:
                image.set("src", f"{own_folder}/{image.get('src')}")
        text = text_of(tree)
        self._check_glyphs(text)
        cache = dict(self._image_cache)
        with Complaints() as complaints, _fatal_named():
            letter = _Tree(tree, _ClosedFetcher({**self._resources, **addressed}))
            document = letter.render(font_config=self._fonts, stylesheets=[self._css], cache=cache)
        complaints.refuse()
        if len(document.pages) > max_pages:
            raise LetterTooLarge(f"the letter has {len(document.pages)} pages; at most {max_pages}.")
        drawn = {url.removeprefix(BASE_URL) for url in cache if url.startswith(BASE_URL)}
        for name in drawn & self._images:
            if BASE_URL + name not in self._image_cache:
                self._image_cache[BASE_URL + name] = _encoded_once(cache[BASE_URL + name])
        return document, drawn, text

    def write(self, document: Document, *, marks: Marks | None = None) -> bytes:
        """Return the PDF, with a frame around each of `marks`; a font that is not the pack's is refused."""
        finisher = _finishing(marks or {})
        with Complaints() as complaints, _fatal_named(), warnings.catch_warnings():
            if self._variant:  # WeasyPrint leaves the file of its colour profile open
                warnings.simplefilter("ignore", ResourceWarning)
            pdf: bytes = document.write_pdf(pdf_variant=self._variant, finisher=finisher)
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


class _Tree(HTML):  # type: ignore[misc]
    """A document that was parsed before, under the defaults of `letters.styles`."""

    def __init__(self, tree: Element, fetcher: "_ClosedFetcher") -> None:
        super().__init__(string="", base_url=BASE_URL, url_fetcher=fetcher)
        parsed: Any = vars(self)
        self.wrapper_element: Any = parsed["wrapper_element"].from_html_root(tree, content_language=None)
        self.etree_element = tree

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


def _finishing(marks: Marks) -> Any:
    """Return what WeasyPrint calls before the file is closed: it draws the frames, and deflates in its own way."""

    def finish(_document: Document, pdf: Any) -> None:
        pages = [one for one in pdf.objects if isinstance(one, dict) and one.get("Type") == "/Page"]
        for number, page in enumerate(pages, 1):
            stream = pdf.objects[int(page["Contents"].split()[0])].stream
            stream.extend(_frame(area) for area in marks.get(number, ()))
        for one in pdf.objects:
            if getattr(one, "compress", False):
                _deflate(one)

    return finish


def _frame(area: Area) -> str:
    left, top = area.left_mm * POINTS_PER_MM, area.top_mm * POINTS_PER_MM
    right, bottom = area.right_mm * POINTS_PER_MM, area.bottom_mm * POINTS_PER_MM
    return f"q {FRAME} {left - 1:.1f} {top - 1:.1f} {right - left + 2:.1f} {bottom - top + 2:.1f} re S Q"


def _deflate(stream: Any) -> None:
    """Deflate a stream at zlib's own level: pydyf's best level takes a twentieth of a letter's time for a hundredth."""
    stream.compress = False
    head, _, rest = stream.data.partition(b"\nstream\n")
    assert head.startswith(b"<<"), "a stream begins with its dictionary"
    stream.stream = [zlib.compress(rest.removesuffix(b"\nendstream"))]
    stream.extra["Filter"] = "/FlateDecode"
