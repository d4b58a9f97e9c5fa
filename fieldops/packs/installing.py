"""The packs that ship with an installation: approved as their manifests say, if the lint finds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops import audit
from fieldops.errors import FieldopsError
from fieldops.packs import service
from fieldops.packs.rules import APPROVED
from letters.pack import MANIFEST, Pack, load_house_fonts, pack_from_files
from letters.system import HOUSE

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from fieldops.packs.models import LetterTemplate
    from letters.lint import Examination


class PackNotClean(FieldopsError):  # noqa: N818 - says what was refused
    """A shipped pack fails the lint; the message names each place and its mend."""


def install_packs(session: Session, actor: audit.Actor, *, folder: Path = HOUSE) -> list[LetterTemplate]:
    """Register the packs of a folder that are not registered yet, approved as their manifests say.

    The same pack again changes nothing; another text under a version already registered is refused.
    Raises: PackRefused, PackNotClean, NotUnderstood.
    Cost: about two seconds for each new pack: the lint lays it out.
    """
    paths = sorted(path for path in folder.iterdir() if (path / MANIFEST).is_file())
    return [_install(session, actor, path) for path in paths]


def _install(session: Session, actor: audit.Actor, path: Path) -> LetterTemplate:
    own = {file.name: file.read_bytes() for file in path.iterdir() if file.is_file()}
    pack = pack_from_files(own, load_house_fonts())
    template = service.register(session, actor, pack, own)
    if template.status == APPROVED:
        return template
    if pack.approval is None:
        raise PackNotClean(f"{pack.code} version {pack.version} has no [approval]; upload it and have it approved.")
    examination = _examined(pack)
    if refusals := examination.refusals:
        lines = "; ".join(f"{one.code} at {one.place}: {one.text} ({one.mend})" for one in refusals)
        raise PackNotClean(f"{pack.code} version {pack.version} cannot be registered: {lines}")
    service.keep_examination(session, template, examination, actor.at)
    given = pack.approval
    template.status, template.approved_at = APPROVED, actor.at
    template.approval_source, template.approval_no = given.source.value, given.number
    template.approved_by = f"{given.source.value} {given.number}"
    template.valid_from, template.valid_until = given.valid_from, given.valid_to
    session.flush()
    said = {"code": pack.code, "number": pack.version, "sha256": pack.sha256}
    reason = template.approved_by
    audit.record(session, actor, "templates.install", "letter_template", template.id, reason=reason, **said)
    return template


def _examined(pack: Pack) -> Examination:
    from letters.lint import examine  # noqa: PLC0415 - brings the layout engine, which only a new pack needs

    return examine(pack)
