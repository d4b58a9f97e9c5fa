"""What is asked about a letter after posting is what its bank asks, or its product where it asks something else."""

import pytest

from fieldops.correspondence.mail import lists, tracking
from fieldops.tasks.queries import task_of
from tests.makers import ask_otherwise

CHANGE = {"letter": {"followup_call_days": 3, "receipt_days": 4, "no_news_days": 5, "delivery_receipt_days": 6}}


@pytest.fixture
def own_and_other(office):
    """The items of a letter about a product that asks otherwise, and of one that does not."""
    with office.house.transaction() as session:
        ask_otherwise(session, office.house, CHANGE, product="车贷")
    (own,), (other,) = office.approved(product="车贷"), office.approved()
    items = {office.item(one).letter_id: one for one in office.posted()}
    return [(letter_id, items[letter_id]) for letter_id in (own, other)]


def listed(office, asks, days):
    """Who is on a list on that day from now, and on the day after it."""
    found = []
    for ahead in (days, 1):
        office.house.clock.advance(days=ahead)
        with office.house.transaction() as session:
            found.append([item.id for item in asks(session, office.house.clock.now())])
    return found


def test_a_receipt_and_news_are_missed_after_the_days_of_the_product(office, own_and_other):
    (_, own), (_, other) = own_and_other
    assert listed(office, lists.unreceipted_items, 4) == [[other], [own, other]]
    assert listed(office, lists.silent_items, 0) == [[], [own]]


def test_the_call_and_the_signed_receipt_after_a_delivery_are_asked_for_by_the_days_of_the_product(
    office, own_and_other
):
    with office.house.transaction() as session:
        for _, item_id in own_and_other:
            tracking.record_delivery(session, office.actor("admin_clerk"), item_id, signed_by="SELF")
        tasks = [task_of(session, "call_after_delivery", letter_id) for letter_id, _ in own_and_other]
        assert [(task.due_at - office.house.clock.now()).days for task in tasks] == [3, 1]
    (_, own), _ = own_and_other
    assert listed(office, lists.unproved_deliveries, 6) == [[], [own]]
