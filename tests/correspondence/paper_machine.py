"""A model of the letter desk that keeps where each copy is; after every step the house must say the same."""

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fieldops.correspondence import custody, queries, service
from fieldops.correspondence.mail import (
    amendments,
    crew_delivery,
    evidence,
    journey,
    numbers,
    posting,
    remailing,
    tracking,
    undoing,
)
from fieldops.correspondence.models import HandoverList, Letter, MailItem
from fieldops.correspondence.paper import batch_count, printing, rendering, reprinting, stock
from tests.correspondence.paper_books import CREW, HANDED, OFFICE, POST, PaperBooks


class PaperMachine(PaperBooks):
    """What the desk may do, in any order, with what there is."""

    # -- print ------------------------------------------------------------------------------------------------------

    @rule(count=st.integers(1, 3), by_hand=st.booleans())
    def approve(self, count, by_hand):
        for _ in range(count):
            delivery = "HAND_BY_VISIT" if by_hand else "REGISTERED_MAIL"
            letter = self.office.approve(self.office.request(self.office.case(), delivery=delivery))
            self.state[letter] = "GENERATED"

    @precondition(lambda self: self.letters("GENERATED"))
    @rule(data=st.data(), jam=st.sampled_from(["", "first", "any"]), skip=st.booleans(), paid=st.booleans())
    def print_batch(self, data, *, jam="", skip=False, paid=False, few=True):
        waiting = self.letters("GENERATED")
        batch_id = self.do("admin_clerk", printing.request_batch, letter_ids=waiting).id
        allowed = data.draw(st.integers(1, len(waiting))) if few else len(waiting)
        self.do("admin_approver", printing.approve_batch, batch_id, quantity=allowed)
        rendering.render_batch(self.office.house, batch_id=str(batch_id))
        with self.office.house.transaction() as session:
            filed = [row["letter_id"] for part in queries.parts_of(session, batch_id) for row in part.index]
            letters = {str(one.id): one for one in session.scalars(sa.select(Letter).where(Letter.id.in_(filed)))}
        order = [letters[letter_id] for letter_id in filed]
        gone = order[0].id if paid and len(order) > 1 else None  # withdrawn while it waits at the printer
        if gone is not None:
            self.do("supervisor", service.cancel_letter, gone, reason="paid")
            self.state[gone] = "CANCELLED"
        tray = list(order)
        if jam:
            bad = 0 if jam == "first" else data.draw(st.integers(0, len(order) - 1))
            codes = [one.figures["serial"] for one in order]
            last_good = codes[bad - 1] if bad else None
            self.do(
                "admin_clerk", reprinting.record_jam, batch_id, first_bad=codes[bad], last_good=last_good, reason="jam"
            )
            for one in order[bad:]:
                self.spoiled[one.id] += 1
                self.batch.setdefault(one.id, set()).add(batch_id)
            if bad == 0 and gone is not None:
                tray = order[1:]  # its sheet was spoiled in the jam, and nobody prints it again
        left = [order[-1]] if skip and len(order) > 1 and not jam else []
        printed = [one for one in tray if one not in left]
        not_printed = [one.id for one in left]
        self.do("admin_clerk", printing.mark_printed, batch_id, quantity=len(printed), not_printed=not_printed)
        for one in printed:
            self.batch.setdefault(one.id, set()).add(batch_id)
            if one.id == gone:
                self.spoiled[gone] += 1
                self.hands[gone] += 1
            else:
                self.moved(one.id, "PRINTED", OFFICE)

    @precondition(lambda self: self.letters("PRINTED"))
    @rule(data=st.data())
    def reprint(self, data):
        letter = self.some(data, "PRINTED")
        batch_id = self.office.read(letter).print_batch_id
        self.do("admin_clerk", reprinting.reprint_letters, batch_id, letter_ids=[letter], reason="smudged")
        self.spoiled[letter] += 1
        self.moved(letter, "PRINTED")

    @precondition(lambda self: self.letters("PRINTED"))
    @rule(data=st.data())
    def seal(self, data):
        batch_id = self.office.read(self.some(data, "PRINTED")).print_batch_id
        self.do("admin_clerk", printing.seal_batch, batch_id)
        for letter in self.letters("PRINTED"):
            if self.office.read(letter).print_batch_id == batch_id:
                self.moved(letter, "SEALED")

    # -- post -------------------------------------------------------------------------------------------------------

    def by_mail(self, letter):
        return self.office.read(letter).delivery == "REGISTERED_MAIL"

    @precondition(lambda self: any(self.by_mail(one) and one not in self.bound for one in self.letters("SEALED")))
    @rule(data=st.data(), scanned=st.booleans())
    def register(self, data, scanned):
        free = [one for one in self.letters("SEALED") if self.by_mail(one) and one not in self.bound]
        letter = data.draw(st.sampled_from(free))
        if scanned:
            with self.office.house.transaction() as session:
                row = numbers.number_ranges(session)[0]
                used = set(session.scalars(sa.select(MailItem.tracking_no)))
            numbers_ahead = (f"XA{serial:011d}" for serial in range(row.next, row.high))
            number = next(one for one in numbers_ahead if one not in used)  # which the range must not give again
            self.do("admin_clerk", posting.register_letter, letter, tracking_no=number)
            bound = [letter]
        else:
            batch_id = self.office.read(letter).print_batch_id
            items = self.do("admin_clerk", posting.register_batch, batch_id)
            bound = [item.letter_id for item in items]
        for one in bound:
            self.bound.add(one)
            self.lines[one, "REGISTERED"] += 1

    @precondition(lambda self: any(one in self.bound for one in self.letters("SEALED")))
    @rule()
    def hand_over(self):
        today = self.office.house.clock.today()
        list_id = self.do("admin_clerk", posting.collect_list, on_date=today, post_office="示范邮局").id
        with self.office.house.transaction() as session:
            session.get_one(HandoverList, list_id).status = posting.OPEN  # as the job does once its files are made
        self.do("admin_clerk", posting.hand_over, list_id)
        for letter in self.letters("SEALED"):
            if letter in self.bound:
                self.moved(letter, "POSTED", POST)
                self.lines[letter, "POSTED"] += 1

    def item_of(self, letter):
        with self.office.house.transaction() as session:
            return session.scalars(
                sa.select(MailItem).filter_by(letter_id=letter).order_by(MailItem.id.desc()).limit(1)
            ).one()

    @precondition(lambda self: set(self.letters("POSTED")) - self.undone)
    @rule(data=st.data())
    def strike_off(self, data):
        letter = data.draw(st.sampled_from(sorted(set(self.letters("POSTED")) - self.undone)))
        item = self.item_of(letter)
        words = {"kind": "STRUCK_OFF", "reason": "not taken", "our_initials": "a", "post_initials": "b"}
        self.do("admin_clerk", amendments.amend, item.handover_id, item_id=item.id, **words)
        self.moved(letter, "SEALED", OFFICE)
        self.lines[letter, "REVERSAL"] += 1

    @precondition(lambda self: self.letters("POSTED"))
    @rule(data=st.data(), outcome=st.sampled_from(["DELIVERED", "RETURNED", "LOST"]))
    def come_out(self, data, outcome):
        letter = self.some(data, "POSTED")
        item = self.item_of(letter)
        if letter in self.refused and outcome == "DELIVERED":
            return  # what was refused comes back, or is lost
        self.refused.discard(letter)
        if outcome == "DELIVERED":
            self.do("admin_clerk", journey.record_event, item.id, code="deliver", signed_by="SELF")
        elif outcome == "LOST":
            self.do("admin_clerk", journey.record_event, item.id, code="lose")
        else:
            scan = self.office.scan()
            self.do("admin_clerk", tracking.record_return, item.id, reason="M10", scan_sha256=scan)
            self.bound.discard(letter)
        self.moved(letter, outcome)
        self.lines[letter, "OUTCOME"] += 1

    @precondition(lambda self: set(self.letters("POSTED")) - self.refused)
    @rule(data=st.data())
    def refuse(self, data):
        letter = data.draw(st.sampled_from(sorted(set(self.letters("POSTED")) - self.refused)))
        self.do("admin_clerk", journey.record_event, self.item_of(letter).id, code="refuse")
        self.refused.add(letter)
        self.undone.add(letter)

    @precondition(lambda self: self.refused)
    @rule(data=st.data())
    def take_refusal_back(self, data):
        letter = data.draw(st.sampled_from(sorted(self.refused)))
        self.do("admin_approver", undoing.undo_outcome, letter, reason="the wrong label")
        self.refused.discard(letter)

    @precondition(lambda self: self.letters(*evidence.NEEDED))
    @rule(data=st.data())
    def undo(self, data):
        letter = self.some(data, *evidence.NEEDED)
        self.do("admin_approver", undoing.undo_outcome, letter, reason="the wrong label")
        if self.by_mail(letter):
            self.bound.add(letter)
            self.undone.add(letter)
            self.moved(letter, "POSTED", POST)
        else:
            self.moved(letter, "ISSUED_TO_CREW", CREW)
        self.lines[letter, "REVERSAL"] += 1

    @precondition(lambda self: self.letters(*evidence.NEEDED))
    @rule(data=st.data())
    def close(self, data):
        letter = self.some(data, *evidence.NEEDED)
        scan = self.office.scan()
        for kind in evidence.NEEDED[self.state[letter]]:
            self.do("admin_clerk", evidence.file_evidence, letter, kind=kind, scan_sha256=scan)
        self.do("admin_clerk", evidence.close_letter, letter)
        self.state[letter] = "CLOSED"
        self.lines[letter, "CLOSED"] += 1

    @precondition(lambda self: self.letters("RETURNED"))
    @rule(data=st.data())
    def remail(self, data):
        letter = self.some(data, "RETURNED")
        self.do("admin_clerk", remailing.remail, self.item_of(letter).id, reason="damaged")
        self.undone.discard(letter)  # it takes a number that has no history
        self.moved(letter, "SEALED", OFFICE)

    # -- hand -------------------------------------------------------------------------------------------------------

    @precondition(lambda self: any(not self.by_mail(one) for one in self.letters("SEALED")))
    @rule()
    def issue(self):
        letters = [one for one in self.letters("SEALED") if not self.by_mail(one)]
        self.do("admin_clerk", crew_delivery.issue_letters, letter_ids=letters, crew="C1", carrier="x")
        for letter in letters:
            self.moved(letter, "ISSUED_TO_CREW", CREW)

    @precondition(lambda self: self.letters("ISSUED_TO_CREW"))
    @rule(data=st.data(), outcome=st.sampled_from(["HANDED", "LEFT_SEALED", "BROUGHT_BACK"]))
    def come_home(self, data, outcome):
        letter = self.some(data, "ISSUED_TO_CREW")
        words = {"outcome": outcome, "to": "SELF", "reason": "x"}
        self.do("admin_clerk", crew_delivery.record_outcome, letter, **words)
        back = outcome == "BROUGHT_BACK"
        self.moved(letter, outcome, OFFICE if back else HANDED)
        self.lines[letter, "HANDED"] += not back

    @precondition(lambda self: self.letters("BROUGHT_BACK"))
    @rule(data=st.data())
    def reseal(self, data):
        letter = self.some(data, "BROUGHT_BACK")
        self.do("admin_clerk", crew_delivery.record_outcome, letter, outcome="RESEALED")
        self.moved(letter, "SEALED")

    # -- out of circulation -----------------------------------------------------------------------------------------

    @precondition(lambda self: self.letters("GENERATED", "PRINTED", "SEALED", "BROUGHT_BACK"))
    @rule(data=st.data())
    def withdraw(self, data):
        letter = self.some(data, "GENERATED", "PRINTED", "SEALED", "BROUGHT_BACK")
        self.do("supervisor", service.cancel_letter, letter, reason="the bank asked")
        if self.state[letter] == "GENERATED":
            self.state[letter] = "CANCELLED"
            return
        self.spoiled[letter] += 1
        self.place.pop(letter)
        self.lines[letter, "VOID"] += 1
        self.moved(letter, "VOID")
        self.bound.discard(letter)

    @rule(data=st.data())
    def witness(self, data):
        with self.office.house.transaction() as session:
            waiting = custody.unwitnessed(session, limit=5)["items"]
        for copy in waiting:
            if copy.destroyed_by is None:
                self.do("admin_clerk", custody.destroy_copies, [copy.id])
            self.do("admin_approver", custody.witness_copies, [copy.id])

    @precondition(lambda self: self.place)
    @rule(data=st.data(), count=st.integers(1, 3))
    def use_numbered_sheets(self, data, count):
        letter = data.draw(st.sampled_from(sorted(self.place)))
        first, last = f"P{self.sheets_used + 1:06d}", f"P{self.sheets_used + count:06d}"
        batch_id = self.office.read(letter).print_batch_id
        with self.office.house.transaction() as session:
            printed = batch_count.count_of(session, batch_id).printed
            if stock.used_for(session, batch_id) + count > printed:
                return
        self.do("admin_clerk", stock.use, kind="PAPER", first=first, last=last, batch_id=batch_id)
        self.sheets_used += count
