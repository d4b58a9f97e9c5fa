"""What happens low in the house and matters above: announced as values, handled in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Handler = Callable[["Session", Any], None]


class Events:
    """Who must hear of what. ``app.py`` fills the table once; features only announce."""

    def __init__(self) -> None:
        self._handlers: dict[type, list[Handler]] = defaultdict(list)

    def register(self, kind: type, handler: Handler) -> None:
        """Let ``handler`` run for each event of ``kind``, in the order of registration."""
        if handler not in self._handlers[kind]:
            self._handlers[kind].append(handler)

    def announce(self, session: Session, event: object) -> None:
        """Run every handler of the event in the transaction of ``session``; one that raises undoes the event."""
        for handler in self._handlers[type(event)]:
            handler(session, event)


_EVENTS = Events()
register = _EVENTS.register
announce = _EVENTS.announce
