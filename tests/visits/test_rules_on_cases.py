"""Case, call and balance rules, each at its edge, beside it and unknown."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fieldops.policies.catalogue import Moment
from fieldops.policies.records import RecordError
from fieldops.visits.balance_answers import balance_now_fen, compared_balance_fen, yuan
from tests.visits.fact_makers import (
    NOW,
    PASSED,
    REJECTED,
    REVIEWED,
    UNKNOWN,
    UNKNOWN_UNSAID,
    WARNED,
    a_call,
    a_case,
    a_file,
    a_hold,
    a_promise,
    a_repayment,
    a_request,
    at,
    calls_policy_with,
    decide,
    policy_with,
    visit_facts,
    weigh,
)


@pytest.mark.parametrize(
    ("status", "found"),
    [("ACTIVE", PASSED)]
    + [
        (status, REJECTED)
        for status in ("PAUSED", "EXTENSION_PENDING", "WITHDRAWAL_PENDING", "EXPIRED", "RETURNED", "SETTLED", "CLOSED")
    ],
)
def test_only_an_active_case_is_visited(status, found):
    assert weigh("VR-001", visit_facts(cases=(a_case(status=status),))) == found


@pytest.mark.parametrize(
    ("expiry_on", "expired", "expiring"),
    [
        (date(2026, 11, 22), REJECTED, PASSED),
        (date(2026, 11, 23), PASSED, WARNED),
        (date(2026, 11, 26), PASSED, WARNED),
        (date(2026, 11, 27), PASSED, PASSED),
        (None, UNKNOWN, UNKNOWN_UNSAID),
    ],
)
def test_a_mandate_ends_with_its_last_day_and_warns_three_days_ahead(expiry_on, expired, expiring):
    facts = visit_facts(cases=(a_case(expiry_on=expiry_on),))
    assert weigh("VR-002", facts) == expired
    assert weigh("VR-003", facts) == expiring


def test_planning_beyond_the_mandate_is_refused_though_today_is_within():
    facts = visit_facts(cases=(a_case(expiry_on=date(2026, 11, 24)),), request=a_request(planned_on=date(2026, 11, 25)))
    assert weigh("VR-002", facts) == REJECTED
    on_the_last_day = visit_facts(
        cases=(a_case(expiry_on=date(2026, 11, 25)),), request=a_request(planned_on=date(2026, 11, 25))
    )
    assert weigh("VR-002", on_the_last_day) == PASSED


def test_midnight_in_shanghai_ends_the_mandate():
    facts = visit_facts(cases=(a_case(expiry_on=date(2026, 11, 23)),), request=a_request(submitted_at=None))
    assert weigh("VR-002", facts, now=datetime(2026, 11, 23, 15, 59, tzinfo=UTC)) == PASSED
    assert weigh("VR-002", facts, now=datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) == REJECTED


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        ((), REJECTED),
        ((a_call(),), PASSED),
        ((a_call(recording_id=None),), REJECTED),
        ((a_call(recording_id=""),), REJECTED),
        ((a_call(outbound=False),), REJECTED),
        ((a_call(case_ref="case/2"),), REJECTED),
        ((a_call(connected=False),), PASSED),
        ((a_call(started_at=at(23, 7, 59)),), PASSED),
        ((a_call(started_at=at(23, 8)),), REJECTED),
        ((a_call(started_at=at(23, 8, 1)),), REJECTED),
        ((a_call(recording_id=None), a_call("call/2")), PASSED),
    ],
)
def test_a_visit_needs_a_recorded_call_before_it_is_asked_for(calls, found):
    assert weigh("VR-010", visit_facts(calls=calls)) == found


def test_one_unanswered_recorded_call_passes_with_a_warning():
    decision = decide(visit_facts(calls=(a_call(connected=False),)))
    assert (decision.verdict, decision.codes) == ("PASS", ("VR-011",))


def test_a_bank_may_want_the_call_answered():
    policy = calls_policy_with(must_connect=True)
    assert weigh("VR-010", visit_facts(calls=(a_call(connected=False),)), policy) == REJECTED
    assert weigh("VR-010", visit_facts(calls=(a_call(connected=None),)), policy) == REJECTED
    assert weigh("VR-010", visit_facts(), policy) == PASSED


@pytest.mark.parametrize(("wanted", "found"), [(1, PASSED), (2, PASSED), (3, REJECTED)])
def test_a_bank_may_want_more_than_one_call(wanted, found):
    facts = visit_facts(calls=(a_call("call/1"), a_call("call/2")))
    assert weigh("VR-010", facts, calls_policy_with(min_prior=wanted)) == found


def test_a_call_on_any_case_of_the_debtor_counts_only_where_the_policy_says_so():
    facts = visit_facts(calls=(a_call(case_ref="case/elsewhere"),))
    assert weigh("VR-010", facts) == REJECTED
    assert weigh("VR-010", facts, calls_policy_with(scope="DEBTOR_BANK")) == PASSED


def test_every_card_of_a_merged_visit_needs_its_call():
    cards = (a_case("case/1"), a_case("case/2"))
    one = visit_facts(cases=cards, calls=(a_call(),))
    both = visit_facts(cases=cards, calls=(a_call(), a_call("call/2", case_ref="case/2")))
    assert weigh("VR-010", one) == REJECTED
    assert weigh("VR-010", both) == PASSED


@pytest.mark.parametrize(
    ("connected", "found"),
    [
        ((), PASSED),
        ((False,), WARNED),
        ((False, True), PASSED),
        ((False, None), UNKNOWN_UNSAID),
        ((False, False), WARNED),
    ],
)
def test_calls_nobody_answered_are_a_warning(connected, found):
    calls = tuple(a_call(f"call/{i}", connected=each) for i, each in enumerate(connected))
    assert weigh("VR-011", visit_facts(calls=calls)) == found


@pytest.mark.parametrize(("days", "found"), [(29, PASSED), (30, PASSED), (31, WARNED)])
def test_a_call_grows_stale_after_thirty_days(days, found):
    assert weigh("VR-012", visit_facts(calls=(a_call(started_at=at(23, 7) - timedelta(days=days)),))) == found


@pytest.mark.parametrize(
    ("fen", "found"),
    [(499_999, REJECTED), (500_000, PASSED), (500_001, PASSED), (None, UNKNOWN)],
)
def test_a_visit_needs_five_thousand_yuan(fen, found):
    assert weigh("VR-020", visit_facts(cases=(a_case(balance_fen=fen),))) == found


def test_the_minimum_itself_may_be_excluded_by_a_policy():
    facts = visit_facts(cases=(a_case(balance_fen=500_000),))
    assert weigh("VR-020", facts, policy_with(inclusive_pass=False)) == REJECTED


def test_cards_of_one_debtor_are_summed_unless_the_policy_says_no():
    cards = (a_case("case/1", balance_fen=300_000), a_case("case/2", balance_fen=250_000))
    facts = visit_facts(cases=cards)
    assert weigh("VR-020", facts) == PASSED
    assert weigh("VR-020", facts, policy_with(sum_cards=False)) == REJECTED
    low = (a_case("case/1", balance_fen=240_000), a_case("case/2", balance_fen=259_999))
    assert weigh("VR-020", visit_facts(cases=low)) == REJECTED
    assert weigh("VR-020", visit_facts(cases=(*low[:1], a_case("case/2", balance_fen=None)))) == UNKNOWN


def test_the_message_names_both_amounts_in_yuan():
    found = decide(visit_facts(cases=(a_case(balance_fen=499_999),))).of_severity("REJECT")[0]
    assert found.message_zh == "欠款4,999.99元低于外访标准5,000.00元"
    assert found.message_en == "Balance 4,999.99 is below the visit minimum 5,000.00"
    assert found.limits["visit.min_balance_fen"] == 500_000
    assert found.used[0].ref == "case/1"


@pytest.mark.parametrize(("fen", "text"), [(0, "0.00"), (5, "0.05"), (123_456_789, "1,234,567.89"), (-150, "-1.50")])
def test_yuan_are_written_with_two_decimals(fen, text):
    assert yuan(fen) == text


@pytest.mark.parametrize(
    ("paid_at", "left_fen"),
    [
        (at(20), 800_000),
        (at(22, 9), 800_000),
        (at(22, 23, 59), 800_000),
        (at(23, 0), 500_000),
        (at(23, 8), 500_000),
    ],
)
def test_a_repayment_up_to_the_as_of_day_is_already_in_the_balance(paid_at, left_fen):
    case = a_case()
    left = balance_now_fen(case, (a_repayment(paid_at, 300_000),), Moment.of(NOW, "Asia/Shanghai"))
    assert left == left_fen


def test_repayments_of_other_cards_are_not_deducted():
    other = a_repayment(at(23, 8), 300_000, case_ref="case/2")
    assert balance_now_fen(a_case(), (other,), Moment.of(NOW, "Asia/Shanghai")) == 800_000


def test_a_balance_of_no_known_day_cannot_be_told_once_money_came_in():
    now = Moment.of(NOW, "Asia/Shanghai")
    case = a_case(balance_as_of=None)
    assert balance_now_fen(case, (), now) == 800_000
    assert balance_now_fen(case, (a_repayment(at(20), 1),), now) is None


def test_a_credit_on_one_card_pays_no_other_card():
    cards = (a_case("case/1", balance_fen=-100_000), a_case("case/2", balance_fen=500_000))
    assert weigh("VR-020", visit_facts(cases=cards)) == PASSED
    assert compared_balance_fen((0, 500_000), sum_cards=True) == 500_000


@pytest.mark.parametrize(
    ("case", "repayments", "found"),
    [
        (a_case(balance_fen=1), (), PASSED),
        (a_case(balance_fen=0), (), REJECTED),
        (a_case(balance_fen=-1), (), REJECTED),
        (a_case(balance_fen=None), (), UNKNOWN),
        (a_case(balance_fen=None), (a_repayment(at(23, 7), 1, is_full=True),), REJECTED),
        (a_case(balance_fen=None), (a_repayment(at(22, 7), 1, is_full=True),), UNKNOWN),
        (a_case(), (a_repayment(at(23, 7), 799_999),), PASSED),
        (a_case(), (a_repayment(at(23, 7), 800_000),), REJECTED),
        (a_case(), (a_repayment(at(23, 7), 1, is_full=True),), REJECTED),
        (a_case(), (a_repayment(at(22, 7), 1, is_full=True),), PASSED),
    ],
)
def test_nothing_is_visited_for_once_it_is_paid(case, repayments, found):
    assert weigh("VR-022", visit_facts(cases=(case,), repayments=repayments)) == found


def test_a_visit_goes_on_for_the_card_that_is_not_paid():
    cards = (a_case("case/1", balance_fen=0), a_case("case/2", balance_fen=None))
    assert weigh("VR-022", visit_facts(cases=(a_case("case/1", balance_fen=0), a_case("case/2")))) == PASSED
    assert weigh("VR-022", visit_facts(cases=cards)) == UNKNOWN


@pytest.mark.parametrize(
    ("as_of", "found"),
    [
        (date(2026, 11, 19), REVIEWED),
        (date(2026, 11, 20), PASSED),
        (date(2026, 11, 21), PASSED),
        (None, UNKNOWN),
    ],
)
def test_a_balance_grows_stale_after_three_days(as_of, found):
    assert weigh("VR-021", visit_facts(cases=(a_case(balance_as_of=as_of),))) == found


@pytest.mark.parametrize(("day", "found"), [(15, PASSED), (16, WARNED), (17, WARNED)])
def test_a_part_payment_of_the_last_seven_days_is_a_warning(day, found):
    assert weigh("VR-023", visit_facts(repayments=(a_repayment(at(day), 1000),))) == found


def test_a_part_payment_since_approval_is_a_warning_however_long_ago():
    request = a_request(approved_at=at(1))
    facts = visit_facts(repayments=(a_repayment(at(2), 1000),), request=request)
    assert weigh("VR-023", facts) == WARNED
    assert weigh("VR-023", visit_facts(repayments=(a_repayment(at(2), 1000),))) == PASSED


def test_a_full_payment_is_no_part_payment():
    facts = visit_facts(repayments=(a_repayment(at(23, 7), 800_000),))
    assert weigh("VR-023", facts) == PASSED
    assert weigh("VR-022", facts) == REJECTED


@pytest.mark.parametrize(("due", "found"), [(21, PASSED), (22, REVIEWED), (23, REVIEWED), (27, REVIEWED)])
def test_a_promise_is_waited_for_with_one_day_of_grace(due, found):
    assert weigh("VR-024", visit_facts(promises=(a_promise(date(2026, 11, due)),))) == found


def test_an_instalment_agreement_stops_collection_until_it_is_broken():
    assert weigh("VR-025", visit_facts(holds=(a_hold("INSTALMENT"),))) == REJECTED
    assert weigh("VR-025", visit_facts(holds=(a_hold("INSTALMENT", in_default=True),))) == PASSED
    assert weigh("VR-025", visit_facts(holds=(a_hold("INSTALMENT", until_on=date(2026, 11, 22)),))) == PASSED
    assert weigh("VR-050", visit_facts(holds=(a_hold("INSTALMENT"),))) == PASSED


def test_a_request_names_cases_of_one_bank():
    with pytest.raises(RecordError, match="of one bank"):
        a_file(a_case("case/1"), a_case("case/2", bank="示范银行B"))
    with pytest.raises(RecordError, match="at least one case"):
        a_file(cases=())
