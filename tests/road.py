"""A day on the road: two crews with three visits each on a published plan, copied into a database per test."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url, select

from fieldops.agents.models import Agent, Crew
from fieldops.app import create_app
from fieldops.clock import at_local
from fieldops.planning.models import RouteStop
from fieldops.visits.models import Visit
from tests.conftest import a_house, clients_of
from tests.phone import crew_phones
from tests.planning.makers_of_plans import NINE, TOMORROW, make_published_day

VISITS_EACH = 3


@contextmanager
def road_template(postgres):
    """The name of a database that holds the day."""
    home = Path(tempfile.mkdtemp(prefix="fo-"))
    with a_house(postgres, home) as opened:
        clients = clients_of(opened, create_app(opened))  # registers who hears of what
        with opened.transaction() as session:
            make_published_day(session, opened, VISITS_EACH, crews=2)
            agents = list(session.scalars(select(Agent)))
        for agent in agents:  # hashing a password takes longer than such a test
            clients("FIELD_AGENT", name=f"agent {agent.code}", agent_id=agent.id)
        opened.database.close()
        yield make_url(opened.database.url).database
    shutil.rmtree(home, ignore_errors=True)


class Road:
    """One test's copy of the day, at half past nine in the morning."""

    def __init__(self, house, app):
        self.house = house
        self.app = app
        self.client_as = clients_of(house, app)
        house.clock.instant = at_local(TOMORROW, NINE + 1800)
        with house.transaction() as session:
            self.crews = list(session.scalars(select(Crew).order_by(Crew.code)))
            stops = session.execute(select(RouteStop.crew_id, RouteStop.visit_id).order_by(RouteStop.sequence)).all()
            (self.plan_id,) = set(session.scalars(select(RouteStop.plan_id)))
        self.visits = {crew.id: [visit for of, visit in stops if of == crew.id] for crew in self.crews}

    def phones(self, crew=None):
        """The phones of a crew's members, leader first, each with its connection, all with their day."""
        made = crew_phones(self.house, self.client_as, crew or self.crew)
        for phone, _ in made:
            phone.sync(self.house.clock.now())
        return made

    @property
    def crew(self):
        """The first crew."""
        return self.crews[0]

    @property
    def visit_id(self):
        """The first visit of the first crew."""
        return self.visits[self.crew.id][0]

    def status(self, visit_id=None):
        """The status of a visit and of its stops, oldest plan first."""
        wanted = visit_id or self.visit_id
        with self.house.transaction() as session:
            stops = session.scalars(select(RouteStop.status).filter_by(visit_id=wanted).order_by(RouteStop.id)).all()
            return session.get_one(Visit, wanted).status, *stops
