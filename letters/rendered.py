"""What comes out of rendering: letters, failures, files for the printer, and how a letter was laid out."""

from dataclasses import dataclass

from letters.envelope import Area


@dataclass(frozen=True)
class RenderedLetter:
    """One letter as it will be printed, for ever."""

    letter_no: str
    pdf: bytes
    sha256: str
    pages: int


@dataclass(frozen=True)
class LetterFailure:
    """One letter of a batch that could not be rendered: for the exception list."""

    letter_no: str
    error: str  # the name of the error
    reason: str


@dataclass(frozen=True)
class PrintPart:
    """Several letters in one file for the printer, and where each begins (pages count from 1)."""

    pdf: bytes
    sha256: str
    index: tuple[tuple[str, int, int], ...]  # letter_no, first page, pages


@dataclass(frozen=True)
class Placed:
    """A run of text or an image as laid out. The area of text is its letters' square, without the line spacing."""

    page: int
    area: Area
    marks: frozenset[str]  # ids of the elements around it
    text: str = ""
    size_pt: float = 0.0
    darkness: float = 1.0  # 0 is the paper's white, or not painted at all


@dataclass(frozen=True)
class Inspection:
    """What a letter looks like, for the lint and the tests."""

    pages: int
    text: str
    placed: tuple[Placed, ...]
    font_families: frozenset[str]
    drawn: frozenset[str]  # names of the images that were asked for


@dataclass(frozen=True)
class RenderedChunk:
    """Some letters rendered together: each by itself, and all that succeeded in one file for the printer."""

    results: tuple[RenderedLetter | LetterFailure, ...]
    part: PrintPart | None
