"""Who may go: papers, blocks by banks, recorders on file, substitutes; the API that keeps them, what expires."""

from datetime import date

import pytest

from fieldops.agents.rules import PAPERS, missing_papers, recorder_is_registered
from fieldops.db import uuid7
from tests.makers import BANK_CODE, make_bank
from tests.planning.makers_of_plans import make_crew

DAY = date(2026, 11, 24)
BANK, OTHER = uuid7(), uuid7()


class Paper:
    def __init__(self, kind, bank_id=None, from_on=date(2026, 1, 1), until_on=date(2026, 12, 31), revoked_at=None):
        self.kind, self.bank_id, self.from_on, self.until_on = kind, bank_id, from_on, until_on
        self.revoked_at = revoked_at


def all_papers(**changes):
    return [Paper(kind, **changes.get(kind, {})) for kind in PAPERS]


def test_an_agent_nobody_registered_is_eligible_by_the_importers_word():
    assert missing_papers([], BANK, DAY) == []


def test_the_first_paper_asks_for_all_the_others():
    missing = missing_papers([Paper("NDA")], BANK, DAY)
    assert [each.split()[-1] for each in missing] == [kind for kind in PAPERS if kind != "NDA"]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, []),
        ({"until_on": DAY}, []),
        ({"until_on": date(2026, 11, 23)}, ["工作证失效 BADGE"]),
        ({"until_on": None}, []),
        ({"from_on": DAY}, []),
        ({"from_on": date(2026, 11, 25)}, ["工作证失效 BADGE"]),
        ({"revoked_at": DAY}, ["工作证失效 BADGE"]),
        ({"bank_id": BANK}, []),
        ({"bank_id": OTHER}, ["工作证失效 BADGE"]),
    ],
)
def test_a_paper_holds_on_its_days_for_its_bank(changes, missing):
    assert missing_papers(all_papers(BADGE=changes), BANK, DAY) == missing


def test_a_renewed_paper_takes_over_from_the_one_that_ended():
    ended = Paper("BADGE", until_on=date(2026, 10, 31))
    assert missing_papers([*all_papers(), ended], BANK, DAY) == []


@pytest.mark.parametrize(
    ("registrations", "registered"),
    [
        ([], True),
        ([Paper("", BANK)], True),
        ([Paper("", OTHER)], False),
        ([Paper("", BANK, until_on=date(2026, 11, 23))], False),
        ([Paper("", BANK, revoked_at=DAY)], False),
    ],
)
def test_a_recorder_is_on_file_at_the_bank_or_unheard_of(registrations, registered):
    assert recorder_is_registered(registrations, BANK, DAY) is registered


@pytest.fixture
def crew(house):
    with house.transaction() as session:
        make_bank(session)
        return make_crew(session).id


@pytest.fixture
def manager(client_as):
    return client_as("MANAGER")


@pytest.fixture
def agents(manager, crew):
    return [each["id"] for each in manager.get("/api/v1/agents").json["items"]]


def enter(manager, agent_id, kind="BADGE", number="N1", **more):
    body = {"kind": kind, "number": number, "from_on": "2026-01-01", "until_on": "2026-12-01"} | more
    return manager.post(f"/api/v1/agents/{agent_id}/papers", json=body)


def test_papers_are_entered_revoked_and_shown(manager, agents):
    paper = enter(manager, agents[0])
    assert paper.status_code == 201
    assert enter(manager, agents[0]).json["code"] == "PAPER_KNOWN"
    assert enter(manager, agents[0], bank_code="无此银行", number="N2").json["code"] == "BANK_UNKNOWN"
    assert enter(manager, agents[0], kind="DRIVING").status_code == 422
    assert enter(manager, agents[0], number="N3", until_on="2025-12-31").json["code"] == "ENDS_BEFORE_IT_BEGINS"
    assert enter(manager, uuid7()).json["code"] == "AGENT_UNKNOWN"
    url = f"/api/v1/agents/{agents[0]}/papers/{paper.json['id']}/revoke"
    assert manager.post(url, json={"reason": "遗失"}).json["revoked_by"] == "manager"
    assert manager.post(url, json={"reason": "遗失"}).json["code"] == "PAPER_REVOKED"
    shown = manager.get(f"/api/v1/agents/{agents[0]}").json
    assert [(each["kind"], bool(each["revoked_at"])) for each in shown["papers"]] == [("BADGE", True)]


def test_a_block_stands_once_and_a_manager_lifts_it(manager, client_as, agents):
    url = f"/api/v1/agents/{agents[0]}/bank-blocks"
    body = {"bank_code": BANK_CODE, "reason": "投诉属实"}
    first, again = (client_as("SUPERVISOR").post(url, json=body) for _ in range(2))
    assert (first.status_code, again.json["id"]) == (201, first.json["id"])
    lift = f"{url}/{first.json['id']}/lift"
    assert client_as("SUPERVISOR").post(lift, json={"reason": "复核"}).status_code == 403
    assert manager.post(lift, json={"reason": "复核"}).json["lifted_by"] == "manager"
    assert manager.post(lift, json={"reason": "复核"}).json["code"] == "BLOCK_LIFTED"
    assert manager.post(url, json=body).json["id"] != first.json["id"]


def test_a_substitute_takes_the_place_of_a_member(manager, house, crew, agents):
    with house.transaction() as session:
        make_crew(session, "C002", names=("赵六",))
    spare = manager.get("/api/v1/agents").json["items"][-1]["id"]
    stand_in = {"agent_id": agents[1], "reason": "证件到期"}
    url = f"/api/v1/crews/{crew}/stand-in"
    assert manager.post(url, json=stand_in).json["code"] == "SUBSTITUTE_NONE"
    own = manager.put(f"/api/v1/agents/{agents[1]}/substitute", json={"substitute_id": agents[1]})
    assert own.json["code"] == "SUBSTITUTE_SELF"
    named = manager.put(f"/api/v1/agents/{agents[1]}/substitute", json={"substitute_id": spare})
    assert named.json["substitute_id"] == spare
    assert manager.post(url, json=stand_in).json["code"] == "SUBSTITUTE_BUSY"
    with house.transaction() as session:
        from fieldops.agents.models import CrewMember

        session.query(CrewMember).filter_by(agent_id=spare).delete()
    changed = manager.post(url, json=stand_in)
    assert [each["id"] for each in changed.json["members"]] == [agents[0], spare]
    assert manager.post(url, json=stand_in).json["code"] == "MEMBER_UNKNOWN"


def test_a_recorder_is_registered_once_and_revoked_once(manager, crew):
    body = {"serial": "DV0001", "bank_code": BANK_CODE, "from_on": "2026-11-01"}
    first = manager.post("/api/v1/recorders", json=body)
    assert first.status_code == 201
    assert manager.post("/api/v1/recorders", json=body).json["code"] == "RECORDER_KNOWN"
    url = f"/api/v1/recorders/{first.json['id']}/revoke"
    assert manager.post(url, json={"reason": "损坏"}).status_code == 200
    assert manager.post(url, json={"reason": "损坏"}).json["code"] == "REGISTRATION_REVOKED"
    assert [each["serial"] for each in manager.get("/api/v1/recorders").json] == ["DV0001"]


def test_what_ends_soon_is_listed_soonest_first_unless_a_newer_one_is_there(manager, agents):
    enter(manager, agents[0], "BADGE", "old", until_on="2026-11-20")
    enter(manager, agents[0], "NDA", "n", until_on="2026-12-23")
    enter(manager, agents[0], "EXAM", "late", until_on="2026-12-24")
    enter(manager, agents[1], "BADGE", "old", until_on="2026-11-20")
    enter(manager, agents[1], "BADGE", "new", until_on="2027-11-20")
    enter(manager, agents[1], "NDA", "old", until_on="2026-11-25")
    enter(manager, agents[1], "NDA", "for ever", until_on=None)
    recorder = {"serial": "DV0001", "bank_code": BANK_CODE, "from_on": "2026-11-01", "until_on": "2026-12-01"}
    manager.post("/api/v1/recorders", json=recorder)
    found = manager.get("/api/v1/agents/expiries").json
    assert [(each["of"], each["kind"], each["until_on"]) for each in found] == [
        ("C001-1", "BADGE", "2026-11-20"),
        ("DV0001", "RECORDER", "2026-12-01"),
        ("C001-1", "NDA", "2026-12-23"),
    ]
