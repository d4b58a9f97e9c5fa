"""Envelopes as measured records: size, window and fold, and what can show through the window.

Source: GB/T 1416-2003 for the sizes DL, ZL, C5 and the 90 × 26 mm kept free for the post. Windows differ between
suppliers, so each envelope in use is measured and recorded.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from letters.kinds import ENVELOPE_FORBIDDEN

A4_WIDTH_MM = 210.0
A4_HEIGHT_MM = 297.0
POST_FREE_MM = (90.0, 26.0)  # top left, for the post's own marks
SIZES_MM = {"DL": (220.0, 110.0), "ZL": (230.0, 120.0), "C5": (229.0, 162.0)}
MIN_WINDOW_MARGIN_MM = 5.0


@dataclass(frozen=True)
class Area:
    """A rectangle on the sheet, in millimetres from its top left corner."""

    left_mm: float
    top_mm: float
    right_mm: float
    bottom_mm: float

    def holds(self, other: "Area") -> bool:
        """Tell whether `other` lies wholly inside."""
        return (
            self.left_mm <= other.left_mm
            and self.top_mm <= other.top_mm
            and other.right_mm <= self.right_mm
            and other.bottom_mm <= self.bottom_mm
        )

    def shrunk(self, by_mm: float) -> "Area":
        """Return the rectangle with every edge moved in."""
        return Area(self.left_mm + by_mm, self.top_mm + by_mm, self.right_mm - by_mm, self.bottom_mm - by_mm)

    def touches(self, other: "Area") -> bool:
        """Tell whether the two share a point with area around it."""
        return (
            self.left_mm < other.right_mm
            and other.left_mm < self.right_mm
            and self.top_mm < other.bottom_mm
            and other.top_mm < self.bottom_mm
        )


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One envelope as measured; the window is given from the envelope's own top left corner.

    `outer_text`: what is printed on its outside, which must not show the debt (LR-072).
    Units: millimetres. Raises: ValueError, naming the measure or the words that cannot be.
    """

    size: str
    window_left_mm: float
    window_top_mm: float
    window_width_mm: float
    window_height_mm: float
    fold_height_mm: float  # the height of the folded sheet that shows its first panel
    outer_text: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "outer_text", tuple(self.outer_text))
        for line in self.outer_text:
            if found := telling_words(line):
                raise ValueError(f"LR-072: 「{found}」 on the outside shows the debt; print a neutral name and address")
        if self.size not in SIZES_MM:
            raise ValueError(f"envelope size {self.size!r}: one of {', '.join(SIZES_MM)}")
        width, height = SIZES_MM[self.size]
        if self.fold_height_mm > height or self.fold_height_mm < height / 2:
            raise ValueError(f"a sheet folded to {self.fold_height_mm} mm does not fit {self.size} ({height} mm)")
        right = self.window_left_mm + self.window_width_mm
        bottom = self.window_top_mm + self.window_height_mm
        edge = MIN_WINDOW_MARGIN_MM
        if min(self.window_left_mm, self.window_top_mm) < edge or right > width - edge or bottom > height - edge:
            raise ValueError(f"the window leaves less than {edge} mm of {self.size} at an edge")
        if self.window_left_mm < POST_FREE_MM[0] and self.window_top_mm < POST_FREE_MM[1]:
            raise ValueError(f"the window enters the {POST_FREE_MM[0]} × {POST_FREE_MM[1]} mm kept free for the post")

    @property
    def play_mm(self) -> tuple[float, float]:
        """How far the folded sheet can slide inside, across and down."""
        width, height = SIZES_MM[self.size]
        return max(0.0, width - A4_WIDTH_MM), height - self.fold_height_mm

    @property
    def always_seen(self) -> Area:
        """The part of the sheet behind the window however the sheet lies: the address belongs here."""
        across, down = self.play_mm
        right = self.window_left_mm + self.window_width_mm
        bottom = self.window_top_mm + self.window_height_mm
        return Area(self.window_left_mm, self.window_top_mm, right - across, bottom - down)

    @property
    def ever_seen(self) -> Area:
        """The part of the sheet that can come behind the window: nothing but the address may stand here."""
        across, down = self.play_mm
        right = self.window_left_mm + self.window_width_mm
        bottom = self.window_top_mm + self.window_height_mm
        return Area(self.window_left_mm - across, self.window_top_mm - down, right, bottom)

    def lets_slip(self, area: Area) -> bool:
        """Tell whether a part of the address can come to lie where the window does not show it."""
        return not self.always_seen.holds(area)

    def shows(self, area: Area) -> bool:
        """Tell whether something can come to lie behind the window."""
        return self.ever_seen.touches(area)


@dataclass(frozen=True)
class Footprint:
    """Where address and all else stand on a letter's first panels, measured on its rendered samples."""

    address: tuple[Area, ...]
    others: tuple[Area, ...]

    def problems(self, envelope: Envelope) -> tuple[str, ...]:
        """Return why letters of this footprint cannot go into `envelope`; nothing when they fit."""
        slips = [f"the address at {in_words(one)} can slip out of the window" for one in self.address
                 if envelope.lets_slip(one)]  # fmt: skip
        shows = [f"what stands at {in_words(one)} can show through" for one in self.others if envelope.shows(one)]
        return tuple(dict.fromkeys([*slips, *shows]))

    def to_json(self) -> dict[str, list[list[float]]]:
        """Plain values to store."""
        return {"address": [_plain(one) for one in self.address], "others": [_plain(one) for one in self.others]}

    @classmethod
    def from_json(cls, plain: Mapping[str, Iterable[Iterable[float]]]) -> "Footprint":
        """The footprint stored as ``plain``."""
        return cls(tuple(Area(*one) for one in plain["address"]), tuple(Area(*one) for one in plain["others"]))


def telling_words(text: str) -> str | None:
    """Return the words of a text that would show a debt to whoever sees the envelope, spaced out or not."""
    found = ENVELOPE_FORBIDDEN.search(re.sub(r"\s+", "", text))
    return found[0] if found else None


def in_words(area: Area) -> str:
    """Return where an area lies on the sheet."""
    return f"{area.left_mm:.0f}–{area.right_mm:.0f} mm across, {area.top_mm:.0f}–{area.bottom_mm:.0f} mm down"


def _plain(area: Area) -> list[float]:
    return [round(value, 2) for value in (area.left_mm, area.top_mm, area.right_mm, area.bottom_mm)]
