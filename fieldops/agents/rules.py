"""The words of a crew list, and who may visit for a bank on a day: pure, from papers, blocks and registrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
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
