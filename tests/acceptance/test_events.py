"""What an event does to everything on its way, state by state, through the API.

Source: domain reference §3.3 (the event table), §9 (acceptance scenarios 8–11, 17, 20, 21, 25).
"""

from datetime import date

import pytest
from sqlalchemy import select

from fieldops.addresses.queries import address_by_id
from fieldops.addresses.service import invalidate_address
from fieldops.audit import Actor
from fieldops.correspondence.models import Letter
from fieldops.policies.service import activate_edition, draft_policy
from fieldops.tasks.models import Task
from fieldops.visits.models import Visit
from tests.acceptance.conftest import LETTERS, VISITS
from tests.visits.makers_of_visits import supervisor

TODAY = "2026-11-23"
PAID = {"paid_at": "2026-11-23T10:00:00+08:00", "channel": "手机银行"}

# PENDING_REVIEW, RETURNED, APPROVED, BATCHED, PLANNED, IN_PROGRESS
AS_THEY_WERE = VISITS
CANCELLED = (*["CANCELLED"] * 5, "IN_PROGRESS")
SUSPENDED = (*["SUSPENDED"] * 5, "IN_PROGRESS")
BACK = ("PENDING_REVIEW", "RETURNED", "APPROVED", "APPROVED", "APPROVED", "IN_PROGRESS")
TO_A_PERSON = ("PENDING_REVIEW", "RETURNED", *["PENDING_REVIEW"] * 3, "IN_PROGRESS")
# PENDING_REVIEW, GENERATED, QUEUED, PRINTED, SEALED, POSTED, ISSUED_TO_CREW (which is void once it is brought back)
LETTERS_AS_THEY_WERE = LETTERS
WITHDRAWN = ("CANCELLED", "CANCELLED", "CANCELLED", "VOID", "VOID", "POSTED", "ISSUED_TO_CREW held")
REPLACED = ("PENDING_REVIEW", *WITHDRAWN[1:])
HELD = (*(f"{status} held" for status in LETTERS[:5]), "POSTED", "ISSUED_TO_CREW held")


def pay(stage, fen):
    return {
        case_id: stage.post(f"/cases/{case_id}/repayments", external_id=f"S{case_id}{fen}", amount_fen=fen, **PAID)
        for case_id in stage.cases
    }


def take_steps(stage, *steps, **more):
    for step in steps:
        stage.to_every_case("steps", step=step, reason="说明", **more)


def test_paid_in_full_everything_on_its_way_stops(stage):
    """8, 21. Cancelled wherever it is; the crew at the door is told to leave; what is posted keeps a note."""
    pay(stage, 800_000)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (CANCELLED, WITHDRAWN)
    assert {"visits.stop_crew", "phones.recall"} <= set(stage.acts_on("visits", "IN_PROGRESS"))
    assert {"visits.cancel", "phones.recall"} <= set(stage.acts_on("visits", "PLANNED"))
    assert "letters.note" in stage.acts_on("letters", "POSTED")
    case_id, _ = stage.visits["PLANNED"]
    told = stage.titles_of_case(case_id)
    assert told.index("还款") < told.index("外访取消")


def test_paid_in_part_to_the_minimum_the_amounts_follow(stage):
    """9. Above the threshold: adjusted, and new letters with the new amount ask for approval."""
    pay(stage, 300_000)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (AS_THEY_WERE, REPLACED)
    for state in VISITS[:5]:
        assert stage.get(f"/visits/{stage.visits[state][1]}")["amount_fen"] == 500_000
    with stage.house.transaction() as session:
        successors = session.scalars(select(Letter).where(Letter.supersedes_id.is_not(None))).all()
    assert {each.supersedes_id for each in successors} == {stage.letters[state][1] for state in LETTERS[1:5]}


def test_a_letter_a_crew_carries_is_stopped_and_void_once_it_is_brought_back(stage):
    """9. The visit goes on with the new amount, the letter that says the old one does not."""
    pay(stage, 300_000)
    letter_id = stage.letters["ISSUED_TO_CREW"][1]
    stage.post(
        f"/letters/{letter_id}/hand-outcome", by=stage.client_as("ADMIN_CLERK"), outcome="BROUGHT_BACK", reason="改额"
    )
    assert stage.get(f"/letters/{letter_id}")["letter"]["status"] == "VOID"
    with stage.house.transaction() as session:
        (successor,) = session.scalars(select(Letter).filter_by(supersedes_id=letter_id))
    assert (successor.status, successor.delivery) == ("PENDING_REVIEW", "HAND_BY_VISIT")


def test_a_letter_a_crew_must_bring_back_stays_so_whatever_is_taken_back_and_a_clerk_decides(stage):
    case_id, letter_id = stage.letters["ISSUED_TO_CREW"]
    hold = stage.post(f"/cases/{case_id}/holds", kind="BANK_PAUSE", from_on=TODAY)
    paid = stage.post(f"/cases/{case_id}/repayments", external_id="S1", amount_fen=300_000, **PAID)
    stage.post(f"/cases/{case_id}/holds/{hold['id']}/release", reason="委托方通知")
    stage.post(f"/cases/{case_id}/repayments/{paid['id']}/reverse", reason="银行冲正")
    stage.pass_days(1)
    assert stage.get(f"/letters/{letter_id}")["letter"]["held_reason"] == "BRING_BACK LR-022"
    for outcome in ("BROUGHT_BACK", "RESEALED"):
        clerk = stage.client_as("ADMIN_CLERK")
        stage.post(f"/letters/{letter_id}/hand-outcome", by=clerk, outcome=outcome, reason="带回")
    assert stage.where_letters_are()[-1] == "SEALED"


def test_paid_in_part_below_the_minimum_visits_are_cancelled(stage):
    """9. Below the threshold of visits, not of letters."""
    pay(stage, 300_001)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (CANCELLED, REPLACED)


def test_a_payment_taken_back_opens_nothing_again_and_alerts_a_supervisor(stage):
    paid = pay(stage, 800_000)
    for case_id, slip in paid.items():
        stage.post(f"/cases/{case_id}/repayments/{slip['id']}/reverse", reason="银行冲正")
    assert (stage.where_visits_are(), stage.where_letters_are()) == (CANCELLED, WITHDRAWN)
    with stage.house.transaction() as session:
        alerts = session.scalars(select(Task).filter_by(kind="LOOK_AT_REVERSAL", role="SUPERVISOR")).all()
    assert len(alerts) == len(stage.cases)
    case_id = stage.cases[0]
    assert stage.get(f"/cases/{case_id}")["balance_after_repayments_fen"] == 800_000
    again = f"/cases/{case_id}/repayments/{paid[case_id]['id']}/reverse"
    assert stage.post(again, reason="重复", status=409)["code"] == "REPAYMENT_REVERSED"


def test_a_part_payment_taken_back_raises_what_is_asked_for(stage):
    for case_id, slip in pay(stage, 300_000).items():
        stage.post(f"/cases/{case_id}/repayments/{slip['id']}/reverse", reason="银行冲正")
    assert stage.where_visits_are() == AS_THEY_WERE
    assert stage.get(f"/visits/{stage.visits['PLANNED'][1]}")["amount_fen"] == 800_000


@pytest.mark.parametrize("kind", ["BANK_PAUSE", "INSTALMENT"])
def test_a_hold_suspends_and_its_release_brings_back(stage, kind):
    """11. After a hold the rules are asked again; what was batched or planned waits for another batch."""
    held = stage.to_every_case("holds", kind=kind, from_on=TODAY)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (SUSPENDED, HELD)
    assert "visits.stop_crew" in stage.acts_on("visits", "IN_PROGRESS")
    for case_id, hold in held.items():
        stage.post(f"/cases/{case_id}/holds/{hold['id']}/release", reason="委托方通知")
    assert (stage.where_visits_are(), stage.where_letters_are()) == (BACK, LETTERS_AS_THEY_WERE)
    case_id, _ = stage.visits["APPROVED"]
    assert [each for each in stage.titles_of_case(case_id) if "停催" in each or "外访" in each][-4:] == [
        "停催", "外访暂停", "解除停催", "外访恢复",
    ]  # fmt: skip


def test_what_no_longer_passes_when_its_hold_is_released_is_rejected(stage):
    """11. Back to where it was, or rejected: here the policy finds the source of the address unlawful by now."""
    held = stage.to_every_case("holds", kind="BANK_PAUSE", from_on=TODAY)
    document = {"based_on": "2026-11", "edition": "own", "valid_from": TODAY, "visit": {"lawful_sources": ["CONTRACT"]}}
    with stage.house.transaction() as session:
        draft_policy(session, Actor("author", stage.house.clock.now()), document=document, reason="x")
        activate_edition(session, Actor("another", stage.house.clock.now()), "POLICY", "own")
    for case_id, hold in held.items():
        stage.post(f"/cases/{case_id}/holds/{hold['id']}/release", reason="委托方通知")
    assert stage.where_visits_are() == (*["REJECTED"] * 5, "IN_PROGRESS")
    assert stage.where_letters_are() == WITHDRAWN


def test_what_is_proven_while_held_cancels_what_is_suspended(stage):
    case_id, visit_id = stage.visits["APPROVED"]
    hold = stage.post(f"/cases/{case_id}/holds", kind="BANK_PAUSE", from_on=TODAY)
    stage.post(f"/cases/{case_id}/special-statuses", kind="MINOR", proof="COMPLETE", evidence="户口簿", from_on=TODAY)
    stage.post(f"/cases/{case_id}/holds/{hold['id']}/release", reason="委托方通知")
    assert stage.get(f"/visits/{visit_id}")["status"] == "CANCELLED"


def test_a_hold_ends_on_its_own_day_and_the_night_wakes_what_it_suspended(stage):
    stage.to_every_case("holds", kind="BANK_PAUSE", from_on=TODAY, until_on="2026-11-24")
    stage.pass_days(1)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (SUSPENDED, HELD)
    stage.pass_days(1)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (BACK, LETTERS_AS_THEY_WERE)


def test_a_hold_of_a_later_day_begins_that_night(stage):
    stage.to_every_case("holds", kind="BANK_PAUSE", from_on="2026-11-24")
    assert stage.where_visits_are() == AS_THEY_WERE
    stage.pass_days(1)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (SUSPENDED, HELD)


def test_a_dispute_stops_all_and_the_bank_is_told_today(stage):
    held = stage.to_every_case("disputes", received_on=TODAY, reason="否认开户")
    assert (stage.where_visits_are(), stage.where_letters_are()) == (SUSPENDED, HELD)
    with stage.house.transaction() as session:
        reports = session.scalars(select(Task).filter_by(kind="REPORT_TO_BANK", entity="hold")).all()
    assert {str(each.entity_id) for each in reports} == {hold["id"] for hold in held.values()}


@pytest.mark.parametrize(("grade", "visits"), [("ORDINARY", TO_A_PERSON), ("MAJOR", SUSPENDED)])
def test_a_complaint_stops_by_its_grade_and_frees_when_it_is_closed(stage, grade, visits):
    filed = stage.to_every_case("complaints", grade=grade, received_on=TODAY)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (visits, HELD)
    for complaint in filed.values():
        stage.post(f"/complaints/{complaint['id']}/report", report_ref="上报函")
        stage.post(f"/complaints/{complaint['id']}/reply", reply="已核实")
        stage.post(f"/complaints/{complaint['id']}/close", upheld=False, reason="不属实")
    freed = BACK if grade == "MAJOR" else TO_A_PERSON
    assert (stage.where_visits_are(), stage.where_letters_are()) == (freed, LETTERS_AS_THEY_WERE)
    for complaint in filed.values():
        stage.post(f"/complaints/{complaint['id']}/reopen", reason="新证据")
    assert stage.where_letters_are() == HELD


@pytest.mark.parametrize("kind", ["FRAUD", "DECEASED"])
def test_a_proven_special_status_cancels(stage, kind):
    stage.to_every_case("special-statuses", kind=kind, proof="COMPLETE", evidence="判决书1号", from_on=TODAY)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (CANCELLED, WITHDRAWN)


@pytest.mark.parametrize(
    ("kind", "visits", "freed"), [("FRAUD", TO_A_PERSON, TO_A_PERSON), ("DECEASED", SUSPENDED, BACK)]
)
def test_a_claimed_special_status_goes_to_a_person_and_a_death_suspends(stage, kind, visits, freed):
    claimed = stage.to_every_case("special-statuses", kind=kind, proof="CLAIMED", from_on=TODAY)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (visits, HELD)
    for case_id, status in claimed.items():
        stage.post(f"/cases/{case_id}/special-statuses/{status['id']}/lift", reason="已核实不实")
    assert (stage.where_visits_are(), stage.where_letters_are()) == (freed, LETTERS_AS_THEY_WERE)


def test_a_case_that_pauses_suspends_and_one_that_goes_on_brings_back(stage):
    take_steps(stage, "PAUSE")
    assert (stage.where_visits_are(), stage.where_letters_are()) == (SUSPENDED, HELD)
    take_steps(stage, "RESUME")
    assert (stage.where_visits_are(), stage.where_letters_are()) == (BACK, LETTERS_AS_THEY_WERE)


def test_a_withdrawal_suspends_while_it_is_pending_and_cancels_once_agreed(stage):
    take_steps(stage, "ASK_WITHDRAWAL")
    assert (stage.where_visits_are(), stage.where_letters_are()) == (SUSPENDED, HELD)
    take_steps(stage, "AGREE_WITHDRAWAL")
    assert (stage.where_visits_are(), stage.where_letters_are()) == (CANCELLED, WITHDRAWN)


def test_an_extended_case_goes_on_to_its_new_end(stage):
    """10. Asked for in time and granted: the rules are asked again with the new end."""
    take_steps(stage, "ASK_EXTENSION", until_on="2027-01-31")
    assert stage.where_visits_are() == SUSPENDED
    take_steps(stage, "GRANT_EXTENSION")
    assert (stage.where_visits_are(), stage.where_letters_are()) == (BACK, LETTERS_AS_THEY_WERE)
    assert stage.get(f"/cases/{stage.cases[0]}")["extension_until"] == "2027-01-31"


def test_a_case_that_is_over_takes_everything_along(stage):
    """10. Nothing outlives the mandate: the night after the last day cancels and voids."""
    with stage.house.transaction() as session:
        from fieldops.cases.models import Case

        for case_id in stage.cases:
            session.get_one(Case, case_id).expiry_on = date(2026, 11, 24)
    asked = stage.post(
        f"/cases/{stage.cases[0]}/steps", step="ASK_EXTENSION", reason="迟了", until_on="2027-01-31", status=409
    )
    assert asked["code"] == "EXTENSION_TOO_LATE"
    stage.pass_days(1)
    assert stage.where_visits_are() == AS_THEY_WERE
    stage.pass_days(1)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (CANCELLED, WITHDRAWN)
    take_steps(stage, "RETURN", "CLOSE")
    assert {stage.get(f"/cases/{case_id}")["status"] for case_id in stage.cases} == {"CLOSED"}


def test_an_approval_over_fifteen_days_expires_and_cannot_be_batched(stage):
    """25."""
    stage.pass_days(15)
    assert stage.where_visits_are() == AS_THEY_WERE
    stage.pass_days(1)
    assert stage.where_visits_are() == ("PENDING_REVIEW", "RETURNED", "EXPIRED", "EXPIRED", "PLANNED", "IN_PROGRESS")


def test_a_dead_address_cancels_what_goes_there(stage):
    """17."""
    boss = supervisor(stage.house)
    with stage.house.transaction() as session:
        for table, made in ((Visit, stage.visits), (Letter, stage.letters)):
            for _, thing_id in made.values():
                invalidate_address(
                    session, boss, address=address_by_id(session, session.get_one(table, thing_id).address_id),
                    scope="DEBTOR", channel="ALL", reason="DEMOLISHED", evidence_kind="DOCUMENT", evidence_id="公告7",
                )  # fmt: skip
    assert (stage.where_visits_are(), stage.where_letters_are()) == (CANCELLED, WITHDRAWN)
    assert "地址无效" in stage.titles_of_case(stage.cases[0])


def test_a_third_party_who_refuses_for_a_whole_address_stops_what_goes_there(stage):
    for state in VISITS:
        case_id, visit_id = stage.visits[state]
        address_id = stage.get(f"/visits/{visit_id}")["address_id"]
        told = {"relation": "FAMILY", "source_kind": "CALL", "source_id": "REC7", "address_id": address_id}
        stage.post(f"/cases/{case_id}/third-parties", whole_address=True, **told)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (CANCELLED, LETTERS_AS_THEY_WERE)


def test_a_new_address_changes_nothing_on_its_way_and_proposes_a_request_where_nothing_is(stage):
    found = {"kind": "OTHER", "source": "FIELD_FOUND", "belongs_to": "DEBTOR", "evidence": "WF1"}
    raw = "北京市海淀区学院路5号3号楼{}室"
    quiet = stage.new_case()
    for number, case_id in enumerate((quiet, *stage.cases)):
        stage.post(f"/cases/{case_id}/addresses", raw=raw.format(301 + number), **found)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (AS_THEY_WERE, LETTERS_AS_THEY_WERE)
    with stage.house.transaction() as session:
        proposed = session.scalars(select(Task).filter_by(kind="REQUEST_VISIT")).all()
        numbers = {each.detail["case_no"] for each in proposed}
    visited = {stage.get(f"/cases/{case_id}")["case_no"] for case_id, _ in stage.visits.values()}
    assert stage.get(f"/cases/{quiet}")["case_no"] in numbers
    assert not numbers & visited


EVENTS = {
    "repayments": {"external_id": "S1", "amount_fen": 5, **PAID},
    "holds": {"kind": "BANK_PAUSE", "from_on": TODAY},
    "disputes": {"received_on": TODAY, "reason": "否认交易"},
    "complaints": {"grade": "MAJOR", "received_on": TODAY},
    "special-statuses": {"kind": "CUSTODY", "proof": "CLAIMED", "from_on": TODAY},
    "third-parties": {"relation": "NEIGHBOUR", "source_kind": "CALL", "source_id": "REC1"},
    "steps": {"step": "PAUSE", "reason": "说明"},
}
NOBODY = "01a20517-0000-7000-8000-000000000000"


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_for_an_unknown_case_is_refused_by_name(stage, event):
    assert stage.post(f"/cases/{NOBODY}/{event}", status=404, **EVENTS[event])["code"] == "CASE_UNKNOWN"


def test_an_event_told_twice_has_no_second_effect(stage):
    case_id, _ = stage.visits["APPROVED"]
    first = {event: stage.post(f"/cases/{case_id}/{event}", **body) for event, body in EVENTS.items()}
    told = stage.get(f"/cases/{case_id}/timeline")
    for event in EVENTS.keys() - {"steps"}:
        assert stage.post(f"/cases/{case_id}/{event}", **EVENTS[event])["id"] == first[event]["id"], event
    assert stage.post(f"/cases/{case_id}/steps", status=409, **EVENTS["steps"])["code"] == "CASE_STATE"
    assert stage.get(f"/cases/{case_id}/timeline") == told


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("repayments/{}/reverse", "REPAYMENT_UNKNOWN"),
        ("holds/{}/release", "HOLD_UNKNOWN"),
        ("special-statuses/{}/lift", "SPECIAL_STATUS_UNKNOWN"),
        ("third-parties/{}/lift", "DO_NOT_CONTACT_UNKNOWN"),
    ],
)
def test_what_is_not_on_record_or_is_another_cases_cannot_be_taken_back(stage, path, code):
    case_id, other = stage.cases[:2]
    assert stage.post(f"/cases/{case_id}/{path.format(NOBODY)}", reason="x", status=404)["code"] == code
    of_other = stage.post(f"/cases/{other}/holds", kind="BANK_PAUSE", from_on=TODAY)["id"]
    refused = stage.post(f"/cases/{case_id}/holds/{of_other}/release", reason="x", status=404)
    assert refused["code"] == "HOLD_UNKNOWN"


def test_who_may_take_back_what(stage):
    case_id = stage.cases[0]
    business, supervisor_ = stage.client_as("BUSINESS_DEPT"), stage.client_as("SUPERVISOR", name="second")
    paused = stage.post(f"/cases/{case_id}/holds", by=business, kind="BANK_PAUSE", from_on=TODAY)["id"]
    barred = stage.post(f"/cases/{case_id}/holds", by=business, kind="DO_NOT_COLLECT", from_on=TODAY)["id"]
    release = f"/cases/{case_id}/holds/{{}}/release"
    assert stage.post(release.format(paused), by=business, reason="x", status=403)["code"] == "ROLE_NOT_ALLOWED"
    assert stage.post(release.format(barred), by=supervisor_, reason="x", status=403)["code"] == "HOLD_NOT_YOURS"
    assert stage.post(release.format(paused), by=supervisor_, reason="来函")["released_by"] == "second"
    assert stage.post(release.format(barred), reason="经理同意")["released_by"] == "manager"
