"""The ways to break sync that the design names: each is a change that a tired programmer could make."""

from fieldops.demo.phone import Phone
from fieldops.sync import push, queries, scope
from fieldops.sync.feed import REMOVE
from fieldops.sync.rules import REASSIGNED, UNPLANNED


def no_deduplication(monkeypatch):
    """The server does not look whether it has done a mutation before."""
    monkeypatch.setattr(queries, "receipts_of", lambda session, mutation_ids: {})


def receipt_not_stored(monkeypatch):
    """The effect is there and the answer is given, but nobody remembers it."""
    monkeypatch.setattr(push, "insert_rows", lambda session, table, receipts, same: None)


def no_remove_on_reassignment(monkeypatch):
    """A visit that another crew has now stays on the phones of the first."""
    real = scope.tell

    def silent(session, changes):
        real(session, [each for each in changes if each.op != REMOVE or each.reason not in {REASSIGNED, UNPLANNED}])

    monkeypatch.setattr(scope, "tell", silent)


def cursor_saved_before_ops(monkeypatch):
    """The phone notes how far it has come, and then applies what it was told."""

    def hasty(phone, answer, asked_from):
        if phone.cursor != asked_from:
            return
        told = (answer["epoch"], answer["cursor"], answer["offline_until"])
        phone._db.execute("UPDATE place SET epoch = ?, cursor = ?, offline_until = ?", told)
        phone._db.execute("BEGIN IMMEDIATE")
        try:
            phone._apply_page(answer, asked_from)
        except BaseException:
            phone._db.execute("ROLLBACK")
            raise
        phone._db.execute("COMMIT")

    monkeypatch.setattr(Phone, "_take_ops", hasty)


def stale_answer_applied(monkeypatch):
    """The phone applies an answer whatever has happened since it asked."""

    def careless(phone, answer, asked_from):
        phone._db.execute("BEGIN IMMEDIATE")
        try:
            phone._apply_page(answer, asked_from)
        except BaseException:
            phone._db.execute("ROLLBACK")
            raise
        phone._db.execute("COMMIT")

    monkeypatch.setattr(Phone, "_take_ops", careless)


def one_layer_on_the_phone(monkeypatch):
    """What was reported and not yet confirmed is part of what the phone says it holds."""
    real = Phone.base.fget

    def mixed(phone):
        shown = {stop["id"] for stop in phone.stops}
        return {visit: version for visit, version in real(phone).items() if visit in shown}

    monkeypatch.setattr(Phone, "base", property(mixed))


MUTANTS = {
    mutant.__name__: mutant
    for mutant in (
        no_deduplication,
        receipt_not_stored,
        no_remove_on_reassignment,
        cursor_saved_before_ops,
        stale_answer_applied,
        one_layer_on_the_phone,
    )
}
