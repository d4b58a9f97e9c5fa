"""What a kind of file is: its columns as a table, the key of a row, and who lands the rows.

A feature offers its kinds once; the import itself knows no case, no crew and no address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from fieldops.errors import FieldopsError, NotFound

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Hashable, Sequence

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.imports.converters import Cell

Values = dict[str, Any]


class Outcome(StrEnum):
    """What became of a row that landed."""

    CREATED = "CREATED"
    CHANGED = "CHANGED"
    UNCHANGED = "UNCHANGED"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a kind: how it is headed, which value it fills, and how its cells are read.

    A ``required`` cell must be filled; any other may be blank, or its column missing, and reads as None. ``personal``
    cells are masked in error files; ``public`` ones (case and serial numbers) never are.
    """

    heading: str
    name: str
    convert: Callable[[Cell], Any]
    required: bool = False
    personal: bool = False
    public: bool = False


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row whose cells could all be read; ``fingerprint`` is equal for rows that say the same."""

    row_no: int
    values: Values
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class RowRefused:
    """Why a row could not land; ``reason`` names the mend."""

    column: str | None
    code: str
    reason: str


Landed = Outcome | RowRefused


@dataclass(frozen=True, slots=True)
class Intake:
    """What a lander works with; ``bank_code`` says whose cases a file means when two banks share a number."""

    session: Session
    actor: Actor
    import_id: uuid.UUID
    bank_code: str | None = None
    dry_run: bool = False


class Lander(Protocol):
    """Brings the rows of one file into the tables of its feature, a chunk at a time, in one transaction."""

    def land(self, rows: Sequence[CheckedRow]) -> Sequence[Landed]:
        """Write what is new or changed; one answer per row, in the same order."""
        ...

    def finish(self) -> None:
        """Called once after the last chunk, never in a dry run: announce, defer what follows."""
        ...


def _no_doubt(_: Values) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file. ``key`` says which rows of a file are about the same thing; ``doubt`` names what is odd."""

    name: str
    columns: tuple[Column, ...]
    key: Callable[[Values], Hashable]
    lander: Callable[[Intake], Lander] = field(repr=False)
    doubt: Callable[[Values], str | None] = _no_doubt

    @property
    def headings(self) -> list[str]:
        """Every heading of the kind."""
        return [column.heading for column in self.columns]

    @property
    def required_headings(self) -> list[str]:
        """The headings a file of this kind cannot do without."""
        return [column.heading for column in self.columns if column.required]


class KindTwiceError(FieldopsError):
    """Two features offer the same kind of file."""


_OFFERED: dict[str, Kind] = {}


def offer(*kinds: Kind) -> None:
    """Let files of these kinds be imported. Raises: KindTwiceError."""
    for kind in kinds:
        if _OFFERED.setdefault(kind.name, kind) is not kind:
            raise KindTwiceError(f"two features offer files of the kind {kind.name}; give one of them another name")


def kind_named(name: str) -> Kind:
    """The kind of that name. Raises: NotFound, listing what there is."""
    if name not in _OFFERED:
        raise NotFound(
            "IMPORT_KIND_UNKNOWN", f"There is no import of {name}; use one of {', '.join(sorted(_OFFERED))}."
        )
    return _OFFERED[name]
