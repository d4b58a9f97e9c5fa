"""How quickly recalls reach the crews, which have not been confirmed, and which visits were made all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from fieldops.sync import queries
from fieldops.sync.rules import Knowledge

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

CONFIRM_WITHIN: Final = timedelta(minutes=5)
DUE_WITHIN: Final = timedelta(minutes=60)
SHOWN_FOR: Final = timedelta(days=7)
_TOLD: Final = frozenset({Knowledge.KNEW, Knowledge.COULD_HAVE_KNOWN})
_FAIR: Final = frozenset({Knowledge.NOT_YET_RECALLED, Knowledge.COULD_NOT_KNOW})


def recall_figures(session: Session, now: datetime, *, since: datetime | None = None) -> dict[str, Any]:
    """Lag from recall to acknowledgement, and visits after a recall, of the last week or since an instant.

    A visit counts once, by the first report of it.
    Units: seconds; None where nothing has been measured.
    """
    since = since or now - SHOWN_FOR
    lags = queries.recall_lags_s(session, since=since)
    made = {each["visit_id"]: each["knowledge"] for each in visits_after_recall(session, now, since=since)}
    return {
        "since": since,
        "recalls": queries.recalls_since(session, since),
        "acknowledged": len(lags),
        **{f"p{share}_s": percentile(lags, share) for share in (50, 95, 99)},
        "unconfirmed": len(recalls_unconfirmed(session, now)),
        "visits_after_told": sum(each in _TOLD for each in made.values()),
        "visits_after_not_told": sum(each in _FAIR for each in made.values()),
        "visits_after_in_doubt": sum(each == Knowledge.CLOCK_IN_DOUBT for each in made.values()),
    }


def recalls_unconfirmed(session: Session, now: datetime) -> list[Any]:
    """Recalls no phone has shown five minutes on, while the visit is due within the hour: somebody should call them."""
    return queries.recalls_unconfirmed(session, now, waited=CONFIRM_WITHIN, due_within=DUE_WITHIN)


def visits_after_recall(session: Session, now: datetime, *, since: datetime | None = None) -> list[dict[str, Any]]:
    """What phones reported of visits that had been recalled, newest first, each with the times that were compared."""
    return queries.reports_after_recall(session, since or now - SHOWN_FOR)


def percentile(ordered: list[float], share: int) -> float | None:
    """The value that ``share`` percent do not exceed (nearest rank); None of nothing.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 50)
    2.0
    """
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)] if ordered else None
