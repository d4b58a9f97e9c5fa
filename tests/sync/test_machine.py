"""Any day at all, with every fault of the design: the promises of sync hold; and each way to break them is found."""

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.sync.machine import machine_of
from tests.sync.mutants import MUTANTS

ANY = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


@pytest.fixture
def machine(postgres, road_database, shared_app):
    return machine_of(postgres, road_database, shared_app)


def test_any_day_keeps_the_promises_of_sync(machine):
    run_state_machine_as_test(
        machine, settings=settings(max_examples=30, stateful_step_count=14, derandomize=True, **ANY)
    )


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_any_long_day_keeps_the_promises_of_sync(machine, part):
    """Five hundred days of forty steps, in parts that begin elsewhere."""
    fifty = settings(max_examples=50, stateful_step_count=40, print_blob=True, **ANY)
    run_state_machine_as_test(seed(part)(machine), settings=fifty)


@pytest.mark.long
@pytest.mark.parametrize("name", MUTANTS)
def test_a_server_or_phone_that_is_broken_on_purpose_is_found(machine, monkeypatch, name):
    """The machine has teeth: each mutant of the design fails it."""
    MUTANTS[name](monkeypatch)
    quickly = settings(
        max_examples=300,
        stateful_step_count=25,
        derandomize=True,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        **ANY,
    )
    with pytest.raises(Exception, match=r"I[1-9]|FeedGap|hole|Flaky"):
        run_state_machine_as_test(machine, settings=quickly)
