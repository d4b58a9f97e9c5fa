"""Publishing asks who may go: papers, blocks by banks, recorders on file, complaints; a blocked agent loses the stops."""

from datetime import date

import pytest
import sqlalchemy as sa

import routing
from fieldops.agents import eligibility
from fieldops.agents.queries import members_by_crew
from fieldops.agents.rules import PAPERS
from fieldops.app import register_handlers
from fieldops.cases import complaints
from fieldops.cases.models import Case
from fieldops.errors import NotNow
from fieldops.planning import queries, service
from fieldops.planning.asking import what_is_asked
from fieldops.planning.who_may import crews_barred
from fieldops.visits.queries import cards_of
from tests.makers import BANK_CODE, ask_otherwise, make_bank
from tests.planning.makers_of_plans import (
    TOMORROW,
    make_batched_visits,
    make_crew,
    make_plan,
    make_published_day,
    publish,
)
from tests.visits.makers_of_visits import make_good_case, supervisor

TODAY = date(2026, 11, 23)


@pytest.fixture
def session(house):
    register_handlers()
    with house.transaction() as opened:
        yield opened


@pytest.fixture
def day(session, house):
    """A crew, its members, and a plan of one visit that waits to be published."""
    crew = make_crew(session, "C007")
    visits = make_batched_visits(session, house, 1)
    return members_by_crew(session, [crew.id])[crew.id], visits[0], make_plan(session, {crew: visits})


def enter(session, house, agent, *, until_on=None, kinds=tuple(PAPERS)):
    for kind in kinds:
        eligibility.record_paper(
            session, supervisor(house), agent.id, kind=kind, number="1", from_on=TODAY, until_on=until_on
        )


def refused(session, house, plan):
    with pytest.raises(NotNow) as error:
        publish(session, house, plan)
    assert error.value.code == "CREW_NOT_ELIGIBLE"
    (barred,) = error.value.extra["crews"]
    return barred


def test_a_crew_with_all_its_papers_may_go_and_one_without_any_is_taken_at_its_importers_word(session, house, day):
    members, visit, plan = day
    enter(session, house, members[0])
    publish(session, house, plan)
    assert visit.status == "PLANNED"


@pytest.mark.parametrize(
    ("until_on", "kinds", "why"),
    [
        (None, [kind for kind in PAPERS if kind != "EXAM"], "考试合格缺失"),
        (TODAY, list(PAPERS), "保密协议失效"),  # valid today, not on the day of the plan
    ],
)
def test_a_member_whose_papers_do_not_hold_that_day_is_named_with_what_is_missing(
    session, house, day, until_on, kinds, why
):
    members, _, plan = day
    enter(session, house, members[1], until_on=until_on, kinds=kinds)
    barred = refused(session, house, plan)
    assert barred["codes"] == ["VR-081"]
    assert members[1].name in barred["messages_zh"][0]
    assert why in barred["messages_zh"][0]


def test_a_recorder_the_bank_has_not_on_file_bars_the_crew(session, house, day):
    make_bank(session, "示范银行B")
    eligibility.register_recorder(session, supervisor(house), serial="DV0001", bank_code="示范银行B", from_on=TODAY)
    assert refused(session, house, day[2])["codes"] == ["VR-082"]
    eligibility.register_recorder(session, supervisor(house), serial="DV0001", bank_code=BANK_CODE, from_on=TOMORROW)
    publish(session, house, day[2])


def test_a_search_sends_no_crew_that_is_too_small_for_the_product_of_a_visit(session, house, day):
    _, visit, _ = day
    ask_otherwise(session, house, {"visit": {"crew_min": 3}}, product="车贷")
    barred = lambda: crews_barred(session, TOMORROW, house.clock.now(), queries.visits_to_plan(session, TOMORROW))  # noqa: E731
    assert barred() == {}
    session.execute(sa.update(Case).values(product="车贷"))
    assert [finding.code for finding in barred()[visit.id]["C007"]] == ["VR-080"]


def test_what_bars_a_crew_is_told_in_full(session, house, day):
    members, visit, plan = day
    eligibility.block_for_bank(session, supervisor(house), members[0].id, bank_id=visit.bank_id, reason="投诉属实")
    make_bank(session, "示范银行B")
    eligibility.register_recorder(session, supervisor(house), serial="DV0001", bank_code="示范银行B", from_on=TODAY)
    barred = refused(session, house, plan)
    assert barred["codes"] == ["VR-081", "VR-082"]
    assert "已调出该委托方专案" in barred["messages_zh"][0]


def test_a_member_the_debtor_complains_of_is_kept_away_from_that_debtor(session, house):
    crew, case = make_crew(session), make_good_case(session)
    agent = members_by_crew(session, [crew.id])[crew.id][1]
    told = {"grade": "MINOR", "received_on": TODAY, "agent_id": agent.id}
    complaints.open_complaint(session, supervisor(house), case_id=case.id, **told)
    (visit,) = make_batched_visits(session, house, cases=[[case]])  # approved in knowledge of the complaint
    published = publish(session, house, make_plan(session, {crew: [visit]}))
    assert [each["codes"] for each in published.withdrawn] == [["VR-083"]]
    assert agent.name in published.withdrawn[0]["message_zh"]
    assert visit.status == "BATCHED"


def _uphold(session, house, visit, *agents):
    case_id = cards_of(session, [visit.id])[visit.id][0]
    manager = supervisor(house)
    manager = type(manager)("manager", manager.at, roles=frozenset({"MANAGER"}))
    for agent in agents:
        told = {"grade": "MINOR", "received_on": TODAY, "agent_id": agent.id}
        complaint = complaints.open_complaint(session, manager, case_id=case_id, **told)
    complaints.report_to_bank(session, manager, complaint.id, report_ref="上报函")
    complaints.reply(session, manager, complaint.id, reply="已致歉")
    complaints.close_complaint(session, manager, complaint.id, upheld=True, reason="属实")


def test_an_upheld_complaint_blocks_the_agent_for_the_bank_and_takes_the_stops_off(session, house):
    plan, routes = make_published_day(session, house, 2)
    ((crew, visits),) = routes.items()
    agent = members_by_crew(session, [crew.id])[crew.id][0]
    _uphold(session, house, visits[0], agent)
    (block,) = eligibility.show_agent(session, agent.id)["bank_blocks"]
    assert (block.bank_id, block.lifted_at) == (visits[0].bank_id, None)
    assert {visit.status for visit in visits} == {"PENDING_REVIEW", "BATCHED"}
    assert queries.pending_visits_of(session, plan) == set()


def test_an_upheld_complaint_about_both_of_a_crew_blocks_both(session, house, day):
    members, visit, _ = day
    _uphold(session, house, visit, *members)
    for agent in members:
        (block,) = eligibility.show_agent(session, agent.id)["bank_blocks"]
        assert block.bank_id == visit.bank_id


def test_a_complaint_that_was_not_upheld_blocks_nobody(session, house, day):
    members, visit, _ = day
    case_id = cards_of(session, [visit.id])[visit.id][0]
    boss = supervisor(house)
    told = {"grade": "MINOR", "received_on": TODAY, "agent_id": members[0].id}
    complaint = complaints.open_complaint(session, boss, case_id=case_id, **told)
    complaints.report_to_bank(session, boss, complaint.id, report_ref="上报函")
    complaints.reply(session, boss, complaint.id, reply="已核实")
    complaints.close_complaint(session, boss, complaint.id, upheld=False, reason="不属实")
    assert eligibility.show_agent(session, members[0].id)["bank_blocks"] == []


def searched(session, house):
    """What a search finds for the day: crews by visit number, and the reasons of what is left out."""
    plan = service.ask_for_plan(session, supervisor(house), on_date=TOMORROW, budget_s=1, seed=1, queue=False)
    asked = what_is_asked(session, plan, house.clock.now())
    found = routing.plan(asked.problem, budget_s=5, seed=1, cores=1, limit=100)
    crews = {visit.stop_id: route.crew_id for route in found.routes for visit in route.visits}
    return crews, {left.stop_id: left for left in (*asked.day.unasked, *found.left_out)}


def test_a_search_sends_no_crew_the_debtor_complains_of(session, house):
    near = make_crew(session)
    agent, case = members_by_crew(session, [near.id])[near.id][1], make_good_case(session)
    complaints.open_complaint(
        session, supervisor(house), case_id=case.id, grade="MINOR", received_on=TODAY, agent_id=agent.id
    )
    visit, other = make_batched_visits(session, house, cases=[[case], [make_good_case(session)]])
    crews, left = searched(session, house)
    assert set(crews) == {other.no}
    assert (left[visit.no].reason, left[visit.no].detail["codes"]) == ("CREW_MAY_NOT_GO", ["VR-083"])
    assert agent.name in left[visit.no].message_zh
    make_crew(session, "C002", recorder="DV0002", start_lat=39.76)  # further away, but nobody complains of them
    crews, left = searched(session, house)
    assert (crews[visit.no], left) == ("C002", {})


def test_a_search_sends_no_crew_that_may_not_go_for_the_bank(session, house):
    one, other = make_crew(session), make_crew(session, "C002", recorder="DV0002", names=("赵一", "钱二"))
    visits = make_batched_visits(session, house, 2)
    member = members_by_crew(session, [one.id])[one.id][0]
    eligibility.block_for_bank(session, supervisor(house), member.id, bank_id=visits[0].bank_id, reason="投诉属实")
    crews, left = searched(session, house)
    assert ({visit.no: "C002" for visit in visits}, {}) == (crews, left)
    service.publish_plan(session, supervisor(house), make_plan(session, {other: visits}, number=9).id)
    make_bank(session, "示范银行B")
    eligibility.register_recorder(session, supervisor(house), serial="DV0002", bank_code="示范银行B", from_on=TODAY)
    crews, left = searched(session, house)
    assert crews == {}
    assert {one.reason for one in left.values()} == {"CREW_MAY_NOT_GO"}
    assert left[visits[0].no].detail["codes"] == ["VR-081", "VR-082"]
