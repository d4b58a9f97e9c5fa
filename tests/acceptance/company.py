"""A company to which everything happens: the machine of the event table, and what must be true after each event.

What must be true is worked out from the registers alone, by other words than the rules use.
"""

import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select

from fieldops.audit import Actor, AuditEntry
from fieldops.auth.roles import Role
from fieldops.batching.service import make_batches
from fieldops.cases import complaints, lifecycle, queries, service, states
from fieldops.cases.jobs import expire_past_cases
from fieldops.cases.models import Case, Complaint, Hold, Repayment, SpecialStatus
from fieldops.clock import local_date
from fieldops.correspondence import approval as letter_approval
from fieldops.correspondence import service as letters
from fieldops.correspondence.jobs import ask_again as review_letters
from fieldops.correspondence.models import OPEN_LETTER_STATES, Letter, LetterDecision
from fieldops.correspondence.rules import LETTER_RULES
from fieldops.errors import Problem
from fieldops.planning.models import DayPlan, RouteStop
from fieldops.policies.catalogue import Stage
from fieldops.sync.models import ScopeEntry
from fieldops.visits import approval
from fieldops.visits import service as visits
from fieldops.visits import states as visit_states
from fieldops.visits.jobs import ask_again as review_visits
from fieldops.visits.models import Visit, VisitCase, VisitDecision
from fieldops.visits.rules import VISIT_RULES
from tests.conftest import a_house

OUT_OF_MANDATE = {states.WITHDRAWN, states.EXPIRED, states.RETURNED, states.KEPT, states.SETTLED, states.CLOSED}
PAUSED = {states.PAUSED, states.EXTENSION_PENDING, states.WITHDRAWAL_PENDING}
STOPPING = ("BANK_PAUSE", "DO_NOT_COLLECT", "DISPUTE", "INSTALMENT", "DEATH", "CUSTODY", "LITIGATION", "MANAGER")
IN_HAND = (*OPEN_LETTER_STATES, "ISSUED_TO_CREW", "BROUGHT_BACK")
WRITTEN = ("GENERATED", "QUEUED", "PRINTED", "SEALED")
TOLD = ("cases.status", "cases.complaint", "complaints.reopen")
VISITED_FROM_FEN = 500_000
SOME = st.sampled_from([range(13), range(0, 13, 2), range(1, 13, 2), range(0, 13, 3)])
WHY = {"purpose": "COLLECT", "reason": "EVASIVE", "goal": "当面核实"}


class Company(RuleBasedStateMachine):
    """Thirteen cases with something on its way, and everything that can happen to some of them."""

    where = None  # (postgres, the stage's database), set by the test

    @initialize()
    def open_office(self):
        postgres, database = self.where
        self.left = ExitStack()
        home = Path(self.left.enter_context(tempfile.TemporaryDirectory()))
        self.house = self.left.enter_context(a_house(postgres, home, template=database))
        with self.house.transaction() as session:
            self.cases = list(session.scalars(select(Case.id).order_by(Case.id)))
        self.slips = 0

    def teardown(self):
        if hasattr(self, "left"):
            self.left.close()

    def act(self, use_case, *arguments, **words):
        """Do something as somebody who may do all, a second later; what is refused leaves nothing behind."""
        self.slips += 1
        self.house.clock.advance(seconds=1)
        actor = Actor(f"officer {self.slips}", self.house.clock.now(), roles=frozenset(Role))
        try:
            with self.house.transaction() as session:
                use_case(session, actor, *arguments, **words)
        except Problem:
            pass

    def newest(self, register, number):
        """The newest row of a register of a case, None without one."""
        with self.house.transaction() as session:
            rows = session.scalars(select(register).filter_by(case_id=self.cases[number]).order_by(register.id.desc()))
            return rows.first()

    @property
    def today(self):
        return local_date(self.house.clock.now())

    @rule(numbers=SOME, fen=st.sampled_from([100_000, 300_001, 800_000]))
    def pay(self, numbers, fen):
        for number in numbers:
            told = {
                "external_id": f"S{self.slips}",
                "amount_fen": fen,
                "paid_at": self.house.clock.now(),
                "channel": "柜台",
            }
            self.act(service.record_repayment, case_id=self.cases[number], **told)

    @rule(numbers=SOME)
    def take_payment_back(self, numbers):
        for number in numbers:
            slip = self.newest(Repayment, number)
            if slip is not None:
                self.act(service.reverse_repayment, case_id=slip.case_id, repayment_id=slip.id, reason="冲正")

    @rule(numbers=SOME, kind=st.sampled_from(STOPPING), begins=st.integers(0, 1), days=st.sampled_from([None, 1, 2]))
    def hold(self, numbers, kind, begins=0, days=None):
        for number in numbers:
            from_on = self.today + timedelta(days=begins)
            until_on = None if days is None else from_on + timedelta(days=days)
            self.act(service.open_hold, case_id=self.cases[number], kind=kind, from_on=from_on, until_on=until_on)

    @rule(numbers=SOME)
    def release(self, numbers):
        for number in numbers:
            held = self.newest(Hold, number)
            if held is not None:
                self.act(service.release_hold, case_id=held.case_id, hold_id=held.id, reason="通知")

    @rule(numbers=SOME, grade=st.sampled_from(["MINOR", "ORDINARY", "MAJOR"]))
    def complain(self, numbers, grade):
        for number in numbers:
            self.act(complaints.open_complaint, case_id=self.cases[number], grade=grade, received_on=self.today)

    @rule(numbers=SOME, upheld=st.booleans())
    def close_complaint(self, numbers, upheld):
        for number in numbers:
            filed = self.newest(Complaint, number)
            if filed is not None:
                self.act(complaints.report_to_bank, filed.id, report_ref="函")
                self.act(complaints.reply, filed.id, reply="已复")
                self.act(complaints.close_complaint, filed.id, upheld=upheld, reason="结")

    @rule(
        numbers=SOME,
        kind=st.sampled_from(["FRAUD", "DECEASED", "CUSTODY"]),
        proof=st.sampled_from(["CLAIMED", "COMPLETE"]),
    )
    def prove(self, numbers, kind, proof):
        for number in numbers:
            told = {"kind": kind, "proof": proof, "from_on": self.today}
            self.act(service.record_special_status, case_id=self.cases[number], **told)

    @rule(numbers=SOME)
    def disprove(self, numbers):
        for number in numbers:
            status = self.newest(SpecialStatus, number)
            if status is not None:
                self.act(service.lift_special_status, case_id=status.case_id, status_id=status.id, reason="不实")

    @rule(numbers=SOME, step=st.sampled_from([code for code, each in states.CASE_STEPS.items() if each.roles]))
    def step(self, numbers, step):
        for number in numbers:
            until_on = self.today + timedelta(days=60)
            self.act(lifecycle.take_step, case_id=self.cases[number], step=step, reason="说明", until_on=until_on)

    @rule(numbers=SOME)
    def request(self, numbers):
        for number in numbers:
            self.act(visits.request_visit, case_ids=(self.cases[number],), **WHY)
            self.act(letters.request_letter, case_id=self.cases[number], kind="PAYMENT_NOTICE", reason="逾期")

    @rule()
    def approve(self):
        with self.house.transaction() as session:
            waiting = session.scalars(select(Visit.id).filter_by(status="PENDING_REVIEW")).all()
            asked = session.scalars(select(Letter.id).filter_by(status="PENDING_REVIEW")).all()
        for visit_id in waiting:
            self.act(approval.approve_visit, visit_id, comment="已核")
        for letter_id in asked:
            self.act(letter_approval.approve_letter, letter_id, comment="已核")

    @rule()
    def batch(self):
        self.act(make_batches, on_date=self.today + timedelta(days=1))

    @rule(days=st.sampled_from([1, 1, 2, 20]))
    def let_days_pass(self, days):
        self.house.clock.advance(days=days)
        for night in (expire_past_cases, review_visits, review_letters):
            night(self.house)

    @invariant()
    def nothing_is_on_its_way_to_who_must_not_be_reached(self):
        with self.house.transaction() as session:
            for case in session.scalars(select(Case).where(Case.id.in_(self.cases))):
                found = Standing(session, case, self.today)
                for visit in found.visits():
                    self._visit_is_in_its_place(session, found, visit)
                for letter in found.letters():
                    self._letter_is_in_its_place(found, letter)

    def _visit_is_in_its_place(self, session, found, visit):
        why = (found.case.status, visit.status, visit.codes)
        if visit.status == "IN_PROGRESS":
            told = select(AuditEntry.id).filter_by(entity_id=str(visit.id), action="visits.stop_crew")
            to_stop = found.gone or found.owes_too_little or found.was_stopped
            assert not to_stop or session.scalars(told).first(), ("the crew at the door was not told to leave", why)
            return
        assert not found.gone, why
        assert not found.owes_too_little, why
        assert not found.stands_still or visit.status == "SUSPENDED", why
        if visit.status in visit_states.CLEARED:
            assert visit.approved_at >= found.last_doubt_at, why
            assert visit.amount_fen == found.owed_fen, why

    def _letter_is_in_its_place(self, found, letter):
        why = (found.case.status, letter.status, letter.held_reason)
        looked_at = letter.approved_at or letter.requested_at
        if letter.status == "ISSUED_TO_CREW":
            stopped = found.gone or letter.figures["balance_fen"] != found.owed_fen
            assert letter.held_reason or not stopped, ("the crew was not told to bring it back", why)
        else:
            assert not found.gone, why
        if found.stands_still or looked_at < found.last_doubt_at:
            assert letter.held_reason, why
        if letter.status in WRITTEN:
            assert letter.figures["balance_fen"] == found.owed_fen, why

    @invariant()
    def no_decision_lacks_its_findings(self):
        with self.house.transaction() as session:
            for thing, decision, of, book in (
                (Visit, VisitDecision, VisitDecision.visit_id, VISIT_RULES),
                (Letter, LetterDecision, LetterDecision.letter_id, LETTER_RULES),
            ):
                kept = session.execute(select(decision.stage, func.jsonb_array_length(decision.findings))).all()
                assert {(stage, len(book.asked_at(Stage(stage)))) for stage, _ in kept} >= set(map(tuple, kept))
                assert set(session.scalars(select(thing.id))) <= set(session.scalars(select(of)))

    @invariant()
    def routes_and_phones_hold_only_what_is_to_be_made(self):
        with self.house.transaction() as session:
            going = set(session.scalars(select(Visit.id).where(Visit.status.in_(("PLANNED", "IN_PROGRESS")))))
            stops = (
                select(RouteStop.visit_id)
                .join(DayPlan)
                .where(DayPlan.status == "PUBLISHED", RouteStop.status == "PENDING")
            )
            assert set(session.scalars(stops)) <= going
            assert set(session.scalars(select(ScopeEntry.visit_id).filter_by(left_reason=None))) <= going


class Standing:
    """How a case stands, by the registers: gone, standing still, in doubt since when, and what is owed."""

    def __init__(self, session, case, today):
        self.session, self.case = session, case
        slips = queries.repayments_by_case(session, [case.id])[case.id]
        self.owed_fen = queries.balance_after_repayments_fen(case, slips)
        holds = session.scalars(select(Hold).filter_by(case_id=case.id, released_at=None)).all()
        held = [each for each in holds if each.from_on <= today and (each.until_on is None or today <= each.until_on)]
        claims = session.scalars(select(SpecialStatus).filter_by(debtor_id=case.debtor_id, lifted_at=None)).all()
        filed = session.scalars(select(Complaint).filter_by(debtor_id=case.debtor_id, closed_at=None)).all()
        proven = any(each.proof == "COMPLETE" for each in claims)
        self.gone = case.status in OUT_OF_MANDATE or self.owed_fen <= 0 or proven
        self.owes_too_little = self.owed_fen < VISITED_FROM_FEN
        dead = any(each.kind == "DECEASED" for each in claims)
        major = any(each.grade == "MAJOR" for each in filed)
        paused = case.status in PAUSED or dead or major
        self.stands_still = paused or bool(held)
        # a hold of a day to come begins at midnight, when no crew is at a door: only its result is still to come
        self.was_stopped = paused or any(each.from_on <= local_date(each.recorded_at) for each in held)
        self.last_doubt_at = max(map(self._told_at, (*filed, *claims)), default=datetime.min.replace(tzinfo=UTC))

    def visits(self):
        of_case = select(Visit).join(VisitCase).where(VisitCase.case_id == self.case.id)
        return self.session.scalars(of_case.where(Visit.status.in_(visit_states.OPEN))).all()

    def letters(self):
        of_case = select(Letter).filter_by(case_id=self.case.id).where(Letter.status.in_(IN_HAND))
        return self.session.scalars(of_case).all()

    def _told_at(self, row):
        """When a complaint or a status was told, or told again once it was closed or lifted."""
        told = select(func.max(AuditEntry.at)).filter_by(entity_id=str(row.id))
        return self.session.scalar(told.where(AuditEntry.action.in_(TOLD))) or row.recorded_at
