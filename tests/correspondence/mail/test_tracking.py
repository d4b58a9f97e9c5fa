"""What became of posted items: deliveries, returns with their effect on the address, never two outcomes."""

import pytest

from fieldops.addresses import queries as addresses
from fieldops.cases import queries as cases
from fieldops.correspondence.mail import tracking
from fieldops.errors import NotNow, NotUnderstood
from fieldops.tasks.queries import task_of
from tests.makers import HOME

# reason → channels and scopes of the blocks, register state. Source: domain reference §5.3
EFFECTS = {
    "M01": ({("ALL", "DEBTOR"), ("LETTER", "DEBTOR")}, "INVALID"),
    "M02": ({("ALL", "DEBTOR"), ("LETTER", "DEBTOR")}, "INVALID"),
    "M03": ({("LETTER", "DEBTOR")}, "DOUBTFUL"),
    "M04": ({("ALL", "EXACT"), ("LETTER", "DEBTOR")}, "INVALID"),
    "M05": ({("ALL", "SITE"), ("LETTER", "DEBTOR")}, "INVALID"),
    "M06": ({("LETTER", "DEBTOR")}, "UNVERIFIED"),
    "M07": ({("LETTER", "DEBTOR")}, "DOUBTFUL"),
    "M08": ({("LETTER", "DEBTOR")}, "UNVERIFIED"),
    "M09": ({("ALL", "DEBTOR"), ("LETTER", "DEBTOR")}, "INVALID"),
    "M10": (set(), "UNVERIFIED"),
}


def returned(office, item_id, reason):
    scan = office.scan()
    with office.house.transaction() as session:
        tracking.record_return(session, office.actor("admin_clerk"), item_id, reason=reason, scan_sha256=scan)


@pytest.fixture
def posted_items(office):
    letter_ids = office.approved(len(EFFECTS))
    items = {office.item(one).letter_id: one for one in office.posted()}
    return [(letter_id, items[letter_id]) for letter_id in letter_ids]


def test_each_return_reason_has_its_effect_on_the_address(office, posted_items):
    for (letter_id, item_id), (reason, (blocks, state)) in zip(posted_items, EFFECTS.items(), strict=True):
        returned(office, item_id, reason)
        letter = office.read(letter_id)
        assert (letter.status, office.item(item_id).outcome) == ("RETURNED", reason)
        with office.house.transaction() as session:
            address = addresses.address_by_id(session, letter.address_id)
            standing = addresses.standing_blocks(session, [address])
            found = {(block.channel, block.scope) for block in standing.get(address.id, ())}
            assert (reason, found) == (reason, blocks)
            assert (reason, addresses.register_states(session, [address], standing)[address.id]) == (reason, state)
            held = [hold.kind for hold in cases.holds_by_case(session, [letter.case_id])[letter.case_id]]
            assert held == (["DEATH"] if reason == "M08" else [])


@pytest.mark.parametrize("reason", ["", "M11", "m01"])
def test_a_return_without_a_reason_of_the_list_is_refused_and_changes_nothing(office, reason):
    office.approved()
    (item_id,) = office.posted()
    with pytest.raises(NotUnderstood):
        returned(office, item_id, reason)
    assert office.item(item_id).status == "POSTED"


def test_an_item_has_one_outcome(office):
    office.approved()
    (item_id,) = office.posted()
    returned(office, item_id, "M06")
    with pytest.raises(NotNow):
        returned(office, item_id, "M06")
    with pytest.raises(NotNow), office.house.transaction() as session:
        tracking.record_delivery(session, office.actor("admin_clerk"), item_id, signed_by="SELF")


def test_an_item_that_was_never_posted_cannot_come_back(office):
    office.approved()
    (item_id,) = office.registered()
    with pytest.raises(NotNow):
        returned(office, item_id, "M01")


def test_after_a_return_other_letters_to_the_address_are_stopped(office):
    raw = {"HOME": HOME.format(501)}
    first = office.approve(office.request(office.case(addresses=raw)))
    (item_id,) = office.posted([first])
    debtor_id = office.read(first).debtor_id
    with office.house.transaction() as session:
        debtor = cases.debtors_by_ids(session, [debtor_id])[debtor_id]
    second = office.approve(office.request(office.case(addresses=raw, debtor=debtor)), comment="another card")
    returned(office, item_id, "M06")
    stopped = office.read(second)
    assert (stopped.status, stopped.status_reason) == ("CANCELLED", "LR-032 M06")
    refused = office.read(office.request(office.read(first).case_id))
    assert (refused.status, "LR-032" in refused.codes) == ("REJECTED", True)


def test_after_a_delivery_somebody_is_asked_to_call(office):
    (letter_id,) = office.approved()
    (item_id,) = office.posted()
    with office.house.transaction() as session:
        tracking.record_delivery(session, office.actor("admin_clerk"), item_id, signed_by="FAMILY")
        task = task_of(session, "call_after_delivery", letter_id)
        assert (task.role, (task.due_at - office.house.clock.now()).days) == ("PHONE_COLLECTOR", 1)
