"""What money, holds, complaints, statuses, changes of the case and dead addresses do to visits on their way."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from fieldops import events
from fieldops.addresses.queries import address_by_id, addresses_by_ids
from fieldops.addresses.service import invalidate_address
from fieldops.app import register_handlers
from fieldops.cases import complaints
from fieldops.cases import service as cases
from fieldops.cases.events import CaseChanged, HoldOpened
from fieldops.cases.models import Case
from fieldops.cases.queries import addresses_by_case
from fieldops.db import uuid7
from fieldops.visits import execution, queries
from fieldops.visits.events import VisitAdjusted, VisitStopped
from fieldops.visits.moves import move_visit
from tests.makers import make_case, make_debtor, make_point
from tests.visits.makers_of_visits import ask_for, make_approved_visit, make_good_case, make_waiting_visit, supervisor

TODAY = date(2026, 11, 23)
HOME = "北京市朝阳区太阳宫地区安慧家园18号楼1单元1503室"


@pytest.fixture
def session(house):
    register_handlers()
    with house.transaction() as opened:
        yield opened


@pytest.fixture
def heard(monkeypatch):
    """Every event that is announced while the test runs."""
    told = []
    announce, announce_all = events.announce, events.announce_all

    def listen(session, event):
        told.append(event)
        announce(session, event)

    def listen_to_all(session, happened):
        told.extend(happened)
        announce_all(session, happened)

    monkeypatch.setattr(events, "announce", listen)
    monkeypatch.setattr(events, "announce_all", listen_to_all)
    return told


def _card(session, visit):
    return session.get(Case, queries.cards_of(session, [visit.id])[visit.id][0])


def _pay(session, house, visit_or_case, fen):
    case = visit_or_case if isinstance(visit_or_case, Case) else _card(session, visit_or_case)
    cases.record_repayment(
        session,
        supervisor(house),
        case_id=case.id,
        external_id=f"P{case.case_no}{fen}",
        amount_fen=fen,
        paid_at=house.clock.now(),
        channel="手机银行",
    )
    session.flush()


def _end_hold(session, house, hold, until_on):
    """The bank's file moves the end of a hold."""
    hold.until_on = until_on
    session.flush()
    debtor_id = session.get(Case, hold.case_id).debtor_id
    events.announce(session, HoldOpened(hold.id, hold.case_id, debtor_id, hold.kind, supervisor(house)))


def _change(session, house, visit, **values):
    case = _card(session, visit)
    before = (case.status, case.balance_fen)
    for name, value in values.items():
        setattr(case, name, value)
    session.flush()
    after = (case.status, case.balance_fen)
    told = (before[0], after[0], before[1], after[1])
    events.announce(session, CaseChanged(case.id, case.debtor_id, *told, supervisor(house)))


def _planned(session, house, visit):
    move_visit(session, supervisor(house), visit, "BATCHED", action="visits.batch")
    execution.mark_planned(session, supervisor(house), [visit.id])
    return visit


def test_full_repayment_cancels_a_waiting_visit(session, house):
    visit = make_waiting_visit(session, house)
    _pay(session, house, visit, 800_000)
    assert (visit.status, "VR-022" in visit.codes) == ("CANCELLED", True)


def test_full_repayment_recalls_a_planned_visit_urgently(session, house, heard):
    visit = _planned(session, house, make_approved_visit(session, house))
    _pay(session, house, visit, 800_000)
    (stopped,) = [event for event in heard if isinstance(event, VisitStopped)]
    assert (stopped.visit_id, stopped.was_status, stopped.status, stopped.urgent) == (
        visit.id,
        "PLANNED",
        "CANCELLED",
        True,
    )


def test_a_crew_at_the_door_is_told_to_leave_and_the_visit_ends_by_its_result(session, house, heard):
    visit = _planned(session, house, make_approved_visit(session, house))
    execution.begin_visits(session, supervisor(house), [visit])
    _pay(session, house, visit, 800_000)
    assert visit.status == "IN_PROGRESS"
    (stopped,) = [event for event in heard if isinstance(event, VisitStopped)]
    assert (stopped.urgent, stopped.status) == (True, "IN_PROGRESS")


@pytest.mark.parametrize(("fen", "status", "left"), [(300_000, "APPROVED", 500_000), (300_001, "CANCELLED", 800_000)])
def test_part_repayment_adjusts_down_to_the_minimum_and_cancels_below_it(session, house, heard, fen, status, left):
    visit = make_approved_visit(session, house)
    _pay(session, house, visit, fen)
    assert (visit.status, visit.amount_fen) == (status, left)
    adjusted = [event for event in heard if isinstance(event, VisitAdjusted)]
    assert bool(adjusted) == (status == "APPROVED")


def test_a_repayment_the_balance_already_holds_changes_nothing(session, house):
    visit = make_approved_visit(session, house)
    case = _card(session, visit)
    cases.record_repayment(
        session,
        supervisor(house),
        case_id=case.id,
        external_id="P1",
        amount_fen=700_000,
        paid_at=house.clock.now() - timedelta(days=1, hours=1),
        channel="手机银行",
    )
    assert (visit.status, visit.amount_fen) == ("APPROVED", 800_000)


def test_a_paid_card_leaves_the_visit_and_the_other_card_stays(session, house):
    debtor = make_debtor(session)
    paid, owing = (
        make_case(session, debtor=debtor, addresses={"HOME": HOME}, balance_fen=fen) for fen in (300_000, 900_000)
    )
    make_point(session, paid)
    visit = make_approved_visit(session, house, paid, owing)
    _pay(session, house, paid, 300_000)
    assert (visit.status, visit.amount_fen) == ("APPROVED", 900_000)
    assert queries.cards_of(session, [visit.id])[visit.id] == (owing.id,)


def test_a_hold_suspends_and_its_end_brings_the_visit_back(session, house):
    visit = make_approved_visit(session, house)
    held = {"case_id": _card(session, visit).id, "kind": "BANK_PAUSE", "channels": "ALL", "from_on": TODAY}
    hold = cases.open_hold(session, supervisor(house), **held)
    assert (visit.status, visit.status_before_hold) == ("SUSPENDED", "APPROVED")
    house.clock.advance(days=2)
    _end_hold(session, house, hold, TODAY + timedelta(days=1))
    assert (visit.status, visit.status_before_hold) == ("APPROVED", None)


def test_a_hold_of_a_later_day_suspends_nothing_yet(session, house):
    visit = make_approved_visit(session, house)
    cases.open_hold(
        session,
        supervisor(house),
        case_id=_card(session, visit).id,
        kind="BANK_PAUSE",
        channels="ALL",
        from_on=TODAY + timedelta(days=1),
    )
    assert visit.status == "APPROVED"


def test_a_hold_on_letters_leaves_visits_alone(session, house):
    visit = make_approved_visit(session, house)
    card = _card(session, visit)
    cases.open_hold(session, supervisor(house), case_id=card.id, kind="MANAGER", channels="LETTER", from_on=TODAY)
    assert visit.status == "APPROVED"


def test_a_planned_visit_whose_approval_ran_out_is_suspended_and_adjusted_like_any_other(session, house):
    """A plan has no way to EXPIRED, the closing of its day takes it off; until then that hides no lighter effect."""
    visit = _planned(session, house, make_approved_visit(session, house))
    house.clock.advance(days=20)
    _pay(session, house, visit, 100_000)
    assert (visit.status, visit.amount_fen) == ("PLANNED", 700_000)
    day = TODAY + timedelta(days=20)
    cases.open_hold(session, supervisor(house), case_id=_card(session, visit).id, kind="BANK_PAUSE", from_on=day)
    assert (visit.status, visit.status_reason) == ("SUSPENDED", "hold 停催 BANK_PAUSE: VR-050")


def test_a_suspended_visit_whose_approval_ran_out_comes_back_as_no_visit(session, house):
    visit = make_approved_visit(session, house)
    held = {"case_id": _card(session, visit).id, "kind": "BANK_PAUSE", "channels": "ALL", "from_on": TODAY}
    hold = cases.open_hold(session, supervisor(house), **held)
    house.clock.advance(days=16)
    _end_hold(session, house, hold, TODAY)
    assert visit.status == "EXPIRED"


@pytest.mark.parametrize(
    ("grade", "waiting", "approved"),
    [("MAJOR", "SUSPENDED", "SUSPENDED"), ("ORDINARY", "PENDING_REVIEW", "PENDING_REVIEW")],
)
def test_a_complaint_suspends_or_brings_back_to_review_every_visit_to_the_debtor(
    session, house, grade, waiting, approved
):
    debtor = make_debtor(session)
    first = make_waiting_visit(session, house, make_good_case(session, debtor=debtor))
    second = make_approved_visit(session, house, make_good_case(session, debtor=debtor))
    card = _card(session, first)
    complaints.open_complaint(session, supervisor(house), case_id=card.id, grade=grade, received_on=TODAY)
    assert (first.status, second.status) == (waiting, approved)


def test_a_visit_approved_in_knowledge_of_the_complaint_stays_approved_until_there_is_another(session, house):
    case = make_good_case(session)
    complaints.open_complaint(session, supervisor(house), case_id=case.id, grade="MINOR", received_on=TODAY)
    visit = make_approved_visit(session, house, case)
    _pay(session, house, visit, 100_000)
    assert visit.status == "APPROVED"
    complaints.open_complaint(session, supervisor(house), case_id=case.id, grade="ORDINARY", received_on=TODAY)
    assert visit.status == "PENDING_REVIEW"


def test_what_was_accepted_of_a_complaint_ends_with_it(session, house):
    case = make_good_case(session)
    boss = supervisor(house)
    told = {"case_id": case.id, "grade": "MINOR", "received_on": TODAY}
    filed = complaints.open_complaint(session, boss, **told)
    visit = make_approved_visit(session, house, case)
    complaints.report_to_bank(session, boss, filed.id, report_ref="函")
    complaints.reply(session, boss, filed.id, reply="已复")
    complaints.close_complaint(session, boss, filed.id, upheld=False, reason="结")
    assert visit.status == "APPROVED"
    complaints.open_complaint(session, boss, **told)
    assert (filed.status, visit.status) == ("OPEN", "PENDING_REVIEW")


@pytest.mark.parametrize(
    ("kind", "proof", "status"),
    [
        ("FRAUD", "COMPLETE", "CANCELLED"),
        ("FRAUD", "CLAIMED", "PENDING_REVIEW"),
        ("VULNERABLE", "COMPLETE", "PENDING_REVIEW"),
    ],
)
def test_a_proven_status_cancels_and_a_claimed_one_or_hardship_goes_to_a_person(session, house, kind, proof, status):
    visit = make_approved_visit(session, house)
    card = _card(session, visit)
    cases.record_special_status(session, supervisor(house), case_id=card.id, kind=kind, proof=proof, from_on=TODAY)
    assert visit.status == status


@pytest.mark.parametrize(
    ("case_status", "status"),
    [("PAUSED", "SUSPENDED"), ("WITHDRAWN", "CANCELLED"), ("RETURNED", "CANCELLED"), ("SETTLED", "CANCELLED")],
)
def test_a_case_that_pauses_suspends_and_one_that_leaves_cancels(session, house, case_status, status):
    visit = make_approved_visit(session, house)
    _change(session, house, visit, status=case_status)
    assert visit.status == status


def test_a_case_that_comes_back_resumes_its_visit(session, house):
    visit = make_approved_visit(session, house)
    _change(session, house, visit, status="PAUSED")
    _change(session, house, visit, status="ACTIVE")
    assert visit.status == "APPROVED"


def test_a_new_balance_is_what_the_visit_asks_for(session, house):
    visit = make_approved_visit(session, house)
    _change(session, house, visit, balance_fen=2_500_000)
    assert (visit.status, visit.amount_fen, visit.priority) == ("APPROVED", 2_500_000, 2)


def _neighbours(session, house):
    """Two debtors in one flat, and one next door."""
    flats = (HOME, HOME, HOME.replace("1503", "1504"))
    found = []
    for home in flats:
        case = make_case(session, addresses={"HOME": home})
        make_point(session, case)
        found.append(make_approved_visit(session, house, case))
    return found


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [
        ("DEBTOR", ["CANCELLED", "APPROVED", "APPROVED"]),
        ("EXACT", ["CANCELLED", "CANCELLED", "APPROVED"]),
        ("SITE", ["CANCELLED", "CANCELLED", "CANCELLED"]),
    ],
)
def test_a_dead_address_cancels_the_visits_its_scope_reaches(session, house, scope, statuses):
    visits = _neighbours(session, house)
    evidence = {"evidence_kind": "DOCUMENT", "evidence_id": "拆迁公告2026-7"}
    address = address_by_id(session, visits[0].address_id)
    invalidate_address(
        session, supervisor(house), address=address, scope=scope, channel="ALL", reason="DEMOLISHED", **evidence
    )
    assert [visit.status for visit in visits] == statuses
    assert "VR-030" in visits[0].codes


def test_a_bar_on_letters_and_the_visit_that_is_the_proof_change_no_visit(session, house):
    proof, other, _ = _neighbours(session, house)
    address = address_by_id(session, proof.address_id)
    told = {"address": address, "scope": "EXACT", "reason": "REFUSED", "evidence_kind": "MAIL_RETURN"}
    invalidate_address(session, supervisor(house), channel="LETTER", evidence_id="M1", **told)
    assert (proof.status, other.status) == ("APPROVED", "APPROVED")
    invalidate_address(session, supervisor(house), channel="ALL", evidence_id="M2", visit_id=proof.id, **told)
    assert (proof.status, other.status) == ("APPROVED", "CANCELLED")


def test_a_dead_flat_is_refused_to_the_next_request_in_another_spelling(session, house):
    debtor = make_debtor(session)
    first = make_case(session, debtor=debtor, addresses={"HOME": HOME})
    (given,) = addresses_by_case(session, [first.id])[first.id]
    address = addresses_by_ids(session, [given.address_id])[given.address_id]
    invalidate_address(
        session,
        supervisor(house),
        address=address,
        scope="DEBTOR",
        channel="ALL",
        reason="NO_SUCH_PERSON",
        evidence_kind="VISIT_RESULT",
        evidence_id="r-17",
    )
    spelled = "北京朝阳区太阳宫地区安慧家园十八号楼一单元1503"
    second = make_case(session, debtor=debtor, addresses={"HOME": spelled})
    outcome = ask_for(session, house, second)
    assert "VR-030" in outcome.codes
    (decision,) = queries.decisions_of(session, outcome.visit_id)
    assert "r-17" in next(each for each in decision.findings if each["code"] == "VR-030")["message_zh"]


def test_an_import_that_wrote_past_the_session_is_seen(session, house):
    visit = make_approved_visit(session, house)
    case = _card(session, visit)
    assert case.status == "ACTIVE"
    session.execute(sa.text("UPDATE \"case\" SET status = 'RETURNED' WHERE id = :id"), {"id": case.id})
    change = CaseChanged(case.id, case.debtor_id, "ACTIVE", "RETURNED", 1, 1, supervisor(house))
    events.announce(session, change)
    assert visit.status == "CANCELLED"


def _promise(session, house, visit):
    cases.record_promise(
        session,
        supervisor(house),
        case_id=_card(session, visit).id,
        amount_fen=800_000,
        due_on=TODAY + timedelta(days=7),
        source_kind="CALL",
        source_id=uuid7(),
    )


def test_a_doubt_newer_than_the_approval_stays_new_to_the_gates_when_the_amount_changes(session, house):
    visit = make_approved_visit(session, house)
    _promise(session, house, visit)
    _pay(session, house, visit, 100_000)
    assert (visit.status, visit.amount_fen) == ("APPROVED", 700_000)
    assert "VR-024" in {each["code"] for each in queries.decisions_of(session, visit.id)[-1].findings}
    assert "VR-024" in visit.codes
    assert not any(doubt.startswith("VR-024") for doubt in visit.accepted)


def test_a_doubt_newer_than_the_approval_stays_new_to_the_gates_after_a_hold(session, house):
    visit = make_approved_visit(session, house)
    held = {"case_id": _card(session, visit).id, "kind": "BANK_PAUSE", "channels": "ALL", "from_on": TODAY}
    _promise(session, house, visit)
    hold = cases.open_hold(session, supervisor(house), **held)
    house.clock.advance(days=2)
    _end_hold(session, house, hold, TODAY + timedelta(days=1))
    assert visit.status == "APPROVED"
    assert "VR-024" in visit.codes
    assert not any(doubt.startswith("VR-024") for doubt in visit.accepted)
