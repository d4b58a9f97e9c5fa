"""Many rows of one table in one statement: they travel as one JSON value whose members become columns.

For paths where the session's unit of work would cost more than the database. Rows are plain values under the names of
columns; what is not named gets the database's own default, none of Python's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from fieldops.db import Base


def insert_rows(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *, conflict: str = "", returning: str = ""
) -> list[Any]:
    """Insert rows that all have the members of the first; ``conflict`` is what follows ON CONFLICT.

    Return one row per inserted row where ``returning`` names columns. Cost: one statement, however many rows.
    """
    if not rows:
        return []
    session.flush()
    statement = _insert(table.__tablename__, tuple(rows[0]), conflict, returning)
    done = session.connection().exec_driver_sql(statement, (orjson.dumps(rows).decode(),))
    return list(done) if returning else []


def update_rows(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *, key: str = "id") -> None:
    """Set the other members of each row where ``key`` is the row's. Objects the session holds do not hear of it.

    Cost: one statement, however many rows.
    """
    if rows:
        session.flush()
        statement = _update(table.__tablename__, tuple(rows[0]), key)
        session.connection().exec_driver_sql(statement, (orjson.dumps(rows).decode(),))


@lru_cache(maxsize=256)
def _insert(table: str, names: tuple[str, ...], conflict: str, returning: str) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    return (
        f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::"{table}", %s::json)'  # noqa: S608 - names of our own tables
        + (f" ON CONFLICT {conflict}" if conflict else "")
        + (f" RETURNING {returning}" if returning else "")
    )


@lru_cache(maxsize=256)
def _update(table: str, names: tuple[str, ...], key: str) -> str:
    changes = ", ".join(f'"{name}" = fresh."{name}"' for name in names if name != key)
    return (
        f'UPDATE "{table}" SET {changes} FROM json_populate_recordset(NULL::"{table}", %s::json) AS fresh'  # noqa: S608 - names of our own tables
        f' WHERE "{table}"."{key}" = fresh."{key}"'
    )
