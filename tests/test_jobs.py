"""Jobs deferred inside transactions: one of a key waits, and none runs before what it was deferred for can be seen."""

from threading import Thread

from sqlalchemy import text

from fieldops import jobs
from fieldops.addresses.intake import JUDGE_JOB

FREE = text("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' FOR UPDATE SKIP LOCKED")


def defer(session):
    jobs.defer(session, JUDGE_JOB, unique="judge")


def waiting(house):
    """The jobs a worker could take now."""
    with house.transaction() as session:
        return list(session.scalars(FREE))


def test_a_job_of_a_key_that_waits_is_not_added_again(house):
    for _ in range(2):
        with house.transaction() as session:
            defer(session)
    assert waiting(house) == [JUDGE_JOB]


def test_a_waiting_job_is_not_run_before_the_transaction_that_counts_on_it_has_ended(house):
    with house.transaction() as session:
        defer(session)
    with house.transaction() as session:
        defer(session)
        assert waiting(house) == []
    assert waiting(house) == [JUDGE_JOB]


def test_two_transactions_that_defer_the_same_at_once_both_go_through(house):
    def second():
        with house.transaction() as session:
            defer(session)
            went_through.append(True)

    went_through = []
    with house.transaction() as session:
        defer(session)
        other = Thread(target=second)
        other.start()
        other.join(0.5)
        assert not went_through
    other.join()
    assert went_through
    assert waiting(house) == [JUDGE_JOB]


def test_a_job_of_a_transaction_that_fails_is_none(house):
    with house.transaction() as session:
        defer(session)
        session.rollback()
    assert waiting(house) == []
