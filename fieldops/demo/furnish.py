"""What a demo house is furnished with: sample letter packs, and one account per role.

Their password is public: nothing of the kind exists outside demo mode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops.audit import Actor
from fieldops.auth.roles import Role
from fieldops.auth.service import account_named, create_account
from fieldops.errors import SettingsError
from fieldops.packs.installing import install_packs

if TYPE_CHECKING:
    from fieldops.house import House

PASSWORD = "fieldops-demo"  # noqa: S105 - demo mode only
OFFICE = (
    Role.PHONE_COLLECTOR, Role.ADMIN_CLERK, Role.ADMIN_APPROVER, Role.SUPERVISOR, Role.MANAGER, Role.BUSINESS_DEPT,
    Role.QA, Role.SYSADMIN,
)  # fmt: skip


def furnish(house: House) -> None:
    """Open one account for each office role, named after it, and take in the sample letter packs.

    Raises: SettingsError outside demo mode.
    """
    if not house.settings.is_demo:
        raise SettingsError("demo accounts are opened in demo mode only; set FIELDOPS_MODE=demo")
    with house.transaction() as session:
        actor = Actor("demo", house.clock.now(), roles=frozenset({Role.SYSADMIN}))
        for role in OFFICE:
            if account_named(session, role.lower()) is None:
                create_account(session, actor, name=role.lower(), display_name=role, password=PASSWORD, roles=[role])
        install_packs(session, actor)
