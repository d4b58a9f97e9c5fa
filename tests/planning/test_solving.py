"""The job that solves a plan, with the real engine and a small budget: judged, explained, and safe to run again."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import select, text

import routing
from fieldops import jobs
from fieldops.clock import at_local, local
from fieldops.planning import queries, service, solving, trying
from fieldops.planning.models import CrewRoute, DayPlan, LeftOutVisit, RouteStop
from fieldops.serving import environment
from fieldops.visits.models import Visit
from tests.conftest import SECRET
from tests.planning.makers_of_plans import TOMORROW, make_batched_visits, make_crew
from tests.visits.makers_of_visits import supervisor


def asked_plan(house, count=4, *, crews=2, budget_s=1, windows=None, **crew_changes):
    """A plan somebody has asked for, of batched visits and crews."""
    with house.transaction() as session:
        for n in range(1, crews + 1):
            make_crew(session, f"C{n:03d}", **crew_changes)
        visits = make_batched_visits(session, house, count)
        for visit in visits:
            visit.windows = windows or []
        plan = service.ask_for_plan(session, supervisor(house), on_date=TOMORROW, budget_s=budget_s, seed=1)
        return plan.id


def the_plan(house, plan_id):
    with house.transaction() as session:
        return session.get_one(DayPlan, plan_id)


def all_of(house, table):
    with house.transaction() as session:
        return list(session.scalars(select(table)))


def test_a_plan_is_solved_judged_and_kept_whole(house, app):
    plan_id = asked_plan(house)
    jobs.work(house, until_empty=True)
    plan = the_plan(house, plan_id)
    assert (plan.status, plan.failure) == ("OPTIMISED", None)
    assert (plan.totals["asked"], plan.totals["planned"], plan.totals["left_out"]) == (4, 4, 0)
    assert (plan.engine["engine"], plan.engine["seed"], plan.engine["budget_s"]) == ("default", 1, 1)
    assert "ortools" in plan.engine["versions"]
    stops = all_of(house, RouteStop)
    assert len(stops) == 4
    for stop in stops:
        assert at_local(TOMORROW, 9 * 3600) <= stop.begins_at < stop.leaves_at <= at_local(TOMORROW, 20 * 3600)
        assert local(stop.arrives_at).date() == TOMORROW
    assert sum(route.distance_m for route in all_of(house, CrewRoute)) == plan.totals["distance_m"]


def test_a_visit_that_is_left_out_says_why_in_words_people_know(house, app):
    plan_id = asked_plan(house, 3, crews=1, shift_start_s=9 * 3600, shift_end_s=9 * 3600 + 45 * 60)
    jobs.work(house, until_empty=True)
    with house.transaction() as session:
        rows = queries.left_out_of(session, plan_id)
        summary = service.summary_of(session, plan_id)
    assert len(rows) + the_plan(house, plan_id).totals["planned"] == 3
    assert rows
    for row in rows:
        assert row["reason"]
        assert row["message_zh"]
        assert row["message_en"]
        assert row["visit_no"].startswith("WF")
    assert any("C001" in row["message_en"] for row in rows)
    assert len(summary["left_out_visits"]) == len(rows)


def test_a_visit_that_cannot_be_lawful_is_left_out_and_the_others_planned(house, app):
    plan_id = asked_plan(house, 2, crews=1)
    with house.transaction() as session:
        odd = session.scalars(select(Visit).order_by(Visit.no)).first()
        odd.windows = [[20 * 3600 + 45 * 60, 21 * 3600]]
    jobs.work(house, until_empty=True)
    (row,) = all_of(house, LeftOutVisit)
    assert (row.visit_id, row.reason) == (odd.id, "OUTSIDE_LAWFUL_HOURS")
    assert the_plan(house, plan_id).totals["planned"] == 1


def test_without_a_crew_every_visit_is_left_out_with_that_reason(house, app):
    plan_id = asked_plan(house, 2, crews=0)
    jobs.work(house, until_empty=True)
    assert the_plan(house, plan_id).status == "OPTIMISED"
    assert {row.reason for row in all_of(house, LeftOutVisit)} == {"NO_CREW"}


def test_the_job_may_run_twice_and_solves_once(house, app):
    plan_id = asked_plan(house, 2, crews=1)
    solving.solve(house, id=str(plan_id))
    before = {stop.id for stop in all_of(house, RouteStop)}
    solving.solve(house, id=str(plan_id))
    assert {stop.id for stop in all_of(house, RouteStop)} == before


def test_two_workers_with_one_plan_keep_it_once(house, app, monkeypatch):
    """The second worker finishes while the first is still searching: the first finds the plan kept."""
    plan_id = asked_plan(house, 2, crews=1)
    real = routing.plan

    def slow(problem, **options):
        monkeypatch.setattr(routing, "plan", real)
        solving.solve(house, id=str(plan_id))
        return real(problem, **options)

    monkeypatch.setattr(routing, "plan", slow)
    solving.solve(house, id=str(plan_id))
    assert len(all_of(house, RouteStop)) == 2


def broken(plan, problem):
    """The plan with its first visit an hour before the crew can be there."""
    from dataclasses import replace

    route = next(route for route in plan.routes if route.visits)
    first = replace(route.visits[0], arrive_s=0, start_s=0)
    changed = replace(route, visits=(first, *route.visits[1:]))
    return replace(plan, routes=tuple(changed if each is route else each for each in plan.routes))


def test_a_plan_the_judge_refuses_is_never_kept(house, app, monkeypatch):
    plan_id = asked_plan(house, 2, crews=1)
    real = routing.plan
    monkeypatch.setattr(routing, "plan", lambda problem, **options: broken(real(problem, **options), problem))
    solving.solve(house, id=str(plan_id))
    plan = the_plan(house, plan_id)
    assert plan.status == "FAILED"
    assert "independent check found" in plan.failure
    assert "TRAVEL" in plan.failure or "WINDOW" in plan.failure or "PLAN" in plan.failure
    assert all_of(house, RouteStop) == []


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (routing.ProblemError("C001", "no start point", "give one"), "C001: no start point; give one"),
        (routing.InvalidPlanError("a broken rule"), "a broken rule"),
    ],
)
def test_a_plan_that_cannot_be_made_says_why(house, app, monkeypatch, error, says):
    plan_id = asked_plan(house, 1, crews=1)

    def fails(problem, **options):
        raise error

    monkeypatch.setattr(routing, "plan", fails)
    solving.solve(house, id=str(plan_id))
    plan = the_plan(house, plan_id)
    assert (plan.status, plan.failure) == ("FAILED", says)


def test_a_search_that_is_lost_with_its_process_goes_back_to_the_queue_until_a_person_must_look(
    house, app, monkeypatch, client_as
):
    plan_id = asked_plan(house, 1, crews=1)
    real, lost = routing.plan, []

    def loses(problem, **options):
        lost.append(the_plan(house, plan_id).tries)
        raise routing.SolverProcessLostError("a solver process ended")

    monkeypatch.setattr(routing, "plan", loses)
    solving.solve(house, id=str(plan_id))
    waiting = the_plan(house, plan_id)
    assert (waiting.status, waiting.failure, waiting.tries) == ("WAITING", "a solver process ended", 1)
    jobs.work(house, until_empty=True)
    assert lost == [1, 2, 3]
    boss, path = client_as("SUPERVISOR"), f"/api/v1/plans/{plan_id}"
    failed = boss.get(path).json
    assert (failed["status"], failed["tries"]) == ("FAILED", 3)
    assert "a solver process ended (3 tries; POST" in failed["failure"]
    monkeypatch.setattr(routing, "plan", real)
    jobs.work(house, until_empty=True)
    assert the_plan(house, plan_id).status == "FAILED", "nobody asked for it again"
    again = boss.post(f"{path}/try-again")
    assert (again.status_code, again.json["status"], again.json["tries"]) == (202, "WAITING", 0)
    jobs.work(house, until_empty=True)
    made = boss.get(path).json
    assert (made["status"], made["failure"], made["tries"]) == ("OPTIMISED", None, 1)
    assert (boss.post(f"{path}/try-again").status_code, len(all_of(house, RouteStop))) == (409, 1)


def test_the_command_tries_again_by_itself(house, app, monkeypatch):
    plan_id = asked_plan(house, 1, crews=1)
    real, lost = routing.plan, []

    def once(problem, **options):
        if not lost:
            lost.append(1)
            raise routing.SolverProcessLostError("a solver process ended")
        return real(problem, **options)

    monkeypatch.setattr(routing, "plan", once)
    solving.solve_here(house, plan_id, stop=lambda: False)
    assert (the_plan(house, plan_id).status, the_plan(house, plan_id).tries) == ("OPTIMISED", 2)


def kill_the_next_solver(killed):
    """SIGKILL to the first solver process there is from now on."""
    wait_until(multiprocessing.active_children)
    child = multiprocessing.active_children()[0]
    os.kill(child.pid, signal.SIGKILL)
    killed.append(child.pid)


def test_a_solver_process_that_is_killed_leaves_no_half_plan_and_its_job_in_the_queue(house, app, monkeypatch):
    """Killed with SIGKILL, once; the job is in the queue again and plans."""
    plan_id = asked_plan(house, 9, crews=9)
    real, killed = routing.plan, []
    killer = threading.Thread(target=kill_the_next_solver, args=(killed,))

    def once(problem, **options):
        monkeypatch.setattr(routing, "plan", real)
        killer.start()
        return real(problem, **(options | {"cores": 2}))

    monkeypatch.setattr(routing, "plan", once)
    solving.solve(house, id=str(plan_id))
    killer.join(60)
    assert killed
    waiting = the_plan(house, plan_id)
    assert (waiting.status, waiting.tries, waiting.totals) == ("WAITING", 1, {})
    assert "exit code -9" in waiting.failure
    assert all_of(house, RouteStop) == all_of(house, CrewRoute) == all_of(house, LeftOutVisit) == []
    jobs.work(house, until_empty=True)
    plan = the_plan(house, plan_id)
    assert (plan.status, plan.tries, len(all_of(house, RouteStop))) == ("OPTIMISED", 2, 9)


def test_a_fault_of_the_engine_fails_the_plan_and_is_not_hidden(house, app, monkeypatch):
    plan_id = asked_plan(house, 1, crews=1)

    def fails(problem, **options):
        raise MemoryError

    monkeypatch.setattr(routing, "plan", fails)
    with pytest.raises(MemoryError):
        solving.solve(house, id=str(plan_id))
    plan = the_plan(house, plan_id)
    assert (plan.status, "MemoryError" in plan.failure) == ("FAILED", True)


def test_a_fault_while_the_problem_is_put_together_fails_the_plan_and_is_tried_again_by_a_person(
    house, app, monkeypatch, client_as
):
    plan_id = asked_plan(house, 1, crews=1)
    real = solving.what_is_asked

    def fails(session, plan, at):
        raise routing.ProblemError("travel", "detour or speed", "give speeds above 0")

    monkeypatch.setattr(solving, "what_is_asked", fails)
    jobs.work(house, until_empty=True)
    plan = the_plan(house, plan_id)
    assert (plan.status, plan.failure) == ("FAILED", "travel: detour or speed; give speeds above 0")
    monkeypatch.setattr(solving, "what_is_asked", real)
    assert client_as("SUPERVISOR").post(f"/api/v1/plans/{plan_id}/try-again").status_code == 202
    jobs.work(house, until_empty=True)
    assert the_plan(house, plan_id).status == "OPTIMISED"


def test_the_plan_of_a_command_that_was_killed_is_solved_by_a_worker_once_its_time_is_over(house, app):
    with house.transaction() as session:
        make_crew(session)
        make_batched_visits(session, house, 1)
        asked = {"on_date": TOMORROW, "budget_s": 1, "seed": 1, "queue": False}
        plan_id = service.ask_for_plan(session, supervisor(house), **asked).id
        trying.begin_solving(session, plan_id)  # and no more of the command
    jobs.work(house, until_empty=True)
    assert the_plan(house, plan_id).status == "SOLVING", "it may still be at it"
    with house.transaction() as session:
        waits_s = text(  # of this plan: what the clock asks for may wait beside it
            "SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs"
            " WHERE status = 'todo' AND task_name = 'planning.solve'"
        )
        assert 3 * 1 < session.scalars(waits_s).one() < 3600
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
    jobs.work(house, until_empty=True)
    assert (the_plan(house, plan_id).status, the_plan(house, plan_id).tries) == ("OPTIMISED", 2)


@contextmanager
def worker(house):
    """A worker process of its own."""
    env = environment(house.settings) | {"DATABASE_URL": house.database.url, "FIELDOPS_SECRET": SECRET}
    process = subprocess.Popen(
        [sys.executable, "-m", "fieldops", "worker"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def wait_until(holds, *, seconds=240):
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.05)


@contextmanager
def held(house, statement, **values):
    """Rows held by somebody else, so that whoever needs them waits."""
    with house.database.engine.begin() as connection:
        connection.execute(text(statement), values)
        yield


def waits_for_a_row(house):
    with house.transaction() as session:
        return session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) > 0


MOMENTS = {  # what is held meanwhile, so that the worker is there for sure; the budget; how it stands when it is dead
    "search": ("SELECT 1", 600, ("SOLVING", 1)),
    "begin": ("SELECT id FROM day_plan FOR UPDATE", 1, ("WAITING", 0)),
    "store": ("SELECT id FROM visit FOR UPDATE", 1, ("SOLVING", 1)),
}


@pytest.mark.parametrize(
    "moment", ["search", pytest.param("begin", marks=pytest.mark.long), pytest.param("store", marks=pytest.mark.long)]
)
def test_the_plan_of_a_worker_that_was_killed_is_solved_by_another(house, app, moment):
    """Killed with SIGKILL before, in and after the search, half way through the rows: nothing is kept, it runs again."""
    statement, budget_s, standing = MOMENTS[moment]
    plan_id = asked_plan(house, 3, crews=1, budget_s=budget_s)
    with held(house, statement), worker(house) as process:
        if moment == "search":
            wait_until(lambda: the_plan(house, plan_id).status == "SOLVING")
        else:
            wait_until(lambda: waits_for_a_row(house))
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    plan = the_plan(house, plan_id)
    assert (plan.status, plan.tries) == standing
    assert all_of(house, RouteStop) == all_of(house, CrewRoute) == []
    with house.transaction() as session:
        session.get_one(DayPlan, plan_id).budget_s = 1
        session.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"))
        jobs.defer(session, "jobs.retry_stalled", unique="jobs.retry_stalled", timestamp=0)
    jobs.work(house, until_empty=True)
    plan = the_plan(house, plan_id)
    assert (plan.status, plan.tries, len(all_of(house, RouteStop))) == ("OPTIMISED", standing[1] + 1, 3)


def test_a_plan_that_loses_every_worker_is_given_up_and_says_how_to_begin_anew(house, app):
    plan_id = asked_plan(house, 1, crews=1)
    with house.transaction() as session:
        plan = session.get_one(DayPlan, plan_id)
        plan.status, plan.tries = "SOLVING", 3
    jobs.work(house, until_empty=True)
    plan = the_plan(house, plan_id)
    assert (plan.status, f"POST /plans/{plan_id}/try-again" in plan.failure) == ("FAILED", True)


def test_ctrl_c_ends_the_search_of_the_command_and_keeps_the_best_plan_so_far(house, app, tmp_path):
    with house.transaction() as session:
        make_crew(session)
        make_batched_visits(session, house, 3)
    env = environment(house.settings) | {"DATABASE_URL": house.database.url, "FIELDOPS_SECRET": SECRET}
    env |= {"FIELDOPS_NOW": house.clock.now().isoformat(), "FIELDOPS_CORES": "1"}
    command = [sys.executable, "-m", "fieldops", "plan", "--on", TOMORROW.isoformat(), "--budget", "600"]
    with (tmp_path / "out").open("w+") as out, (tmp_path / "err").open("w+") as err:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=err)
        try:
            wait_until(lambda: any(plan.progress.get("planned") == 3 for plan in all_of(house, DayPlan)))
            process.send_signal(signal.SIGINT)
            process.wait(60)
        finally:
            process.kill()
            process.wait(10)
    assert process.returncode == 0, (tmp_path / "err").read_text()
    summary = json.loads((tmp_path / "out").read_text())
    assert (summary["status"], summary["planned"]) == ("OPTIMISED", 3)
    assert all_of(house, DayPlan)[0].engine["cancelled"] is True
