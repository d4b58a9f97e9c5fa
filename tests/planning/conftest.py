"""Searches of a second end after some hundred moves: on these small days nothing gets better after that."""

import pytest

import routing

MOVES = 300


@pytest.fixture(autouse=True)
def short_searches(monkeypatch):
    """The real engine, stopped by its moves instead of the clock wherever a test gives it one second."""
    real = routing.plan

    def plan(problem, *, budget_s, **options):
        limit = {"limit": MOVES} if budget_s <= 1 else {}
        return real(problem, budget_s=budget_s, **(limit | options))

    monkeypatch.setattr(routing, "plan", plan)
