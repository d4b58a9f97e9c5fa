"""Log in, and open accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app, g

from fieldops.accounts.schemas import AccountIn, AccountOut, AccountReasonIn, LoginIn, TokenOut
from fieldops.auth import service
from fieldops.auth.tokens import LIFETIME
from fieldops.web import Blueprint, actor, hands_out_tokens, needs, session

if TYPE_CHECKING:
    from uuid import UUID

blueprint = Blueprint("accounts", __name__, description="Log in, and open accounts 账号")


@blueprint.route("/login", methods=["POST"])
@blueprint.arguments(LoginIn)
@blueprint.response(200, TokenOut)
@hands_out_tokens
def log_in(words: dict[str, Any]) -> dict[str, Any]:
    """Exchange name and password for a bearer token."""
    account = service.authenticate(session(), words["name"], words["password"])
    return {"token": current_app.tokens.issue(account.id), "expires_in_s": int(LIFETIME.total_seconds())}  # type: ignore[attr-defined]


@blueprint.route("/me")
@needs("accounts.self")
@blueprint.response(200, AccountOut)
def show_me() -> Any:
    """Who I am."""
    return g.user


@blueprint.route("/accounts", methods=["POST"])
@needs("accounts.manage")
@blueprint.arguments(AccountIn)
@blueprint.response(201, AccountOut)
def create_account(account: dict[str, Any]) -> Any:
    """Open an account with one or more roles."""
    return service.create_account(session(), actor(), **account)


@blueprint.route("/accounts")
@needs("accounts.manage")
@blueprint.response(200, AccountOut(many=True))
def list_accounts() -> Any:
    """Every account, closed ones too."""
    return service.list_accounts(session())


@blueprint.route("/accounts/<uuid:account_id>/close", methods=["POST"])
@needs("accounts.manage")
@blueprint.arguments(AccountReasonIn)
@blueprint.response(200, AccountOut)
def close_account(why: dict[str, Any], account_id: UUID) -> Any:
    """Close an account 停用: it is refused from its next request on, whatever token it holds."""
    return service.set_active(session(), actor(), account_id, active=False, **why)


@blueprint.route("/accounts/<uuid:account_id>/open", methods=["POST"])
@needs("accounts.manage")
@blueprint.arguments(AccountReasonIn)
@blueprint.response(200, AccountOut)
def open_account(why: dict[str, Any], account_id: UUID) -> Any:
    """Open a closed account again."""
    return service.set_active(session(), actor(), account_id, active=True, **why)
