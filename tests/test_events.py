"""Events: heard in the order of registration, in the transaction of whoever announces them."""

from dataclasses import dataclass

import pytest
from sqlalchemy import text

from fieldops.events import Events


@dataclass(frozen=True)
class Paid:
    case: int


@dataclass(frozen=True)
class Held:
    case: int


@pytest.fixture
def heard():
    return []


@pytest.fixture
def events(heard):
    table = Events()
    table.register(Paid, lambda session, event: heard.append(("first", event)))
    table.register(Paid, lambda session, event: heard.append(("second", event)))
    table.register_many(Held, lambda session, happened: heard.append(("many", list(happened))))
    return table


def test_handlers_hear_an_event_in_the_order_of_registration(events, heard):
    events.announce(None, Paid(1))
    assert heard == [("first", Paid(1)), ("second", Paid(1))]


def test_nobody_hears_what_they_did_not_ask_for(events, heard):
    events.announce(None, "something else")
    assert heard == []


def test_who_handles_many_hears_all_of_its_kind_at_once_in_their_order(events, heard):
    events.announce_all(None, [Held(2), Paid(1), Held(1)])
    assert ("many", [Held(2), Held(1)]) in heard


def test_who_handles_one_hears_each_of_many(events, heard):
    events.announce_all(None, [Paid(2), Paid(1)])
    assert [event for name, event in heard if name == "first"] == [Paid(2), Paid(1)]


def test_many_is_also_told_of_a_single_event(events, heard):
    events.announce(None, Held(3))
    assert heard == [("many", [Held(3)])]


def test_a_handler_registered_twice_hears_once(heard):
    def handler(session, event):
        heard.append(event)

    table = Events()
    for _ in range(2):  # every application of a process registers
        table.register(Paid, handler)
    table.announce(None, Paid(1))
    assert heard == [Paid(1)]


def test_a_handler_that_raises_stops_those_after_it_and_undoes_the_change(house, heard):
    table = Events()

    def refuse(session, event):
        raise RuntimeError("no")

    table.register(Paid, refuse)
    table.register(Paid, lambda session, event: heard.append(event))

    def change(session):
        session.execute(text("INSERT INTO bank (id, version, code, name) VALUES (gen_random_uuid(), 1, 'B', 'B')"))
        table.announce(session, Paid(1))

    with pytest.raises(RuntimeError, match="no"), house.transaction() as session:
        change(session)
    with house.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM bank")) == 0
    assert heard == []
