# ruff: noqa: N818 - each name says what was refused; "Error" would add nothing
"""What the paper engine refuses, by name. Each message says what to do about it."""


class PaperError(Exception):
    """The base of every refusal of the paper engine."""


class FieldRefused(PaperError, ValueError):
    """A value of a letter is missing, of the wrong kind or out of bounds."""


class AmountRefused(PaperError, ValueError):
    """An amount that no letter may state: negative, too large, or not a whole number of fen."""


class NumberRefused(PaperError, ValueError):
    """A registered-item number that may not be used."""


class NumberMalformed(NumberRefused):
    """The number does not have the carrier's form."""


class CheckDigitWrong(NumberRefused):
    """The number has the right form but its check digit does not fit."""


class NumberOutOfRange(NumberRefused):
    """The number is not inside the allotted range."""


class RangeRefused(PaperError, ValueError):
    """A range of numbers that cannot be allotted: reversed, mixed, too long."""


class RangeExhausted(NumberRefused):
    """The range has no further number."""


class MoveRefused(PaperError):
    """An event that the present state does not allow."""


class RegisterBroken(PaperError):
    """A register whose entries do not follow one another."""


class FontSourceChanged(PaperError):
    """The fonts to build from are not the edition the build names."""


class PackRefused(PaperError):
    """A template pack that cannot be read: a file is missing, too large or not what it says."""


class SystemIncomplete(PaperError):
    """This machine lacks a library or a font that letters need."""


class RenderRefused(PaperError):
    """A letter that could not be rendered; the base of the reasons below."""


class ResourceRefused(RenderRefused):
    """The template asked for something that is not in its pack."""


class ImageBroken(RenderRefused):
    """An image of the pack cannot be drawn."""


class FontBroken(RenderRefused):
    """A font of the pack cannot be used, or another font was used in its place."""


class GlyphMissing(RenderRefused):
    """The letter has characters that its fonts do not hold."""


class TemplateRefused(RenderRefused):
    """The template failed: an unknown field, a forbidden act, markup that is not allowed."""


class LetterTooLarge(RenderRefused):
    """The letter passes a limit: size of the text, rows, pages."""


class UnmaskedNumber(RenderRefused):
    """LR-043: a full card or identity number stands in the letter."""
