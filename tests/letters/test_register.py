from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.errors import MoveRefused, RegisterBroken
from letters.register import (
    GENESIS,
    BatchState,
    ChainedEntry,
    EntryKind,
    ItemState,
    LetterState,
    RegisterEntry,
    append,
    entry_hash,
    events_from,
    may,
    reversal,
    verify,
)
from letters.states import BATCH_MOVES, ITEM_MOVES, LETTER_MOVES, LETTER_MOVES_WHILE_HELD

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def entry(seq: int = 1, **changes: object) -> RegisterEntry:
    values: dict = {
        "branch": "北京",
        "year": 2026,
        "seq": seq,
        "kind": EntryKind.REGISTERED,
        "at": AT + timedelta(minutes=seq),
        "letter_no": f"〔2026〕示范缴字第{seq:06d}号",
        "tracking_no": f"XA{seq:011d}",
        "handler": "letters",
    }
    return RegisterEntry(**(values | changes))


def register(length: int) -> list[ChainedEntry]:
    chained: list[ChainedEntry] = []
    for seq in range(1, length + 1):
        chained.append(append(chained[-1] if chained else None, entry(seq)))
    return chained


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        (LetterState.SEALED, "post", LetterState.POSTED),
        (LetterState.BROUGHT_BACK, "reseal", LetterState.SEALED),
        (LetterState.QUEUED, "cancel", LetterState.CANCELLED),
        (LetterState.SEALED, "void", LetterState.VOID),
        (LetterState.DELIVERED, "close", LetterState.CLOSED),
        (BatchState.PENDING_APPROVAL, "approve", BatchState.APPROVED),
        (ItemState.REFUSED, "send_back", ItemState.RETURNING),
        (ItemState.UNCLAIMED_HELD, "collect", ItemState.DELIVERED),
        (ItemState.LOST, "claim", ItemState.CLAIMED),
    ],
)
def test_what_may_happen_happens(state, event, after):
    assert may(state, event) is after


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (LetterState.POSTED, "cancel"),
        (LetterState.POSTED, "void"),
        (LetterState.PRINTED, "cancel"),
        (LetterState.GENERATED, "print"),
        (LetterState.POSTED, "close"),
        (LetterState.CLOSED, "deliver"),
        (LetterState.VOID, "post"),
        (BatchState.DRAFT, "print"),
        (BatchState.REJECTED, "approve"),
        (ItemState.REGISTERED, "deliver"),
        (ItemState.VOID, "post"),
        (ItemState.DELIVERED, "lose"),
        (LetterState.SEALED, "no such event"),
    ],
)
def test_what_may_not_happen_is_refused_and_what_may_is_named(state, event):
    with pytest.raises(MoveRefused, match=f"{state}.*cannot {event}: it may"):
        may(state, event)


def test_a_letter_is_cancelled_only_before_printing_and_voided_only_after():
    assert set(LETTER_MOVES["cancel"]) == {LetterState.GENERATED, LetterState.QUEUED}
    assert set(LETTER_MOVES["void"]) == {LetterState.PRINTED, LetterState.SEALED, LetterState.BROUGHT_BACK}


@pytest.mark.parametrize("moves", [LETTER_MOVES, BATCH_MOVES, ITEM_MOVES])
def test_every_state_can_be_reached_and_every_event_starts_somewhere(moves):
    reached = {after for froms in moves.values() for after in froms.values()}
    states = type(next(iter(reached)))
    first = next(iter(states))
    assert reached | {first} == set(states)
    assert all(moves.values())


def test_paper_under_a_hold_leaves_circulation_and_never_goes_out():
    assert may(LetterState.SEALED, "void", held=True) is LetterState.VOID
    assert may(LetterState.POSTED, "return", held=True) is LetterState.RETURNED
    for state, event in ((LetterState.QUEUED, "print"), (LetterState.SEALED, "post"), (LetterState.SEALED, "issue")):
        assert may(state, event)
        with pytest.raises(MoveRefused, match="under a hold"):
            may(state, event, held=True)
    assert LETTER_MOVES.keys() >= LETTER_MOVES_WHILE_HELD


@given(st.sampled_from(list(LetterState)), st.booleans())
def test_the_events_named_are_the_events_that_pass(state, held):
    for event in LETTER_MOVES:
        if event in events_from(state, held=held):
            may(state, event, held=held)
        else:
            with pytest.raises(MoveRefused):
                may(state, event, held=held)


def test_a_register_made_by_append_verifies():
    assert verify(register(5)) == ()
    assert verify([]) == ()
    assert register(1)[0].prev_hash == GENESIS


@pytest.mark.parametrize(
    "field", ["letter_no", "tracking_no", "handler", "outcome", "note", "case_no", "receipt", "address"]
)
def test_a_changed_word_is_found(field):
    chained = register(4)
    chained[2] = replace(chained[2], entry=replace(chained[2].entry, **{field: "别的"}))
    assert [(fault.seq, fault.code) for fault in verify(chained)] == [(3, "ALTERED")]


def test_a_changed_entry_hashed_anew_breaks_the_next_link():
    chained = register(4)
    forged = replace(chained[2].entry, outcome="妥投")
    chained[2] = ChainedEntry(forged, chained[2].prev_hash, entry_hash(chained[2].prev_hash, forged))
    assert [(fault.seq, fault.code) for fault in verify(chained)] == [(4, "LINK")]


def test_a_removed_entry_leaves_a_gap_and_a_broken_link():
    chained = register(4)
    del chained[1]
    assert [(fault.seq, fault.code) for fault in verify(chained)] == [(3, "GAP"), (3, "LINK")]


def test_the_hash_is_of_the_instant_not_of_the_clock_that_told_it():
    shanghai = timezone(timedelta(hours=8))
    assert entry_hash(GENESIS, entry()) == entry_hash(
        GENESIS, entry(at=(AT + timedelta(minutes=1)).astimezone(shanghai))
    )
    assert entry_hash(GENESIS, entry()) != entry_hash(GENESIS, entry(at=AT + timedelta(minutes=1, microseconds=1)))


@given(st.text(max_size=5), st.text(max_size=5))
def test_words_cannot_move_from_one_field_to_the_next(one, two):
    left, right = entry(note=one, outcome=two), entry(note=one + two, outcome="")
    assert (entry_hash(GENESIS, left) == entry_hash(GENESIS, right)) is (left == right)


def test_append_refuses_a_gap_and_another_branch():
    last = register(2)[-1]
    with pytest.raises(RegisterBroken, match="next number is 3"):
        append(last, entry(4))
    with pytest.raises(RegisterBroken, match="each branch and year"):
        append(last, entry(3, branch="上海"))


def test_a_correction_is_a_reversing_entry_and_the_first_stays():
    chained = register(2)
    back = reversal(chained[0].entry, seq=3, at=AT + timedelta(hours=1), handler="letters", reason="扫错件")
    chained.append(append(chained[-1], back))
    assert back.reverses == 1
    assert back.kind is EntryKind.REVERSAL
    assert verify(chained) == ()
    twice = replace(back, seq=4)
    chained.append(append(chained[-1], twice))
    assert [fault.code for fault in verify(chained)] == ["REVERSED_TWICE"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"seq": 0}, "counts from 1"),
        ({"at": datetime(2026, 11, 23)}, "no zone"),  # noqa: DTZ001
        ({"handler": " "}, "handler is missing"),
        ({"letter_no": ""}, "letter_no is missing"),
        ({"kind": EntryKind.REVERSAL}, "names the entry"),
        ({"reverses": 1, "seq": 2}, "names the entry"),
        ({"kind": EntryKind.REVERSAL, "reverses": 2, "seq": 2, "note": "x"}, "earlier entry"),
        ({"kind": EntryKind.REVERSAL, "reverses": 1, "seq": 2, "note": ""}, "gives a reason"),
    ],
)
def test_a_line_that_cannot_stand_is_refused(changes, why):
    with pytest.raises(RegisterBroken, match=why):
        entry(**changes)
