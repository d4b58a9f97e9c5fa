"""Complaints: taken in, answered in time, reported, closed by who may, opened again."""

import uuid
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from fieldops.agents.models import Agent
from fieldops.audit import AuditEntry
from fieldops.cases.queries import complained_of
from fieldops.tasks.queries import task_of
from tests.makers import make_case

URL = "/api/v1/complaints"
INTAKE = {"grade": "MAJOR", "source": "REGULATOR", "received_on": "2026-11-23", "reason": "上门时态度恶劣"}


@pytest.fixture
def case_id(house):
    with house.transaction() as session:
        return make_case(session).id


@pytest.fixture
def manager(client_as):
    return client_as("MANAGER")


def take_in(client, case_id, **changes):
    answer = client.post(f"/api/v1/cases/{case_id}/complaints", json=INTAKE | changes)
    assert answer.status_code == 201, answer.text
    return answer.json


def act(client, complaint, verb, **body):
    return client.post(f"{URL}/{complaint['id']}/{verb}", json=body)


def test_a_complaint_comes_with_its_due_reply_and_its_tasks(house, manager, case_id):
    complaint = take_in(manager, case_id)
    assert (complaint["status"], complaint["source"], complaint["grade"]) == ("OPEN", "REGULATOR", "MAJOR")
    due_at = datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert datetime.fromisoformat(complaint["due_at"]) == due_at
    with house.transaction() as session:
        reply = task_of(session, "REPLY_TO_COMPLAINT", complaint["id"])
        report = task_of(session, "REPORT_COMPLAINT_TO_BANK", complaint["id"])
        assert (reply.role, reply.due_at, report.role) == ("MANAGER", due_at, "BUSINESS_DEPT")


def test_a_complaint_older_than_every_policy_is_taken_in(manager, case_id):
    assert take_in(manager, case_id, received_on="2000-01-01")["status"] == "OPEN"


def test_the_way_of_a_complaint_to_its_end_and_back(house, manager, case_id):
    complaint = take_in(manager, case_id)
    assert act(manager, complaint, "close", upheld=False, reason="查无实据").json["code"] == "COMPLAINT_NOT_REPORTED"
    assert act(manager, complaint, "report", report_ref="上报函2026-7").status_code == 200
    assert act(manager, complaint, "report", report_ref="上报函2026-8").json["code"] == "COMPLAINT_REPORTED"
    assert act(manager, complaint, "close", upheld=False, reason="查无实据").json["code"] == "COMPLAINT_STATE"
    assert act(manager, complaint, "investigate", reason="调取录音").json["status"] == "INVESTIGATING"
    assert act(manager, complaint, "reply", reply="已核实并致歉").json["status"] == "REPLIED"
    with house.transaction() as session:
        tasks = [task_of(session, kind, complaint["id"]) for kind in ("REPLY_TO_COMPLAINT", "REPORT_COMPLAINT_TO_BANK")]
        assert all(task.done_at for task in tasks)
    closed = act(manager, complaint, "close", upheld=False, reason="查无实据").json
    assert (closed["status"], closed["upheld"], closed["closed_by"]) == ("CLOSED", False, "manager")
    assert act(manager, complaint, "close", upheld=True, reason="改判").json["code"] == "COMPLAINT_STATE"
    opened = act(manager, complaint, "reopen", reason="新证据").json
    assert (opened["status"], opened["reply"], opened["upheld"]) == ("OPEN", None, None)
    with house.transaction() as session:
        assert task_of(session, "REPLY_TO_COMPLAINT", complaint["id"]).done_at is None


def test_a_major_complaint_is_closed_by_a_manager_only(client_as, manager, case_id):
    supervisor = client_as("SUPERVISOR")
    for grade, status in (("MAJOR", 403), ("ORDINARY", 200), ("MINOR", 200)):
        complaint = take_in(supervisor, case_id, grade=grade)
        act(supervisor, complaint, "report", report_ref="上报函")
        act(supervisor, complaint, "reply", reply="已回复")
        assert act(supervisor, complaint, "close", upheld=True, reason="属实").status_code == status
    assert act(client_as("BUSINESS_DEPT"), complaint, "close", upheld=True, reason="属实").status_code == 403


def test_complaints_are_listed_by_state_and_grade_in_pages(manager, case_id):
    for day in ("2026-11-20", "2026-11-21", "2026-11-23"):
        take_in(manager, case_id, received_on=day, grade="MINOR")
    take_in(manager, case_id)
    first = manager.get(f"{URL}?grade=MINOR&status=OPEN&limit=2").json
    rest = manager.get(f"{URL}?grade=MINOR&status=OPEN&limit=2&after={first['after']}").json
    assert [each["received_on"] for each in first["items"] + rest["items"]] == [
        "2026-11-20",
        "2026-11-21",
        "2026-11-23",
    ]
    assert rest["after"] is None


@pytest.fixture
def crew(house):
    """The two agents of a crew, by id."""
    with house.transaction() as session:
        agents = [Agent(code=f"C001-{n}", name=name) for n, name in ((1, "王一"), (2, "李二"))]
        session.add_all(agents)
        session.flush()
        return [str(agent.id) for agent in agents]


def test_a_complaint_told_again_may_name_whom_it_is_about(house, manager, case_id, crew):
    first = take_in(manager, case_id)
    with house.transaction() as session:
        assert complained_of(session, [uuid.UUID(first["debtor_id"])]) == {}, "about nobody yet"
    again = take_in(manager, case_id, agent_id=crew[0])
    assert (first["agent_ids"], again["id"], again["agent_ids"]) == ([], first["id"], crew[:1])


def test_a_complaint_told_again_with_another_of_the_crew_is_about_both(house, client_as, manager, case_id, crew):
    """Neither is forgotten: both are kept away from the debtor, and neither takes the complaint on."""
    complaint = take_in(manager, case_id, grade="MINOR", agent_id=crew[0])
    for agent_id in (crew[1], crew[0]):  # the first named again is nothing new
        told = take_in(manager, case_id, grade="MINOR", agent_id=agent_id)
        assert (told["id"], told["agent_ids"]) == (complaint["id"], crew)
    with house.transaction() as session:
        debtor_id = uuid.UUID(complaint["debtor_id"])
        kept_away = complained_of(session, [debtor_id])[debtor_id]
        named = session.scalars(sa.select(AuditEntry).filter_by(action="complaints.name_agent")).all()
    assert kept_away == {uuid.UUID(agent_id): "MINOR" for agent_id in crew}
    assert [each.detail["agent_id"] for each in named] == [crew[1]]
    for agent_id in crew:
        who = client_as("SUPERVISOR", "FIELD_AGENT", name=f"who is {agent_id}", agent_id=uuid.UUID(agent_id))
        assert act(who, complaint, "investigate", reason="核实").json["code"] == "COMPLAINT_ABOUT_YOU"


def test_a_complaint_about_an_agent_nobody_knows_is_refused_by_name(manager, case_id, crew):
    nobody = {"agent_id": "01a20517-0000-7000-8000-000000000000"}
    for known in ({}, {"agent_id": crew[0]}):  # taken in for the first time, and told again
        answer = manager.post(f"/api/v1/cases/{case_id}/complaints", json=INTAKE | nobody)
        assert (answer.status_code, answer.json["code"]) == (404, "AGENT_UNKNOWN")
        take_in(manager, case_id, **known)


@pytest.mark.parametrize(
    "wrong", [{"grade": "HUGE"}, {"source": "WECHAT"}, {"received_on": "yesterday"}, {"agent_id": "x"}]
)
def test_an_intake_nobody_understands_is_refused(manager, case_id, wrong):
    assert manager.post(f"/api/v1/cases/{case_id}/complaints", json=INTAKE | wrong).status_code == 422


def test_a_complaint_nobody_knows_is_not_found(manager):
    nobody = {"id": "01a20517-0000-7000-8000-000000000000"}
    assert act(manager, nobody, "investigate", reason="x").json["code"] == "COMPLAINT_UNKNOWN"
