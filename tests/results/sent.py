"""Results as a phone sends them, for visits that are on a plan."""

from datetime import timedelta

from fieldops.audit import Actor
from fieldops.clock import at_local
from fieldops.db import uuid7
from fieldops.results import service
from fieldops.results.arrival import Arrival
from fieldops.results.models import VisitResult
from fieldops.results.queries import ground_of
from fieldops.results.schemas import ResultIn
from fieldops.visits.queries import cards_of, lock_visits
from tests.planning.makers_of_plans import NINE, TOMORROW
from tests.results.reports import VALUES, proof_of

ARRIVED = at_local(TOMORROW, NINE + 1800)


def plain(value):
    """A value as JSON has it."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def a_body(visit_id, case_ids, outcome="O26", *, finding="A01", person="P01", arrived=ARRIVED, **changes):
    """The body of a sound result, each card with the fields its outcome needs."""
    from fieldops.results.codes import OUTCOMES

    fields = {name: plain(VALUES[name]) for name in OUTCOMES[outcome].needs}
    body = {
        "visit_id": str(visit_id),
        "address_finding": finding,
        "person_met": person,
        "identity_verified": person == "P01",
        "identity_shown": True,
        "summary": "按地址上门，出示证件，情况已如实记录。",
        "next_step": "反馈办公室",
        "arrived_at": arrived.isoformat(),
        "left_at": (arrived + timedelta(minutes=20)).isoformat(),
        "position": {"lat": 39.7301, "lon": 116.14, "accuracy_m": 12.0},
        "lines": [{"case_id": str(case_id), "outcome": outcome, **fields} for case_id in case_ids],
        "slots": [{"id": str(uuid7()), "kind": proof_of(outcome), "sha256": "0" * 64, "length": 1000}],
    }
    return body | changes


def crew_actor(house):
    """The field agent who reports."""
    return Actor("agent C001-1", house.clock.now(), roles=frozenset({"FIELD_AGENT"}))


def record(session, house, visit, outcome="O26", *, agent_id=None, flags=(), result_id=None, **changes):
    """Record a result of a visit as a phone's push would."""
    case_ids = cards_of(session, [visit.id])[visit.id]
    body = ResultIn().load(a_body(visit.id, case_ids, outcome, **changes))
    return record_body(session, house, body, result_id=result_id, agent_id=agent_id, flags=flags)


def record_body(session, house, body, *, result_id=None, agent_id=None, flags=()):
    """Record a result that has been read; one that is not sound is refused with its faults."""
    sent = service.Sent(result_id or uuid7(), body, agent_id or uuid7(), flags=flags)
    visits = lock_visits(session, [body["visit_id"]])
    faults = service.record_results(session, crew_actor(house), [sent], visits, ground_of(session, visits))
    if faults:
        raise NotSound(faults[sent.id])
    return session.get_one(VisitResult, sent.id)


def check_in(session, house, visit, *, arrived_at=None, position=None):
    """A crew is at the door of a visit: the codes its check-in is flagged with."""
    lock_visits(session, [visit.id])
    arrival = Arrival(visit, arrived_at or house.clock.now(), position)
    return service.check_in(session, crew_actor(house), [arrival])[visit.id]


class NotSound(Exception):  # noqa: N818 - it is the answer that is tested
    """A result that was refused, with its faults."""

    def __init__(self, faults):
        super().__init__("; ".join(f"{fault.field}: {fault.mend}" for fault in faults))
        self.codes = {fault.code for fault in faults}
