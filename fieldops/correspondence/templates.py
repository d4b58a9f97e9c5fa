"""Template packs 信函模板: read from the installation, linted, kept whole in the store, immutable once approved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops import audit
from fieldops.correspondence.models import LetterTemplate
from fieldops.errors import FieldopsError, NotUnderstood
from fieldops.house import house_of
from letters.pack import ANY_BANK, MANIFEST, Pack, load_pack, pack_from_files
from letters.system import HOUSE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.storage import Store

APPROVED = "APPROVED"


class PackNotClean(FieldopsError):  # noqa: N818 - says what was refused
    """A shipped pack fails the lint; the message names each place and its mend."""


def install_packs(session: Session, actor: audit.Actor, *, folder: Path = HOUSE) -> list[LetterTemplate]:
    """Register the packs of a folder that are not registered yet, approved as their manifests say.

    The same pack again changes nothing; another text under a version already registered is refused.
    Raises: PackRefused, PackNotClean, NotUnderstood.
    Cost: about a second for each new pack: the lint lays it out.
    """
    paths = sorted(path for path in folder.iterdir() if (path / MANIFEST).is_file())
    return [_install(session, actor, path) for path in paths]


def load_template(store: Store, template: LetterTemplate) -> Pack:
    """The pack of a template as it was approved, byte for byte. Raises: StoreError, PackRefused."""
    files = {name: store.get(sha256) for name, sha256 in template.files.items()}
    return pack_from_files(files, {})


def template_for(
    session: Session, *, bank_code: str, kind: str, on: date, template_id: UUID | None = None
) -> LetterTemplate:
    """The template asked for, or the newest approved one of a kind that serves the bank on a day.

    The bank's own goes before head office's. Raises: NotUnderstood when there is none.
    """
    if template_id is not None:
        named = session.get(LetterTemplate, template_id)
        if named is None:
            raise NotUnderstood(
                "TEMPLATE_UNKNOWN", f"There is no template {template_id}; see GET /api/v1/letter-templates."
            )
        return named
    chosen = (
        sa.select(LetterTemplate)
        .filter_by(kind=kind, status=APPROVED)
        .where(LetterTemplate.bank.in_((bank_code, ANY_BANK)), LetterTemplate.valid_from <= on)
        .where(sa.or_(LetterTemplate.valid_until.is_(None), LetterTemplate.valid_until >= on))
        .order_by(LetterTemplate.bank == ANY_BANK, LetterTemplate.valid_from.desc(), LetterTemplate.number.desc())
        .limit(1)
    )
    found = session.scalar(chosen)
    if found is None:
        raise NotUnderstood(
            "TEMPLATE_MISSING",
            f"No approved {kind} template serves {bank_code} on {on}; have one approved, or install the packs.",
        )
    return found


def templates(session: Session) -> Sequence[LetterTemplate]:
    """Every registered template, by code and version."""
    return session.scalars(sa.select(LetterTemplate).order_by(LetterTemplate.code, LetterTemplate.number)).all()


def _install(session: Session, actor: audit.Actor, path: Path) -> LetterTemplate:
    pack = load_pack(path)
    known = session.scalar(sa.select(LetterTemplate).filter_by(code=pack.code, number=pack.version))
    if known is not None:
        if known.pack_sha256 != pack.sha256:
            raise NotUnderstood(
                "TEMPLATE_IMMUTABLE",
                f"{pack.code} version {pack.version} is registered with another text; new text is a new version.",
            )
        return known
    _require_clean(pack)
    template = _row(session, actor, pack, path)
    session.add(template)
    session.flush()
    audit.record(
        session,
        actor,
        "templates.install",
        "letter_template",
        template.id,
        reason=f"{pack.approval_source.value} {pack.approval_no}",
        code=pack.code,
        number=pack.version,
        sha256=pack.sha256,
    )
    return template


def _row(session: Session, actor: audit.Actor, pack: Pack, path: Path) -> LetterTemplate:
    store = house_of(session).store
    own = {file.name: file.read_bytes() for file in path.iterdir() if file.is_file()}
    return LetterTemplate(
        code=pack.code,
        number=pack.version,
        kind=pack.kind.value,
        title=pack.title,
        bank=pack.bank,
        pack_sha256=pack.sha256,
        files={name: store.put(data) for name, data in sorted({**pack.fonts, **own}.items())},
        status=APPROVED,
        approval_source=pack.approval_source.value,
        approval_no=pack.approval_no,
        uploaded_by=actor.name,
        approved_by=f"{pack.approval_source.value} {pack.approval_no}",
        valid_from=pack.valid_from,
        valid_until=pack.valid_to,
    )


def _require_clean(pack: Pack) -> None:
    from letters.lint import lint_pack  # noqa: PLC0415 - brings the layout engine, which only a new pack needs

    findings = [finding for finding in lint_pack(pack) if not finding.needs_person]
    if findings:
        lines = "; ".join(f"{one.code} at {one.place}: {one.text} ({one.mend})" for one in findings)
        raise PackNotClean(f"{pack.code} version {pack.version} cannot be registered: {lines}")
