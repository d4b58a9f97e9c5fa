"""Files of the post: each row has its own outcome, and one that is refused changes nothing."""

import io

import pytest
import sqlalchemy as sa

from fieldops.correspondence.mail import intake as mail_intake
from fieldops.correspondence.mail import journey, undoing
from fieldops.correspondence.mail_models import PostalReceipt
from fieldops.errors import NotUnderstood
from fieldops.imports import service as imports
from fieldops.imports.service import import_file

TRACKING = """邮件号码,状态,时间,地点,签收人
XA00000000001,妥投,2026-11-24 10:00,示范路,本人
XA 0000 0000 002,运输中,2026-11-24 11:00,示范中心,
XA00000000777,运输中,2026-11-24 11:00,示范中心,
XA00000000002,飞走了,2026-11-24 12:00,示范中心,
XA00000000002,妥投,2026-11-24 12:30,示范中心,
XA1,运输中,2026-11-24 12:00,示范中心,
XA00000000002,退回中,2026-12-24 12:00,示范中心,
"""
RECEIPTS = """邮件号码,收寄日期
XA00000000001,2026-11-23
XA00000000777,2026-11-23
"""


@pytest.fixture
def posted(office):
    office.approved(2)
    items = sorted((office.item(one) for one in office.posted()), key=lambda item: item.tracking_no)
    office.house.clock.advance(days=2)
    return items


def bring(office, kind, text):
    made = import_file(office.house, office.actor("admin_clerk"), kind, text.encode(), f"{kind}.csv")
    return made, imports.error_file(office.house, made.import_id)


def test_each_row_of_a_tracking_file_has_its_own_outcome(office, posted):
    made, errors = bring(office, "tracking", TRACKING)
    assert (made.rows_read, made.changed, made.errors) == (7, 2, 5)
    for code in ("ITEM_UNKNOWN", "SIGNER_MISSING", "LR-071", "EVENT_TO_COME"):
        assert code in errors
    assert [office.item(item.id).status for item in posted] == ["DELIVERED", "IN_TRANSIT"]
    with office.house.transaction() as session:
        assert [one.source for one in journey.events_of(session, posted[0].id)] == ["FILE"]


def test_the_same_file_again_changes_nothing(office, posted):
    bring(office, "tracking", TRACKING)
    versions = [office.item(item.id).version for item in posted]
    made, _ = bring(office, "tracking", TRACKING)
    assert (made.changed, made.unchanged, made.errors) == (0, 2, 5)
    assert [office.item(item.id).version for item in posted] == versions


def test_receipts_of_the_carriers_file_are_recorded_once_and_strangers_refused(office, posted):
    made, errors = bring(office, "postal_receipts", RECEIPTS)
    assert (made.created, made.errors) == (1, 1)
    assert "RECEIPT_UNKNOWN_ITEM" in errors
    made, _ = bring(office, "postal_receipts", RECEIPTS)
    assert (made.created, made.unchanged, made.errors) == (0, 1, 1)


HEADING = "邮件号码,状态,时间,地点,签收人\n"
CONTRADICTIONS = {  # what is on record, a row that cannot be true beside it
    "delivered on another day": ("妥投,2026-11-24 10:00,,本人", "妥投,2026-11-25 10:00,,本人", "ITEM_STATE"),
    "delivered an hour earlier": ("妥投,2026-11-24 10:00,,本人", "妥投,2026-11-24 09:00,,本人", "EVENT_CONTRADICTS"),
    "signed by somebody else": ("妥投,2026-11-24 10:00,,本人", "妥投,2026-11-24 10:00,,家人", "EVENT_CONTRADICTS"),
    "lost before it was delivered": ("妥投,2026-11-24 10:00,,本人", "遗失,2026-11-24 09:00,,", "EVENT_CONTRADICTS"),
    "lost after it was delivered": ("妥投,2026-11-24 10:00,,本人", "遗失,2026-11-24 11:00,,", "ITEM_STATE"),
    "delivered before it was under way": (
        "派送中,2026-11-24 10:00,,",
        "妥投,2026-11-24 09:00,,本人",
        "EVENT_CONTRADICTS",
    ),
    "elsewhere at that instant": (
        "运输中,2026-11-24 10:00,甲站,",
        "运输中,2026-11-24 10:00,乙站,",
        "EVENT_CONTRADICTS",
    ),
}


def test_a_row_that_contradicts_what_is_on_record_is_refused_and_listed(office):
    office.approved(len(CONTRADICTIONS))
    items = [office.item(one) for one in office.posted()]
    office.house.clock.advance(days=3)
    pairs = list(zip(items, CONTRADICTIONS.values(), strict=True))
    made, _ = bring(
        office, "tracking", HEADING + "".join(f"{item.tracking_no},{first}\n" for item, (first, _, _) in pairs)
    )
    assert (made.changed, made.errors) == (len(items), 0)
    before = [stands(office, item) for item in items]
    made, errors = bring(
        office, "tracking", HEADING + "".join(f"{item.tracking_no},{row}\n" for item, (_, row, _) in pairs)
    )
    assert (made.changed, made.unchanged, made.errors) == (0, 0, len(items))
    listed = errors.splitlines()
    for item, (name, (_, _, code)) in zip(items, CONTRADICTIONS.items(), strict=True):
        assert any(item.tracking_no in line and code in line for line in listed), (name, errors)
    assert [stands(office, item) for item in items] == before


def stands(office, item):
    now = office.item(item.id)
    return now.status, now.version, now.outcome, told(office, item)


def told(office, item):
    with office.house.transaction() as session:
        return [(one.code, one.happened_at) for one in journey.events_of(session, item.id)]


def test_an_older_event_that_fits_is_kept_and_one_told_again_with_less_is_unchanged(office, posted):
    heading, number = HEADING, posted[0].tracking_no
    bring(office, "tracking", f"{heading}{number},派送中,2026-11-24 10:00,甲站,\n")
    made, _ = bring(
        office, "tracking", f"{heading}{number},运输中,2026-11-24 09:00,,\n{number},派送中,2026-11-24 10:00,,\n"
    )
    assert (made.changed, made.unchanged, made.errors) == (1, 1, 0)
    assert office.item(posted[0].id).status == "OUT_FOR_DELIVERY"


def test_a_delivery_a_clerk_reported_without_its_instant_is_unchanged_when_the_post_names_that(office, posted):
    (item, other), clerk = posted, office.actor("admin_clerk")
    with office.house.transaction() as session:
        journey.record_event(session, clerk, item.id, code="deliver", signed_by="SELF")
        journey.record_event(session, clerk, other.id, code="deliver", signed_by="FAMILY")
    before = [stands(office, one) for one in posted]
    rows = "".join(f"{one.tracking_no},妥投,2026-11-24 10:00,示范路,本人\n" for one in posted)
    made, errors = bring(office, "tracking", HEADING + rows)
    assert (made.changed, made.unchanged, made.errors) == (0, 1, 1)
    assert other.tracking_no in errors
    assert "EVENT_CONTRADICTS" in errors
    assert [stands(office, one) for one in posted] == before


def test_a_delivery_that_was_taken_back_is_not_the_one_the_post_names(office, posted):
    clerk = office.actor("admin_clerk")
    with office.house.transaction() as session:
        journey.record_event(session, clerk, posted[0].id, code="deliver", signed_by="SELF")
        undoing.undo_outcome(session, office.actor("admin_approver"), posted[0].letter_id, reason="the wrong label")
    made, errors = bring(office, "tracking", f"{HEADING}{posted[0].tracking_no},妥投,2026-11-24 10:00,示范路,本人\n")
    assert (made.changed, made.unchanged, made.errors) == (0, 0, 1)
    assert "EVENT_CONTRADICTS" in errors


def test_a_receipt_of_another_day_than_the_one_on_record_is_refused_and_listed(office, posted):
    bring(office, "postal_receipts", RECEIPTS)
    made, errors = bring(office, "postal_receipts", RECEIPTS.replace("2026-11-23", "2026-11-24"))
    assert (made.created, made.unchanged, made.errors) == (0, 0, 2)
    assert "RECEIPT_CONTRADICTS" in errors
    with office.house.transaction() as session:
        assert [one.accepted_on.day for one in session.scalars(sa.select(PostalReceipt))] == [23]


def test_a_receipt_of_a_day_to_come_is_refused_and_listed(office, posted):
    made, errors = bring(office, "postal_receipts", "邮件号码,收寄日期\nXA00000000001,2026-12-23\n")
    assert (made.created, made.errors) == (0, 1)
    assert "RECEIPT_DAY" in errors


def test_a_clerk_sends_a_file_and_reads_what_became_of_it(office, posted, client_as):
    clerk = client_as("ADMIN_CLERK")
    sent = clerk.post("/api/v1/mail-files/tracking", data={"file": (io.BytesIO(TRACKING.encode()), "t.csv")})
    assert sent.status_code == 202, sent.text
    office.work()
    assert clerk.get(f"/api/v1/imports/{sent.json['id']}").json["changed"] == 2
    assert "ITEM_UNKNOWN" in clerk.get(f"/api/v1/imports/{sent.json['id']}/errors.csv").text


def test_what_is_no_file_of_the_post_is_refused(office):
    with office.house.transaction() as session, pytest.raises(NotUnderstood, match="tracking or receipts"):
        mail_intake.take_file(session, office.actor("x"), "cases", data=b"", filename="x", dry_run=False)
