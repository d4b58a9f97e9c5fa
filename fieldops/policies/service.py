"""Which policy decides: the edition in force on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops.policies.edition import Policy, edition_on
from fieldops.policies.reading import shipped_editions

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session


def policy_on(session: Session, day: date) -> Policy:
    """The policy in force on a day.

    Editions come with the installation; ``session`` is asked once editions of the user's own are kept in the
    database. Raises: PolicyError when no edition is in force yet.
    """
    del session
    return edition_on(shipped_editions(), day)
