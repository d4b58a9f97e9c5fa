"""Rules: deciding one request beside a bare endpoint that reads the same rows; replay and what-if of 10,000 requests.

python -m benchmarks.rules [--requests N] [--decided N]

An embedded PostgreSQL of its own with fsync on. Requests are made and decided by the product (passing, below the
minimum, without a call, incomplete addresses, two cards), then copied in the database until there are N. "Bare" is a
view of the same application, behind the same token, that reads the same files of the same case and answers with their
number. Replay and what-if run in this one process: their seconds are of one processor, the database's own included,
because a machine that is shared tells nothing by the clock.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import sqlalchemy as sa

from fieldops.app import create_app
from fieldops.audit import Actor
from fieldops.auth.service import create_account
from fieldops.house import House, open_house
from fieldops.policies.replay import replay, try_draft
from fieldops.settings import Settings
from fieldops.visits.files import read_files
from fieldops.visits.requesting import VisitAsked
from fieldops.visits.service import request_visits
from fieldops.web import actor, needs, session
from tests.makers import make_case, make_debtor, make_point

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy.orm import Session

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
WHY = {"purpose": "COLLECT", "reason": "EVASIVE", "goal": "面谈还款"}
DRAFT = {"based_on": "2026-11", "edition": "tried", "valid_from": "2026-12-01", "visit": {"min_balance_fen": 800_001}}
_COPY_VISITS = sa.text("""
    INSERT INTO visit SELECT (jsonb_populate_record(visit, jsonb_build_object(
        'id', gen_random_uuid(), 'no', visit.no || '-' || copy, 'status', 'REJECTED'))).*
    FROM visit, generate_series(1, :copies) copy
""")
_COPY_DECISIONS = sa.text("""
    INSERT INTO visit_decision SELECT (jsonb_populate_record(decision, jsonb_build_object(
        'id', gen_random_uuid(), 'visit_id', twin.id))).*
    FROM visit_decision decision JOIN visit ON visit.id = decision.visit_id
    JOIN visit twin ON twin.no LIKE visit.no || '-%' AND split_part(twin.no, '-', 1) = visit.no
""")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--decided", type=int, default=60)
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="fo-"))
    house = open_house(Settings.from_env({"FIELDOPS_HOME": str(home), "FIELDOPS_NOW": "2026-11-23T09:00:00+08:00"}))
    try:
        app = create_app(house)
        bars = [*_deciding(house, app, asked.decided), *_asking_again(house, asked.requests)]
    finally:
        house.database.close()
        shutil.rmtree(home, ignore_errors=True)
    for bar in bars:
        print(f"{bar['name']}: {bar['value']} (goal {bar['goal']}, {'met' if bar['met'] else 'missed'})")
    print(json.dumps({"bars": bars}, ensure_ascii=False))


def _deciding(house: House, app: Any, count: int) -> list[dict[str, Any]]:
    """Deciding a request over HTTP, and the bare view, in turns; medians."""

    @needs("visits.request")
    def bare(case_id: UUID) -> Any:
        files = read_files(session(), [case_id], at=actor().at)
        return {"cases": len(files.cases)}

    app.add_url_rule("/bare/<uuid:case_id>", view_func=bare)
    with house.transaction() as opened:
        cases = [_a_case(opened) for _ in range(count + 5)]
        setup = Actor("setup", house.clock.now())
        account = create_account(
            opened, setup, name="asker", display_name="asker", password="a long password", roles=["PHONE_COLLECTOR"]
        )
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {app.tokens.issue(account.id)}"
    took: dict[str, list[float]] = {"bare": [], "decided": []}
    for place, case_id in enumerate(cases):
        for name, send in (
            ("bare", lambda one=case_id: client.get(f"/bare/{one}")),
            ("decided", lambda one=case_id: client.post("/api/v1/visits", json={"case_ids": [str(one)], **WHY})),
        ):
            began = time.perf_counter()
            answer = send()
            if place >= 5:  # the first few warm caches
                took[name].append(time.perf_counter() - began)
            assert answer.status_code in (200, 201), answer.json
    bare_ms, decided_ms = (statistics.median(took[name]) * 1000 for name in ("bare", "decided"))
    print(f"bare {bare_ms:.1f} ms, decided {decided_ms:.1f} ms (medians of {count})")
    return [_bar("deciding one request ÷ bare endpoint", decided_ms / bare_ms, 3)]


def _asking_again(house: House, requests: int) -> list[dict[str, Any]]:
    with house.transaction() as opened:
        _decide_some(house, opened)
        made = opened.scalar(sa.text("SELECT count(*) FROM visit"))
        opened.execute(_COPY_VISITS, {"copies": -(-requests // made)})
        opened.execute(_COPY_DECISIONS)
    with house.snapshot() as opened:
        done, replaying_s = _timed(opened, lambda: replay(opened, LONG_AGO))
        assert not done.differing, done.differing[:3]
        trial, trying_s = _timed(opened, lambda: try_draft(opened, DRAFT, LONG_AGO))
        assert trial.unread == 0
        print(f"replay: {done.asked} decisions, {replaying_s:.1f} s; what-if: {trial.asked}, {trying_s:.1f} s")
        print(f"what a minimum of 8,000.01 yuan would do: {trial.counted}")
    return [
        _bar(f"processor seconds to replay {requests}", replaying_s * requests / done.asked, 10),
        _bar(f"processor seconds to try a draft on {requests}", trying_s * requests / trial.asked, 10),
    ]


def _timed(opened: Session, act: Callable[[], Any]) -> tuple[Any, float]:
    """What came of it, and the seconds of processor it took here and in the database's process."""
    backend = psutil.Process(opened.scalar(sa.text("SELECT pg_backend_pid()")))

    def spent() -> float:
        there = backend.cpu_times()
        return time.process_time() + there.user + there.system

    began = spent()
    made = act()
    return made, spent() - began


def _decide_some(house: House, opened: Session) -> None:
    """Requests of every sort, decided by the product."""
    who = Actor("collector", house.clock.now(), roles=frozenset({"PHONE_COLLECTOR"}))
    asked = []
    for place in range(60):
        changes: dict[str, Any] = [{}, {"balance_fen": 499_999}, {"called": False}, {"balance_fen": 5_000_000}][
            place % 4
        ]
        asked.append((_a_case(opened, **changes),))
    for _ in range(10):
        debtor = make_debtor(opened)
        home = {"HOME": f"北京市房山区拱辰街道首开东里{debtor.id.int % 900}号楼1单元301室"}
        asked.append(tuple(make_case(opened, debtor=debtor, addresses=home, balance_fen=300_000).id for _ in range(2)))
    asked += [(make_case(opened, addresses={"HOME": "上海市徐汇区12号"}).id,) for _ in range(10)]
    request_visits(opened, who, [VisitAsked(case_ids=each, **WHY) for each in asked])


def _a_case(opened: Session, **changes: Any) -> UUID:
    case = make_case(opened, **changes)
    make_point(opened, case)
    return case.id


def _bar(name: str, value: float, goal: float) -> dict[str, Any]:
    return {"name": name, "value": round(value, 2), "goal": goal, "met": value <= goal}


if __name__ == "__main__":
    main()
