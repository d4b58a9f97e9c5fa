"""What sync promises, asked of a day on the road at every moment and at its end: I1 to I12 of the design, but I10."""

from collections import defaultdict
from contextlib import suppress

from hypothesis.stateful import invariant
from sqlalchemy import func, select

from fieldops.audit import AuditEntry
from fieldops.demo.client import ApiError
from fieldops.demo.phone import TAKEN
from fieldops.evidence import audit_days
from fieldops.evidence.jobs import seal_audit
from fieldops.planning.queries import live_stop_of
from fieldops.results.models import VisitResult
from fieldops.sync import devices
from fieldops.sync.models import AgentFeed, AgentFeedHead, Device, PushReceipt, Recall, ScopeEntry, VisitEvent
from fieldops.visits.models import Visit
from tests.sync.acts import agent_id_of, mismatches
from tests.visits.makers_of_visits import supervisor


class Promises:
    """Checks of a machine that has a ``road``, phones in ``made`` and visits in ``all``."""

    # -- what holds at every moment -------------------------------------------------------------------------------

    @invariant()
    def feeds_are_gapless_and_no_cursor_is_ahead(self):
        """I3."""
        if not hasattr(self, "made"):
            return
        self.house.clock.advance(seconds=30)
        with self.house.transaction() as session:
            heads = {row.agent_id: row for row in session.scalars(select(AgentFeedHead))}
            feeds = defaultdict(list)
            for agent, seq in session.execute(select(AgentFeed.agent_id, AgentFeed.seq).order_by(AgentFeed.seq)):
                feeds[agent].append(seq)
            agents = dict(session.execute(select(Device.id, Device.agent_id)).all())
        for agent, head in heads.items():
            assert feeds[agent] == list(range(head.pruned_to + 1, head.seq + 1)), "I3 gap"
        for number, (phone, _) in enumerate(self.made):
            place = phone._place()
            head = next((heads[agents[each]].seq for each in agents if str(each) == phone.device_id), None)
            if place["cursor"] is None or head is None or number not in self.cursors:
                continue
            epoch, before = self.cursors[number]
            assert place["cursor"] <= head, "I3 ahead of the head"
            assert place["epoch"] != epoch or place["cursor"] >= before, "I3 the cursor went back"

    @invariant()
    def the_gate_lets_nothing_pass_that_must_not_be_made(self):
        """I8, asked by one agent's phone after another for every visit."""
        if not hasattr(self, "made"):
            return
        self.asks += 1
        phone = self.made[self.asks % 4][0]
        try:
            stopped = phone.gate(map(str, self.all))
        except ApiError:
            return
        agent = agent_id_of(self.road, phone)
        mine = select(ScopeEntry.visit_id, ScopeEntry.version).where(ScopeEntry.agent_id == agent)
        with self.house.transaction() as session:
            on_road = set(session.scalars(select(Visit.id).where(Visit.status.in_(("PLANNED", "IN_PROGRESS")))))
            held = dict(session.execute(mine.where(ScopeEntry.left_reason.is_(None))).all())
            recalled = select(Recall.visit_id, Recall.version).where(Recall.agent_id == agent)
            recalls = set(map(tuple, session.execute(recalled)))
        for visit in self.all:
            may = visit in on_road and visit in held and (visit, held[visit]) not in recalls
            assert (str(visit) not in stopped) is may, "I8"

    # -- what holds at the end ------------------------------------------------------------------------------------

    def check_the_end(self):
        """Everybody comes into reach, with a new app, and syncs until nothing is new."""
        for number, (phone, api) in enumerate(self.made):
            self.upgrade(number)
            if number in self.revoked:
                continue
            with self.house.transaction() as session:
                device = session.get(Device, phone.device_id)
                if device is not None and device.state == "WIPE":
                    devices.order(session, supervisor(self.house), device.id, "ACTIVE", reason="找回")
                state = device.state if device else None
            if state == "REVOKED":
                self.revoked.add(number)
            else:
                self._log_in(number, api)
        self._sync_until_nothing_is_new()
        with self.house.transaction() as session:
            receipts = dict(session.execute(select(PushReceipt.mutation_id, PushReceipt.code)).all())
            stored, events = set(session.scalars(select(VisitResult.id))), set(session.scalars(select(VisitEvent.id)))
            primary = session.execute(
                select(VisitResult.visit_id, func.count()).where(VisitResult.is_primary).group_by(VisitResult.visit_id)
            ).all()
        assert all(count == 1 for _, count in primary), "I7"
        assert mismatches(self.road) == 0, "I5"
        sent = set()
        for number, (phone, api) in enumerate(self.made):
            rows = phone._db.execute("SELECT id, type, code FROM outbox").fetchall()
            if number in self.revoked:
                answers = len(api.answers)
                with suppress(ApiError):
                    phone.gate([str(self.all[0])])
                assert b"DEVICE_" in b"".join(api.answers[answers:]) or b"TOKEN" in b"".join(api.answers[answers:]), (
                    "I12"
                )
                sent |= {row["id"] for row in rows}
                continue
            assert [row["id"] for row in rows if row["code"] is None] == [], "I2: everything has its final answer"
            assert {row["id"] for row in rows} <= {str(each) for each in receipts}, "I2: each has a receipt"
            sent |= {row["id"] for row in rows}
            taken = {row["id"] for row in rows if row["code"] in TAKEN}
            assert taken <= {str(each) for each in events}, "I1: what was taken is there"
            assert {row["id"] for row in rows if row["type"] == "result" and row["code"] in TAKEN} <= {
                str(each) for each in stored
            }, "I1"
            assert phone.base.keys() == self._truth(phone), "I4"
            results = {row["id"] for row in rows if row["type"] == "result" and row["code"] in TAKEN}
            book = api.get("/mobile/uploads/mine")["results"]
            assert results <= {each["id"] for each in book}, "I2: the receipt book shows what was taken"
        assert {str(each) for each in receipts} <= sent, "I1: nothing was made up"
        self._check_the_audit(stored)

    def _check_the_audit(self, results):
        """I11: every result is on record, and what is on record verifies."""
        with self.house.transaction() as session:
            of_results = select(AuditEntry.detail["result"].astext).where(AuditEntry.action == "results.record")
            assert {str(each) for each in results} == set(session.scalars(of_results)), "I11"
        self.house.clock.advance(days=2)
        seal_audit(self.house)
        with self.house.transaction() as session:
            assert len(audit_days.days(session)) >= 2, "I11"
            assert audit_days.faults(session) == [], "I11"

    def _sync_until_nothing_is_new(self):
        """Twice at least: what a phone pushes last may be news to the one before it; who is logged out logs in again."""
        before = None
        for _ in range(4):
            for number, (_, api) in enumerate(self.made):
                if number not in self.revoked:
                    self._log_in(number, api)
                self._sync(number)
            after = [(phone.cursor, len(phone.unsent), phone.logged_out) for phone, _ in self.made]
            if after == before:
                return
            before = after

    def _truth(self, phone):
        """What an agent should hold: visits that are to be made, or are being made, by their crew."""
        agent = agent_id_of(self.road, phone)
        with self.house.transaction() as session:
            from fieldops.agents.queries import crew_of_agent

            crew = crew_of_agent(session, agent)
            stops = {visit: live_stop_of(session, visit) for visit in self.all}
        return {str(visit) for visit, stop in stops.items() if stop is not None and stop.crew_id == crew.id}

    def _check_scope_of_bytes(self, phone, told):
        """I9: no card of a visit that was never this agent's is in the raw bytes."""
        agent = agent_id_of(self.road, phone)
        with self.house.transaction() as session:
            theirs = set(session.scalars(select(ScopeEntry.visit_id).where(ScopeEntry.agent_id == agent)))
            numbers = {visit.id: visit.no for visit in session.scalars(select(Visit).where(Visit.id.in_(self.all)))}
        for visit in set(self.all) - theirs:
            assert numbers[visit].encode() not in told, "I9"

    def _note(self, number, before, epoch):
        phone = self._phone(number)
        place = phone._place()
        if place["epoch"] != epoch and place["epoch"] is not None and epoch is not None:
            for key in [key for key in self.removed if key[0] == number]:
                del self.removed[key]
        for visit, version in before.items():
            if visit not in phone.base:
                self.removed[number, visit] = max(version, self.removed[number, visit])
        for visit, version in phone.base.items():
            assert visit in before or version > self.removed[number, visit] or place["epoch"] != epoch, "I6"
        if place["cursor"] is not None:
            self.cursors[number] = (place["epoch"], place["cursor"])
