"""Letters, items, numbered stock and register under any order of events: nothing is lost, nothing is there twice."""

import pytest
import sqlalchemy as sa

from fieldops.correspondence import custody, register
from fieldops.correspondence.mail import crew_delivery, numbers
from fieldops.correspondence.paper import batch_count, printing
from fieldops.errors import Problem
from letters.register import EntryKind
from tests.correspondence.paper_days import live_through, run


def test_a_day_on_which_everything_happens_leaves_every_sheet_in_its_place(office):
    live_through(office)


def test_nothing_is_lost_or_doubled_whatever_the_desk_does(office):
    run(office, 6, 25)


@pytest.mark.long
def test_nothing_is_lost_or_doubled_in_many_long_days(office):
    run(office, 60, 60)


def without(states, *gone):
    return frozenset(states) - set(gone)


def entering(real, wanted):
    return lambda session, actor, lines: real(session, actor, [line for line in lines if wanted(line)])


def ending(real, wanted):
    def end(session, actor, copy, *, in_hand, **said):
        if wanted(in_hand):
            real(session, actor, copy, in_hand=in_hand, **said)

    return end


def forget_the_sheet(_session, _actor, _batch, letter):
    letter.print_batch_id = letter.print_part = None


def everything_filed(session, batch):
    filed = [row["letter_id"] for part in printing.queries.parts_of(session, batch.id) for row in part.index]
    return printing.queries.lock_letters(session, filed)


def skipping_a_number(real):
    def append(session, counter, entry, letter_id):
        row = real(session, counter, entry, letter_id)
        counter.last += entry.kind == EntryKind.OUTCOME
        return row

    return append


OUT, PLACE = batch_count.OUT_OF_OUR_HANDS, batch_count._place
SEALED_AWAY = crew_delivery.OUTCOMES | {"LEFT_SEALED": crew_delivery.Outcome("leave", names="where")}
FAULTS = {  # what may go wrong in the house: the place, and what stands there instead
    "a void letter's sheet still counts": (custody, "end_copy", ending(custody.end_copy, lambda in_hand: in_hand)),
    "a spoiled sheet still counts": (custody, "end_copy", ending(custody.end_copy, lambda in_hand: not in_hand)),
    "the sheet of a withdrawn letter is nobody's": (printing, "_shred", forget_the_sheet),
    "a sheet void before the jam is counted twice": (printing, "_on_paper", everything_filed),
    "a letter left sealed is looked for in the cupboard": (batch_count, "OUT_OF_OUR_HANDS", without(OUT, "LEFT_SEALED")),
    "a letter left sealed has no line": (crew_delivery, "OUTCOMES", SEALED_AWAY),
    "a returned letter is looked for in the cupboard": (batch_count, "OUT_OF_OUR_HANDS", without(OUT, "RETURNED")),
    "a closed letter is looked for in the cupboard": (batch_count, "OUT_OF_OUR_HANDS", without(OUT, "CLOSED")),
    "a letter with a crew is called handed": (
        batch_count, "_place", lambda *where, ended: PLACE(*where, ended=ended).replace("with_crews", "handed")
    ),
    "a void letter has no line": (
        register, "enter", entering(register.enter, lambda line: line.kind != EntryKind.VOID)
    ),
    "a posted letter has no line": (
        register, "enter", entering(register.enter, lambda line: line.kind != EntryKind.POSTED)
    ),
    "what is taken back stands in the register": (register, "reverse_latest", lambda *_, **__: None),
    "the register leaves a number out": (register, "_append", skipping_a_number(register._append)),
    "a number is given twice": (numbers, "_used_among", lambda *_: set()),
    "paper changes hands without an entry": (
        custody, "HANDS", {event: who for event, who in custody.HANDS.items() if event != "seal"}
    ),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
def test_the_scripted_day_sees_each_fault_the_house_could_have(office, monkeypatch, fault):
    monkeypatch.setattr(*FAULTS[fault])
    with pytest.raises((AssertionError, Problem, sa.exc.IntegrityError)):
        live_through(office)
