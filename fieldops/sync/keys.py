"""A phone's own key: the private half never leaves it, and only who holds it renews the phone's tokens."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from fieldops.errors import NotAuthenticated, NotUnderstood

if TYPE_CHECKING:
    from uuid import UUID

SIGNED_WITHIN: Final = timedelta(minutes=5)
_PublicKey = Ed25519PublicKey | EllipticCurvePublicKey


def require_key(text: str) -> str:
    """The same public key, if it is one a phone may have. Raises: NotUnderstood naming the mend."""
    if _public_key(text) is None:
        detail = "public_key must be a SubjectPublicKeyInfo in base64, of Ed25519 or of P-256."
        raise NotUnderstood("PUBLIC_KEY_UNREADABLE", detail)
    return text


def signed_text(device_id: UUID, refresh_token: str, signed_at: str) -> bytes:
    """The bytes a phone signs to renew its tokens."""
    return f"fieldops renew\n{device_id}\n{refresh_token}\n{signed_at}".encode()


def require_signature(public_key: str, signed: bytes, signature: str, *, signed_at: str, now: datetime) -> None:
    """Let pass who holds the private half now. Raises: NotAuthenticated."""
    if abs(now - datetime.fromisoformat(signed_at)) > SIGNED_WITHIN:
        detail = "signed_at is too far from server_time: sign again with the server's time."
        raise NotAuthenticated("SIGNED_AT_OFF", detail, server_time=now.isoformat())
    if not _is_signed(_public_key(public_key), signed, signature):
        raise NotAuthenticated("SIGNATURE_WRONG", "The signature is not this phone's; register it anew.")


def _is_signed(key: _PublicKey | None, signed: bytes, signature: str) -> bool:
    try:
        raw = base64.b64decode(signature, validate=True)
        if isinstance(key, Ed25519PublicKey):
            key.verify(raw, signed)
        elif key is not None:
            key.verify(raw, signed, ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return key is not None


def _public_key(text: str) -> _PublicKey | None:
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return None
    if isinstance(key, Ed25519PublicKey):
        return key
    return key if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1) else None
