"""Print batches: quantity, what the rules take off, one bad letter, counting, and a worker that is killed."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
import sqlalchemy as sa

from fieldops.cases.models import Repayment
from fieldops.correspondence import queries, service
from fieldops.correspondence.mail import evidence, journey
from fieldops.correspondence.models import CustodyDecision
from fieldops.correspondence.paper import batch_count, papers, printing, rendering
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.packs import queries as packs
from fieldops.packs.service import retire_template
from fieldops.policies.replay import replay
from tests.makers import make_case, make_debtor


@pytest.fixture
def office(real_office):
    return real_office


def batch_of(office, batch_id):
    with office.house.transaction() as session:
        return papers.batch_card(session, batch_id)


def printed_letters(card):
    return [row["letter_no"] for part in card["parts"] for row in part.index]


def test_a_batch_is_rendered_into_files_with_a_page_index(office):
    letter_ids = office.approved(3)
    card = batch_of(office, office.rendered())
    assert card["rendered_at"] is not None
    (part,) = card["parts"]
    assert [row["letter_id"] for row in part.index] == [str(one) for one in letter_ids]
    pdf = pypdfium2.PdfDocument(office.house.store.get(part.pdf_sha256))
    assert len(pdf) == sum(row["pages"] for row in part.index)
    for row in part.index:
        assert row["letter_no"] in pdf[row["first_page"] - 1].get_textpage().get_text_bounded()


def test_a_letter_by_itself_is_the_frozen_bytes(office):
    (letter_id,) = office.approved()
    office.rendered()
    letter = office.read(letter_id)
    with office.house.transaction() as session:
        data = papers.letter_pdf(session, office.actor("qa"), office.house.store, letter_id)
    assert hashlib.sha256(data).hexdigest() == letter.pdf_sha256
    with office.house.transaction() as session:
        template = packs.templates_by_ids(session, [letter.template_id])[letter.template_id]
    again = rendering.renderer_of(office.house, template.id).render(rendering.thaw(letter.figures))
    assert again.sha256 == letter.pdf_sha256


def test_a_batch_of_new_years_night_bears_the_year_in_shanghai(office):
    office.approved()
    with office.house.transaction() as session:
        clerk = replace(office.actor("clerk"), at=datetime(2026, 12, 31, 17, tzinfo=UTC))
        assert printing.request_batch(session, clerk).no.startswith("PB27")


def test_who_asks_for_a_quantity_does_not_approve_it(office):
    office.approved()
    with office.house.transaction() as session:
        batch_id = printing.request_batch(session, office.actor("admin_clerk")).id
    with office.house.transaction() as session, pytest.raises(NotAllowed, match="LR-083"):
        printing.approve_batch(session, office.actor("admin_clerk"), batch_id, quantity=1)


def test_no_more_is_approved_than_was_asked_for_and_the_rest_waits(office):
    letter_ids = office.approved(3)
    with office.house.transaction() as session:
        batch_id = printing.request_batch(session, office.actor("admin_clerk")).id
    with office.house.transaction() as session, pytest.raises(NotUnderstood, match="LR-080"):
        printing.approve_batch(session, office.actor("admin_approver"), batch_id, quantity=4)
    with office.house.transaction() as session:
        printing.approve_batch(session, office.actor("admin_approver"), batch_id, quantity=2)
    office.work()
    card = batch_of(office, batch_id)
    assert len(printed_letters(card)) == 2
    assert [row["code"] for row in card["exceptions"]] == ["LR-080"]
    assert office.read(letter_ids[2]).status == "GENERATED"


def test_a_control_total_that_is_not_the_number_of_letters_is_refused(office):
    letter_ids = office.approved(2)
    with office.house.transaction() as session, pytest.raises(NotUnderstood) as refused:
        printing.request_batch(session, office.actor("admin_clerk"), letter_ids=letter_ids, requested_quantity=3)
    assert refused.value.code == "CONTROL_TOTAL"


def test_two_batches_never_hold_the_same_letter(office):
    letter_ids = office.approved(2)
    office.batch(letter_ids)
    with office.house.transaction() as session, pytest.raises(NotNow):
        printing.request_batch(session, office.actor("admin_clerk"), letter_ids=letter_ids)


def test_printing_more_than_approved_is_refused_and_changes_nothing(office):
    office.approved(2)
    batch_id = office.rendered()
    with office.house.transaction() as session, pytest.raises(NotNow, match="LR-080") as refused:
        printing.mark_printed(session, office.actor("admin_clerk"), batch_id, quantity=3)
    assert refused.value.code == "LR-080"
    assert batch_of(office, batch_id)["letters"] == {"QUEUED": 2}


def test_letters_the_printer_did_not_put_out_wait_for_another_batch(office):
    first, second = office.approved(2)
    batch_id = office.rendered()
    with office.house.transaction() as session, pytest.raises(NotUnderstood, match="not_printed"):
        printing.mark_printed(session, office.actor("admin_clerk"), batch_id, quantity=1)
    with office.house.transaction() as session:
        printing.mark_printed(session, office.actor("admin_clerk"), batch_id, quantity=1, not_printed=[second])
    assert [office.read(one).status for one in (first, second)] == ["PRINTED", "GENERATED"]


def test_a_balance_too_old_to_print_makes_the_letter_wait(office):
    (letter_id,) = office.approved()
    office.house.clock.advance(days=1)
    batch_id = office.rendered()
    letter = office.read(letter_id)
    assert (letter.status, letter.status_reason, letter.print_batch_id) == ("GENERATED", "LR-021", None)
    assert [row["code"] for row in batch_of(office, batch_id)["exceptions"]] == ["LR-021"]


def test_what_was_paid_since_approval_is_found_again_at_the_printer(office):
    """As if the event had been lost: the gate itself must see it."""
    case_id = office.case()
    letter_id = office.approve(office.request(case_id))
    office.house.clock.advance(minutes=1)
    with office.house.transaction() as session:
        case = service.cases.case_by_id(session, case_id)
        paid = {"external_id": "P1", "amount_fen": 100_000, "channel": "柜台", "recorded_at": office.house.clock.now()}
        session.add(Repayment(case_id=case_id, bank_id=case.bank_id, paid_at=office.house.clock.now(), **paid))
    office.rendered()
    assert (office.read(letter_id).status, office.read(letter_id).status_reason) == ("CANCELLED", "LR-022")
    with office.house.transaction() as session:
        (new,) = [one for one in queries.letters_page(session, limit=9) if one.supersedes_id == letter_id]
    assert (new.status, office.read(office.approve(new.id)).figures["balance_fen"]) == ("PENDING_REVIEW", 700_000)


def test_a_letter_that_speaks_of_an_old_day_is_replaced_when_a_newer_balance_is_known(office):
    (letter_id,) = office.approved()
    office.house.clock.advance(days=1)
    with office.house.transaction() as session:
        service.cases.case_by_id(session, office.read(letter_id).case_id).balance_as_of = office.house.clock.today()
    office.rendered()
    assert (office.read(letter_id).status, office.read(letter_id).status_reason) == ("CANCELLED", "FIGURES_CHANGED")
    with office.house.transaction() as session:
        assert [one.status for one in queries.letters_page(session, limit=9) if one.supersedes_id] == ["PENDING_REVIEW"]


def test_a_text_retired_after_approval_is_printed_no_more(office):
    (letter_id,) = office.approved()
    with office.house.transaction() as session:
        template_id = service.queries.letter_by_id(session, letter_id).template_id
        retire_template(session, office.actor("admin_approver"), template_id, reason="the bank's new wording")
    batch_id = office.rendered()
    assert office.read(letter_id).status == "CANCELLED"
    with office.house.transaction() as session:
        card = papers.batch_card(session, batch_id)
        assert ([row["code"] for row in card["exceptions"]], list(card["parts"])) == (["LR-040"], [])


def test_one_bad_letter_never_stops_a_batch(office):
    with office.house.transaction() as session:
        strange = make_case(session, debtor=make_debtor(session, name="张\U00030edd")).id
    good, bad = office.approve(office.request(office.case())), office.approve(office.request(strange))
    card = batch_of(office, office.rendered())
    assert card["letters"] == {"QUEUED": 1}
    assert [(row["letter_id"], row["code"]) for row in card["exceptions"]] == [(str(bad), "GlyphMissing")]
    assert [office.read(one).status for one in (good, bad)] == ["QUEUED", "GENERATED"]


def test_rendering_again_changes_nothing(office):
    office.approved(2)
    batch_id = office.rendered()
    before = batch_of(office, batch_id)
    rendering.render_batch(office.house, batch_id=str(batch_id))
    after = batch_of(office, batch_id)
    assert [part.pdf_sha256 for part in after["parts"]] == [part.pdf_sha256 for part in before["parts"]]
    assert after["version"] == before["version"]


def test_a_letter_withdrawn_after_rendering_is_shredded_and_counted_void(office):
    kept, paid = office.approved(2)
    batch_id = office.rendered()
    with office.house.transaction() as session:
        service.cancel_letter(session, office.actor("supervisor"), paid, reason="asked by the bank")
    with office.house.transaction() as session:
        printing.mark_printed(session, office.actor("admin_clerk"), batch_id, quantity=2)
    assert office.read(kept).status == "PRINTED"
    card = batch_of(office, batch_id)
    assert [(row["letter_id"], row["code"]) for row in card["exceptions"]] == [(str(paid), printing.WITHDRAWN)]
    with office.house.transaction() as session:
        found = batch_count.reconcile_batch(session, office.actor("admin_clerk"), batch_id, in_custody=1)
        assert (found["missing"], found["batch"].status) == (0, "RECONCILED")


def test_a_batch_is_closed_when_all_its_letters_are_and_a_later_difference_opens_it_again(office):
    (kept,) = office.approved()
    (item_id,) = office.posted()
    batch_id = office.read(kept).print_batch_id

    def count(in_custody):
        with office.house.transaction() as session:
            clerk = office.actor("admin_clerk")
            return batch_count.reconcile_batch(session, clerk, batch_id, in_custody=in_custody)["batch"].status

    assert [count(0), count(1), count(0)] == ["RECONCILED", "PRINTED", "RECONCILED"]
    with office.house.transaction() as session:
        journey.record_event(session, office.actor("admin_clerk"), item_id, code="deliver", signed_by="SELF")
    assert count(0) == "RECONCILED"
    scan = office.scan()
    with office.house.transaction() as session:
        for kind in (evidence.POSTING, evidence.DELIVERY):
            evidence.file_evidence(session, office.actor("admin_clerk"), kept, kind=kind, scan_sha256=scan)
        evidence.close_letter(session, office.actor("admin_clerk"), kept)
    assert [count(0), count(0), count(1)] == ["CLOSED", "CLOSED", "PRINTED"]


def test_a_missing_letter_is_found_by_counting(office):
    """50 printed, 48 posted, 1 void: one is missing (scenario 19), here in small."""
    letter_ids = office.approved(4)
    office.posted(letter_ids[:2])
    batch_id = office.read(letter_ids[0]).print_batch_id
    with office.house.transaction() as session:
        found = batch_count.reconcile_batch(session, office.actor("admin_clerk"), batch_id, in_custody=0)
        assert (found["missing"], found["code"]) == (0, "LR-082")  # the post's receipts are not filed yet
    second = office.sealed(letter_ids[2:])
    with office.house.transaction() as session:
        service.cancel_letter(session, office.actor("supervisor"), letter_ids[2], reason="misprint")
    with office.house.transaction() as session:
        found = batch_count.reconcile_batch(session, office.actor("admin_clerk"), second, in_custody=0)
        assert (found["missing"], found["code"], found["batch"].status) == (1, "LR-081", "PRINTED")
    with office.house.transaction() as session:
        kept = session.scalars(sa.select(CustodyDecision).order_by(CustodyDecision.id)).all()
        assert [(each.stage, each.verdict, len(each.findings)) for each in kept] == [
            ("RECONCILE", "PASS", 2), ("RECONCILE", "REVIEW", 2),
        ]  # fmt: skip
        done = replay(session, office.house.clock.now() - timedelta(days=1))
        assert (done.asked > len(kept), done.differing) == (True, [])
