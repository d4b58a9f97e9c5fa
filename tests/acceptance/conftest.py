"""A stage for events: a visit and a letter in every state they can be in, each of a case of its own.

It is set once, and copied into a database for each test.
"""

import shutil
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import make_url, select

from fieldops.app import create_app
from fieldops.audit import Actor
from fieldops.cases.jobs import expire_past_cases
from fieldops.correspondence import senders
from fieldops.correspondence.jobs import ask_again as review_letters
from fieldops.correspondence.mail import crew_delivery
from fieldops.correspondence.models import Letter
from fieldops.correspondence.paper import rendering
from fieldops.packs import installing
from fieldops.visits import execution
from fieldops.visits.approval import return_visit
from fieldops.visits.jobs import ask_again as review_visits
from fieldops.visits.models import Visit, VisitCase
from letters.lint import Examination
from tests.acceptance.company import Company
from tests.conftest import a_house, clients_of
from tests.correspondence.conftest import SENDER, Office, QuickRenderer
from tests.makers import BANK_CODE, make_bank
from tests.planning.makers_of_plans import make_batched_visits, make_crew, make_plan, publish
from tests.visits.makers_of_visits import make_approved_visit, make_good_case, make_waiting_visit, supervisor

VISITS = ("PENDING_REVIEW", "RETURNED", "APPROVED", "BATCHED", "PLANNED", "IN_PROGRESS")
LETTERS = ("PENDING_REVIEW", "GENERATED", "QUEUED", "PRINTED", "SEALED", "POSTED", "ISSUED_TO_CREW")


@pytest.fixture(scope="session")
def stage_database(postgres):
    """The name of a database with the stage in it."""
    home = Path(tempfile.mkdtemp(prefix="fo-"))
    with a_house(postgres, home) as house:
        with pytest.MonkeyPatch.context() as patch:
            _quick_paper(patch)
            create_app(house)  # registers who hears of what
            with house.transaction() as session:
                _set_visits(session, house)
                make_bank(session)
                installing.install_packs(session, Actor("setup", house.clock.now()))
                senders.put_sender(session, Actor("setup", house.clock.now()), BANK_CODE, **SENDER)
            _set_letters(house)
        house.database.close()
        yield make_url(house.database.url).database
    shutil.rmtree(home, ignore_errors=True)


def _quick_paper(patch):
    patch.setattr(installing, "_examined", lambda _pack: Examination((), {}, None))
    patch.setattr(rendering, "renderer_of", lambda _house, _template_id: QuickRenderer())


@pytest.fixture(autouse=True)
def quick_paper(monkeypatch):
    """What stands on the paper is no matter here."""
    _quick_paper(monkeypatch)


def _set_visits(session, house):
    crew = make_crew(session)
    planned, begun = make_batched_visits(session, house, 2)
    plan = make_plan(session, {crew: [planned, begun]})
    publish(session, house, plan)
    execution.begin_visits(session, supervisor(house), [begun])
    make_batched_visits(session, house, 1)
    make_approved_visit(session, house)
    make_waiting_visit(session, house)
    return_visit(session, supervisor(house), make_waiting_visit(session, house).id, reason="补充目标")


def _set_letters(house):
    office = Office(house)
    posted, sealed, printed, queued = office.approved(4)
    office.posted([posted])
    office.sealed([sealed])
    office.printed([printed])
    office.batch([queued])
    office.approved(1)
    office.request(office.case())
    carried = office.approve(office.request(office.case(), delivery="HAND_BY_VISIT"))
    office.sealed([carried])
    with house.transaction() as session:
        crew_delivery.issue_letters(
            session, office.actor("admin_clerk"), letter_ids=[carried], crew="C001", carrier="王示范"
        )


@pytest.fixture(scope="session")
def stage_app(postgres, tmp_path_factory):
    """One application for all stages: building it takes longer than such a test."""
    with a_house(postgres, tmp_path_factory.mktemp("stage")) as opened:
        app = create_app(opened)
        app.testing = False
        yield app


@pytest.fixture
def stage(postgres, stage_database, stage_app, tmp_path):
    """A copy of the stage on its Monday morning."""
    with a_house(postgres, tmp_path, template=stage_database) as house:
        stage_app.house = house
        yield Stage(house, clients_of(house, stage_app))


class Stage:
    """The office of a collection company, seen through the API."""

    def __init__(self, house, client_as):
        self.house, self.client_as = house, client_as
        self.manager = client_as("MANAGER", "BUSINESS_DEPT", "SUPERVISOR", name="manager")
        with house.transaction() as session:
            cards = session.execute(select(Visit.status, VisitCase.case_id, Visit.id).join(VisitCase)).all()
            self.visits = {status: (case_id, visit_id) for status, case_id, visit_id in cards}
            papers = session.execute(select(Letter.status, Letter.case_id, Letter.id)).all()
            self.letters = {status: (case_id, letter_id) for status, case_id, letter_id in papers}
        assert set(self.visits) == set(VISITS)
        assert set(self.letters) == set(LETTERS)

    @property
    def cases(self):
        """Every case on stage."""
        return [case_id for case_id, _ in (*self.visits.values(), *self.letters.values())]

    def post(self, path, *, by=None, status=None, **body):
        """Send to the API as the manager, and expect it to go through (or ``status``)."""
        answer = (by or self.manager).post(f"/api/v1{path}", json=body)
        assert answer.status_code == status if status else answer.status_code < 300, answer.text
        return answer.json

    def get(self, path):
        answer = self.manager.get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.text
        return answer.json

    def to_every_case(self, path, **body):
        """Send the same to every case; the answers by case."""
        return {case_id: self.post(f"/cases/{case_id}/{path}", **body) for case_id in self.cases}

    def where_visits_are(self):
        """The status now of the visit that was in each state."""
        return tuple(self.get(f"/visits/{visit_id}")["status"] for _, visit_id in map(self.visits.get, VISITS))

    def where_letters_are(self):
        """The status now of the letter that was in each state; a held one is marked."""
        found = [self.get(f"/letters/{letter_id}")["letter"] for _, letter_id in map(self.letters.get, LETTERS)]
        return tuple(each["status"] + (" held" if each["held_reason"] else "") for each in found)

    def acts_on(self, kind, name_of_state):
        """The acts on the timeline of the visit or letter that was in a state."""
        _, thing_id = getattr(self, kind)[name_of_state]
        return [each["action"] for each in self.get(f"/{kind}/{thing_id}/timeline")]

    def titles_of_case(self, case_id):
        """What the timeline of a case tells, in Chinese."""
        return [each["title_zh"] for each in self.get(f"/cases/{case_id}/timeline")]

    def new_case(self, **changes):
        """A case nobody objects to."""
        with self.house.transaction() as session:
            return make_good_case(session, **changes).id

    def pass_days(self, days):
        """Let days go by, and do what the clock does after the last midnight."""
        self.house.clock.advance(days=days)
        for night in (expire_past_cases, review_visits, review_letters):
            night(self.house)


@pytest.fixture
def company(postgres, stage_database, stage_app):
    """The company of the events machine, before anything has happened to it."""
    made = Company()
    made.where = (postgres, stage_database)
    return made
