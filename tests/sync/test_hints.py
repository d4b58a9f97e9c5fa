"""Phones that wait: woken within a moment, told nothing they do not ask for, never more than there are seats."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text

from fieldops.sync.feed import PUT, Change, hints
from fieldops.sync.waiting import waiting_room
from tests.sync.acts import cancel, report_result, republish, sync


@pytest.fixture(autouse=True)
def seats(road):
    road.app.config["WAITING_SEATS"] = 3
    yield
    road.app.config["WAITING_SEATS"] = 0


def room(road):
    return waiting_room(road.house.database.url)


def ask(phone, api, wait=20):
    return api.get("/mobile/events", cursor=phone.cursor, wait=wait)


@contextmanager
def waiting(road, made, count=1):
    """Phones that wait in threads of their own, once they sit."""
    with ThreadPoolExecutor(4) as pool:
        asked = pool.submit(ask, *made)
        ends = time.monotonic() + 60
        while room(road).sitting < count and time.monotonic() < ends:
            time.sleep(0.01)
        assert room(road).sitting == count
        assert room(road)._ready.wait(10)
        yield asked


def test_a_phone_that_waits_is_woken_by_a_recall(road):
    made, _ = road.phones()
    with waiting(road, made) as asked:
        cancel(road, road.visit_id)
        assert asked.result(15) == {"changed": True, "urgent": True, "next_poll_s": 0}
    assert room(road).sitting == 0


def test_a_phone_that_waits_is_woken_by_a_new_plan_which_is_not_urgent(road):
    (phone, api), _ = road.phones(road.crews[1])
    with waiting(road, (phone, api)) as asked:
        republish(road, {road.crew: [], road.crews[1]: [*road.visits[road.crews[1].id], road.visit_id]})
        assert asked.result(15) == {"changed": True, "urgent": False, "next_poll_s": 0}


def test_what_came_before_the_question_is_told_at_once(road):
    (phone, api), _ = road.phones()
    cancel(road, road.visit_id)
    assert ask(phone, api) == {"changed": True, "urgent": True, "next_poll_s": 0}


def test_a_change_of_others_wakes_nobody(road):
    made, _ = road.phones(road.crews[1])
    with waiting(road, made) as asked:
        cancel(road, road.visit_id)
        room(road)._seats[next(iter(room(road)._seats))].wait(0.3)
        assert not asked.done()
        room(road)._stop()  # the connection breaks: everybody is called, and asks again
        assert asked.result(15) == {"changed": False, "urgent": False, "next_poll_s": 60}


def test_when_nothing_comes_the_answer_says_so(road):
    (phone, api), _ = road.phones()
    assert ask(phone, api, wait=0) == {"changed": False, "urgent": False, "next_poll_s": 60}


def test_with_all_seats_taken_the_answer_comes_at_once(road):
    made, (partner, partner_api) = road.phones()
    road.app.config["WAITING_SEATS"] = 1
    with waiting(road, made) as asked:
        assert ask(partner, partner_api) == {"changed": False, "urgent": False, "next_poll_s": 60}
        cancel(road, road.visit_id)
        assert asked.result(15)["changed"]


def test_a_phone_that_asks_again_gives_up_its_old_seat(road):
    (phone, api), _ = road.phones()
    with waiting(road, (phone, api)) as first, ThreadPoolExecutor(1) as pool:
        second = pool.submit(ask, phone, api)
        assert first.result(15)["changed"] is False
        cancel(road, road.visit_id)
        assert second.result(15)["changed"] is True


def test_nobody_holds_a_database_connection_while_waiting(road):
    made, _ = road.phones()
    pool = road.house.database.engine.pool
    with waiting(road, made) as asked:
        ends = time.monotonic() + 60
        while pool.checkedout() and time.monotonic() < ends:
            time.sleep(0.01)
        assert pool.checkedout() == 0
        with road.house.transaction() as session:
            heard = session.scalars(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                )
            ).one()
        assert heard == 1
        cancel(road, road.visit_id)
        asked.result(15)


def test_a_listener_that_loses_its_connection_calls_everybody_and_another_takes_over(road):
    (phone, api), _ = road.phones()
    with waiting(road, (phone, api)) as asked:
        with road.house.transaction() as session:
            killed = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            session.execute(text(killed))
        assert asked.result(15)["changed"] is False
    with waiting(road, (phone, api)) as again:
        cancel(road, road.visit_id)
        assert again.result(15)["changed"] is True


def test_the_listener_goes_when_nobody_waits_any_more(road, monkeypatch):
    monkeypatch.setattr("fieldops.sync.waiting.LOOKS_UP_EVERY_S", 0.05)
    made, _ = road.phones()
    with waiting(road, made) as asked:
        cancel(road, road.visit_id)
        asked.result(15)
    ends = time.monotonic() + 60
    while room(road)._listener is not None and time.monotonic() < ends:
        time.sleep(0.02)
    assert room(road)._listener is None


def test_what_a_crew_reports_itself_wakes_nobody(road):
    (phone, _), partner = road.phones()
    report_result(road, phone, road.visit_id)
    with waiting(road, partner) as asked:
        sync(road, phone)
        threading.Event().wait(0.3)
        assert not asked.done()
        room(road)._stop()
        assert asked.result(15)["changed"] is True  # it is there all the same


def test_a_thousand_agents_fit_in_notifications_of_eight_kilobytes():
    told = hints(Change(uuid4(), PUT, uuid4(), 1, datetime.now(UTC), urgent=True) for _ in range(1000))
    assert (len(told), sum(each.count(",") + 1 for each in told)) == (5, 1000)
    assert max(map(len, told)) < 8000
