"""Card, identity and phone numbers at rest: AES-256-GCM bound to their row, found again by a blind index.

Source: NIST SP 800-38D (GCM); the blind index is HMAC-SHA-256 under its own key.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fieldops.errors import FieldopsError

if TYPE_CHECKING:
    from uuid import UUID

_NONCE_BYTES = 12
_VERSION = b"\x01"


class VaultError(FieldopsError):
    """A sealed value was not made by this installation's secret, or was moved to another row."""


class Vault:
    """Seals short texts so that a stolen table, or a swapped row, tells nothing."""

    def __init__(self, secret: bytes) -> None:
        self._aead = AESGCM(derive_key(secret, "field encryption"))
        self._index_key = derive_key(secret, "blind index")

    def seal(self, text: str, *, row: UUID, column: str) -> bytes:
        """Encrypt ``text`` so that it opens only for this row and column."""
        return self.seal_bytes(text.encode(), row=row, column=column)

    def seal_bytes(self, data: bytes, *, row: UUID, column: str) -> bytes:
        """Encrypt ``data``, such as a file with personal numbers, so that it opens only for this row and column."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._aead.encrypt(nonce, data, _bound_to(row, column, _VERSION))

    def open(self, sealed: bytes, *, row: UUID, column: str) -> str:
        """Decrypt what ``seal`` made for this row and column.

        Raises: VaultError when the secret, the row or the column is another.
        """
        return self.open_bytes(sealed, row=row, column=column).decode()

    def open_bytes(self, sealed: bytes, *, row: UUID, column: str) -> bytes:
        """Decrypt what ``seal_bytes`` made; see ``open``. Raises: VaultError."""
        version, nonce, body = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, body, _bound_to(row, column, version))
        except (InvalidTag, ValueError):  # ValueError: cut short
            raise VaultError(
                f"{column} of {row} does not open: is FIELDOPS_SECRET the one it was sealed with?"
            ) from None

    def index(self, text: str, *, kind: str) -> bytes:
        """A keyed fingerprint: equal texts of one kind meet, and nothing can be read back."""
        return hmac.new(self._index_key, f"{kind}\0{text}".encode(), hashlib.sha256).digest()


def derive_key(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose, so that no key serves two (HKDF-SHA-256)."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"fieldops {purpose}".encode()).derive(secret)


def _bound_to(row: UUID, column: str, version: bytes) -> bytes:
    return version + row.bytes + column.encode()


def mask_card(card_no: str) -> str:
    """The last four digits of a card number, the only part a person may see.

    Example: ``mask_card("6222028033561339212")`` is ``"**** 9212"``.
    """
    return f"**** {card_no[-4:]}"


def mask_name(name: str) -> str:
    """A name with all but its first character hidden.

    Example: ``mask_name("刘泽杰")`` is ``"刘**"``.
    """
    return name[:1] + "*" * max(len(name) - 1, 1)
