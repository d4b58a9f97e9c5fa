"""Jams, reprints and voids: every copy is counted, in somebody's hands, and ended by two people."""

import pytest
import sqlalchemy as sa

from fieldops.correspondence import custody, queries, service
from fieldops.correspondence.paper import batch_count, papers, printing, rendering, reprint_files, reprinting
from fieldops.correspondence.paper.reprinting import Jam, jam_between
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.tasks.queries import task_of

ORDER = ["FO01", "FO02", "FO03", "FO04", "FO05", "FO06"]


@pytest.mark.parametrize(
    ("scans", "gap", "spoiled"),
    [
        (("FO02", "FO03", None), range(2, 6), range(2, 6)),
        (("FO02", "FO04", None), range(2, 6), range(3, 6)),  # FO03 never came out
        (("FO02", "FO03", "FO05"), range(2, 4), range(2, 4)),  # good sheets went on with FO05
        ((None, "FO01", "FO02"), range(1), range(1)),
    ],
)
def test_only_the_gap_of_a_jam_is_printed_again(scans, gap, spoiled):
    assert jam_between(ORDER, *scans) == Jam(gap, spoiled)


@pytest.mark.parametrize("scans", [("FO03", "FO03", None), ("FO04", "FO03", None), ("FO01", "FO04", "FO03")])
def test_sheets_in_an_order_no_printer_makes_are_refused(scans):
    with pytest.raises(NotUnderstood) as refused:
        jam_between(ORDER, *scans)
    assert refused.value.code == "JAM_ORDER"


def test_a_sheet_of_another_batch_is_refused_by_name():
    with pytest.raises(NotUnderstood, match="FO77 is no sheet of this batch"):
        jam_between(ORDER, "FO01", "FO77", None)


def serial(office, letter_id):
    return office.read(letter_id).figures["serial"]


def jam(office, batch_id, **scans):
    with office.house.transaction() as session:
        clerk = office.actor("admin_clerk")
        return reprinting.record_jam(session, clerk, batch_id, reason="paper jam", **scans)


def test_a_jam_is_recovered_and_its_spoiled_sheets_are_counted_void(office):
    letter_ids = office.approved(5)
    batch_id = office.rendered()
    codes = [serial(office, one) for one in letter_ids]
    made = jam(office, batch_id, last_good=codes[0], first_bad=f"*{codes[2].lower()}*", resumed_at=codes[4])
    assert [row["letter_id"] for row in made.letters] == [str(one) for one in letter_ids[1:4]]
    assert [row["copy_no"] for row in made.letters] == [1, 2, 2]
    office.work()
    with office.house.transaction() as session:
        first, again = papers.batch_card(session, batch_id)["parts"]
        assert (first.reprint_id, again.reprint_id) == (None, made.id)
        assert [row["letter_id"] for row in again.index] == [str(one) for one in letter_ids[1:4]]
        assert papers.part_pdf(session, office.actor("clerk"), office.house.store, batch_id, again.number)
    with office.house.transaction() as session:
        printing.mark_printed(session, office.actor("admin_clerk"), batch_id, quantity=5, sheets=5)
        count = batch_count.count_of(session, batch_id)
        assert (count.printed, count.void, count.expected, count.missing) == (7, 2, 5, 0)


def test_a_letter_spoiled_in_a_jam_and_paid_meanwhile_is_not_waited_for(office):
    kept, paid = office.approved(2)
    batch_id = office.rendered()
    with office.house.transaction() as session:
        service.cancel_letter(session, office.actor("supervisor"), paid, reason="paid")
    made = jam(office, batch_id, first_bad=serial(office, kept))
    assert [row["letter_id"] for row in made.letters] == [str(kept)]
    with office.house.transaction() as session:
        printing.mark_printed(session, office.actor("admin_clerk"), batch_id, quantity=1)
        count = batch_count.count_of(session, batch_id)
        assert (count.printed, count.void, count.expected) == (3, 2, 1)


def test_a_jam_is_reported_before_the_printing_is(office):
    (letter_id,) = office.approved()
    batch_id = office.printed()
    with pytest.raises(NotNow, match="not at the printer"):
        jam(office, batch_id, first_bad=serial(office, letter_id))


def test_a_sheet_count_that_is_not_that_of_the_files_is_refused(office):
    office.approved(2)
    batch_id = office.rendered()
    with office.house.transaction() as session, pytest.raises(NotUnderstood) as refused:
        printing.mark_printed(session, office.actor("admin_clerk"), batch_id, quantity=2, sheets=3)
    assert (refused.value.code, refused.value.extra) == ("CONTROL_TOTAL", {"sheets": 2})


def reprint(office, batch_id, letter_ids):
    with office.house.transaction() as session:
        clerk = office.actor("admin_clerk")
        made = reprinting.reprint_letters(session, clerk, batch_id, letter_ids=letter_ids, reason="smudged")
        return made.id


def test_a_reprint_is_a_counted_copy_and_the_copy_before_is_spoiled(office):
    first, second = office.approved(2)
    batch_id = office.printed()
    reprint(office, batch_id, [second])
    with office.house.transaction() as session:
        copies = custody.copies_of_letter(session, second)
        assert [(copy.copy_no, copy.end_reason) for copy in copies] == [(1, "smudged"), (2, None)]
        count = batch_count.count_of(session, batch_id)
        assert (count.printed, count.void, count.expected) == (3, 1, 2)
        assert count.expected <= queries.batch_by_id(session, batch_id).approved_quantity
        (made,) = reprinting.reprints_of(session, batch_id)
        assert (made.kind, [row["copy_no"] for row in made.letters]) == ("COPY", [2])
    assert office.read(first).status == "PRINTED"


def test_a_sealed_letter_or_one_of_another_batch_is_not_printed_again(office):
    sealed, other = office.approved(2)
    batch_id = office.sealed([sealed])
    office.printed([other])
    for letter_id in (sealed, other):
        with pytest.raises(NotNow):
            reprint(office, batch_id, [letter_id])
        with office.house.transaction() as session:
            assert len(custody.copies_of_letter(session, letter_id)) == 1


def test_a_letter_laid_out_anew_that_is_not_what_was_frozen_gives_no_file(office):
    (letter_id,) = office.approved()
    batch_id = office.printed()
    with office.house.transaction() as session:
        queries.letter_by_id(session, letter_id).pdf_sha256 = "0" * 64
    made = reprint(office, batch_id, [letter_id])
    with pytest.raises(reprint_files.NotTheSameBytesError):
        reprint_files.make_reprint(office.house, reprint_id=str(made))
    with office.house.transaction() as session:
        assert len(queries.all_parts_of(session, batch_id)) == 1


def test_a_reprint_that_was_cut_off_between_its_files_makes_the_one_it_lacks(office, monkeypatch):
    kinds = ("PAYMENT_NOTICE", "DUNNING")
    letter_ids = [office.approve(office.request(office.case(), kind=kind)) for kind in kinds]
    batch_id = office.printed()
    made = str(reprint(office, batch_id, letter_ids))
    renderers = [rendering.renderer_of(office.house, None)]  # the second template's is not reached
    with monkeypatch.context() as cut:
        cut.setattr(rendering, "renderer_of", lambda *_: renderers.pop())
        with pytest.raises(IndexError):
            reprint_files.make_reprint(office.house, reprint_id=made)
    for _ in range(2):
        reprint_files.make_reprint(office.house, reprint_id=made)
        with office.house.transaction() as session:
            again = [part for part in queries.all_parts_of(session, batch_id) if part.reprint_id is not None]
            filed = [row["letter_id"] for part in again for row in part.index]
            assert sorted(filed) == sorted(map(str, letter_ids))


def void(office, letter_id):
    with office.house.transaction() as session:
        service.cancel_letter(session, office.actor("supervisor"), letter_id, reason="misprint")
        (copy,) = custody.copies_of_letter(session, letter_id)
        return copy.id


def test_a_void_is_destroyed_by_one_and_witnessed_by_another(office):
    (letter_id,) = office.approved()
    office.sealed()
    copy_id = void(office, letter_id)
    clerk, witness = office.actor("admin_clerk"), office.actor("admin_approver")
    with office.house.transaction() as session, pytest.raises(NotNow) as refused:
        custody.witness_copies(session, witness, [copy_id])
    assert refused.value.code == "COPY_NOT_DESTROYED"
    with office.house.transaction() as session:
        custody.destroy_copies(session, clerk, [copy_id])
    with office.house.transaction() as session, pytest.raises(NotAllowed) as refused:
        custody.witness_copies(session, clerk, [copy_id])
    assert refused.value.code == "WITNESS_IS_SELF"
    with office.house.transaction() as session:
        assert [one.id for one in custody.unwitnessed(session, limit=9)["items"]] == [copy_id]
        custody.witness_copies(session, witness, [copy_id])
        assert custody.unwitnessed(session, limit=9)["items"] == []
        assert task_of(session, "shred_letter", letter_id).done_by == "admin_approver"


def test_the_database_itself_knows_that_a_witness_is_somebody_else(office):
    (letter_id,) = office.approved()
    office.sealed()
    copy_id = void(office, letter_id)
    alone = sa.text("UPDATE print_copy SET destroyed_by = 'x', witness = 'x' WHERE id = :id")
    with pytest.raises(sa.exc.IntegrityError, match="two_people"), office.house.transaction() as session:
        session.execute(alone, {"id": copy_id})


def test_a_copy_that_counts_is_not_destroyed(office):
    (letter_id,) = office.approved()
    office.sealed()
    with office.house.transaction() as session, pytest.raises(NotNow) as refused:
        custody.destroy_copies(session, office.actor("admin_clerk"), [custody.live_copy_of(session, letter_id).id])
    assert refused.value.code == "COPY_COUNTS"


def test_every_change_of_hands_is_on_record_and_stays(office):
    (letter_id,) = office.approved()
    office.posted()
    with office.house.transaction() as session:
        entries = custody.custody_of(session, letter_id)
        assert [(one.event, one.holder, one.copy_no) for one in entries] == [
            ("print", "OFFICE", 1),
            ("seal", "OFFICE", 1),
            ("post", "POST", 1),
        ]
    with pytest.raises(sa.exc.IntegrityError, match="append-only"), office.house.transaction() as session:
        session.execute(sa.text("DELETE FROM custody_entry"))


def test_the_card_of_a_batch_shows_its_control_totals(office):
    office.approved(2)
    batch_id = office.rendered()
    with office.house.transaction() as session:
        totals = papers.batch_card(session, batch_id)["totals"]
        assert (totals.letters, totals.sheets, totals.weight_g, totals.postage_fen) == (2, 2, 22, 840)


def test_a_batch_after_the_cut_off_is_due_on_the_next_working_day(office):
    letter_ids = office.approved(2)
    due = []
    for letter_id, hours in zip(letter_ids, (6, 2), strict=True):  # Friday 15:00, 17:00
        office.house.clock.advance(days=4 if hours == 6 else 0, hours=hours)
        with office.house.transaction() as session:
            made = printing.request_batch(session, office.actor("admin_clerk"), letter_ids=[letter_id])
            due.append(made.due_on.isoformat())
    assert due == ["2026-11-27", "2026-11-30"]
