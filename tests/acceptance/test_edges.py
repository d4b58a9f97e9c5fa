"""Every threshold of the policy at its edge, just under, just over, and with its input unknown."""

from datetime import date, time, timedelta
from functools import reduce

import pytest

from fieldops.correspondence.paper_rules import CUSTODY_RULES
from fieldops.correspondence.rules import LETTER_RULES
from fieldops.policies.catalogue import Stage
from fieldops.visits.facts import DoneVisitFact, PositionFact
from fieldops.visits.rules import VISIT_RULES
from tests.correspondence.fact_makers import a_letter, earlier, letter_facts
from tests.correspondence.fact_makers import weigh as weigh_letter
from tests.visits.fact_makers import (
    PASSED,
    POLICY,
    RECORDED,
    REJECTED,
    REVIEWED,
    UNKNOWN,
    UNKNOWN_UNSAID,
    WARNED,
    a_call,
    a_case,
    a_crew,
    a_member,
    a_promise,
    a_repayment,
    a_request,
    a_slot,
    at,
    visit_facts,
    weigh,
)

TODAY = date(2026, 11, 23)


def ago(days):
    return TODAY - timedelta(days=days)


def owing(fen):
    return visit_facts(cases=(a_case(balance_fen=fen),))


def ending_in(days):
    return visit_facts(cases=(a_case(expiry_on=None if days is None else ago(-days)),))


def called(days):
    return visit_facts(calls=(a_call(started_at=at(23, 8) - timedelta(days=days)),))


def as_of(days):
    return visit_facts(cases=(a_case(balance_as_of=None if days is None else ago(days)),))


def paid(days):
    return visit_facts(
        repayments=(a_repayment(at(23, 8) - timedelta(days=days), 1000),), request=a_request(approved_at=None)
    )


def promised(days):
    return visit_facts(promises=(a_promise(ago(days)),))


def visited(*days):
    done = tuple(DoneVisitFact(ref=f"visit/{each}", recorded_at=RECORDED, on=ago(each)) for each in days)
    return visit_facts(done_visits=done)


def approved(days):
    return visit_facts(request=a_request(approved_at=None if days is None else at(23, 8) - timedelta(days=days)))


def going(members):
    return visit_facts(crew=a_crew(*(a_member(str(each)) for each in range(members))) if members else None)


def there(metres):
    position = PositionFact(ref="p", recorded_at=RECORDED, distance_m=metres, accuracy_m=1, precision_m=1)
    return visit_facts(position=position if metres is not None else None)


def hours(arrive, leave):
    return visit_facts(slot=a_slot(at(24, *arrive), at(24, *leave)))


def mail(**changes):
    case = {name: changes.pop(name) for name in ("balance_fen", "balance_as_of", "overdue_days") if name in changes}
    return letter_facts(cases=(a_case(**case),), **changes)


def lawyer(overdue):
    return mail(overdue_days=overdue, letter=a_letter(kind="LAWYER", malicious=True, law_firm_authorised=True))


VISIT_EDGES = [
    # rule, policy value, stage, [(facts, what comes of it)]
    ("VR-003", "visit.expiry_warn_days", Stage.SUBMIT,
     [(ending_in(2), WARNED), (ending_in(3), WARNED), (ending_in(4), PASSED), (ending_in(None), UNKNOWN_UNSAID)]),
    ("VR-010", "visit.calls.min_prior", Stage.SUBMIT,
     [(visit_facts(calls=()), REJECTED), (called(1), PASSED), (visit_facts(calls=(a_call(recording_id=None),)), REJECTED)]),
    ("VR-012", "visit.calls.max_age_days", Stage.SUBMIT,
     [(called(29), PASSED), (called(30), PASSED), (called(31), WARNED)]),
    ("VR-020", "visit.min_balance_fen", Stage.SUBMIT,
     [(owing(499_999), REJECTED), (owing(500_000), PASSED), (owing(500_001), PASSED), (owing(None), UNKNOWN)]),
    ("VR-021", "visit.balance_max_age_days", Stage.SUBMIT,
     [(as_of(2), PASSED), (as_of(3), PASSED), (as_of(4), REVIEWED), (as_of(None), UNKNOWN)]),
    ("VR-023", "visit.recent_payment_days", Stage.SUBMIT,
     [(paid(6), WARNED), (paid(7), WARNED), (paid(8), PASSED)]),
    ("VR-024", "visit.promise_grace_days", Stage.SUBMIT,
     [(promised(0), REVIEWED), (promised(1), REVIEWED), (promised(2), PASSED)]),
    ("VR-043", "visit.adult_age_years", Stage.SUBMIT,
     [(visit_facts(born_on=date(2008, 11, 24)), REJECTED), (visit_facts(born_on=date(2008, 11, 23)), PASSED),
      (visit_facts(born_on=date(2008, 11, 22)), PASSED), (visit_facts(born_on=None), UNKNOWN)]),
    ("VR-061", "visit.min_days_between", Stage.SUBMIT,
     [(visited(6), REVIEWED), (visited(7), PASSED), (visited(8), PASSED), (visited(), PASSED)]),
    ("VR-061", "visit.max_per_30_days", Stage.SUBMIT,
     [(visited(8), PASSED), (visited(8, 16), PASSED), (visited(8, 16, 24), REVIEWED), (visited(8, 16, 30), PASSED)]),
    ("VR-070", "visit.hard_window", Stage.PUBLISH,
     [(hours((7, 59), (8, 20)), REJECTED), (hours((8, 0), (8, 20)), PASSED), (hours((20, 40), (21, 0)), PASSED),
      (hours((20, 41), (21, 1)), REJECTED), (visit_facts(slot=None), UNKNOWN)]),
    ("VR-080", "visit.crew_min", Stage.PUBLISH,
     [(going(1), REJECTED), (going(2), PASSED), (going(0), UNKNOWN)]),
    ("VR-080", "visit.crew_max", Stage.PUBLISH, [(going(3), PASSED), (going(4), REJECTED)]),
    ("VR-084", "visit.checkin_warn_m", Stage.CHECK_IN,
     [(there(299), PASSED), (there(300), PASSED), (there(301), WARNED), (there(None), UNKNOWN)]),
    ("VR-084", "visit.checkin_review_m", Stage.CHECK_IN,
     [(there(999), WARNED), (there(1000), WARNED), (there(1001), REVIEWED)]),
    ("VR-085", "visit.approval_valid_days", Stage.BATCH,
     [(approved(14), PASSED), (approved(15), PASSED), (approved(16), REJECTED), (approved(None), UNKNOWN)]),
]  # fmt: skip

LETTER_EDGES = [
    ("LR-010", "letter.calls.min_prior", Stage.SUBMIT, [(letter_facts(calls=()), REJECTED), (letter_facts(), PASSED)]),
    ("LR-020", "letter.min_balance_fen", Stage.SUBMIT,
     [(mail(balance_fen=99_999), REJECTED), (mail(balance_fen=100_000), REJECTED), (mail(balance_fen=100_001), PASSED),
      (mail(balance_fen=None), UNKNOWN)]),
    ("LR-021", "letter.balance_max_age_days", Stage.PRINT,
     [(mail(balance_as_of=ago(0)), PASSED), (mail(balance_as_of=ago(1)), PASSED),
      (mail(balance_as_of=ago(2)), REJECTED), (mail(balance_as_of=None), UNKNOWN)]),
    ("LR-045", "letter.lawyer_min_overdue_days", Stage.SUBMIT,
     [(lawyer(14), REJECTED), (lawyer(15), REJECTED), (lawyer(16), PASSED), (lawyer(None), UNKNOWN)]),
    ("LR-060", "letter.min_days_between", Stage.SUBMIT,
     [(letter_facts(earlier_letters=(earlier(is_open=False, sent_on=ago(days)),)), found)
      for days, found in ((29, REVIEWED), (30, PASSED), (31, PASSED))]),
]  # fmt: skip


def _cases(edges):
    return [
        pytest.param(rule, stage, facts, found, id=f"{rule} {key} {place}")
        for rule, key, stage, rows in edges
        for place, (facts, found) in enumerate(rows)
    ]


@pytest.mark.parametrize(("rule", "stage", "facts", "found"), _cases(VISIT_EDGES))
def test_a_visit_threshold_turns_where_the_policy_says(rule, stage, facts, found):
    assert weigh(rule, facts, stage=stage) == found


@pytest.mark.parametrize(("rule", "stage", "facts", "found"), _cases(LETTER_EDGES))
def test_a_letter_threshold_turns_where_the_policy_says(rule, stage, facts, found):
    assert weigh_letter(rule, facts, stage=stage) == found


def _thresholds():
    """Every value of the policy a rule compares a number or an hour with."""
    for catalogue in (VISIT_RULES, LETTER_RULES, CUSTODY_RULES):
        for rule in catalogue.rules:
            for key in rule.keys:
                value = reduce(getattr, key.split("."), POLICY)
                if type(value) is int or hasattr(value, "opens"):
                    yield key


def test_no_threshold_a_rule_compares_with_is_left_untested():
    elsewhere = {
        "letter.receipt_days",
        "visit.work_window",
    }  # tests/correspondence/test_paper_rules, test_rules_on_plans
    assert set(_thresholds()) <= {key for _, key, _, _ in (*VISIT_EDGES, *LETTER_EDGES)} | elsewhere
    assert POLICY.visit.hard_window.closes == time(21)
