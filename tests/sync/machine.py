"""A day on the road as a state machine: five phones, two crews of two, an office, a bank, and every fault there is.

The invariants are those of the design of sync, I1 to I12 (I10, of uploads, is held elsewhere).
What a phone should hold is worked out from the plans themselves, not from what sync thinks it has told.
"""

import sqlite3
from collections import defaultdict
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import NullPool, create_engine, func, make_url, select, text

from fieldops.audit import Actor
from fieldops.cases import service as cases
from fieldops.clock import local_date
from fieldops.db import Database
from fieldops.demo.client import ApiError
from fieldops.demo.phone import TAKEN
from fieldops.errors import NotNow
from fieldops.results import service as results
from fieldops.sync import devices, pull, retention, rules
from fieldops.sync.models import Device
from fieldops.visits.models import Visit
from fieldops.visits.queries import cards_of
from tests.conftest import a_house
from tests.phone import phone_of
from tests.results.sent import a_body, crew_actor
from tests.road import Road
from tests.sync.acts import agent_id_of, cancel, case_ids_of, pay_in_full, republish
from tests.sync.promises import Promises
from tests.visits.makers_of_visits import supervisor

OUTCOMES = {
    "made": {"outcome": "O26"},
    "not executed": {"outcome": "O24", "finding": None, "person": "P00"},
    "called off": {"outcome": "O25", "finding": None},
    "complaint": {"outcome": "O19"},
    "unsound": {"outcome": "O26", "summary": "短"},
}
PHONES, VISITS = st.integers(0, 4), st.integers(0, 5)
FAULTS = (
    "lose_request",
    "lose_answer",
    "duplicate",
    "late",
    "disk_full",
    "token_gone",
    "kill_between_items",
    "kill_after_effect",
)


class Killed(BaseException):
    """The server process is gone; nobody answers."""


class DayOnTheRoad(Promises, RuleBasedStateMachine):
    """One day; ``make_house`` and ``app`` are set by the test."""

    make_house = app = None

    @initialize()
    def begin(self):
        self.stack = ExitStack()
        self.house = self.stack.enter_context(self.make_house())
        self.stack.enter_context(patch.object(rules, "NEWEST_SCHEMA", 2))
        self.app.house = self.house
        self.road = Road(self.house, self.app)
        self.all = [visit for crew in self.road.crews for visit in self.road.visits[crew.id]]
        self.made = [made for crew in self.road.crews for made in self.road.phones(crew)]
        agent = self._agent(0)
        second = phone_of(self.road.client_as, agent)  # the same agent has another phone as well
        second[0].sync(self.now)
        self.made.append(second)
        self.plans = 1
        self.removed = defaultdict(int)  # by phone and visit: the highest version that has left it in this epoch
        self.cursors = {}
        self.asks = 0
        self.revoked = set()
        self.backup = None

    def _agent(self, number):
        from fieldops.agents.models import Agent

        with self.house.transaction() as session:
            return session.get_one(Agent, agent_id_of(self.road, self.made[number][0]))

    @property
    def now(self):
        return self.house.clock.now()

    def teardown(self):
        if not hasattr(self, "stack"):
            return
        try:
            if not hasattr(self, "broken"):
                self.check_the_end()
        finally:
            self.stack.close()

    # -- what crews do --------------------------------------------------------------------------------------------

    @rule(phone=PHONES, visit=VISITS, what=st.sampled_from([*OUTCOMES]))
    def report(self, phone, visit, what):
        visit_id = self.all[visit]
        body = a_body(visit_id, case_ids_of(self.road, visit_id), arrived=self.now, **OUTCOMES[what])
        self._phone(phone).report("result", str(visit_id), body, self.now)

    @rule(phone=PHONES, visit=VISITS)
    def check_in(self, phone, visit):
        self._phone(phone).report("check_in", str(self.all[visit]), {"visit_id": str(self.all[visit])}, self.now)

    @rule(phone=PHONES, visit=VISITS)
    def object(self, phone, visit):
        body = {"visit_id": str(self.all[visit]), "reason": "UNSAFE"}
        self._phone(phone).report("objection", str(self.all[visit]), body, self.now)

    @rule(phone=PHONES)
    def sync(self, phone):
        self._sync(phone)

    @rule(phone=PHONES)
    def acknowledge(self, phone):
        with suppress(ApiError):
            self._phone(phone).acknowledge()

    # -- what goes wrong ------------------------------------------------------------------------------------------

    @rule(phone=PHONES, fault=st.sampled_from(FAULTS))
    def sync_badly(self, phone, fault):
        getattr(self, f"_{fault}")(phone)

    def _lose_request(self, number):
        self.made[number][1].lose_request = True
        self._sync(number)
        self.made[number][1].lose_request = False

    def _lose_answer(self, number):
        self.made[number][1].lose_answer = True
        self._sync(number)
        self.made[number][1].lose_answer = False

    def _duplicate(self, number):
        """The network delivers one request twice; the phone sees the second answer."""
        phone, api = self.made[number]
        asked = phone._request(self.now, phone._place()["epoch"], phone.cursor, None)
        first = self._posted(api, asked)
        self._sync(number)
        if first is not None:
            second = {each["id"]: each["code"] for each in (self._posted(api, asked) or {"results": []})["results"]}
            for each in first["results"]:
                if each["code"] in TAKEN and each["id"] in second:
                    same = {each["code"], "DUPLICATE"} if each["code"] == "APPLIED" else {each["code"]}
                    assert second[each["id"]] in same, "I1 the same id, the same answer"

    def _late(self, number):
        """An answer arrives after a newer one, which told of visits this phone held."""
        phone, api = self.made[number]
        asked_from = phone.cursor
        asked = phone._request(self.now, phone._place()["epoch"], asked_from, None) | {"mutations": []}
        late = self._posted(api, asked)
        for visit in [each for each in self.all if str(each) in phone.base][:2]:
            with suppress(NotNow):
                cancel(self.road, visit)
        self._sync(number)
        if late is not None:
            phone._take_ops(late, asked_from)

    def _disk_full(self, number):
        phone, _ = self.made[number]
        real, applied = phone._apply, []

        def full(op):
            if applied:
                raise sqlite3.OperationalError("database or disk is full")
            applied.append(op)
            real(op)

        with patch.object(phone, "_apply", full):
            self._sync(number)

    def _token_gone(self, number):
        self.made[number][1].bearer("gone")
        self._sync(number)

    def _kill_between_items(self, number):
        real = results.record_results

        def killed(session, actor, sent, *rest):
            real(session, actor, sent[:1], *rest)
            raise Killed

        with patch.object(results, "record_results", killed):
            self._sync(number)

    def _kill_after_effect(self, number):
        def killed(*args, **kwargs):
            raise Killed

        with patch.object(pull, "look", killed):
            self._sync(number)

    @rule(phone=PHONES, hours=st.sampled_from([-25, 0, 25]))
    def move_clock(self, phone, hours):
        from datetime import timedelta

        self._phone(phone).clock_off = timedelta(hours=hours)

    @rule(phone=PHONES)
    def reboot(self, phone):
        self._phone(phone).reboot()

    # -- what the office and the bank do --------------------------------------------------------------------------

    @rule(visit=VISITS)
    def pay(self, visit):
        pay_in_full(self.road, self.all[visit])

    @rule(visit=VISITS)
    def cancel(self, visit):
        with suppress(NotNow):
            cancel(self.road, self.all[visit])

    @rule(visit=VISITS)
    def hold(self, visit):
        with self.house.transaction() as session:
            for case_id in cards_of(session, [self.all[visit]])[self.all[visit]]:
                today = local_date(self.now)
                cases.open_hold(session, crew_actor(self.house), case_id=case_id, kind="BANK_PAUSE", from_on=today)

    @rule(assigned=st.lists(st.sampled_from([None, 0, 1]), min_size=6, max_size=6))
    def plan_anew(self, assigned):
        with self.house.transaction() as session:
            waiting = set(session.scalars(select(Visit.id).where(Visit.status.in_(("BATCHED", "PLANNED")))))
        routes = {
            crew: [visit for visit, to in zip(self.all, assigned, strict=True) if to == n and visit in waiting]
            for n, crew in enumerate(self.road.crews)
        }
        self.plans += 1
        republish(self.road, routes, number=self.plans)

    @rule()
    def prune(self):
        with self.house.transaction() as session:
            for agent in retention.agents_with_feed(session):
                retention.prune_feed(session, agent, before=self.now)

    @rule(phone=st.sampled_from([3, 4]), to=st.sampled_from(["REVOKED", "WIPE", "LOGOUT"]))
    def order(self, phone, to):
        with self.house.transaction() as session, suppress(NotNow):
            actor, device_id = supervisor(self.house), self.made[phone][0].device_id
            if to == "LOGOUT":
                devices.log_out(session, actor, device_id, reason="换人")
            else:
                devices.order(session, actor, device_id, to, reason="遗失")
        if to == "REVOKED":
            self.revoked.add(phone)

    @precondition(lambda self: self.backup is None)
    @rule()
    def back_up(self):
        self.backup = self._copy()

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore(self):
        """The database of the backup takes the place of the one in use, and a new epoch begins."""
        self.house.database.close()
        url = make_url(self.house.database.url).set(database=self.backup).render_as_string(hide_password=False)
        object.__setattr__(self.house, "database", Database(url))
        self.backup = None
        with self.house.transaction() as session:
            retention.begin_epoch(session, Actor("cli", self.now), reason="restored")
            kept = {str(each) for each in session.scalars(select(Device.id).where(Device.state != "REVOKED"))}
            self.plans = 1 + session.scalar(select(func.max(text("number"))).select_from(text("day_plan")))
        self.removed.clear()
        self.cursors.clear()
        self.revoked = {n for n, (phone, _) in enumerate(self.made) if phone.device_id not in kept}

    @rule()
    def new_schema(self):
        """The server moves on by so much that no phone is understood until its app is new."""
        rules.NEWEST_SCHEMA += rules.OLDER_SCHEMAS + 1

    @rule(phone=PHONES)
    def upgrade(self, phone):
        made = self._phone(phone)
        made.schema = rules.NEWEST_SCHEMA
        made._db.execute("UPDATE outbox SET schema = ?", (made.schema,))

    # -- how it is done -------------------------------------------------------------------------------------------

    def _phone(self, number):
        return self.made[number][0]

    def _log_in(self, number, api):
        phone = self._phone(number)
        if not phone.logged_out:
            return
        api.client.environ_base["HTTP_AUTHORIZATION"] = self._person(number)
        phone.register()

    def _person(self, number):
        agent = self._agent(number if number < 4 else 0)
        client = self.road.client_as("FIELD_AGENT", name=f"agent {agent.code}", agent_id=agent.id)
        return client.environ_base["HTTP_AUTHORIZATION"]

    def _posted(self, api, asked):
        try:
            return api.post("/mobile/sync", asked)
        except ApiError:
            return None

    def _sync(self, number):
        """One sync, whatever becomes of it; a revoked phone is never answered with anything of a visit."""
        phone, api = self.made[number]
        before, epoch, answers = phone.base, phone._place()["epoch"], len(api.answers)
        with suppress(OSError, Killed, sqlite3.OperationalError):
            try:
                phone.sync(self.now)
            except ApiError as problem:
                self._take_refusal(phone, problem.problem["code"])
        told = b"".join(api.answers[answers:])
        if number in self.revoked:
            assert b'"ops"' not in told, "I12"
        self._check_scope_of_bytes(phone, told)
        self._note(number, before, epoch)

    def _take_refusal(self, phone, code):
        if code in {"TOKEN_INVALID", "TOKEN_MISSING"}:
            phone.logged_out = True
        else:
            assert code in {"UPGRADE_REQUIRED", "DEVICE_REVOKED", "DEVICE_UNKNOWN"}, code

    def _copy(self):
        """The database as it is, under another name."""
        name = f"t_{uuid4().hex}"
        self.house.database.close()
        url = make_url(self.house.database.url)
        admin = create_engine(
            url.set(drivername="postgresql+psycopg", database="postgres"),
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
        )
        with admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{url.database}" STRATEGY FILE_COPY'))

        def drop():
            with admin.connect() as connection:
                connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            admin.dispose()

        self.stack.callback(drop)
        return name


def machine_of(postgres, template, app):
    """The machine on fresh copies of a day."""

    class Machine(DayOnTheRoad):
        @staticmethod
        def make_house():
            stack = ExitStack()
            home = stack.enter_context(TemporaryDirectory())
            house = stack.enter_context(a_house(postgres, Path(home), template=template))
            stack_exit = stack.pop_all()

            class Opened:
                def __enter__(self):
                    return house

                def __exit__(self, *_):
                    house.database.close()
                    stack_exit.close()

            return Opened()

    Machine.app = app
    return Machine
