"""A supervisor's part: approve, reject, return, cancel; and the rules asked again with what is known by then."""

from datetime import date

import pytest
from sqlalchemy import select

from fieldops.audit import AuditEntry
from fieldops.cases.models import Case, Hold
from fieldops.errors import NotAllowed, NotFound, NotNow, NotUnderstood, StaleVersion
from fieldops.visits import approval, queries
from fieldops.visits.approval import Approval, approve_visit, approve_visits
from fieldops.visits.service import resubmit_visit
from tests.makers import make_case
from tests.visits.makers_of_visits import (
    ask_for,
    make_approved_visit,
    make_good_case,
    make_waiting_visit,
    requester,
    supervisor,
)


@pytest.fixture
def session(house):
    with house.transaction() as opened:
        yield opened


def _case_of(session, visit):
    return session.get(Case, queries.cards_of(session, [visit.id])[visit.id][0])


def test_an_approval_is_valid_for_the_days_of_the_policy(session, house):
    visit = make_waiting_visit(session, house)
    shown = approve_visit(session, supervisor(house), visit.id)
    assert (shown["status"], shown["approved_by"], shown["valid_until_on"]) == ("APPROVED", "boss", date(2026, 12, 8))
    assert [each.stage for each in queries.decisions_of(session, visit.id)] == ["SUBMIT", "APPROVE"]


def test_nobody_approves_their_own_request(session, house):
    visit = make_waiting_visit(session, house)
    with pytest.raises(NotAllowed, match="another supervisor"):
        approve_visit(session, supervisor(house, name="phone"), visit.id, comment="ok")
    assert queries.visit_by_id(session, visit.id).status == "PENDING_REVIEW"


@pytest.mark.parametrize("comment", ["", "  "])
def test_a_doubtful_visit_needs_a_comment(session, house, comment):
    outcome = ask_for(session, house, make_case(session))
    with pytest.raises(NotUnderstood, match="VR-036"):
        approve_visit(session, supervisor(house), outcome.visit_id, comment=comment)
    assert approve_visit(session, supervisor(house), outcome.visit_id, comment="已电话核实")["status"] == "APPROVED"


def test_what_the_rules_reject_by_now_becomes_rejected_and_is_never_approved(session, house):
    visit = make_waiting_visit(session, house)
    session.add(Hold(case_id=_case_of(session, visit).id, kind="BANK_PAUSE", from_on=date(2026, 11, 23)))
    session.flush()
    shown = approve_visit(session, supervisor(house), visit.id, comment="仍要去")
    assert (shown["status"], shown["codes"], shown["approved_at"]) == ("REJECTED", ["VR-050"], None)
    assert "VR-050" in shown["status_reason"]


def test_a_waivable_rejection_is_waived_by_name_and_with_a_reason(session, house):
    case = make_case(session, addresses={"HOME": "北京市海淀区理工大学"})
    visit_id = ask_for(session, house, case, waiver_reason="本人住校").visit_id
    with pytest.raises(NotUnderstood, match="comment"):
        approve_visit(session, supervisor(house), visit_id, waive=["VR-031"])
    shown = approve_visit(session, supervisor(house), visit_id, comment="学校保卫处已确认住处", waive=["VR-031"])
    assert (shown["status"], shown["waived"], shown["verdict"]) == ("APPROVED", ["VR-031"], "REJECT")


@pytest.mark.parametrize(
    ("waive", "code"),
    [
        ("VR-050", "NOT_WAIVABLE"),
        ("VR-999", "RULE_UNKNOWN"),
        ("LR-031", "RULE_UNKNOWN"),
        ("VR-031", "NOTHING_TO_WAIVE"),
    ],
)
def test_a_waiver_of_what_cannot_be_waived_is_refused_by_name_and_nothing_is_decided(session, house, waive, code):
    visit = make_waiting_visit(session, house)
    session.add(Hold(case_id=_case_of(session, visit).id, kind="MANAGER", from_on=date(2026, 11, 23)))
    session.flush()
    with pytest.raises(NotUnderstood) as refused:
        approve_visit(session, supervisor(house), visit.id, comment="仍要去", waive=[waive])
    assert (refused.value.code, refused.value.extra["rule"], visit.status) == (code, waive, "PENDING_REVIEW")


def test_a_waiver_is_in_the_audit_log_with_who_and_why(session, house):
    case = make_case(session, addresses={"HOME": "北京市海淀区理工大学"})
    visit_id = ask_for(session, house, case, waiver_reason="本人住校").visit_id
    approve_visit(session, supervisor(house), visit_id, comment="学校保卫处已确认住处", waive=["VR-031"])
    (entry,) = session.scalars(select(AuditEntry).filter_by(entity_id=str(visit_id), action="visits.approve")).all()
    assert (entry.actor, entry.reason, entry.detail["waived"]) == ("boss", "学校保卫处已确认住处", ["VR-031"])


def test_a_waivable_rejection_that_nobody_waives_stands(session, house):
    case = make_case(session, addresses={"HOME": "北京市海淀区理工大学"})
    visit_id = ask_for(session, house, case, waiver_reason="本人住校").visit_id
    assert approve_visit(session, supervisor(house), visit_id, comment="可以")["status"] == "REJECTED"


def test_an_approval_asks_for_what_is_owed_now(session, house):
    visit = make_waiting_visit(session, house)
    _case_of(session, visit).balance_fen = 6_000_000
    session.flush()
    shown = approve_visit(session, supervisor(house), visit.id)
    assert (shown["amount_fen"], shown["priority"]) == (6_000_000, 3)


def test_a_supervisor_who_saw_an_older_version_is_told_so(session, house):
    visit = make_waiting_visit(session, house)
    with pytest.raises(StaleVersion):
        approve_visit(session, supervisor(house), visit.id, version=visit.version + 1)


def test_each_row_of_many_has_its_own_outcome(session, house):
    good, twice, doubtful = (make_waiting_visit(session, house) for _ in range(3))
    unlocated = ask_for(session, house, make_case(session)).visit_id
    done = make_approved_visit(session, house)
    ghost = doubtful.bank_id
    rows = [good.id, twice.id, twice.id, unlocated, done.id, ghost]
    outcomes = approve_visits(session, supervisor(house, name="chief"), [Approval(visit_id=each) for each in rows])
    assert [(each.outcome, each.problem.code if each.problem else None) for each in outcomes] == [
        ("APPROVED", None),
        ("APPROVED", None),
        ("REFUSED", "ROW_TWICE"),
        ("REFUSED", "COMMENT_MISSING"),
        ("REFUSED", "VISIT_NOT_WAITING"),
        ("REFUSED", "VISIT_UNKNOWN"),
    ]


def test_a_returned_visit_is_completed_and_submitted_again(session, house):
    visit = make_waiting_visit(session, house)
    approval.return_visit(session, supervisor(house), visit.id, reason="目标太笼统")
    with pytest.raises(NotNow):
        approve_visit(session, supervisor(house), visit.id)
    shown = resubmit_visit(session, requester(house), visit.id, goal="确认还款日期")
    assert (shown["status"], shown["goal"]) == ("PENDING_REVIEW", "确认还款日期")


def test_who_did_not_request_a_visit_does_not_complete_it_and_so_approve_their_own_words(session, house):
    visit = make_waiting_visit(session, house)
    approval.return_visit(session, supervisor(house), visit.id, reason="目的不明")
    with pytest.raises(NotAllowed) as refused:
        resubmit_visit(session, supervisor(house), visit.id, goal="确认还款日期")
    assert refused.value.code == "NOT_THE_REQUESTER"


def test_a_resubmitted_visit_is_no_duplicate_of_itself(session, house):
    visit = make_waiting_visit(session, house)
    approval.return_visit(session, supervisor(house), visit.id, reason="补充")
    assert "VR-060" not in resubmit_visit(session, requester(house), visit.id)["codes"]


def test_a_rejected_visit_cannot_be_moved_any_more(session, house):
    visit = make_waiting_visit(session, house)
    approval.reject_visit(session, supervisor(house), visit.id, reason="不必外访")
    for act in (approval.cancel_visit, approval.return_visit, approval.reject_visit):
        with pytest.raises(NotNow):
            act(session, supervisor(house), visit.id, reason="再试")


def test_an_unknown_visit_is_not_found(session, house):
    visit = make_waiting_visit(session, house)
    with pytest.raises(NotFound):
        approval.cancel_visit(session, supervisor(house), visit.bank_id, reason="x")


def test_a_cancelled_approved_visit_frees_its_flat_for_another(session, house):
    case = make_good_case(session)
    visit = make_approved_visit(session, house, case)
    approval.cancel_visit(session, requester(house), visit.id, reason="申请有误")
    assert ask_for(session, house, case).status == "PENDING_REVIEW"
