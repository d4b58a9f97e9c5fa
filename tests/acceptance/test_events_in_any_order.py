"""Requests and events in any order: nobody who has paid, is held or is out of mandate keeps anything on its way."""

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.acceptance.company import Company

# Of thirteen cases the first six bring a visit on its way, the others a letter, the last one with a crew already; REQUEST
# and APPROVE give the others both.
DAY = (
    ("request", range(12)),
    ("approve",),
    ("hold", (0, 6), "BANK_PAUSE"),
    ("complain", (1, 7), "ORDINARY"),
    ("complain", (2,), "MAJOR"),
    ("prove", (3,), "FRAUD", "COMPLETE"),
    ("prove", (8,), "CUSTODY", "CLAIMED"),
    ("pay", (4,), 100_000),
    ("approve",),
    ("complain", (7,), "MINOR"),
    ("pay", (0, 9, 12), 300_001),
    ("take_payment_back", (4,)),
    ("pay", (5, 10, 12), 800_000),
    ("close_complaint", (2, 7), False),
    ("complain", (7,), "MINOR"),
    ("release", (0, 6)),
    ("step", (4, 11), "PAUSE"),
    ("step", (4,), "RESUME"),
    ("step", (6, 11), "ASK_WITHDRAWAL"),
    ("step", (6, 11), "AGREE_WITHDRAWAL"),
    ("batch",),
    ("complain", (4,), "MINOR"),
    ("let_days_pass", 39),
)


def live(company, day):
    """Let a day's events happen one after the other, and look around after each."""
    company.open_office()
    try:
        for name, *words in day:
            getattr(company, name)(*words)
            company.nothing_is_on_its_way_to_who_must_not_be_reached()
            company.no_decision_lacks_its_findings()
            company.routes_and_phones_hold_only_what_is_to_be_made()
    finally:
        company.teardown()


def test_one_day_of_every_event_leaves_nothing_on_its_way(company):
    live(company, DAY)


@pytest.fixture
def any_order(postgres, stage_database, stage_app):
    return type("AnyOrder", (Company,), {"where": (postgres, stage_database)})


def test_events_in_any_order_leave_nothing_on_its_way(any_order):
    run_state_machine_as_test(any_order, settings=settings(max_examples=8, stateful_step_count=15))


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_many_events_in_any_order_leave_nothing_on_its_way(any_order, part):
    """A hundred and fifty days of forty steps, in parts that begin elsewhere."""
    fifteen = settings(max_examples=15, stateful_step_count=40, print_blob=True)
    run_state_machine_as_test(seed(part)(any_order), settings=fifteen)
