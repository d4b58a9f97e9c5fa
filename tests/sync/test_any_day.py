"""Any day at all: whatever happens in whatever order, with answers lost on the way, the promises of sync hold.

The numbers are those of the invariants in the design of sync; the state machine of the whole protocol grows from here.
"""

from collections import defaultdict
from contextlib import suppress
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from fieldops.cases import service as cases
from fieldops.clock import local_date
from fieldops.errors import NotNow
from fieldops.results.models import VisitResult
from fieldops.sync.models import AgentFeed, Device, PushReceipt, Recall, ScopeEntry
from fieldops.visits.models import Visit
from fieldops.visits.queries import cards_of
from tests.conftest import a_house
from tests.results.sent import a_body, crew_actor
from tests.road import Road
from tests.sync.acts import (
    agent_id_of,
    cancel,
    case_ids_of,
    mismatches,
    pay_in_full,
    republish,
    scope_of,
)

VISITS, PHONES = range(6), range(4)
OUTCOMES = {
    "made": {"outcome": "O26"},
    "not executed": {"outcome": "O24", "finding": None, "person": "P00"},
    "called off": {"outcome": "O25", "finding": None},
    "demolished": {"outcome": "O26", "finding": "A06", "person": "P08"},
    "complaint": {"outcome": "O19"},
}
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("report"), st.sampled_from(PHONES), st.sampled_from(VISITS), st.sampled_from([*OUTCOMES])),
        st.tuples(st.just("check_in"), st.sampled_from(PHONES), st.sampled_from(VISITS)),
        st.tuples(st.sampled_from(["sync", "lose_answer", "lose_request"]), st.sampled_from(PHONES)),
        st.tuples(st.sampled_from(["pay", "cancel", "hold"]), st.sampled_from(VISITS)),
        st.tuples(st.just("republish"), st.lists(st.sampled_from([None, 0, 1]), min_size=6, max_size=6)),
    ),
    min_size=5,
    max_size=25,
)


class Day(Road):
    """A day with four phones; every step is followed by the checks that hold at any moment."""

    def __init__(self, house, app):
        super().__init__(house, app)
        self.made = [made for crew in self.crews for made in self.phones(crew)]
        self.all = [visit for crew in self.crews for visit in self.visits[crew.id]]
        self.plans = 1
        self.removed = defaultdict(int)  # by phone and visit: the highest version that has left it

    def do(self, kind, *args):
        self.house.clock.advance(minutes=3)
        getattr(self, kind)(*args)
        self.check_feeds()
        self.check_gate()

    def report(self, phone, visit, what):
        case_ids = case_ids_of(self, self.all[visit])
        body = a_body(self.all[visit], case_ids, arrived=self.house.clock.now(), **OUTCOMES[what])
        self.made[phone][0].report("result", str(self.all[visit]), body, self.house.clock.now())

    def check_in(self, phone, visit):
        body = {"visit_id": str(self.all[visit])}
        self.made[phone][0].report("check_in", str(self.all[visit]), body, self.house.clock.now())

    def sync(self, number):
        phone, _ = self.made[number]
        before = phone.base
        phone.sync(self.house.clock.now())
        for visit, version in before.items():
            if visit not in phone.base:
                self.removed[number, visit] = max(version, self.removed[number, visit])
        for visit, version in phone.base.items():
            assert visit in before or version > self.removed[number, visit], "I6"

    def lose_answer(self, number):
        self.made[number][1].lose_answer = True
        with suppress(OSError):
            self.sync(number)

    def lose_request(self, number):
        self.made[number][1].lose_request = True
        with suppress(OSError):
            self.sync(number)

    def pay(self, visit):
        pay_in_full(self, self.all[visit])

    def cancel(self, visit):
        with suppress(NotNow):
            cancel(self, self.all[visit])

    def hold(self, visit):
        with self.house.transaction() as session:
            for case_id in cards_of(session, [self.all[visit]])[self.all[visit]]:
                today = local_date(self.house.clock.now())
                cases.open_hold(session, crew_actor(self.house), case_id=case_id, kind="BANK_PAUSE", from_on=today)

    def republish(self, assigned):
        with self.house.transaction() as session:
            waiting = set(session.scalars(select(Visit.id).where(Visit.status.in_(("BATCHED", "PLANNED")))))
        routes = {
            crew: [visit for visit, to in zip(self.all, assigned, strict=True) if to == n and visit in waiting]
            for n, crew in enumerate(self.crews)
        }
        self.plans += 1
        republish(self, routes, number=self.plans)

    def check_feeds(self):
        with self.house.transaction() as session:
            feeds = defaultdict(list)
            for agent, seq in session.execute(select(AgentFeed.agent_id, AgentFeed.seq).order_by(AgentFeed.seq)):
                feeds[agent].append(seq)
            assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in feeds.values()), "I3 gap"
        for phone, _ in self.made:
            assert phone.cursor <= len(feeds[agent_id_of(self, phone)]), "I3 cursor"

    def check_gate(self):
        """I8: what the gate lets pass is planned for this agent, and no recall stands against it."""
        with self.house.transaction() as session:
            on_road = set(session.scalars(select(Visit.id).where(Visit.status.in_(("PLANNED", "IN_PROGRESS")))))
            scope = {(row.agent_id, row.visit_id): row for row in session.scalars(select(ScopeEntry))}
            recalls = {(row.agent_id, row.visit_id, row.version) for row in session.scalars(select(Recall))}
        for (phone, _), visit in product(self.made, self.all):
            agent = agent_id_of(self, phone)
            held = scope.get((agent, visit))
            may = (
                visit in on_road
                and held is not None
                and held.left_reason is None
                and (agent, visit, held.version) not in recalls
            )
            assert (str(visit) not in phone.gate([str(visit)])) is may, "I8"

    def end(self):
        for number in (*PHONES, *PHONES):
            self.sync(number)
        for phone, _ in self.made:
            assert phone.base == scope_of(self, phone), "I4"
        assert mismatches(self) == 0, "I5"
        with self.house.transaction() as session:
            receipts = dict(session.execute(select(PushReceipt.mutation_id, PushReceipt.code)).all())
            results = set(session.scalars(select(VisitResult.id)))
            primary = session.execute(
                select(VisitResult.visit_id, func.count()).where(VisitResult.is_primary).group_by(VisitResult.visit_id)
            ).all()
            devices = session.scalar(select(func.count()).select_from(Device))
        assert devices == len(PHONES)
        assert all(count == 1 for _, count in primary), "I7"
        sent = [row for phone, _ in self.made for row in phone._db.execute("SELECT id, type, code FROM outbox")]
        assert {row["id"] for row in sent if row["code"] is None} == set(), "I2: everything has been answered for good"
        assert {row["id"] for row in sent} == {str(each) for each in receipts}, "I2"
        taken = {row["id"] for row in sent if row["type"] == "result" and not row["code"].startswith("REJECTED")}
        assert taken == {str(each) for each in results}, "I1"


DAYS = max(8, settings.default.max_examples // 5)  # two hundred in make test-long


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=DAYS)
@given(steps=STEPS)
def test_any_day_keeps_the_promises_of_sync(postgres, road_database, road_app, tmp_path, steps):
    with a_house(postgres, tmp_path, template=road_database) as opened:
        road_app.house = opened
        day = Day(opened, road_app)
        for step in steps:
            day.do(*step)
        day.end()
