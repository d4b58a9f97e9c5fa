"""What happens low in the house and matters above: announced as values, handled in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Handler = Callable[["Session", Any], None]
ManyHandler = Callable[["Session", Sequence[Any]], None]


class Events:
    """Who must hear of what. ``app.py`` fills the table once; features only announce."""

    def __init__(self) -> None:
        self._handlers: dict[type, list[tuple[Handler | ManyHandler, ManyHandler]]] = defaultdict(list)

    def register(self, kind: type, handler: Handler) -> None:
        """Let ``handler`` run for each event of ``kind``, in the order of registration."""

        def each(session: Session, happened: Sequence[Any]) -> None:
            for event in happened:
                handler(session, event)

        self._add(kind, handler, each)

    def register_many(self, kind: type, handler: ManyHandler) -> None:
        """Let ``handler`` run once for all events of ``kind`` that are announced together."""
        self._add(kind, handler, handler)

    def announce(self, session: Session, event: object) -> None:
        """Run every handler of the event in the transaction of ``session``; one that raises undoes the event."""
        self.announce_all(session, [event])

    def announce_all(self, session: Session, happened: Iterable[object]) -> None:
        """Announce what a whole file or request brought: each handler hears all events of its kind, in their order."""
        by_kind: dict[type, list[object]] = defaultdict(list)
        for event in happened:
            by_kind[type(event)].append(event)
        for kind, found in by_kind.items():
            for _, run in self._handlers[kind]:
                run(session, found)

    def _add(self, kind: type, handler: Handler | ManyHandler, run: ManyHandler) -> None:
        if all(known is not handler for known, _ in self._handlers[kind]):
            self._handlers[kind].append((handler, run))


_EVENTS = Events()
register = _EVENTS.register
register_many = _EVENTS.register_many
announce = _EVENTS.announce
announce_all = _EVENTS.announce_all
