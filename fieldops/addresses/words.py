"""The word lists of the address rules, one versioned file, compiled to patterns once."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "data" / "words.json"


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Give the lists as they stand in the file."""
    found: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def any_of(*lists: str) -> str:
    """Give a group that matches any word of the named lists, the longest first."""
    entries = {word for name in lists for word in words()[name]}
    return alternatives(entries)


def alternatives(entries: set[str] | list[str] | tuple[str, ...]) -> str:
    """Give a group that matches any of the words, the longest first.

    >>> alternatives(["路", "大道"])
    '(?:大道|路)'
    """
    return "(?:" + "|".join(re.escape(word) for word in sorted(entries, key=lambda w: (-len(w), w))) + ")"
