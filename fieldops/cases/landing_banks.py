"""The banks a case file names, and how long the mandates run whose end they do not give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.cases.models import Bank
from fieldops.clock import local_date, months_later
from fieldops.db import uuid7
from fieldops.policies.service import policy_on

if TYPE_CHECKING:
    from datetime import date

    from fieldops.imports.kinds import CheckedRow, Intake


class BankBook:
    """The banks of one file: found by name or code, or new with it."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._by_name: dict[str, Bank] = {}
        self._policy = policy_on(intake.session, local_date(intake.actor.at))

    def bank_of(self, row: CheckedRow) -> Bank | None:
        """The bank a row names, or else the one the file was sent for; None where nobody says."""
        name = row.values["bank"] or self._intake.bank_code
        if name and name not in self._by_name:
            query = sa.select(Bank).where((Bank.name == name) | (Bank.code == name)).limit(1)
            self._by_name[name] = self._intake.session.scalar(query) or self._new(name)
        return self._by_name[name] if name else None

    def expiry_on(self, row: CheckedRow, bank: Bank, known: date | None) -> date | None:
        """The last day of the mandate: the bank's own, the one that is known, or the cycle of the bank's policy.

        A blank cell says nothing new, unless the mandate is a new one that begins after the end of the known one.
        """
        said: date | None = row.values["expiry_on"]
        begins_on: date = row.values["entrusted_on"]
        if said is not None or (known is not None and begins_on <= known):
            return said or known
        months = self._policy.for_bank(bank.code, row.values["product"]).case.cycle_months
        return months_later(begins_on, months) if months else None

    def _new(self, name: str) -> Bank:
        bank = Bank(id=uuid7(), code=name, name=name, created_at=self._intake.actor.at)
        self._intake.session.add(bank)
        self._intake.session.flush()
        return bank
