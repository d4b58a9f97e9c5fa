"""A reference phone: follows the client rules of mobile sync with one local SQLite file.

Rules it keeps: an outbox row exists before the screen says "saved"; ops and cursor change in one local transaction;
an answer to a request whose cursor is no longer mine is dropped; ``base`` holds what the server confirmed and only
``base`` is hashed, the screen shows ``base`` less what the outbox has reported; a wipe never takes an unsent outbox
with it; permission to visit offline expires. See docs/phone-api.md.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from fieldops.db import uuid7
from fieldops.demo.binding import Binding, Uptime
from fieldops.demo.chain import PhoneChain
from fieldops.demo.client import Api, ApiError
from fieldops.demo.evidence import PhoneEvidence
from fieldops.demo.phone_file import SHOWN, TABLES
from fieldops.errors import FieldopsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

PROTOCOL, SCHEMA = 1, 2
MAX_MUTATIONS = 100
TAKEN = frozenset(
    {"APPLIED", "DUPLICATE", "ACCEPTED_AFTER_RECALL", "ACCEPTED_OUT_OF_SCOPE", "CONFLICT_ALREADY_COMPLETED"}
)
NEVER_AGAIN = frozenset(
    {"REJECTED_VALIDATION", "REJECTED_FORBIDDEN", "REJECTED_UNKNOWN_ENTITY", "IDEMPOTENCY_MISMATCH"}
)
_ROUNDS = 50
_STEPS = {"check_in": ("check_in",), "result": ("form", "check_out")}
"""Which links of the visit chain a report makes: with the form the crew leaves."""


class FeedGapError(FieldopsError):
    """The server's feed has a hole: something was never told."""


class Phone:
    """One crew member's phone."""

    def __init__(self, api: Api, file: Path | str = ":memory:") -> None:
        self._api = api
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(TABLES)
        self._binding = Binding(self._db)
        self._uptime = Uptime()
        self.schema = SCHEMA  # of the app installed
        self.clock_off = timedelta()  # how far somebody has moved the clock of this phone
        self.must_upgrade = self.logged_out = False
        self.chain = PhoneChain(api, self._db, lambda: self.device_id)
        self.evidence = PhoneEvidence(api, self._db, self.chain)

    # -- what the screen shows ------------------------------------------------------------------------------------

    @property
    def device_id(self) -> str:
        """The id the server knows this phone by."""
        return self._binding.device_id

    @property
    def cursor(self) -> int | None:
        """Up to where this phone has applied its feed."""
        return self._place()["cursor"]  # type: ignore[no-any-return]

    @property
    def base(self) -> dict[str, int]:
        """What the server has confirmed: visits with their versions."""
        return {row["id"]: row["version"] for row in self._db.execute("SELECT id, version FROM base")}

    @property
    def stops(self) -> list[dict[str, Any]]:
        """Confirmed stops without those reported already, in the order of the day; one put anew is to be made anew."""
        rows = self._db.execute(SHOWN)
        stops = ({"id": row["id"], "version": row["version"], **json.loads(row["data"])} for row in rows)
        return sorted(stops, key=lambda stop: (stop["on_date"], stop["sequence"]))

    @property
    def recalled(self) -> dict[str, str]:
        """Visits that must not be made, with the reason."""
        return {row["id"]: row["reason"] for row in self._db.execute("SELECT id, reason FROM recalled")}

    @property
    def unsent(self) -> list[str]:
        """Ids of mutations the server has not answered for good."""
        return [row["id"] for row in self._db.execute("SELECT id FROM outbox WHERE code IS NULL ORDER BY n")]

    def answer_to(self, mutation_id: str) -> tuple[str | None, str | None]:
        """The code and the detail a mutation of mine got."""
        row = self._db.execute("SELECT code, detail FROM outbox WHERE id = ?", (mutation_id,)).fetchone()
        return row["code"], row["detail"]

    def kind_of(self, mutation_id: str) -> str:
        """What kind of thing a mutation of mine reports."""
        row = self._db.execute("SELECT type FROM outbox WHERE id = ?", (mutation_id,)).fetchone()
        return str(row["type"])

    def may_visit_offline(self, visit_id: str, at: datetime) -> bool:
        """Whether the crew may set out to a visit without asking the gate."""
        row = self._db.execute("SELECT valid_until FROM base WHERE id = ?", (visit_id,)).fetchone()
        until = self._place()["offline_until"]
        if row is None or until is None or visit_id in self.recalled:
            return False
        return at <= min(datetime.fromisoformat(row["valid_until"]), datetime.fromisoformat(until))

    # -- talking to the server ------------------------------------------------------------------------------------

    def register(self) -> None:
        """Bind this phone to whoever is logged in; again after a logout."""
        asked = {"public_key": self._binding.public_key, "app_version": "1.0.0", "schema_version": self.schema}
        self._api.bearer(self._binding.keep(self._api.post("/mobile/devices", asked)))
        self.logged_out = False

    def renew(self, at: datetime) -> None:
        """Get a new pair of tokens for the refresh token; signed by the server's time if this phone's is wrong."""
        self._api.bearer("")
        path = f"/mobile/devices/{self.device_id}/token"
        try:
            bound = self._api.post(path, self._binding.renewal(at + self.clock_off))
        except ApiError as problem:
            if problem.problem.get("code") != "SIGNED_AT_OFF":
                raise
            server_time = datetime.fromisoformat(problem.problem["server_time"])
            bound = self._api.post(path, self._binding.renewal(server_time))
        self._api.bearer(self._binding.keep(bound))

    def reboot(self) -> None:
        """Start anew: the uptime begins again, and what was saved before is of another start."""
        self._uptime = Uptime()

    def gate(self, visit_ids: Iterable[str]) -> dict[str, str]:
        """Which of these visits must not be made now, by the server's word, with the reason."""
        answer = self._api.get("/mobile/recalls", held=",".join(visit_ids))
        return {stop["visit_id"]: stop["reason"] for stop in answer["stop"]}

    def acknowledge(self) -> list[str]:
        """Say that the recalls on the screen have been shown."""
        shown = [row["id"] for row in self._db.execute("SELECT id FROM recalled WHERE NOT shown")]
        if shown:
            self._api.post(f"/mobile/devices/{self.device_id}/ack", {"visit_ids": shown})
            self._db.executemany("UPDATE recalled SET shown = 1 WHERE id = ?", [(each,) for each in shown])
        return shown

    def report(
        self, kind: str, visit_id: str, body: Mapping[str, Any], at: datetime, *, depends_on: str | None = None
    ) -> str:
        """Save something that happened; it is on disk when this returns."""
        mutation_id, digest = str(uuid7()), _body_sha256(body)
        clock = ((at + self.clock_off).isoformat(), self._uptime.boot_id, self._uptime.elapsed_ms(at))
        saved = (
            mutation_id,
            kind,
            visit_id,
            self.base.get(visit_id),
            depends_on,
            *clock,
            self.schema,
            json.dumps(body),
        )
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(
            "INSERT INTO outbox (id, type, entity_id, base_version, depends_on, device_time, boot_id, elapsed_ms,"
            " schema, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            saved,
        )
        for step in ("correction",) if body.get("corrects") else _STEPS.get(kind, ()):
            self.chain.add(step, visit_id, mutation_id, digest, at)
        self._db.execute("COMMIT")
        return mutation_id

    def sync(self, at: datetime, *, again: str | None = None) -> dict[str, str]:
        """Push what is unsent (and once more the mutation ``again``), pull what is new; codes by mutation id."""
        codes: dict[str, str] = {}
        for _ in range(_ROUNDS):
            place = self._place()
            asked = self._request(at, place["epoch"], place["cursor"], again)
            answer = self._answer(asked, at)
            if answer is None:
                continue
            again = None
            codes |= self._take_results(answer["results"])
            finished = any(each["code"] in TAKEN | NEVER_AGAIN for each in answer["results"])
            self._take_ops(answer, place["cursor"])
            self._obey(answer["commands"])
            if not self._goes_on(answer, finished=finished):
                return codes
        return codes

    def _answer(self, asked: Mapping[str, Any], at: datetime) -> dict[str, Any] | None:
        """The server's answer; None when it must be asked again, with a new token or from the beginning."""
        try:
            answer: dict[str, Any] = self._api.post("/mobile/sync", asked)
        except ApiError as problem:
            code = problem.problem.get("code")
            if code == "RESYNC_REQUIRED":
                self._begin_anew()
            elif code == "TOKEN_INVALID":
                self.renew(at)
            else:
                self.must_upgrade |= code == "UPGRADE_REQUIRED"
                raise
            return None
        return answer

    def _obey(self, commands: list[str]) -> None:
        self.must_upgrade |= "UPGRADE" in commands
        if "LOGOUT" in commands:
            self.logged_out = True
            self._api.bearer("")
        if "WIPE" in commands:
            self._wipe()
            if not self.unsent:
                self._api.post(f"/mobile/devices/{self.device_id}/ack", {"wiped": True})
        elif "RESYNC" in commands:
            self._begin_anew()

    def _goes_on(self, answer: Mapping[str, Any], *, finished: bool) -> bool:
        """Whether there is more to fetch or to send at once."""
        if {"WIPE", "LOGOUT"} & set(answer["commands"]):
            return False
        waiting = finished and len(self.unsent) > sum(
            each["code"] not in TAKEN | NEVER_AGAIN for each in answer["results"]
        )
        return bool(answer["more"] or "RESYNC" in answer["commands"] or waiting)

    def _place(self) -> sqlite3.Row:
        row: sqlite3.Row = self._db.execute("SELECT * FROM place").fetchone()
        return row

    def _begin_anew(self) -> None:
        self._db.execute("UPDATE place SET epoch = NULL, cursor = NULL")

    def _wipe(self) -> None:
        """Everything of the debtors goes, and the place in the feed; what has not been sent stays until it is."""
        self._db.executescript(
            "BEGIN; DELETE FROM base; DELETE FROM recalled; UPDATE place SET epoch = NULL, cursor = NULL; COMMIT;"
        )

    def _request(self, at: datetime, epoch: str | None, cursor: int | None, again: str | None) -> dict[str, Any]:
        """What is asked now; what was saved under an older schema goes first, by itself."""
        waiting = "code IS NULL OR id = ?"
        oldest = self._db.execute(f"SELECT min(schema) AS schema FROM outbox WHERE {waiting}", (again,)).fetchone()  # noqa: S608
        schema = oldest["schema"] or self.schema
        rows = self._db.execute(
            f"SELECT * FROM outbox WHERE ({waiting}) AND schema = ? ORDER BY n LIMIT ?",  # noqa: S608
            (again, schema, MAX_MUTATIONS),
        )
        return {
            "protocol": PROTOCOL,
            "schema": schema,
            "device_id": self.device_id,
            "epoch": epoch,
            "cursor": cursor,
            "base_hash": self._base_hash(),
            "client_time": (at + self.clock_off).isoformat(),
            "boot_id": self._uptime.boot_id,
            "elapsed_ms": self._uptime.elapsed_ms(at),
            "mutations": [_mutation(row) for row in rows],
        }

    def _base_hash(self) -> str:
        lines = sorted(f"{visit_id}:{version}" for visit_id, version in self.base.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def _take_results(self, results: list[dict[str, Any]]) -> dict[str, str]:
        for result in results:
            if result["code"] in TAKEN | NEVER_AGAIN:
                taken = (result["code"], result["detail"], result["id"])
                self._db.execute("UPDATE outbox SET code = ?, detail = ? WHERE id = ?", taken)
        return {result["id"]: result["code"] for result in results}

    def _take_ops(self, answer: Mapping[str, Any], asked_from: int | None) -> None:
        """Apply ops and cursor together; an answer to an older question is dropped."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if self.cursor == asked_from:
                self._apply_page(answer, asked_from)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _apply_page(self, answer: Mapping[str, Any], asked_from: int | None) -> None:
        if asked_from is None:
            self._db.execute("DELETE FROM base")
        elif [op["seq"] for op in answer["ops"]] != list(range(asked_from + 1, answer["cursor"] + 1)):
            raise FeedGapError(f"the feed after {asked_from} has a hole: {[op['seq'] for op in answer['ops']]}")
        for op in answer["ops"]:
            self._apply(op)
        if self._place()["of_epoch"] not in {None, answer["epoch"]}:  # a backup may not hold what was confirmed since
            self._db.execute("UPDATE outbox SET code = NULL")
        told = (answer["epoch"], answer["cursor"], answer["offline_until"], answer["epoch"])
        self._db.execute("UPDATE place SET epoch = ?, cursor = ?, offline_until = ?, of_epoch = ?", told)
        shown = {row["id"] for row in self._db.execute("SELECT id FROM recalled WHERE shown")}
        self._db.execute("DELETE FROM recalled")
        self._db.executemany(
            "INSERT INTO recalled VALUES (?, ?, ?)",
            [(each["visit_id"], each["reason"], each["visit_id"] in shown) for each in answer["recalled"]],
        )

    def _apply(self, op: Mapping[str, Any]) -> None:
        if op["op"] == "remove":
            self._db.execute("DELETE FROM base WHERE id = ?", (op["id"],))
        elif op["data"] is not None:  # without data a later op has overtaken it
            row = (op["id"], op["version"], json.dumps(op["data"], ensure_ascii=False), op["valid_until"])
            self._db.execute("INSERT OR REPLACE INTO base VALUES (?, ?, ?, ?)", row)


def _mutation(row: sqlite3.Row) -> dict[str, Any]:
    body = json.loads(row["body"])
    return {
        "id": row["id"],
        "depends_on": row["depends_on"],
        "type": row["type"],
        "entity_id": row["entity_id"],
        "base_version": row["base_version"],
        "device_time": row["device_time"],
        "boot_id": row["boot_id"],
        "elapsed_ms": row["elapsed_ms"],
        "body_sha256": _body_sha256(body),
        "body": body,
    }


def _body_sha256(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
