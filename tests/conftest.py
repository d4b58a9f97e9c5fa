"""What every test stands on: a private run-time folder, and hypothesis that gives the same answer twice.

Sockets that leave this machine are closed by the options in pyproject.toml (pytest-socket).
"""

import atexit
import os
import shutil
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import NullPool, create_engine, make_url, text

from fieldops.app import create_app
from fieldops.audit import Actor
from fieldops.auth.service import account_named, create_account
from fieldops.clock import Clock
from fieldops.db import Database, open_database
from fieldops.house import House
from fieldops.settings import Settings
from fieldops.storage import open_store
from fieldops.vault import Vault

# The embedded PostgreSQL warns without one, and warnings are fatal here; processes that run tests share none.
if "XDG_RUNTIME_DIR" not in os.environ or "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="fo-")  # short: a socket's path has 107 bytes at most
    atexit.register(shutil.rmtree, os.environ["XDG_RUNTIME_DIR"], ignore_errors=True)

_same_everywhere = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}  # a busy machine is no bug

settings.register_profile("quick", derandomize=True, database=None, max_examples=50, **_same_everywhere)
settings.register_profile("long", max_examples=1000, print_blob=True, **_same_everywhere)
settings.load_profile("quick")  # make test-long says --hypothesis-profile=long


SECRET = "c2VjcmV0IGZvciB0ZXN0cyBvbmx5ISEhISEhISEhISE="


def make_settings(home, **env):
    """Settings of a house under ``home``."""
    return Settings.from_env({"FIELDOPS_HOME": str(home), "FIELDOPS_SECRET": SECRET, **env})


class StandingClock(Clock):
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.instant = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    def now(self):
        return self.instant

    def advance(self, **by):
        self.instant += timedelta(**by)


@pytest.fixture(scope="session")
def postgres():
    """The address of a real PostgreSQL with a migrated template database."""
    home = Path(tempfile.mkdtemp(prefix="fo-"))
    settings_ = make_settings(home)
    database = open_database(settings_)
    url = database.url
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for option in ("fsync", "full_page_writes", "synchronous_commit"):  # no machine crash is tested here
            connection.execute(text(f"ALTER SYSTEM SET {option} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    database.close()
    yield url
    shutil.rmtree(home, ignore_errors=True)


@contextmanager
def a_house(postgres, home, *, template=None):
    """A house with a fresh database (a copy of ``template``), a folder store, and a clock at Monday 2026-11-23 09:00."""
    name, source = f"t_{uuid4().hex}", template or make_url(postgres).database
    admin = create_engine(
        make_url(postgres).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY FILE_COPY'))
    url = make_url(postgres).set(database=name).render_as_string(hide_password=False)
    settings_ = make_settings(home, DATABASE_URL=url, FIELDOPS_CORES="1")
    opened = House(
        settings=settings_,
        database=Database(url),
        store=open_store(settings_),
        clock=StandingClock(),
        vault=Vault(settings_.secret),
    )
    try:
        yield opened
    finally:
        opened.database.close()
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


@pytest.fixture
def house(postgres, tmp_path):
    """A house of its own, with nothing in it."""
    with a_house(postgres, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_app(postgres, tmp_path_factory):
    """One application that moves from house to house: building it takes longer than most tests."""
    with a_house(postgres, tmp_path_factory.mktemp("app")) as opened:
        created = create_app(opened)
    created.testing = False
    return created


@pytest.fixture
def app(house, shared_app):
    """The application of this house."""
    shared_app.house = house
    return shared_app


@pytest.fixture
def client_as(house, app):
    """Clients that are logged in: ``client_as("SUPERVISOR")``; a second name makes a second person of that role."""
    return clients_of(house, app)


def clients_of(house, app):
    """What makes the clients of an application."""

    def client(*roles: str, name: str | None = None, agent_id=None):
        name = name or roles[0].lower()
        with house.transaction() as session:
            account = account_named(session, name) or create_account(
                session,
                Actor("setup", house.clock.now()),
                name=name,
                display_name=name,
                password="a long password",
                roles=roles,
                agent_id=agent_id,
            )
        made = app.test_client()
        made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {app.tokens.issue(account.id)}"
        return made

    return client


@pytest.fixture(scope="session")
def road_database(postgres):
    """The name of a database with a day on the road in it."""
    from tests.road import road_template

    with road_template(postgres) as name:
        yield name


@pytest.fixture
def road(postgres, road_database, shared_app, tmp_path):
    """A day on the road: ``road.house`` with two crews and three visits each, on the morning of the day."""
    from tests.road import Road

    with a_house(postgres, tmp_path, template=road_database) as opened:
        shared_app.house = opened
        yield Road(opened, shared_app)


@pytest.fixture(scope="session")
def small_day(postgres):
    """One demo day on a small caseload, driven by the command: ``small_day.summary``, ``small_day.home``."""
    from tests.small_day import driven

    with driven(postgres) as day:
        yield day


@pytest.fixture(scope="session")
def house_after_day(small_day):
    """The house of that day in the evening; look, do not change."""
    from tests.small_day import house_after

    with house_after(small_day) as opened:
        yield opened


@pytest.fixture(scope="session")
def app_after_day(house_after_day):
    """The application on that house."""
    return create_app(house_after_day)
