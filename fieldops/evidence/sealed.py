"""Evidence at rest: parts of a mebibyte at most, each sealed by AES-256-GCM to its slot and its place in the file.

A part that is swapped, moved or taken from another file does not open; one that is missing is noticed by the length.
"""

from __future__ import annotations

import hashlib
import io
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from fieldops.house import House

PART_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of a file, from ``start`` on, as a sealed object of the store."""

    start: int
    length: int
    object_sha256: str


def seal_part(house: House, slot_id: UUID, start: int, data: bytes) -> tuple[Part, bytes]:
    """Some bytes sealed so that they open only for this slot and place, and the part they will be once stored."""
    sealed = house.vault.seal_bytes(data, row=slot_id, column=_column(start))
    return Part(start, len(data), hashlib.sha256(sealed).hexdigest()), sealed


def open_sealed(house: House, slot_id: UUID, parts: Sequence[Part]) -> io.BufferedReader:
    """The file these parts make, as one that can be read and sought in; one part is open at a time.

    Raises, while reading: VaultError, StoreError for bytes that were tampered with or lost.
    """
    return io.BufferedReader(_Sealed(house, slot_id, parts), PART_BYTES // 4)


def _column(start: int) -> str:
    return f"evidence from {start}"


class _Sealed(io.RawIOBase):
    """Parts as one file; ``parts`` are in order and without a gap."""

    def __init__(self, house: House, slot_id: UUID, parts: Sequence[Part]) -> None:
        self._house, self._slot_id, self._parts = house, slot_id, parts
        self._starts = [part.start for part in parts]
        self._length = parts[-1].start + parts[-1].length if parts else 0
        self._place, self._open, self._bytes = 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._length}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        if self._place >= self._length:
            return 0
        which = bisect_right(self._starts, self._place) - 1
        if which != self._open:
            part = self._parts[which]
            sealed = self._house.store.get(part.object_sha256)
            self._bytes = self._house.vault.open_bytes(sealed, row=self._slot_id, column=_column(part.start))
            self._open = which
        within = self._place - self._starts[which]
        piece = self._bytes[within : within + len(buffer)]
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)
