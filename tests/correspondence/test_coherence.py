"""X23: what a letter says is owed is what the crew at the door reads that day, to the fen and to the day."""

from datetime import datetime, timedelta

import orjson
import pytest

from fieldops.cases import service as cases
from fieldops.clock import SHANGHAI
from fieldops.correspondence import queries
from fieldops.sync import queries as sync
from fieldops.visits.queries import cards_of
from tests.makers import AS_OF


@pytest.fixture
def house(road):
    return road.house


@pytest.fixture
def app(road):
    return road.app


@pytest.fixture
def case_id(road):
    with road.house.transaction() as session:
        return cards_of(session, [road.visit_id])[road.visit_id][0]


def on_the_phone(road, case_id):
    """What the crew's newest card says of the case."""
    with road.house.transaction() as session:
        _, body = sync.newest_cards(session, [road.visit_id])[road.visit_id]
    (card,) = [one for one in orjson.loads(body)["cards"] if one["case_id"] == str(case_id)]
    return card["amount_fen"], card["balance_as_of"]


def in_the_letter(office, letter_id):
    figures = office.read(letter_id).figures
    return figures["balance_fen"], figures["balance_as_of"]


def pay(road, office, case_id, paid_at, amount_fen=100_001):
    with road.house.transaction() as session:
        cases.record_repayment(
            session, office.actor("business_dept"), case_id=case_id, amount_fen=amount_fen, paid_at=paid_at,
            channel="柜台", external_id=f"P{paid_at.isoformat()}",
        )  # fmt: skip


def newest_letter(office, letter_id):
    with office.house.transaction() as session:
        return next(one.id for one in queries.letters_page(session, limit=9) if one.supersedes_id == letter_id)


def test_letter_and_visit_say_the_same_on_the_same_day(office, road, case_id):
    letter_id = office.approve(office.request(case_id))
    assert in_the_letter(office, letter_id) == on_the_phone(road, case_id)


def test_a_part_payment_changes_both_at_once_and_the_old_letter_is_superseded(office, road, case_id):
    letter_id = office.approve(office.request(case_id))
    before = on_the_phone(road, case_id)
    pay(road, office, case_id, office.house.clock.now())
    assert (office.read(letter_id).status, office.read(letter_id).status_reason) == ("CANCELLED", "LR-022")
    replaced = office.approve(newest_letter(office, letter_id))
    assert in_the_letter(office, replaced) == on_the_phone(road, case_id) == (before[0] - 100_001, before[1])


LAST_SECOND = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 23, 59, 59, tzinfo=SHANGHAI)


@pytest.mark.parametrize(("paid_at", "taken_off"), [(LAST_SECOND, 0), (LAST_SECOND + timedelta(seconds=1), 100_001)])
def test_a_payment_around_midnight_of_the_balances_day_counts_the_same_for_both(
    office, road, case_id, paid_at, taken_off
):
    before, _ = on_the_phone(road, case_id)
    pay(road, office, case_id, paid_at)
    letter_id = office.approve(office.request(case_id))
    assert in_the_letter(office, letter_id) == on_the_phone(road, case_id) == (before - taken_off, AS_OF.isoformat())
