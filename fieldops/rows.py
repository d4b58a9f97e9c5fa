"""Rows asked of the driver itself, many rows written in one statement, and many such statements in one.

For paths where the session's unit of work would cost more than the database. Rows travel as one JSON value whose
members become columns; they are plain values under the names of columns, and what is not named gets the database's own
default, none of Python's.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from fieldops.db import without_the_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

    from fieldops.db import Base

_COLLECTED: Final = "rows.collected"
_Part = tuple[str, tuple[Any, ...]]
"""One INSERT or UPDATE with what it takes; ``{before}`` in it is the part before, which tells what it has made."""


def read_rows(session: Session, query: str, told: Mapping[str, Any]) -> list[Any]:
    """The rows of one statement in the session's transaction, as tuples, after what the session has to write.

    Raises: what the session itself raises, without the row. Cost: a tenth of the session's own way.
    """
    if session.new or session.dirty or session.deleted:
        session.flush()
    driver: Any = session.connection().connection.driver_connection
    try:
        with driver.cursor(binary=True) as cursor:
            rows: list[Any] = cursor.execute(query, told).fetchall()
    except psycopg.Error as error:
        raise _as_the_session_tells(query, error) from None
    return rows


@contextmanager
def together(session: Session) -> Iterator[None]:
    """Let what is inserted and updated within the block be sent as one statement at its end.

    Nothing within may read what has been written there, and no row may be changed twice.
    """
    collected: list[_Part] = []
    session.info[_COLLECTED] = collected
    try:
        yield
    finally:
        del session.info[_COLLECTED]
    _execute(session, collected)


def insert_rows(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *, conflict: str = "") -> None:
    """Insert rows that all have the members of the first; ``conflict`` is what follows ON CONFLICT.

    Cost: one statement, however many rows.
    """
    if rows:
        _send(session, (_insert(table.__tablename__, tuple(rows[0]), conflict), (_packed(rows),)))


def insert_new(
    session: Session,
    table: type[Base],
    rows: Sequence[Mapping[str, Any]],
    told: type[Base],
    of_each: Sequence[Mapping[str, Any]],
) -> None:
    """Insert rows unless they are there, and of those that were not what is ``told`` by another table's ``entity_id``.

    Cost: one statement, however many rows.
    """
    if rows:
        fresh = _insert(table.__tablename__, tuple(rows[0]), "DO NOTHING RETURNING id")
        after = (
            f"{_insert(told.__tablename__, tuple(of_each[0]), '')} WHERE entity_id IN (SELECT id::text FROM {{before}})"  # noqa: S608 - our own names
        )
        _send(session, (fresh, (_packed(rows),)), (after, (_packed(of_each),)))


def update_rows(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the other members of the row of each ``id``, once each; objects the session holds follow.

    Cost: one statement, however many rows.
    """
    if not rows:
        return
    told = (_packed(rows), [row["id"] for row in rows])
    _send(session, (_update(table.__tablename__, tuple(rows[0])), told))
    mapper = sa.inspect(table)
    for row in rows:
        held = session.identity_map.get(mapper.identity_key_from_primary_key((row["id"],)))
        if held is not None:
            for name, value in row.items():
                set_committed_value(held, name, value)


def _as_the_session_tells(query: str, error: psycopg.Error) -> BaseException:
    """An error of the driver under the name the session gives it."""
    named: Any = sa.exc.DBAPIError.instance
    told: BaseException = named(query, None, without_the_row(error), psycopg.Error, hide_parameters=True)
    return told


def _packed(rows: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(rows).decode()


def _send(session: Session, *parts: _Part) -> None:
    if _COLLECTED in session.info:
        session.info[_COLLECTED].extend(parts)
    else:
        _execute(session, parts)


def _execute(session: Session, parts: Sequence[_Part]) -> None:
    if parts:
        session.flush()
        statement = _joined(tuple(sql for sql, _ in parts))
        session.connection().exec_driver_sql(statement, tuple(chain.from_iterable(told for _, told in parts)))


@lru_cache(maxsize=1024)
def _joined(parts: tuple[str, ...]) -> str:
    """One statement that does all parts on one snapshot: which rows must be there before others does not matter."""
    named = [part.format(before=f"part_{number - 1}") for number, part in enumerate(parts)]
    *first, last = named
    if not first:
        return last
    return "WITH " + ", ".join(f"part_{number} AS ({part})" for number, part in enumerate(first)) + " " + last


@lru_cache(maxsize=256)
def _insert(table: str, names: tuple[str, ...], conflict: str) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    told = f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::"{table}", %s::json)'  # noqa: S608 - names of our own tables
    return f"{told} ON CONFLICT {conflict}" if conflict else told


@lru_cache(maxsize=256)
def _update(table: str, names: tuple[str, ...]) -> str:
    changes = ", ".join(f'"{name}" = fresh."{name}"' for name in names if name != "id")
    return (
        f'UPDATE "{table}" SET {changes} FROM json_populate_recordset(NULL::"{table}", %s::json) AS fresh'  # noqa: S608 - names of our own tables
        f' WHERE "{table}".id = fresh.id AND "{table}".id = ANY(%s)'  # without it a small table is read from end to end
    )
