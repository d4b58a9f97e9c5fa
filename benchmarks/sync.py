"""A day of many phones against one server: a morning, a quiet hour, an evening, a recall storm.

Every phone pulls its day, asks in vain, pushes twelve results and sends their photos through tus; a fifth as many more
wait for recalls.

python -m benchmarks.sync [--agents 500] [--seconds 4] [--json]

gunicorn as in production, two processes, a real PostgreSQL with fsync on, the machine as it is. Beside every measure,
in turns with it, the same clients make a bare read of the same server: a psycopg pool in autocommit, one indexed row,
jsonify, nobody asked for a token. Shares are medians of turns. Client, server and database share the cores.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from benchmarks.sync_evening import evening
from benchmarks.sync_lines import Line, in_turns, plain, request, sync_body
from benchmarks.sync_makers import SyncDay, make_day
from fieldops.house import House, open_house
from fieldops.serving import Server, free_port
from fieldops.settings import Settings

if TYPE_CHECKING:
    import uuid

BARS = {"idle": 0.5, "pull": 0.3, "push": 0.12}
MOST_LAG_S, MOST_PULL_BYTES = 2.0, 30 * 1024
RECALLS = 200
CORES = 2


class MeasuredServer(Server):
    """The product's server, with the bare read beside it."""

    def load(self) -> Any:
        from flask import jsonify  # noqa: PLC0415
        from psycopg.rows import dict_row  # noqa: PLC0415
        from psycopg_pool import ConnectionPool  # noqa: PLC0415

        app = super().load()
        pool = ConnectionPool(
            app.house.database.url.replace("postgresql+psycopg", "postgresql"),
            min_size=8, max_size=8, open=True, kwargs={"autocommit": True, "row_factory": dict_row},
        )  # fmt: skip
        columns = "id, agent_id, state, app_version, schema_version, last_seq_acked, registered_at"

        def bare(device_id: uuid.UUID) -> Any:
            with pool.connection() as connection:
                return jsonify(
                    connection.execute(f"SELECT {columns} FROM device WHERE id = %s", [device_id]).fetchone()
                )

        bare._own_transactions = True  # type: ignore[attr-defined]  # noqa: SLF001 - no transaction around it
        app.add_url_rule("/bare/<uuid:device_id>", view_func=bare)
        return app


def morning(port: int, day: SyncDay, bare: list[bytes], seconds: float) -> dict[str, Any]:
    """Every phone pulls its day."""
    asked = [request("POST", "/api/v1/mobile/sync", phone.token, sync_body(phone)) for phone in day.phones]
    reads, made, share = in_turns(port, bare, lambda: cycle(asked), seconds=seconds)
    told = plain(made.bodies[0])
    assert len(told["ops"]) == day.stops_each, len(told["ops"])
    day.epoch = told["epoch"]
    return {
        **made.figures(),
        "share": round(share, 3),
        "bare": reads.figures(),
        "bytes_unpacked": len(orjson.dumps(told)),
    }


def quiet_hour(port: int, day: SyncDay, bare: list[bytes], seconds: float) -> dict[str, Any]:
    """Every phone asks and there is nothing new."""
    place = {"epoch": day.epoch, "cursor": day.stops_each}
    asked = [
        request("POST", "/api/v1/mobile/sync", phone.token, sync_body(phone, base_hash=phone.base_hash, **place))
        for phone in day.phones
    ]
    reads, made, share = in_turns(port, bare, lambda: cycle(asked), seconds=seconds)
    told = plain(made.bodies[-1])
    assert (told["ops"], told["commands"]) == ([], []), told
    return {**made.figures(), "share": round(share, 3), "bare": reads.figures()}


def recall_storm(port: int, day: SyncDay, house: House) -> dict[str, Any]:
    """Phones wait; visits of theirs are cancelled; each syncs when it is woken, shows the recall and says so."""
    from fieldops.audit import Actor  # noqa: PLC0415
    from fieldops.visits.approval import cancel_visit  # noqa: PLC0415

    phones, lags, gone = day.recalled_phones, [], threading.Event()
    cancelled_at: dict[str, float] = {}
    lock = threading.Lock()

    def online(phone: Any) -> None:
        line, cursor, seen = Line(port), day.stops_each, set()
        while not (gone.is_set() and len(seen) == len(phone.to_cancel)):
            _, body = line.ask(request("GET", f"/api/v1/mobile/events?cursor={cursor}&wait=5", phone.token))
            if not plain(body)["changed"]:
                continue
            asked = sync_body(phone, epoch=day.epoch, cursor=cursor)
            told = plain(line.ask(request("POST", "/api/v1/mobile/sync", phone.token, asked))[1])
            cursor, now = told["cursor"], time.perf_counter()
            fresh = [each["visit_id"] for each in told["recalled"] if each["visit_id"] not in seen]
            with lock:
                lags.extend(now - cancelled_at[each] for each in fresh)
            seen.update(fresh)
            line.ask(
                request("POST", f"/api/v1/mobile/devices/{phone.device_id}/ack", phone.token, {"visit_ids": fresh})
            )
        line.close()

    threads = [threading.Thread(target=online, args=(phone,)) for phone in phones]
    for thread in threads:
        thread.start()
    time.sleep(3)
    began = time.perf_counter()
    for visit_id in [visit for phone in phones for visit in phone.to_cancel]:
        cancelled_at[str(visit_id)] = time.perf_counter()  # from before the transaction: the lag includes the commit
        with house.transaction() as session:
            actor = Actor("bench", house.clock.now(), roles=frozenset({"SUPERVISOR"}))
            cancel_visit(session, actor, visit_id, reason="已还款")
    took = time.perf_counter() - began
    gone.set()
    for thread in threads:
        thread.join(120)
    ordered = sorted(lags)
    with house.transaction() as session:
        acked = session.scalar(sa.text("SELECT count(*) FROM recall WHERE acked_at IS NOT NULL"))
    ranks = {f"lag_p{share}_s": round(ordered[int((len(ordered) - 1) * share / 100)], 3) for share in (50, 95, 99)}
    return {
        "recalls": len(cancelled_at),
        "phones_online": len(phones),
        "cancelled_in_s": round(took, 1),
        "shown": len(ordered),
        "acked": acked,
        **ranks,
    }


def held(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every bar with what was measured."""
    shares = {
        "idle": found["quiet_hour"]["share"],
        "pull": found["morning"]["share"],
        "push": found["evening"]["share"],
    }
    bars = {f"{name} share of the bare read": (share, ">=", BARS[name]) for name, share in shares.items()}
    bars["recall lag p95, s"] = (found["recall_storm"]["lag_p95_s"], "<", MOST_LAG_S)
    bars["a day's pull, bytes"] = (found["morning"]["bytes_max"], "<=", MOST_PULL_BYTES)
    bars["deadlocks"] = (found["deadlocks"], "<=", 0)
    bars["manifest mismatches"] = (found["mismatches"], "<=", 0)
    test = {">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b, "<": lambda a, b: a < b}
    return {
        name: {"is": value, "bar": f"{sign} {bar}", "held": test[sign](value, bar)}
        for name, (value, sign, bar) in bars.items()
    }


def measure(agents: int, seconds: float, home: Path) -> dict[str, Any]:
    """The whole day."""
    port = free_port(8765)
    env = {"FIELDOPS_HOME": str(home), "FIELDOPS_PORT": str(port), "FIELDOPS_CORES": str(CORES)}
    house = open_house(Settings.from_env({**os.environ, **env}))
    day = make_day(house, agents, recalls=RECALLS)
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sync", "--serve"], env={**os.environ, **env}, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_up(port)
        bare = [request("GET", f"/bare/{phone.device_id}") for phone in day.phones]
        found: dict[str, Any] = {"agents": agents, "load_before": os.getloadavg()[0]}
        found["morning"] = morning(port, day, bare, seconds)
        found["quiet_hour"] = quiet_hour(port, day, bare, seconds)
        found["evening"] = evening(port, day, house, bare, seconds)
        found["recall_storm"] = recall_storm(port, day, house)
        with house.transaction() as session:
            deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            found["deadlocks"] = session.scalar(sa.text(deadlocks))
            found["mismatches"] = int(session.scalar(sa.text("SELECT sum(manifest_mismatches) FROM device")))
        found["load_after"] = os.getloadavg()[0]
    finally:
        server.terminate()
        server.wait(30)
        house.database.close()
    return {**found, "bars": held(found)}


def wait_until_up(port: int) -> None:
    ends = time.monotonic() + 60
    while True:
        try:
            Line(port).close()
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)
        else:
            return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each turn")
    parser.add_argument("--json", action="store_true", help="the last line only")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        MeasuredServer(Settings.from_env()).run()
        return
    home = Path(tempfile.mkdtemp(prefix="fo-"))
    try:
        found = measure(asked.agents, asked.seconds, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if not asked.json:
        for name, told in found.items():
            print(name, json.dumps(told, ensure_ascii=False))
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
