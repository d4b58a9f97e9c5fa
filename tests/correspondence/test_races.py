"""Several people at once on real connections: a letter is in one batch, a payment ends in exactly one of its ways."""

import threading
from collections import Counter

import pytest
import sqlalchemy as sa

from fieldops.cases import service as cases
from fieldops.correspondence import approval, custody, queries, register
from fieldops.correspondence.mail import numbers, posting
from fieldops.correspondence.models import MailItem, RegisterEntry
from fieldops.correspondence.paper import batch_count, printing
from fieldops.errors import Problem

ROUNDS = pytest.mark.parametrize("_round", [0, *(pytest.param(more, marks=pytest.mark.long) for more in range(1, 10))])
GAVE_WAY = (Problem, sa.exc.OperationalError, sa.exc.IntegrityError)


def at_once(*acts):
    """Let everybody act at the same moment; what each got, or why not."""
    barrier, got = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        barrier.wait()
        try:
            got[place] = act()
        except GAVE_WAY as refusal:
            got[place] = refusal

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def act(office, who, verb, *args, **words):
    def run():
        with office.house.transaction() as session:
            return verb(session, office.actor(who), *args, **words)

    return run


def test_print_batches_asked_for_at_once_never_hold_the_same_letter(office):
    letter_ids = office.approved(6)
    halves = [letter_ids[:4], letter_ids[2:], None, None]
    made = at_once(*(act(office, "admin_clerk", printing.request_batch, letter_ids=one) for one in halves))
    batches = [one for one in made if not isinstance(one, Exception)]
    assert batches
    held = Counter(office.read(letter_id).print_batch_id for letter_id in letter_ids)
    assert {batch.id: batch.requested_quantity for batch in batches} == {
        batch_id: count for batch_id, count in held.items() if batch_id is not None
    }


def test_two_clerks_who_register_one_batch_bind_each_letter_once(office):
    letter_ids = office.approved(6)
    batch_id = office.sealed()
    with office.house.transaction() as session:
        numbers.allot_range(session, office.actor("admin_approver"), first="XA00000000001", last="XA00000000100")
    at_once(*[act(office, "admin_clerk", posting.register_batch, batch_id)] * 4)
    with office.house.transaction() as session:
        items = session.scalars(sa.select(MailItem)).all()
        assert sorted(item.letter_id for item in items) == sorted(letter_ids)
        assert sorted(item.tracking_no for item in items) == [f"XA{serial:011d}" for serial in range(1, 7)]
        assert register.verify_register(session) == []


def test_one_label_scanned_by_two_clerks_binds_one_letter(office):
    first, second = office.approved(2)
    office.sealed()
    with office.house.transaction() as session:
        numbers.allot_range(session, office.actor("admin_approver"), first="XA00000000001", last="XA00000000100")
    label = {"tracking_no": "XA00000000007"}
    got = at_once(*(act(office, "admin_clerk", posting.register_letter, one, **label) for one in (first, second)))
    refused = [one for one in got if isinstance(one, Problem)]
    assert [(one.code, one.extra["fault"]) for one in refused] == [("LR-071", "USED")]


def paying(office, letter_id):
    case_id = office.read(letter_id).case_id
    paid = {"external_id": f"P{case_id}", "amount_fen": 800_000, "channel": "柜台"}
    return act(
        office, "business_dept", cases.record_repayment, case_id=case_id, paid_at=office.house.clock.now(), **paid
    )


@ROUNDS
def test_a_payment_while_the_letter_is_printed_leaves_no_letter_that_may_go_out(office, _round):
    (letter_id,) = office.approved()
    batch_id = office.rendered()
    office.house.clock.advance(minutes=1)
    at_once(paying(office, letter_id), act(office, "admin_clerk", printing.mark_printed, batch_id, quantity=1))
    letter = office.read(letter_id)
    with office.house.transaction() as session:
        copies = custody.copies_of_letter(session, letter_id)
        printed = queries.batch_by_id(session, batch_id).printed_quantity
        count = batch_count.count_of(session, batch_id)
        lines = session.scalars(sa.select(RegisterEntry.kind).filter_by(letter_id=letter_id)).all()
    assert (letter.status, len(copies)) in {("VOID", 1), ("CANCELLED", 1), ("CANCELLED", 0)}
    assert (printed is None) == (not copies)
    assert (count.void, count.expected, count.missing) == (len(copies), 0, 0)
    assert lines == (["VOID"] if letter.status == "VOID" else [])


@ROUNDS
def test_a_payment_while_the_list_is_handed_over_is_posted_or_void_and_never_both(office, _round):
    (letter_id,) = office.approved()
    (item_id,) = office.registered()
    list_id = office.listed()
    office.house.clock.advance(minutes=1)
    at_once(paying(office, letter_id), act(office, "admin_clerk", posting.hand_over, list_id))
    letter, item = office.read(letter_id), office.item(item_id)
    assert (letter.status, item.status) in {("POSTED", "POSTED"), ("VOID", "VOID")}
    with office.house.transaction() as session:
        kinds = session.scalars(sa.select(RegisterEntry.kind).order_by(RegisterEntry.number)).all()
        assert kinds == ["REGISTERED", letter.status]
        assert register.verify_register(session) == []


@ROUNDS
def test_a_payment_while_a_letter_is_approved_leaves_none_about_the_old_balance(office, _round):
    letter_id = office.request(office.case())
    office.house.clock.advance(minutes=1)
    at_once(paying(office, letter_id), act(office, "supervisor", approval.approve_letter, letter_id))
    assert office.read(letter_id).status == "CANCELLED"
