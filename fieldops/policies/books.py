"""The rule books of the house: each feature that decides offers its catalogue, its facts and its stored decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fieldops.errors import FieldopsError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.policies.catalogue import Catalogue

F = TypeVar("F")


class BookTwiceError(FieldopsError):
    """Two features offer a rule book of one name."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose rules apply, and the cases people know the request by; ``product`` None for cards of several."""

    bank: str
    product: str | None
    case_nos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision as it was kept: the answers, and the facts they were given on.

    ``codes`` are those of WARN and above; ``findings`` is empty where only they are wanted.
    """

    id: UUID
    request_id: UUID
    no: str
    stage: str
    decided_at: datetime
    edition: str
    verdict: str
    codes: tuple[str, ...]
    findings: list[dict[str, Any]]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class RuleBook(Generic[F]):
    """A catalogue with all that is needed to ask it again.

    ``decisions`` yields what was decided since an instant; with ``asked`` only how each request was answered when it
    was made (the last time, where it was completed), newest first.
    """

    catalogue: Catalogue[F]
    read_facts: Callable[[Mapping[str, Any]], F]
    subject: Callable[[F], Subject]
    decisions: Callable[[Session, datetime, bool], Generator[StoredDecision]]


_OFFERED: dict[str, RuleBook[Any]] = {}


def offer(*books: RuleBook[Any]) -> None:
    """Let these catalogues be switched, replayed and tried. Raises: BookTwiceError."""
    for book in books:
        if _OFFERED.setdefault(book.catalogue.name, book) is not book:
            raise BookTwiceError(f"two features offer a rule book {book.catalogue.name}; give one another name")


def rule_books() -> tuple[RuleBook[Any], ...]:
    """Every rule book, in the order they were offered."""
    return tuple(_OFFERED.values())


def catalogues() -> tuple[Catalogue[Any], ...]:
    """Every catalogue a policy may switch."""
    return tuple(book.catalogue for book in _OFFERED.values())
