"""The pages in a real browser: the demo day on its map, its letters, the API's documentation; no other network."""

import re
from datetime import datetime

import pytest

from tests.small_day import DAY


@pytest.fixture
def start(page):
    page.goto("/")
    page.wait_for_selector("#map svg path.route")
    return page


def test_the_start_page_shows_the_figures_of_the_day(start, small_day):
    shown = {
        each.locator("small").inner_text(): int(each.locator("b").inner_text())
        for each in start.locator(".figures > div").all()
    }
    summary = small_day.summary
    assert shown["cases"] == summary["cases"]
    assert shown["visits approved"] == summary["approved"]
    assert shown["visits planned"] == summary["planned"]
    assert shown["letters"] == summary["letters"]
    assert shown["registered"] == summary["registered"]
    assert str(DAY) in start.locator("h2", has_text="外访路线").inner_text()


def test_the_start_page_shows_every_trap_as_held(start, small_day):
    traps = start.locator("ul.traps li")
    assert traps.count() == len(small_day.summary["traps"])
    assert start.locator("ul.traps li.missed").count() == 0


def test_the_map_draws_a_route_for_each_crew_and_a_dot_for_each_stop(start, small_day):
    assert start.locator("#map path.route").count() == small_day.summary["crews"]
    assert start.locator("#map circle.stop").count() == small_day.summary["planned"]
    assert start.locator("#map path.left-out").count() == small_day.summary["left_out"]
    assert start.locator("#map aside li").count() == 0


def test_a_click_on_a_route_lists_its_stops_in_the_order_of_the_day(start):
    group = start.locator("#map g[data-crew]").first
    group.locator("circle.stop").first.click(force=True)
    start.wait_for_selector("#map aside li")
    listed = start.locator("#map aside li").all_inner_texts()
    assert len(listed) == group.locator("circle.stop").count()
    times = [datetime.strptime(line.split()[0], "%H:%M").time() for line in listed]  # noqa: DTZ007 - a time of day
    assert times == sorted(times)
    assert group.get_attribute("class") == "chosen"
    assert start.locator("#map aside p").inner_text().startswith(group.get_attribute("data-crew"))


def test_a_click_beside_the_routes_puts_the_choice_away(start):
    start.locator("#map circle.stop").first.click(force=True)
    start.wait_for_selector("#map aside li")
    start.locator("#map svg").click(position={"x": 3, "y": 3})
    start.wait_for_function("document.querySelectorAll('#map aside li').length === 0")


def test_the_wheel_zooms_and_a_drag_moves_the_map(start):
    svg = start.locator("#map svg")
    before = _view(svg)
    box = svg.bounding_box()
    start.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    start.mouse.wheel(0, -300)
    start.wait_for_function(
        "view => document.querySelector('#map svg').getAttribute('viewBox') !== view", arg=" ".join(before)
    )
    nearer = _view(svg)
    assert float(nearer[2]) < float(before[2])
    start.mouse.down()
    start.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2, steps=4)
    start.mouse.up()
    assert float(_view(svg)[0]) < float(nearer[0])
    assert start.locator("#map aside li").count() == 0, "a drag is no choice"


def test_a_far_visit_left_out_stands_at_the_edge_and_does_not_shrink_the_map(page):
    """Near ones widen the map; one a thousand kilometres away does not make the routes a dot."""

    def with_a_far_one(route):
        told = route.fetch().json()
        lon, lat = next(f for f in told["features"] if f["properties"]["kind"] == "stop")["geometry"]["coordinates"]
        words = {"kind": "left_out", "visit": "V-far", "message_zh": "太远"}
        far = {"type": "Point", "coordinates": [lon + 10, lat + 10]}
        told["features"].append({"type": "Feature", "geometry": far, "properties": words})
        route.fulfill(json=told)

    page.goto("/")
    page.wait_for_selector("#map svg path.route")
    without = [float(part) for part in _view(page.locator("#map svg"))]
    page.route("**/*.geojson", with_a_far_one)
    page.reload()
    page.wait_for_selector("#map svg path.route")
    assert [float(part) for part in _view(page.locator("#map svg"))] == without
    far = page.locator("#map path.left-out.far")
    assert "V-far: 太远（图外" in far.locator("title").text_content()
    x, y = (float(number) for number in far.get_attribute("d")[1:].split("l")[0].split())
    left, top, width, height = without
    assert left + 0.9 * width < x < left + width, "at the east"
    assert top < y < top + 0.1 * height, "and the north"


def test_the_link_of_a_letter_is_a_pdf(start, small_day):
    links = start.locator("a[href^='/demo/letters/']")
    assert links.count() == small_day.summary["letters"]
    answer = start.request.get(links.first.get_attribute("href"))
    assert answer.ok
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")


@pytest.mark.parametrize(("form", "begins"), [("pdf", b"%PDF-"), ("xlsx", b"PK")])
def test_the_handover_list_comes_as_a_page_to_sign_and_as_a_workbook(start, form, begins):
    href = start.locator(f"a[href^='/demo/handover-lists/'][href$='.{form}']").first.get_attribute("href")
    assert start.request.get(href).body().startswith(begins)


def test_recipients_are_masked_on_the_start_page(start):
    recipients = start.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert recipients
    assert all(re.fullmatch(r".\*+", name) for name in recipients)


def test_the_documentation_shows_every_group_and_its_operations_from_this_server_alone(page, server):
    page.goto("/docs")
    page.wait_for_selector(".opblock-tag")
    groups = set(page.locator(".opblock-tag").evaluate_all("tags => tags.map(tag => tag.dataset.tag)"))
    described = page.request.get("/openapi.json").json()
    operations = [one for item in described["paths"].values() for one in item.values() if isinstance(one, dict)]
    assert groups == {tag for one in operations for tag in one["tags"]}
    page.locator(".opblock-tag[data-tag='visits']").click()
    page.wait_for_selector("#operations-tag-visits ~ div .opblock, .opblock")
    paths = page.locator(".opblock-summary-path").evaluate_all("all => all.map(one => one.dataset.path)")
    assert "/api/v1/visits/{visit_id}/approve" in paths
    assert any(url.startswith(server) and url.endswith("swagger-ui-bundle.js") for url in page.asked)


def test_an_operation_opens_with_its_parameters_and_answers(page):
    page.goto("/docs")
    page.locator(".opblock-tag[data-tag='visits']").click()
    page.locator(".opblock-summary-path[data-path='/api/v1/visits']").first.click()
    page.wait_for_selector(".opblock.is-open .responses-wrapper")
    assert (
        "200" in page.locator(".opblock.is-open .responses-wrapper").inner_text()
        or "201" in page.locator(".opblock.is-open .responses-wrapper").inner_text()
    )


def _view(svg):
    return svg.get_attribute("viewBox").split()
