"""Envelopes as measured records: size, window and fold, and what can show through the window.

Source: GB/T 1416-2003 for the sizes DL, ZL, C5 and the 90 × 26 mm kept free for the post. Windows differ between
suppliers, so each envelope in use is measured and recorded.
"""

from dataclasses import dataclass

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

    Units: millimetres. Raises: ValueError, naming the measure that cannot be.
    """

    size: str
    window_left_mm: float
    window_top_mm: float
    window_width_mm: float
    window_height_mm: float
    fold_height_mm: float  # the height of the folded sheet that shows its first panel

    def __post_init__(self) -> None:
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
