"""Gathering approved visits for a day, and giving them back."""

from datetime import date, timedelta

import pytest

from fieldops.addresses.queries import address_by_id
from fieldops.app import register_handlers
from fieldops.batching import queries
from fieldops.batching.service import make_batches, unbatch
from fieldops.cases import complaints
from fieldops.cases.models import Case, Hold
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.policies import service as policies
from fieldops.visits import execution
from fieldops.visits import queries as visit_queries
from fieldops.visits.accepting import accept_doubts
from fieldops.visits.approval import Approval, approve_visits, cancel_visit
from tests.makers import make_case, make_debtor, make_point
from tests.visits.makers_of_visits import ask_for, make_approved_visit, make_good_case, requester, supervisor

TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)
WORK = "北京市海淀区学院路5号3号楼202室"


@pytest.fixture
def session(house):
    register_handlers()
    with house.transaction() as opened:
        yield opened


def _gather(session, house, on_date=TOMORROW):
    return make_batches(session, supervisor(house), on_date=on_date)


def _reasons(rows):
    return [(row.reason, row.codes) for row in rows]


def _card(session, visit):
    return session.get(Case, visit_queries.cards_of(session, [visit.id])[visit.id][0])


def _approve(session, house, outcome):
    (approved,) = approve_visits(session, supervisor(house), [Approval(visit_id=outcome.visit_id, comment="已核")])
    assert approved.status == "APPROVED"
    return visit_queries.visit_by_id(session, outcome.visit_id)


def test_approved_visits_are_gathered_and_their_decision_kept(session, house):
    visits = [make_approved_visit(session, house) for _ in range(3)]
    gathered = _gather(session, house)
    assert (gathered["batched"], [batch["visits"] for batch in gathered["batches"]]) == (3, [3])
    assert {visit.status for visit in visits} == {"BATCHED"}
    assert [each.stage for each in visit_queries.decisions_of(session, visits[0].id)] == ["SUBMIT", "APPROVE", "BATCH"]
    assert gathered["batches"][0]["area"] == "房山区"


def test_a_second_gathering_finds_nothing_left(session, house):
    make_approved_visit(session, house)
    _gather(session, house)
    assert _gather(session, house)["batched"] == 0


def test_a_day_that_is_over_cannot_be_batched(session, house):
    with pytest.raises(NotUnderstood, match="over"):
        _gather(session, house, TODAY - timedelta(days=1))


def test_a_visit_approved_without_a_good_point_is_listed_as_unrouted(session, house):
    visit = _approve(session, house, ask_for(session, house, make_case(session)))
    gathered = _gather(session, house)
    assert (visit.status, visit.point_precision) == ("APPROVED", "DISTRICT")
    assert _reasons(gathered["unrouted"]) == [("NOT_LOCATED", ())]


def test_a_point_found_since_approval_makes_a_visit_routable(session, house):
    case = make_case(session)
    visit = _approve(session, house, ask_for(session, house, case))
    make_point(session, case)
    assert _gather(session, house)["batched"] == 1
    assert visit.point_precision == "ROOFTOP"


@pytest.mark.parametrize(("days", "status", "batched"), [(15, "BATCHED", 1), (16, "APPROVED", 0)])
def test_an_approval_holds_on_its_last_day_and_not_after(session, house, days, status, batched):
    visit = make_approved_visit(session, house, make_good_case(session, balance_as_of=TODAY + timedelta(days=20)))
    gathered = _gather(session, house, TODAY + timedelta(days=days))
    assert (visit.status, gathered["batched"]) == (status, batched)
    assert _reasons(gathered["left"]) == ([] if batched else [("OUT_OF_TIME", ("VR-085",))])


def test_an_approval_that_has_run_out_expires(session, house):
    visit = make_approved_visit(session, house)
    house.clock.advance(days=16)
    _gather(session, house, TODAY + timedelta(days=17))
    assert visit.status == "EXPIRED"


@pytest.mark.parametrize(("expiry_on", "batched"), [(TOMORROW, 1), (TODAY, 0)])
def test_a_case_that_expires_before_the_day_waits_for_an_extension(session, house, expiry_on, batched):
    visit = make_approved_visit(session, house, make_good_case(session, expiry_on=expiry_on))
    assert _gather(session, house)["batched"] == batched
    assert visit.status == ("BATCHED" if batched else "APPROVED")


def test_what_the_rules_stop_by_then_is_stopped(session, house):
    visit = make_approved_visit(session, house)
    session.add(Hold(case_id=_card(session, visit).id, kind="BANK_PAUSE", from_on=TODAY))  # nobody announced it
    session.flush()
    gathered = _gather(session, house)
    assert visit.status == "SUSPENDED"
    assert _reasons(gathered["left"]) == [("STOPPED", ("VR-050",))]


def test_a_rejection_no_event_knows_cancels_at_the_gate(session, house):
    visit = make_approved_visit(session, house)
    address_by_id(session, visit.address_id).source = "UNKNOWN"
    session.flush()
    _gather(session, house)
    assert (visit.status, visit.status_reason) == ("CANCELLED", "VR-034")


def test_a_stale_balance_waits_for_the_bank_and_no_person_is_passed_over(session, house):
    visit = make_approved_visit(session, house)
    house.clock.advance(days=4)
    gathered = _gather(session, house, TODAY + timedelta(days=5))
    assert (visit.status, _reasons(gathered["left"])) == ("APPROVED", [("NEW_FINDINGS", ("VR-021",))])


def test_a_supervisor_accepts_what_is_new_and_the_gate_lets_it_pass(session, house):
    visit = make_approved_visit(session, house)
    house.clock.advance(days=4)
    accept_doubts(session, supervisor(house), visit.id, comment="银行明日更新余额")
    assert _gather(session, house, TODAY + timedelta(days=5))["batched"] == 1


def test_a_doubt_the_supervisor_knew_of_does_not_come_back(session, house):
    case = make_good_case(session)
    complaints.open_complaint(session, supervisor(house), case_id=case.id, grade="MINOR", received_on=TODAY)
    visit = _approve(session, house, ask_for(session, house, case))
    _gather(session, house)
    assert visit.status == "BATCHED"


def test_one_debtor_is_visited_once_a_day_and_the_more_urgent_address_first(session, house):
    debtor = make_debtor(session)
    low = make_approved_visit(session, house, make_good_case(session, debtor=debtor))
    high = make_approved_visit(session, house, make_good_case(session, debtor=debtor, balance_fen=6_000_000))
    gathered = _gather(session, house)
    assert (high.status, low.status) == ("BATCHED", "APPROVED")
    assert _reasons(gathered["left"]) == [("DEBTOR_TWICE", ())]
    assert _gather(session, house)["batched"] == 0
    assert _gather(session, house, TODAY)["batched"] == 1


def test_a_workplace_is_not_gathered_for_a_saturday(session, house):
    case = make_case(session, addresses={"WORK": WORK}, balance_as_of=TODAY + timedelta(days=4))
    make_point(session, case, "WORK")
    visit = _approve(session, house, ask_for(session, house, case))
    gathered = _gather(session, house, date(2026, 11, 28))
    assert (visit.status, _reasons(gathered["left"])) == ("APPROVED", [("CLOSED_THAT_DAY", ())])
    assert _gather(session, house, date(2026, 11, 27))["batched"] == 1


def test_a_cancelled_visit_leaves_its_batch_and_an_empty_batch_is_over(session, house):
    visit, other = make_approved_visit(session, house), make_approved_visit(session, house)
    (batch,) = _gather(session, house)["batches"]
    cancel_visit(session, requester(house), visit.id, reason="误报")
    assert queries.visit_ids_of_batch(session, batch["id"]) == [other.id]
    cancel_visit(session, requester(house), other.id, reason="误报")
    session.expire_all()
    assert queries.batch_by_id(session, batch["id"]).status == "CANCELLED"


def test_visits_are_given_back_and_gathered_again(session, house):
    visit, other = make_approved_visit(session, house), make_approved_visit(session, house)
    (batch,) = _gather(session, house)["batches"]
    shown = unbatch(session, supervisor(house), batch["id"], visit_ids=[visit.id], reason="改期")
    assert ([item["id"] for item in shown["items"]], visit.status) == ([other.id], "APPROVED")
    assert _gather(session, house, TODAY)["batched"] == 1


def test_a_visit_on_a_plan_is_not_given_back_and_a_stranger_is_refused(session, house):
    visit = make_approved_visit(session, house)
    (batch,) = _gather(session, house)["batches"]
    execution.mark_planned(session, supervisor(house), [visit.id])
    with pytest.raises(NotNow, match="plan"):
        unbatch(session, supervisor(house), batch["id"], reason="改期")
    with pytest.raises(NotUnderstood, match="not in this batch"):
        unbatch(session, supervisor(house), batch["id"], visit_ids=[visit.bank_id], reason="改期")


def test_a_visit_its_day_went_by_without_is_gathered_again(session, house):
    visit = make_approved_visit(session, house)
    _gather(session, house)
    house.clock.advance(days=2)
    gathered = _gather(session, house, TODAY + timedelta(days=3))
    assert (visit.status, gathered["batched"]) == ("BATCHED", 1)
    days = [batch["on_date"] for batch in queries.batches(session, None) if batch["status"] == "LOCKED"]
    assert days == [TODAY + timedelta(days=3)]


def test_a_batch_of_tomorrow_is_not_robbed_for_the_day_after(session, house):
    make_approved_visit(session, house)
    _gather(session, house)
    assert _gather(session, house, TOMORROW + timedelta(days=1))["batched"] == 0


def _a_new_holiday(session, house, day):
    """A later notice makes a day a holiday."""
    said = {"edition": "2026-2", "year": 2026, "source": "a later notice", "worked_weekends": []}
    holiday = {"name": "临时假", "first_on": day.isoformat(), "last_on": day.isoformat()}
    policies.draft_calendar(session, requester(house), document=said | {"holidays": [holiday]}, reason="notice")
    policies.activate_edition(session, supervisor(house), "CALENDAR", "2026-2")


def test_a_holiday_needs_the_comment_of_a_supervisor_which_the_batch_keeps(session, house):
    _a_new_holiday(session, house, TOMORROW)
    visit = make_approved_visit(session, house)
    assert _reasons(_gather(session, house)["left"]) == [("HOLIDAY", ("VR-071",))]
    assert visit.status == "APPROVED"

    with pytest.raises(NotAllowed, match="supervisor"):
        make_batches(session, requester(house), on_date=TOMORROW, comment="约好的")
    gathered = make_batches(session, supervisor(house), on_date=TOMORROW, comment="债务人约在当天")
    assert [(each["accepted"], each["comment"]) for each in gathered["batches"]] == [(["VR-071"], "债务人约在当天")]
    (kept,) = [each for each in visit_queries.decisions_of(session, visit.id) if each.stage == "BATCH"]
    (finding,) = [each for each in kept.findings if each["code"] == "VR-071"]
    (seen,) = finding["used"]
    assert (seen["value"], seen["ref"]) == ({"on": "2026-11-24", "holiday": "临时假"}, "calendar:2026-2")


def test_a_year_whose_holidays_nobody_knows_needs_the_comment_too(session, house):
    visit = make_approved_visit(session, house, make_good_case(session, expiry_on=date(2027, 3, 1)))
    visit.approved_at += timedelta(days=30)
    house.clock.advance(days=38)
    left = _gather(session, house, date(2027, 1, 4))["left"]
    assert "VR-071" in left[0].codes
