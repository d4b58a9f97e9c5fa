"""Mail on its way: events by hand and scan, receipts, evidence before closing, mailed again, replaced."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldops.clock import local_date
from fieldops.correspondence import register
from fieldops.correspondence.mail import evidence, journey, lists, posting, receipts, remailing, tracking
from fieldops.correspondence.mail_models import PostalReceipt
from fieldops.correspondence.paper import papers
from fieldops.errors import NotNow, NotUnderstood, TooLarge
from fieldops.tasks.queries import task_of
from fieldops.timeline.service import letter_timeline
from tests.makers import HOME


@pytest.fixture
def posted(office):
    (letter_id,) = office.approved()
    (item_id,) = office.posted()
    office.house.clock.advance(days=2)
    return letter_id, item_id


def happen(office, item_id, code, **said):
    with office.house.transaction() as session:
        return journey.record_event(session, office.actor("admin_clerk"), item_id, code=code, **said)


def events(office, item_id):
    with office.house.transaction() as session:
        return [(one.code, one.source) for one in journey.events_of(session, item_id)]


def test_an_item_is_followed_to_the_counter_and_collected(office, posted):
    letter_id, item_id = posted
    for code in ("in_transit", "arrive", "out_for_delivery", "hold_for_collection"):
        office.house.clock.advance(minutes=1)
        happen(office, item_id, code, place="示范邮局")
    assert office.item(item_id).status == "UNCLAIMED_HELD"
    office.house.clock.advance(minutes=1)
    happen(office, item_id, "collect", signed_by="SELF")
    assert (office.item(item_id).status, office.read(letter_id).status) == ("DELIVERED", "DELIVERED")
    assert len(events(office, item_id)) == 5


def test_the_timeline_of_a_letter_names_each_step_and_where_it_led(office, posted):
    letter_id, item_id = posted
    happen(office, item_id, "deliver", signed_by="SELF")
    with office.house.transaction() as session:
        told = letter_timeline(session, letter_id)
    assert not [each["action"] for each in told if each["title_zh"] == each["action"]]
    steps = [(each["was"], each["status"]) for each in told if each["entity"] == "letter" and each["was"]]
    assert steps == [
        ("PENDING_REVIEW", "GENERATED"),
        ("GENERATED", "QUEUED"),
        ("QUEUED", "PRINTED"),
        ("PRINTED", "SEALED"),
        ("SEALED", "POSTED"),
        ("POSTED", "DELIVERED"),
    ]
    assert ("POSTED", "DELIVERED") in [(each["was"], each["status"]) for each in told if each["entity"] == "mail_item"]


def test_the_same_event_again_changes_nothing_and_an_old_one_moves_nothing(office, posted):
    _, item_id = posted
    now = office.house.clock.now()
    happen(office, item_id, "out_for_delivery", happened_at=now)
    version = office.item(item_id).version
    happen(office, item_id, "out_for_delivery", happened_at=now)
    happen(office, item_id, "in_transit", happened_at=now - timedelta(hours=5))
    assert (office.item(item_id).version, office.item(item_id).status) == (version, "OUT_FOR_DELIVERY")
    assert [code for code, _ in events(office, item_id)] == ["in_transit", "out_for_delivery"]


def test_an_older_event_fits_before_a_delivery_at_the_counter_whatever_it_was_called(office, posted):
    _, item_id = posted
    now = office.house.clock.now()
    happen(office, item_id, "hold_for_collection", happened_at=now - timedelta(hours=2))
    happen(office, item_id, "deliver", signed_by="SELF", happened_at=now)
    happen(office, item_id, "in_transit", happened_at=now - timedelta(hours=5))
    assert [code for code, _ in events(office, item_id)] == ["in_transit", "hold_for_collection", "deliver"]
    assert office.item(item_id).status == "DELIVERED"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"code": "teleport"}, "EVENT_UNKNOWN"),
        ({"code": "return"}, "EVENT_UNKNOWN"),
        ({"code": "deliver"}, "SIGNER_MISSING"),
        ({"code": "deliver", "signed_by": "the dog"}, "SIGNER_MISSING"),
        ({"code": "arrive", "after": timedelta(minutes=1)}, "EVENT_TO_COME"),
        ({"code": "arrive", "after": timedelta(days=-3)}, "EVENT_BEFORE_POSTING"),
    ],
)
def test_an_event_that_cannot_be_meant_is_refused_and_changes_nothing(office, posted, said, code):
    _, item_id = posted
    after = said.pop("after", None) if "after" in said else None
    if after is not None:
        said = said | {"happened_at": office.house.clock.now() + after}
    with pytest.raises(NotUnderstood) as refused:
        happen(office, item_id, **said)
    assert refused.value.code == code
    assert (office.item(item_id).status, events(office, item_id)) == ("POSTED", [])


def test_a_label_is_scanned_as_it_is_printed(office, posted):
    _, item_id = posted
    with office.house.transaction() as session:
        clerk = office.actor("admin_clerk")
        journey.record_scan(session, clerk, tracking_no="* xa 0000 0000 001 *", code="in_transit")
    assert events(office, item_id) == [("in_transit", "SCAN")]
    with office.house.transaction() as session, pytest.raises(NotUnderstood) as refused:
        journey.record_scan(session, clerk, tracking_no="XA00000000777", code="in_transit")
    assert refused.value.code == "ITEM_UNKNOWN"


def test_the_events_of_the_post_cannot_be_changed(office, posted):
    happen(office, posted[1], "in_transit")
    with pytest.raises(sa.exc.IntegrityError, match="append-only"), office.house.transaction() as session:
        session.execute(sa.text("UPDATE tracking_event SET code = 'deliver'"))


def test_the_stamped_list_is_the_receipt_of_its_items_but_those_struck_out(office):
    letter_ids = office.approved(3)
    items = [office.item(one) for one in office.posted()]
    scan = office.scan()
    with office.house.transaction() as session:
        clerk = office.actor("admin_clerk")
        list_id, out = items[0].handover_id, items[1].tracking_no
        label = f"* {out[:2].lower()} {out[2:]} *"  # as the scanner reads it
        made = receipts.file_list_receipt(session, clerk, list_id, scan_sha256=scan, not_accepted=[label])
        assert sorted(one.tracking_no for one in made) == sorted({item.tracking_no for item in items} - {out})
        again = receipts.file_list_receipt(session, clerk, list_id, scan_sha256=scan, not_accepted=[out])
        assert again == []
        filed = [len(evidence.evidence_of(session, letter_id)) for letter_id in letter_ids]
        assert sorted(filed) == [0, 1, 1]
        assert [one.tracking_no for one in papers.item_page(session, limit=9, tracking_no=label)["items"]] == [out]


def test_a_stamped_list_leaves_a_receipt_of_another_day_and_asks_which_day_holds(office):
    office.approved(2)
    items = [office.item(one) for one in office.posted()]
    clerk, today, scan = office.actor("admin_clerk"), office.house.clock.today(), office.scan()
    with office.house.transaction() as session:
        for item, day in zip(items, (today, today - timedelta(days=1)), strict=True):
            receipts.record_receipt(session, clerk, tracking_no=item.tracking_no, accepted_on=day)
        for _ in range(2):
            assert receipts.file_list_receipt(session, clerk, items[0].handover_id, scan_sha256=scan) == []
        kept = session.scalars(sa.select(PostalReceipt.accepted_on).order_by(PostalReceipt.id)).all()
        assert kept == [today, today - timedelta(days=1)]
        assert task_of(session, "receipt_contradicts", items[0].id) is None
        task = task_of(session, "receipt_contradicts", items[1].id)
    assert (task.role, task.detail["on_record"], task.detail["stamped"]) == (
        "ADMIN_CLERK",
        str(today - timedelta(days=1)),
        str(today),
    )


@pytest.mark.parametrize(
    ("raw", "code"),
    [("XA00000000777", "RECEIPT_UNKNOWN_ITEM"), ("XA1", "LR-071"), ("RR473124820CN", "LR-071")],
)
def test_a_receipt_for_an_item_nobody_knows_is_refused_by_name(office, posted, raw, code):
    today = office.house.clock.today()
    with office.house.transaction() as session, pytest.raises(NotUnderstood) as refused:
        receipts.record_receipt(session, office.actor("admin_clerk"), tracking_no=raw, accepted_on=today)
    assert refused.value.code == code


def test_an_item_has_one_receipt_and_none_of_a_day_to_come(office, posted):
    clerk, today, raw = office.actor("admin_clerk"), office.house.clock.today(), "XA00000000001"
    with office.house.transaction() as session, pytest.raises(NotUnderstood, match="still to come"):
        receipts.record_receipt(session, clerk, tracking_no=raw, accepted_on=today + timedelta(days=1))
    with office.house.transaction() as session:
        receipts.record_receipt(session, clerk, tracking_no=raw, accepted_on=today)
    with office.house.transaction() as session, pytest.raises(NotNow) as refused:
        receipts.record_receipt(session, clerk, tracking_no=raw, accepted_on=today)
    assert refused.value.code == "RECEIPT_KNOWN"


def close(office, letter_id):
    with office.house.transaction() as session:
        return evidence.close_letter(session, office.actor("admin_clerk"), letter_id)


def prove(office, letter_id, kind):
    scan = office.scan(kind)
    with office.house.transaction() as session:
        evidence.file_evidence(session, office.actor("admin_clerk"), letter_id, kind=kind, scan_sha256=scan)


def test_a_delivered_letter_closes_only_with_both_receipts(office, posted):
    letter_id, item_id = posted
    happen(office, item_id, "deliver", signed_by="SELF")
    prove(office, letter_id, "POSTING_RECEIPT")
    with pytest.raises(NotNow, match="DELIVERY_RECEIPT") as refused:
        close(office, letter_id)
    assert (refused.value.code, refused.value.extra["lacking"]) == ("LR-082", ["DELIVERY_RECEIPT"])
    assert office.read(letter_id).status == "DELIVERED"
    prove(office, letter_id, "DELIVERY_RECEIPT")
    close(office, letter_id)
    assert office.read(letter_id).status == "CLOSED"
    with office.house.transaction() as session:
        assert register.register_page(session, limit=9)["items"][-1].kind == "CLOSED"


def test_the_receipt_of_a_posting_that_is_not_on_record_is_not_filed(office):
    """Filed too early it would prove no later posting, and the same scan is filed once."""
    (letter_id,) = office.approved()
    office.registered()
    with pytest.raises(NotNow) as refused:
        prove(office, letter_id, "POSTING_RECEIPT")
    assert refused.value.code == "NOT_POSTED"
    with office.house.transaction() as session:
        assert evidence.evidence_of(session, letter_id) == []


def test_a_letter_under_way_has_no_outcome_to_close(office, posted):
    prove(office, posted[0], "POSTING_RECEIPT")
    with pytest.raises(NotNow, match="cannot close"):
        close(office, posted[0])


def test_a_scan_is_a_pdf_a_jpeg_or_a_png_of_a_bearable_size(office):
    clerk, store = office.actor("admin_clerk"), office.house.store
    with office.house.transaction() as session, pytest.raises(NotUnderstood, match="PDF, JPEG or PNG"):
        evidence.keep_scan(session, clerk, store, data=b"<script>", filename="x.png")
    big = b"%PDF-" + bytes(evidence.MOST_BYTES)
    with office.house.transaction() as session, pytest.raises(TooLarge):
        evidence.keep_scan(session, clerk, store, data=big, filename="x.pdf")
    assert office.scan() == office.scan()


def test_what_nobody_scanned_proves_nothing(office, posted):
    letter_id, item_id = posted
    clerk = office.actor("admin_clerk")
    with office.house.transaction() as session, pytest.raises(NotUnderstood, match="No scan"):
        evidence.file_evidence(session, clerk, letter_id, kind="SLIP", scan_sha256="0" * 64)
    with office.house.transaction() as session, pytest.raises(NotUnderstood, match="No scan"):
        tracking.record_return(session, clerk, item_id, reason="M01", scan_sha256="0" * 64)
    assert office.item(item_id).status == "POSTED"


def bring_back(office, item_id, reason):
    scan = office.scan("back")
    with office.house.transaction() as session:
        tracking.record_return(session, office.actor("admin_clerk"), item_id, reason=reason, scan_sha256=scan)


def remail(office, item_id):
    with office.house.transaction() as session:
        remailing.remail(session, office.actor("admin_clerk"), item_id, reason="damaged cover")


def test_what_came_back_damaged_is_mailed_again_as_a_new_item_linked_to_the_old(office, posted):
    letter_id, item_id = posted
    bring_back(office, item_id, "M10")
    remail(office, item_id)
    assert office.read(letter_id).status == "SEALED"
    scan = "XA00000000009"
    with office.house.transaction() as session:
        clerk = office.actor("admin_clerk")
        new = posting.register_letter(session, clerk, letter_id, tracking_no=scan)
        assert (new.remails_id, new.tracking_no) == (item_id, scan)
    office.hand_over(office.listed())
    assert (office.read(letter_id).status, office.item(item_id).status) == ("POSTED", "RETURNED")
    with office.house.transaction() as session:
        assert register.verify_register(session) == []
        kinds = [line.kind for line in register.register_page(session, limit=9)["items"]]
        assert kinds == ["REGISTERED", "POSTED", "OUTCOME", "REGISTERED", "POSTED"]


def test_a_letter_whose_address_is_blocked_is_not_mailed_again(office, posted):
    letter_id, item_id = posted
    bring_back(office, item_id, "M06")
    with pytest.raises(NotNow) as refused:
        remail(office, item_id)
    assert (refused.value.code, refused.value.extra["codes"]) == ("REMAIL_REFUSED", ("LR-032",))
    assert office.read(letter_id).status == "RETURNED"


def test_deliveries_are_counted_from_the_day_the_post_names_and_returns_by_reason_and_kind_of_address(office):
    office.approved(2)
    office.approve(office.request(office.case(addresses={"WORK": HOME.format(80)})))
    posted_on = office.house.clock.now()
    ids = office.posted()
    at_work = next(
        one for one in ids if office.read(office.item(one).letter_id).figures["recipient_address"] == HOME.format(80)
    )
    at_home, other = (one for one in ids if one != at_work)
    office.house.clock.advance(days=9)
    delivered_at = posted_on + timedelta(days=3)
    happen(office, at_home, "deliver", signed_by="SELF", happened_at=delivered_at)
    happen(office, other, "lose", happened_at=delivered_at)
    bring_back(office, at_work, "M10")
    assert [office.item(one).outcome_at for one in (at_home, other)] == [delivered_at] * 2
    day = local_date(posted_on)
    with office.house.transaction() as session:
        found = lists.figures(session, from_on=day, until_on=day)
        later = lists.figures(session, from_on=day + timedelta(days=1), until_on=day + timedelta(days=9))
    assert later["posted"] == 0
    assert found == {
        "posted": 3, "delivered": 1, "returned": 1, "lost": 1, "mean_days_to_delivery": 3.0, "return_reasons": {"M10": 1},
        "address_kinds": {
            "HOME": {"posted": 2, "delivered": 1, "returned": 0}, "WORK": {"posted": 1, "delivered": 0, "returned": 1},
        },
    }  # fmt: skip


@pytest.mark.parametrize(("days", "status"), [(8, "SEALED"), (9, "RETURNED")])
def test_what_comes_back_after_its_day_to_pay_by_is_not_mailed_again(office, posted, days, status):
    letter_id, item_id = posted
    office.house.clock.advance(days=days)
    bring_back(office, item_id, "M10")
    if status == "SEALED":
        remail(office, item_id)
    else:
        with pytest.raises(NotNow, match="ask for a new letter") as refused:
            remail(office, item_id)
        assert refused.value.extra["codes"] == ("PAY_BY_PASSED",)
    assert office.read(letter_id).status == status


def test_a_lost_letter_is_replaced_by_a_new_one_that_names_it(office, posted):
    letter_id, item_id = posted
    clerk = office.actor("admin_clerk")
    with office.house.transaction() as session, pytest.raises(NotNow):
        remailing.replace_lost(session, clerk, item_id, reason="lost by the post")
    happen(office, item_id, "lose")
    assert office.read(letter_id).status == "LOST"
    with office.house.transaction() as session:
        assert task_of(session, "replace_lost_letter", item_id).role == "ADMIN_CLERK"
        made = remailing.replace_lost(session, clerk, item_id, reason="lost by the post")
        assert (made.supersedes_id, made.status, made.requested_by) == (letter_id, "PENDING_REVIEW", "admin_clerk")
    happen(office, item_id, "claim")
    assert office.item(item_id).status == "CLAIMED"
