"""Real threads against PostgreSQL: no row of a feed is missed, and no two writers wait for each other in a circle."""

import random
import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from fieldops.agents.models import Agent
from fieldops.auth.models import UserAccount
from fieldops.auth.tokens import Claims
from fieldops.sync import pull
from fieldops.sync.feed import REMOVE, Change, tell
from fieldops.sync.models import AgentFeed, Device, SyncEpoch
from fieldops.visits.approval import cancel_visit
from fieldops.visits.queries import lock_visits
from tests.sync.acts import cancel, mismatches, pay_in_full, report_result, republish, scope_of, sync
from tests.visits.makers_of_visits import supervisor

WRITERS = 4


class Reader:
    """A phone that polls its feed and keeps every row it is told."""

    def __init__(self, house, account, epoch):
        self.house, self.agent_id, self.epoch = house, account.agent_id, epoch
        with house.transaction() as session:
            device = Device(
                agent_id=account.agent_id, public_key="of a reader", state="ACTIVE", app_version="1", schema_version=1,
                registered_at=house.clock.now(),
            )  # fmt: skip
            session.add(device)
            session.flush()
        self.claims = Claims(account.id, house.clock.now(), device.id)
        self.cursor = 0
        self.seen = []

    def poll(self):
        now = self.house.clock.now()
        rows = self.house.database.read(lambda connection: pull.look(connection, self.claims, self.cursor, now))
        told = pull.pulled(rows, pull.Place(self.epoch, self.cursor, None))
        self.seen += [(op["seq"], op["id"], op["version"]) for op in told.ops]
        self.cursor = told.cursor
        return told.more


def write(house, visits, agents, seed, transactions, written):
    """One writer: changes of a few visits on a few phones, some of them undone again."""
    rng = random.Random(seed)
    for number in range(transactions):
        at = house.clock.now()
        mine = rng.sample(visits, rng.randrange(1, 4))
        told = [
            Change(agent, REMOVE, visit, seed * 100_000 + number, at, "test")
            for visit in mine
            for agent in rng.sample(agents, rng.randrange(1, 3))
        ]
        undone = rng.random() < 0.1
        with house.transaction() as session:
            lock_visits(session, mine)
            tell(session, told)
            if undone:
                session.rollback()
        if not undone:
            written.extend((each.agent_id, each.visit_id, each.version) for each in told)


def assert_nothing_is_missed(road, transactions):
    house = road.house
    visits = [visit for crew in road.crews for visit in road.visits[crew.id]]
    with house.transaction() as session:
        agents = list(session.scalars(select(Agent.id)))
        accounts = list(session.scalars(select(UserAccount).where(UserAccount.agent_id.in_(agents))))
        epoch = session.scalars(select(SyncEpoch.value)).one()
        heads = Counter(session.scalars(select(AgentFeed.agent_id)))
    readers = [Reader(house, account, epoch) for account in accounts]
    assert len(readers) == len(agents)
    written = [[] for _ in range(WRITERS)]
    finished = threading.Event()

    def poll(reader):
        while not finished.is_set():
            reader.poll()

    with ThreadPoolExecutor(WRITERS + len(readers)) as pool:
        polling = [pool.submit(poll, reader) for reader in readers]
        writing = [
            pool.submit(write, house, visits, agents, seed, transactions, written[seed]) for seed in range(WRITERS)
        ]
        try:
            for each in writing:
                each.result()
        finally:
            finished.set()
        for each in polling:
            each.result()
    told = defaultdict(Counter)
    for agent, visit, version in (row for rows in written for row in rows):
        told[agent][visit, version] += 1
    for reader in readers:
        while reader.poll():
            pass
        assert [seq for seq, _, _ in reader.seen] == list(range(1, len(reader.seen) + 1))
        assert (
            Counter((visit, version) for _, visit, version in reader.seen[heads[reader.agent_id] :])
            == told[reader.agent_id]
        )
    assert sum(map(len, written)) > transactions


def test_four_writers_lose_no_row_and_leave_no_gap(road):
    assert_nothing_is_missed(road, 40)


@pytest.mark.long
def test_four_writers_of_four_hundred_transactions_each_lose_no_row_and_leave_no_gap(road):
    assert_nothing_is_missed(road, 400)


def in_threads(*acts):
    """Let all acts begin at once, and raise what any of them raises."""
    barrier = threading.Barrier(len(acts))

    def begin(act):
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result() for each in [pool.submit(begin, act) for act in acts]]


def pushed(road, made):
    """The body of one push of a phone, taken in the phone's own thread."""
    phone, api = made
    return phone._request(road.house.clock.now(), phone._place()["epoch"], phone.cursor, None), api


def post(asked, api):
    return {result["id"]: result["code"] for result in api.post("/mobile/sync", asked)["results"]}


def test_both_phones_of_a_crew_report_the_same_visits_at_once(road):
    """Each in the other's order: one result of each visit counts, the other is kept, and neither phone is in the way."""
    leader, partner = road.phones()
    mine = road.visits[road.crew.id]
    for visit in mine:
        report_result(road, leader[0], visit)
    for visit in reversed(mine):
        report_result(road, partner[0], visit)
    (one, api_one), (two, api_two) = pushed(road, leader), pushed(road, partner)
    codes = in_threads(lambda: post(one, api_one), lambda: post(two, api_two))
    assert sorted(Counter(code for each in codes for code in each.values()).items()) == [
        ("APPLIED", 3),
        ("CONFLICT_ALREADY_COMPLETED", 3),
    ]


def test_one_phone_that_sends_the_same_push_twice_at_once_has_one_effect(road):
    made, _ = road.phones()
    for visit in road.visits[road.crew.id]:
        report_result(road, made[0], visit)
    asked, api = pushed(road, made)
    codes = in_threads(lambda: post(asked, api), lambda: post(asked, api))
    assert sorted(Counter(code for each in codes for code in each.values()).items()) == [
        ("APPLIED", 3),
        ("DUPLICATE", 3),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_payments_plans_and_reports_at_once_leave_every_phone_as_the_server_thinks(road, seed):
    phones = [made for crew in road.crews for made in road.phones(crew)]
    mine, theirs = road.visits[road.crew.id], road.visits[road.crews[1].id]
    report_result(road, phones[0][0], mine[0])
    report_result(road, phones[1][0], mine[1])
    report_result(road, phones[2][0], theirs[0])
    requests = [pushed(road, made) for made in phones[:3]]
    acts = [lambda asked=asked, api=api: post(asked, api) for asked, api in requests]
    acts += [
        lambda: pay_in_full(road, mine[1]),
        lambda: pay_in_full(road, theirs[2]),
        lambda: cancel(road, mine[2]),
        lambda: republish(road, {road.crew: [], road.crews[1]: theirs[1:]}),
    ]
    random.Random(seed).shuffle(acts)
    codes = [each for each in in_threads(*acts) if isinstance(each, dict)]
    assert "RETRY_LATER" not in {code for each in codes for code in each.values()}
    for phone, _ in phones:
        sync(road, phone)
        assert phone.base == scope_of(road, phone)
        sync(road, phone)
    assert mismatches(road) == 0
    assert road.status(mine[0])[0] == "COMPLETED"


def test_a_push_waits_for_a_payment_of_the_same_visit_and_sees_it(road):
    """The payment has the lock first: the result that arrives meanwhile is judged after it."""
    made, _ = road.phones()
    report_result(road, made[0], road.visit_id)
    asked, api = pushed(road, made)
    locked, go_on = threading.Event(), threading.Event()

    def pay():
        with road.house.transaction() as session:
            lock_visits(session, [road.visit_id])
            locked.set()
            go_on.wait(10)
            cancel_visit(session, supervisor(road.house), road.visit_id, reason="已还款")

    def push():
        locked.wait(10)
        threading.Timer(0.2, go_on.set).start()
        return post(asked, api)

    _, codes = in_threads(pay, push)
    assert set(codes.values()) == {"ACCEPTED_AFTER_RECALL"}


def test_a_phone_that_must_wait_too_long_is_asked_to_come_again(road, monkeypatch):
    """Somebody holds the visit for longer than a phone waits: nothing is lost, the phone sends it again."""
    made, _ = road.phones()
    done = report_result(road, made[0], road.visit_id)
    monkeypatch.setattr("fieldops.sync.exchange.LOCK_WAIT", timedelta(milliseconds=50))
    with road.house.transaction() as session:
        lock_visits(session, [road.visit_id])
        assert sync(road, made[0]) == {done: "RETRY_LATER"}
    assert made[0].unsent == [done]
    assert sync(road, made[0]) == {done: "APPLIED"}
