"""Which mutations of a push are landed together: in the order they were made, as far as the order can matter.

Most reports reach no further than their own visit. A series of them is landed at once: first the check-ins, then the
results. A report that may stop other visits, letters or phones is landed alone, in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from fieldops.results.consequences import acts_on_others
from fieldops.sync.rules import CHECK_IN, OBJECTION, RESULT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from fieldops.sync.taking import Refusal

KINDS_IN_ORDER: Final = (OBJECTION, CHECK_IN, RESULT)


@dataclass(frozen=True, slots=True)
class Heard:
    """A mutation as it was sent, with its body read; ``refusal``: nobody can read it, or it is not whole."""

    mutation: Mapping[str, Any]
    sha256: str
    body: Mapping[str, Any]
    refusal: Refusal | None = None

    @property
    def id(self) -> UUID:
        """The phone's own id of it."""
        made: UUID = self.mutation["id"]
        return made

    @property
    def kind(self) -> str:
        """Check-in, result or objection."""
        return str(self.mutation["type"])

    @property
    def visit_id(self) -> UUID:
        """The visit it speaks of."""
        about: UUID = self.mutation["entity_id"]
        return about


@dataclass
class _Series:
    """Reports that can be landed at once, and what the next one must not clash with."""

    heard: list[Heard] = field(default_factory=list)
    ids: dict[UUID, str] = field(default_factory=dict)
    told: set[tuple[UUID, str]] = field(default_factory=set)
    ended: set[UUID | None] = field(default_factory=set)

    def takes(self, heard: Heard, debtor_id: UUID | None) -> bool:
        """Whether it may join: its visit has not been told of so, and nothing it follows would be landed after it."""
        after = self.ids.get(heard.mutation["depends_on"])
        return (
            heard.id not in self.ids
            and (heard.visit_id, heard.kind) not in self.told
            and not (heard.kind == CHECK_IN and debtor_id in self.ended)
            and (after is None or (after, heard.kind) == (CHECK_IN, RESULT))
        )

    def add(self, heard: Heard, debtor_id: UUID | None) -> None:
        self.heard.append(heard)
        self.ids[heard.id] = heard.kind
        self.told.add((heard.visit_id, heard.kind))
        if heard.kind == RESULT:
            self.ended.add(debtor_id)


def series_of(heard: Sequence[Heard], debtors: Mapping[UUID, UUID]) -> list[list[Heard]]:
    """The mutations in series; ``debtors``: whom the visits are to, which rules of a check-in look at all visits of."""
    made: list[list[Heard]] = []
    going = _Series()
    for each in heard:
        debtor_id = debtors.get(each.visit_id)
        if _stands_alone(each):
            made += [going.heard, [each]]
            going = _Series()
            continue
        if not going.takes(each, debtor_id):
            made.append(going.heard)
            going = _Series()
        going.add(each, debtor_id)
    return [series for series in [*made, going.heard] if series]


def reaches_no_further(heard: Sequence[Heard]) -> bool:
    """Whether none of these reports reaches further than its own visit."""
    return not any(map(_stands_alone, heard))


def _stands_alone(heard: Heard) -> bool:
    if heard.refusal is not None or heard.kind == CHECK_IN:
        return False
    if heard.kind != RESULT or heard.body["corrects"] is not None:
        return True
    outcomes = [line["outcome"] for line in heard.body["lines"]]
    return acts_on_others(heard.body["address_finding"], outcomes)
