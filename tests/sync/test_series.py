"""What is landed together has the effect it would have one after the other."""

from uuid import UUID, uuid5

import pytest
from sqlalchemy import select, text

from fieldops.audit import Actor
from fieldops.sync import push
from fieldops.sync.models import Device
from fieldops.sync.rules import Code
from fieldops.sync.series import Heard, series_of
from fieldops.sync.taking import Refusal, Sender, canonical_sha256
from tests.results.sent import a_body
from tests.sync.acts import case_ids_of

SPACE = UUID(int=7)
DEBTORS = {uuid5(SPACE, visit): uuid5(SPACE, "of " + visit[0]) for visit in ("a1", "a2", "b1", "c1")}


def heard(said, after=None):
    """``a1 result O06`` under an id of its own, following another by its words."""
    visit, kind, *codes = said.split()
    body = {"corrects": None, "address_finding": codes[1] if codes[1:] else None}
    body["lines"] = [{"outcome": code} for code in codes[:1]]
    depends_on = uuid5(SPACE, after) if after else None
    refusal = Refusal(Code.REJECTED_VALIDATION, "unreadable") if kind == "broken" else None
    mutation = {"id": uuid5(SPACE, said), "type": kind, "entity_id": uuid5(SPACE, visit), "depends_on": depends_on}
    return Heard(mutation, "", body, refusal)


def together(*said):
    made = [heard(*each) if isinstance(each, tuple) else heard(each) for each in said]
    words = {id(one): each[0] if isinstance(each, tuple) else each for one, each in zip(made, said, strict=True)}
    return [[words[id(one)] for one in series] for series in series_of(made, DEBTORS)]


@pytest.mark.parametrize(
    "said",
    [
        ("a1 check_in", "a1 result O06", "b1 check_in", "b1 result O23 A03"),
        ("a1 result O03 A01", "a2 result O26 A14", "b1 result O10 A02"),
        ("a1 broken", "b1 result O06"),
        ("a1 check_in", ("a1 result O06", "a1 check_in")),
    ],
)
def test_reports_of_visits_that_do_not_touch_each_other_are_one_series(said):
    assert len(together(*said)) == 1


@pytest.mark.parametrize(
    "apart",
    [
        "b1 result O08", "b1 result O12", "b1 result O15", "b1 result O19", "b1 result O11", "b1 result O26 A05",
        "b1 result O26 A06", "b1 objection",
    ],
)  # fmt: skip
def test_a_report_that_may_stop_others_is_landed_alone_in_its_place(apart):
    assert together("a1 result O06", apart, "c1 result O06") == [["a1 result O06"], [apart], ["c1 result O06"]]


def test_a_correction_is_landed_alone():
    fixed = heard("a1 result O06")
    fixed.body["corrects"] = uuid5(SPACE, "earlier")
    assert [len(each) for each in series_of([heard("b1 result O06"), fixed], DEBTORS)] == [1, 1]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a1 result O06", "a1 result O07"),  # a second result of one visit
        ("a1 result O06", "a1 result O06"),  # the same again
        ("a1 result O06", "a2 check_in"),  # the rules at the door look at what was done for the debtor
        ("a1 result O06", ("b1 result O06", "a1 result O06")),  # waits for what may be refused
        ("a1 check_in", ("b1 check_in", "a1 check_in")),
    ],
)
def test_what_follows_from_another_is_landed_after_it(first, second):
    assert len(together(first, second)) == 2


# -- the same as one after the other ------------------------------------------------------------------------------

EVENING = {
    "an evening like any other": [(0, "O06", "A01", "P01"), (1, "O23", "A03", "P00"), (2, "O10", "A02", "P04")],
    "a promise, nobody there, an intruder": [
        (0, "O03", "A01", "P01"),
        (1, "O24", None, "P00"),
        (3, "O06", "A01", "P01"),
    ],
    "a dispute among them": [(0, "O06", "A01", "P01"), (1, "O08", "A01", "P01"), (2, "O07", "A01", "P01")],
    "an address that is dead": [(0, "O26", "A05", "P09"), (1, "O26", "A06", "P08"), (2, "O21", "A03", "P10")],
    "two of one visit": [(0, "O06", "A01", "P01"), (0, "O07", "A01", "P01"), (1, "O23", "A03", "P00")],
}
TABLES = {
    "visit": "id, status, status_reason, done_at, version",
    "route_stop": "visit_id, status, status_at",
    "visit_result": "id, number, is_primary, flags, score, complete_at",
    "result_line": "*",
    "evidence_slot": "*",
    "visit_event": "*",
    "push_receipt": "*",
    "push_quarantine": "mutation_id, code",
    "agent_scope": "*",
    "visit_decision": "visit_id, stage, verdict, findings, facts",
    "audit_entry": "at, actor, action, entity, reason, detail - 'opened' AS detail",
    "task": "kind, role, entity, entity_id, detail, due_at",
    "contact_event": "debtor_id, channel, at, source_id",
    "address_event": "debtor_id, kind, code, evidence_id, at",
    "address_block": "scope, key, reason",
    "promise": "case_id, amount_fen, due_on, source_id",
    "hold": "case_id, kind, from_on, until_on",
}


def evening_of(road, reports, kinds):
    """Check-ins and results of a crew as its phone pushes them; one of each report is of no visit of theirs."""
    visits = [*road.visits[road.crew.id], *road.visits[road.crews[1].id]]
    made = []
    for number, (place, outcome, finding, person) in enumerate(reports):
        visit = visits[place]
        body = a_body(visit, case_ids_of(road, visit), outcome, finding=finding, person=person)
        body["slots"][0]["id"] = str(uuid5(SPACE, f"slot {number}"))
        for kind, said in (("check_in", {"visit_id": str(visit), "position": None}), ("result", body)):
            if kind in kinds:
                made.append(a_mutation(road, f"{kind} {number}", kind, visit, said))
    return made


def a_mutation(road, name, kind, visit, body):
    return {
        "id": uuid5(SPACE, name), "depends_on": None, "type": kind, "entity_id": visit, "base_version": 1,
        "device_time": road.house.clock.now(), "boot_id": "b", "elapsed_ms": 0, "body_sha256": canonical_sha256(body),
        "body": body,
    }  # fmt: skip


def pushed(road, phone, mutations, *, singly=False):
    """The answers to a push, and what it leaves in the tables; all of it is taken back."""
    clock = {"client_time": road.house.clock.now(), "boot_id": "b", "elapsed_ms": 1000}
    with road.house.transaction() as session, session.begin_nested() as savepoint:
        device = session.scalars(select(Device).where(Device.id == phone.device_id)).one()
        sender = Sender(Actor("crew", road.house.clock.now()), device.id, device.agent_id, None, clock)
        answers = push.push(session, sender, mutations, singly=singly)
        session.flush()
        rows = {
            name: sorted(map(str, session.execute(text(f"SELECT {what} FROM {name}")))) for name, what in TABLES.items()
        }
        rows["feed"] = [(c.agent_id, c.op, c.visit_id, c.version, c.reason) for c in session.info["sync.feed.pending"]]
        savepoint.rollback()
    return answers, rows


@pytest.mark.parametrize("kinds", [("check_in", "result"), ("result",)], ids=["with check-ins", "results only"])
@pytest.mark.parametrize("evening", EVENING)
def test_a_push_in_series_leaves_what_one_after_the_other_leaves(road, evening, kinds):
    (phone, _), _ = road.phones()
    mutations = evening_of(road, EVENING[evening], kinds)
    answers, rows = pushed(road, phone, mutations)
    singly, rows_singly = pushed(road, phone, mutations, singly=True)
    assert answers == singly
    assert {answer["code"] for answer in answers} >= {"APPLIED"}
    for name, told in rows.items():
        same = sorted(told) == sorted(rows_singly[name])
        assert same, f"{name}: {set(told) ^ set(rows_singly[name])}"
