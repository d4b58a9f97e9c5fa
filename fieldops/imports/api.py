"""Send files in, see how far they are, fetch what could not land."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from fieldops.imports import service
from fieldops.imports.schemas import (
    ImportIn,
    ImportOut,
    ImportsOut,
    MappingIn,
    MappingOut,
    PageIn,
)
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    import uuid

blueprint = Blueprint("imports", __name__, description="Files of banks, phone systems and staff 数据导入")


@blueprint.route("/imports/<string:kind>", methods=["POST"])
@needs("imports.run")
@blueprint.arguments(ImportIn, location="files")
@blueprint.response(202, ImportOut)
def begin_import(asked: dict[str, Any], kind: str) -> Any:
    """Take a file in by a job: cases, calls, repayments, flags, gazetteer or crews."""
    file = asked.pop("file")
    return service.begin_import(session(), actor(), kind, data=file.read(), filename=file.filename or "", **asked)


@blueprint.route("/imports")
@needs("imports.read")
@blueprint.arguments(PageIn, location="query")
@blueprint.response(200, ImportsOut)
def list_imports(page: dict[str, Any]) -> Any:
    """Imports, newest first."""
    return service.list_imports(session(), **page)


@blueprint.route("/imports/<uuid:import_id>")
@needs("imports.read")
@blueprint.response(200, ImportOut)
def show_import(import_id: uuid.UUID) -> Any:
    """How far an import is, and what became of its rows."""
    return service.find_import(session(), import_id)


@blueprint.route("/imports/<uuid:import_id>/errors.csv")
@needs("imports.read")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="text/csv")
def show_errors(import_id: uuid.UUID) -> Response:
    """The rows that could not land: number, column, reason, and the row as sent with personal numbers masked."""
    name = f"attachment; filename=errors-{import_id}.csv"
    body = service.write_errors(session(), import_id).encode("utf-8-sig")  # spreadsheets know UTF-8 by its mark
    return Response(body, mimetype="text/csv", headers={"Content-Disposition": name})


@blueprint.route("/column-mappings/<string:bank_code>/<string:kind>", methods=["PUT"])
@needs("imports.run")
@blueprint.arguments(MappingIn)
@blueprint.response(200, MappingOut)
def save_mapping(mapping: dict[str, Any], bank_code: str, kind: str) -> Any:
    """Record how a bank heads the columns of one kind of file."""
    return service.save_mapping(session(), actor(), bank_code, kind, mapping["headings"])
