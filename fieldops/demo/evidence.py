"""The phone's evidence: on its disk before the form is sent, then uploaded by tus until the server has all of it.

It lives in the phone's own SQLite file. See docs/phone-api.md, evidence.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any, Final

from fieldops.db import uuid7
from fieldops.errors import FieldopsError

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from fieldops.demo.chain import PhoneChain
    from fieldops.demo.client import Api

CHUNK_BYTES: Final = 1024 * 1024
_PATH: Final = "/mobile/uploads"
_TUS: Final = {"Tus-Resumable": "1.0.0"}
_OK, _CREATED, _KEPT, _ELSEWHERE, _TOO_LARGE, _UNFIT, _GARBLED = 200, 201, 204, 409, 413, 422, 460
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS evidence (
    slot TEXT PRIMARY KEY, kind TEXT, sha256 TEXT, bytes BLOB, state TEXT NOT NULL DEFAULT 'WAITING');
"""


class UploadError(FieldopsError):
    """The server will not take these bytes: what it said is for the crew to read."""


class PhoneEvidence:
    """What a phone has recorded at doors, and how much of it the server has."""

    def __init__(self, server: Api, db: sqlite3.Connection, chain: PhoneChain) -> None:
        self._server, self._db, self._chain = server, db, chain
        db.executescript(_TABLE)
        self.red: list[dict[str, Any]] = []  # what the receipt book last said is not whole, or comes back

    def keep(self, kind: str, data: bytes, visit_id: str, at: datetime) -> dict[str, Any]:
        """Save and chain a recording, and return how a result declares it; it is on disk when this returns."""
        slot, sha256 = str(uuid7()), hashlib.sha256(data).hexdigest()
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(
            "INSERT INTO evidence (slot, kind, sha256, bytes) VALUES (?, ?, ?, ?)", (slot, kind, sha256, data)
        )
        self._chain.add("photo", visit_id, slot, sha256, at)
        self._db.execute("COMMIT")
        return {"id": slot, "kind": kind, "sha256": sha256, "length": len(data)}

    @property
    def waiting(self) -> list[str]:
        """Slots whose bytes the server does not have yet."""
        return [row["slot"] for row in self._db.execute("SELECT slot FROM evidence WHERE state = 'WAITING'")]

    def send(self, *, chunk_bytes: int = CHUNK_BYTES) -> list[str]:
        """Upload what is waiting and declared, and say what has arrived; what is interrupted goes on the next time.

        After a round that has brought something the receipt book is read.
        """
        arrived = []
        for slot in self.waiting:
            try:
                if self._send_one(slot, chunk_bytes):
                    self._db.execute("UPDATE evidence SET state = 'SENT' WHERE slot = ?", (slot,))
                    arrived.append(slot)
            except UploadError:
                self._db.execute("UPDATE evidence SET state = 'REFUSED' WHERE slot = ?", (slot,))
        if arrived:
            self.look_at_book()
        return arrived

    def look_at_book(self) -> list[dict[str, Any]]:
        """Read the receipt book 回执簿: results that are not whole, or were returned, the newest first.

        What was sent and is not there after all, as after a backup was restored, is sent again.
        """
        results: list[dict[str, Any]] = self._server.get(f"{_PATH}/mine")["results"]
        missing = [(slot["id"],) for each in results for slot in each["slots"] if slot["arrived_at"] is None]
        self._db.executemany("UPDATE evidence SET state = 'WAITING' WHERE slot = ? AND state = 'SENT'", missing)
        self.red = [each for each in results if each["complete_at"] is None or each["status"] == "RETURNED"]
        return self.red

    def _send_one(self, slot: str, chunk_bytes: int) -> bool:
        """One slot from where it stands. Raises: UploadError for bytes the server will never take."""
        row = self._db.execute("SELECT sha256, bytes FROM evidence WHERE slot = ?", (slot,)).fetchone()
        offset = self._begin(slot, row["sha256"], len(row["bytes"]))
        while offset is not None and offset < len(row["bytes"]):
            offset = self._append(slot, offset, row["bytes"][offset : offset + chunk_bytes])
        return offset is not None

    def _begin(self, slot: str, sha256: str, length: int) -> int | None:
        """Where to go on; None to try another time: the server is busy, or the result is not there yet."""
        named = {"slot": slot, "sha256": sha256}
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in named.items())
        headers = {**_TUS, "Upload-Length": str(length), "Upload-Metadata": metadata}
        status, _ = self._server.exchange("POST", _PATH, headers)
        if status in {_ELSEWHERE, _TOO_LARGE}:
            raise UploadError(f"the server will never take {slot}: {status}")
        if status != _CREATED:
            return None
        status, told = self._server.exchange("HEAD", f"{_PATH}/{slot}", _TUS)
        return int(told["Upload-Offset"]) if status == _OK else None

    def _append(self, slot: str, offset: int, piece: bytes) -> int | None:
        """The next offset; None to try again another time. A garbled chunk was not kept and is sent again."""
        checksum = "sha256 " + base64.b64encode(hashlib.sha256(piece).digest()).decode()
        headers = {
            **_TUS,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Upload-Checksum": checksum,
        }
        status, told = self._server.exchange("PATCH", f"{_PATH}/{slot}", headers, piece)
        if status in {_KEPT, _ELSEWHERE}:
            return int(told["Upload-Offset"])
        if status == _GARBLED:
            return offset
        if status == _UNFIT:
            raise UploadError(f"the server says that {slot} is not what was declared")
        return None
