"""Results as a phone sends them, for visits that are on a plan."""

from datetime import timedelta

from fieldops.audit import Actor
from fieldops.clock import at_local
from fieldops.db import uuid7
from fieldops.results.schemas import ResultIn
from fieldops.results.service import record_result
from fieldops.visits.queries import cards_of
from tests.planning.makers_of_plans import NINE, TOMORROW
from tests.results.reports import VALUES

ARRIVED = at_local(TOMORROW, NINE + 1800)


def plain(value):
    """A value as JSON has it."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def a_body(visit_id, case_ids, outcome="O26", *, finding="A14", person="P01", arrived=ARRIVED, **changes):
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
        "slots": [{"id": str(uuid7()), "kind": "PHOTO_DOOR", "sha256": "0" * 64, "length": 1000}],
    }
    return body | changes


def crew_actor(house):
    """The field agent who reports."""
    return Actor("agent C001-1", house.clock.now(), roles=frozenset({"FIELD_AGENT"}))


def record(session, house, visit, outcome="O26", *, agent_id=None, flags=(), result_id=None, **changes):
    """Record a result of a visit as a phone's push would."""
    case_ids = cards_of(session, [visit.id])[visit.id]
    sent = ResultIn().load(a_body(visit.id, case_ids, outcome, **changes))
    return record_result(
        session,
        crew_actor(house),
        result_id or uuid7(),
        sent,
        agent_id=agent_id or uuid7(),
        device_id=None,
        flags=flags,
    )
