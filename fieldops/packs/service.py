"""Template packs 信函模板 from upload to retirement: examined by a job, approved by four eyes, then never changed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fieldops import audit, jobs
from fieldops.clock import local_date
from fieldops.errors import NotAllowed, NotFound, NotNow, NotUnderstood
from fieldops.house import house_of
from fieldops.packs import queries
from fieldops.packs.models import LetterTemplate
from fieldops.packs.rules import DRAFT, after
from letters.archive import files_from_zip, zip_of
from letters.errors import PackRefused
from letters.pack import Pack, load_house_fonts, pack_from_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.storage import Store
    from letters.lint import Examination

EXAMINE = "packs.examine"


def upload_pack(session: Session, actor: audit.Actor, *, data: bytes) -> LetterTemplate:
    """Take in a zip as a new version of a pack, and have it examined; the same pack again changes nothing.

    Raises: NotUnderstood for a pack that cannot be read, or for another text under a version that is known.
    """
    with _refusals_named():
        files = files_from_zip(data)
        pack = pack_from_files(files, load_house_fonts())
        if pack.approval is not None:
            raise PackRefused("manifest.toml holds an [approval]: take it out; it is given here, by another person.")
    template = register(session, actor, pack, files)
    if template.examined_at is None:
        jobs.defer(session, EXAMINE, unique=f"{EXAMINE}:{template.id}", template_id=str(template.id))
    return template


def register(session: Session, actor: audit.Actor, pack: Pack, own: Mapping[str, bytes]) -> LetterTemplate:
    """The row of a pack; one already registered is given back. Raises: NotUnderstood for another text."""
    known = queries.versions_of(session, pack.code)
    for version in known:
        if version.pack_sha256 == pack.sha256:
            return version
    if known and known[-1].number >= pack.version:
        raise NotUnderstood(
            "TEMPLATE_IMMUTABLE",
            f"{pack.code} has version {known[-1].number} already, with another text; new text is a new version: "
            f"say version = {known[-1].number + 1} in manifest.toml.",
            newest=known[-1].number,
        )
    store = house_of(session).store
    template = LetterTemplate(
        code=pack.code,
        number=pack.version,
        kind=pack.kind.value,
        title=pack.title,
        bank=pack.bank,
        pack_sha256=pack.sha256,
        files={name: store.put(body) for name, body in sorted({**pack.fonts, **own}.items())},
        status=DRAFT,
        uploaded_by=actor.name,
    )
    session.add(template)
    session.flush()
    said: Any = {"code": pack.code, "number": pack.version, "sha256": pack.sha256}
    audit.record(session, actor, "templates.upload", "letter_template", template.id, **said)
    return template


def keep_examination(session: Session, template: LetterTemplate, examination: Examination, at: datetime) -> None:
    """Store what was found with the pages that show it."""
    store = house_of(session).store
    template.findings = [finding.to_json() for finding in examination.findings]
    template.pages = {name: store.put(pdf) for name, pdf in sorted(examination.pages.items())}
    template.footprint = examination.footprint.to_json() if examination.footprint else {}
    template.examined_at = at
    template.version += 1


def submit_template(session: Session, actor: audit.Actor, template_id: UUID) -> LetterTemplate:
    """Put an examined pack before an approver. Raises: NotNow while it is examined, or for what was found."""
    template = queries.template_by_id(session, template_id, lock=True)
    status = after(template.status, "submit")
    _require_clean(template)
    template.submitted_by = actor.name
    return _moved(session, actor, template, "submit", status)


def approve_template(
    session: Session,
    actor: audit.Actor,
    template_id: UUID,
    *,
    pack_sha256: str,
    approval_source: str,
    approval_no: str,
    valid_from: date,
    valid_until: date | None = None,
    comment: str | None = None,
) -> LetterTemplate:
    """Let letters be written with a pack, under the bank's or head office's approval number.

    ``pack_sha256`` is the pack the approver looked at.
    Raises: NotAllowed LR-083 for who brought it in; NotNow; NotUnderstood for another pack, for days that cannot be, or
    without a comment where the lint asks for a person.
    """
    template = queries.template_by_id(session, template_id, lock=True)
    status = after(template.status, "approve")
    if actor.name in (template.uploaded_by, template.submitted_by):
        raise NotAllowed("LR-083", "LR-083 四眼原则: somebody else than who brought the template in approves it.")
    if pack_sha256 != template.pack_sha256:
        raise NotUnderstood("PACK_DIFFERS", "That is not the sha256 of this pack; look at its pages and try again.")
    today = local_date(actor.at)
    if valid_until is not None and valid_until < max(valid_from, today):
        raise NotUnderstood(
            "VALID_UNTIL", f"valid_until lies before {max(valid_from, today)}; such a text serves nobody."
        )
    _require_clean(template)
    if any(finding["needs_person"] for finding in template.findings) and not comment:
        raise NotUnderstood("COMMENT_NEEDED", "The lint asks for a person: say in comment why the wording may stand.")
    template.approval_source, template.approval_no = approval_source, approval_no
    template.valid_from, template.valid_until = valid_from, valid_until
    template.approved_by, template.approved_at, template.approve_comment = actor.name, actor.at, comment
    return _moved(session, actor, template, "approve", status, reason=f"{approval_source} {approval_no}")


def reject_template(session: Session, actor: audit.Actor, template_id: UUID, *, reason: str) -> LetterTemplate:
    """Refuse a pack for good; a mended one is a new version. Raises: NotNow."""
    template = queries.template_by_id(session, template_id, lock=True)
    return _moved(session, actor, template, "reject", after(template.status, "reject"), reason=reason)


def retire_template(session: Session, actor: audit.Actor, template_id: UUID, *, reason: str) -> LetterTemplate:
    """Let no further letter be written with a pack; those not printed yet are refused at the printer (LR-040)."""
    template = queries.template_by_id(session, template_id, lock=True)
    return _moved(session, actor, template, "retire", after(template.status, "retire"), reason=reason)


def template_for(
    session: Session, *, bank_code: str, kind: str, on: date, template_id: UUID | None = None
) -> LetterTemplate:
    """The template asked for, or the newest approved one of a kind that serves the bank on a day.

    Raises: NotUnderstood when there is none.
    """
    if template_id is not None:
        try:
            return queries.template_by_id(session, template_id)
        except NotFound as unknown:
            raise NotUnderstood(unknown.code, unknown.detail) from None
    found = queries.newest_in_force(session, bank_code=bank_code, kind=kind, on=on)
    if found is None:
        raise NotUnderstood(
            "TEMPLATE_MISSING",
            f"No approved {kind} template serves {bank_code} on {on}; have one approved, or install the packs.",
        )
    return found


def load_template(store: Store, template: LetterTemplate) -> Pack:
    """The pack of a template as it was approved, byte for byte. Raises: StoreError, PackRefused."""
    pack = pack_from_files(read_files(store, template), {})
    if pack.sha256 != template.pack_sha256:
        raise PackRefused(f"{template.code} version {template.number} is not the pack that was approved.")
    return pack


def read_files(store: Store, template: LetterTemplate) -> dict[str, bytes]:
    """Every file of a pack, fonts too. Raises: StoreError."""
    return {name: store.get(sha256) for name, sha256 in template.files.items()}


def pack_zip(session: Session, template_id: UUID) -> bytes:
    """A pack as it was sent in, without the house's fonts. Raises: NotFound."""
    template = queries.template_by_id(session, template_id)
    files = read_files(house_of(session).store, template)
    house = load_house_fonts()
    return zip_of({name: body for name, body in files.items() if house.get(name) != body})


def sample_pdf(session: Session, template_id: UUID, sample: str) -> bytes:
    """How a pack lays out a sample, with a frame around what the lint found. Raises: NotFound, NotNow."""
    template = queries.template_by_id(session, template_id)
    if template.examined_at is None:
        raise _not_examined(template)
    if sample not in template.pages:
        raise NotFound("SAMPLE_UNKNOWN", f"There is no such page; this pack has {', '.join(template.pages) or 'none'}.")
    return house_of(session).store.get(template.pages[sample])


def _require_clean(template: LetterTemplate) -> None:
    if template.examined_at is None:
        raise _not_examined(template)
    refusals = [finding for finding in template.findings if not finding["needs_person"]]
    if refusals:
        codes = sorted({finding["code"] for finding in refusals})
        detail = "; ".join(f"{one['code']} at {one['place']}: {one['text']} ({one['mend']})" for one in refusals[:5])
        raise NotNow("PACK_NOT_CLEAN", f"Mend it and send it in as a new version: {detail}", codes=codes)


def _not_examined(template: LetterTemplate) -> NotNow:
    return NotNow("NOT_EXAMINED", f"{template.code} version {template.number} is still being examined; ask again soon.")


def _moved(
    session: Session,
    actor: audit.Actor,
    template: LetterTemplate,
    event: str,
    status: str,
    *,
    reason: str | None = None,
) -> LetterTemplate:
    template.status, template.status_reason = status, reason
    template.version += 1
    said: Any = {"code": template.code, "number": template.number, "sha256": template.pack_sha256}
    audit.record(session, actor, f"templates.{event}", "letter_template", template.id, reason=reason, **said)
    return template


@contextmanager
def _refusals_named() -> Iterator[None]:
    """Turn what the paper engine refuses into an answer."""
    try:
        yield
    except PackRefused as refusal:
        raise NotUnderstood("PACK_REFUSED", str(refusal)) from None
