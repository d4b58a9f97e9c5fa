"""The closed template language: what a pack may write, and the text that comes of it.

A template prints values and asks whether one is there, and nothing else: no loops, calls, attributes, filters or
includes, so it cannot run long, reach outside or unescape. Jinja's immutable sandbox stands behind that.
"""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Literal
from xml.etree.ElementTree import Element  # only the type: nothing is parsed with it

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from letters.errors import LetterTooLarge, TemplateRefused

MAX_HTML_CHARS = 200_000
MAX_TABLE_ROWS = 60

_ALLOWED_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.If,
    nodes.Not,
    nodes.And,
    nodes.Or,
)
_TAGS = """
    html head meta title body header footer main section div p span b strong i em u small sub sup br hr h1 h2 h3
    table colgroup col thead tbody tfoot tr th td ul ol li dl dt dd img bdi
"""
ALLOWED_TAGS = frozenset(_TAGS.split())
ALLOWED_ATTRIBUTES = frozenset({"class", "id", "lang", "charset", "colspan", "rowspan", "alt", "src", "span"})
LETTER_IMAGES = frozenset({"code128.png", "qr.png"})  # made for each letter from its serial
# A slot stands for a value in a parsed template; values never hold these private characters (letters.letter.clean)
_OPEN, _CLOSE = "\ue000", "\ue001"
_SLOT = re.compile(f"{_OPEN}([a-z0-9_]+){_CLOSE}")


class _Absent(StrictUndefined):
    """A value the letter lacks: it may be asked for, and printing it is an error."""

    def __bool__(self) -> Literal[False]:  # type: ignore[override]  # theirs never returns
        return False


def compile_template(source: str) -> "ClosedTemplate":
    """Return the template, or refuse what the closed language does not have.

    Raises: TemplateRefused, naming the line.
    """
    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=_Absent, keep_trailing_newline=True)
    environment.globals.clear()
    environment.filters.clear()
    environment.tests.clear()
    try:
        tree = environment.parse(source)
        for node in tree.find_all(nodes.Node):
            if not isinstance(node, _ALLOWED_NODES):
                raise TemplateRefused(
                    f"line {node.lineno}: {type(node).__name__} is not in the template language: "
                    "a template may print {{ a_field }} and ask {% if a_field %}, nothing else."
                )
        names = frozenset(name.name for name in tree.find_all(nodes.Name))
        return ClosedTemplate(environment.from_string(source), names)
    except TemplateError as problem:
        line = getattr(problem, "lineno", "?")
        raise TemplateRefused(f"line {line}: {problem.message}") from problem


class ClosedTemplate:
    """A compiled template and the names of the values it prints or asks for."""

    def __init__(self, template: object, names: frozenset[str]) -> None:
        self._template = template
        self.names = names

    def shape_of(self, values: Mapping[str, str | None]) -> frozenset[str]:
        """Return which of the template's values a letter has: letters that have the same ones differ in text only."""
        return frozenset(name for name in self.names if values[name] is not None)

    def slotted(self, shape: frozenset[str]) -> str:
        """Return the HTML of a shape with a slot in the place of each value, for `fill_slots`."""
        html: str = self._template.render({name: f"{_OPEN}{name}{_CLOSE}" for name in shape})  # type: ignore[attr-defined]
        return html

    def fill(self, values: Mapping[str, str | None]) -> str:
        """Return the HTML of one letter; a value that is None may be asked for and not printed.

        Raises: TemplateRefused for a value that the letter lacks, LetterTooLarge.
        """
        if unknown := sorted(self.names - values.keys()):
            raise TemplateRefused(f"no letter has {', '.join(unknown)}: print what a letter has.")
        known = {name: value for name, value in values.items() if value is not None}
        try:
            html: str = self._template.render(known)  # type: ignore[attr-defined]
        except TemplateError as problem:
            raise TemplateRefused(
                f"the template prints a value this letter lacks ({problem.message}): give it, or ask for it with if."
            ) from problem
        check_size(html)
        return html


def fill_slots(tree: Element, values: Mapping[str, str | None]) -> None:
    """Put the values into the slots of a parsed shape: as text, whatever they hold."""

    def filled(text: str) -> str:
        return _SLOT.sub(lambda slot: values[slot[1]] or "", text)

    for element in tree.iter():
        if element.text and _OPEN in element.text:
            element.text = filled(element.text)
        if element.tail and _OPEN in element.tail:
            element.tail = filled(element.tail)
        for name, value in element.items():
            if _OPEN in value:
                element.set(name, filled(value))


def check_size(html: str) -> None:
    """Refuse a letter that passes the limits before any layout is tried.

    Raises: LetterTooLarge.
    """
    if len(html) > MAX_HTML_CHARS:
        raise LetterTooLarge(f"the letter has {len(html)} characters of HTML; at most {MAX_HTML_CHARS}.")
    rows = len(re.findall(r"<tr[\s>]", html, re.IGNORECASE))
    if rows > MAX_TABLE_ROWS:
        raise LetterTooLarge(f"the letter has {rows} table rows; at most {MAX_TABLE_ROWS}.")


class MarkupReader(HTMLParser):
    """Reads a pack's HTML for what is not allowed, what it shows and which images it asks for."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[tuple[int, str]] = []
        self.images: list[str] = []
        self.ids: set[str] = set()
        self.text: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag, its attributes and its image."""
        line = self.getpos()[0]
        if tag not in ALLOWED_TAGS:
            self.problems.append((line, f"<{tag}> is not allowed in a letter"))
        self._silent += tag == "title"
        for name, value in attrs:
            if name not in ALLOWED_ATTRIBUTES:
                self.problems.append((line, f"the attribute {name} is not allowed in a letter"))
            if name == "src":
                self.images.append(value or "")
            if name == "id":
                self.ids.add(value or "")

    def handle_endtag(self, tag: str) -> None:
        """Come back from the title, which does not print."""
        self._silent -= tag == "title" and self._silent > 0

    def handle_data(self, data: str) -> None:
        """Keep what prints."""
        if not self._silent and data.strip():
            self.text.append(data)


def read_markup(html: str) -> MarkupReader:
    """Return what a reader of the whole document found."""
    reader = MarkupReader()
    reader.feed(html)
    reader.close()
    return reader
