"""Calls, repayments and flags into the registers the rules ask; what is new is announced once."""

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from fieldops.cases.events import (
    ComplaintOpened,
    HoldOpened,
    RepaymentReceived,
    RepaymentReversed,
    SpecialStatusRecorded,
)
from fieldops.cases.models import CallRecord, Case, Complaint, Hold, Promise, Repayment, SpecialStatus
from fieldops.cases.rules import FLAGS
from fieldops.contacts.models import ContactEvent
from fieldops.imports import running
from fieldops.imports.service import error_file
from fieldops.tasks.models import Task
from tests.bank_files import case_row, take_in

CALL = {
    "案件编号": "C1",
    "呼叫时间": "2026-11-21 15:55:00",
    "方向": "呼出",
    "被叫对象": "本人",
    "是否接通": "是",
    "通话时长秒": 256,
    "录音编号": "REC1",
    "结果": "拒绝还款",
    "承诺金额": None,
    "承诺日期": None,
}
REPAYMENT = {
    "流水号": "P1",
    "案件编号": "C1",
    "还款金额": "43150.07",
    "还款时间": "2026-11-22 09:00:00",
    "渠道": "网点柜台",
}
FLAG = {"案件编号": "C1", "类型": "冒用", "证明材料": "完整", "开始日期": "2026-11-18", "截止日期": None}


@pytest.fixture
def cases(house, heard):
    """Two cases of two debtors."""
    take_in(house, "cases", [case_row(1), case_row(2)])


def every(house, table, *order):
    with house.transaction() as session:
        return session.scalars(sa.select(table).order_by(*order)).all()


def only(house, table):
    (row,) = every(house, table)
    return row


def reasons(house, summary):
    return error_file(house, summary.import_id)


def counts(summary):
    return summary.created, summary.changed, summary.unchanged, summary.errors


def test_a_call_lands_with_its_recording_and_its_instant(house, cases):
    assert counts(take_in(house, "calls", [CALL])) == (1, 0, 0, 0)
    call = only(house, CallRecord)
    assert call.started_at == datetime(2026, 11, 21, 7, 55, tzinfo=UTC)
    assert (call.outbound, call.callee, call.connected, call.duration_s) == (True, "SELF", True, 256)
    assert (call.recording_id, call.recorded_at) == ("REC1", house.clock.now())
    assert counts(take_in(house, "calls", [CALL])) == (0, 0, 1, 0)


def test_a_recording_told_later_changes_the_call_it_belongs_to(house, cases):
    take_in(house, "calls", [{**CALL, "录音编号": None}])
    assert only(house, CallRecord).recording_id is None
    assert counts(take_in(house, "calls", [CALL])) == (0, 1, 0, 0)
    assert only(house, CallRecord).recording_id == "REC1"


def test_a_blank_cell_of_a_later_call_list_erases_nothing_that_is_known(house, cases):
    take_in(house, "calls", [CALL])
    blank = dict.fromkeys(("是否接通", "通话时长秒", "录音编号", "结果"))
    take_in(house, "calls", [{**CALL, **blank}])
    call = only(house, CallRecord)
    assert (call.connected, call.duration_s, call.recording_id, call.result) == (True, 256, "REC1", "拒绝还款")
    assert only(house, ContactEvent).effective is True


def test_calls_of_another_instant_direction_or_callee_are_other_calls(house, cases):
    others = [{"呼叫时间": "2026-11-21 15:55:01"}, {"方向": "呼入"}, {"被叫对象": "配偶"}, {"案件编号": "C2"}]
    assert take_in(house, "calls", [CALL, *({**CALL, **other} for other in others)]).created == 5
    assert {call.callee for call in every(house, CallRecord)} == {"SELF", "THIRD"}


def test_whether_a_call_was_answered_may_be_unknown(house, cases):
    take_in(house, "calls", [{**CALL, "是否接通": None, "通话时长秒": None}])
    call = only(house, CallRecord)
    assert (call.connected, call.duration_s) == (None, None)


def test_a_promise_comes_with_its_call_changes_with_it_and_goes_with_it(house, cases):
    promised = {**CALL, "承诺金额": "9141.09", "承诺日期": "2026-11-27"}
    take_in(house, "calls", [promised])
    promise = only(house, Promise)
    assert (promise.amount_fen, promise.due_on, promise.source_id) == (
        914_109,
        date(2026, 11, 27),
        only(house, CallRecord).id,
    )
    take_in(house, "calls", [{**promised, "承诺日期": "2026-11-30"}])
    assert only(house, Promise).due_on == date(2026, 11, 30)
    take_in(house, "calls", [CALL])
    assert every(house, Promise) == []


def test_a_promise_without_a_day_is_listed(house, cases):
    summary = take_in(house, "calls", [{**CALL, "承诺金额": "5"}])
    assert "PROMISE_WITHOUT_DAY" in reasons(house, summary)
    assert every(house, CallRecord) == []


@pytest.mark.parametrize(("kind", "row"), [("calls", CALL), ("repayments", REPAYMENT), ("flags", FLAG)])
def test_a_row_of_an_unknown_case_is_listed(house, cases, kind, row):
    summary = take_in(house, kind, [row, {**row, "案件编号": "C404", "流水号": "P2"}])
    assert counts(summary) == (1, 0, 0, 1)
    assert "CASE_UNKNOWN" in reasons(house, summary)
    assert "import its case file first" in reasons(house, summary)


@pytest.mark.parametrize(("kind", "row"), [("calls", CALL), ("repayments", REPAYMENT), ("flags", FLAG)])
def test_a_number_two_banks_use_needs_its_bank(house, cases, kind, row):
    take_in(house, "cases", [case_row(3, 案件编号="C1", 委托银行="示范银行B")])
    summary = take_in(house, kind, [row])
    assert "CASE_AMBIGUOUS" in reasons(house, summary)
    assert take_in(house, kind, [row], bank_code="示范银行B").created == 1
    assert take_in(house, kind, [{**row, "委托银行": "示范银行A"}]).created == 1


def test_a_new_repayment_is_announced_once(house, cases, heard):
    assert counts(take_in(house, "repayments", [REPAYMENT])) == (1, 0, 0, 0)
    assert counts(take_in(house, "repayments", [REPAYMENT])) == (0, 0, 1, 0)
    repayment = only(house, Repayment)
    assert (repayment.amount_fen, repayment.paid_at) == (4_315_007, datetime(2026, 11, 22, 1, tzinfo=UTC))
    (event,) = heard
    assert isinstance(event, RepaymentReceived)
    assert (event.repayment_id, event.case_id) == (repayment.id, repayment.case_id)


def test_a_serial_number_with_other_content_is_listed(house, cases, heard):
    take_in(house, "repayments", [REPAYMENT])
    others = [{"还款金额": "1.00"}, {"案件编号": "C2"}, {"还款时间": "2026-11-22 09:00:01"}, {"渠道": "手机银行"}]
    for other in others:
        summary = take_in(house, "repayments", [{**REPAYMENT, **other}])
        assert "SERIAL_REUSED" in reasons(house, summary)
    assert len(every(house, Repayment)) == len(heard) == 1


def test_money_of_a_day_to_come_is_listed_and_taken_off_nothing(house, cases, heard):
    summary = take_in(house, "repayments", [{**REPAYMENT, "还款时间": "2026-11-24 00:00:00"}])
    assert "DAY_TO_COME" in reasons(house, summary)
    assert (every(house, Repayment), heard) == ([], [])


def test_a_serial_number_used_for_two_cases_in_one_file_lands_once(house, cases, monkeypatch):
    for chunk_rows in (1, 10):
        monkeypatch.setattr(running, "CHUNK_ROWS", chunk_rows)
        rows = [{**REPAYMENT, "流水号": f"Q{chunk_rows}", "案件编号": no} for no in ("C1", "C2")]
        assert counts(take_in(house, "repayments", rows)) == (1, 0, 0, 1)


def test_two_banks_may_use_one_serial_number(house, cases):
    take_in(house, "cases", [case_row(3, 委托银行="示范银行B")])
    assert take_in(house, "repayments", [REPAYMENT, {**REPAYMENT, "案件编号": "C3"}]).created == 2


@pytest.mark.parametrize("amount", ["0", "-5.00", "1.005", "全额"])
def test_money_nobody_can_have_paid_is_listed(house, cases, amount):
    assert counts(take_in(house, "repayments", [{**REPAYMENT, "还款金额": amount}])) == (0, 0, 0, 1)


def test_a_dry_run_of_repayments_announces_nothing(house, cases, heard):
    assert take_in(house, "repayments", [REPAYMENT], dry_run=True).created == 1
    assert heard == []
    assert every(house, Repayment) == []


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("冒用", "FRAUD"),
        ("盗用", "UNAUTHORISED_USE"),
        ("丧失行为能力", "INCAPACITY"),
        ("诉讼", "LITIGATION"),
        ("在押", "CUSTODY"),
        ("涉毒", "DRUG"),
        ("死亡", "DECEASED"),
    ],
)
@pytest.mark.parametrize(("proof", "state"), [("完整", "COMPLETE"), ("部分", "PARTIAL"), (None, "CLAIMED")])
def test_words_of_a_debtors_state_become_special_statuses_with_their_proof(word, kind, proof, state):
    from fieldops.cases.intake import FLAGS_FILE

    column = next(column for column in FLAGS_FILE.columns if column.name == "flag")
    proofs = next(column for column in FLAGS_FILE.columns if column.name == "proof")
    assert column.convert(word) == ("STATUS", kind)
    assert (proofs.convert(proof) if proof else "CLAIMED") == state


def test_every_flag_lands_in_its_register_and_is_announced(house, cases, heard):
    rows = [{**FLAG, "类型": word, "证明材料": None} for word in FLAGS if word != "伪冒"]
    assert counts(take_in(house, "flags", rows)) == (14, 0, 0, 0)
    assert {status.kind for status in every(house, SpecialStatus)} == {
        "FRAUD", "UNAUTHORISED_USE", "INCAPACITY", "LITIGATION", "CUSTODY", "DRUG", "DECEASED", "VULNERABLE",
    }  # fmt: skip
    assert {status.proof for status in every(house, SpecialStatus)} == {"CLAIMED"}
    assert {hold.kind for hold in every(house, Hold)} == {"BANK_PAUSE", "DISPUTE", "INSTALMENT"}
    assert {hold.channels for hold in every(house, Hold)} == {"ALL"}
    assert {complaint.grade for complaint in every(house, Complaint)} == {"MAJOR", "ORDINARY", "MINOR"}
    kinds = [type(event) for event in heard]
    assert [kinds.count(kind) for kind in (SpecialStatusRecorded, HoldOpened, ComplaintOpened)] == [8, 3, 3]
    assert counts(take_in(house, "flags", rows)) == (0, 0, 14, 0)
    assert len(heard) == 14


def test_a_proof_completed_later_changes_the_status_and_is_news(house, cases, heard):
    take_in(house, "flags", [{**FLAG, "证明材料": "部分"}])
    assert counts(take_in(house, "flags", [FLAG])) == (0, 1, 0, 0)
    assert only(house, SpecialStatus).proof == "COMPLETE"
    assert [event.proof for event in heard] == ["PARTIAL", "COMPLETE"]


def test_an_end_told_later_changes_the_hold(house, cases, heard):
    pause = {**FLAG, "类型": "委托方停催", "证明材料": None}
    take_in(house, "flags", [pause])
    assert counts(take_in(house, "flags", [{**pause, "截止日期": "2026-11-30"}])) == (0, 1, 0, 0)
    assert only(house, Hold).until_on == date(2026, 11, 30)


def test_a_blank_proof_or_end_of_a_later_file_erases_none_that_is_known(house, cases, heard):
    rows = [
        {**FLAG, "截止日期": "2026-12-31"},
        {**FLAG, "类型": "委托方停催", "证明材料": None, "截止日期": "2026-11-30"},
    ]
    take_in(house, "flags", rows)
    assert counts(take_in(house, "flags", [{**row, "证明材料": None, "截止日期": None} for row in rows])) == (
        0,
        0,
        2,
        0,
    )
    assert (only(house, SpecialStatus).proof, only(house, SpecialStatus).until_on) == ("COMPLETE", date(2026, 12, 31))
    assert only(house, Hold).until_on == date(2026, 11, 30)


def test_an_unknown_flag_is_listed_with_the_known_ones(house, cases):
    summary = take_in(house, "flags", [{**FLAG, "类型": "失联"}])
    assert "use one of 冒用" in reasons(house, summary)
    assert "一般投诉" in reasons(house, summary)


def test_a_flag_that_ends_before_it_begins_is_listed(house, cases):
    same_day = {**FLAG, "截止日期": "2026-11-18"}
    summary = take_in(house, "flags", [same_day, {**same_day, "案件编号": "C2", "截止日期": "2026-11-17"}])
    assert counts(summary) == (1, 0, 0, 1)


@pytest.mark.parametrize(("word", "register"), [("重大投诉", Complaint), ("轻微投诉", Complaint), ("交易异议", Hold)])
def test_what_was_received_lies_on_no_day_to_come(house, cases, heard, word, register):
    """It would hold nothing back until that day; today's own day is taken."""
    row = {**FLAG, "类型": word, "证明材料": None}
    summary = take_in(house, "flags", [{**row, "开始日期": "2026-11-24"}])
    assert (counts(summary), every(house, register), heard) == ((0, 0, 0, 1), [], [])
    assert "DAY_TO_COME" in error_file(house, summary.import_id)
    assert counts(take_in(house, "flags", [{**row, "开始日期": "2026-11-23"}])) == (1, 0, 0, 0)


def test_a_pause_or_a_status_of_the_bank_may_begin_on_a_day_to_come(house, cases):
    rows = [{**FLAG, "类型": word, "证明材料": None, "开始日期": "2026-12-24"} for word in ("委托方停催", "诉讼")]
    assert counts(take_in(house, "flags", rows)) == (2, 0, 0, 0)


def test_the_debtor_of_a_flag_is_the_debtor_of_its_case(house, cases):
    take_in(house, "flags", [FLAG, {**FLAG, "类型": "重大投诉", "证明材料": None}])
    debtor_ids = {case.case_no: case.debtor_id for case in every(house, Case)}
    assert only(house, SpecialStatus).debtor_id == only(house, Complaint).debtor_id == debtor_ids["C1"]


TAKEN_BACK = {**REPAYMENT, "冲正": "是"}


@pytest.mark.parametrize("together", [True, False])
def test_a_payment_the_bank_takes_back_is_reversed_once_and_a_supervisor_looks(house, cases, heard, together):
    if together:
        summary = take_in(house, "repayments", [TAKEN_BACK, {**REPAYMENT, "冲正": None}])
        assert (summary.created, summary.changed, summary.errors) == (1, 1, 0)
    else:
        take_in(house, "repayments", [REPAYMENT])
        assert take_in(house, "repayments", [TAKEN_BACK]).changed == 1
    slip = only(house, Repayment)
    assert (slip.reversed_at, slip.amount_fen) == (house.clock.now(), 4_315_007)
    assert [type(each) for each in heard] == [RepaymentReceived, RepaymentReversed]
    assert (only(house, Task).kind, only(house, Task).entity_id) == ("LOOK_AT_REVERSAL", slip.id)
    heard.clear()
    assert take_in(house, "repayments", [{**TAKEN_BACK, "渠道": "再次"}]).unchanged == 1
    assert heard == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"流水号": "P9"}, "REPAYMENT_UNKNOWN"),
        ({"还款金额": "1.00"}, "SERIAL_REUSED"),
        ({"案件编号": "C2"}, "SERIAL_REUSED"),
    ],
)
def test_a_reversal_of_no_payment_or_of_another_is_refused_by_name(house, cases, heard, changes, code):
    take_in(house, "repayments", [REPAYMENT])
    summary = take_in(house, "repayments", [{**TAKEN_BACK, **changes}])
    assert (summary.errors, only(house, Repayment).reversed_at) == (1, None)
    assert code in error_file(house, summary.import_id)


def test_a_hardship_of_the_debtor_is_a_special_status_of_its_own(house, cases, heard):
    take_in(house, "flags", [{**FLAG, "类型": "特殊困难", "证明材料": None}])
    status = only(house, SpecialStatus)
    assert (status.kind, status.proof) == ("VULNERABLE", "CLAIMED")
