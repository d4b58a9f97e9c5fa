"""A day that goes on: re-planned, changed by hand, cancelled in the middle, compared with what it was."""

import threading

import pytest
from sqlalchemy import select, update

from fieldops import jobs
from fieldops.agents.eligibility import block_for_bank
from fieldops.agents.models import Agent, AgentBankBlock, Crew, CrewMember
from fieldops.agents.queries import members_by_crew
from fieldops.clock import at_local
from fieldops.planning import explaining, moving, publishing, queries, solving
from fieldops.planning.models import DayPlan, LeftOutVisit, VisitLock
from fieldops.sync.models import Recall
from fieldops.sync.rules import SUBSTITUTED
from fieldops.visits.approval import cancel_visit
from fieldops.visits.models import Visit
from tests.planning.makers_of_plans import NINE, TOMORROW, make_crew
from tests.planning.test_solving import asked_plan, the_plan, wait_until
from tests.sync.acts import check_in, report_result, sync
from tests.visits.makers_of_visits import supervisor

REPLAN = {"budget_s": 1, "change_min": 0, "freeze_min": 0, "only_near": False}


def replanned(road, plan_id=None, **asked):
    """The plan of the day, made anew by the supervisor and solved."""
    boss = road.client_as("SUPERVISOR")
    answer = boss.post(f"/api/v1/plans/{plan_id or road.plan_id}/replan", json=REPLAN | asked)
    assert answer.status_code == 202, answer.text
    jobs.work(road.house, until_empty=True)
    plan = boss.get(f"/api/v1/plans/{answer.json['id']}").json
    assert plan["status"] in {"OPTIMISED", "PUBLISHED"}, plan
    return boss, plan


def seats(boss, plan):
    """Crews and places by visit."""
    stops = boss.get(f"/api/v1/plans/{plan['id']}/stops").json
    return {stop["visit_id"]: (stop["crew_id"], stop["sequence"]) for stop in stops}


def of_crew(road, crew):
    return [str(visit) for visit in road.visits[crew.id]]


def test_a_re_plan_holds_what_is_still_to_be_made_and_leaves_out_what_is_done(road):
    (phone, _), _ = road.phones()
    first, second, third = road.visits[road.crew.id]
    check_in(road, phone, first)
    report_result(road, phone, first, "O06")
    check_in(road, phone, second)
    sync(road, phone)
    boss, plan = replanned(road, keep="CREW")
    assert (plan["base_id"], plan["asked"]["kind"], plan["asked"]["keep"]) == (str(road.plan_id), "REPLAN", "CREW")
    found = seats(boss, plan)
    assert set(found) == {str(third), *of_crew(road, road.crews[1])}
    assert found[str(third)] == (str(road.crew.id), 3)
    published = boss.post(f"/api/v1/plans/{plan['id']}/publish")
    assert (published.status_code, published.json["withdrawn"]) == (200, [])
    assert road.status(first)[1:] == ("DONE",)
    assert road.status(second)[1:] == ("CHECKED_IN",)
    report_result(road, phone, second, "O06")
    sync(road, phone)
    assert road.status(second)[1:] == ("DONE",)


def test_a_second_re_plan_knows_what_was_done_on_the_first_plan(road):
    (phone, _), _ = road.phones()
    first, second, third = road.visits[road.crew.id]
    plan_id = road.plan_id
    for number, visit in enumerate((first, second), start=2):
        check_in(road, phone, visit)
        report_result(road, phone, visit, "O06")
        sync(road, phone)
        boss, plan = replanned(road, plan_id, keep="ORDER")
        assert plan["number"] == number
        assert boss.post(f"/api/v1/plans/{plan['id']}/publish").status_code == 200
        plan_id = plan["id"]
    found = seats(boss, plan)
    assert set(found) == {str(third), *of_crew(road, road.crews[1])}
    assert found[str(third)] == (str(road.crew.id), 3)
    assert plan["totals"]["planned"] == 6
    assert boss.get(f"/api/v1/plans/{plan_id}/left-out").json == []


def test_a_crew_whose_visit_is_under_way_goes_on_from_there_when_it_is_free(road):
    (phone, _), _ = road.phones()
    first = road.visits[road.crew.id][0]
    check_in(road, phone, first)
    sync(road, phone)
    boss, plan = replanned(road, keep="ORDER")
    stops = boss.get(f"/api/v1/plans/{plan['id']}/stops").json
    mine = [stop for stop in stops if stop["crew_id"] == str(road.crew.id)]
    assert [stop["sequence"] for stop in mine] == [2, 3]
    free_at = road.house.clock.now().replace(microsecond=0)
    assert all(stop["arrives_at"] >= free_at.isoformat() for stop in mine)
    line = next(
        feature
        for feature in boss.get(f"/api/v1/plans/{plan['id']}/geojson").json["features"]
        if feature["properties"].get("crew") == "C001" and feature["properties"]["kind"] == "route"
    )
    assert len(line["geometry"]["coordinates"]) == 5  # home, the one it is at, two to come, home


def test_a_re_plan_after_a_cancellation_says_what_moved_and_why(road):
    with road.house.transaction() as session:
        cancel_visit(session, supervisor(road.house), road.visit_id, reason="撤回")
        no = session.get_one(Visit, road.visit_id).no
    boss, plan = replanned(road, keep="ORDER", only_near=True)
    told = boss.get(f"/api/v1/plans/{plan['id']}/difference").json
    assert (told["before_id"], told["after_id"]) == (str(road.plan_id), plan["id"])
    assert {move["visit_no"]: move["why"] for move in told["moves"] if move["why"] != "OTHER_TIME"} == {no: "GONE"}
    against = boss.get(f"/api/v1/plans/{road.plan_id}/difference?against={plan['id']}").json
    assert against["travel_s"] == -told["travel_s"]


def test_the_visits_of_a_crew_that_stops_go_to_its_substitute(road):
    with road.house.transaction() as session:
        substitute = make_crew(session, "C009", recorder="DV0009").id
    ill = road.crews[1]
    boss, plan = replanned(road, keep="CREW", stand_ins=[{"crew_id": str(ill.id), "by_crew_id": str(substitute)}])
    found = seats(boss, plan)
    assert {found[visit][0] for visit in of_crew(road, ill)} == {str(substitute)}
    assert {found[visit][0] for visit in of_crew(road, road.crew)} == {str(road.crew.id)}
    moves = boss.get(f"/api/v1/plans/{plan['id']}/difference").json["moves"]
    assert {move["why"] for move in moves if move["after"]["crew"] == "C009"} == {"CREW_FREE"}
    assert boss.post(f"/api/v1/plans/{plan['id']}/publish").status_code == 200


def test_a_crew_that_falls_ill_is_replaced_by_one_call_and_its_phones_are_recalled(road):
    """One visit is under way and stays; the rest is the substitute's, published, off the old phones, on the new ones."""
    old_phones = [phone for phone, _ in road.phones()]
    with road.house.transaction() as session:
        substitute = make_crew(session, "C009", recorder="DV0009")
        members = members_by_crew(session, [substitute.id])[substitute.id]
    for agent in members:
        road.client_as("FIELD_AGENT", name=f"agent {agent.code}", agent_id=agent.id)
    new_phones = [phone for phone, _ in road.phones(substitute)]
    under_way, *handed = map(str, road.visits[road.crew.id])
    check_in(road, old_phones[0], under_way)
    sync(road, old_phones[0])
    stand_ins = [{"crew_id": str(road.crew.id), "by_crew_id": str(substitute.id)}]
    boss, plan = replanned(road, keep="CREW", stand_ins=stand_ins, publish=True)
    assert (plan["status"], plan["published_by"], plan["failure"]) == ("PUBLISHED", "supervisor", None)
    assert boss.get(f"/api/v1/plans/{road.plan_id}").json["status"] == "SUPERSEDED"
    found = seats(boss, plan)
    assert {found[visit][0] for visit in handed} == {str(substitute.id)}
    for phone in (*old_phones, *new_phones):
        sync(road, phone)
    assert [{stop["id"] for stop in phone.stops} for phone in old_phones] == [{under_way}, {under_way}]
    assert [{stop["id"] for stop in phone.stops} for phone in new_phones] == [set(handed), set(handed)]
    with road.house.transaction() as session:
        recalls = session.scalars(select(Recall)).all()
    assert {str(one.visit_id) for one in recalls} == set(handed)
    assert len(recalls) == len(handed) * len(old_phones)
    assert {one.reason for one in recalls} == {SUBSTITUTED}


def test_a_substitute_who_may_not_go_is_not_sent_and_the_plan_waits_with_the_reason(road):
    with road.house.transaction() as session:
        alone = make_crew(session, "C009", recorder="DV0009", names=("孙七",))
    stand_ins = [{"crew_id": str(road.crew.id), "by_crew_id": str(alone.id)}]
    boss, plan = replanned(road, keep="CREW", stand_ins=stand_ins, publish=True, freeze_min=0)
    found = seats(boss, plan)
    assert str(alone.id) not in {crew for crew, _ in found.values()}
    left = boss.get(f"/api/v1/plans/{plan['id']}/left-out").json
    assert {row["visit_id"] for row in left} | set(found) == {*of_crew(road, road.crew), *of_crew(road, road.crews[1])}


def test_what_refuses_the_publishing_stands_on_the_plan_which_waits_for_a_person(road, monkeypatch):
    """A member loses a paper between the search and the publishing: the old plan stands, the new one says why."""
    real = publishing.service.publish_plan

    def later(session, actor, plan_id):
        member = members_by_crew(session, [road.crews[1].id])[road.crews[1].id][0]
        bank_id = session.get_one(Visit, road.visit_id).bank_id
        session.add(AgentBankBlock(agent_id=member.id, bank_id=bank_id, reason="x", since_at=actor.at, raised_by="x"))
        session.flush()
        return real(session, actor, plan_id)

    monkeypatch.setattr(publishing.service, "publish_plan", later)
    boss, plan = replanned(road, keep="CREW", publish=True)
    assert (plan["status"], "VR-081" in plan["failure"]) == ("OPTIMISED", True)
    assert boss.get(f"/api/v1/plans/{road.plan_id}").json["status"] == "PUBLISHED"


def test_only_who_may_publish_asks_for_a_re_plan_that_is_published(road):
    answer = road.client_as("BUSINESS_DEPT").post(
        f"/api/v1/plans/{road.plan_id}/replan", json=REPLAN | {"publish": True}
    )
    assert (answer.status_code, answer.json["code"]) == (403, "PUBLISH_IS_THE_SUPERVISORS")


def test_a_member_whose_place_a_substitute_has_loses_the_day_when_it_is_published_again(road):
    boss = road.client_as("SUPERVISOR")
    (leader, _), (second, _) = road.phones()
    with road.house.transaction() as session:
        out = members_by_crew(session, [road.crew.id])[road.crew.id][1]
        spare = Agent(code="B-1", name="周八")
        session.add(spare)
        session.flush()
        out_id, spare_id = str(out.id), str(spare.id)
    assert boss.put(f"/api/v1/agents/{out_id}/substitute", json={"substitute_id": spare_id}).status_code == 200
    body = {"agent_id": out_id, "reason": "病假"}
    assert boss.post(f"/api/v1/crews/{road.crew.id}/stand-in", json=body).status_code == 200
    _, plan = replanned(road, keep="ORDER", publish=True)
    assert plan["status"] == "PUBLISHED", plan
    for phone in (leader, second):
        sync(road, phone)
    assert (len(leader.stops), second.stops) == (3, [])


def test_a_substitute_who_does_not_work_that_day_is_refused(road):
    with road.house.transaction() as session:
        off = make_crew(session, "C009", recorder="DV0009", active=False).id
    body = REPLAN | {"stand_ins": [{"crew_id": str(road.crew.id), "by_crew_id": str(off)}]}
    answer = road.client_as("SUPERVISOR").post(f"/api/v1/plans/{road.plan_id}/replan", json=body)
    assert (answer.status_code, answer.json["code"]) == (422, "SUBSTITUTE_NOT_ON_DUTY")


def test_only_a_plan_with_routes_is_gone_on_from(house, app, client_as):
    plan_id = asked_plan(house)
    boss = client_as("SUPERVISOR")
    for path, body in (("replan", {}), ("moves", {"visit_id": str(plan_id), "crew_id": str(plan_id), "reason": "x"})):
        answer = boss.post(f"/api/v1/plans/{plan_id}/{path}", json=body)
        assert (answer.status_code, answer.json["code"]) == (409, "PLAN_NOT_READY")


def test_a_plan_made_from_no_other_differs_from_nothing(road):
    boss = road.client_as("SUPERVISOR")
    same = boss.get(f"/api/v1/plans/{road.plan_id}/difference").json
    assert (same["before_id"], same["moves"], same["crews"], same["travel_s"]) == (str(road.plan_id), [], [], 0)


def move(road, visit_id, crew, **changes):
    boss = road.client_as("SUPERVISOR")
    body = {"visit_id": str(visit_id), "crew_id": str(crew.id), "reason": "熟悉该小区"} | changes
    return boss, boss.post(f"/api/v1/plans/{road.plan_id}/moves", json=body)


def test_a_visit_moved_by_hand_is_a_new_version_a_lock_and_is_explained(road):
    one, other = road.crews
    boss, answer = move(road, road.visit_id, other, position=1)
    assert (answer.status_code, answer.json["status"], answer.json["number"]) == (201, "OPTIMISED", 2)
    found = seats(boss, answer.json)
    assert found[str(road.visit_id)] == (str(other.id), 1)
    assert [found[visit][1] for visit in of_crew(road, other)] == [2, 3, 4]
    told = boss.get(f"/api/v1/plans/{answer.json['id']}/difference").json
    (moved,) = [one for one in told["moves"] if one["why"] != "OTHER_TIME"]
    assert (moved["why"], moved["before"]["crew"], moved["after"]["crew"]) == ("OTHER_CREW", one.code, other.code)
    (lock,) = boss.get(f"/api/v1/plans/locks?on_date={TOMORROW}").json
    assert (lock["visit_id"], lock["crew_id"], lock["position"]) == (str(road.visit_id), str(other.id), 1)
    _, again = replanned(road)
    assert seats(boss, again)[str(road.visit_id)][0] == str(other.id)


def test_a_move_is_judged_at_once_and_many_reasons_are_proved_by_a_job(road, monkeypatch):
    """With no reason allowed in the request: they are those of the plan before until the job has run."""
    one, other = road.crews
    with road.house.transaction() as session:
        session.get_one(Crew, one.id).shift_end_s = NINE + 3600 + 1800  # an hour is left: not every visit fits
        session.get_one(Crew, other.id).active = False
    boss, plan = replanned(road)
    before = {row["visit_id"]: row for row in boss.get(f"/api/v1/plans/{plan['id']}/left-out").json}
    (planned, *_), (left, *_) = seats(boss, plan), before
    with road.house.transaction() as session:
        session.execute(update(LeftOutVisit).values(message_en="as told before"))
        session.get_one(Crew, one.id).shift_end_s = 20 * 3600
    monkeypatch.setattr(moving, "AT_MOST", 0)
    body = {"visit_id": planned, "crew_id": str(one.id), "reason": "先办"}
    answer = boss.post(f"/api/v1/plans/{plan['id']}/moves", json=body)
    assert (answer.status_code, answer.json["engine"]["reasons_of_before"]) == (201, True)
    path = f"/api/v1/plans/{answer.json['id']}"
    told = {row["visit_id"]: row for row in boss.get(f"{path}/left-out").json}
    assert (told.keys(), {row["message_en"] for row in told.values()}) == (before.keys(), {"as told before"})
    jobs.work(road.house, until_empty=True)
    assert boss.get(path).json["engine"]["reasons_of_before"] is False
    proved = {row["visit_id"]: row for row in boss.get(f"{path}/left-out").json}
    assert proved.keys() == before.keys()
    assert proved[left]["reason"] == "NOT_FOUND_IN_TIME", "the crew works till eight now"
    explaining.explain(road.house, id=answer.json["id"])
    assert {row["visit_id"]: row for row in boss.get(f"{path}/left-out").json} == proved


def test_a_move_to_a_crew_the_rules_bar_says_what_bars_it(road):
    with road.house.transaction() as session:
        member = session.scalars(select(CrewMember.agent_id).filter_by(crew_id=road.crews[1].id)).first()
        bank_id = session.get_one(Visit, road.visit_id).bank_id
        block_for_bank(session, supervisor(road.house), member, bank_id=bank_id, reason="投诉属实")
    _, answer = move(road, road.visit_id, road.crews[1])
    assert (answer.status_code, answer.json["code"], answer.json["codes"]) == (409, "MOVE_REFUSED", ["VR-081"])
    assert "VR-081" in answer.json["message_en"]
    assert "投诉属实" in answer.json["message_zh"]
    assert "not C002" not in answer.json["detail"]


def test_a_move_that_breaks_a_rule_is_refused_by_its_name_and_changes_nothing(road):
    with road.house.transaction() as session:
        session.get_one(Visit, road.visit_id).windows = [[NINE, NINE + 3600]]
    _, answer = move(road, road.visit_id, road.crews[1], begins_from="15:00", begins_until="16:00")
    assert (answer.status_code, answer.json["code"], answer.json["limit"]) == (409, "MOVE_REFUSED", "WINDOW")
    assert answer.json["message_zh"]
    with road.house.transaction() as session:
        assert session.scalars(select(VisitLock)).all() == []
        assert len(session.scalars(select(DayPlan)).all()) == 1


def test_a_newer_lock_lifts_the_older_and_a_lifted_one_binds_nobody(road):
    boss, first = move(road, road.visit_id, road.crews[1])
    assert first.status_code == 201
    body = {"visit_id": str(road.visit_id), "crew_id": str(road.crew.id), "reason": "换回"}
    assert boss.post(f"/api/v1/plans/{first.json['id']}/moves", json=body).status_code == 201
    (lock,) = boss.get(f"/api/v1/plans/locks?on_date={TOMORROW}").json
    assert lock["crew_id"] == str(road.crew.id)
    lift = {"on_date": TOMORROW.isoformat(), "visit_id": str(road.visit_id)}
    assert boss.post("/api/v1/plans/locks/lift", json=lift).status_code == 204
    assert boss.get(f"/api/v1/plans/locks?on_date={TOMORROW}").json == []
    assert boss.post("/api/v1/plans/locks/lift", json=lift).status_code == 404
    with road.house.transaction() as session:
        assert [one.lifted_by for one in session.scalars(select(VisitLock))] == ["supervisor", "supervisor"]


def test_what_is_under_way_is_not_moved_and_nothing_is_put_before_it(road):
    (phone, _), _ = road.phones()
    check_in(road, phone, road.visit_id)
    sync(road, phone)
    _, begun = move(road, road.visit_id, road.crews[1])
    assert (begun.status_code, begun.json["code"]) == (409, "VISIT_BEGUN")
    _, behind = move(road, road.visits[road.crews[1].id][0], road.crew, position=1)
    assert (behind.status_code, behind.json["code"]) == (409, "PLACE_BEHIND")


def test_what_a_move_cannot_mean_is_not_understood(road):
    _, far = move(road, road.visit_id, road.crews[1], position=99)
    assert (far.status_code, far.json["code"]) == (422, "MOVE_NOT_UNDERSTOOD")
    _, half = move(road, road.visit_id, road.crews[1], begins_from="09:00")
    assert half.status_code == 422
    _, back = move(road, road.visit_id, road.crews[1], begins_from="10:00", begins_until="09:00")
    assert back.status_code == 422
    _, stranger = move(road, road.plan_id, road.crews[1])
    assert stranger.status_code == 422


def test_a_lock_to_a_crew_that_is_off_is_a_reason_and_no_other_crew_gets_the_visit(road):
    boss, answer = move(road, road.visit_id, road.crews[1])
    assert answer.status_code == 201
    with road.house.transaction() as session:
        session.get_one(Crew, road.crews[1].id).active = False
    _, plan = replanned(road)
    left = {row["visit_id"]: row["reason"] for row in boss.get(f"/api/v1/plans/{plan['id']}/left-out").json}
    assert left[str(road.visit_id)] == "LOCKED_CREW_ABSENT"


def test_a_search_tells_how_far_it_is_and_stops_with_the_best_plan_so_far(house, app, client_as):
    plan_id = asked_plan(house, 4, budget_s=600)
    boss, path = client_as("SUPERVISOR"), f"/api/v1/plans/{plan_id}"
    solver = threading.Thread(target=solving.solve, args=(house,), kwargs={"id": str(plan_id)})
    solver.start()
    wait_until(lambda: boss.get(path).json["progress"].get("planned") == 4)
    progress = boss.get(path).json["progress"]
    assert progress["best_cost"] > 0
    assert (progress["budget_s"], progress["areas"]) == (600, house.settings.cores)
    assert boss.post(f"{path}/cancel").json["cancelled_by"] == "supervisor"
    solver.join(60)
    assert not solver.is_alive()
    plan = boss.get(path).json
    assert (plan["status"], plan["totals"]["planned"], plan["engine"]["cancelled"]) == ("OPTIMISED", 4, True)
    answer = boss.post(f"{path}/cancel")
    assert (answer.status_code, answer.json["code"]) == (409, "PLAN_NOT_RUNNING")


def test_a_plan_cancelled_while_it_waits_is_cut_short_and_still_whole(house, app, client_as):
    plan_id = asked_plan(house, 3, budget_s=600)
    boss = client_as("SUPERVISOR")
    assert boss.post(f"/api/v1/plans/{plan_id}/cancel").status_code == 200
    assert boss.post(f"/api/v1/plans/{plan_id}/cancel").status_code == 200  # asking twice is asking once
    jobs.work(house, until_empty=True)
    plan = the_plan(house, plan_id)
    assert (plan.status, plan.totals["planned"], plan.engine["cancelled"]) == ("OPTIMISED", 3, True)


def test_a_stop_that_was_begun_on_a_replaced_plan_is_asked_after_at_the_end_of_the_day(road):
    from fieldops.planning.closing import close_day
    from fieldops.tasks.models import Task

    (phone, _), _ = road.phones()
    check_in(road, phone, road.visit_id)
    sync(road, phone)
    boss, plan = replanned(road, keep="CREW")
    assert boss.post(f"/api/v1/plans/{plan['id']}/publish").status_code == 200
    road.house.clock.instant = at_local(TOMORROW, 25 * 3600)
    with road.house.transaction() as session:
        close_day(session, supervisor(road.house), TOMORROW)
        missing = session.scalars(select(Task.entity_id).where(Task.kind == "RESULT_MISSING")).all()
        assert queries.plan_by_id(session, road.plan_id).status == "SUPERSEDED"
    assert missing == [road.visit_id]


@pytest.mark.parametrize("changes", [{"keep": "ALL"}, {"freeze_min": -1}, {"budget_s": 0}, {"stand_ins": [{}]}])
def test_a_re_plan_that_means_nothing_is_refused(road, changes):
    answer = road.client_as("SUPERVISOR").post(f"/api/v1/plans/{road.plan_id}/replan", json=REPLAN | changes)
    assert answer.status_code == 422
