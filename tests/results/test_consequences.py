"""Every code of the domain's table has the consequence the table gives it, and no other: domain reference, 5.2."""

from datetime import UTC, datetime, timedelta
from operator import attrgetter
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from fieldops.addresses.models import Address
from fieldops.addresses.queries import register_states, standing_blocks
from fieldops.cases.models import Case, Complaint, DoNotContact, Hold, Promise, SpecialStatus
from fieldops.policies.service import shipped_editions
from fieldops.results.codes import FINDINGS, OUTCOMES
from fieldops.results.revisits import revisit
from fieldops.tasks.models import Task
from fieldops.visits.address_answers import SENSITIVE, by_letter, graded, not_sensitive_for_visits
from fieldops.visits.address_files import read_addresses
from fieldops.visits.models import Visit
from tests.makers import ask_otherwise
from tests.results.sent import record
from tests.sync.acts import all_of, cancel, case_ids_of, report_result, sync

STATES = {  # finding: what the address is after it, and who is asked; dead ones with a photo are in doubt until it is here
    "A01": ("VALID", set()), "A02": ("VALID", set()), "A03": ("UNVERIFIED", {"ASK_FOR_REVISIT"}),
    "A04": ("UNVERIFIED", {"ASK_FOR_REVISIT"}), "A05": ("INVALID", {"REPAIR_INFORMATION"}), "A06": ("DOUBTFUL", set()),
    "A07": ("DOUBTFUL", set()), "A08": ("INVALID", set()), "A09": ("DOUBTFUL", {"DECIDE_ADDRESS", "REPAIR_INFORMATION"}),
    "A10": ("INVALID", set()), "A11": ("INVALID", set()), "A12": ("INVALID", set()), "A13": ("DOUBTFUL", set()),
    "A14": ("UNVERIFIED", {"DECIDE_ADDRESS"}),
}  # fmt: skip
NOTHING = {"hold": None, "status": None, "promise": 0, "complaint": 0, "kept away": 0, "asked": set()}
CONSEQUENCES = {
    "O01": {"asked": {"REPORT_TO_BANK"}},
    "O02": {"asked": {"REPORT_TO_BANK"}, "hold": "MANAGER"},
    "O03": {"asked": {"FOLLOW_UP_CALL"}, "promise": 1},
    "O04": {"asked": {"FOLLOW_UP_CALL"}, "promise": 1},
    "O05": {"asked": {"FOLLOW_UP_CALL"}, "promise": 1},
    "O06": {},
    "O07": {"asked": {"PROPOSE_INSTALMENTS"}},
    "O08": {"asked": {"REPORT_TO_BANK"}, "hold": "DISPUTE"},
    "O09": {"asked": {"REPORT_TO_BANK"}, "hold": "MANAGER", "status": "FRAUD"},
    "O10": {"asked": {"FOLLOW_UP_CALL"}},
    "O11": {"kept away": 1},
    "O12": {"asked": {"LETTER_NOT_WITH_CREW"}},  # this crew was given no letter
    "O13": {"asked": {"LETTER_NOT_WITH_CREW"}},
    "O14": {"asked": {"LETTER_NOT_WITH_CREW"}},
    "O15": {"asked": {"REPORT_TO_BANK"}, "hold": "DEATH", "status": "DECEASED"},
    "O16": {"asked": {"REPORT_TO_BANK"}, "hold": "CUSTODY", "status": "CUSTODY"},
    "O17": {"asked": {"REPORT_TO_BANK"}, "hold": "MANAGER", "status": "INCAPACITY"},
    "O18": {"asked": {"REPAIR_INFORMATION"}, "status": "MISSING"},
    "O19": {"asked": {"REPORT_TO_BANK"}, "complaint": 1},
    "O20": {"asked": {"REPORT_TO_BANK"}, "hold": "MANAGER"},
    "O21": {"asked": {"ASK_FOR_REVISIT"}},
    "O22": {}, "O23": {}, "O24": {}, "O25": {}, "O26": {},
}  # fmt: skip


@pytest.fixture
def undone(road):
    """The day in a transaction that is never committed: each code begins on the same morning."""
    with road.house.transaction() as session:
        yield session
        session.rollback()


def reported(road, session, **told):
    """What a result of the first visit has brought about."""
    with session.begin_nested() as point:
        visit = session.get_one(Visit, road.visit_id)
        before = {table: count(session, table) for table in (Hold, SpecialStatus, Promise, Complaint, DoNotContact)}
        result = record(session, road.house, visit, **told)
        session.flush()
        session.expire_all()
        address = session.get_one(Address, session.get_one(Visit, road.visit_id).address_id)
        asked = session.scalars(select(Task.kind).where(Task.entity_id == result.id)).all()
        found = {
            "state": state_of(session, address),
            "asked": set(asked) - {"REVIEW_RESULT"},
            "hold": newest(session, Hold),
            "status": newest(session, SpecialStatus),
            "promise": count(session, Promise) - before[Promise],
            "complaint": count(session, Complaint) - before[Complaint],
            "kept away": count(session, DoNotContact) - before[DoNotContact],
        }
        point.rollback()
    return found


def state_of(session, address):
    return register_states(session, [address], standing_blocks(session, [address]))[address.id]


def count(session, table):
    return len(session.scalars(select(table)).all())


def newest(session, table):
    kinds = session.scalars(select(table.kind)).all()
    return kinds[-1] if kinds else None


def test_every_code_of_the_table_is_looked_at():
    assert (set(STATES), set(CONSEQUENCES)) == (set(FINDINGS), set(OUTCOMES))


def test_every_finding_leaves_the_address_as_the_table_says(road, undone):
    for code, (state, asked) in STATES.items():
        row = FINDINGS[code]
        person = "P09" if "P09" in row.persons else row.persons[0]
        found = reported(road, undone, finding=code, outcome="O26", person=person)
        assert (code, found["state"], found["asked"]) == (code, state, asked)


def test_every_outcome_brings_about_what_the_table_says_and_nothing_else(road, undone):
    for code, told in CONSEQUENCES.items():
        row = OUTCOMES[code]
        finding = None if code == "O24" else "A01"
        found = reported(road, undone, finding=finding, outcome=code, person=row.persons[0])
        found.pop("state")
        assert (code, found) == (code, NOTHING | told)


def test_nobody_home_asks_for_another_part_of_the_day_and_no_more_than_two_times():
    policy = shipped_editions()[-1]
    morning, afternoon, evening = (datetime(2026, 11, 24, hour, 30, tzinfo=UTC) for hour in (1, 6, 11))
    first = revisit([morning], policy)
    assert (first["tries_left"], first["windows"]) == (2, [span(12, 18), span(18, 21)])
    second = revisit([morning, evening], policy)
    assert (second["tries_left"], second["windows"]) == (1, [span(12, 18)])
    assert revisit([morning, afternoon, evening], policy) is None
    assert revisit([morning, morning + timedelta(minutes=1)], policy)["windows"] == [span(12, 18), span(18, 21)]


def span(start, end):
    return {"start": f"{start:02d}:00", "end": f"{end:02d}:00"}


def test_a_door_that_stayed_shut_is_proposed_for_a_revisit_with_windows_a_request_takes(road):
    from fieldops.visits.schemas import VisitWindowIn

    (phone, _), _ = road.phones()
    done = report_result(road, phone, road.visit_id, "O23", finding="A03", person="P00")
    assert sync(road, phone) == {done: "APPLIED"}
    (task,) = [task for task in all_of(road, Task) if task.kind == "ASK_FOR_REVISIT"]
    assert (task.role, task.detail["tries"], task.detail["tries_left"]) == ("PHONE_COLLECTOR", 1, 2)
    assert task.detail["windows"] == [span(12, 18), span(18, 21)]
    for window in task.detail["windows"]:
        assert VisitWindowIn().load(window)


def test_how_often_and_when_a_crew_may_come_again_is_said_by_the_bank_of_the_visit(road):
    change = {"max_no_answer_revisits": 5, "hard_window": {"closes": "19:00"}, "plan_window": {"closes": "19:00"}}
    (phone, _), _ = road.phones()
    with road.house.transaction() as session:
        ask_otherwise(session, road.house, {"visit": change})
    report_result(road, phone, road.visit_id, "O23", finding="A03", person="P00")
    sync(road, phone)
    (task,) = [task for task in all_of(road, Task) if task.kind == "ASK_FOR_REVISIT"]
    assert (task.detail["tries_left"], task.detail["windows"]) == (5, [span(12, 18), span(18, 19)])


def tries_told(road, *, at_once, **changes):
    """How many tries two visits count that find nobody at home, the second changed; pushed together or one by one."""
    (phone, _), _ = road.phones()
    visit_ids = road.visits[road.crew.id][:2]
    cancel(road, visit_ids[0])  # made all the same; only then may another visit go to that door
    with road.house.transaction() as session:
        first, again = (session.get_one(Visit, each) for each in visit_ids)
        for name, value in changes.items():
            setattr(again, name, value(first))
    for visit_id in visit_ids:
        report_result(road, phone, visit_id, "O23", finding="A03", person="P00")
        if not at_once:
            sync(road, phone)
    sync(road, phone)
    asked = {task.detail["visit_id"]: task.detail for task in all_of(road, Task) if task.kind == "ASK_FOR_REVISIT"}
    return [(asked[str(each)]["tries"], asked[str(each)]["tries_left"]) for each in visit_ids]


@pytest.mark.parametrize("at_once", [True, False], ids=["in one push", "in two"])
def test_every_try_at_a_door_counts_however_it_is_reported(road, at_once):
    door = {name: attrgetter(name) for name in ("debtor_id", "address_id", "address_key")}
    assert tries_told(road, at_once=at_once, **door) == [(1, 2), (2, 1)]


@pytest.mark.parametrize("at_once", [True, False], ids=["in one push", "in two"])
def test_a_try_at_one_address_without_a_key_is_none_at_another(road, at_once):
    with road.house.transaction() as session:
        session.get_one(Visit, road.visit_id).address_key = ""
    unkeyed = {name: attrgetter(name) for name in ("debtor_id", "address_key")}
    assert tries_told(road, at_once=at_once, **unkeyed) == [(1, 2), (1, 2)]


def test_an_appointment_becomes_the_window_of_the_next_request(road):
    (phone, _), _ = road.phones()
    (case_id,) = case_ids_of(road, road.visit_id)
    line = {"case_id": case_id, "outcome": "O22", "appointment": "2026-11-26 14:00-16:00"}
    done = report_result(road, phone, road.visit_id, "O22", slots=[], lines=[line])
    assert sync(road, phone) == {done: "APPLIED"}, phone.answer_to(done)
    (case,) = [case for case in all_of(road, Case) if str(case.id) == case_id]
    assert case.appointment == "2026-11-26 14:00-16:00"
    (task,) = [task for task in all_of(road, Task) if task.kind == "KEEP_APPOINTMENT"]
    assert task.detail["cards"][0]["appointment"] == case.appointment


@pytest.mark.parametrize(("choice", "state"), [("INVALID", "INVALID"), ("DOUBTFUL", "DOUBTFUL"), (None, "DOUBTFUL")])
def test_a_supervisor_chooses_what_an_address_is_that_nobody_could_find(road, choice, state):
    (phone, _), _ = road.phones()
    done = report_result(road, phone, road.visit_id, finding="A09", slots=[])
    assert sync(road, phone) == {done: "APPLIED"}
    words = {"address": choice} if choice else {}
    assert road.client_as("SUPERVISOR").post(f"/api/v1/results/{done}/accept", json=words).status_code == 200
    with road.house.transaction() as session:
        address = session.get_one(Address, session.get_one(Visit, road.visit_id).address_id)
        assert state_of(session, address) == state
        (task,) = session.scalars(select(Task).filter_by(kind="DECIDE_ADDRESS"))
        assert (task.done_at is not None) is (choice is not None)


def test_there_is_nothing_to_choose_about_an_address_that_was_found(road):
    (phone, _), _ = road.phones()
    done = report_result(road, phone, road.visit_id, finding="A01", slots=[])
    assert sync(road, phone) == {done: "APPLIED"}
    answer = road.client_as("SUPERVISOR").post(f"/api/v1/results/{done}/accept", json={"address": "INVALID"})
    assert (answer.status_code, answer.json["code"]) == (422, "NO_CHOICE")


@pytest.mark.parametrize(("choice", "stays"), [("ORDINARY", False), ("SENSITIVE", True), (None, True)])
def test_a_place_a_crew_calls_sensitive_asks_a_supervisor_before_each_visit_and_letter_until_one_finds_otherwise(
    road, choice, stays
):
    (phone, _), _ = road.phones()
    with road.house.transaction() as session:
        address_id = session.get_one(Visit, road.visit_id).address_id
    assert said_of(road, address_id) == (False, [])
    done = report_result(road, phone, road.visit_id, finding="A14", slots=[])
    assert sync(road, phone) == {done: "APPLIED"}
    assert said_of(road, address_id) == (True, [("REVIEW", "REVIEW")])
    words = {"address": choice} if choice else {}
    assert road.client_as("SUPERVISOR").post(f"/api/v1/results/{done}/accept", json=words).status_code == 200
    assert said_of(road, address_id)[0] is stays
    with road.house.transaction() as session:
        (task,) = session.scalars(select(Task).filter_by(kind="DECIDE_ADDRESS"))
        assert (task.role, task.done_at is not None) == ("SUPERVISOR", choice is not None)
        assert state_of(session, session.get_one(Address, address_id)) == "UNVERIFIED"


def said_of(road, address_id):
    """Whether the address is shown as a sensitive place, and how the code is graded where rules read it."""
    shown = road.client_as("SUPERVISOR").get(f"/api/v1/addresses/{address_id}").json["codes"]
    with road.house.transaction() as session:
        _, by_id = read_addresses(session, [], also=[address_id], visits={}, at=road.house.clock.now())
    codes = [code for code in by_id[address_id].fact.codes if code.code == "SENS_REPORTED"]
    assert bool(codes) is ("SENS_REPORTED" in shown)
    assert all(
        asks(SimpleNamespace(address=by_id[address_id].fact), shipped_editions()[-1], None).holds is (not codes)
        for asks in (not_sensitive_for_visits, graded(SENSITIVE, by_letter))
    )
    return bool(codes), [(code.visit, code.letter) for code in codes]


@pytest.mark.parametrize(("finding", "choice"), [("A14", "INVALID"), ("A14", "DOUBTFUL"), ("A09", "ORDINARY")])
def test_a_choice_about_another_kind_of_finding_is_refused_with_what_may_be_said(road, finding, choice):
    (phone, _), _ = road.phones()
    done = report_result(road, phone, road.visit_id, finding=finding, slots=[])
    assert sync(road, phone) == {done: "APPLIED"}
    answer = road.client_as("SUPERVISOR").post(f"/api/v1/results/{done}/accept", json={"address": choice})
    assert (answer.status_code, answer.json["code"]) == (422, "NO_CHOICE")
    assert all(each in answer.json["detail"] for each in FINDINGS[finding].choices)
