"""A day for many phones, written straight into the tables: a crew of one for each phone, its stops on a plan."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops.app import register_handlers
from fieldops.auth.tokens import Tokens
from fieldops.clock import at_local, local_date
from fieldops.db import Base, uuid7
from fieldops.sync import pull
from fieldops.sync.scope import bring_plan

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable
    from datetime import datetime

    from fieldops.house import House

STOPS_EACH = 12


@dataclass
class MadePhone:
    """One phone with its token and its stops: (visit, case)."""

    device_id: uuid.UUID
    agent_id: uuid.UUID
    token: str
    now: Callable[[], datetime]
    stops: list[tuple[uuid.UUID, uuid.UUID]] = field(default_factory=list)
    to_cancel: list[uuid.UUID] = field(default_factory=list)

    @property
    def base_hash(self) -> str:
        """Of all its stops in their first version."""
        return pull.manifest_hash((visit, 1) for visit, _ in self.stops)


@dataclass
class SyncDay:
    """The phones that work, and others that wait for recalls."""

    phones: list[MadePhone]
    stops_each: int
    recalled_phones: list[MadePhone]
    epoch: str | None = None


def make_day(house: House, agents: int, *, recalls: int) -> SyncDay:
    """Agents, phones, debtors, visits and a plan of today, brought to the phones in chunks of crews."""
    register_handlers()
    rows: dict[str, list[dict[str, Any]]] = {}
    now, today = house.clock.now(), local_date(house.clock.now())
    tokens = Tokens(house.settings.secret)
    bank, plan = uuid7(), uuid7()
    _add(rows, "bank", id=bank, code="BENCH", name="示范银行")
    _add(
        rows, "day_plan", id=plan, on_date=today, number=1, status="PUBLISHED", budget_s=1, seed=1, engine={},
        totals={}, made_by="bench", published_by="bench", published_at=now,
    )  # fmt: skip
    waiting = max(1, min(recalls, agents) // 2)
    phones = [_phone(rows, house, tokens, plan, bank, number) for number in range(agents + waiting)]
    _insert(house, rows)
    with house.transaction() as session:
        bring_plan(session, plan, today, now)
    with house.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
    working, recalled = phones[:agents], phones[agents:]
    for number in range(recalls):
        phone, place = recalled[number % waiting], number // waiting
        if place < STOPS_EACH:
            phone.to_cancel.append(phone.stops[place][0])
    return SyncDay(working, STOPS_EACH, recalled)


def _phone(
    rows: dict[str, list[dict[str, Any]]], house: House, tokens: Tokens, plan: uuid.UUID, bank: uuid.UUID, number: int
) -> MadePhone:
    agent, crew, user, device = uuid7(), uuid7(), uuid7(), uuid7()
    now, today = house.clock.now(), local_date(house.clock.now())
    _add(rows, "agent", id=agent, code=f"A{number:04d}", name="王示范")
    _add(
        rows, "crew", id=crew, code=f"C{number:04d}", start_lat=39.72, start_lon=116.13, shift_start_s=0,
        shift_end_s=86399, mode="CAR",
    )  # fmt: skip
    _add(rows, "crew_member", crew_id=crew, place=1, agent_id=agent)
    _add(
        rows, "user_account", id=user, name=f"a{number}", display_name="王", password_hash="x", roles=["FIELD_AGENT"],
        agent_id=agent,
    )  # fmt: skip
    _add(
        rows, "device", id=device, agent_id=agent, public_key=f"k{number}", state="ACTIVE", app_version="1.0.0",
        schema_version=2, session_no=0, registered_at=now,
    )  # fmt: skip
    _add(
        rows, "crew_route", plan_id=plan, crew_id=crew, area="A01", starts_at=at_local(today, 0),
        ends_at=at_local(today, 86399), travel_s=0, distance_m=0,
    )  # fmt: skip
    token = tokens.issue(user, device_id=device, lifetime=timedelta(hours=2))
    made = MadePhone(device, agent, token, house.clock.now)
    made.stops = [_stop(rows, plan, crew, bank, number, place, now) for place in range(STOPS_EACH)]
    return made


def _stop(
    rows: dict[str, list[dict[str, Any]]], plan: uuid.UUID, crew: uuid.UUID, bank: uuid.UUID, number: int, place: int,
    now: datetime,
) -> tuple[uuid.UUID, uuid.UUID]:  # fmt: skip
    debtor, case, address, visit, mark = uuid7(), uuid7(), uuid7(), uuid7(), f"{number}-{place}"
    digest, today = hashlib.sha256(mark.encode()).digest(), local_date(now)
    _add(rows, "debtor", id=debtor, name="张示范", id_no_sealed=digest, id_no_index=digest, id_no_last4="1234")
    _add(
        rows, "case", id=case, bank_id=bank, debtor_id=debtor, batch_no="B1", case_no=f"BM{number:05d}{place:02d}",
        product="信用卡", status="ACTIVE", card_no_sealed=digest, card_no_index=digest, card_last4="9212",
        balance_fen=800_000 + place, principal_fen=700_000, min_due_fen=80_000, overdue_days=90, balance_as_of=today,
        entrusted_on=today, row_sha256=digest,
    )  # fmt: skip
    _add(
        rows, "address", id=address, debtor_id=debtor,
        raw=f"北京市房山区拱辰街道首开东里{1 + number}号楼{1 + place}单元502室",
        source="RESERVED", bank_provided=True, belongs_to="DEBTOR", codes=[], judged={}, address_key=f"k{mark}",
        site_key=f"s{mark}",
    )  # fmt: skip
    _add(
        rows, "visit", id=visit, no=f"WF{mark}", debtor_id=debtor, bank_id=bank, address_id=address,
        address_key=f"k{mark}", site_key=f"s{mark}", address_kind="HOME", purpose="COLLECT", reason="EVASIVE",
        goal="当面核实并约定还款", status="PLANNED", verdict="PASS", codes=[], waived=[], policy_edition="bench",
        priority=5, amount_fen=800_000, lat=39.7 + number / 10_000, lon=116.1 + place / 1000,
        point_precision="ROOFTOP", windows=[], requested_by="bench",
    )  # fmt: skip
    _add(rows, "visit_case", visit_id=visit, case_id=case)
    begins = at_local(today, 9 * 3600 + place * 1800)
    _add(
        rows, "route_stop", id=uuid7(), plan_id=plan, crew_id=crew, visit_id=visit, sequence=place + 1,
        arrives_at=begins, begins_at=begins, leaves_at=begins + timedelta(minutes=20), travel_s=600,
        distance_m=3000, status="PENDING",
    )  # fmt: skip
    return visit, case


def _add(rows: dict[str, list[dict[str, Any]]], table: str, **row: Any) -> None:
    rows.setdefault(table, []).append(row)


def _insert(house: House, rows: dict[str, list[dict[str, Any]]]) -> None:
    """All rows, tables in the order their foreign keys ask for; versions and switches at their defaults."""
    with house.transaction() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in rows:
                session.execute(sa.insert(table), rows[table.name])
