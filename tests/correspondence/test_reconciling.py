"""Watchdogs and the three books: what stands still becomes a task once; every difference has its name and its age."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldops.cases import service as cases
from fieldops.correspondence import custody, differences, queries, reconciling, register, service
from fieldops.correspondence.mail import evidence, journey, posting, receipts, remailing, tracking
from fieldops.correspondence.mail import lists as mail_lists
from fieldops.correspondence.models import MailItem, NumberRange
from fieldops.correspondence.paper import batch_count, printing, reprinting, stock
from fieldops.correspondence.watching import watch
from fieldops.errors import NotNow
from fieldops.packs.models import LetterTemplate
from fieldops.tasks.models import Task
from letters.register import EntryKind


@pytest.fixture
def posted(office):
    letter_ids = office.approved(2)
    items = [office.item(one) for one in office.posted()]
    return letter_ids, items


def stamped(office, items):
    scan = office.scan("stamped")
    with office.house.transaction() as session:
        receipts.file_list_receipt(session, office.actor("admin_clerk"), items[0].handover_id, scan_sha256=scan)


def reconcile(office):
    with office.house.transaction() as session:
        found = reconciling.reconcile(session, office.actor("admin_approver"))
        return {(one["code"], one["subject"], one["age_days"]) for one in found["differences"]}


def tasks(office, kind):
    with office.house.transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Task).filter_by(kind=kind))


def test_with_every_receipt_filed_the_three_books_agree(office, posted):
    _, items = posted
    stamped(office, items)
    assert reconcile(office) == set()


def test_a_difference_ages_until_it_is_settled_and_is_asked_once(office, posted):
    _, items = posted
    wanted = {("REGISTERED_NOT_POSTED", item.tracking_no, 0) for item in items}
    assert reconcile(office) == wanted
    office.house.clock.advance(days=4)
    assert reconcile(office) == {(code, number, 4) for code, number, _ in wanted}
    assert tasks(office, "mail_difference") == 2
    stamped(office, items)
    assert reconcile(office) == set()
    with office.house.transaction() as session:
        assert reconciling.aged(session, office.actor("qa")) == []


def silently(office, change, **values):
    """What should never happen: somebody with the keys of the server did it."""
    with office.house.transaction() as session:
        session.execute(sa.text(change), values)


def test_a_number_that_was_taken_and_no_item_carries_is_missing(office, posted):
    stamped(office, posted[1])
    with office.house.transaction() as session:
        session.scalars(sa.select(NumberRange)).one().next += 1
    assert reconcile(office) == {("MISSING", "XA00000000003", 0)}


def test_numbers_missing_in_a_row_are_one_difference_that_says_how_many(office, posted):
    stamped(office, posted[1])
    with office.house.transaction() as session:
        session.scalars(sa.select(NumberRange)).one().next += 4000
    silently(office, "UPDATE mail_item SET tracking_no = 'XA00000001003' WHERE tracking_no = 'XA00000000001'")
    with office.house.transaction() as session:
        found = [one for one in differences.differences(session) if one.code == "MISSING"]
    assert [(one.subject, one.detail["last"], one.detail["numbers"]) for one in found] == [
        ("XA00000000001", "XA00000000001", 1),
        ("XA00000000003", "XA00000001002", 1000),
        ("XA00000001004", "XA00000004002", 2999),
    ]


def test_an_item_under_a_number_nobody_allotted_is_out_of_range_and_in_no_register(office, posted):
    _, items = posted
    stamped(office, items)
    with office.house.transaction() as session:
        item = session.get_one(MailItem, items[0].id)
        session.add(
            MailItem(letter_id=item.letter_id, carrier_no=1, tracking_no="XZ00000000001", status="VOID", weight_g=1,
                     postage_fen=0)
        )  # fmt: skip
    assert reconcile(office) == {
        ("OUT_OF_RANGE", "XZ00000000001", 0),
        ("NOT_IN_REGISTER", "XZ00000000001", 0),
        ("VOID_NOT_REGISTERED", "XZ00000000001", 0),
    }


def test_a_number_two_lines_bind_is_double_and_a_line_without_item_is_named(office, posted):
    letter_ids, items = posted
    stamped(office, items)
    with office.house.transaction() as session:
        letter = queries.letter_by_id(session, letter_ids[0])
        lines = [
            register.Line(EntryKind.REGISTERED, letter, tracking_no=number)
            for number in (items[0].tracking_no, "XA00000009999")
        ]
        register.enter(session, office.actor("admin_clerk"), lines)
    assert reconcile(office) == {("DOUBLE", items[0].tracking_no, 0), ("NO_ITEM", "XA00000009999", 0)}


def test_what_the_post_took_and_the_register_does_not_know_is_found(office):
    office.approved()
    (item_id,) = office.registered()
    number = office.item(item_id).tracking_no
    with office.house.transaction() as session:
        today = office.house.clock.today()
        receipts.record_receipt(session, office.actor("admin_clerk"), tracking_no=number, accepted_on=today)
    assert reconcile(office) == {("POSTED_NOT_REGISTERED", number, 0)}


def test_a_line_reversed_by_mistake_shows_as_posted_but_not_registered(office, posted):
    _, items = posted
    stamped(office, items)
    with office.house.transaction() as session:
        line = register.register_page(session, limit=9)["items"][-1]
        admin = office.actor("admin_approver")
        register.reverse_entry(session, admin, branch=line.branch, year=line.year, number=line.number, reason="slip")
    number = line.tracking_no
    assert reconcile(office) == {("POSTED_NOT_REGISTERED", number, 0)}


def test_spoiled_paper_without_witness_is_on_the_list_until_it_has_one(office):
    (letter_id,) = office.approved()
    office.sealed()
    with office.house.transaction() as session:
        service.cancel_letter(session, office.actor("supervisor"), letter_id, reason="misprint")
        (copy,) = custody.copies_of_letter(session, letter_id)
    assert {code for code, *_ in reconcile(office)} == {"SPOILED_WITHOUT_WITNESS"}
    with office.house.transaction() as session:
        custody.destroy_copies(session, office.actor("admin_clerk"), [copy.id])
        custody.witness_copies(session, office.actor("admin_approver"), [copy.id])
    assert reconcile(office) == set()


def test_numbered_sheets_that_do_not_add_up_to_a_batch_are_found(office):
    office.approved(2)
    batch_id = office.printed()
    keeper, clerk = office.actor("admin_approver"), office.actor("admin_clerk")
    sheets = {"kind": "PAPER", "first": "A0001", "last": "A0010"}
    with office.house.transaction() as session:
        made = stock.offer_receipt(session, keeper, supplier="x", **sheets)
        stock.accept(session, clerk, made.id, first="A0001", last="A0010")
        made = stock.offer_issue(session, keeper, to="admin_clerk", **sheets)
        stock.accept(session, clerk, made.id, first="A0001", last="A0010")
        stock.use(session, clerk, kind="PAPER", first="A0001", last="A0001", batch_id=batch_id)
    assert reconcile(office) == {("STOCK_DIFFERS", str(batch_id), 0)}
    with office.house.transaction() as session:
        assert "/stock/spoiled/accounted" in reconciling.aged(session, keeper)[0]["mend"]
        stock.use(session, clerk, kind="PAPER", first="A0002", last="A0002", batch_id=batch_id)
    assert reconcile(office) == set()


def test_sheets_spoiled_in_a_jam_before_anybody_counted_them_are_laid_to_their_batch_once(office):
    """A letter is withdrawn, then the printer jams: its sheet went into the bin as spoiled, not as used."""
    withdrawn, jammed, good = office.approved(3)
    batch_id = office.rendered()
    keeper, clerk = office.actor("admin_approver"), office.actor("admin_clerk")
    sheets = {"kind": "PAPER", "first": "A0001", "last": "A0010"}
    with office.house.transaction() as session:
        made = stock.offer_receipt(session, keeper, supplier="x", **sheets)
        stock.accept(session, clerk, made.id, first="A0001", last="A0010")
        made = stock.offer_issue(session, keeper, to="admin_clerk", **sheets)
        stock.accept(session, clerk, made.id, first="A0001", last="A0010")
        service.cancel_letter(session, office.actor("supervisor"), withdrawn, reason="the bank asked")
        codes = [office.read(one).figures["serial"] for one in (withdrawn, jammed, good)]
    with office.house.transaction() as session:
        jam = {"first_bad": codes[0], "resumed_at": codes[2], "reason": "jam"}
        reprinting.record_jam(session, clerk, batch_id, **jam)
        stock.spoil(session, clerk, kind="PAPER", first="A0001", last="A0002", reason="jam")
        printing.mark_printed(session, clerk, batch_id, quantity=2)
        stock.use(session, clerk, kind="PAPER", first="A0003", last="A0004", batch_id=batch_id)
        assert batch_count.count_of(session, batch_id).printed == 4
    witnessed(office, batch_id)
    assert reconcile(office) == {("STOCK_DIFFERS", str(batch_id), 0)}
    spoiled = {"kind": "PAPER", "first": "A0001", "last": "A0002", "batch_id": batch_id, "reason": "the jam"}
    with office.house.transaction() as session, pytest.raises(NotNow) as refused:
        stock.account_spoiled(session, clerk, **spoiled | {"last": "A0003"})
    assert refused.value.code == "STOCK_OVER_BATCH"
    with office.house.transaction() as session, pytest.raises(NotNow) as refused:
        stock.account_spoiled(session, clerk, **spoiled | {"first": "A0005", "last": "A0006"})
    assert refused.value.code == "STOCK_STATE"
    with office.house.transaction() as session:
        stock.account_spoiled(session, clerk, **spoiled)
    assert reconcile(office) == set()
    with office.house.transaction() as session, pytest.raises(NotNow):
        stock.account_spoiled(session, clerk, **spoiled)


def witnessed(office, batch_id):
    with office.house.transaction() as session:
        for copy in custody.copies_of_batch(session, batch_id):
            if copy.ended_at is not None:
                if copy.destroyed_by is None:
                    custody.destroy_copy(session, office.actor("admin_clerk"), copy.id)
                custody.witness_copy(session, office.actor("admin_approver"), copy.id)


def test_a_register_altered_behind_its_back_is_a_difference_of_its_own(office, posted):
    stamped(office, posted[1])
    silently(office, "ALTER TABLE register_entry DISABLE TRIGGER append_only")
    silently(office, "UPDATE register_entry SET letter_no = 'x' WHERE number = 2")
    assert reconcile(office) == {("REGISTER_ALTERED", "总部/2026/2", 0)}


def look(office):
    with office.house.transaction() as session:
        return watch(session, office.actor("system"))


def test_a_posting_without_receipt_is_asked_for_once_after_three_days(office, posted):
    office.house.clock.advance(days=3, hours=14)  # the third day after, to its last hour
    assert look(office)["posting_receipt_missing"] == 0
    office.house.clock.advance(hours=1)
    for _ in range(2):
        assert look(office)["posting_receipt_missing"] == 2
    assert tasks(office, "posting_receipt_missing") == 2
    stamped(office, posted[1])
    assert look(office)["posting_receipt_missing"] == 0


def lacking(office, letter_id):
    """Whether the posting receipt of a letter is missing, by the list, by the count of its batch, and by its closing."""
    clerk = office.actor("admin_clerk")
    batch_id = office.read(letter_id).print_batch_id
    with office.house.transaction() as session:
        on_list = len(mail_lists.no_receipt(session, clerk))
        code = batch_count.reconcile_batch(session, clerk, batch_id, in_custody=0)["code"]
    with office.house.transaction() as session, pytest.raises(NotNow) as refused:
        evidence.close_letter(session, clerk, letter_id)
    return on_list, code, "POSTING_RECEIPT" in refused.value.extra["lacking"]


def test_a_receipt_is_missing_until_its_scan_is_filed_for_the_list_the_count_and_the_closing_alike(office):
    (letter_id,) = office.approved()
    (item_id,) = office.posted()
    office.house.clock.advance(days=4)
    clerk, number = office.actor("admin_clerk"), office.item(item_id).tracking_no
    with office.house.transaction() as session:
        journey.record_event(session, clerk, item_id, code="deliver", signed_by="SELF")
    assert lacking(office, letter_id) == (1, "LR-082", True)
    with office.house.transaction() as session:  # the carrier's file says so, and nobody scanned the receipt
        receipts.record_receipt(session, clerk, tracking_no=number, accepted_on=office.house.clock.today())
    assert lacking(office, letter_id) == (1, "LR-082", True)
    scan = office.scan("receipt")
    with office.house.transaction() as session:
        evidence.file_evidence(session, clerk, letter_id, kind="POSTING_RECEIPT", scan_sha256=scan)
    assert lacking(office, letter_id) == (0, None, False)


def test_the_receipt_of_the_first_posting_is_not_that_of_the_second(office):
    (letter_id,) = office.approved()
    (item_id,) = office.posted()
    stamped(office, [office.item(item_id)])
    clerk, scan = office.actor("admin_clerk"), office.scan("back")
    office.house.clock.advance(hours=1)
    with office.house.transaction() as session:
        tracking.record_return(session, clerk, item_id, reason="M10", scan_sha256=scan)
        remailing.remail(session, clerk, item_id, reason="damaged cover")
        posting.register_letter(session, clerk, letter_id, tracking_no="XA00000000009")
    office.hand_over(office.listed())
    office.house.clock.advance(days=4)
    with office.house.transaction() as session:
        second = queries.live_item_of(session, letter_id)
        journey.record_event(session, clerk, second.id, code="lose")
    assert lacking(office, letter_id) == (1, "LR-082", True)
    with office.house.transaction() as session:
        scan = {"scan_sha256": office.scan("stamped again")}
        receipts.file_list_receipt(session, office.actor("admin_clerk"), second.handover_id, **scan)
    assert lacking(office, letter_id) == (0, None, False)


def test_a_delivery_whose_signed_receipt_is_not_filed_is_asked_for_after_thirty_days(office, posted):
    _, items = posted
    stamped(office, items)
    for item in items:
        with office.house.transaction() as session:
            journey.record_event(session, office.actor("admin_clerk"), item.id, code="deliver", signed_by="SELF")
    office.house.clock.advance(days=30)
    assert look(office)["delivery_receipt_missing"] == 0
    office.house.clock.advance(days=1)
    scan, first = office.scan("signed"), office.item(items[0].id).letter_id
    with office.house.transaction() as session:
        clerk = office.actor("admin_clerk")
        evidence.file_evidence(session, clerk, first, kind="DELIVERY_RECEIPT", scan_sha256=scan)
    assert look(office)["delivery_receipt_missing"] == tasks(office, "delivery_receipt_missing") == 1
    with office.house.transaction() as session:
        (row,) = mail_lists.no_receipt(session, office.actor("qa"))
    assert (row["item_id"], row["lacking"]) == (items[1].id, "DELIVERY_RECEIPT")


def test_an_item_without_news_for_thirty_days_is_inquired_after(office, posted):
    office.house.clock.advance(days=30, minutes=1)
    assert look(office)["no_news_inquiry"] == 2
    with office.house.transaction() as session:
        rows = mail_lists.no_news(session, office.actor("qa"))
        assert [row["days"] for row in rows] == [30, 30]
        assert len(mail_lists.no_receipt(session, office.actor("qa"))) == 2


def test_letters_unprinted_after_the_cut_off_and_unposted_after_printing_are_tasks(office):
    waiting, printed = office.approved(2)
    office.printed([printed])
    assert look(office) == {
        "posting_receipt_missing": 0, "delivery_receipt_missing": 0, "no_news_inquiry": 0,
        "unprinted_after_cut_off": 0, "unposted_after_printing": 0,
    }  # fmt: skip
    office.house.clock.advance(hours=9)  # 18:00 of the day it was due
    found = look(office)
    assert (found["unprinted_after_cut_off"], found["unposted_after_printing"]) == (1, 0)
    office.house.clock.advance(days=1)
    found = look(office)
    assert (found["unprinted_after_cut_off"], found["unposted_after_printing"]) == (1, 1)
    assert tasks(office, "unprinted_after_cut_off") == 1
    with office.house.transaction() as session:
        service.cancel_letter(session, office.actor("supervisor"), waiting, reason="paid")
    assert look(office)["unprinted_after_cut_off"] == 0


def test_a_letter_that_left_after_a_payment_is_listed_and_says_whether_we_knew(office):
    letter_ids = office.approved(2)
    office.house.clock.advance(minutes=30)
    posted_at = office.item(office.posted()[0]).posted_at
    office.house.clock.advance(minutes=30)
    for letter_id, minutes in zip(letter_ids, (5, -5), strict=True):
        case_id, paid_at = office.read(letter_id).case_id, posted_at + timedelta(minutes=minutes)
        with office.house.transaction() as session:
            paid = {"external_id": f"P{minutes}", "amount_fen": 5_000, "channel": "柜台", "paid_at": paid_at}
            cases.record_repayment(session, office.actor("business_dept"), case_id=case_id, **paid)
    today = office.house.clock.today()
    with office.house.transaction() as session:
        rows = mail_lists.after_payment(session, from_on=today, until_on=today)
    assert [(row["letter_no"], row["amount_fen"], row["was_known"]) for row in rows] == [
        (office.read(letter_ids[1]).letter_no, 5_000, False)
    ]


def test_templates_are_listed_with_what_was_written_and_when_they_end(office, posted):
    with office.house.transaction() as session:
        rows = {row["kind"]: row for row in mail_lists.templates(session, office.actor("qa"))}
        assert (rows["PAYMENT_NOTICE"]["letters"], rows["PAYMENT_NOTICE"]["warning"]) == (2, None)
        assert rows["PAYMENT_NOTICE"]["last_used_at"] is not None
        assert (rows["DUNNING"]["letters"], rows["DUNNING"]["last_used_at"]) == (0, None)
        used = session.get_one(LetterTemplate, rows["PAYMENT_NOTICE"]["template_id"])
        silent_end(session, used.id, office.house.clock.today() + timedelta(days=30))
    with office.house.transaction() as session:
        (row,) = (one for one in mail_lists.templates(session, office.actor("qa")) if one["letters"])
        assert (row["ends_in_days"], row["warning"]) == (30, "ENDS_SOON")
    office.house.clock.advance(days=31)
    with office.house.transaction() as session:
        (row,) = (one for one in mail_lists.templates(session, office.actor("qa")) if one["letters"])
        assert row["warning"] == "ENDED"


def silent_end(session, template_id, on):
    """An approval with an end; the shipped ones have none."""
    session.execute(sa.text("ALTER TABLE letter_template DISABLE TRIGGER ALL"))
    change = sa.text("UPDATE letter_template SET valid_until = :on WHERE id = :id")
    session.execute(change, {"on": on, "id": template_id})
    session.execute(sa.text("ALTER TABLE letter_template ENABLE TRIGGER ALL"))


def test_a_case_without_a_delivered_letter_in_a_year_is_on_the_yearly_list(office, posted):
    letter_ids, _ = posted
    with office.house.transaction() as session:
        actor = office.actor("qa")
        rows = mail_lists.yearly(session, actor)
        assert [(row["last_delivered_on"], row["warning"]) for row in rows] == [(None, None)] * 2
    with office.house.transaction() as session:
        item = queries.live_item_of(session, letter_ids[0])
        tracking.record_delivery(session, office.actor("admin_clerk"), item.id, signed_by="SELF")
        today = office.house.clock.today()
        assert mail_lists.figures(session, from_on=today, until_on=today)["delivered"] == 1
    with office.house.transaction() as session:
        assert len(mail_lists.yearly(session, office.actor("qa"))) == 1
    office.house.clock.advance(days=366)
    with office.house.transaction() as session:
        assert len(mail_lists.yearly(session, office.actor("qa"))) == 2
    office.house.clock.advance(days=500)
    with office.house.transaction() as session:
        rows = mail_lists.yearly(session, office.actor("qa"))
        assert sorted(row["warning"] or "" for row in rows) == ["", "LAPSES"]
