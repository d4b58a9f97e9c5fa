"""Reads a laid-out page: which text and images stand where, and how dark they are. Knows WeasyPrint's box tree only."""

from collections.abc import Iterator
from typing import Any

from letters.envelope import Area
from letters.rendered import Placed

MM_PER_CSS_PIXEL = 25.4 / 96


def text_of(root: Any) -> str:
    """Return what the body prints, one line for each element's text so that neighbours do not run together."""
    body = root.find("body")
    return "\n".join(text for text in (root if body is None else body).itertext() if text.strip())


def placed_on(number: int, page: Any) -> Iterator[Placed]:
    """Yield the page's runs of text and images with the ids around them."""

    def walk(box: Any, marks: frozenset[str], opacity: float) -> Iterator[Placed]:
        element = getattr(box, "element", None)
        mark = element.get("id") if element is not None and hasattr(element, "get") else None
        marks = marks | {mark} if mark else marks
        opacity *= box.style["opacity"]
        text = getattr(box, "text", None)
        if text and text.strip():
            size = box.style["font_size"]
            middle = box.position_y + box.height / 2
            area = _area(box.position_x, middle - size / 2, box.width, size)
            yield Placed(number, area, marks, text, size * 0.75, _darkness(box.style) * opacity)
        elif hasattr(box, "replacement"):
            yield Placed(number, _area(box.position_x, box.position_y, box.width, box.height), marks)
        for child in getattr(box, "children", ()):
            yield from walk(child, marks, opacity)

    yield from walk(page._page_box, frozenset(), 1.0)  # noqa: SLF001 - the box tree has no public door


def _area(left: float, top: float, width: float, height: float) -> Area:
    scale = MM_PER_CSS_PIXEL
    return Area(left * scale, top * scale, (left + width) * scale, (top + height) * scale)


def _darkness(style: Any) -> float:
    """Return how far a text's colour is from the paper."""
    if style["visibility"] != "visible":
        return 0.0
    colour = style["color"].to("srgb")
    red, green, blue = colour.coordinates
    return float((1 - (0.2126 * red + 0.7152 * green + 0.0722 * blue)) * colour.alpha)
