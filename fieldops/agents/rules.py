"""The words and faults of a crew list, and who may visit for a bank on a day: pure, in values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

MODES: Final = {
    "汽车": "CAR",
    "电动车": "EBIKE",
    "摩托车": "MOTORBIKE",
    "自行车": "BIKE",
    "公交": "TRANSIT",
    "地铁": "TRANSIT",
    "步行": "WALK",
}
"""交通方式."""


@dataclass(frozen=True, slots=True)
class DayFault:
    """What a row of a crew list cannot mean by a working day; ``found`` is asked only where no fault before it was."""

    column: str
    code: str
    found: Callable[[Mapping[str, Any]], bool]
    mend: str


WORKING_DAY: Final = (
    DayFault(
        "下班",
        "SHIFT_ENDS_FIRST",
        lambda day: day["shift_start_s"] >= day["shift_end_s"],
        "下班 is not after 上班; correct one of them",
    ),
    DayFault(
        "收工纬度",
        "END_INCOMPLETE",
        lambda day: (day["end_lat"] is None) != (day["end_lon"] is None),
        "the end place has only one coordinate; give 收工经度 and 收工纬度, or neither where the day ends at its start",
    ),
    DayFault(
        "休息分钟",
        "BREAK_INCOMPLETE",
        lambda day: len({day[each] is None for each in ("break_from_s", "break_until_s", "break_min")}) > 1,
        "the break is given in part; give 休息最早, 休息最晚 and 休息分钟, or none of them",
    ),
    DayFault(
        "休息分钟",
        "BREAK_EMPTY",
        lambda day: day["break_min"] == 0,
        "a break of 0 minutes is none; give at least 1, or leave 休息最早, 休息最晚 and 休息分钟 blank",
    ),
    DayFault(
        "休息最晚",
        "BREAK_ENDS_FIRST",
        lambda day: day["break_min"] is not None and day["break_from_s"] >= day["break_until_s"],
        "休息最晚 is not after 休息最早; correct one of them",
    ),
    DayFault(
        "休息分钟",
        "BREAK_TOO_LONG",
        lambda day: day["break_min"] is not None and day["break_min"] * 60 > day["break_until_s"] - day["break_from_s"],
        "the break does not fit between 休息最早 and 休息最晚; shorten 休息分钟 or widen them",
    ),
    DayFault(
        "休息最早",
        "BREAK_OUTSIDE_SHIFT",
        lambda day: (
            day["break_min"] is not None
            and not day["shift_start_s"] <= day["break_from_s"] < day["break_until_s"] <= day["shift_end_s"]
        ),
        "the break lies outside the shift; put 休息最早 and 休息最晚 between 上班 and 下班",
    ),
)
"""The first of these that is found refuses the row."""

PAPERS: Final = {
    "NDA": "保密协议",
    "BACKGROUND": "背景审查",
    "TRAINING": "岗前培训",
    "EXAM": "考试合格",
    "BADGE": "工作证",
    "AUTHORISATION": "委托授权书",
}
"""What an agent must hold, all of it. Source: domain reference §1 S038, §2.1 (staff), §3.1."""


class Paper(Protocol):
    """What a paper is: its kind, the bank it is for (None: every bank), the days it holds, whether it was revoked."""

    @property
    def kind(self) -> str:
        """Its kind, one of PAPERS."""

    @property
    def bank_id(self) -> UUID | None:
        """The bank it is for."""

    @property
    def from_on(self) -> date:
        """The first day it holds."""

    @property
    def until_on(self) -> date | None:
        """The last day it holds."""

    @property
    def revoked_at(self) -> datetime | None:
        """When it was revoked."""


class Registration(Protocol):
    """A recorder on file at a bank, for some days."""

    @property
    def bank_id(self) -> UUID:
        """The bank."""

    @property
    def from_on(self) -> date:
        """The first day it holds."""

    @property
    def until_on(self) -> date | None:
        """The last day it holds."""

    @property
    def revoked_at(self) -> datetime | None:
        """When it was revoked."""


def missing_papers(papers: Sequence[Paper], bank_id: UUID, day: date) -> list[str]:
    """What an agent lacks to visit for a bank on a day, in Chinese; nothing where no paper was ever registered.

    An agent the register has never heard of is eligible by the word of whoever imported the crew.
    Source: domain reference §4 (introduction).
    """
    if not papers:
        return []
    held = {paper.kind for paper in papers if paper.bank_id in (None, bank_id) and _holds(paper, day)}
    known = {paper.kind for paper in papers}
    return [f"{PAPERS[kind]}{'失效' if kind in known else '缺失'} {kind}" for kind in PAPERS if kind not in held]


def recorder_is_registered(registrations: Sequence[Registration], bank_id: UUID, day: date) -> bool:
    """Whether a bank has a recorder on file on a day; one the register has never heard of is taken as declared."""
    return not registrations or any(each.bank_id == bank_id and _holds(each, day) for each in registrations)


def _holds(paper: Paper | Registration, day: date) -> bool:
    in_time = paper.from_on <= day and (paper.until_on is None or day <= paper.until_on)
    return in_time and paper.revoked_at is None
