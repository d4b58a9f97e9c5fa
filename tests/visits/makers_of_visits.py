"""Visits made through the services, so that a test begins where it means to."""

from fieldops.audit import Actor
from fieldops.visits.approval import Approval, approve_visits
from fieldops.visits.queries import visit_by_id
from fieldops.visits.requesting import VisitAsked
from fieldops.visits.service import request_visits
from tests.makers import make_case, make_point

WHY = {"purpose": "COLLECT", "reason": "EVASIVE", "goal": "当面核实并约定还款"}


def requester(house):
    return Actor("phone", house.clock.now(), roles=frozenset({"PHONE_COLLECTOR"}))


def supervisor(house, name="boss"):
    return Actor(name, house.clock.now(), roles=frozenset({"SUPERVISOR"}))


def make_good_case(session, **changes):
    """A case nobody objects to, with a point."""
    case = make_case(session, **changes)
    make_point(session, case)
    return case


def ask_for(session, house, *cases, **asked):
    """The outcome of a request for these cases."""
    (outcome,) = request_visits(
        session, requester(house), [VisitAsked(case_ids=tuple(case.id for case in cases), **(WHY | asked))]
    )
    return outcome


def make_waiting_visit(session, house, *cases):
    """A visit that waits for a supervisor."""
    outcome = ask_for(session, house, *(cases or [make_good_case(session)]))
    assert outcome.status == "PENDING_REVIEW", outcome
    return visit_by_id(session, outcome.visit_id)


def make_approved_visit(session, house, *cases):
    """A visit that is approved."""
    visit = make_waiting_visit(session, house, *cases)
    (outcome,) = approve_visits(session, supervisor(house), [Approval(visit_id=visit.id, comment="已核")])
    assert outcome.status == "APPROVED", outcome
    return visit
