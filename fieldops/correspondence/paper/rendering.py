"""The job that turns an approved print batch into files: reads in one transaction, renders in none, writes in another.

Each file of the batch is one step: a worker that is killed loses at most the file it was on, and the job, run again,
goes on after the last one that was written.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from fieldops import audit, jobs
from fieldops.correspondence import queries
from fieldops.correspondence.facts import PrintFact
from fieldops.correspondence.figures import thaw
from fieldops.correspondence.gates import pass_gate
from fieldops.correspondence.models import PrintPart
from fieldops.correspondence.paper import printing
from fieldops.packs import queries as packs
from fieldops.packs.service import load_template
from fieldops.policies.catalogue import Stage
from letters.errors import FieldRefused
from letters.states import BatchState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import Letter, PrintBatch
    from fieldops.house import House
    from letters.letter import LetterFields
    from letters.render import Renderer

CHUNK = 25  # letters a file: what one file of two-page letters holds in memory stays near 100 MB
FILES_A_RENDERER = 20  # a renderer keeps what it has seen; a fresh one lets go of it


@dataclass(frozen=True, slots=True)
class Work:
    """The letters of the next file: of one template, by id, in the order they are printed."""

    template_id: uuid.UUID
    fields: Mapping[uuid.UUID, LetterFields]


@dataclass(frozen=True, slots=True)
class Rendered:
    """The file, each letter's own sha256 and pages, and why any letter could not be rendered; bytes are stored."""

    pdf_sha256: str
    index: tuple[tuple[uuid.UUID, int, int], ...]
    letters: Mapping[uuid.UUID, str]
    failures: Mapping[uuid.UUID, tuple[str, str]]


@jobs.job(printing.RENDER)
def render_batch(house: House, *, batch_id: str) -> None:
    """Render what is not rendered yet of an approved batch."""
    key = uuid.UUID(batch_id)
    renderers: dict[uuid.UUID, Renderer] = {}
    for file_no in count(1):
        actor = audit.Actor("system", house.clock.now())
        with house.transaction() as session:
            work = next_work(session, actor, key)
        if work is None:
            return
        if not work.fields:
            continue
        if file_no % FILES_A_RENDERER == 0:
            renderers.clear()
        if work.template_id not in renderers:
            renderers[work.template_id] = renderer_of(house, work.template_id)
        rendered = render(house, renderers[work.template_id], work)
        with house.transaction() as session:
            keep_file(session, actor, key, rendered)


def next_work(session: Session, actor: audit.Actor, batch_id: uuid.UUID) -> Work | None:
    """Take what the rules refuse off the batch, and say which letters make the next file; None when all are made.

    The batch is ready for the printer with the last file.
    """
    batch = queries.lock_batch(session, batch_id)
    if batch.status != BatchState.APPROVED or batch.rendered_at is not None:
        return None
    letters = queries.lock_unrendered(session, batch_id, CHUNK)
    if not letters:
        batch.rendered_at = actor.at
        audit.record(session, actor, "batches.rendered", "print_batch", batch.id, no=batch.no)
        return None
    template_id = letters[0].template_id
    alike = [letter for letter in letters if letter.template_id == template_id]
    fields = {}
    for letter in _let_through(session, actor, batch, alike):
        try:
            fields[letter.id] = thaw(letter.figures)
        except FieldRefused as refusal:
            printing.take_off(session, actor, batch, letter, code="FieldRefused", reason=str(refusal))
    return Work(template_id, fields)


def render(house: House, renderer: Renderer, work: Work) -> Rendered:
    """Render each letter by itself and all into one file, and put the bytes to the store."""
    from letters.render import RenderedLetter  # noqa: PLC0415 - brings the layout engine

    by_no = {fields.letter_no: letter_id for letter_id, fields in work.fields.items()}
    made = renderer.render_chunk(list(work.fields.values()))
    singles, failures = {}, {}
    for one in made.results:
        if isinstance(one, RenderedLetter):
            singles[by_no[one.letter_no]] = house.store.put(one.pdf)
        else:
            failures[by_no[one.letter_no]] = (one.error, one.reason)
    if made.part is None:
        return Rendered("", (), {}, failures)
    index = tuple((by_no[letter_no], first, pages) for letter_no, first, pages in made.part.index)
    return Rendered(house.store.put(made.part.pdf), index, singles, failures)


def keep_file(session: Session, actor: audit.Actor, batch_id: uuid.UUID, rendered: Rendered) -> bool:
    """Write a file into its batch, unless a letter on it was withdrawn or rendered by somebody else meanwhile.

    Then nothing is written, and the next round makes the file anew from the letters that are left.
    """
    batch = queries.lock_batch(session, batch_id)
    letters = {letter.id: letter for letter in queries.lock_letters(session, [*rendered.letters, *rendered.failures])}
    waiting = all(
        letter.status == "QUEUED" and letter.print_batch_id == batch_id and letter.print_part is None
        for letter in letters.values()
    )
    if not waiting or batch.rendered_at is not None:
        return False
    for letter_id, (error, reason) in rendered.failures.items():
        printing.take_off(session, actor, batch, letters[letter_id], code=error, reason=reason)
    if rendered.index:
        _add_part(session, actor, batch, letters, rendered)
    return True


def _let_through(session: Session, actor: audit.Actor, batch: PrintBatch, letters: list[Letter]) -> list[Letter]:
    waiting = queries.states_of_batch(session, batch.id).get("QUEUED", 0)
    asked = PrintFact(
        ref=f"print_batch:{batch.id}",
        recorded_at=actor.at,
        approved_quantity=batch.approved_quantity,
        printing_quantity=waiting,
    )
    passed, refused = pass_gate(session, actor, letters, Stage.PRINT, batch=asked)
    for refusal in refused:
        if refusal.withdrawn:
            printing.note_exception(batch, refusal.letter, code=refusal.reason, reason="withdrawn")
        else:
            printing.take_off(session, actor, batch, refusal.letter, code=refusal.reason, reason=refusal.reason)
    return passed


def _add_part(
    session: Session, actor: audit.Actor, batch: PrintBatch, letters: Mapping[uuid.UUID, Letter], rendered: Rendered
) -> None:
    number = len(queries.parts_of(session, batch.id)) + 1
    rows = []
    for letter_id, first, pages in rendered.index:
        letter = letters[letter_id]
        letter.print_part, letter.sheets = number, pages
        letter.pdf_sha256 = rendered.letters[letter_id]
        letter.version += 1
        rows.append({"letter_id": str(letter_id), "letter_no": letter.letter_no, "first_page": first, "pages": pages})
    session.add(PrintPart(batch_id=batch.id, number=number, pdf_sha256=rendered.pdf_sha256, index=rows))
    said: Any = {"part": number, "letters": len(rows), "sha256": rendered.pdf_sha256}
    audit.record(session, actor, "batches.render", "print_batch", batch.id, no=batch.no, **said)


def renderer_of(house: House, template_id: uuid.UUID) -> Renderer:
    """What lays out the letters of a template."""
    from letters.render import Renderer  # noqa: PLC0415 - brings the layout engine

    with house.transaction() as session:
        template = packs.template_by_id(session, template_id)
    return Renderer(load_template(house.store, template))
