"""Requests and events in any order: nobody who has paid, is held or is out of mandate keeps anything on its way."""

import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

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
from fieldops.errors import Problem
from fieldops.planning.models import DayPlan, RouteStop
from fieldops.sync.models import ScopeEntry
from fieldops.visits import approval
from fieldops.visits import service as visits
from fieldops.visits import states as visit_states
from fieldops.visits.jobs import ask_again as review_visits
from fieldops.visits.models import Visit, VisitCase, VisitDecision
from tests.conftest import a_house

OUT_OF_MANDATE = {states.WITHDRAWN, states.EXPIRED, states.RETURNED, states.KEPT, states.SETTLED, states.CLOSED}
PAUSED = {states.PAUSED, states.EXTENSION_PENDING, states.WITHDRAWAL_PENDING}
STOPPING = ("BANK_PAUSE", "DO_NOT_COLLECT", "DISPUTE", "INSTALMENT", "DEATH", "CUSTODY", "LITIGATION", "MANAGER")
SOME = st.sampled_from([range(12), range(0, 12, 2), range(1, 12, 2), range(0, 12, 3)])
WHY = {"purpose": "COLLECT", "reason": "EVASIVE", "goal": "当面核实"}


class Company(RuleBasedStateMachine):
    """Twelve cases with something on its way, and everything that can happen to some of them."""

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
        """Do something as somebody who may do all; what is refused leaves nothing behind."""
        self.slips += 1
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
    def hold(self, numbers, kind, begins, days):
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
                gone = case.status in OUT_OF_MANDATE or self._is_paid(session, case)
                if gone or case.status in PAUSED or self._is_held(session, case):
                    self._must_stand_still(session, case, gone=gone)

    def _is_paid(self, session, case):
        standing = queries.repayments_by_case(session, [case.id])[case.id]
        return queries.balance_after_repayments_fen(case, standing) <= 0

    def _is_held(self, session, case):
        return any(
            hold.from_on <= self.today and (hold.until_on is None or self.today <= hold.until_on)
            for hold in session.scalars(select(Hold).filter_by(case_id=case.id, released_at=None))
        )

    def _must_stand_still(self, session, case, *, gone):
        may_be = {"IN_PROGRESS"} if gone else {"IN_PROGRESS", "SUSPENDED"}
        of_case = select(Visit).join(VisitCase).where(VisitCase.case_id == case.id)
        for visit in session.scalars(of_case.where(Visit.status.in_(visit_states.OPEN))):
            assert visit.status in may_be, (case.status, visit.status)
            if visit.status == "IN_PROGRESS":
                told = select(AuditEntry.id).filter_by(entity_id=str(visit.id), action="visits.stop_crew")
                assert session.scalars(told).first(), "the crew at the door was not told to leave"
        for letter in session.scalars(select(Letter).filter_by(case_id=case.id)):
            if letter.status in (*OPEN_LETTER_STATES, "BROUGHT_BACK"):
                assert not gone, (case.status, letter.status)
                assert letter.held_reason, (case.status, letter.status)

    @invariant()
    def no_decision_lacks_its_findings(self):
        with self.house.transaction() as session:
            for thing, decision, column in ((Visit, VisitDecision, "visit_id"), (Letter, LetterDecision, "letter_id")):
                found = {getattr(each, column) for each in session.scalars(select(decision)) if each.findings}
                assert set(session.scalars(select(thing.id))) <= found

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


def _run(postgres, stage_database, **how_much):
    machine = type("AnyOrder", (Company,), {"where": (postgres, stage_database)})
    run_state_machine_as_test(machine, settings=settings(**how_much))


def test_events_in_any_order_leave_nothing_on_its_way(postgres, stage_database, stage_app):
    _run(postgres, stage_database, max_examples=4, stateful_step_count=8)


@pytest.mark.long
def test_many_events_in_any_order_leave_nothing_on_its_way(postgres, stage_database, stage_app):
    _run(postgres, stage_database, max_examples=150, stateful_step_count=40)
