"""The pages: a start page, the API's documentation and, in demo mode only, the demo day without a login."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, render_template, send_from_directory

from fieldops.console import service
from fieldops.errors import NotFound
from fieldops.web import house, session

if TYPE_CHECKING:
    import uuid

PAGES = Path(__file__).parent.parent.parent / "templates" / "console"
blueprint = Blueprint("console", __name__, template_folder=str(PAGES))


@blueprint.get("/")
def show_start() -> str:
    """What this is; in demo mode with the demo day on a map and its letters."""
    demo = service.demo_day(session(), house()) if house().settings.is_demo else None
    return render_template("start.html", demo=demo)


@blueprint.get("/docs")
def show_docs() -> str:
    """The API's documentation, from this server alone."""
    return render_template("docs.html")


@blueprint.get("/static/<path:name>")
def show_static(name: str) -> Response:
    """Scripts and styles of the pages."""
    return send_from_directory(PAGES / "static", name, max_age=3600)


@blueprint.get("/vendor/<path:name>")
def show_vendor(name: str) -> Response:
    """Scripts and styles of others, as they came."""
    return send_from_directory(PAGES / "vendor", name, max_age=86400)


@blueprint.get("/api/v1/health")
def show_health() -> Response:
    """Whether this server and its database answer."""
    return jsonify(service.health(session(), house()))


@blueprint.get("/demo/plans/<uuid:plan_id>.geojson")
def show_demo_plan(plan_id: uuid.UUID) -> Response:
    """The demo day's routes; refused outside demo mode."""
    _only_in_demo()
    return jsonify(service.plan_geojson(session(), plan_id))


@blueprint.get("/demo/letters/<uuid:letter_id>.pdf")
def show_demo_letter(letter_id: uuid.UUID) -> Response:
    """One letter of the demo; refused outside demo mode."""
    _only_in_demo()
    return Response(service.letter_pdf(session(), house(), letter_id), mimetype="application/pdf")


@blueprint.get("/demo/handover-lists/<uuid:list_id>.<string:form>")
def show_demo_handover(list_id: uuid.UUID, form: str) -> Response:
    """One handover list of the demo as pdf or xlsx; refused outside demo mode."""
    _only_in_demo()
    body, mimetype = service.handover_file(session(), house(), list_id, form)
    return Response(body, mimetype=mimetype)


def _only_in_demo() -> None:
    if not house().settings.is_demo:
        raise NotFound("DEMO_ONLY", "This page shows invented data in demo mode; log in and use the API instead.")


@blueprint.app_template_filter("json")
def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)
