"""The whole API at once: every operation it describes, on a house with a day behind it."""

import json
import uuid
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from fieldops.agents.models import Agent
from fieldops.app import create_app
from fieldops.auth.models import UserAccount
from fieldops.auth.roles import Role
from fieldops.db import DEMO_DATABASE
from fieldops.demo.phone import Phone
from tests.api.operations import ids_of
from tests.conftest import a_house, clients_of
from tests.phone import TestApi

ENVELOPE = {
    "name": "DL 左窗", "measured_on": "2026-11-20", "size": "DL", "fold_height_mm": 99.0,
    "window_left_mm": 20.0, "window_top_mm": 50.0, "window_width_mm": 90.0, "window_height_mm": 45.0,
}  # fmt: skip


@pytest.fixture(scope="session")
def described():
    """The description as it is kept in the tree."""
    return json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def day_to_change(postgres, small_day, house_after_day, tmp_path_factory):
    """A copy of the house after the small day, for tests that change it, with the tokens of somebody who has every role."""
    house_after_day.database.close()  # a database somebody looks at cannot be copied
    _hang_up(postgres)
    with a_house(postgres, tmp_path_factory.mktemp("copy"), template=DEMO_DATABASE) as copy:
        opened = replace(copy, store=house_after_day.store)
        opened.clock.instant = house_after_day.clock.now()
        app = create_app(opened)
        app.testing = False
        person, phone = _tokens_of_everyman(opened, app)
        made = app.test_client().post("/api/v1/envelopes", json=ENVELOPE, headers={"Authorization": person})
        assert made.status_code == 201, made.json
        yield SimpleNamespace(
            house=opened,
            app=app,
            ids=ids_of(opened),
            token=person,
            token_for=lambda operation: phone if operation.is_of_phones else person,
        )


def _hang_up(postgres):
    engine = sa.create_engine(sa.make_url(postgres).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": DEMO_DATABASE},
        )


def _tokens_of_everyman(house, app):
    """Somebody with every role, who is a crew member with a phone too: their own token and that of the phone."""
    with house.transaction() as session:
        agent = session.scalars(sa.select(Agent).order_by(Agent.code)).first()
    client = clients_of(house, app)(*Role, name=f"everyman {uuid.uuid4()}", agent_id=agent.id)
    phone = Phone(TestApi(client))
    person = client.environ_base["HTTP_AUTHORIZATION"]
    phone.register()
    return person, client.environ_base["HTTP_AUTHORIZATION"]


@pytest.fixture(scope="module")
def one_of_each(postgres, tmp_path_factory):
    """An empty house with one client for each role: ``one_of_each.clients["QA"]``."""
    with a_house(postgres, tmp_path_factory.mktemp("roles")) as opened:
        app = create_app(opened)
        app.testing = False
        make = clients_of(opened, app)
        clients = {}
        for role in Role:
            clients[role] = make(role)
        with opened.transaction() as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(UserAccount)) == len(Role)
        yield SimpleNamespace(house=opened, app=app, clients=clients)
