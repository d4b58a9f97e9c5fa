"""Bearer tokens: short-lived EdDSA JWTs, verified once and remembered until they expire.

A phone has two, both bound to it: one to speak with, and one that only makes the next pair.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fieldops.errors import NotAuthenticated
from fieldops.vault import derive_key

LIFETIME = timedelta(hours=12)
PHONE_LIFETIME = timedelta(hours=1)
REFRESH_LIFETIME = timedelta(days=30)
ACCESS, REFRESH = "access", "refresh"
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom a token speaks for, and until when; one of a phone names the phone and the session it was made in."""

    user_id: uuid.UUID
    expires_at: datetime
    device_id: uuid.UUID | None = None
    session_no: int = 0
    use: str = ACCESS


class Tokens:
    """Signs and verifies the tokens of one installation.

    Lifetimes run on the real clock, never the demo clock: a moved demo clock must not log anybody out.
    """

    def __init__(self, secret: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(derive_key(secret, "token signing"))
        self._public = self._private.public_key()
        self._verified: dict[str, Claims] = {}

    def issue(
        self,
        user_id: uuid.UUID,
        *,
        device_id: uuid.UUID | None = None,
        session_no: int = 0,
        use: str = ACCESS,
        lifetime: timedelta = LIFETIME,
    ) -> str:
        """A token for this user, bound to a phone and its session when one is given."""
        claims: dict[str, Any] = {"sub": str(user_id), "exp": datetime.now(UTC) + lifetime}
        if device_id is not None:
            claims |= {"dev": str(device_id), "ses": session_no, "use": use}
        return jwt.encode(claims, self._private, algorithm="EdDSA")

    def pair(self, user_id: uuid.UUID, device_id: uuid.UUID, session_no: int) -> dict[str, Any]:
        """What a phone keeps: a token to speak with, one to renew both with, and how long the first lasts."""
        bound = partial(self.issue, user_id, device_id=device_id, session_no=session_no)
        return {
            "token": bound(lifetime=PHONE_LIFETIME),
            "refresh_token": bound(lifetime=REFRESH_LIFETIME, use=REFRESH),
            "expires_in_s": int(PHONE_LIFETIME.total_seconds()),
        }

    def verify(self, token: str, *, use: str = ACCESS) -> Claims:
        """The claims of a token that is ours, alive and meant for this use. Raises: NotAuthenticated."""
        known = self._verified.get(token)
        claims = known if known is not None and known.expires_at > datetime.now(UTC) else self._read(token)
        if claims.use != use:
            raise NotAuthenticated("TOKEN_INVALID", f"This is no {use} token; send the other one of the pair.")
        return claims

    def _read(self, token: str) -> Claims:
        try:
            raw = jwt.decode(token, self._public, algorithms=["EdDSA"], options={"require": ["exp", "sub"]})
        except jwt.PyJWTError:
            self._verified.pop(token, None)
            raise NotAuthenticated("TOKEN_INVALID", "The token is not valid or has expired; log in again.") from None
        device = raw.get("dev")
        claims = Claims(
            user_id=uuid.UUID(raw["sub"]),
            expires_at=datetime.fromtimestamp(raw["exp"], UTC),
            device_id=uuid.UUID(device) if device else None,
            session_no=raw.get("ses", 0),
            use=raw.get("use", ACCESS),
        )
        if len(self._verified) >= _REMEMBERED:
            self._verified.clear()
        self._verified[token] = claims
        return claims
