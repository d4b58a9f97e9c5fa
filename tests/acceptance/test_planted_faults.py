"""What must never happen is noticed: each fault planted on purpose fails the day of every event."""

import pytest

from fieldops import events
from fieldops.cases import events as happened
from fieldops.correspondence import handlers as letters
from fieldops.policies.decision import Decision
from fieldops.visits import effects
from fieldops.visits import handlers as visits
from fieldops.visits.effects import Effect
from tests.acceptance.test_events_in_any_order import DAY, live

pytestmark = pytest.mark.long


def deaf(handler, kind):
    """A handler that hears an event no longer."""

    def plant(patch):
        table = events._EVENTS._handlers
        patch.setitem(table, kind, [pair for pair in table[kind] if pair[0] is not handler])

    return plant


def without_effect(code):
    """A rule whose rejection changes nothing after an event."""
    return lambda patch: patch.setitem(effects.EFFECTS, code, Effect.NONE)


def without_findings(patch):
    """A decision that says nothing of what it was based on."""
    whole = effects.decision_row

    def bare(*told):
        row = whole(*told)
        row.findings = []
        return row

    patch.setattr(effects, "decision_row", bare)


def accepting_by_code(patch):
    """Who has accepted one complaint has accepted every other."""
    doubts = Decision.new_doubts
    patch.setattr(
        Decision, "new_doubts", lambda self, accepted: doubts(self, [each.partition(" ")[0] for each in accepted])
    )


FAULTS = {
    "letters deaf to holds": deaf(letters.answer_hold, happened.HoldOpened),
    "letters deaf to money": deaf(letters.answer_repayment, happened.RepaymentReceived),
    "letters deaf to complaints": deaf(letters.answer_complaint, happened.ComplaintOpened),
    "letters deaf to statuses": deaf(letters.answer_special_status, happened.SpecialStatusRecorded),
    "letters deaf to their case": deaf(letters.answer_case_change, happened.CaseChanged),
    "letters deaf to money taken back": deaf(letters.answer_repayment, happened.RepaymentReversed),
    "visits deaf to holds": deaf(visits.after_case_events, happened.HoldOpened),
    "visits deaf to money": deaf(visits.after_case_events, happened.RepaymentReceived),
    "visits deaf to complaints": deaf(visits.after_debtor_events, happened.ComplaintOpened),
    "visits deaf to statuses": deaf(visits.after_debtor_events, happened.SpecialStatusRecorded),
    "visits deaf to their case": deaf(visits.after_case_events, happened.CaseChanged),
    "visits go on below the minimum": without_effect("VR-020"),
    "decisions without findings": without_findings,
    "accepting by code": accepting_by_code,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_fails_the_day(company, monkeypatch, fault):
    FAULTS[fault](monkeypatch)
    with pytest.raises(AssertionError):
        live(company, DAY)
