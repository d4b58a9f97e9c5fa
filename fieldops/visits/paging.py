"""Where the next page of visits begins: the keys of the last row, as one opaque word."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from fieldops.errors import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Mapping

Cursor = tuple[int, datetime, uuid.UUID]


def next_cursor(row: Mapping[str, Any]) -> str:
    """The word that asks for what follows this row."""
    keys = [-row["priority"], row["created_at"], row["id"]]
    return base64.urlsafe_b64encode(orjson.dumps(keys)).decode().rstrip("=")


def read_cursor(word: str | None) -> Cursor | None:
    """The keys in a word of ``next_cursor``. Raises: NotUnderstood for any other word."""
    if word is None:
        return None
    try:
        priority, created_at, visit_id = orjson.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
        return int(priority), datetime.fromisoformat(created_at), uuid.UUID(visit_id)
    except (ValueError, TypeError):
        raise NotUnderstood("CURSOR_UNKNOWN", "Give `after` as the page before said it, or leave it out.") from None
