"""The registered-mail register (挂号信台账): append-only, gapless per branch and year, hash-chained.

Pure values: the shell stores the entries and holds the lock under which the next one is made. The state tables of
letters, print batches and items (`may`) live in `letters.states` and are offered here too, beside what they feed.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from letters.errors import RegisterBroken
from letters.states import BatchState, ItemState, LetterState, events_from, may

__all__ = [
    "GENESIS",
    "BatchState",
    "ChainedEntry",
    "EntryKind",
    "ItemState",
    "LetterState",
    "RegisterEntry",
    "RegisterFault",
    "append",
    "entry_hash",
    "events_from",
    "may",
    "reversal",
    "verify",
]

GENESIS = "0" * 64  # what the first entry of a branch and year follows


class EntryKind(StrEnum):
    """What an entry records."""

    REGISTERED = "REGISTERED"  # a number was bound to a letter
    POSTED = "POSTED"
    OUTCOME = "OUTCOME"  # delivered, returned or lost
    CLOSED = "CLOSED"  # the evidence is filed
    VOID = "VOID"  # the number is consumed without posting
    HANDED = "HANDED"  # by a crew, without the post
    REVERSAL = "REVERSAL"  # takes back an earlier entry, which stays


@dataclass(frozen=True, kw_only=True)
class RegisterEntry:
    """One line of the register. Recipient and address are as masked as the reader may see them.

    Raises: RegisterBroken at construction for a line that could not stand in any register.
    """

    branch: str
    year: int
    seq: int
    kind: EntryKind
    at: datetime
    letter_no: str
    handler: str
    tracking_no: str = ""
    recipient_masked: str = ""
    address: str = ""
    case_no: str = ""
    receipt: str = ""
    outcome: str = ""
    note: str = ""
    reverses: int | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise RegisterBroken(f"Entry {self.seq}: the time {self.at} has no zone; store UTC.")
        if self.seq < 1:
            raise RegisterBroken(f"Entry {self.seq}: the register counts from 1.")
        for name in ("branch", "letter_no", "handler"):
            if not getattr(self, name).strip():
                raise RegisterBroken(f"Entry {self.seq}: {name} is missing; every line names it.")
        if (self.kind is EntryKind.REVERSAL) != (self.reverses is not None):
            raise RegisterBroken(f"Entry {self.seq}: a reversal, and only a reversal, names the entry it reverses.")
        if self.reverses is not None and not (self.reverses < self.seq and self.note.strip()):
            raise RegisterBroken(f"Entry {self.seq}: a reversal names an earlier entry and gives a reason.")


@dataclass(frozen=True)
class ChainedEntry:
    """An entry with the hash it follows and its own."""

    entry: RegisterEntry
    prev_hash: str
    hash: str


@dataclass(frozen=True)
class RegisterFault:
    """Where a register does not hold, and how."""

    seq: int
    code: str
    text: str


def entry_hash(prev_hash: str, entry: RegisterEntry) -> str:
    """Return the sha256 over the previous hash and the entry in one canonical form.

    Canonical: JSON, keys in order, UTF-8, the time in UTC with microseconds.
    """
    values = asdict(entry) | {
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": entry.kind.value,
    }
    text = json.dumps([prev_hash, values], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def append(last: ChainedEntry | None, entry: RegisterEntry) -> ChainedEntry:
    """Return `entry` chained after `last`, or as the first of its branch and year.

    Raises: RegisterBroken when it is not the very next one.
    """
    expected = 1 if last is None else last.entry.seq + 1
    if entry.seq != expected:
        raise RegisterBroken(f"Entry {entry.seq} cannot follow: the next number is {expected}, take it under the lock.")
    if last is not None and (entry.branch, entry.year) != (last.entry.branch, last.entry.year):
        raise RegisterBroken(f"Entry {entry.seq} is of {entry.branch} {entry.year}: each branch and year has its own.")
    prev_hash = GENESIS if last is None else last.hash
    return ChainedEntry(entry, prev_hash, entry_hash(prev_hash, entry))


def reversal(entry: RegisterEntry, *, seq: int, at: datetime, handler: str, reason: str) -> RegisterEntry:
    """Return the line that takes back `entry`; the entry itself stays for ever."""
    return replace(entry, kind=EntryKind.REVERSAL, seq=seq, at=at, handler=handler, note=reason, reverses=entry.seq)


def verify(entries: Iterable[ChainedEntry]) -> tuple[RegisterFault, ...]:
    """Return every fault of one branch and year's register; an empty tuple means it holds.

    Cost: one sha256 an entry; nothing but the set of reversed numbers is kept.
    """
    faults: list[RegisterFault] = []
    last: ChainedEntry | None = None
    reversed_seqs: set[int] = set()
    for chained in entries:
        faults += _faults_of(chained, last, reversed_seqs)
        if chained.entry.reverses is not None:
            reversed_seqs.add(chained.entry.reverses)
        last = chained
    return tuple(faults)


def _faults_of(chained: ChainedEntry, last: ChainedEntry | None, reversed_seqs: set[int]) -> list[RegisterFault]:
    entry = chained.entry
    expected = 1 if last is None else last.entry.seq + 1
    prev_hash = GENESIS if last is None else last.hash
    checks = (
        (entry.seq != expected, "GAP", f"number {entry.seq} stands where {expected} belongs"),
        (
            last is not None and (entry.branch, entry.year) != (last.entry.branch, last.entry.year),
            "MIXED",
            f"{entry.branch} {entry.year} stands in another register",
        ),
        (chained.prev_hash != prev_hash, "LINK", "it does not follow the entry before it"),
        (chained.hash != entry_hash(chained.prev_hash, entry), "ALTERED", "its content is not what was hashed"),
        (entry.reverses in reversed_seqs, "REVERSED_TWICE", f"entry {entry.reverses} was reversed before"),
    )
    return [RegisterFault(entry.seq, code, f"Entry {entry.seq}: {text}.") for wrong, code, text in checks if wrong]
