"""The pages as the server gives them: what anybody may see, and what only a demo shows."""

import re

import pytest


def _get(client, path):
    """A whole answer; a file that is sent is read to its end and closed."""
    return client.get(path, buffered=True)


NOTHING = "00000000-0000-7000-8000-000000000000"
PAGES = ["/", "/docs", "/static/start.css", "/static/map.js", "/static/docs.js", "/openapi.json", "/api/v1/health"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_without_a_login(app, path):
    assert _get(app.test_client(), path).status_code == 200


def test_the_health_of_the_server_tells_mode_and_time(app, house):
    told = app.test_client().get("/api/v1/health").json
    assert told == {"status": "ok", "mode": "development", "now": house.clock.now().isoformat()}


def test_outside_a_demo_the_start_page_says_how_to_log_in_and_shows_nothing_else(app):
    text = app.test_client().get("/").text
    assert "POST /api/v1/login" in text
    assert "map.js" not in text


@pytest.mark.parametrize(
    "path",
    [
        f"/demo/plans/{NOTHING}.geojson",
        f"/demo/letters/{NOTHING}.pdf",
        f"/demo/handover-lists/{NOTHING}.pdf",
        f"/demo/handover-lists/{NOTHING}.xlsx",
    ],
)
def test_pages_of_the_demo_are_not_there_outside_it(app, path):
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.json["code"]) == (404, "DEMO_ONLY")


def test_a_real_plan_is_not_shown_without_a_login_outside_a_demo(road):
    answer = road.app.test_client().get(f"/demo/plans/{road.plan_id}.geojson")
    assert (answer.status_code, answer.json["code"]) == (404, "DEMO_ONLY")


@pytest.mark.parametrize(
    "path", ["/static/../start.html", "/static/%2e%2e/start.html", "/vendor/../../letters", "/static/"]
)
def test_no_file_beside_the_pages_own_is_served(app, path):
    assert app.test_client().get(path).status_code == 404


def test_pages_name_no_other_server(app):
    client = app.test_client()
    for path in ("/", "/docs", "/static/start.css", "/static/map.js", "/static/docs.js"):
        text = _get(client, path).text.replace("http://www.w3.org/2000/svg", "")  # the name of a language, not a place
        assert not re.findall(r"(?:https?:)?//[a-z]", text.replace("// ", "")), path


def test_in_a_demo_a_letter_nobody_wrote_is_not_found(app_after_day):
    client = app_after_day.test_client()
    assert client.get(f"/demo/letters/{NOTHING}.pdf").status_code == 404
    assert client.get(f"/demo/plans/{NOTHING}.geojson").status_code == 404


def test_a_handover_list_comes_in_no_third_form(app_after_day):
    client = app_after_day.test_client()
    link = re.search(r"/demo/handover-lists/[0-9a-f-]+", client.get("/").text)[0]
    assert client.get(f"{link}.pdf").status_code == 200
    answer = client.get(f"{link}.docx")
    assert (answer.status_code, answer.json["code"]) == (404, "FORM_UNKNOWN")


def test_the_map_shows_visits_by_their_number_and_no_debtor(app_after_day):
    client = app_after_day.test_client()
    plan = re.search(r"/demo/plans/[0-9a-f-]+\.geojson", client.get("/").text)[0]
    features = client.get(plan).json["features"]
    assert {each["properties"]["kind"] for each in features} == {"route", "stop", "left_out"}
    shown = {name for each in features for name in each["properties"]}
    assert not shown & {"name", "debtor", "phone", "id_no", "card_no", "address"}
