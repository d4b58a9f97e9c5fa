"""Errors of the routing engine: each names the stop or crew and how to mend it."""

from __future__ import annotations


class RoutingError(Exception):
    """Base of every error of this engine."""


class ProblemError(RoutingError, ValueError):
    """The problem as given can not be planned from."""

    def __init__(self, subject_id: str, found: str, mend: str) -> None:
        super().__init__(subject_id, found, mend)
        self.subject_id = subject_id
        self.found = found
        self.mend = mend

    def __str__(self) -> str:
        subject = f"{self.subject_id}: " if self.subject_id else ""
        return f"{subject}{self.found}; {self.mend}"


class InvalidWindowError(ProblemError):
    """A window is inverted, missing or outside the day."""


class InvalidCoordinatesError(ProblemError):
    """A latitude or longitude is not a number on Earth."""


class InvalidValueError(ProblemError):
    """A field holds a value outside its range."""


class CrewWithoutStartError(ProblemError):
    """A crew has no start point."""


class DuplicateIdError(ProblemError):
    """Two stops or two crews share an id."""


class UnknownModeError(ProblemError):
    """Nothing is known about the speed of a transport mode."""


class MatrixShapeError(ProblemError):
    """A travel matrix does not fit the problem's points."""


class NegativeTravelError(ProblemError):
    """A travel matrix holds a negative entry."""


class SolverProcessLostError(RoutingError):
    """A solver process ended without an answer: no plan exists, run the job again."""


class InvalidPlanError(RoutingError):
    """The independent judge found a broken rule in a finished plan: it is never handed out."""
