"""Bearer tokens: short-lived EdDSA JWTs, verified once and remembered until they expire."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fieldops.errors import NotAuthenticated
from fieldops.vault import derive_key

LIFETIME = timedelta(hours=12)
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom a token speaks for, and until when."""

    user_id: uuid.UUID
    expires_at: datetime
    device_id: uuid.UUID | None = None


class Tokens:
    """Signs and verifies the tokens of one installation.

    Lifetimes run on the real clock, never the demo clock: a moved demo clock must not log anybody out.
    """

    def __init__(self, secret: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(derive_key(secret, "token signing"))
        self._public = self._private.public_key()
        self._verified: dict[str, Claims] = {}

    def issue(self, user_id: uuid.UUID, *, device_id: uuid.UUID | None = None, lifetime: timedelta = LIFETIME) -> str:
        """A token for this user, bound to a device when one is given."""
        claims = {"sub": str(user_id), "exp": datetime.now(UTC) + lifetime}
        if device_id is not None:
            claims["dev"] = str(device_id)
        return jwt.encode(claims, self._private, algorithm="EdDSA")

    def verify(self, token: str) -> Claims:
        """The claims of a token that is ours and alive. Raises: NotAuthenticated."""
        known = self._verified.get(token)
        if known is not None and known.expires_at > datetime.now(UTC):
            return known
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
        )
        if len(self._verified) >= _REMEMBERED:
            self._verified.clear()
        self._verified[token] = claims
        return claims
