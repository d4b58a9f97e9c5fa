"""Log in, and open accounts."""

from __future__ import annotations

from typing import Any

from flask import current_app, g

from fieldops.accounts.schemas import AccountIn, AccountOut, LoginIn, TokenOut
from fieldops.auth import service
from fieldops.auth.tokens import LIFETIME
from fieldops.web import Blueprint, actor, needs, session

blueprint = Blueprint("accounts", __name__, description="Log in, and open accounts 账号")


@blueprint.route("/login", methods=["POST"])
@blueprint.arguments(LoginIn)
@blueprint.response(200, TokenOut)
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
