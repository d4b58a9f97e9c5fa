"""What one running installation is made of, handed to every door (request, job, command)."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldops.clock import Clock, DemoClock
from fieldops.db import Database, open_database
from fieldops.storage import Store, open_store
from fieldops.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from fieldops.settings import Settings


@dataclass(frozen=True, slots=True)
class House:
    """Settings, database, object store, clock and vault of one installation."""

    settings: Settings
    database: Database
    store: Store
    clock: Clock
    vault: Vault

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction whose session can tell its house (``house_of``)."""
        with self.database.transaction() as session:
            session.info["house"] = self
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """One read-only transaction in which every query sees the same instant; its session can tell its house too."""
        with self.database.snapshot() as session:
            session.info["house"] = self
            yield session


def open_house(settings: Settings) -> House:
    """Open, and migrate, everything these settings name.

    Raises: SettingsError, one line that names the mend.
    """
    clock = DemoClock(settings.home / "clock.json", settings.demo_now) if settings.demo_now else Clock()
    return House(
        settings=settings,
        database=open_database(settings),
        store=open_store(settings),
        clock=clock,
        vault=Vault(settings.secret),
    )


def house_of(session: Session) -> House:
    """The house a session was opened by; event handlers, which get only the session, find store and vault here."""
    found: House = session.info["house"]
    return found
