"""Plan a day of visits: values in, values out, OR-Tools inside."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from routing.check import Violation, violations
from routing.difference import CrewChange, Difference, Move, Seat, difference
from routing.errors import InvalidPlanError, ProblemError, RoutingError, SolverProcessLostError
from routing.explain import explain
from routing.moving import Moved, MoveRefusedError, moved
from routing.objective import TERMS, Objective
from routing.problem import (
    Area,
    Break,
    Crew,
    LeftOut,
    Plan,
    PlannedVisit,
    Problem,
    Progress,
    Route,
    Stop,
    Window,
)
from routing.replan import Keep, Rest, Standing, joined, near_to, rest_of_day
from routing.travel import GreatCircle, Legs, RoadMatrix

if TYPE_CHECKING:
    from routing.engines import warm
    from routing.pipeline import plan

__all__ = [
    "TERMS",
    "Area",
    "Break",
    "Crew",
    "CrewChange",
    "Difference",
    "GreatCircle",
    "InvalidPlanError",
    "Keep",
    "LeftOut",
    "Legs",
    "Move",
    "MoveRefusedError",
    "Moved",
    "Objective",
    "Plan",
    "PlannedVisit",
    "Problem",
    "ProblemError",
    "Progress",
    "Rest",
    "RoadMatrix",
    "Route",
    "RoutingError",
    "Seat",
    "SolverProcessLostError",
    "Standing",
    "Stop",
    "Violation",
    "Window",
    "difference",
    "explain",
    "joined",
    "moved",
    "near_to",
    "plan",
    "rest_of_day",
    "violations",
    "warm",
]

_WITH_SOLVERS = {"plan": "routing.pipeline", "warm": "routing.engines"}


def __getattr__(name: str) -> Any:
    """Bring the solvers only to whoever plans: a web server, which never does, is 130 MB lighter."""
    if name not in _WITH_SOLVERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WITH_SOLVERS[name]), name)
