"""Two at once, on real threads: one consistent outcome, whoever is first."""

import threading
from datetime import timedelta

import pytest

from fieldops.app import register_handlers
from fieldops.cases import service as cases
from fieldops.cases.queries import holds_by_case
from fieldops.errors import NotNow, Problem
from fieldops.visits import queries
from fieldops.visits.approval import approve_visit, cancel_visit
from tests.visits.makers_of_visits import ask_for, make_good_case, make_waiting_visit, supervisor

WAIT_S = 30


@pytest.fixture(autouse=True)
def _handlers():
    register_handlers()


def _at_once(*acts):
    """Run every act in a thread of its own, begun together; the problem of each, None where it went through."""
    start = threading.Barrier(len(acts))
    answers = [None] * len(acts)

    def run(place, act):
        start.wait(WAIT_S)
        try:
            act()
        except Problem as problem:
            answers[place] = problem.code

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
        assert not thread.is_alive(), "two transactions wait for each other"
    return answers


def _in_transaction(house, act):
    def run():
        with house.transaction() as session:
            act(session)

    return run


def _pay_in_full(house, case_id):
    def pay(session):
        cases.record_repayment(
            session,
            supervisor(house, name="clerk"),
            case_id=case_id,
            external_id="P1",
            amount_fen=800_000,
            paid_at=house.clock.now() + timedelta(minutes=1),
            channel="手机银行",
        )

    return _in_transaction(house, pay)


@pytest.mark.parametrize("round_", range(4))
def test_approval_against_full_repayment_never_leaves_a_cleared_visit(house, round_):
    with house.transaction() as session:
        case = make_good_case(session)
        visit = make_waiting_visit(session, house, case)
    approve = _in_transaction(house, lambda session: approve_visit(session, supervisor(house), visit.id))
    acts = [approve, _pay_in_full(house, case.id)]
    _at_once(*acts[:: 1 if round_ % 2 else -1])
    with house.transaction() as session:
        assert queries.visit_by_id(session, visit.id).status in {"CANCELLED", "REJECTED"}


@pytest.mark.parametrize("round_", range(4))
def test_approval_against_a_hold_never_leaves_a_cleared_visit_and_its_release_frees_it_once(house, round_):
    with house.transaction() as session:
        case = make_good_case(session)
        visit = make_waiting_visit(session, house, case)
    approve = _in_transaction(house, lambda session: approve_visit(session, supervisor(house), visit.id))
    held = {"case_id": case.id, "kind": "BANK_PAUSE", "from_on": house.clock.today()}
    hold = _in_transaction(house, lambda session: cases.open_hold(session, supervisor(house, name="clerk"), **held))
    _at_once(*[approve, hold][:: 1 if round_ % 2 else -1])
    with house.transaction() as session:
        stopped = queries.visit_by_id(session, visit.id)
        assert stopped.status in {"SUSPENDED", "REJECTED"}
        before = stopped.status_before_hold
        hold_id = holds_by_case(session, [case.id])[case.id][0].id
    release = _in_transaction(
        house,
        lambda session: cases.release_hold(
            session, supervisor(house), case_id=case.id, hold_id=hold_id, reason="委托方通知"
        ),
    )
    assert set(_at_once(release, release)) == {None, "HOLD_RELEASED"}
    with house.transaction() as session:
        back = {"PENDING_REVIEW": "PENDING_REVIEW", "APPROVED": "APPROVED", None: "REJECTED"}[before]
        assert queries.visit_by_id(session, visit.id).status == back


def test_two_supervisors_approve_one_visit_once(house):
    with house.transaction() as session:
        visit = make_waiting_visit(session, house)
    answers = _at_once(
        *(
            _in_transaction(
                house, lambda session, name=name: approve_visit(session, supervisor(house, name=name), visit.id)
            )
            for name in ("boss", "chief")
        )
    )
    assert sorted(answers, key=str) == [None, "VISIT_NOT_WAITING"]
    with house.transaction() as session:
        stages = [each.stage for each in queries.decisions_of(session, visit.id)]
        assert stages == ["SUBMIT", "APPROVE"]


def test_approval_against_cancellation_ends_cancelled(house):
    with house.transaction() as session:
        visit = make_waiting_visit(session, house)
    _at_once(
        _in_transaction(house, lambda session: approve_visit(session, supervisor(house), visit.id)),
        _in_transaction(house, lambda session: cancel_visit(session, supervisor(house), visit.id, reason="误报")),
    )
    with house.transaction() as session:
        assert queries.visit_by_id(session, visit.id).status == "CANCELLED"


def test_two_requests_for_one_flat_make_one_open_visit(house):
    with house.transaction() as session:
        case = make_good_case(session)
    outcomes = []

    def ask(session):
        outcome = ask_for(session, house, case)
        outcomes.append((outcome.status, outcome.problem.code if outcome.problem else None))

    _at_once(_in_transaction(house, ask), _in_transaction(house, ask))
    with house.transaction() as session:
        assert len(queries.open_visits_with_cards(session, [case.id])[case.id]) == 1
    assert ("PENDING_REVIEW", None) in outcomes
    assert set(outcomes) - {("PENDING_REVIEW", None)} <= {(None, "CONFLICT"), ("REJECTED", None)}


def test_who_waited_for_the_lock_sees_what_the_first_one_did(house):
    """The second transaction reads the row after the first one's commit, not as it was when it asked for the lock."""
    with house.transaction() as session:
        visit = make_waiting_visit(session, house)
    locked, asked = threading.Event(), threading.Event()

    def first():
        with house.transaction() as session:
            approve_visit(session, supervisor(house), visit.id)
            session.flush()
            locked.set()
            asked.wait(WAIT_S)

    thread = threading.Thread(target=first)
    thread.start()
    locked.wait(WAIT_S)
    threading.Timer(0.3, asked.set).start()
    with house.transaction() as session:
        before = queries.visit_by_id(session, visit.id)
        assert before.status == "PENDING_REVIEW"  # read before the lock, and held
        with pytest.raises(NotNow):
            approve_visit(session, supervisor(house, name="chief"), visit.id)
    thread.join(WAIT_S)
