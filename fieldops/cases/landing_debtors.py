"""Debtors of a case file: one person per identity number, found by its blind index across files and banks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from fieldops.db import uuid7
from fieldops.house import house_of
from fieldops.imports.converters import born_on
from fieldops.imports.kinds import CheckedRow, Intake, RowRefused
from fieldops.imports.landing import Table
from fieldops.vault import mask_name

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence

_DEBTOR: Final = Table(
    "debtor",
    ("id", "name", "id_no_sealed", "id_no_index", "id_no_last4", "born_on", "phone_sealed", "created_at", "version"),
    key=("id",),
    update=("name", "phone_sealed", "version"),
)
_KNOWN_DEBTORS = sa.text(
    "SELECT id_no_index, id, name, phone_sealed, version FROM debtor WHERE id_no_index = ANY(:indexes)"
)


@dataclass(slots=True)
class GivenDebtor:
    """A debtor as the rows so far leave them; ``new`` to the house in this chunk, ``dirty`` until they are written."""

    id: uuid.UUID
    name: str
    id_no: str
    index: bytes
    phone: str | None
    version: int
    new: bool
    dirty: bool


class DebtorBook:
    """The debtors of one chunk of rows."""

    def __init__(self, intake: Intake, rows: Sequence[CheckedRow]) -> None:
        self._session = intake.session
        self._at = intake.actor.at
        self._vault = house_of(intake.session).vault
        numbers = {row.values["id_no"] for row in rows}
        self._indexes = {id_no: self._vault.index(id_no, kind="id_no") for id_no in numbers}
        self._debtors = self._known()

    def _known(self) -> dict[str, GivenDebtor]:
        """The debtors of this chunk that are on record, by identity number."""
        by_index = {index: id_no for id_no, index in self._indexes.items()}
        debtors: dict[str, GivenDebtor] = {}
        known = self._session.execute(_KNOWN_DEBTORS, {"indexes": list(by_index)}).all()
        for index, debtor_id, name, phone_sealed, version in known:
            id_no = by_index[index]
            phone = self._vault.open(phone_sealed, row=debtor_id, column="phone") if phone_sealed else None
            debtors[id_no] = GivenDebtor(debtor_id, name, id_no, index, phone, version, new=False, dirty=False)
        return debtors

    def debtor_of(self, row: CheckedRow, debtor_id: uuid.UUID | None) -> GivenDebtor | RowRefused:
        """The debtor of a row, new or on record; one number with two names is listed, never merged.

        ``debtor_id`` is whose case it is so far: that bank may correct the name in a new version of the case.
        """
        values = row.values
        debtor = self._debtors.get(values["id_no"])
        if debtor is None:
            index = self._indexes[values["id_no"]]
            debtor = GivenDebtor(
                uuid7(), values["name"], values["id_no"], index, values["phone"], 1, new=True, dirty=True
            )
            self._debtors[values["id_no"]] = debtor
            return debtor
        if values["name"] != debtor.name and debtor_id != debtor.id:
            on_record = mask_name(debtor.name)
            reason = f"证件号码 is on record under another name ({on_record}); correct the name or the number"
            return RowRefused("客户姓名", "NAME_DIFFERS", reason)
        phone = values["phone"] or debtor.phone
        if (debtor.name, debtor.phone) != (values["name"], phone):
            debtor.version += not debtor.dirty
            debtor.name, debtor.phone, debtor.dirty = values["name"], phone, True
        return debtor

    def write(self, debtors: Iterable[GivenDebtor]) -> None:
        """Write those of ``debtors`` that are new or changed."""
        dirty = {debtor.id: debtor for debtor in debtors if debtor.dirty}
        _DEBTOR.land(self._session, map(self._record, dirty.values()))
        for debtor in dirty.values():
            debtor.dirty = False

    def _record(self, debtor: GivenDebtor) -> tuple[Any, ...]:
        seal = self._vault.seal
        return (
            debtor.id,
            debtor.name,
            seal(debtor.id_no, row=debtor.id, column="id_no"),
            debtor.index,
            debtor.id_no[-4:],
            born_on(debtor.id_no),
            seal(debtor.phone, row=debtor.id, column="phone") if debtor.phone else None,
            self._at,
            debtor.version,
        )
