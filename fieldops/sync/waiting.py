"""Hints to phones that wait: one LISTEN connection per process, and no database connection held while waiting.

A feed that changes notifies the ids of its agents; the one thread that hears it wakes their seats. A hint says only
that there is something to fetch: data always comes from a sync, so a hint that is lost costs seconds, never a row.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psycopg

from fieldops.db import libpq_conninfo
from fieldops.sync.feed import CHANNEL, URGENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

_log = logging.getLogger(__name__)
LOOKS_UP_EVERY_S: Final = 5.0
"""How often the listener looks whether anybody still waits; nobody for so long, and it goes."""
_READY_WITHIN_S: Final = 3.0


@dataclass(eq=False, slots=True)
class Seat:
    """One phone that waits."""

    device_id: UUID
    agent: str
    called: threading.Event = field(default_factory=threading.Event)
    urgent: bool = False

    def call(self, *, urgent: bool) -> None:
        """Wake who sits here."""
        self.urgent |= urgent
        self.called.set()

    def wait(self, seconds: float) -> bool:
        """Wait to be called; False when the time is over."""
        return self.called.wait(seconds)


class WaitingRoom:
    """The seats of this process and the thread that hears for all of them; it lives while somebody sits."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._seats: dict[UUID, Seat] = {}
        self._by_agent: dict[str, set[Seat]] = defaultdict(set)
        self._listener: threading.Thread | None = None
        self._ready = threading.Event()

    @contextmanager
    def seat(self, device_id: UUID, agent_id: UUID, *, most: int) -> Iterator[Seat | None]:
        """A seat from which every change after now is heard; None when all ``most`` are taken or nobody can listen.

        A phone that comes again has lost its connection: its old seat is called, so that it is left.
        """
        taken = self._take(Seat(device_id, agent_id.hex), most)
        try:
            yield taken if taken is not None and self._ready.wait(_READY_WITHIN_S) else None
        finally:
            if taken is not None:
                self._leave(taken)

    @property
    def sitting(self) -> int:
        """How many wait now."""
        return len(self._seats)

    def _take(self, seat: Seat, most: int) -> Seat | None:
        with self._lock:
            before = self._seats.get(seat.device_id)
            if before is None and len(self._seats) >= most:
                return None
            if before is not None:
                before.call(urgent=False)
                self._by_agent[before.agent].discard(before)
            self._seats[seat.device_id] = seat
            self._by_agent[seat.agent].add(seat)
            if self._listener is None:
                self._ready.clear()
                self._listener = threading.Thread(target=self._listen, name="sync-hints", daemon=True)
                self._listener.start()
        return seat

    def _leave(self, seat: Seat) -> None:
        with self._lock:
            self._by_agent[seat.agent].discard(seat)
            if not self._by_agent[seat.agent]:
                del self._by_agent[seat.agent]
            if self._seats.get(seat.device_id) is seat:
                del self._seats[seat.device_id]

    def _listen(self) -> None:
        """Hear until nobody sits any more; a connection that breaks calls everybody, for hints may have been missed."""
        try:
            with psycopg.connect(libpq_conninfo(self._url), autocommit=True) as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                self._ready.set()
                while self._goes_on():
                    for heard in connection.notifies(timeout=LOOKS_UP_EVERY_S, stop_after=1):
                        self._call(heard.payload)
        except psycopg.Error as error:
            _log.warning("hints to phones are not heard: %s", type(error).__name__)
            self._stop()

    def _goes_on(self) -> bool:
        with self._lock:
            if self._seats:
                return True
            self._listener = None
            return False

    def _stop(self) -> None:
        with self._lock:
            self._listener = None
            self._ready.clear()
            for seat in self._seats.values():
                seat.call(urgent=False)

    def _call(self, payload: str) -> None:
        with self._lock:
            for told in payload.split(","):
                urgent = told.endswith(URGENT)
                for seat in self._by_agent.get(told.removesuffix(URGENT), ()):
                    seat.call(urgent=urgent)


_rooms: dict[str, WaitingRoom] = {}
_opening = threading.Lock()


def waiting_room(url: str) -> WaitingRoom:
    """The waiting room of this process for that database."""
    with _opening:
        return _rooms.setdefault(url, WaitingRoom(url))
