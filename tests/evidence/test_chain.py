"""The visit chain: made by a phone, kept by the server, verified by a stranger; broken in every way, it shows."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fieldops.tasks.models import Task
from tests.evidence.recordings import jpeg
from tests.sync.acts import all_of, check_in, report_result, sync

SCRIPT = Path(__file__).parents[2] / "scripts/verify_chain.py"
PHOTO = jpeg()


def make_visit(road, phone, visit_id):
    """One visit as an app makes it: check-in, photo, form, check-out."""
    check_in(road, phone, visit_id)
    photo = phone.evidence.keep("PHOTO_DOOR", PHOTO, str(visit_id), road.house.clock.now())
    report_result(road, phone, visit_id, slots=[photo])
    return photo


@pytest.fixture(scope="module")
def exported(postgres, road_database, shared_app, tmp_path_factory):
    """Two visits made by one phone, exported for a stranger: the second one's export, and its photo's folder."""
    from tests.conftest import a_house
    from tests.road import Road

    with a_house(postgres, tmp_path_factory.mktemp("chain"), template=road_database) as opened:
        shared_app.house = opened
        road = Road(opened, shared_app)
        (phone, _), _ = road.phones()
        first, second, _ = road.visits[road.crew.id]
        make_visit(road, phone, first)
        photo = make_visit(road, phone, second)
        sync(road, phone)
        assert phone.chain.send() == 8
        assert phone.evidence.send()
        answer = road.client_as("QA").get(
            f"/api/v1/evidence/of-visit/{second}/chain", query_string={"purpose": "委托方核验"}
        )
        assert answer.status_code == 200, answer.text
        content = f"/api/v1/evidence/{photo['id']}/content"
        folder = tmp_path_factory.mktemp("files")
        looked = road.client_as("QA").get(content, query_string={"purpose": "委托方核验"})
        (folder / photo["id"]).write_bytes(looked.data)
    return answer.json, folder


@pytest.fixture
def export(exported):
    """The export, to be broken."""
    return copy.deepcopy(exported[0])


def verify(export, tmp_path, *folder):
    """What the script says, run as a stranger runs it; its exit code and the codes of the faults."""
    file = tmp_path / "export.json"
    file.write_text(json.dumps(export), "utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(file), *map(str, folder)], capture_output=True, text=True, check=False
    )
    assert not done.stderr, done.stderr
    return done.returncode, [line.split()[0] for line in done.stdout.splitlines()[:-1]]


def links(export):
    (chain,) = export["chains"]
    return chain["links"]


def test_a_visit_as_it_was_made_verifies_with_its_files(exported, tmp_path):
    export, folder = exported
    assert [link["kind"] for link in links(export)] == ["check_in", "photo", "form", "check_out"]
    assert [link["n"] for link in links(export)] == [5, 6, 7, 8]
    assert verify(export, tmp_path, folder) == (0, [])


def test_a_link_that_was_taken_out_leaves_a_gap(export, tmp_path):
    del links(export)[1]
    code, faults = verify(export, tmp_path)
    assert (code, set(faults)) == (1, {"GAP", "UNVOUCHED"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("at", "2026-11-24T08:00:00+08:00"), ("content_sha256", "0" * 64), ("kind", "form"), ("ref", "x"), ("n", 6)],
)
def test_a_link_that_was_changed_no_longer_hashes_to_what_it_says(export, tmp_path, name, value):
    links(export)[0][name] = value
    code, faults = verify(export, tmp_path)
    assert code == 1
    assert "ALTERED" in faults


def test_a_link_that_was_made_anew_is_not_the_one_the_next_follows(export, tmp_path):
    """Whoever changes a link and hashes it again would have to make every later one anew too."""
    sys.path.insert(0, str(SCRIPT.parent))
    from verify_chain import link_hash

    chain, forged = export["chains"][0], links(export)[0]
    forged["at"] = "2026-11-24T08:00:00+08:00"
    forged["hash"] = link_hash(chain["device_id"], forged)
    assert verify(export, tmp_path) == (1, ["BROKEN"])


def test_the_links_of_another_phone_do_not_pass_for_this_ones(export, tmp_path):
    export["chains"][0]["device_id"] = "01a20517-0000-7000-8000-000000000000"
    code, faults = verify(export, tmp_path)
    assert (code, faults) == (1, ["ALTERED"] * 4)


def test_two_stories_under_one_number_show(export, tmp_path):
    links(export).insert(1, links(export)[0])
    code, faults = verify(export, tmp_path)
    assert code == 1
    assert "FORKED" in faults


def test_links_in_another_order_show(export, tmp_path):
    links(export).reverse()
    code, faults = verify(export, tmp_path)
    assert code == 1
    assert {"GAP", "ORDER"} <= set(faults)


def test_a_form_that_was_changed_afterwards_shows(export, tmp_path):
    (ref,) = [link["ref"] for link in links(export) if link["kind"] == "form"]
    export["contents"][ref] = export["contents"][ref].replace("P01", "P04")
    assert verify(export, tmp_path) == (1, ["CHANGED", "CHANGED"])


def test_a_form_that_is_not_shown_shows(export, tmp_path):
    (ref,) = [link["ref"] for link in links(export) if link["kind"] == "form"]
    del export["contents"][ref]
    assert verify(export, tmp_path) == (1, ["MISSING", "MISSING"])


def test_a_photo_nobody_declares_any_more_shows(export, tmp_path):
    export["evidence"] = []
    assert verify(export, tmp_path) == (1, ["HIDDEN"])


def test_a_photo_that_was_exchanged_shows_in_the_list_and_in_the_folder(exported, export, tmp_path):
    slot = export["evidence"][0]["slot"]
    (tmp_path / slot).write_bytes(jpeg(65, 48))
    assert verify(export, tmp_path, tmp_path) == (1, ["CHANGED"])
    (tmp_path / slot).unlink()
    assert verify(export, tmp_path, tmp_path) == (1, ["MISSING"])
    export["evidence"][0]["sha256"] = "1" * 64
    assert verify(export, tmp_path) == (1, ["UNVOUCHED"])


@pytest.mark.parametrize("missing", ["check_in", "check_out"])
def test_a_visit_without_its_ends_shows(export, tmp_path, missing):
    chain = links(export)
    chain[:] = [link for link in chain if link["kind"] != missing]
    code, faults = verify(export, tmp_path)
    assert code == 1
    assert "MISSING" in faults


def test_links_sent_again_change_nothing_and_a_lost_answer_loses_nothing(road):
    (phone, api), _ = road.phones()
    make_visit(road, phone, road.visit_id)
    sent = {"device_id": phone.device_id, "links": phone.chain.unsent}
    api.lose_answer = True
    with pytest.raises(OSError, match="lost"):
        phone.chain.send()
    assert len(phone.chain.unsent) == 4
    assert phone.chain.send() == 4
    answer = api.post("/mobile/chain", sent)
    assert (answer["held_n"], answer["held_hash"]) == (4, sent["links"][-1]["hash"])
    assert [task.kind for task in all_of(road, Task) if task.kind == "CHAIN_BROKEN"] == []


def test_a_gap_and_a_fork_are_kept_as_they_came_and_a_supervisor_is_told_once(road):
    from fieldops.evidence.chain import link_hash

    (phone, api), _ = road.phones()
    make_visit(road, phone, road.visit_id)
    one, two, three, four = phone.chain.unsent
    post = lambda *links: api.post("/mobile/chain", {"device_id": phone.device_id, "links": list(links)})["held_n"]  # noqa: E731
    assert post(one, three) == 1
    assert post(two, four) == 4
    forged = two | {"at": "2026-11-24T08:00:00+08:00"}
    assert post(forged | {"hash": link_hash(phone.device_id, forged)}) in {1, 2}
    assert [task.role for task in all_of(road, Task) if task.kind == "CHAIN_BROKEN"] == ["SUPERVISOR"]


def test_a_garbled_link_is_refused_and_none_that_came_with_it_is_kept(road):
    from fieldops.evidence.models import ChainLink

    (phone, api), _ = road.phones()
    check_in(road, phone, road.visit_id)
    (link,) = phone.chain.unsent
    body = {"device_id": phone.device_id, "links": [link, link | {"n": 2}]}
    answer = api.client.post("/api/v1/mobile/chain", json=body)
    assert (answer.status_code, answer.json["code"], answer.json["links"]) == (422, "LINK_GARBLED", [2])
    assert all_of(road, ChainLink) == []


def test_the_chain_of_another_agents_phone_is_not_added_to(road):
    (phone, _), (_, other) = road.phones()
    check_in(road, phone, road.visit_id)
    body = {"device_id": phone.device_id, "links": phone.chain.unsent}
    assert other.client.post("/api/v1/mobile/chain", json=body).status_code == 403
