"""Nobody judges their own work 四眼原则: a supervisor who also goes out, at every desk where their own visits may lie."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldops.agents.models import Agent, AgentBankBlock, Crew, PastMember
from fieldops.audit import Actor
from fieldops.cases import complaints
from fieldops.clock import local_date
from fieldops.db import uuid7
from fieldops.planning.models import DayPlan, RouteStop
from fieldops.tasks.models import Task
from fieldops.visits.models import Visit
from tests.planning.makers_of_plans import make_plan
from tests.sync.acts import agent_id_of as agent_of_phone
from tests.sync.acts import all_of, case_ids_of, report_result, sync

REVIEW = {"accept": {}, "return": {"note": "照片不清晰"}}


class Desks:
    """A result of the first crew, and people with every right at every desk who also go out."""

    def __init__(self, road):
        self.road = road
        (self.phone, _), (partner, _) = road.phones()
        (other, _), _ = road.phones(road.crews[1])
        self.reported_by, self.partner, self.of_another_crew = (
            agent_of_phone(road, each) for each in (self.phone, partner, other)
        )
        self.result = report_result(
            road, self.phone, road.visit_id, "O03", case_ids=case_ids_of(road, road.visit_id), slots=[]
        )
        assert sync(road, self.phone) == {self.result: "APPLIED"}

    def post(self, path, agent_id=None, role="SUPERVISOR", **body):
        name = f"{role} who is {agent_id}"
        return self.road.client_as(role, "FIELD_AGENT", name=name, agent_id=agent_id).post(f"/api/v1{path}", json=body)


@pytest.fixture
def desks(road):
    return Desks(road)


@pytest.mark.parametrize("act", REVIEW)
def test_who_was_at_the_door_does_not_review_what_was_reported_of_it(desks, act):
    for agent, role in ((desks.reported_by, "SUPERVISOR"), (desks.partner, "QA")):
        answer = desks.post(f"/results/{desks.result}/{act}", agent, role, **REVIEW[act])
        assert (answer.status_code, answer.json["code"]) == (403, "REVIEW_OF_OWN")


def test_one_who_goes_out_with_another_crew_reviews_it_and_its_task_is_done(desks):
    with desks.road.house.transaction() as session:
        about = {"role": "SUPERVISOR", "entity": "visit_result", "detail": {}, "entity_id": desks.result}
        now = desks.road.house.clock.now()
        session.add(Task(id=uuid7(), kind="REVIEW_RESULT", opened_at=now, due_at=now, **about))
    answer = desks.post(f"/results/{desks.result}/accept", desks.of_another_crew)
    assert (answer.status_code, answer.json["status"]) == (200, "ACCEPTED")
    (task,) = [task for task in all_of(desks.road, Task) if task.kind == "REVIEW_RESULT"]
    assert task.done_by == answer.json["reviewed_by"]


def test_nobody_publishes_a_plan_that_sends_themselves_out(desks):
    road = desks.road
    with road.house.transaction() as session:
        waiting = session.scalars(select(Visit).where(Visit.status == "PLANNED").order_by(Visit.no)).all()
        plan = make_plan(session, {session.get_one(Crew, road.crews[1].id): waiting}, number=2).id
    answer = desks.post(f"/plans/{plan}/publish", desks.of_another_crew)
    assert (answer.status_code, answer.json["code"]) == (403, "PLAN_OF_OWN")
    with road.house.transaction() as session:
        assert session.get_one(DayPlan, plan).status == "OPTIMISED"
        assert session.scalars(select(RouteStop.status).filter_by(plan_id=plan)).all() == ["PENDING"] * len(waiting)
    assert desks.post(f"/plans/{plan}/publish", desks.reported_by).status_code == 200


def test_who_is_complained_of_does_not_handle_the_complaint(desks):
    road = desks.road
    (case_id,) = case_ids_of(road, road.visit_id)
    with road.house.transaction() as session:
        now = road.house.clock.now()
        told = {"grade": "ORDINARY", "source": "DEBTOR", "received_on": local_date(now), "reason": "态度"}
        complaint = complaints.open_complaint(
            session, Actor("bank", now), case_id=UUID(case_id), agent_id=desks.partner, **told
        ).id
    for act, words in (("investigate", {"reason": "核实录音"}), ("reply", {"reply": "已道歉"})):
        answer = desks.post(f"/complaints/{complaint}/{act}", desks.partner, **words)
        assert (answer.status_code, answer.json["code"]) == (403, "COMPLAINT_ABOUT_YOU")
        assert desks.post(f"/complaints/{complaint}/{act}", desks.reported_by, **words).status_code == 200


def test_whom_a_bank_has_barred_does_not_lift_it_themselves(desks):
    road = desks.road
    with road.house.transaction() as session:
        bank_id = session.get_one(Visit, road.visit_id).bank_id
        now = road.house.clock.now()
        bar = AgentBankBlock(agent_id=desks.partner, bank_id=bank_id, reason="投诉", raised_by="boss", since_at=now)
        session.add(bar)
        session.flush()
        path = f"/agents/{desks.partner}/bank-blocks/{bar.id}/lift"
    answer = desks.post(path, desks.partner, "MANAGER", reason="已整改")
    assert (answer.status_code, answer.json["code"]) == (403, "BLOCK_OF_OWN")


def stand_in(road, agent_id):
    """A substitute takes an agent's place, as an office does it; who stood in."""
    clerk = road.client_as("MANAGER")
    with road.house.transaction() as session:
        substitute = Agent(code=f"S{uuid7()}", name="替补")
        session.add(substitute)
        session.flush()
        substitute_id = substitute.id
    path = f"/api/v1/agents/{agent_id}/substitute"
    assert clerk.put(path, json={"substitute_id": str(substitute_id)}).status_code == 200
    answer = clerk.post(f"/api/v1/crews/{road.crew.id}/stand-in", json={"agent_id": str(agent_id), "reason": "调岗"})
    assert answer.status_code == 200, answer.text
    return substitute_id


@pytest.mark.parametrize("act", REVIEW)
def test_who_has_left_the_crew_since_does_not_review_what_it_reported_while_they_were_of_it(desks, act):
    """Neither the partner nor who reported it; who joined later was not at that door."""
    road = desks.road
    road.house.clock.advance(days=1)
    new_partner = stand_in(road, desks.partner)
    stand_in(road, desks.reported_by)
    road.house.clock.advance(days=3)
    for agent in (desks.partner, desks.reported_by):
        answer = desks.post(f"/results/{desks.result}/{act}", agent, **REVIEW[act])
        assert (answer.status_code, answer.json["code"]) == (403, "REVIEW_OF_OWN"), agent
    answer = desks.post(f"/results/{desks.result}/{act}", new_partner, **REVIEW[act])
    assert answer.status_code == 200, answer.text


def test_who_was_of_the_crew_for_an_hour_of_the_day_does_not_review_it_and_who_left_the_day_before_does(desks):
    road = desks.road
    with road.house.transaction() as session:
        now, crew_id = road.house.clock.now(), road.crew.id
        of_yesterday, of_an_hour = (Agent(code=f"P{n}", name="前组员") for n in range(2))
        session.add_all([of_yesterday, of_an_hour])
        session.flush()
        for agent, left_at in ((of_yesterday, now - timedelta(days=1)), (of_an_hour, now - timedelta(hours=1))):
            session.add(PastMember(crew_id=crew_id, agent_id=agent.id, since_at=None, left_at=left_at))
        of_yesterday, of_an_hour = of_yesterday.id, of_an_hour.id
    refused = desks.post(f"/results/{desks.result}/accept", of_an_hour)
    assert (refused.status_code, refused.json["code"]) == (403, "REVIEW_OF_OWN")
    assert desks.post(f"/results/{desks.result}/accept", of_yesterday).status_code == 200
