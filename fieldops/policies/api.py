"""Draft, try, activate and read the editions that decide."""

from __future__ import annotations

from typing import Any

from fieldops.policies import replay, service
from fieldops.policies.edition import CALENDAR, POLICY
from fieldops.policies.schemas import EditionIn, EditionOut, EditionReasonIn, EditionsOut, TrialIn, TrialOut
from fieldops.web import Blueprint, actor, needs, session

blueprint = Blueprint("policies", __name__, url_prefix="/policies", description="What the rules compare with 策略")
calendars = Blueprint("calendars", __name__, url_prefix="/calendars", description="Statutory holidays 节假日")


@blueprint.route("")
@needs("policies.read")
@blueprint.response(200, EditionsOut)
def list_policies() -> Any:
    """Every edition, and the one in force today."""
    return service.editions(session(), POLICY, at=actor().at)


@blueprint.route("/<name>")
@needs("policies.read")
@blueprint.response(200, EditionOut)
def show_policy(name: str) -> Any:
    """One edition: all it says, and what it changes."""
    return service.shown_edition(session(), POLICY, name)


@blueprint.route("", methods=["POST"])
@needs("policies.draft")
@blueprint.arguments(EditionIn)
@blueprint.response(201, EditionOut)
def draft_policy(draft: dict[str, Any]) -> Any:
    """Draft an edition, whole or based_on another; it decides once somebody else has activated it."""
    return service.draft_policy(session(), actor(), **draft)


@blueprint.route("/<name>/activate", methods=["POST"])
@needs("policies.activate")
@blueprint.response(200, EditionOut)
def activate_policy(name: str) -> Any:
    """Let a draft of somebody else decide from its first day on."""
    return service.activate_edition(session(), actor(), POLICY, name)


@blueprint.route("/<name>/withdraw", methods=["POST"])
@needs("policies.draft")
@blueprint.arguments(EditionReasonIn)
@blueprint.response(200, EditionOut)
def withdraw_policy(words: dict[str, Any], name: str) -> Any:
    """Take back an edition that has not begun."""
    return service.withdraw_edition(session(), actor(), POLICY, name, **words)


@blueprint.route("/try", methods=["POST"])
@needs("policies.try")
@blueprint.arguments(TrialIn)
@blueprint.response(200, TrialOut)
def try_policy(words: dict[str, Any]) -> Any:
    """What a draft would have made of the requests since an instant; nothing is written."""
    return replay.try_draft(session(), words["document"], words["since"], most=words["most"])


@calendars.route("")
@needs("policies.read")
@calendars.response(200, EditionsOut)
def list_calendars() -> Any:
    """Every holiday calendar, and the one of this year."""
    return service.editions(session(), CALENDAR, at=actor().at)


@calendars.route("/<name>")
@needs("policies.read")
@calendars.response(200, EditionOut)
def show_calendar(name: str) -> Any:
    """One holiday calendar."""
    return service.shown_edition(session(), CALENDAR, name)


@calendars.route("", methods=["POST"])
@needs("policies.draft")
@calendars.arguments(EditionIn)
@calendars.response(201, EditionOut)
def draft_calendar(draft: dict[str, Any]) -> Any:
    """Draft the holidays of a year."""
    return service.draft_calendar(session(), actor(), **draft)


@calendars.route("/<name>/activate", methods=["POST"])
@needs("policies.activate")
@calendars.response(200, EditionOut)
def activate_calendar(name: str) -> Any:
    """Let a calendar somebody else drafted hold for its year."""
    return service.activate_edition(session(), actor(), CALENDAR, name)


@calendars.route("/<name>/withdraw", methods=["POST"])
@needs("policies.draft")
@calendars.arguments(EditionReasonIn)
@calendars.response(200, EditionOut)
def withdraw_calendar(words: dict[str, Any], name: str) -> Any:
    """Take back a calendar whose year has not begun, or a draft."""
    return service.withdraw_edition(session(), actor(), CALENDAR, name, **words)
