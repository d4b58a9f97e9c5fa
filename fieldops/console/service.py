"""What the pages show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fieldops.audit import Actor
from fieldops.console import queries
from fieldops.correspondence.paper import papers
from fieldops.errors import NotFound
from fieldops.planning import queries as planning

if TYPE_CHECKING:
    import uuid

    from sqlalchemy.orm import Session

    from fieldops.house import House

SUMMARY = "demo-summary.json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ATTRIBUTION = "© OpenStreetMap contributors (sample streets)."
_FIGURES = (
    ("cases", "案件", "cases"),
    ("approved", "批准外访", "visits approved"),
    ("planned", "排入路线", "visits planned"),
    ("results", "外访结果", "results"),
    ("recalled", "召回", "recalled"),
    ("letters", "信函", "letters"),
    ("registered", "挂号", "registered"),
)


def health(session: Session, house: House) -> dict[str, str]:
    """That the server answers, its database with it, and the instant by which it decides."""
    queries.database_now(session)
    return {"status": "ok", "mode": house.settings.mode, "now": house.clock.now().isoformat()}


def demo_day(session: Session, house: House) -> dict[str, Any]:
    """The demo day as the start page shows it."""
    stored = house.settings.home / SUMMARY
    summary = json.loads(stored.read_text()) if stored.exists() else {}
    return {
        "figures": [{"value": summary[key], "zh": zh, "en": en} for key, zh, en in _FIGURES if key in summary],
        "traps": [{"name": name, "held": held} for name, held in summary.get("traps", {}).items()],
        "plan": queries.newest_published_plan(session),
        "letters": queries.newest_letters(session),
        "handover_lists": queries.newest_handover_lists(session),
        "attribution": ATTRIBUTION,
    }


def plan_geojson(session: Session, plan_id: uuid.UUID) -> dict[str, Any]:
    """A plan on the map. Raises: NotFound."""
    return planning.geojson(session, planning.plan_by_id(session, plan_id).id)


def letter_pdf(session: Session, house: House, letter_id: uuid.UUID) -> bytes:
    """The frozen bytes of a letter of the demo. Raises: NotFound."""
    return papers.letter_pdf(session, _visitor(house), house.store, letter_id)


def handover_file(session: Session, house: House, list_id: uuid.UUID, form: str) -> tuple[bytes, str]:
    """A handover list of the demo and its media type. Raises: NotFound for any form but pdf and xlsx."""
    if form == "pdf":
        return papers.list_pdf(session, _visitor(house), house.store, list_id), "application/pdf"
    if form == "xlsx":
        return papers.list_xlsx(session, _visitor(house), house.store, list_id), XLSX
    raise NotFound("FORM_UNKNOWN", "A handover list comes as pdf or xlsx.")


def _visitor(house: House) -> Actor:
    """Whoever looks at the start page of a demo; nobody logs in there."""
    return Actor("demo page", house.clock.now())
