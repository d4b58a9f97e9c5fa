"""The phone's visit chain: a link for each thing done at a door, in its own SQLite file, sent when there is a line."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from fieldops.demo.client import Api

_FIRST: Final = "0" * 64
_LINKS_AT_ONCE: Final = 500
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS link (
    device_id TEXT, n INTEGER, link TEXT NOT NULL, hash TEXT NOT NULL, sent INTEGER NOT NULL DEFAULT 0,
    seal TEXT, PRIMARY KEY (device_id, n));
"""


class PhoneChain:
    """What a phone vouches for, each link over the hash of the one before it; a phone bound anew begins anew."""

    def __init__(self, server: Api, db: sqlite3.Connection, device_id: Callable[[], str]) -> None:
        self._server, self._db, self._device_id = server, db, device_id
        db.executescript(_TABLE)

    def add(self, kind: str, visit_id: str, ref: str, content_sha256: str, at: datetime) -> None:
        """Chain something that was just done: inside the local transaction that saves it."""
        device_id = self._device_id()
        last = self._db.execute("SELECT n, hash FROM link WHERE device_id = ? ORDER BY n DESC", (device_id,)).fetchone()
        link = {
            "n": last["n"] + 1 if last else 1,
            "prev_hash": last["hash"] if last else _FIRST,
            "kind": kind,
            "visit_id": visit_id,
            "ref": ref,
            "content_sha256": content_sha256,
            "at": at.isoformat(),
        }
        told = json.dumps({**link, "device_id": device_id}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(told.encode()).hexdigest()
        saved = (device_id, link["n"], json.dumps(link), digest)
        self._db.execute("INSERT INTO link (device_id, n, link, hash) VALUES (?, ?, ?, ?)", saved)

    @property
    def unsent(self) -> list[dict[str, Any]]:
        """Links the server does not have yet, the oldest first."""
        rows = self._db.execute(
            "SELECT link, hash FROM link WHERE device_id = ? AND NOT sent ORDER BY n LIMIT ?",
            (self._device_id(), _LINKS_AT_ONCE),
        )
        return [{**json.loads(row["link"]), "hash": row["hash"]} for row in rows]

    @property
    def seal(self) -> dict[str, Any] | None:
        """The server's newest signature of a head of mine."""
        row = self._db.execute(
            "SELECT seal FROM link WHERE device_id = ? AND seal IS NOT NULL ORDER BY n DESC", (self._device_id(),)
        ).fetchone()
        return json.loads(row["seal"]) if row else None

    def send(self) -> int:
        """Send what is unsent, keep the server's word on it, and return up to where the server has it all."""
        held = 0
        while links := self.unsent:
            answer = self._server.post("/mobile/chain", {"device_id": self._device_id(), "links": links})
            held = answer["held_n"]
            kept = (json.dumps(answer["seal"]), self._device_id(), held)
            self._db.execute("UPDATE link SET seal = ? WHERE device_id = ? AND n = ?", kept)
            sent = (self._device_id(), links[-1]["n"])
            self._db.execute("UPDATE link SET sent = 1 WHERE device_id = ? AND n <= ?", sent)
        return held
