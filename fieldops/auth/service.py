"""Accounts and passwords: make, check, change."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from fieldops import audit
from fieldops.auth.models import UserAccount
from fieldops.auth.roles import Role
from fieldops.errors import NotAuthenticated, NotFound, NotNow, NotUnderstood

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor

MIN_PASSWORD_LENGTH = 10
_hasher = PasswordHasher()


def create_account(
    session: Session,
    actor: Actor,
    *,
    name: str,
    display_name: str,
    password: str,
    roles: Iterable[str],
    agent_id: uuid.UUID | None = None,
) -> UserAccount:
    """Open an account. Raises: NotUnderstood for an unknown role, a short password or a name already taken."""
    wanted = set(roles)
    unknown = wanted - set(Role)
    if unknown or not wanted:
        raise NotUnderstood("ROLE_UNKNOWN", f"Give one or more of: {', '.join(Role)}.", unknown=sorted(unknown))
    if len(password) < MIN_PASSWORD_LENGTH:
        raise NotUnderstood("PASSWORD_SHORT", f"Choose a password of {MIN_PASSWORD_LENGTH} characters or more.")
    if account_named(session, name) is not None:
        raise NotUnderstood("ACCOUNT_EXISTS", f"The account {name} exists; choose another name.")
    account = UserAccount(
        name=name,
        display_name=display_name,
        password_hash=_hasher.hash(password),
        roles=sorted(wanted),
        agent_id=agent_id,
    )
    session.add(account)
    session.flush()
    audit.record(session, actor, "accounts.create", "user_account", account.id, roles=sorted(wanted))
    return account


def set_active(session: Session, actor: Actor, account_id: uuid.UUID, *, active: bool, reason: str) -> UserAccount:
    """Close an account or open it again; a closed one is refused from its next request on, whatever token it holds.

    Raises: NotFound; NotNow for one's own account, so that the last administrator cannot lock everybody out.
    """
    account = session.get(UserAccount, account_id, with_for_update=True)
    if account is None:
        raise NotFound("ACCOUNT_UNKNOWN", f"There is no account {account_id}; list them with GET /accounts.")
    if account.id == actor.user_id:
        raise NotNow("ACCOUNT_OWN", "This is your own account; let another administrator close it.")
    if account.active != active:
        account.active, account.version = active, account.version + 1
        act = "accounts.open" if active else "accounts.close"
        audit.record(session, actor, act, "user_account", account.id, reason=reason)
    return account


def agent_id_of(session: Session, user_id: uuid.UUID | None) -> uuid.UUID | None:
    """The field agent an account stands for, if it stands for one: nobody judges their own work."""
    return session.scalar(sa.select(UserAccount.agent_id).where(UserAccount.id == user_id))


def list_accounts(session: Session) -> Sequence[UserAccount]:
    """Every account by name, closed ones too."""
    return session.scalars(sa.select(UserAccount).order_by(UserAccount.name)).all()


def authenticate(session: Session, name: str, password: str) -> UserAccount:
    """The account these words open. Raises: NotAuthenticated, the same for a wrong name and a wrong password.

    Cost: one argon2 hash in either case, so that the time taken does not tell whether the name exists.
    """
    account = account_named(session, name)
    stored = account.password_hash if account is not None and account.active else _hash_of_nobody()
    try:
        _hasher.verify(stored, password)
    except VerificationError:
        account = None
    if account is None or not account.active:
        raise NotAuthenticated("LOGIN_REFUSED", "Name or password is wrong.")
    return account


def account_named(session: Session, name: str) -> UserAccount | None:
    """The account of that name."""
    return session.scalar(sa.select(UserAccount).where(UserAccount.name == name))


@functools.cache
def _hash_of_nobody() -> str:
    return _hasher.hash("nobody has this password")
