"""Which events reach the phones: plans, recalls, new amounts, letters that stay in the bag, results."""

from __future__ import annotations

from fieldops import events
from fieldops.cases.events import ThirdPartiesChanged
from fieldops.correspondence.events import LetterToHandChanged
from fieldops.planning.events import DayClosed, PlanPublished, StopsTaken
from fieldops.results.events import ResultRecorded
from fieldops.sync import scope
from fieldops.visits.events import VisitAdjusted, VisitStopped

HANDLERS = (
    (PlanPublished, scope.follow_plan),
    (DayClosed, scope.close_day),
    (StopsTaken, scope.take_stops),
    (VisitStopped, scope.recall_visit),
    (VisitAdjusted, scope.adjust_visit),
    (ThirdPartiesChanged, scope.warn_crews),
    (LetterToHandChanged, scope.warn_crews),
)


def register_handlers() -> None:
    """Let phones hear of what happens to their visits; after planning, which takes stops off first."""
    for kind, handler in HANDLERS:
        events.register(kind, handler)
    events.register_many(ResultRecorded, scope.finish_visits)
