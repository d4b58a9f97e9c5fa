"""Numbered stock: two logins at every hand-over, no number twice, none without a place."""

import threading

import pytest
import sqlalchemy as sa

from fieldops.audit import Actor
from fieldops.correspondence.paper import stock
from fieldops.correspondence.stock_models import StockSpan
from fieldops.errors import NotAllowed, NotNow, NotUnderstood

ROLES = {"keeper": "ADMIN_APPROVER", "deputy": "ADMIN_APPROVER", "clerk": "ADMIN_CLERK", "other": "ADMIN_CLERK"}


@pytest.fixture
def desk(house):
    return Desk(house)


class Desk:
    """People who hand stock over."""

    def __init__(self, house):
        self.house = house

    def do(self, verb, who, *args, **words):
        with self.house.transaction() as session:
            actor = Actor(who, self.house.clock.now(), roles=frozenset({ROLES[who]}))
            return getattr(stock, verb)(session, actor, *args, **words)

    def received(self, first="A0001", last="A0100"):
        made = self.do("offer_receipt", "keeper", kind="PAPER", first=first, last=last, supplier="示范印刷厂")
        self.do("accept", "clerk", made.id, first=first, last=last)

    def issued(self, first, last, to="clerk"):
        made = self.do("offer_issue", "keeper", kind="PAPER", first=first, last=last, to=to)
        self.do("accept", to, made.id, first=first, last=last)

    def places(self):
        with self.house.transaction() as session:
            return [(span.low, span.high, span.state, span.holder) for span in stock.spans(session)]


def test_stock_is_received_issued_spoiled_returned_and_destroyed_by_two_logins(desk):
    desk.received()
    desk.issued("A0001", "A0050")
    desk.do("spoil", "clerk", kind="PAPER", first="A0010", last="A0012", reason="torn")
    back = desk.do("offer_return", "clerk", kind="PAPER", first="A0041", last="A0050")
    desk.do("accept", "keeper", back.id, first="A0041", last="A0050")
    gone = desk.do("offer_destruction", "clerk", kind="PAPER", first="A0010", last="A0012", reason="torn")
    desk.do("accept", "keeper", gone.id, first="A0010", last="A0012")
    assert desk.places() == [
        (1, 9, "ISSUED", "clerk"),
        (10, 12, "DESTROYED", ""),
        (13, 40, "ISSUED", "clerk"),
        (41, 50, "STORE", "STORE"),
        (51, 100, "STORE", "STORE"),
    ]


@pytest.mark.parametrize(("first", "last"), [("A0100", "A0120"), ("A0020", "A0030"), ("A0001", "A0500")])
def test_ranges_that_overlap_are_refused_and_change_nothing(desk, first, last):
    desk.received()
    with pytest.raises(NotNow) as refused:
        desk.do("offer_receipt", "keeper", kind="PAPER", first=first, last=last, supplier="x")
    assert refused.value.code == "STOCK_OVERLAPS"
    assert desk.places() == [(1, 100, "STORE", "STORE")]


def test_two_receipts_of_the_same_sheets_offered_at_once_are_one(desk):
    desk.do("offer_receipt", "keeper", kind="PAPER", first="A0001", last="A0100", supplier="x")
    with pytest.raises(NotNow) as refused:
        desk.do("offer_receipt", "deputy", kind="PAPER", first="A0050", last="A0150", supplier="x")
    assert refused.value.code == "STOCK_OFFERED"
    desk.do("offer_receipt", "keeper", kind="ENVELOPE", first="A0001", last="A0100", supplier="x")


def test_what_was_counted_must_be_what_was_offered(desk):
    made = desk.do("offer_receipt", "keeper", kind="PAPER", first="A0001", last="A0100", supplier="x")
    with pytest.raises(NotUnderstood) as refused:
        desk.do("accept", "clerk", made.id, first="A0001", last="A0099")
    assert refused.value.code == "STOCK_COUNT_DIFFERS"
    assert desk.places() == []
    desk.do("decline", "clerk", made.id, reason="one is missing")
    with pytest.raises(NotNow):
        desk.do("accept", "clerk", made.id, first="A0001", last="A0100")


def test_nobody_accepts_what_they_offered_or_what_is_meant_for_another(desk):
    made = desk.do("offer_receipt", "keeper", kind="PAPER", first="A0001", last="A0100", supplier="x")
    with pytest.raises(NotAllowed, match="two logins"):
        desk.do("accept", "keeper", made.id, first="A0001", last="A0100")
    desk.do("accept", "clerk", made.id, first="A0001", last="A0100")
    with pytest.raises(NotAllowed, match="themselves"):
        desk.do("offer_issue", "keeper", kind="PAPER", first="A0001", last="A0002", to="keeper")
    issue = desk.do("offer_issue", "keeper", kind="PAPER", first="A0001", last="A0002", to="clerk")
    with pytest.raises(NotAllowed, match="offered to clerk"):
        desk.do("accept", "other", issue.id, first="A0001", last="A0002")
    desk.do("accept", "clerk", issue.id, first="A0001", last="A0002")
    back = desk.do("offer_return", "clerk", kind="PAPER", first="A0001", last="A0002")
    with pytest.raises(NotAllowed, match="keeps it"):
        desk.do("accept", "other", back.id, first="A0001", last="A0002")


@pytest.mark.parametrize(
    ("verb", "who", "words", "code"),
    [
        ("offer_issue", "keeper", {"first": "A0090", "last": "A0110", "to": "clerk"}, "STOCK_UNKNOWN"),
        ("offer_issue", "keeper", {"first": "A0001", "last": "A0002", "to": "other"}, "STOCK_STATE"),
        ("offer_return", "other", {"first": "A0001", "last": "A0002"}, "STOCK_HOLDER"),
        ("spoil", "other", {"first": "A0001", "last": "A0001", "reason": "x"}, "STOCK_HOLDER"),
        ("spoil", "clerk", {"first": "A0002", "last": "A0001", "reason": "x"}, "STOCK_RANGE"),
        ("spoil", "clerk", {"first": "A1", "last": "A2", "reason": "x"}, "STOCK_RANGE"),
    ],
)
def test_what_cannot_be_done_with_sheets_is_refused_by_name(desk, verb, who, words, code):
    desk.received()
    desk.issued("A0001", "A0010")
    before = desk.places()
    with pytest.raises((NotNow, NotUnderstood)) as refused:
        desk.do(verb, who, kind="PAPER", **words)
    assert (refused.value.code, desk.places()) == (code, before)


def test_no_more_sheets_are_used_than_a_batch_has_put_out(office):
    desk = Desk(office.house)
    desk.received()
    desk.issued("A0001", "A0010")
    office.approved(3)
    batch_id = office.printed()
    desk.do("use", "clerk", kind="PAPER", first="A0001", last="A0002", batch_id=batch_id)
    with pytest.raises(NotNow) as refused:
        desk.do("use", "clerk", kind="PAPER", first="A0003", last="A0004", batch_id=batch_id)
    assert (refused.value.code, refused.value.extra) == ("STOCK_OVER_BATCH", {"printed": 3, "used": 2})
    desk.do("use", "clerk", kind="PAPER", first="A0003", last="A0003", batch_id=batch_id)
    with pytest.raises(NotNow):
        desk.do("use", "clerk", kind="PAPER", first="A0003", last="A0003", batch_id=batch_id)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("UPDATE stock_span SET high = high - 1", "add up"),
        ("DELETE FROM stock_span", "add up"),
        ("DELETE FROM stock_move", "append-only"),
    ],
)
def test_the_database_itself_knows_that_no_sheet_is_without_a_place(desk, change, name):
    desk.received()
    with pytest.raises(sa.exc.IntegrityError, match=name), desk.house.transaction() as session:
        session.execute(sa.text(change))


def test_the_database_itself_refuses_one_number_in_two_places(desk):
    desk.received()
    double = StockSpan(kind_no=1, series="A####", low=5, high=5, state="STORE", holder="STORE")
    with desk.house.transaction() as session:
        double.lot_id = stock.spans(session)[0].lot_id
    with pytest.raises(sa.exc.IntegrityError, match="overlap"), desk.house.transaction() as session:
        session.add(double)


def test_clerks_who_cut_one_lot_at_once_leave_every_sheet_in_one_place(desk):
    desk.received("A0001", "A0040")
    desk.issued("A0001", "A0040")
    barrier, refused = threading.Barrier(4), []

    def spoil(place):
        barrier.wait()
        for serial in range(1 + place % 2, 41, 2):  # each number is wanted by two of them
            number = f"A{serial:04d}"
            try:
                desk.do("spoil", "clerk", kind="PAPER", first=number, last=number, reason="torn")
            except NotNow:
                refused.append(number)

    threads = [threading.Thread(target=spoil, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 40
    assert desk.places() == [(serial, serial, "SPOILED", "clerk") for serial in range(1, 41)]
