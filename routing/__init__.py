"""Plan a day of visits: values in, values out, OR-Tools inside."""

from routing.check import Violation, violations
from routing.difference import Difference, Move, difference
from routing.engines import warm
from routing.errors import InvalidPlanError, ProblemError, RoutingError, SolverProcessLostError
from routing.explain import explain
from routing.objective import TERMS, Objective
from routing.pipeline import plan
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
from routing.travel import GreatCircle, Legs, RoadMatrix

__all__ = [
    "TERMS",
    "Area",
    "Break",
    "Crew",
    "Difference",
    "GreatCircle",
    "InvalidPlanError",
    "LeftOut",
    "Legs",
    "Move",
    "Objective",
    "Plan",
    "PlannedVisit",
    "Problem",
    "ProblemError",
    "Progress",
    "RoadMatrix",
    "Route",
    "RoutingError",
    "SolverProcessLostError",
    "Stop",
    "Violation",
    "Window",
    "difference",
    "explain",
    "plan",
    "violations",
    "warm",
]
