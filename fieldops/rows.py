"""Rows asked of the driver itself, many rows written in one statement, and many such statements in one.

For paths where the session's unit of work would cost more than the database. Rows travel as one JSON value whose
members become columns; they are plain values under the names of columns, and what is not named gets the database's own
default, none of Python's. What is the same in all rows travels once.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from fieldops.db import without_the_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session, SessionTransaction

    from fieldops.db import Base

_COLLECTED, _DRIVER = "rows.collected", "rows.driver"


@dataclass(slots=True)
class _Part:
    """One INSERT or UPDATE; ``{before}`` in it is the part before, which tells what it has made.

    ``same`` is what all rows share, ``ids`` those of the rows an UPDATE is to find.
    """

    query: str
    same: Mapping[str, Any] | None
    rows: list[Mapping[str, Any]]
    ids: list[Any] = field(default_factory=list)
    after: bool = False

    def told(self) -> list[Any]:
        """Its parameters, in their order."""
        packed = [orjson.dumps(each).decode() for each in (self.rows, self.same) if each is not None]
        return [*packed, self.ids] if self.ids else packed

    def takes(self, other: _Part) -> bool:
        """Whether the rows of another part can be written by this one; nothing looks at what either makes."""
        return self.query == other.query and self.same == other.same and not (self.after or other.after)


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
    _write(session, collected)


def read_rows(session: Session, query: str, told: Mapping[str, Any]) -> list[Any]:
    """The rows of one statement in the session's transaction, as tuples, after what the session has to write.

    Raises: what the session itself raises, without the row. Cost: a tenth of the session's own way.
    """
    rows: list[Any] = _ask(session, query, told).fetchall()
    return rows


def insert_rows(
    session: Session,
    table: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    same: Mapping[str, Any] | None = None,
    conflict: str = "",
) -> None:
    """Insert rows that all have the members of the first, and what is the ``same`` in all of them.

    ``conflict`` is what follows ON CONFLICT. Cost: one statement, however many rows.
    """
    if rows:
        query = _insert(table.__tablename__, tuple(rows[0]), tuple(same or ()), conflict)
        _send(session, _Part(query, same, [*rows]))


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
        fresh = _insert(table.__tablename__, tuple(rows[0]), (), "DO NOTHING RETURNING id")
        after = _insert(told.__tablename__, tuple(of_each[0]), (), "")
        after += " WHERE entity_id IN (SELECT id::text FROM {before})"
        _send(session, _Part(fresh, None, [*rows], after=True), _Part(after, None, [*of_each], after=True))


def update_rows(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the other members of the row of each ``id``, once each; objects the session holds follow.

    Cost: one statement, however many rows.
    """
    if not rows:
        return
    _send(session, _Part(_update(table.__tablename__, tuple(rows[0])), None, [*rows], [row["id"] for row in rows]))
    if not session.identity_map:
        return
    mapper = sa.inspect(table)
    for row in rows:
        held = session.identity_map.get(mapper.identity_key_from_primary_key((row["id"],)))
        if held is not None:
            for name, value in row.items():
                set_committed_value(held, name, value)


def _send(session: Session, *parts: _Part) -> None:
    if _COLLECTED not in session.info:
        _write(session, parts)
        return
    collected: list[_Part] = session.info[_COLLECTED]
    for part in parts:
        known = next((each for each in collected if each.takes(part)), None)
        if known is None:
            collected.append(part)
        else:
            known.rows += part.rows
            known.ids += part.ids


def _write(session: Session, parts: Sequence[_Part]) -> None:
    if parts:
        _ask(session, _joined(tuple(part.query for part in parts)), [each for part in parts for each in part.told()])


def _ask(session: Session, query: str, told: Any) -> psycopg.Cursor[Any]:
    """One statement, by the driver in its binary form."""
    if session.new or session.dirty or session.deleted:
        session.flush()
    try:
        asked: psycopg.Cursor[Any] = _driver(session).cursor(binary=True).execute(query, told, prepare=True)
    except psycopg.Error as error:
        raise _as_the_session_tells(query, error) from None
    return asked


def _driver(session: Session) -> psycopg.Connection[Any]:
    """The driver's connection, looked up once in each transaction and savepoint: the session begins them only then."""
    known = session.info.get(_DRIVER)
    if known is None or known[0] is not _innermost(session):
        driver: Any = session.connection().connection.driver_connection
        known = session.info[_DRIVER] = (_innermost(session), driver)
    found: psycopg.Connection[Any] = known[1]
    return found


def _innermost(session: Session) -> SessionTransaction | None:
    return session.get_nested_transaction() or session.get_transaction()


def _as_the_session_tells(query: str, error: psycopg.Error) -> BaseException:
    """An error of the driver under the name the session gives it."""
    named: Any = sa.exc.DBAPIError.instance
    told: BaseException = named(query, None, without_the_row(error), psycopg.Error, hide_parameters=True)
    return told


@lru_cache(maxsize=1024)
def _joined(parts: tuple[str, ...]) -> str:
    """One statement that does all parts on one snapshot: which rows must be there before others does not matter."""
    named = [part.format(before=f"part_{number - 1}") for number, part in enumerate(parts)]
    *first, last = named
    if not first:
        return last
    return "WITH " + ", ".join(f"part_{number} AS ({part})" for number, part in enumerate(first)) + " " + last


@lru_cache(maxsize=256)
def _insert(table: str, names: tuple[str, ...], same: tuple[str, ...], conflict: str) -> str:
    columns = ", ".join(f'"{name}"' for name in (*names, *same))
    values = ", ".join([*(f'each."{name}"' for name in names), *(f'every."{name}"' for name in same)])
    told = f'INSERT INTO "{table}" ({columns}) SELECT {values} FROM json_populate_recordset(NULL::"{table}", %s::json)'  # noqa: S608 - names of our own tables
    told += f' each, json_populate_record(NULL::"{table}", %s::json) every' if same else " each"
    return f"{told} ON CONFLICT {conflict}" if conflict else told


@lru_cache(maxsize=256)
def _update(table: str, names: tuple[str, ...]) -> str:
    changes = ", ".join(f'"{name}" = fresh."{name}"' for name in names if name != "id")
    return (
        f'UPDATE "{table}" SET {changes} FROM json_populate_recordset(NULL::"{table}", %s::json) AS fresh'  # noqa: S608 - names of our own tables
        f' WHERE "{table}".id = fresh.id AND "{table}".id = ANY(%s)'  # without it a small table is read from end to end
    )
