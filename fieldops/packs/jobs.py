"""The job that examines an uploaded pack: read in one transaction, laid out apart, written in another."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from fieldops import audit, jobs
from fieldops.packs import queries, service

if TYPE_CHECKING:
    from fieldops.house import House


@jobs.job(service.EXAMINE)
def examine_pack(house: House, *, template_id: str) -> None:
    """Lint a pack and keep the pages that show what was found; once is enough."""
    from letters.apart import examine_apart  # noqa: PLC0415 - brings the layout engine

    key = uuid.UUID(template_id)
    with house.transaction() as session:
        template = queries.template_by_id(session, key)
        if template.examined_at is not None:
            return
        files = service.read_files(house.store, template)
    examination = examine_apart(files)
    with house.transaction() as session:
        template = queries.template_by_id(session, key, lock=True)
        if template.examined_at is None:
            actor = audit.Actor("system", house.clock.now())
            service.keep_examination(session, template, examination, actor.at)
            codes = [finding.code for finding in examination.findings]
            audit.record(session, actor, "templates.examine", "letter_template", template.id, findings=codes)
