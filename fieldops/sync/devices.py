"""Phones: bound to an agent by their key, renewed by it; wiped, logged out and revoked by the office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from fieldops import audit
from fieldops.auth.tokens import REFRESH
from fieldops.errors import NotAllowed, NotAuthenticated, NotFound, NotNow
from fieldops.sync import keys, queries, rules
from fieldops.sync.models import Device

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.auth.models import UserAccount
    from fieldops.auth.tokens import Claims, Tokens


def register_device(
    session: Session, actor: Actor, user: UserAccount, tokens: Tokens, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Bind a phone to the agent who logs in on it, by the phone's public key; the same key again is the same phone.

    Raises: NotAllowed for an account that is no agent's, or a key that has been revoked; NotUnderstood for no key.
    """
    agent_id, key = _require_agent(user.agent_id), keys.require_key(asked["public_key"])
    device = queries.device_by_key(session, agent_id, key)
    if device is None:
        device = Device(agent_id=agent_id, state=rules.ACTIVE, registered_at=actor.at, session_no=0, **asked)
        session.add(device)
    _require_not_revoked(device.state)
    device.app_version, device.schema_version = asked["app_version"], asked["schema_version"]
    device.session_no += 1
    session.flush()
    audit.record(session, actor, "mobile.register", "device", device.id, agent=str(agent_id))
    return _bound(device, user, tokens)


def renew(session: Session, tokens: Tokens, device_id: UUID, asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A new pair of tokens for who holds the phone's key. Raises: NotAuthenticated, NotAllowed for a revoked phone."""
    claims = tokens.verify(asked["refresh_token"], use=REFRESH)
    device = queries.device_by_id(session, device_id)
    if device is None or claims.device_id != device.id or claims.session_no != device.session_no:
        raise NotAuthenticated("TOKEN_INVALID", "This refresh token is of another phone or session; log in again.")
    _require_not_revoked(device.state)
    signed = keys.signed_text(device.id, asked["refresh_token"], asked["signed_at"])
    keys.require_signature(device.public_key, signed, asked["signature"], signed_at=asked["signed_at"], now=now)
    user = queries.account_of(session, claims.user_id, device.agent_id)
    if user is None:
        raise NotAuthenticated("TOKEN_INVALID", "This account is closed or belongs to another agent; log in again.")
    return _bound(device, user, tokens)


def _bound(device: Device, user: UserAccount, tokens: Tokens) -> dict[str, Any]:
    shown = {"id": device.id, "agent_id": device.agent_id, "state": device.state}
    return {**shown, **tokens.pair(user.id, device.id, device.session_no)}


def _require_agent(agent_id: UUID | None) -> UUID:
    if agent_id is None:
        raise NotAllowed("NO_AGENT", "This account belongs to no field agent; ask the administrator to tie it to one.")
    return agent_id


class Bound(NamedTuple):
    """A phone as it is on record; all None when there is none."""

    device_id: UUID | None
    agent_id: UUID | None
    state: str | None
    session_no: int | None


def require_bound(found: Bound, agent_id: UUID | None, claims: Claims, device_id: UUID | None = None) -> None:
    """Let pass the phone its token names, of the agent who speaks; ``device_id`` is what it calls itself.

    Raises: NotAllowed for no agent, a person's token, another's phone or a revoked one.
    """
    _require_agent(agent_id)
    if claims.device_id is None:
        raise NotAllowed("PHONE_TOKEN_NEEDED", "Register this phone with POST /mobile/devices and send its own token.")
    known = found.device_id is not None and found.device_id == claims.device_id
    if not known or found.agent_id != agent_id or device_id not in {None, found.device_id}:
        raise NotAllowed("DEVICE_UNKNOWN", "This phone is not bound to you; register it with POST /mobile/devices.")
    _require_not_revoked(found.state)


def phone_of(
    session: Session,
    user: UserAccount,
    claims: Claims,
    device_id: UUID | None = None,
    *,
    ended_session: bool = False,
) -> Device:
    """The phone whose token speaks; with ``ended_session`` also one that has been logged out and still holds things.

    Raises: NotAllowed as ``require_bound``; NotAuthenticated for a session that has been ended.
    """
    device = queries.device_by_id(session, claims.device_id) if claims.device_id else None
    found = Bound(device.id, device.agent_id, device.state, device.session_no) if device else Bound(*[None] * 4)
    require_bound(found, user.agent_id, claims, device_id)
    assert device is not None
    if claims.session_no != device.session_no and not ended_session:
        raise NotAuthenticated("TOKEN_INVALID", "This session has been ended; log in again. The outbox stays.")
    return device


def order(session: Session, actor: Actor, device_id: UUID, to: str, *, reason: str) -> Device:
    """Move a phone to another state: WIPE, REVOKED, or back to ACTIVE while a wipe has not been done.

    Raises: NotFound; NotNow when the table has no such step.
    """
    device = _locked(session, device_id)
    if to not in rules.DEVICE_STEPS[device.state]:
        raise NotNow("DEVICE_STATE", f"This phone is {device.state} and cannot become {to}.", state=device.state)
    _move(session, actor, device, to, reason=reason)
    return device


def log_out(session: Session, actor: Actor, device_id: UUID, *, reason: str) -> Device:
    """End the session of a phone: it sends what it holds and asks for the password again. Raises: NotFound, NotNow."""
    device = _locked(session, device_id)
    if device.state == rules.REVOKED:
        raise NotNow("DEVICE_STATE", "This phone is REVOKED: there is no session to end.", state=device.state)
    device.session_no += 1
    audit.record(session, actor, "devices.log_out", "device", device.id, reason=reason)
    return device


def confirm_wipe(session: Session, actor: Actor, device: Device) -> None:
    """The phone has forgotten everything: it is bound to nobody any more. Raises: NotNow without an order to wipe."""
    if device.state != rules.WIPE:
        raise NotNow("NO_WIPE_ORDERED", "Nobody has ordered this phone to be wiped.", state=device.state)
    _move(session, actor, device, rules.REVOKED, reason="wiped 已清除")


def phones(session: Session, *, agent_id: UUID | None = None) -> Sequence[Any]:
    """Every phone with its agent, the one that has been silent longest first."""
    return queries.phones(session, agent_id=agent_id)


def _locked(session: Session, device_id: UUID) -> Device:
    device = queries.device_by_id(session, device_id, lock=True)
    if device is None:
        raise NotFound("DEVICE_UNKNOWN", f"There is no phone {device_id}; list them with GET /devices.")
    return device


def _move(session: Session, actor: Actor, device: Device, to: str, *, reason: str) -> None:
    was, device.state = device.state, to
    audit.record(session, actor, "devices.order", "device", device.id, reason=reason, was=was, state=to)


def _require_not_revoked(state: str | None) -> None:
    if state == rules.REVOKED:
        raise NotAllowed("DEVICE_REVOKED", "This phone has been revoked; ask your supervisor.")
