"""What the desk believes of every copy, and that the house says the same: printed = posted + handed + void + custody."""

from collections import Counter

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from fieldops.correspondence import register
from fieldops.correspondence.models import Letter, MailItem, RegisterEntry
from fieldops.correspondence.paper import batch_count, stock
from fieldops.correspondence.sheet_models import CustodyEntry

OFFICE, POST, CREW, HANDED, VOID = "office", "post", "crew", "handed", "void"


class PaperBooks(RuleBasedStateMachine):
    """Where each copy is, in the desk's own books; after every step the house must say the same."""

    def __init__(self, office):
        super().__init__()
        self.office = office
        self.place = {}  # letter → where its copy that counts is
        self.state = {}  # letter → the state the desk believes it has
        self.spoiled = Counter()  # letter → copies that count no longer
        self.hands = Counter()  # letter → changes of hands
        self.lines = Counter()  # (letter, kind) → lines in the register
        self.batch = {}
        self.bound = set()
        self.undone = set()  # letters whose item is further on its way than the counter, or was
        self.refused = set()
        self.sheets_used = 0

    def do(self, who, verb, *args, **words):
        self.office.house.clock.advance(seconds=1)
        with self.office.house.transaction() as session:
            return verb(session, self.office.actor(who), *args, **words)

    def letters(self, *states):
        return sorted(letter for letter, state in self.state.items() if state in states)

    def some(self, data, *states):
        return data.draw(st.sampled_from(self.letters(*states)), label=f"a letter {states}")

    def moved(self, letter, state, place=None, *, hands=1):
        self.state[letter] = state
        if place is not None:
            self.place[letter] = place
        self.hands[letter] += hands

    # -- what always holds ------------------------------------------------------------------------------------------

    @invariant()
    def the_house_says_what_the_model_says(self):
        with self.office.house.transaction() as session:
            self.every_copy_is_where_it_should_be(session)
            self.numbers_are_unique_and_the_register_holds(session)
            self.nothing_changed_hands_without_its_entry(session)
            self.every_numbered_sheet_is_in_one_place(session)

    def every_copy_is_where_it_should_be(self, session):
        states = dict(session.execute(sa.select(Letter.id, Letter.status)).all())
        assert {letter: states[letter] for letter in self.state} == self.state
        batches = {one for held in self.batch.values() for one in held}
        counts = [batch_count.count_of(session, one) for one in batches]
        where = Counter(self.place.values())
        assert sum(count.posted for count in counts) == where[POST]
        assert sum(count.handed for count in counts) == where[HANDED]
        assert sum(count.with_crews for count in counts) == where[CREW]
        assert sum(count.expected for count in counts) == where[OFFICE]
        assert sum(count.void for count in counts) == sum(self.spoiled.values())
        assert sum(count.printed for count in counts) == sum(where.values()) + sum(self.spoiled.values())
        assert not any(count.missing for count in counts)

    def numbers_are_unique_and_the_register_holds(self, session):
        used = session.scalars(sa.select(MailItem.tracking_no)).all()
        assert len(used) == len(set(used))
        assert register.verify_register(session) == []
        lines = sa.select(RegisterEntry.letter_id, RegisterEntry.kind, sa.func.count())
        found = session.execute(lines.group_by(RegisterEntry.letter_id, RegisterEntry.kind))
        assert {(letter, kind): count for letter, kind, count in found} == +self.lines

    def nothing_changed_hands_without_its_entry(self, session):
        chosen = sa.select(CustodyEntry.letter_id, sa.func.count()).group_by(CustodyEntry.letter_id)
        found = dict(session.execute(chosen).all())
        assert {letter: count for letter, count in self.hands.items() if count} == found

    def every_numbered_sheet_is_in_one_place(self, session):
        spans = stock.spans(session)
        assert sum(span.high - span.low + 1 for span in spans) == 1000
        assert sum(span.high - span.low + 1 for span in spans if span.state == "USED") == self.sheets_used
