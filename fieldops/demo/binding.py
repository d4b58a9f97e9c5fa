"""What a phone is by itself: its key, which is made on it and never sent, its refresh token, its uptime."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fieldops.db import uuid7

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

TABLE = """
CREATE TABLE IF NOT EXISTS binding (
    one INTEGER PRIMARY KEY CHECK (one = 1), private_key BLOB NOT NULL, device_id TEXT, refresh_token TEXT);
"""


class Binding:
    """The key of one phone, in the phone's file; on a real phone it lives in the secure hardware."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(TABLE)
        fresh = Ed25519PrivateKey.generate().private_bytes_raw()
        db.execute("INSERT OR IGNORE INTO binding (one, private_key) VALUES (1, ?)", (fresh,))

    @property
    def public_key(self) -> str:
        """The public half, as the server takes it."""
        spki = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(spki).decode()

    @property
    def device_id(self) -> str:
        """The id the server knows this phone by; empty before it is registered."""
        return str(self._row()["device_id"] or "")

    def keep(self, bound: dict[str, Any]) -> str:
        """Keep what the server has answered; return the token to speak with."""
        self._db.execute("UPDATE binding SET device_id = ?, refresh_token = ?", (bound["id"], bound["refresh_token"]))
        return str(bound["token"])

    def renewal(self, at: datetime) -> dict[str, str]:
        """What renews the tokens, signed now."""
        refresh_token, signed_at = str(self._row()["refresh_token"] or ""), at.isoformat()
        signed = f"fieldops renew\n{self.device_id}\n{refresh_token}\n{signed_at}".encode()
        signature = base64.b64encode(self._key.sign(signed)).decode()
        return {"refresh_token": refresh_token, "signed_at": signed_at, "signature": signature}

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._row()["private_key"])

    def _row(self) -> sqlite3.Row:
        row: sqlite3.Row = self._db.execute("SELECT * FROM binding").fetchone()
        return row


class Uptime:
    """The time since the phone was started, which nobody can set; it follows the demo's clock, which jumps ahead."""

    def __init__(self) -> None:
        self.boot_id = str(uuid7())
        self._started_at: datetime | None = None

    def elapsed_ms(self, at: datetime) -> int:
        """Milliseconds since the start."""
        self._started_at = min(self._started_at or at, at)
        return (at - self._started_at) // timedelta(milliseconds=1)
