"""What the office sees of recalls: the lag, the unconfirmed, the visits made all the same, judged by the times."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.sync.recalls import percentile
from tests.sync.acts import cancel, case_ids_of, check_in, pay_in_full, report_result, sync


def office(road, what, **query):
    return road.client_as("SUPERVISOR").get(f"/api/v1/recalls/{what}", query_string=query).json


@given(values=st.lists(st.floats(0, 1000), min_size=1, max_size=300), share=st.sampled_from([50, 95, 99]))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values, share):
    found = percentile(sorted(values), share)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= share * len(values)
    assert sum(value < found for value in values) * 100 < share * len(values)


def test_without_recalls_nothing_is_measured(road):
    figures = office(road, "figures")
    assert (figures["recalls"], figures["p95_s"], figures["unconfirmed"]) == (0, None, 0)


def test_the_lag_is_measured_from_recall_to_screen(road):
    (phone, _), (partner, _) = road.phones()
    cancel(road, road.visit_id)
    for made, seconds in ((phone, 4), (partner, 10)):
        road.house.clock.advance(seconds=seconds)
        sync(road, made)
        made.acknowledge()
    figures = office(road, "figures")
    assert [figures[name] for name in ("recalls", "acknowledged", "p50_s", "p95_s", "p99_s")] == [2, 2, 4.0, 14.0, 14.0]


def test_an_unconfirmed_recall_of_a_visit_that_is_soon_due_is_listed_with_whom_to_call(road):
    (phone, _), _ = road.phones()
    cancel(road, road.visits[road.crew.id][1])  # due at half past ten
    assert office(road, "unconfirmed") == []
    road.house.clock.advance(minutes=5)
    listed = office(road, "unconfirmed")
    assert {(row["visit_id"], row["reason"]) for row in listed} == {(str(road.visits[road.crew.id][1]), "申请人撤回")}
    assert len({row["agent"] for row in listed}) == 2
    sync(road, phone)
    phone.acknowledge()
    assert len(office(road, "unconfirmed")) == 1


@pytest.mark.parametrize(
    ("synced", "knowledge", "told"), [(True, "COULD_HAVE_KNOWN", (1, 0)), (False, "COULD_NOT_KNOW", (0, 1))]
)
def test_a_visit_made_after_its_recall_is_listed_with_what_the_crew_could_know(road, synced, knowledge, told):
    (phone, _), _ = road.phones()
    case_ids = case_ids_of(road, road.visit_id)
    road.house.clock.advance(seconds=1)
    pay_in_full(road, road.visit_id)
    road.house.clock.advance(minutes=1)
    if synced:
        sync(road, phone)
    road.house.clock.advance(minutes=30)
    report_result(road, phone, road.visit_id, case_ids=case_ids)
    sync(road, phone)
    (row,) = office(road, "visits-after")
    assert (row["visit_id"], row["kind"], row["knowledge"]) == (str(road.visit_id), "result", knowledge)
    figures = office(road, "figures")
    assert (figures["visits_after_told"], figures["visits_after_not_told"]) == told
    assert office(road, "visits-after", since=(road.house.clock.now() + timedelta(seconds=1)).isoformat()) == []


def test_a_crew_is_not_told_by_an_answer_that_got_lost(road):
    (phone, api), _ = road.phones()
    case_ids = case_ids_of(road, road.visit_id)
    road.house.clock.advance(seconds=61)
    pay_in_full(road, road.visit_id)
    api.lose_answer = True
    with pytest.raises(OSError, match="lost"):
        sync(road, phone)
    road.house.clock.advance(minutes=30)
    report_result(road, phone, road.visit_id, case_ids=case_ids)
    sync(road, phone)
    (row,) = office(road, "visits-after")
    assert (row["knowledge"], row["times"]["phone_seen_at"] >= row["times"]["recalled_at"]) == ("COULD_NOT_KNOW", True)


def test_a_check_in_after_a_recall_is_listed_by_the_time_it_happened(road):
    (phone, _), _ = road.phones()
    check_in(road, phone, road.visit_id)  # before the recall, and sent after it
    road.house.clock.advance(minutes=1)
    pay_in_full(road, road.visit_id)
    sync(road, phone)
    (row,) = office(road, "visits-after")
    assert (row["kind"], row["knowledge"]) == ("check_in", "NOT_YET_RECALLED")


def test_a_clock_that_is_a_day_off_is_put_right_before_it_is_compared(road):
    (phone, _), _ = road.phones()
    phone.clock_off = timedelta(hours=-25)
    case_ids = case_ids_of(road, road.visit_id)
    road.house.clock.advance(seconds=1)
    pay_in_full(road, road.visit_id)
    road.house.clock.advance(minutes=30)
    arrived = road.house.clock.now() + phone.clock_off
    report_result(road, phone, road.visit_id, case_ids=case_ids, arrived=arrived)
    sync(road, phone)
    (row,) = office(road, "visits-after")
    assert (row["knowledge"], row["times"]["clock_off_s"]) == ("COULD_NOT_KNOW", -25 * 3600)
    assert "CLOCK_OFF" in row["flags"]


def test_a_visit_with_its_check_in_and_its_result_is_one_visit_after_a_recall(road):
    (phone, _), _ = road.phones()
    case_ids = case_ids_of(road, road.visit_id)
    road.house.clock.advance(seconds=1)
    pay_in_full(road, road.visit_id)
    road.house.clock.advance(minutes=1)
    check_in(road, phone, road.visit_id)
    report_result(road, phone, road.visit_id, case_ids=case_ids)
    sync(road, phone)
    assert [row["kind"] for row in office(road, "visits-after")] == ["result", "check_in"]
    assert office(road, "figures")["visits_after_not_told"] == 1
