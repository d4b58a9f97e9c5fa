"""Look at an address, judge a text, lift a block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.addresses import service, showing
from fieldops.addresses.schemas import AddressJudgedOut, AddressOut, AddressTextIn, BlockLiftedOut, BlockLiftIn
from fieldops.web import Blueprint, actor, needs, session

if TYPE_CHECKING:
    import uuid

blueprint = Blueprint(
    "addresses", __name__, description="Addresses and the register of invalid ones 地址与无效地址登记"
)


@blueprint.route("/addresses/<uuid:address_id>")
@needs("addresses.read")
@blueprint.response(200, AddressOut)
def show_address(address_id: uuid.UUID) -> Any:
    """One address: verdict and reasons, register state with its evidence, history, point."""
    return showing.show_address(session(), address_id, at=actor().at)


@blueprint.route("/addresses/check", methods=["POST"])
@needs("addresses.read")
@blueprint.arguments(AddressTextIn)
@blueprint.response(200, AddressJudgedOut)
def check_address(text: dict[str, Any]) -> Any:
    """Judge any text as an address; nothing is kept."""
    return showing.judge_text(session(), **text)


@blueprint.route("/address-blocks/<uuid:block_id>/lift", methods=["POST"])
@needs("addresses.lift")
@blueprint.arguments(BlockLiftIn)
@blueprint.response(200, BlockLiftedOut)
def lift_block(evidence: dict[str, Any], block_id: uuid.UUID) -> Any:
    """Take an address off the register because of new evidence."""
    return service.lift_block(session(), actor(), block_id=block_id, **evidence)
