"""Travel by road: replies in the services' real shapes over real HTTP, what is kept, gaps named, real Valhalla."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from sqlalchemy import func, select

from fieldops.roads import matrices
from fieldops.roads.matrices import kept_matrices, road_matrices
from fieldops.roads.models import RoadLeg
from fieldops.roads.services import road_service
from routing import GreatCircle

LINE = GreatCircle()
POINTS = [(31.2304, 121.4737), (31.2285, 121.4627), (31.2322, 121.4690), (31.2350, 121.4780)]
NOWHERE = (31.9, 121.45)


def seconds_between(a, b):
    """A road that is longer one way than the other."""
    return round(abs(a[0] - b[0]) * 1e5 + abs(a[1] - b[1]) * 2e5) + (60 if a > b else 0)


def as_valhalla(sources, targets):
    """The shape Valhalla 3.5 answers in; a leg it does not know has null for time and distance."""
    rows = [
        [
            {
                "from_index": i,
                "to_index": j,
                "time": seconds_between(a, b),
                "distance": seconds_between(a, b) / 100,
                "begin_lat": a[0],
                "begin_lon": a[1],
                "end_lat": b[0],
                "end_lon": b[1],
            }
            for j, b in enumerate(targets)
        ]
        for i, a in enumerate(sources)
    ]
    return {"sources_to_targets": rows, "units": "kilometers", "algorithm": "costmatrix"}


def as_osrm(sources, targets):
    """The shape OSRM 5 and 6 answer in."""
    return {
        "code": "Ok",
        "durations": [[float(seconds_between(a, b)) for b in targets] for a in sources],
        "distances": [[seconds_between(a, b) * 10.0 for b in targets] for a in sources],
        "sources": [{"hint": "", "distance": 4.2, "name": "", "location": [lon, lat]} for lat, lon in sources],
        "destinations": [{"hint": "", "distance": 4.2, "name": "", "location": [lon, lat]} for lat, lon in targets],
    }


class Roads(BaseHTTPRequestHandler):
    """A service that refuses what it cannot place, as Valhalla (400, code 171) and OSRM (400, NoSegment) do."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        places = [[(p["lat"], p["lon"]) for p in body[name]] for name in ("sources", "targets")]
        self.server.asked.append((body["costing"], len(places[0]), len(places[1])))
        refusal = {"error_code": 171, "error": "No suitable edges near location", "status_code": 400}
        self._answer(places, as_valhalla, refusal)

    def do_GET(self):
        url = urlsplit(self.path)
        profile, points = url.path.split("/")[-2:]
        at = [(float(lat), float(lon)) for lon, lat in (pair.split(",") for pair in points.split(";"))]
        query = parse_qs(url.query)
        places = [[at[int(i)] for i in query[name][0].split(";")] for name in ("sources", "destinations")]
        self.server.asked.append((profile, len(places[0]), len(places[1])))
        self._answer(places, as_osrm, {"code": "NoSegment", "message": "Could not find a matching segment"})

    def _answer(self, places, shape, refusal):
        refused = any(point == NOWHERE for side in places for point in side)
        status, body = (400, refusal) if refused else (200, shape(*places))
        if self.server.change is not None:
            status, body = self.server.change(status, body)
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """Tests are quiet."""


@contextmanager
def serving(kind, house, change=None):
    """The house with such a service set up, and the service."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Roads)
    server.asked, server.change = [], change
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    setting = f"{kind}+http://127.0.0.1:{server.server_port}"
    try:
        yield replace(house, settings=replace(house.settings, roads=setting)), server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("kind", "costing"), [("valhalla", "auto"), ("osrm", "driving")])
def test_every_leg_is_asked_for_once_and_kept(house, kind, costing):
    with serving(kind, house) as (with_roads, service):
        found = road_matrices(with_roads, POINTS, ["CAR"], LINE)
        assert service.asked == [(costing, 4, 4)]
        again = road_matrices(with_roads, POINTS, ["CAR"], LINE)
        assert len(service.asked) == 1
    expected = [[0 if a == b else seconds_between(a, b) for b in POINTS] for a in POINTS]
    assert found.by_mode["CAR"].seconds.tolist() == expected
    assert found.by_mode["CAR"].metres.tolist() == (np.array(expected) * 10).tolist()
    assert found.by_mode["CAR"].seconds[0, 1] != found.by_mode["CAR"].seconds[1, 0]
    assert (again.by_mode["CAR"].seconds == found.by_mode["CAR"].seconds).all()
    assert found.source == f"{kind}: CAR 12 legs"


def test_a_new_point_is_asked_for_alone_with_its_legs(house):
    with serving("valhalla", house) as (with_roads, service):
        road_matrices(with_roads, POINTS[:3], ["CAR"], LINE)
        found = road_matrices(with_roads, POINTS, ["CAR"], LINE)
    assert len(service.asked) == 2
    assert "12 legs" in found.source
    with house.transaction() as session:
        assert session.scalar(select(func.count()).select_from(RoadLeg)) == 16


def test_without_asking_only_kept_legs_are_by_road_and_the_rest_is_named(house):
    with serving("valhalla", house) as (with_roads, service):
        road_matrices(with_roads, POINTS[:3], ["CAR"], LINE)
        asked = len(service.asked)
        found = kept_matrices(with_roads, POINTS, ["CAR"], LINE)
        assert len(service.asked) == asked
    assert found.source == "valhalla: CAR 6 legs, 6 by great circle × 1.35, all of 1 points"


@pytest.mark.parametrize("kind", ["valhalla", "osrm"])
def test_a_point_off_the_roads_is_a_gap_that_is_filled_and_named_and_kept_as_such(house, kind):
    points = [*POINTS, NOWHERE]
    with serving(kind, house) as (with_roads, service):
        found = road_matrices(with_roads, points, ["CAR"], LINE)
        asked = len(service.asked)
        road_matrices(with_roads, points, ["CAR"], LINE)
        assert len(service.asked) == asked
    rows = np.arange(5)
    line = LINE.legs(points, rows, rows, "CAR")[0]
    legs = found.by_mode["CAR"]
    assert legs.seconds[4].tolist() == line[4].tolist()
    assert legs.seconds[:, 4].tolist() == line[:, 4].tolist()
    assert legs.seconds[0, 1] == seconds_between(POINTS[0], POINTS[1])
    assert found.source == f"{kind}: CAR 12 legs, 8 by great circle × 1.35, all of 1 points"


def test_a_leg_the_service_knows_no_way_for_is_a_gap(house):
    def without_one(status, body):
        leg = next(cell for cell in body["sources_to_targets"][0] if cell["time"])
        leg |= {"time": None, "distance": None}
        return status, body

    with serving("valhalla", house, without_one) as (with_roads, _):
        found = road_matrices(with_roads, POINTS, ["CAR"], LINE)
    assert found.source == "valhalla: CAR 11 legs, 1 by great circle × 1.35"


def test_a_null_in_an_osrm_table_and_a_point_far_from_any_road_are_gaps(house):
    def odd(status, body):
        body["durations"][2][3] = None
        body["sources"][0]["distance"] = 900
        return status, body

    with serving("osrm", house, odd) as (with_roads, _):
        found = road_matrices(with_roads, POINTS, ["CAR"], LINE)
    assert found.source.startswith("osrm: CAR 8 legs, 4 by great circle")


def test_a_point_that_was_moved_to_a_far_road_is_a_gap(house):
    def moved(status, body):
        for cell in body["sources_to_targets"][0]:
            cell["begin_lat"] += 0.01
        return status, body

    with serving("valhalla", house, moved) as (with_roads, _):
        found = road_matrices(with_roads, POINTS, ["CAR"], LINE)
    assert "CAR 9 legs, 3 by great circle" in found.source


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda status, body: (500, {"error": "out of memory"}), "it answers 500"),
        (lambda status, body: (404, b"nothing here"), "it answers 404"),
        (lambda status, body: (200, b"<html>"), "it does not answer"),
        (lambda status, body: (200, []), "no JSON object"),
        (lambda status, body: (200, {"sources_to_targets": body["sources_to_targets"][1:]}), "4 × 4 legs"),
        (lambda status, body: (200, {"sources_to_targets": [row[1:] for row in body["sources_to_targets"]]}), "4 × 4"),
        (lambda status, body: (200, {}), "4 × 4 legs"),
        (lambda status, body: (200, _with(body, time=-5)), "below zero"),
        (lambda status, body: (200, _with(body, time="soon")), "4 × 4 legs"),
    ],
)
def test_a_service_that_breaks_costs_no_plan_and_is_said(house, change, said):
    with serving("valhalla", house, change) as (with_roads, _):
        found = road_matrices(with_roads, POINTS, ["CAR"], LINE)
    assert said in found.source
    rows = np.arange(4)
    assert (found.by_mode["CAR"].seconds == LINE.legs(POINTS, rows, rows, "CAR")[0]).all()
    with house.transaction() as session:
        assert session.scalars(select(RoadLeg)).all() == []


def _with(body, **changes):
    body["sources_to_targets"][0][1] |= changes
    return body


def test_nobody_there_is_said_too(house):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        setting = f"osrm+http://127.0.0.1:{free.getsockname()[1]}"
    away = replace(house, settings=replace(house.settings, roads=setting))
    assert "it does not answer" in road_matrices(away, POINTS, ["CAR"], LINE).source


def test_a_service_that_refuses_everything_is_given_up_on(house, monkeypatch):
    monkeypatch.setattr(matrices, "MOST_REFUSALS", 5)
    with serving("valhalla", house, lambda status, body: (400, {"error_code": 154})) as (with_roads, service):
        found = road_matrices(with_roads, POINTS, ["CAR"], LINE)
    assert len(service.asked) == 6
    assert "it refused 5 requests" in found.source


def test_a_way_of_travel_the_service_has_no_roads_for_goes_by_great_circle(house):
    with serving("osrm", house) as (with_roads, service):
        found = road_matrices(with_roads, POINTS, ["CAR", "TRANSIT"], LINE)
    assert [costing for costing, *_ in service.asked] == ["driving"]
    assert "TRANSIT 0 legs, 12 by great circle" in found.source
    found.check(4, ["CAR", "TRANSIT"])


def test_old_legs_are_asked_for_again(house):
    with serving("valhalla", house) as (with_roads, service):
        road_matrices(with_roads, POINTS, ["CAR"], LINE)
        house.clock.instant += matrices.KEPT_FOR * 1.01
        road_matrices(with_roads, POINTS, ["CAR"], LINE)
    assert len(service.asked) == 2


def test_a_big_day_asks_only_for_legs_to_what_is_near(house, monkeypatch):
    monkeypatch.setattr(matrices, "BLOCK", 5)
    monkeypatch.setattr(matrices, "MOST_POINTS", 10)
    points = [(31 + i / 1000, 121.0) for i in range(20)]
    with serving("valhalla", house) as (with_roads, service):
        found = road_matrices(with_roads, points, ["CAR"], LINE)
    assert {(rows, columns) for _, rows, columns in service.asked} == {(5, 5)}
    assert len(service.asked) == 8
    assert found.by_mode["CAR"].seconds[0, 1] == seconds_between(points[0], points[1])
    assert found.by_mode["CAR"].seconds[0, 19] == LINE.legs(points, np.array([0]), np.array([19]), "CAR")[0][0, 0]


def test_without_a_setting_there_are_no_roads(house):
    assert house.settings.roads is None
    assert road_matrices(house, POINTS, ["CAR"], LINE) is None
    assert kept_matrices(house, POINTS, ["CAR"], LINE) is None


def test_a_plan_is_made_by_road_and_says_so(house, app):
    from fieldops.planning import solving
    from tests.planning.test_solving import asked_plan, the_plan

    plan_id = asked_plan(house, 3, crews=1)
    with serving("valhalla", house) as (with_roads, service):
        solving.solve(with_roads, id=str(plan_id))
    plan = the_plan(house, plan_id)
    assert (plan.status, plan.engine["travel"]) == ("OPTIMISED", "valhalla: CAR 12 legs")
    assert plan.engine["filled"] == []
    assert len(service.asked) == 1


def test_a_plan_names_the_visits_whose_legs_no_road_service_knew(house, app, client_as, monkeypatch):
    """One visit lies where no road is: the leg to it and the leg on from it are great circles, the others roads."""
    from fieldops.planning import solving
    from fieldops.visits.models import Visit
    from tests.planning.test_solving import asked_plan

    plan_id = asked_plan(house, 3, crews=1)
    monkeypatch.setitem(globals(), "NOWHERE", (39.7305, 116.141))
    with house.transaction() as session:
        lost = session.scalars(select(Visit).order_by(Visit.no)).first()
        lost.lat, lost.lon = NOWHERE
        lost_id = str(lost.id)
    with serving("valhalla", house) as (with_roads, _):
        solving.solve(with_roads, id=str(plan_id))
    boss, path = client_as("SUPERVISOR"), f"/api/v1/plans/{plan_id}"
    plan, stops = boss.get(path).json, boss.get(f"{path}/stops").json
    features = [feature["properties"] for feature in boss.get(f"{path}/geojson").json["features"]]
    place = next(i for i, stop in enumerate(stops) if stop["visit_id"] == lost_id)
    assert [stop["filled"] for stop in stops] == [i in {place, place + 1} for i in range(3)]
    no_of = {one["visit_id"]: one["visit"] for one in features if one["kind"] == "stop"}
    named = [no_of[stop["visit_id"]] for stop in stops if stop["filled"]]
    (route,) = [one for one in features if one["kind"] == "route"]
    assert plan["filled"] == route["filled"] == named == [one["visit"] for one in features if one.get("filled") is True]
    assert route["home_filled"] is (place == 2)
    assert "6 by great circle" in plan["engine"]["travel"]


EXTRACT = Path(__file__).parents[1] / "specimens/roads/shanghai-huangpu-jingan.osm.pbf"


def valhalla_tool(name):
    """A program of Valhalla: in FIELDOPS_TEST_VALHALLA (a folder, such as `valhalla/bin` of the wheel) or on PATH."""
    folder = os.environ.get("FIELDOPS_TEST_VALHALLA")
    return shutil.which(name, path=folder) if folder else shutil.which(name)


def valhalla_config(tmp_path, port):
    """Valhalla's own default configuration, with tiles in a folder of the test."""
    beside = Path(valhalla_tool("valhalla_service")).resolve().parents[1] / "valhalla_build_config.py"
    maker = [sys.executable, str(beside)] if beside.exists() else ["valhalla_build_config"]
    made = subprocess.run(maker, capture_output=True, check=True, text=True).stdout
    config = json.loads(made)
    config["mjolnir"] |= {"tile_dir": str(tmp_path / "tiles"), "tile_extract": "", "concurrency": 1}
    config["httpd"]["service"]["listen"] = f"tcp://127.0.0.1:{port}"
    for part in ("loki", "thor", "odin"):
        config[part]["service"]["proxy"] = f"ipc://{tmp_path}/{part}"
    for name in ("loopback", "interrupt"):
        config["httpd"]["service"][name] = f"ipc://{tmp_path}/{name}"
    path = tmp_path / "valhalla.json"
    path.write_text(json.dumps(config))
    return path


@contextmanager
def valhalla(tmp_path):
    """Real Valhalla on the streets of central Shanghai; yields its address."""
    builder, service = valhalla_tool("valhalla_build_tiles"), valhalla_tool("valhalla_service")
    if builder is None or service is None:
        pytest.skip(
            "valhalla_build_tiles and valhalla_service are not on PATH, and the wheel pyvalhalla installs from Python 3.12 "
            "on; unpack it and set FIELDOPS_TEST_VALHALLA to its folder valhalla/bin"
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = valhalla_config(tmp_path, port)
    (tmp_path / "tiles").mkdir()
    subprocess.run([builder, "-c", str(config), str(EXTRACT)], check=True, capture_output=True)
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([service, str(config), "1"], stdout=log, stderr=log)
    try:
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=5):
                    break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(10)


def test_real_valhalla_on_the_streets_of_shanghai(house, tmp_path_factory):
    points = [*POINTS, NOWHERE]
    with valhalla(tmp_path_factory.mktemp("v")) as address:
        with_roads = replace(house, settings=replace(house.settings, roads=f"valhalla+{address}"))
        found = road_matrices(with_roads, points, ["CAR", "WALK"], LINE)
    assert found.source.count("12 legs, 8 by great circle × 1.35, all of 1 points") == 2
    car, walk = found.by_mode["CAR"], found.by_mode["WALK"]
    inside = np.ix_(range(4), range(4))
    off_diagonal = ~np.eye(4, dtype=bool)
    assert (car.seconds[inside][off_diagonal] > 20).all()
    assert (car.metres[inside][off_diagonal] < 8000).all()
    assert (car.seconds[inside] != car.seconds[inside].T).any()  # one-way streets
    assert (walk.seconds[inside][off_diagonal] > car.seconds[inside][off_diagonal]).mean() > 0.7
    kept = kept_matrices(with_roads, points, ["CAR", "WALK"], LINE)  # Valhalla is gone by now
    assert (kept.by_mode["CAR"].seconds == car.seconds).all()
    assert road_service(f"valhalla+{address}").name == "valhalla"
