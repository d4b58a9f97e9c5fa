"""Letter numbers 函号: counted per word and year under a row's lock, without gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects.postgresql import insert

from fieldops.correspondence.models import LetterCounter

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def next_number(session: Session, word: str, year: int) -> int:
    """The next number of a word and year; its counter stays locked until the transaction ends."""
    first = insert(LetterCounter).values(word=word, year=year, last=1)
    following = first.on_conflict_do_update(
        index_elements=[LetterCounter.word, LetterCounter.year], set_={"last": LetterCounter.last + 1}
    )
    number: int = session.execute(following.returning(LetterCounter.last)).scalar_one()
    return number
