"""What a report is worth and what the gate says: every row of the tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.sync.rules import (
    CHECK_IN,
    CLOCK_JUMP,
    CLOCK_OFF,
    CLOCK_TOLERANCE,
    CLOCK_UNVERIFIED,
    DEVICE_STEPS,
    NEWEST_SCHEMA,
    OBJECTION,
    RESULT,
    STANDINGS,
    TAKEN,
    Code,
    Held,
    Knowledge,
    Standing,
    clock_signals,
    code_of,
    commands_to,
    gate_stops,
    knowledge_of,
)
from fieldops.visits import states

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
MINE = Standing(
    kind=RESULT, ever_held=True, left_reason=None, recalled=False, begun=False, has_primary=False, obeys=False
)
RECALLED = replace(MINE, left_reason="repayment 还款", recalled=True)
STOPPED_AT_THE_DOOR = replace(MINE, recalled=True, begun=True)


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (MINE, Code.APPLIED),
        (replace(MINE, kind=CHECK_IN), Code.APPLIED),
        (replace(MINE, ever_held=False), Code.REJECTED_FORBIDDEN),
        (replace(MINE, ever_held=False, has_primary=True), Code.REJECTED_FORBIDDEN),
        (replace(MINE, has_primary=True), Code.CONFLICT_ALREADY_COMPLETED),
        (replace(MINE, left_reason="DONE", has_primary=True), Code.CONFLICT_ALREADY_COMPLETED),
        (replace(MINE, left_reason="NOT_EXECUTED"), Code.CONFLICT_ALREADY_COMPLETED),
        (replace(MINE, kind=CHECK_IN, left_reason="DONE", has_primary=True), Code.APPLIED),
        (replace(MINE, kind=CHECK_IN, left_reason="NOT_EXECUTED"), Code.APPLIED),
        (RECALLED, Code.ACCEPTED_AFTER_RECALL),
        (replace(RECALLED, kind=CHECK_IN), Code.ACCEPTED_AFTER_RECALL),
        (replace(RECALLED, obeys=True), Code.ACCEPTED_AFTER_RECALL),
        (replace(STOPPED_AT_THE_DOOR, obeys=True), Code.APPLIED),
        (replace(RECALLED, not_made=True), Code.APPLIED),
        (replace(STOPPED_AT_THE_DOOR, not_made=True), Code.APPLIED),
        (replace(MINE, left_reason="REASSIGNED", not_made=True), Code.ACCEPTED_OUT_OF_SCOPE),
        (STOPPED_AT_THE_DOOR, Code.ACCEPTED_AFTER_RECALL),
        (replace(STOPPED_AT_THE_DOOR, begun=False, obeys=True), Code.ACCEPTED_AFTER_RECALL),
        (replace(MINE, left_reason="REASSIGNED"), Code.ACCEPTED_OUT_OF_SCOPE),
        (replace(MINE, left_reason="UNPLANNED"), Code.ACCEPTED_OUT_OF_SCOPE),
        (replace(MINE, left_reason="UNPLANNED", kind=CHECK_IN), Code.ACCEPTED_OUT_OF_SCOPE),
        (replace(MINE, left_reason="DAY_OVER"), Code.APPLIED),
        (replace(MINE, left_reason="DAY_OVER", recalled=True), Code.ACCEPTED_AFTER_RECALL),
    ],
)
def test_a_report_is_worth_what_its_visit_stands_for(standing, code):
    assert code_of(standing) is code


def test_every_row_of_the_table_decides_something():
    every = [
        Standing(kind, *flags[:1], left, *flags[1:])
        for kind in (CHECK_IN, RESULT, OBJECTION)
        for left in (None, "DONE", "NOT_EXECUTED", "REASSIGNED", "DAY_OVER", "repayment 还款")
        for flags in product((True, False), repeat=5)
    ]
    deciding = {next((row for row, (holds, _) in enumerate(STANDINGS) if holds(each)), None) for each in every}
    assert deciding == {*range(len(STANDINGS)), None}


@given(
    st.builds(
        Standing,
        kind=st.sampled_from([CHECK_IN, RESULT]),
        ever_held=st.just(True),
        left_reason=st.none() | st.sampled_from(["DONE", "REASSIGNED", "anything else"]),
        recalled=st.booleans(),
        begun=st.booleans(),
        has_primary=st.booleans(),
        obeys=st.booleans(),
    )
)
def test_what_has_happened_at_a_visit_of_mine_is_never_refused(standing):
    assert code_of(standing) in TAKEN


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("arrived", "acked", "seen", "knowledge"),
    [
        (NOON - MINUTE, None, None, Knowledge.NOT_YET_RECALLED),
        (NOON + 9 * MINUTE, NOON + 9 * MINUTE, None, Knowledge.KNEW),
        (NOON + 9 * MINUTE, NOON + 10 * MINUTE, NOON + 5 * MINUTE, Knowledge.COULD_HAVE_KNOWN),
        (NOON + 9 * MINUTE, None, NOON, Knowledge.COULD_HAVE_KNOWN),
        (NOON + 9 * MINUTE, None, NOON - MINUTE, Knowledge.COULD_NOT_KNOW),
        (NOON + 9 * MINUTE, None, NOON + 10 * MINUTE, Knowledge.COULD_NOT_KNOW),
        (NOON + 9 * MINUTE, None, None, Knowledge.COULD_NOT_KNOW),
    ],
)
def test_whether_a_crew_could_have_known_follows_from_the_times(arrived, acked, seen, knowledge):
    told = {"recalled_at": NOON, "arrived_at": arrived, "acked_at": acked, "seen_at": seen}
    assert knowledge_of(**told, clock_ok=True) is knowledge
    assert knowledge_of(**told, clock_ok=False) is Knowledge.CLOCK_IN_DOUBT


TOLD = {"client_time": NOON, "boot_id": "b1", "elapsed_ms": 3_600_000}
REPORT = {"device_time": NOON - timedelta(minutes=30), "boot_id": "b1", "elapsed_ms": 1_800_000}


@pytest.mark.parametrize("sign", [1, -1])
def test_a_clock_may_be_two_minutes_off_either_way(sign):
    right = {**TOLD, "client_time": NOON + sign * CLOCK_TOLERANCE}
    wrong = {**TOLD, "client_time": NOON + sign * (CLOCK_TOLERANCE + timedelta(seconds=1))}
    assert CLOCK_OFF not in clock_signals(right, REPORT, NOON)
    assert CLOCK_OFF in clock_signals(wrong, REPORT, NOON)


def test_a_clock_that_is_wrong_all_the_time_has_not_jumped():
    day = timedelta(hours=25)
    told, report = ({**row, name: row[name] + day} for row, name in ((TOLD, "client_time"), (REPORT, "device_time")))
    assert clock_signals(told, report, NOON) == [CLOCK_OFF]


@pytest.mark.parametrize(
    ("moved", "signals"),
    [
        (timedelta(0), []),
        (timedelta(seconds=120), []),
        (timedelta(seconds=121), [CLOCK_JUMP]),
        (-timedelta(hours=25), [CLOCK_JUMP]),
    ],
)
def test_a_clock_that_was_moved_since_the_report_disagrees_with_the_uptime(moved, signals):
    assert clock_signals(TOLD, {**REPORT, "device_time": REPORT["device_time"] + moved}, NOON) == signals


@pytest.mark.parametrize("change", [{"boot_id": "b0"}, {"elapsed_ms": None}, {"elapsed_ms": 3_600_001}])
def test_after_a_restart_or_without_an_uptime_the_clock_is_unverified(change):
    assert clock_signals(TOLD, {**REPORT, **change}, NOON) == [CLOCK_UNVERIFIED]


@pytest.mark.parametrize(
    ("state", "same_session", "schema", "commands"),
    [
        ("ACTIVE", True, NEWEST_SCHEMA, []),
        ("ACTIVE", True, NEWEST_SCHEMA - 1, ["UPGRADE"]),
        ("ACTIVE", False, NEWEST_SCHEMA, ["LOGOUT"]),
        ("WIPE", False, NEWEST_SCHEMA - 1, ["WIPE", "LOGOUT", "UPGRADE"]),
    ],
)
def test_a_phone_is_told_what_it_must_do(state, same_session, schema, commands):
    assert commands_to(state=state, same_session=same_session, schema=schema) == commands


def test_a_phone_that_is_revoked_is_never_anything_else_again():
    assert set(DEVICE_STEPS) == {"ACTIVE", "WIPE", "REVOKED"}
    assert DEVICE_STEPS["REVOKED"] == frozenset()
    assert all(following <= set(DEVICE_STEPS) for following in DEVICE_STEPS.values())


@pytest.mark.parametrize("status", ["PLANNED", "IN_PROGRESS"])
def test_the_gate_lets_pass_what_is_mine_and_planned(status):
    assert gate_stops(Held(in_scope=True, status=status, of_today=True, recall_reason=None), lawful_hour=True) is None


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (Held(in_scope=True, status="PLANNED", of_today=True, recall_reason="repayment 还款"), "repayment 还款"),
        (Held(in_scope=False, status="PLANNED", of_today=True, recall_reason=None), "NOT_YOURS"),
        (Held(in_scope=True, status=None, of_today=True, recall_reason=None), "NOT_YOURS"),
        (Held(in_scope=False, status=None, of_today=True, recall_reason=None), "NOT_YOURS"),
    ],
)
def test_the_gate_says_why_it_stops(held, reason):
    assert gate_stops(held, lawful_hour=True) == reason


@pytest.mark.parametrize("status", sorted({*states.STEPS, *states.FINAL} - {"PLANNED", "IN_PROGRESS"}))
def test_the_gate_stops_whatever_state_is_not_on_the_road(status):
    assert gate_stops(Held(in_scope=True, status=status, of_today=True, recall_reason=None), lawful_hour=True) == status


def test_the_gate_stops_a_visit_of_another_days_plan():
    held = Held(in_scope=True, status="PLANNED", of_today=False, recall_reason=None)
    assert gate_stops(held, lawful_hour=True) == "NOT_TODAY"


def test_the_gate_stops_every_visit_outside_lawful_hours():
    held = Held(in_scope=True, status="PLANNED", of_today=True, recall_reason=None)
    assert gate_stops(held, lawful_hour=False) == "OUTSIDE_LAWFUL_HOURS"
