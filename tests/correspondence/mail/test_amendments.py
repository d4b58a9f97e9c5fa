"""Corrections of a signed list: recorded beside it, initialled by both sides; the list itself stays as it was."""

import pytest
import sqlalchemy as sa

from fieldops.correspondence import queries, reconciling, register
from fieldops.correspondence.mail import amendments, journey, receipts
from fieldops.errors import NotFound, NotNow, NotUnderstood
from fieldops.tasks.queries import task_of

INITIALS = {"our_initials": "李", "post_initials": "王"}


def amend(office, item_id, list_id=None, **said):
    with office.house.transaction() as session:
        clerk = office.actor("admin_clerk")
        said = INITIALS | {"reason": "counted at the counter"} | said
        list_id = list_id or queries.item_by_id(session, item_id).handover_id
        return amendments.amend(session, clerk, list_id, item_id=item_id, **said)


def test_an_item_the_post_struck_off_is_ours_again_and_its_line_reversed(office):
    kept, struck = office.approved(2)
    items = {office.item(one).letter_id: one for one in office.posted()}
    list_id = office.item(items[struck]).handover_id
    made = amend(office, items[struck], kind="STRUCK_OFF")
    assert (made.number, made.was, made.becomes) == (1, "POSTED", "REGISTERED")
    assert [office.read(one).status for one in (kept, struck)] == ["POSTED", "SEALED"]
    with office.house.transaction() as session:
        listed = queries.list_by_id(session, list_id)
        assert (listed.status, listed.pieces) == ("HANDED_OVER", 2)
        lines = register.register_page(session, limit=9)["items"]
        assert [line.kind for line in lines][-1] == "REVERSAL"
        assert register.verify_register(session) == []
        assert len(amendments.amendments_of(session, list_id)) == 1
    second = office.listed()
    assert second != list_id
    office.hand_over(second)
    assert office.read(struck).status == "POSTED"


def test_the_receipt_of_an_item_struck_off_later_counts_no_longer_and_its_next_posting_has_its_own(office):
    """The stamped list was filed whole, and only then somebody saw that the post had struck an item off."""
    office.approved()
    (item_id,) = office.posted()
    first, number = office.item(item_id).handover_id, office.item(item_id).tracking_no

    def file(list_id, scan):
        with office.house.transaction() as session:
            made = receipts.file_list_receipt(session, office.actor("admin_clerk"), list_id, scan_sha256=scan)
            return [one.strikes for one in made]

    def compared():
        with office.house.transaction() as session:
            found = reconciling.reconcile(session, office.actor("admin_clerk"))["differences"]
            return [(one["code"], one["subject"]) for one in found]

    assert file(first, office.scan("first")) == [0]
    amend(office, item_id, kind="STRUCK_OFF")
    assert compared() == []
    office.house.clock.advance(days=1)
    second = office.listed()
    office.hand_over(second)
    assert compared() == [("REGISTERED_NOT_POSTED", number)]
    assert file(second, office.scan("second")) == [1]
    assert compared() == []
    with office.house.transaction() as session:
        assert task_of(session, "receipt_contradicts", item_id) is None


def test_another_weight_or_postage_is_recorded_with_what_it_was(office):
    office.approved()
    (item_id,) = office.posted()
    assert amend(office, item_id, kind="WEIGHT", becomes=21).was == "11"
    assert amend(office, item_id, kind="POSTAGE", becomes=540).number == 2
    assert (office.item(item_id).weight_g, office.item(item_id).postage_fen) == (21, 540)


def test_a_correction_that_cannot_be_one_is_refused_by_name(office):
    office.approved()
    (item_id,) = office.registered()
    list_id = office.listed()
    with pytest.raises(NotNow, match="nobody signed"):
        amend(office, item_id, list_id, kind="STRUCK_OFF")
    office.hand_over(list_id)
    with pytest.raises(NotUnderstood):
        amend(office, item_id, kind="WEIGHT")
    with pytest.raises(NotFound):
        amend(office, list_id, list_id, kind="STRUCK_OFF")
    assert office.item(item_id).status == "POSTED"
    with office.house.transaction() as session:
        journey.record_event(session, office.actor("admin_clerk"), item_id, code="in_transit")
    with pytest.raises(NotNow, match="cannot undo_post"):  # what is under way the post has taken
        amend(office, item_id, list_id, kind="STRUCK_OFF")
    with office.house.transaction() as session:
        assert amendments.amendments_of(session, list_id) == []
    assert office.read(office.item(item_id).letter_id).status == "POSTED"


def test_a_correction_stays_as_it_was_written(office):
    office.approved()
    (item_id,) = office.posted()
    amend(office, item_id, kind="WEIGHT", becomes=21)
    with pytest.raises(sa.exc.IntegrityError, match="append-only"), office.house.transaction() as session:
        session.execute(sa.text("DELETE FROM handover_amendment"))
