"""A crew on the road that has reported a visit and declared a photo."""

import copy
import itertools
import uuid

import pytest
import sqlalchemy as sa

from fieldops.results.models import EvidenceSlot, VisitResult
from tests.conftest import a_house
from tests.evidence.recordings import Uploader, jpeg, slot
from tests.road import Road
from tests.sync.acts import report_result, sync


class Reported:
    """A visit reported with evidence: the phone, and a client that uploads by hand."""

    def __init__(self, road, data=None, **slots):
        self.road = road
        self.data = data or jpeg()
        self.slot = slot(self.data, **slots)
        (self.phone, self.api), (self.partner, partner_api) = road.phones()
        self.tus, self.partner_tus = Uploader(self.api.client), Uploader(partner_api.client)

    def report(self, *more, **changes):
        told = {"slots": [self.slot, *more]} | changes
        done = report_result(self.road, self.phone, self.road.visit_id, **told)
        codes = sync(self.road, self.phone)
        assert codes[done] == "APPLIED", self.phone.answer_to(done)
        return done

    def with_another_slot(self, data):
        """The same visit with one more photo declared, and nothing else awaited."""
        made = copy.copy(self)
        made.data, made.slot = data, slot(data)
        with self.road.house.transaction() as session:
            result = session.scalars(sa.select(VisitResult)).one()
            result.slots, result.complete_at = [made.slot], None
            told = {name: made.slot[name] for name in ("kind", "sha256", "length")}
            now, of = self.road.house.clock.now(), {"visit_id": result.visit_id, "agent_id": result.agent_id}
            session.add(EvidenceSlot(id=uuid.UUID(made.slot["id"]), **told, **of, declared_at=now))
        return made


_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def of_module(postgres, road_database, shared_app, tmp_path_factory):
    """One day on the road for a whole module: copying its database takes longer than an upload."""
    with a_house(postgres, tmp_path_factory.mktemp("evidence"), template=road_database) as opened:
        shared_app.house = opened
        made = Reported(Road(opened, shared_app))
        made.report()
        yield made


@pytest.fixture
def reported(of_module, shared_app):
    """A result with one photo declared, its bytes still on the phone."""
    shared_app.house = of_module.road.house
    return of_module.with_another_slot(jpeg(noise=next(_NUMBERS)))
