"""Planning over HTTP: ask, look, publish, and the plan as GeoJSON."""

import json

import pytest
from sqlalchemy import select

from fieldops import jobs
from fieldops.planning import service
from fieldops.planning.models import RouteStop
from fieldops.visits.approval import cancel_visit
from tests.planning.makers_of_plans import TOMORROW, make_batched_visits, make_crew
from tests.visits.makers_of_visits import supervisor


def assert_valid_geojson(document):
    """RFC 7946, as far as a plan uses it."""
    assert document["type"] == "FeatureCollection"
    assert set(document) == {"type", "features"}
    for feature in document["features"]:
        assert set(feature) == {"type", "geometry", "properties"}
        assert feature["type"] == "Feature"
        assert isinstance(feature["properties"], dict)
        kind, places = feature["geometry"]["type"], feature["geometry"]["coordinates"]
        assert kind in {"Point", "LineString"}
        places = [places] if kind == "Point" else places
        assert kind == "Point" or len(places) >= 2
        for lon, lat in places:
            assert isinstance(lon, float)
            assert isinstance(lat, float)
            assert 73 <= lon <= 136
            assert 3 <= lat <= 54


def test_a_day_is_planned_looked_at_and_published(house, client_as):
    with house.transaction() as session:
        make_crew(session)
        visits = make_batched_visits(session, house, 3)
        visits[0].windows = [[20 * 3600 + 50 * 60, 21 * 3600]]
    boss = client_as("SUPERVISOR")
    asked = boss.post("/api/v1/plans", json={"on_date": TOMORROW.isoformat(), "budget_s": 1})
    assert (asked.status_code, asked.json["status"], asked.json["number"]) == (202, "WAITING", 1)
    jobs.work(house, until_empty=True)
    path = f"/api/v1/plans/{asked.json['id']}"
    assert boss.get(path).json["status"] == "OPTIMISED"
    assert [plan["id"] for plan in boss.get(f"/api/v1/plans?on_date={TOMORROW}").json] == [asked.json["id"]]
    stops = boss.get(f"{path}/stops").json
    assert {stop["visit_id"] for stop in stops} == {str(visit.id) for visit in visits[1:]}
    (left,) = boss.get(f"{path}/left-out").json
    assert (left["visit_no"], left["reason"]) == (visits[0].no, "OUTSIDE_LAWFUL_HOURS")
    published = boss.post(f"{path}/publish")
    assert (published.status_code, published.json["plan"]["status"], published.json["withdrawn"]) == (
        200,
        "PUBLISHED",
        [],
    )
    assert boss.post(f"{path}/publish").status_code == 409


def test_a_plan_is_geojson_with_routes_stops_and_what_was_left_out(road):
    boss = road.client_as("SUPERVISOR")
    with road.house.transaction() as session:
        cancel_visit(session, supervisor(road.house), road.visit_id, reason="撤回")
    document = json.loads(boss.get(f"/api/v1/plans/{road.plan_id}/geojson").data)
    assert_valid_geojson(document)
    by_kind = {}
    for feature in document["features"]:
        by_kind.setdefault(feature["properties"]["kind"], []).append(feature)
    assert {kind: len(found) for kind, found in by_kind.items()} == {"route": 2, "stop": 6}
    lengths = {each["properties"]["crew"]: len(each["geometry"]["coordinates"]) for each in by_kind["route"]}
    assert lengths == {"C001": 4, "C002": 5}  # home, the stops that stand, home
    assert [each["properties"]["status"] for each in by_kind["stop"]].count("CANCELLED") == 1


def test_a_plan_has_a_higher_version_when_a_stop_is_cancelled(road):
    boss = road.client_as("SUPERVISOR")
    path = f"/api/v1/plans/{road.plan_id}"
    before = boss.get(path).json["version"]
    with road.house.transaction() as session:
        cancel_visit(session, supervisor(road.house), road.visit_id, reason="撤回")
    assert boss.get(path).json["version"] == before + 1


def test_a_plan_without_a_stop_is_still_geojson(house, client_as):
    with house.transaction() as session:
        make_crew(session)
        (visit,) = make_batched_visits(session, house, 1)
        visit.lat = visit.lon = None
        plan = service.ask_for_plan(session, supervisor(house), on_date=TOMORROW, budget_s=1, seed=1)
    jobs.work(house, until_empty=True)
    document = client_as("SUPERVISOR").get(f"/api/v1/plans/{plan.id}/geojson").json
    assert_valid_geojson(document)
    with house.transaction() as session:
        assert session.scalars(select(RouteStop)).all() == []


def test_nothing_is_planned_where_nothing_is_batched(client_as):
    answer = client_as("SUPERVISOR").post("/api/v1/plans", json={"on_date": TOMORROW.isoformat()})
    assert (answer.status_code, answer.json["code"]) == (409, "NOTHING_BATCHED")


def test_a_day_that_is_over_is_not_planned(client_as):
    answer = client_as("SUPERVISOR").post("/api/v1/plans", json={"on_date": "2026-11-22"})
    assert (answer.status_code, answer.json["code"]) == (422, "DAY_OVER")


@pytest.mark.parametrize("budget_s", [0, 3601, "soon"])
def test_a_budget_out_of_range_is_refused(client_as, budget_s):
    body = {"on_date": TOMORROW.isoformat(), "budget_s": budget_s}
    assert client_as("SUPERVISOR").post("/api/v1/plans", json=body).status_code == 422


def test_a_planner_may_not_publish_and_a_crew_may_not_look(road):
    path = f"/api/v1/plans/{road.plan_id}"
    assert road.client_as("BUSINESS_DEPT").post(f"{path}/publish").status_code == 403
    assert road.client_as("FIELD_AGENT", name="agent C001-1").get(f"{path}/stops").status_code == 403


def test_results_are_shown_to_the_office_with_a_line_per_card(road):
    from tests.sync.acts import report_result, sync

    (phone, _), _ = road.phones()
    done = report_result(road, phone, road.visit_id, "O06")
    sync(road, phone)
    boss = road.client_as("SUPERVISOR")
    shown = boss.get(f"/api/v1/results/{done}").json
    assert (shown["person_met"], shown["is_primary"], shown["lines"][0]["outcome"]) == ("P01", True, "O06")
    assert [each["id"] for each in boss.get(f"/api/v1/results/of-visit/{road.visit_id}").json] == [done]
    assert road.client_as("FIELD_AGENT", name="agent C001-1").get(f"/api/v1/results/{done}").status_code == 403
