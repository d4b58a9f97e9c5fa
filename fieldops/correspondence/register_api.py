"""The register of registered mail over HTTP."""

from __future__ import annotations

from typing import Any

from fieldops.correspondence import paper_schemas as paper
from fieldops.correspondence import register
from fieldops.correspondence import schemas as wire
from fieldops.web import Blueprint, actor, needs, session

blueprint = Blueprint("register", __name__, description="The register 挂号信台账")


@blueprint.route("/register")
@needs("register.read")
@blueprint.arguments(paper.RegisterQueryIn, location="query")
@blueprint.response(200, paper.RegisterPageOut)
def list_register(query: dict[str, Any]) -> Any:
    """The register of registered mail, line by line."""
    return register.register_page(session(), **query)


@blueprint.route("/register/verify", methods=["POST"])
@needs("register.read")
@blueprint.response(200, paper.RegisterVerifiedOut)
def verify_register() -> Any:
    """Check every register: no gap, no altered line, no end cut off."""
    return register.verified(session())


@blueprint.route("/register/<string:branch>/<int:year>/<int:number>/reverse", methods=["POST"])
@needs("register.correct")
@blueprint.arguments(wire.LetterReasonIn)
@blueprint.response(201, paper.RegisterEntryOut)
def reverse_entry(words: dict[str, Any], branch: str, year: int, number: int) -> Any:
    """Take back a line by a reversing one; the line itself stays."""
    return register.reverse_entry(session(), actor(), branch=branch, year=year, number=number, **words)
