"""Who goes out, and who may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.agents import eligibility, service
from fieldops.agents.schemas import (
    AgentFileOut,
    AgentPageIn,
    AgentPageOut,
    AgentReasonIn,
    BankBlockIn,
    BankBlockOut,
    CrewChangeIn,
    CrewOut,
    CrewsIn,
    ExpiriesIn,
    ExpiryOut,
    PaperIn,
    PaperOut,
    RecorderIn,
    RecorderOut,
    SubstituteIn,
)
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("agents", __name__, url_prefix="/crews", description="Crews and field agents 外访小组")
people = Blueprint("people", __name__, url_prefix="/agents", description="Field agents and their papers 外访员资质")
recorders = Blueprint("recorders", __name__, url_prefix="/recorders", description="Recorders on file at banks 录音设备")


@blueprint.route("")
@needs("agents.read")
@blueprint.arguments(CrewsIn, location="query")
@blueprint.response(200, CrewOut(many=True))
def list_crews(wanted: dict[str, Any]) -> Any:
    """Crews with their members, leader first."""
    return service.list_crews(session(), **wanted)


@blueprint.route("/<uuid:crew_id>/stand-in", methods=["POST"])
@needs("agents.manage")
@blueprint.arguments(CrewChangeIn)
@blueprint.response(200, CrewOut)
def put_substitute_in(change: dict[str, Any], crew_id: UUID) -> Any:
    """Let the substitute B角 of a member take their place; publish the day's plan again to bring it to the phones."""
    return eligibility.put_substitute_in(session(), actor(), crew_id, **change)


@people.route("")
@needs("agents.read")
@people.arguments(AgentPageIn, location="query")
@people.response(200, AgentPageOut)
def list_agents(wanted: dict[str, Any]) -> Any:
    """Field agents in the order they were entered."""
    return service.list_agents(session(), **wanted)


@people.route("/expiries")
@needs("agents.read")
@people.arguments(ExpiriesIn, location="query")
@people.response(200, ExpiryOut(many=True))
def list_expiries(wanted: dict[str, Any]) -> Any:
    """Papers and recorder registrations that have ended or end soon with no newer one 到期清单, soonest first."""
    return eligibility.what_expires(session(), actor(), **wanted)


@people.route("/<uuid:agent_id>")
@needs("agents.read")
@people.response(200, AgentFileOut)
def show_agent(agent_id: UUID) -> Any:
    """One agent with papers, blocks by banks and substitute."""
    return eligibility.show_agent(session(), agent_id)


@people.route("/<uuid:agent_id>/papers", methods=["POST"])
@needs("agents.manage")
@people.arguments(PaperIn)
@people.response(201, PaperOut)
def record_paper(paper: dict[str, Any], agent_id: UUID) -> Any:
    """Enter a paper: NDA 保密协议, background, training, exam, badge 工作证, authorisation letter 授权书."""
    return eligibility.record_paper(session(), actor(), agent_id, **paper)


@people.route("/<uuid:agent_id>/papers/<uuid:paper_id>/revoke", methods=["POST"])
@needs("agents.manage")
@people.arguments(AgentReasonIn)
@people.response(200, PaperOut)
def revoke_paper(why: dict[str, Any], agent_id: UUID, paper_id: UUID) -> Any:
    """Revoke a paper."""
    return eligibility.revoke_paper(session(), actor(), agent_id, paper_id, **why)


@people.route("/<uuid:agent_id>/substitute", methods=["PUT"])
@needs("agents.manage")
@people.arguments(SubstituteIn)
@people.response(200, AgentFileOut)
def name_substitute(wanted: dict[str, Any], agent_id: UUID) -> Any:
    """Name who takes an agent's place B角."""
    return eligibility.name_substitute(session(), actor(), agent_id, **wanted)


@people.route("/<uuid:agent_id>/bank-blocks", methods=["POST"])
@needs("agents.manage")
@people.arguments(BankBlockIn)
@people.response(201, BankBlockOut)
def block_agent(block: dict[str, Any], agent_id: UUID) -> Any:
    """Let an agent visit for a bank no more 调出专案."""
    return eligibility.block_by_code(session(), actor(), agent_id, **block)


@people.route("/<uuid:agent_id>/bank-blocks/<uuid:bar_id>/lift", methods=["POST"])
@needs("agents.unblock")
@people.arguments(AgentReasonIn)
@people.response(200, BankBlockOut)
def lift_block(why: dict[str, Any], agent_id: UUID, bar_id: UUID) -> Any:
    """Let an agent visit for the bank again."""
    return eligibility.lift_block(session(), actor(), agent_id, bar_id, **why)


@recorders.route("")
@needs("agents.read")
@recorders.response(200, RecorderOut(many=True))
def list_recorders() -> Any:
    """Recorders on file at banks."""
    return service.list_recorders(session())


@recorders.route("", methods=["POST"])
@needs("agents.manage")
@recorders.arguments(RecorderIn)
@recorders.response(201, RecorderOut)
def register_recorder(recorder: dict[str, Any]) -> Any:
    """Enter that a bank has a recorder on file 备案."""
    return eligibility.register_recorder(session(), actor(), **recorder)


@recorders.route("/<uuid:registration_id>/revoke", methods=["POST"])
@needs("agents.manage")
@recorders.arguments(AgentReasonIn)
@recorders.response(200, RecorderOut)
def revoke_recorder(why: dict[str, Any], registration_id: UUID) -> Any:
    """Revoke a registration: lost, broken or struck off."""
    return eligibility.revoke_recorder(session(), actor(), registration_id, **why)
