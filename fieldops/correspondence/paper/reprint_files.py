"""The job that makes the file of a reprint: letters laid out again, and refused unless the bytes are the same."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from fieldops import audit, jobs
from fieldops.correspondence import queries
from fieldops.correspondence.figures import thaw
from fieldops.correspondence.models import PrintPart
from fieldops.correspondence.paper import rendering, reprinting
from fieldops.correspondence.sheet_models import Reprint
from fieldops.errors import FieldopsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import Letter
    from fieldops.house import House


class NotTheSameBytesError(FieldopsError):
    """A letter laid out again is not what was frozen: nothing is printed from it."""


@jobs.job(reprinting.REPRINT)
def make_reprint(house: House, *, reprint_id: str) -> None:
    """Make the files of a reprint, one for each template among its letters; run again, it makes those it lacks."""
    key = uuid.UUID(reprint_id)
    with house.transaction() as session:
        letters = _letters_of(session, key)
    for template_id in dict.fromkeys(letter.template_id for letter in letters):
        alike = [letter for letter in letters if letter.template_id == template_id]
        work = rendering.Work(template_id, {letter.id: thaw(letter.figures) for letter in alike})
        rendered = rendering.render(house, rendering.renderer_of(house, template_id), work)
        _require_same(alike, rendered)
        with house.transaction() as session:
            _keep(session, audit.Actor("system", house.clock.now()), key, alike, rendered)


def _letters_of(session: Session, reprint_id: uuid.UUID) -> list[Letter]:
    """The letters of a reprint that are in none of its files yet."""
    made = session.get_one(Reprint, reprint_id)
    own = [part for part in queries.all_parts_of(session, made.batch_id) if part.reprint_id == reprint_id]
    filed = {row["letter_id"] for part in own for row in part.index}
    left = [row["letter_id"] for row in made.letters if row["letter_id"] not in filed]
    return [queries.letter_by_id(session, uuid.UUID(letter_id)) for letter_id in left]


def _require_same(letters: Sequence[Letter], rendered: rendering.Rendered) -> None:
    for letter in letters:
        if rendered.letters.get(letter.id) != letter.pdf_sha256:
            raise NotTheSameBytesError(f"{letter.letter_no} laid out again is not what was frozen; void it instead")


def _keep(
    session: Session, actor: audit.Actor, reprint_id: uuid.UUID, letters: Sequence[Letter], rendered: rendering.Rendered
) -> None:
    made = session.get_one(Reprint, reprint_id, with_for_update=True, populate_existing=True)
    queries.lock_batch(session, made.batch_id)
    number = max(part.number for part in queries.all_parts_of(session, made.batch_id)) + 1
    numbers = {letter.id: letter.letter_no for letter in letters}
    rows = [
        {"letter_id": str(letter_id), "letter_no": numbers[letter_id], "first_page": first, "pages": pages}
        for letter_id, first, pages in rendered.index
    ]
    part = PrintPart(
        batch_id=made.batch_id, number=number, pdf_sha256=rendered.pdf_sha256, index=rows, reprint_id=made.id
    )
    session.add(part)
    made.part = made.part or number
    audit.record(session, actor, "batches.reprint_file", "print_batch", made.batch_id, part=number, letters=len(rows))
