"""Many rows into one table: COPY to a temporary stage, then one INSERT … ON CONFLICT.

Measured beside other ways in the benchmark of imports; nothing else in the tree brings in rows by the thousand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from fieldops.db import driver_connection

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session


class Table:
    """One table rows are landed in: its columns, its key, and what a row that is there already takes over.

    Of ``kept`` columns it takes over what is filled: a blank cell is no news, and erases nothing.
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[str],
        *,
        key: Sequence[str],
        update: Sequence[str] = (),
        kept: Sequence[str] = (),
    ) -> None:
        stage = sql.Identifier(f"stage_{name}")
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        target = sql.Identifier(name)
        self._make = sql.SQL(
            "CREATE TEMP TABLE IF NOT EXISTS {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA"
        ).format(stage, names, target)
        self._copy = sql.SQL("COPY {} ({}) FROM STDIN").format(stage, names)
        action: sql.Composable = sql.SQL("NOTHING")
        if update:
            pairs = [sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(column)) for column in update]
            filled = sql.SQL("{0} = COALESCE(EXCLUDED.{0}, {1}.{0})")
            pairs += [filled.format(sql.Identifier(column), target) for column in kept]
            action = sql.SQL("UPDATE SET {}").format(sql.SQL(", ").join(pairs))
        self._upsert = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT ({}) DO {}").format(
            target, names, names, stage, sql.SQL(", ").join(map(sql.Identifier, key)), action
        )
        self._empty = sql.SQL("TRUNCATE {}").format(stage)

    def land(self, session: Session, rows: Iterable[Sequence[Any]]) -> None:
        """Insert ``rows``, or update the ones whose key is there, in the transaction of ``session``.

        A key may occur once in ``rows``. Cost: one COPY, one INSERT and one TRUNCATE, however many rows.
        """
        rows = list(rows)
        if not rows:
            return
        session.flush()
        connection = driver_connection(session)
        with connection.cursor() as cursor:
            cursor.execute(self._make)
            with cursor.copy(self._copy) as copy:
                write = copy.write_row
                for row in rows:
                    write(row)
            cursor.execute(self._upsert)
            cursor.execute(self._empty)
