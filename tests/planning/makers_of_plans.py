"""A day with crews, batched visits and a published plan, so that a test begins on the road."""

from datetime import date, timedelta

from fieldops.agents.models import Agent, Crew, CrewMember
from fieldops.batching.service import make_batches
from fieldops.clock import at_local
from fieldops.db import uuid7
from fieldops.planning import service
from fieldops.planning.models import CrewRoute, DayPlan, RouteStop
from tests.visits.makers_of_visits import make_approved_visit, make_good_case, supervisor

TOMORROW = date(2026, 11, 24)
NINE = 9 * 3600


def make_crew(session, code="C001", *, names=("王一", "李二"), recorder="DV0001", **changes):
    """A crew of two with a recorder, and an agent for each member."""
    values = {"start_lat": 39.72, "start_lon": 116.13, "shift_start_s": NINE, "shift_end_s": 20 * 3600, "mode": "CAR"}
    crew = Crew(code=code, recorder_serial=recorder, **(values | changes))
    session.add(crew)
    session.flush()
    for place, name in enumerate(names, start=1):
        agent = Agent(code=f"{code}-{place}", name=name)
        session.add(agent)
        session.flush()
        session.add(CrewMember(crew_id=crew.id, place=place, agent_id=agent.id))
    session.flush()
    return crew


def make_batched_visits(session, house, count=1, *, on_date=TOMORROW, cases=None, **changes):
    """Approved visits, each to a debtor of its own, in a batch of that day."""
    made = [
        make_approved_visit(session, house, *each)
        for each in (cases or [[make_good_case(session, **changes)] for _ in range(count)])
    ]
    for number, visit in enumerate(made):
        visit.lat, visit.lon = 39.73 + number / 1000, 116.14
    outcome = make_batches(session, supervisor(house), on_date=on_date)
    assert outcome["batched"] == len(made), outcome
    session.flush()
    return made


def make_plan(session, routes, *, on_date=TOMORROW, number=1, first_s=NINE + 1800, every_s=3600):
    """A solved plan by hand: ``routes`` are visits by crew, an hour apart from half past nine."""
    plan = DayPlan(
        id=uuid7(), on_date=on_date, number=number, status="OPTIMISED", budget_s=1, seed=1, made_by="plan",
        engine={}, totals={"planned": sum(map(len, routes.values()))},
    )  # fmt: skip
    session.add(plan)
    session.flush()
    for crew, visits in routes.items():
        day = {"starts_at": at_local(on_date, NINE), "ends_at": at_local(on_date, 20 * 3600)}
        session.add(CrewRoute(plan_id=plan.id, crew_id=crew.id, area="A01", travel_s=0, distance_m=0, **day))
        for place, visit in enumerate(visits):
            begins_at = at_local(on_date, first_s + place * every_s)
            session.add(
                RouteStop(
                    plan_id=plan.id, crew_id=crew.id, visit_id=visit.id, sequence=place + 1, arrives_at=begins_at,
                    begins_at=begins_at, leaves_at=begins_at + timedelta(minutes=20), travel_s=0, distance_m=0,
                )
            )  # fmt: skip
    session.flush()
    return plan


def publish(session, house, plan):
    """Publish a plan as the supervisor."""
    return service.publish_plan(session, supervisor(house), plan.id)


def make_published_day(session, house, count=2, *, crews=1, **changes):
    """Crews with ``count`` visits each on a published plan: (plan, {crew: visits})."""
    teams = [make_crew(session, f"C{n:03d}") for n in range(1, crews + 1)]
    visits = make_batched_visits(session, house, count * crews, **changes)
    routes = {crew: visits[n * count : (n + 1) * count] for n, crew in enumerate(teams)}
    plan = make_plan(session, routes)
    publish(session, house, plan)
    return plan, routes
