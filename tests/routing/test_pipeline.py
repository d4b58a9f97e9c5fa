import multiprocessing
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from ortools.sat.python import cp_model

from routing import Objective, Problem, SolverProcessLostError, arrays, difference, engines, plan, pool, violations
from routing.errors import InvalidValueError
from routing.pipeline import CANCELLED_S, crowd_of
from tests.routing.days import HOUR, crew, hours, stop, town


def planned(problem, **changes):
    return plan(problem, **({"budget_s": 2, "seed": 1, "cores": 1, "engine": "ortools", "limit": 10} | changes))


def test_no_stops_is_an_empty_plan():
    found = planned(Problem((), (crew("c"),)))
    assert (found.routes, found.left_out, found.cost) == ((), (), 0)


def test_no_crews_is_a_plan_of_reasons():
    found = planned(Problem((stop("a"), stop("b")), ()))
    assert [left.reason for left in found.left_out] == ["NO_CREW", "NO_CREW"]


def test_one_impossible_stop_costs_only_itself():
    problem = town(20, 4)
    found = planned(Problem((*problem.stops, stop("moon", 4000)), problem.crews))
    assert [left.stop_id for left in found.left_out] == ["moon"]


@pytest.mark.parametrize(
    ("stops", "limits", "crowd"),
    [(54, {}, 0), (55, {}, 1), (100, {}, 46), (20, {"max_stops": 8}, 4), (0, {}, 0)],
)
def test_a_day_is_crowded_by_what_its_crews_could_not_serve_without_a_metre_to_drive(stops, limits, crowd):
    """Two crews of nine hours have room for fifty-four visits of twenty minutes."""
    day = arrays.day_of(town(stops, 2, **limits))
    assert crowd_of(day, range(stops)) == crowd


def test_an_unknown_engine_is_refused_by_name():
    with pytest.raises(InvalidValueError, match="ortools"):
        planned(town(2, 1), engine="abacus")


@pytest.mark.parametrize("budget_s", [0, -1, float("nan")])
def test_a_budget_that_is_no_time_is_refused(budget_s):
    with pytest.raises(InvalidValueError, match="seconds"):
        planned(town(2, 1), budget_s=budget_s)


def test_two_processes_plan_what_one_plans():
    problem = town(150, 16, max_stops=12)
    alone, together = planned(problem, budget_s=60), planned(problem, budget_s=60, cores=2)
    assert alone.routes == together.routes
    assert violations(problem, together) == ()
    assert len(together.areas) == 2


def test_a_cancelled_plan_is_whole_and_says_so():
    problem = town(150, 16, max_stops=12)
    found = planned(problem, cores=2, limit=None, budget_s=60, stop=lambda: True)
    assert found.cancelled
    assert violations(problem, found) == ()
    assert found.planned > 100


class Asked:
    """Says stop from some time of asking on."""

    def __init__(self, after):
        self.after, self.times = after, 0

    def __call__(self):
        self.times += 1
        return self.times > self.after


@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize("after", [0, 1, 4, 20])
@pytest.mark.parametrize(("engine", "visits"), [("default", 60), ("default", 150), ("ortools", 60), ("ortools", 150)])
def test_a_plan_is_cancelled_at_any_moment_and_keeps_the_best_so_far(engine, visits, after, cores):
    """With one area or two, in this process or in others: long before the budget is used, and whole."""
    problem, stop, costs = town(visits, visits // 8, max_stops=12), Asked(after), []
    found = plan(
        problem, budget_s=600, seed=1, cores=cores, engine=engine, stop=stop, on_progress=lambda p: costs.append(p.best_cost)
    )  # fmt: skip
    assert found.cancelled
    assert violations(problem, found) == ()
    assert stop.times > after
    assert found.cost <= min(costs)
    assert found.planned > visits * 0.8


def test_a_choice_nobody_could_finish_is_cut_short_as_well():
    rng, model = np.random.default_rng(1), cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in range(150)]
    for _ in range(40):
        weights = rng.integers(20, 100, 150).tolist()
        model.add(cp_model.LinearExpr.weighted_sum(taken, weights) <= sum(weights) // 3)
    model.maximize(cp_model.LinearExpr.weighted_sum(taken, rng.integers(20, 100, 150).tolist()))
    asked = Asked(3)
    assert pool._solved(pool._solver(1, 600), model, asked) == cp_model.FEASIBLE, "it ended before it was proved best"
    assert asked.times > 3


def test_a_repair_of_a_cancelled_plan_is_short(monkeypatch):
    budgets = []

    def told(day, routes, *, budget_s, solution_limit):
        budgets.append(budget_s)
        return routes

    monkeypatch.setattr(engines, "accepted", told)
    found = plan(town(40, 6), budget_s=600, seed=1, cores=1, stop=lambda: True)
    assert found.cancelled
    assert budgets
    assert max(budgets) <= CANCELLED_S


def test_progress_counts_up_to_the_end():
    seen = []
    planned(town(30, 4), on_progress=seen.append)
    assert seen[-1].phase == "finish"
    assert seen[-1].areas_done == seen[-1].areas == 1
    costs = [one.best_cost for one in seen]
    assert costs == sorted(costs, reverse=True)


def test_a_killed_solver_process_is_a_clear_error_and_no_half_plan():
    def kill(_):
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(SolverProcessLostError, match="run the job again"):
        planned(town(150, 16), cores=2, limit=None, budget_s=30, on_progress=kill)


def test_the_plan_says_how_it_was_made():
    found = planned(town(12, 2), seed=7)
    assert (found.engine, found.seed, found.budget_s) == ("ortools", 7, 2)
    assert found.versions["ortools"]
    assert found.matrix_source.startswith("great circle")


@pytest.mark.parametrize("engine", ["default", "ortools"])
def test_a_plan_goes_on_from_an_earlier_one_and_keeps_most_of_it(engine):
    problem = town(40, 6, max_stops=12)
    before = planned(problem, limit=30)
    crew_of = {visit.stop_id: route.crew_id for route in before.routes for visit in route.visits}
    rest = tuple(replace(one, planned_crew=crew_of.get(one.id)) for one in problem.stops if one.id != "s003")
    again = Problem((*rest, stop("new", 1, 1)), problem.crews, objective=Objective(change_s=HOUR))
    after = planned(again, engine=engine, limit=30, start=before)
    assert violations(again, after) == ()
    found = difference(before, after)
    assert not any(move.changes_crew for move in found.moves)
    assert {move.stop_id for move in found.moves if move.before is None} == {"new"}
    assert "s003" in {move.stop_id for move in found.moves if move.after is None}


def test_an_earlier_plan_that_no_longer_holds_is_no_obstacle():
    problem = town(20, 3)
    before = planned(problem)
    shorter = Problem(problem.stops, tuple(replace(one, shift=hours(9, 12)) for one in problem.crews[:2]))
    after = planned(shorter, start=before)
    assert violations(shorter, after) == ()
    assert after.planned > 0


SAME_EVERYWHERE = """
import json, sys
from routing import Objective, Problem, plan
from dataclasses import replace
from tests.routing.days import town
base = town(70, 8, max_stops=12)
problem = replace(base, objective=Objective(balance_s=60))
found = plan(problem, budget_s=600, seed=5, cores=1, engine=sys.argv[1], limit=int(sys.argv[2]))
print(json.dumps([[route.crew_id, [[v.stop_id, v.start_s] for v in route.visits]] for route in found.routes]))
"""


@pytest.mark.parametrize(("engine", "limit"), [("default", 2000), ("ortools", 10)])
def test_the_same_seed_and_limit_give_the_same_plan_in_another_process(engine, limit):
    """The order of sets and the speed of the machine play no part in it."""
    answers = {
        subprocess.run(
            [sys.executable, "-c", SAME_EVERYWHERE, engine, str(limit)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
    assert answers.pop().count("s0") > 40


def test_another_seed_is_another_search():
    problem = town(60, 7, max_stops=12)
    first, second = (planned(problem, engine="default", budget_s=60, limit=900, seed=seed) for seed in (1, 2))
    assert first.routes != second.routes
