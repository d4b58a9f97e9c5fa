"""Publishing against what takes a visit away, on real threads: whoever is first, no crew is sent to it."""

import threading

import pytest
from sqlalchemy import select

from fieldops.app import register_handlers
from fieldops.cases import service as cases
from fieldops.cases.jobs import expire_past_cases
from fieldops.cases.models import Case
from fieldops.errors import Problem
from fieldops.planning.models import RouteStop
from fieldops.sync.models import ScopeEntry
from fieldops.visits.models import Visit
from fieldops.visits.queries import cards_of
from tests.planning.makers_of_plans import make_batched_visits, make_crew, make_plan, publish
from tests.visits.makers_of_visits import supervisor

WAIT_S = 30


@pytest.fixture
def ready(house):
    """A plan of two visits that waits to be published, and the case of the first."""
    register_handlers()
    with house.transaction() as session:
        crew = make_crew(session)
        visits = make_batched_visits(session, house, 2)
        plan = make_plan(session, {crew: visits})
        case_id = cards_of(session, [visits[0].id])[visits[0].id][0]
    return plan, visits, case_id


def at_once(*acts):
    """Run the acts on threads of their own; a Problem is an answer, anything else is a fault."""
    start, faults = threading.Barrier(len(acts)), []

    def run(act):
        start.wait(WAIT_S)
        try:
            act()
        except Problem:
            pass
        except Exception as fault:  # noqa: BLE001 - told to the test below
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
        assert not thread.is_alive(), "two transactions wait for each other"
    assert not faults, faults


def send_out(house, plan):
    def act():
        with house.transaction() as session:
            publish(session, house, plan)

    return act


def nobody_is_sent_to_the_first(house, visits, *, status):
    with house.transaction() as session:
        first, second = (session.get_one(Visit, visit.id).status for visit in visits)
        stops = {stop.visit_id: stop.status for stop in session.scalars(select(RouteStop))}
        on_phones = set(session.scalars(select(ScopeEntry.visit_id).filter_by(left_reason=None)))
    assert (first, second) == (status, "PLANNED")
    assert (stops[visits[0].id], stops[visits[1].id]) == ("CANCELLED", "PENDING")
    assert on_phones == {visits[1].id}


@pytest.mark.parametrize("round_", range(2))
def test_publishing_against_the_end_of_an_entrustment(house, ready, round_):
    plan, visits, case_id = ready
    with house.transaction() as session:
        session.get_one(Case, case_id).expiry_on = house.clock.today()
    house.clock.advance(hours=16)  # past midnight of the day of the plan, before anybody sets out
    acts = [send_out(house, plan), lambda: expire_past_cases(house)]
    at_once(*acts[:: 1 if round_ % 2 else -1])
    nobody_is_sent_to_the_first(house, visits, status="CANCELLED")


@pytest.mark.parametrize("round_", range(2))
def test_publishing_against_a_hold(house, ready, round_):
    plan, visits, case_id = ready

    def hold():
        with house.transaction() as session:
            told = {"case_id": case_id, "kind": "BANK_PAUSE", "from_on": house.clock.today()}
            cases.open_hold(session, supervisor(house, name="clerk"), **told)

    acts = [send_out(house, plan), hold]
    at_once(*acts[:: 1 if round_ % 2 else -1])
    nobody_is_sent_to_the_first(house, visits, status="SUSPENDED")
