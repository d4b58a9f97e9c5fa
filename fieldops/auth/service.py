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
from fieldops.errors import NotAuthenticated, NotUnderstood

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

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
