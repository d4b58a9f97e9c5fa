"""Jobs: deferred in the transaction of the change, run by any worker, found again when a worker is killed."""

import json
import signal
import subprocess
import sys
import textwrap
import time
from threading import Thread

import pytest
import sqlalchemy as sa

from fieldops import jobs
from tests.conftest import SECRET

done = []


@jobs.job("tests.note")
def note(house, *, word):
    done.append(word)


@jobs.job("tests.hold")
def hold(house, *, file):
    done.append(f"took over {file}")


@jobs.job("tests.stumble")
def stumble(house, *, word):
    done.append(word)
    if done.count(word) < 2:
        raise RuntimeError("stumbled")


@pytest.fixture(autouse=True)
def nothing_done():
    done.clear()


def waiting(house):
    """Names and arguments of jobs that wait, without those the clock may have asked for meanwhile."""
    rows = sa.text(
        "SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' AND NOT args ? 'timestamp' ORDER BY id"
    )
    with house.transaction() as session:
        return [(name, args if isinstance(args, dict) else json.loads(args)) for name, args in session.execute(rows)]


def test_a_job_deferred_in_a_committed_transaction_runs_with_its_arguments(house):
    with house.transaction() as session:
        jobs.defer(session, "tests.note", word="one")
    jobs.work(house, until_empty=True)
    assert done == ["one"]
    assert waiting(house) == []


def test_a_job_deferred_in_a_rolled_back_transaction_is_gone(house):
    def change(session):
        jobs.defer(session, "tests.note", word="never")
        raise RuntimeError

    with pytest.raises(RuntimeError), house.transaction() as session:
        change(session)
    assert waiting(house) == []
    jobs.work(house, until_empty=True)
    assert done == []


def test_a_worker_sees_no_job_before_the_change_it_belongs_to(house):
    with house.transaction() as session:
        jobs.defer(session, "tests.note", word="later")
        assert waiting(house) == []
    assert waiting(house) == [("tests.note", {"word": "later"})]


def test_one_waiting_job_of_a_key_is_enough(house):
    for word in ("first", "second"):
        with house.transaction() as session:
            jobs.defer(session, "tests.note", unique="key", word=word)
    assert waiting(house) == [("tests.note", {"word": "first"})]


def test_other_keys_wait_beside_it_and_a_finished_one_may_come_again(house):
    with house.transaction() as session:
        jobs.defer(session, "tests.note", unique="a", word="a")
        jobs.defer(session, "tests.note", unique="b", word="b")
        jobs.defer(session, "tests.note", word="without")
    jobs.work(house, until_empty=True)
    with house.transaction() as session:
        jobs.defer(session, "tests.note", unique="a", word="again")
    jobs.work(house, until_empty=True)
    assert sorted(done) == ["a", "again", "b", "without"]


def test_the_rest_of_a_transaction_goes_on_after_a_job_that_waits_already(house):
    with house.transaction() as session:
        jobs.defer(session, "tests.note", unique="key", word="first")
        jobs.defer(session, "tests.note", unique="key", word="second")
        jobs.defer(session, "tests.note", word="other")
    assert [args["word"] for _, args in waiting(house)] == ["first", "other"]


def test_two_that_defer_the_same_at_once_both_go_through_with_one_job(house):
    def defer(word):
        with house.transaction() as session:
            jobs.defer(session, "tests.note", unique="key", word=word)
            if word == "first":
                other.start()
                other.join(0.5)  # it waits for this transaction, or sees nothing yet
                assert other.is_alive()

    other = Thread(target=defer, args=["second"])
    defer("first")
    other.join()
    assert waiting(house) == [("tests.note", {"word": "first"})]


def test_an_unknown_job_is_refused_where_it_is_deferred(house):
    with pytest.raises(KeyError), house.transaction() as session:
        jobs.defer(session, "tests.nobody_knows")


def test_a_job_that_fails_says_so_in_the_log_and_waits_to_be_tried_again(house, caplog):
    with house.transaction() as session:
        jobs.defer(session, "tests.stumble", word="up")
    jobs.work(house, until_empty=True)
    assert "job tests.stumble failed and will be tried again" in caplog.text
    assert waiting(house) == [("tests.stumble", {"word": "up"})]
    _now_is_the_time(house)
    jobs.work(house, until_empty=True)
    assert done == ["up", "up"]
    assert waiting(house) == []


def test_the_job_of_a_killed_worker_is_found_and_run_by_another(house, tmp_path):
    begun = tmp_path / "begun"
    with house.transaction() as session:
        jobs.defer(session, "tests.hold", file=str(begun))
    killed = _start_worker(house, tmp_path)
    try:
        _wait_for(begun.exists, killed)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    jobs.work(house, until_empty=True)
    assert done == [], "a job that seems to be at work is left alone"
    with house.transaction() as session:  # half a minute of silence
        session.execute(
            sa.text("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'")
        )
        jobs.defer(session, "jobs.retry_stalled", timestamp=0)
    jobs.work(house, until_empty=True)
    jobs.work(house, until_empty=True)
    assert done == [f"took over {begun}"]
    assert waiting(house) == []


def test_a_job_of_a_worker_that_is_only_slow_is_not_taken_from_it(house):
    with house.transaction() as session:
        session.execute(sa.text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
        jobs.defer(session, "tests.note", word="mine")
        session.execute(
            sa.text(
                "UPDATE procrastinate_jobs SET status = 'doing',"
                " worker_id = (SELECT max(id) FROM procrastinate_workers)"
            )
        )
        jobs.defer(session, "jobs.retry_stalled", timestamp=0)
    jobs.work(house, until_empty=True)
    assert done == []


def _now_is_the_time(house):
    with house.transaction() as session:
        session.execute(sa.text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))


def _start_worker(house, folder):
    """A worker process whose ``tests.hold`` never ends by itself."""
    script = folder / "worker.py"
    script.write_text(
        textwrap.dedent("""
        import pathlib, time
        import fieldops.app
        from fieldops import jobs
        from fieldops.house import open_house
        from fieldops.settings import Settings

        @jobs.job("tests.hold")
        def hold(house, *, file):
            pathlib.Path(file).touch()
            time.sleep(600)

        jobs.work(open_house(Settings.from_env()))
    """)
    )
    env = {
        "FIELDOPS_HOME": str(folder),
        "FIELDOPS_SECRET": SECRET,
        "DATABASE_URL": house.database.url,
        "PATH": "/usr/bin:/bin",
    }
    return subprocess.Popen([sys.executable, str(script)], env=env)


def _wait_for(happened, process, seconds=60):
    ends = time.monotonic() + seconds
    while not happened():
        assert process.poll() is None, "the worker ended by itself"
        assert time.monotonic() < ends, "the worker never took the job"
        time.sleep(0.05)
