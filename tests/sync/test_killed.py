"""Processes that die without a word, kill -9 at the worst moment: nothing is lost, nothing is done twice.

The moment is chosen by a lock of the database: the process stands still exactly there, and is killed.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import select, text

from fieldops import jobs as queue
from fieldops.agents.models import Agent
from fieldops.auth.models import UserAccount
from fieldops.demo.client import Client
from fieldops.demo.phone import Phone
from fieldops.results.models import VisitResult
from fieldops.serving import free_port
from fieldops.sync import jobs
from fieldops.sync.models import AgentFeed, AgentFeedHead, PushReceipt
from tests.conftest import SECRET
from tests.results.sent import a_body
from tests.sync.acts import agent_id_of, all_of, case_ids_of, count, scope_of

STANDS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def environment(road, port):
    told = {
        "FIELDOPS_HOME": str(road.house.settings.home), "FIELDOPS_SECRET": SECRET, "FIELDOPS_PORT": str(port),
        "DATABASE_URL": road.house.database.url, "FIELDOPS_CORES": "1", "FIELDOPS_NOW": road.house.clock.now().isoformat(),
    }  # fmt: skip
    return {**os.environ, **told}


@contextmanager
def process(road, command, port=8000):
    """``fieldops COMMAND`` as a process group of its own, gone at the end."""
    started = subprocess.Popen(
        [sys.executable, "-m", "fieldops", command], env=environment(road, port), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield started
    finally:
        kill(started)


def kill(started):
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait(10)


@contextmanager
def serving(road):
    """A server that answers."""
    port = free_port(0)
    with process(road, "serve", port) as server:
        wait_until_it_listens(port, server)
        yield server, f"http://127.0.0.1:{port}"


def wait_until_it_listens(port, server):
    ends = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server does not answer")


@contextmanager
def standing_still_at(road, lock):
    """Hold a lock; the body goes on once somebody waits for it (``stands()``)."""
    with road.house.database.engine.connect() as connection, connection.begin():
        connection.execute(text(lock))

        def stands():
            ends = time.monotonic() + 60
            while time.monotonic() < ends:
                with road.house.transaction() as session:
                    if session.scalar(text(STANDS)):
                        return
                time.sleep(0.02)
            raise AssertionError("nobody came to the lock")

        yield stands


def phone_at(road, base_url):
    """A phone over real HTTP."""
    with road.house.transaction() as session:
        agent = session.scalars(select(Agent).order_by(Agent.code)).first()
        account = session.scalars(select(UserAccount).filter_by(agent_id=agent.id)).one()
    client = Client(base_url)
    client.bearer(road.app.tokens.issue(account.id))
    phone = Phone(client)
    phone.register()
    phone.sync(road.house.clock.now())
    return phone


def report(road, phone, visit):
    body = a_body(visit, case_ids_of(road, visit), arrived=road.house.clock.now())
    return phone.report("result", str(visit), body, road.house.clock.now())


def sync_in_vain(road, phone, server, stands):
    """Sync in a thread; kill the server where it stands."""
    import threading

    failed = []

    def attempt():
        try:
            phone.sync(road.house.clock.now())
        except Exception as error:  # noqa: BLE001 - whatever a dead server looks like from outside
            failed.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    stands()
    kill(server)
    thread.join(60)
    assert failed, "the phone got an answer from a dead server"


def again(road, phone):
    """Another server takes over, and the phone sends what it holds."""
    with serving(road) as (_, base_url):
        hang_up(phone)
        phone._api.__init__(base_url)
        phone.renew(road.house.clock.now())
        codes = phone.sync(road.house.clock.now())
        hang_up(phone)
        return codes


def hang_up(phone):
    if phone._api._connection is not None:
        phone._api._connection.close()


def assert_each_has_one_effect(road, phone, reported):
    assert {str(row.id) for row in all_of(road, VisitResult)} == set(reported)
    assert count(road, PushReceipt) == len(reported)
    assert phone.unsent == []
    assert phone.base == scope_of(road, phone)
    with road.house.transaction() as session:
        agent = agent_id_of(road, phone)
        seqs = session.scalars(select(AgentFeed.seq).where(AgentFeed.agent_id == agent).order_by(AgentFeed.seq)).all()
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_server_killed_between_the_effect_and_its_answer_has_done_it_once(road):
    with serving(road) as (server, base_url):
        phone = phone_at(road, base_url)
        reported = [report(road, phone, visit) for visit in road.visits[road.crew.id][:2]]
        with standing_still_at(road, "LOCK TABLE sync_epoch IN ACCESS EXCLUSIVE MODE") as stands:
            sync_in_vain(road, phone, server, stands)
    assert count(road, VisitResult) == 2  # it was done, and nobody was told
    assert phone.unsent == reported
    assert again(road, phone) == dict.fromkeys(reported, "DUPLICATE")
    assert_each_has_one_effect(road, phone, reported)


@pytest.mark.long
def test_a_server_killed_in_the_middle_of_a_batch_has_done_none_of_it(road):
    with serving(road) as (server, base_url):
        phone = phone_at(road, base_url)
        visits = road.visits[road.crew.id]
        reported = [report(road, phone, visit) for visit in visits]
        lock = f"SELECT 1 FROM route_stop WHERE visit_id = '{visits[1]}' FOR UPDATE"
        with standing_still_at(road, lock) as stands:
            sync_in_vain(road, phone, server, stands)
    assert count(road, VisitResult) == 0
    assert again(road, phone) == dict.fromkeys(reported, "APPLIED")
    assert_each_has_one_effect(road, phone, reported)


@pytest.mark.long
def test_a_worker_killed_while_it_prunes_leaves_every_feed_whole(road):
    road.phones()
    road.house.clock.advance(days=31)
    with road.house.transaction() as session:
        agents = session.scalars(select(AgentFeedHead.agent_id).order_by(AgentFeedHead.agent_id)).all()
        queue.defer(session, "sync.forget")
    lock = f"SELECT 1 FROM agent_feed_head WHERE agent_id = '{agents[1]}' FOR UPDATE"
    with process(road, "worker") as worker, standing_still_at(road, lock) as stands:
        stands()
        kill(worker)
    time.sleep(0.5)
    with road.house.transaction() as session:
        pruned = {row.agent_id: row.pruned_to for row in session.scalars(select(AgentFeedHead))}
    assert (pruned[agents[0]] > 0, pruned[agents[1]]) == (True, 0)
    jobs.forget_old_rows(road.house)
    with road.house.transaction() as session:
        assert all(row.pruned_to == row.seq for row in session.scalars(select(AgentFeedHead)))
        assert session.scalars(select(AgentFeed)).all() == []
