"""A bank corrects whose case it is: what came with the case goes to the right person, what was another's does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.addresses import repair
from fieldops.addresses.intake import BANK_SOURCE

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor

_GIVEN_FOR_ANOTHER = sa.text("""
    DELETE FROM case_address link USING address a
    WHERE link.case_id = ANY(:cases) AND a.id = link.address_id AND a.source = :source
""")
_FOLLOW_THE_CASE = tuple(
    sa.text(f"""
        UPDATE {register} r SET debtor_id = c.debtor_id FROM "case" c
        WHERE c.id = r.case_id AND c.id = ANY(:cases) AND r.debtor_id <> c.debtor_id
    """)  # noqa: S608 - names of our own tables
    for register in ("complaint", "special_status", "do_not_contact")
)
"""What came with a case is about its debtor: where the bank corrects whose case it is, these were never another's."""


_FOUND_FOR_ANOTHER = sa.text("""
    SELECT link.case_id, link.kind, a.id AS address_id, a.raw, a.source, a.belongs_to, c.debtor_id
    FROM case_address link JOIN address a ON a.id = link.address_id JOIN "case" c ON c.id = link.case_id
    WHERE c.id = ANY(:cases) AND a.debtor_id <> c.debtor_id ORDER BY a.id
""")
_NAME_THE_RIGHT_ONE = sa.text("""
    WITH kept AS (
        INSERT INTO case_address (case_id, kind, address_id) VALUES (:case, :kind, :now) ON CONFLICT DO NOTHING
    )
    DELETE FROM case_address WHERE case_id = :case AND kind = :kind AND address_id = :was
""")


def take_from_another(session: Session, case_ids: Sequence[uuid.UUID]) -> None:
    """Take off these cases the addresses a bank gave of the wrong person."""
    if case_ids:
        session.execute(_GIVEN_FOR_ANOTHER, {"cases": list(case_ids), "source": BANK_SOURCE})


def follow_cases(session: Session, actor: Actor, case_ids: Sequence[uuid.UUID]) -> None:
    """Let registers follow these cases to the right person, and what was found for them: recorded as that person's."""
    cases = {"cases": list(case_ids)}
    for follow in _FOLLOW_THE_CASE:
        session.execute(follow, cases)
    for link in session.execute(_FOUND_FOR_ANOTHER, cases).all():
        found = repair.enter_address(
            session, actor, debtor_id=link.debtor_id, raw=link.raw, source=link.source,
            belongs_to=link.belongs_to or "DEBTOR", evidence=f"address:{link.address_id}", lawful=[link.source],
        )  # fmt: skip
        moved = {"case": link.case_id, "kind": link.kind, "was": link.address_id, "now": found.id}
        session.execute(_NAME_THE_RIGHT_ONE, moved)
