"""A reference phone: follows the client rules of mobile sync with one local SQLite file.

Rules it keeps: an outbox row exists before the screen says "saved"; ops and cursor change in one local transaction;
an answer to a request whose cursor is no longer mine is dropped; ``base`` holds what the server confirmed and only
``base`` is hashed; a wipe never takes an unsent outbox with it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from fieldops.db import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

PROTOCOL = SCHEMA = 1
DONE = frozenset(
    {"APPLIED", "DUPLICATE", "ACCEPTED_AFTER_RECALL", "ACCEPTED_OUT_OF_SCOPE", "CONFLICT_ALREADY_COMPLETED"}
)
_NEVER_AGAIN = frozenset(
    {"REJECTED_VALIDATION", "REJECTED_FORBIDDEN", "REJECTED_UNKNOWN_ENTITY", "IDEMPOTENCY_MISMATCH"}
)
_TABLES = """
CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT, cursor INTEGER);
CREATE TABLE IF NOT EXISTS base (id TEXT PRIMARY KEY, version INTEGER NOT NULL, data TEXT NOT NULL, valid_until TEXT);
CREATE TABLE IF NOT EXISTS recalled (id TEXT PRIMARY KEY, version INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    n INTEGER PRIMARY KEY, id TEXT UNIQUE, type TEXT, entity_id TEXT, depends_on TEXT, device_time TEXT, body TEXT,
    code TEXT, detail TEXT);
INSERT OR IGNORE INTO place VALUES (1, NULL, NULL);
"""


class Api(Protocol):
    """The way to the server: one call, JSON in, JSON out."""

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST ``body`` and return the answer. Raises: OSError when there is no connection."""
        ...


class Phone:
    """One crew member's phone."""

    def __init__(self, api: Api, file: Path | str = ":memory:") -> None:
        self._api = api
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(_TABLES)
        self.device_id = ""

    def register(self) -> None:
        """Bind this phone to whoever is logged in."""
        asked = {"public_key": "demo", "app_version": "1.0.0", "schema_version": SCHEMA}
        self.device_id = self._api.post("/mobile/devices", asked)["id"]

    @property
    def stops(self) -> list[dict[str, Any]]:
        """Confirmed stops without those reported already, in the order of the day."""
        rows = self._db.execute(
            "SELECT id, data FROM base WHERE id NOT IN (SELECT entity_id FROM outbox WHERE type = 'result')"
        )
        return sorted(({"id": r["id"], **json.loads(r["data"])} for r in rows), key=lambda stop: stop["sequence"])

    @property
    def recalled(self) -> dict[str, str]:
        """Visits that must not be made, with the reason."""
        return {row["id"]: row["reason"] for row in self._db.execute("SELECT id, reason FROM recalled")}

    @property
    def unsent(self) -> list[str]:
        """Ids of mutations the server has not confirmed."""
        return [row["id"] for row in self._db.execute("SELECT id FROM outbox WHERE code IS NULL ORDER BY n")]

    def kind_of(self, mutation_id: str) -> str:
        """What kind of thing a mutation of mine reports."""
        row = self._db.execute("SELECT type FROM outbox WHERE id = ?", (mutation_id,)).fetchone()
        return str(row["type"])

    def report(
        self, kind: str, visit_id: str, body: Mapping[str, Any], at: datetime, *, depends_on: str | None = None
    ) -> str:
        """Save something that happened; it is on disk when this returns."""
        mutation_id = str(uuid7())
        self._db.execute(
            "INSERT INTO outbox (id, type, entity_id, depends_on, device_time, body) VALUES (?, ?, ?, ?, ?, ?)",
            (mutation_id, kind, visit_id, depends_on, at.isoformat(), json.dumps(body, sort_keys=True)),
        )
        return mutation_id

    def sync(self, at: datetime, *, again: str | None = None) -> dict[str, str]:
        """Push what is unsent (and once more the mutation ``again``), pull what is new; codes by mutation id."""
        codes: dict[str, str] = {}
        while True:
            epoch, cursor = self._db.execute("SELECT epoch, cursor FROM place").fetchone()
            answer = self._api.post("/mobile/sync", self._request(at, epoch, cursor, again))
            codes |= self._take_results(answer["results"])
            self._take_ops(answer, cursor)
            again = None
            if not answer["more"]:
                return codes

    def _request(self, at: datetime, epoch: str | None, cursor: int | None, again: str | None) -> dict[str, Any]:
        rows = self._db.execute("SELECT * FROM outbox WHERE code IS NULL OR id = ? ORDER BY n LIMIT 100", (again,))
        return {
            "protocol": PROTOCOL,
            "schema": SCHEMA,
            "device_id": self.device_id,
            "epoch": epoch,
            "cursor": cursor,
            "base_hash": self._base_hash(),
            "client_time": at.isoformat(),
            "mutations": [_mutation(row) for row in rows],
        }

    def _base_hash(self) -> str:
        rows = self._db.execute("SELECT id, version FROM base")
        return hashlib.sha256("\n".join(sorted(f"{r['id']}:{r['version']}" for r in rows)).encode()).hexdigest()

    def _take_results(self, results: list[dict[str, Any]]) -> dict[str, str]:
        for result in results:
            if result["code"] in DONE | _NEVER_AGAIN:
                taken = (result["code"], result["detail"], result["id"])
                self._db.execute("UPDATE outbox SET code = ?, detail = ? WHERE id = ?", taken)
        return {result["id"]: result["code"] for result in results}

    def _take_ops(self, answer: Mapping[str, Any], asked_from: int | None) -> None:
        """Apply ops and cursor together; an answer to an older question is dropped."""
        self._db.execute("BEGIN IMMEDIATE")
        (cursor,) = self._db.execute("SELECT cursor FROM place").fetchone()
        if cursor == asked_from:
            if asked_from is None:
                self._db.execute("DELETE FROM base")
            for op in answer["ops"]:
                self._apply(op)
            self._db.execute("UPDATE place SET epoch = ?, cursor = ?", (answer["epoch"], answer["cursor"]))
            self._db.execute("DELETE FROM recalled")
            for recall in answer["recalled"]:
                row = (recall["visit_id"], recall["version"], recall["reason"])
                self._db.execute("INSERT OR REPLACE INTO recalled VALUES (?, ?, ?)", row)
        self._db.execute("COMMIT")

    def _apply(self, op: Mapping[str, Any]) -> None:
        if op["op"] == "remove":
            self._db.execute("DELETE FROM base WHERE id = ?", (op["id"],))
        else:
            row = (op["id"], op["version"], json.dumps(op["data"], ensure_ascii=False), op["valid_until"])
            self._db.execute("INSERT OR REPLACE INTO base VALUES (?, ?, ?, ?)", row)


def _mutation(row: sqlite3.Row) -> dict[str, Any]:
    body = json.loads(row["body"])
    return {
        "id": row["id"],
        "depends_on": row["depends_on"],
        "type": row["type"],
        "entity_id": row["entity_id"],
        "device_time": row["device_time"],
        "body_sha256": hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        "body": body,
    }
