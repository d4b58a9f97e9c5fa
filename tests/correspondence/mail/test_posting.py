"""Registered numbers on letters, the handover list and the hand-over."""

import io
import threading
from datetime import timedelta

import openpyxl
import pypdfium2
import pytest
from sqlalchemy.exc import IntegrityError

from fieldops.addresses.models import AddressBlock, AddressEvent
from fieldops.correspondence import queries, service
from fieldops.correspondence.mail import posting
from fieldops.correspondence.paper import papers
from fieldops.errors import NotNow, NotUnderstood


def test_each_sealed_letter_gets_the_next_number(office):
    office.approved(2)
    items = [office.item(one) for one in office.registered()]
    assert sorted(item.tracking_no for item in items) == ["XA00000000001", "XA00000000002"]
    assert {item.status for item in items} == {"REGISTERED"}


def test_a_letter_that_is_not_sealed_gets_no_number(office):
    office.approved()
    batch_id = office.printed()
    with office.house.transaction() as session, pytest.raises(NotNow) as refused:
        posting.register_batch(session, office.actor("admin_clerk"), batch_id, postage_fen=420)
    assert refused.value.code == "NOTHING_TO_REGISTER"


@pytest.mark.parametrize(
    ("raw", "fault"),
    [("XA00000000001", "USED"), ("XA00000999999", "FOREIGN"), ("XA1", "MALFORMED"), ("RR473124820CN", "CHECK_DIGIT")],
)
def test_a_number_by_hand_that_is_not_ours_to_use_is_refused_by_name(office, raw, fault):
    first, second = office.approved(2)
    office.registered([first])
    office.sealed([second])
    with office.house.transaction() as session, pytest.raises(NotUnderstood, match="LR-071") as refused:
        posting.register_letter(session, office.actor("admin_clerk"), second, tracking_no=raw, postage_fen=420)
    assert (refused.value.code, refused.value.extra["fault"]) == ("LR-071", fault)


def test_a_number_scanned_ahead_is_skipped_when_numbers_are_taken(office):
    first, second, third = office.approved(3)
    office.registered([first])
    office.sealed([second])
    with office.house.transaction() as session:
        posting.register_letter(
            session, office.actor("admin_clerk"), second, tracking_no="XA 0000 0000 002", postage_fen=420
        )
    (item_id,) = office.registered([third])
    assert office.item(item_id).tracking_no == "XA00000000003"


def test_the_list_is_made_as_pdf_and_as_text_cells(office):
    letter_ids = office.approved(2)
    office.registered()
    list_id = office.listed()
    with office.house.transaction() as session:
        clerk, store = office.actor("admin_clerk"), office.house.store
        pdf, xlsx = papers.list_pdf(session, clerk, store, list_id), papers.list_xlsx(session, clerk, store, list_id)
        listed = queries.list_by_id(session, list_id)
        assert (listed.status, listed.pieces, listed.postage_fen) == ("OPEN", 2, 840)
    text = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded()
    assert all(word in text for word in ("XA00000000001", "XA00000000002", "示范邮局", "8.40"))
    assert not any(word in text for word in ("8,000", "欠款", "逾期"))
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx)).active
    cells = [cell for row in sheet.iter_rows(min_row=5, max_row=6) for cell in row if cell.value is not None]
    assert cells
    assert {type(cell.value) for cell in cells} == {str}
    assert office.read(letter_ids[0]).status == "SEALED"


def test_the_hand_over_locks_the_list_and_posts_its_letters(office):
    (letter_id,) = office.approved()
    (item_id,) = office.registered()
    list_id = office.listed()
    office.hand_over(list_id)
    assert (office.read(letter_id).status, office.item(item_id).status) == ("POSTED", "POSTED")
    with pytest.raises(NotNow, match="HANDED_OVER"):
        office.hand_over(list_id)


def test_a_dead_address_stays_off_the_list_and_its_number_is_consumed(office):
    good, bad = office.approved(2)
    office.registered()
    with office.house.transaction() as session:  # as if the event had been lost
        letter = queries.letter_by_id(session, bad)
        _block_silently(session, office, letter)
    list_id = office.listed()
    with office.house.transaction() as session:
        listed = queries.list_by_id(session, list_id)
        assert (listed.pieces, [row["codes"] for row in listed.left_out]) == (1, [["LR-031"]])
    assert [office.read(one).status for one in (good, bad)] == ["SEALED", "VOID"]
    office.hand_over(list_id)
    with office.house.transaction() as session:
        items = queries.items_page(session, limit=9)
        assert sorted((item.status, item.tracking_no) for item in items) == [
            ("POSTED", "XA00000000001"),
            ("VOID", "XA00000000002"),
        ]


def _block_silently(session, office, letter):
    event = AddressEvent(
        at=office.house.clock.now(), actor="test", debtor_id=None, address_key=letter.address_key,
        site_key=letter.site_key, kind="VISIT_FOUND", code="A06", evidence_kind="VISIT_RESULT", evidence_id="R1",
    )  # fmt: skip
    session.add(event)
    session.flush()
    session.add(
        AddressBlock(
            scope="SITE", key=letter.site_key, channel="ALL", reason="DEMOLISHED", since_at=event.at, raised_by=event.id
        )
    )


def test_an_item_that_left_its_list_stops_the_hand_over_until_the_list_is_made_anew(office):
    kept, gone = office.approved(2)
    office.registered()
    list_id = office.listed()
    with office.house.transaction() as session:
        service.cancel_letter(session, office.actor("supervisor"), gone, reason="the bank asked")
    with pytest.raises(NotNow) as refused:
        office.hand_over(list_id)
    assert refused.value.code == "LIST_CHANGED"
    assert office.listed() == list_id
    office.hand_over(list_id)
    assert [office.read(one).status for one in (kept, gone)] == ["POSTED", "VOID"]


def test_what_the_rules_refuse_at_the_counter_stops_the_hand_over(office):
    (letter_id,) = office.approved()
    office.registered()
    list_id = office.listed()
    with office.house.transaction() as session:
        _block_silently(session, office, queries.letter_by_id(session, letter_id))
    with pytest.raises(NotNow, match="may go"):
        office.hand_over(list_id)
    assert office.read(letter_id).status == "SEALED"


@pytest.mark.parametrize(("days", "statuses"), [(10, ["POSTED"]), (11, ["VOID", "PENDING_REVIEW"])])
def test_a_letter_is_not_posted_after_the_day_it_asks_to_pay_by_but_replaced(office, days, statuses):
    (letter_id,) = office.approved()
    office.registered()
    office.house.clock.advance(days=days)
    list_id = office.listed()
    if statuses == ["POSTED"]:
        office.hand_over(list_id)
    with office.house.transaction() as session:
        letters = queries.letters_page(session, limit=9)
        assert [letter.status for letter in letters] == statuses
        assert letters[-1].supersedes_id == (letter_id if len(letters) > 1 else None)
        left_out = queries.list_by_id(session, list_id).left_out
    assert [one["codes"] for one in left_out] == [["PAY_BY_PASSED"]] * (len(statuses) - 1)


def test_a_list_is_not_handed_over_before_its_files_are_made(office):
    office.approved()
    office.registered()
    with office.house.transaction() as session:
        made = posting.collect_list(
            session, office.actor("admin_clerk"), on_date=office.house.clock.today(), post_office="示范邮局"
        )
        list_id = made.id
    with pytest.raises(NotNow) as refused:
        office.hand_over(list_id)
    assert refused.value.code == "LIST_STATE"


def test_with_nothing_waiting_there_is_no_list(office):
    with pytest.raises(NotNow) as refused:
        office.listed()
    assert refused.value.code == "NOTHING_TO_HAND_OVER"


def test_no_list_is_begun_for_a_day_that_is_over_and_one_left_open_is_made_anew_and_handed_over(office):
    office.approved()
    office.registered()
    clerk, today = office.actor("admin_clerk"), office.house.clock.today()
    with office.house.transaction() as session, pytest.raises(NotUnderstood) as refused:
        posting.collect_list(session, clerk, on_date=today - timedelta(days=1), post_office="示范邮局")
    assert refused.value.code == "LIST_DAY"
    list_id = office.listed()
    office.house.clock.advance(days=1)
    with office.house.transaction() as session:
        clerk = office.actor("admin_clerk")
        assert posting.collect_list(session, clerk, on_date=today, post_office="示范邮局").id == list_id
    office.work()
    office.hand_over(list_id)


def test_two_clerks_who_collect_at_once_make_one_list(office):
    office.approved(2)
    office.registered()
    made, barrier = [], threading.Barrier(2)

    def collect():
        barrier.wait()
        try:
            with office.house.transaction() as session:
                clerk, today = office.actor("admin_clerk"), office.house.clock.today()
                made.append(posting.collect_list(session, clerk, on_date=today, post_office="示范邮局").id)
        except IntegrityError:
            made.append("refused")

    threads = [threading.Thread(target=collect) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with office.house.transaction() as session:
        lists = queries.lists_page(session, limit=9)
        assert [one.pieces for one in lists] == [2]
