"""The visit chain: made by a phone, kept by the server, verified by a stranger; broken in every way, it shows."""

import copy
import hashlib
import importlib.util
import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import orjson
import pytest

from fieldops.evidence.chain import link_hash
from fieldops.evidence.jobs import close_day
from fieldops.tasks.models import Task
from tests.evidence.recordings import jpeg
from tests.sync.acts import all_of, check_in, report_result, sync

SCRIPT = Path(__file__).parents[2] / "scripts/verify_chain.py"
PHOTO = jpeg()


def make_visit(road, phone, visit_id, **changes):
    """One visit as an app makes it: check-in, photo, form, check-out."""
    check_in(road, phone, visit_id)
    photo = phone.evidence.keep("PHOTO_DOOR", PHOTO, str(visit_id), road.house.clock.now())
    report_result(road, phone, visit_id, slots=[photo], **changes)
    return photo


@pytest.fixture(scope="module")
def exported(postgres, road_database, shared_app, tmp_path_factory):
    """Two visits made by one phone and the night after, for a stranger: the second's export, its photo, the roots."""
    from tests.conftest import a_house
    from tests.road import Road

    with a_house(postgres, tmp_path_factory.mktemp("chain"), template=road_database) as opened:
        shared_app.house = opened
        road = Road(opened, shared_app)
        (phone, _), (partner, _) = road.phones()
        first, second, _ = road.visits[road.crew.id]
        make_visit(road, phone, first)
        odd = {"lat": 39.73, "lon": 116.14, "accuracy_m": 9.0, "fix_age_s": 1e16, "speed_mps": -0.0}
        photo = make_visit(road, phone, second, position=odd)
        sync(road, phone)
        assert phone.chain.send() == 8
        check_in(road, partner, first)
        assert partner.chain.send() == 1
        for _ in range(3):
            opened.clock.advance(days=1)
            close_day(opened)
            close_day(opened)  # a job may run twice
        assert phone.evidence.send()
        look = lambda path: road.client_as("QA").get(f"/api/v1/evidence/{path}", query_string={"purpose": "委托方核验"})  # noqa: E731
        answer = look(f"of-visit/{second}/chain")
        assert answer.status_code == 200, answer.text
        folder = tmp_path_factory.mktemp("files")
        (folder / photo["id"]).write_bytes(look(f"{photo['id']}/content").data)
        listed = road.client_as("QA").get("/api/v1/evidence/chain-roots").json
    return answer.json, folder, listed


@pytest.fixture
def export(exported):
    """The export, to be broken."""
    return copy.deepcopy(exported[0])


def verify(export, tmp_path, *options):
    """What the script says, run as a stranger runs it; its exit code and the codes of the faults."""
    file = tmp_path / "export.json"
    file.write_text(json.dumps(export), "utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(file), *map(str, options)], capture_output=True, text=True, check=False
    )
    assert not done.stderr, done.stderr
    return done.returncode, [line.split()[0] for line in done.stdout.splitlines()[:-1] if line[:4] != "root"]


@pytest.fixture
def roots(exported):
    """The list of roots, to be broken."""
    return copy.deepcopy(exported[2])


def stranger():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("verify_chain", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def links(export):
    (chain,) = export["chains"]
    return chain["links"]


def test_a_visit_as_it_was_made_verifies_with_its_files(exported, tmp_path):
    export, folder, _ = exported
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
    chain, forged = export["chains"][0], links(export)[0]
    forged["at"] = "2026-11-24T08:00:00+08:00"
    forged["hash"] = link_hash(chain["device_id"], forged)
    assert verify(export, tmp_path) == (1, ["BROKEN"])


def test_the_links_of_another_phone_do_not_pass_for_this_ones(export, tmp_path):
    export["chains"][0]["device_id"] = "01a20517-0000-7000-8000-000000000000"
    code, faults = verify(export, tmp_path)
    assert (code, faults) == (1, ["ALTERED"] * 4 + ["FORGED", "ROOTLESS"])


def test_numbers_no_two_languages_write_alike_are_exported_as_they_were_hashed(exported):
    """1e16 and -0.0 are other letters in a database that thinks of numbers."""
    (form,) = {link["ref"] for link in links(exported[0]) if link["kind"] == "form"}
    written = orjson.dumps({"fix_age_s": 1e16, "speed_mps": -0.0}).decode()[1:-1].split(",")
    for each in written:
        assert each in exported[0]["contents"][form], each


def test_a_chain_that_was_made_anew_from_its_first_link_to_its_last_is_not_what_was_signed(export, tmp_path):
    """A crew that has its phone open can forge everything but the server's word."""
    chain, before = export["chains"][0], None
    for link in chain["links"]:
        link |= {"at": "2026-11-24T08:00:00+08:00", "prev_hash": before or link["prev_hash"]}
        link["hash"] = before = link_hash(chain["device_id"], link)
    assert verify(export, tmp_path) == (1, ["UNSIGNED"])
    chain["seal"]["hash"] = before
    assert verify(export, tmp_path) == (1, ["FORGED", "ROOTLESS"])


def test_links_cut_off_at_the_end_leave_the_signed_head_without_them(export, tmp_path):
    links(export).pop()
    code, faults = verify(export, tmp_path)
    assert code == 1
    assert "UNSIGNED" in faults


@pytest.mark.parametrize(
    ("name", "value"),
    [("n", 7), ("signed_at", "2026-11-24T02:00:00.000000+00:00"), ("signature", "00" * 64), ("signature", "no hex"),
     ("signature", "ab"), ("key", "11" * 32), ("key", "")],
)  # fmt: skip
def test_a_seal_that_was_changed_is_not_signed(export, tmp_path, name, value):
    export["chains"][0]["seal"][name] = value
    code, faults = verify(export, tmp_path)
    assert code == 1
    assert "FORGED" in faults


def test_a_seal_or_a_root_that_is_not_shown_shows(export, tmp_path):
    export["roots"] = []
    assert verify(export, tmp_path) == (1, ["ROOTLESS"])
    export["chains"][0]["seal"] = None
    assert verify(export, tmp_path) == (1, ["UNSIGNED"])


def test_a_seal_does_not_stand_under_another_root_nor_on_another_way(export, tmp_path):
    (step,) = export["chains"][0]["path"]
    step[0] = {"LEFT": "RIGHT", "RIGHT": "LEFT"}[step[0]]
    assert verify(export, tmp_path) == (1, ["ROOTLESS"])
    export["chains"][0]["path"] = []
    assert verify(export, tmp_path) == (1, ["ROOTLESS"])


@pytest.mark.parametrize(("name", "value"), [("root", "1" * 64), ("seals", 3), ("on_date", "2026-11-23"), ("n", 2)])
def test_a_root_that_was_changed_shows(export, tmp_path, name, value):
    export["roots"][0][name] = value
    code, faults = verify(export, tmp_path)
    assert code == 1
    assert {"ALTERED", "FORGED"} <= set(faults)


def test_whoever_signs_everything_anew_is_found_by_the_key_on_paper(exported, tmp_path):
    """The key the export names is only a word; the one that was printed is not."""
    export, _, roots = exported
    key = roots["roots"][0]["key"]
    assert verify(export, tmp_path, "--key", key) == (0, [])
    code, faults = verify(export, tmp_path, "--key", "22" * 32)
    assert (code, set(faults)) == (1, {"FORGED"})


def test_the_roots_of_days_follow_each_other_days_without_a_visit_too(exported, roots, tmp_path):
    assert [(root["n"], root["seals"]) for root in roots["roots"]] == [(1, 2), (2, 0), (3, 0)]
    assert [root["on_date"] for root in roots["roots"]] == ["2026-11-24", "2026-11-25", "2026-11-26"]
    assert verify(roots, tmp_path) == (0, [])
    file = tmp_path / "roots.json"
    file.write_text(json.dumps(roots))
    assert verify(exported[0], tmp_path, "--roots", file) == (0, [])


def test_a_day_that_was_taken_out_leaves_a_gap(roots, tmp_path):
    del roots["roots"][1]
    assert verify(roots, tmp_path) == (1, ["GAP"])
    roots["roots"][1]["n"] = 2
    code, faults = verify(roots, tmp_path)
    assert (code, set(faults)) == (1, {"ALTERED", "FORGED", "BROKEN"})


def test_a_root_the_list_does_not_have_shows(export, roots, tmp_path):
    roots["roots"].pop(0)
    file = tmp_path / "roots.json"
    file.write_text(json.dumps(roots))
    assert verify(export, tmp_path, "--roots", file) == (1, ["UNLISTED"])


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
    assert (len(phone.chain.unsent), phone.chain.seal) == (4, None)
    assert phone.chain.send() == 4
    assert phone.chain.seal["hash"] == sent["links"][-1]["hash"]
    answer = api.post("/mobile/chain", sent)
    assert (answer["held_n"], answer["held_hash"]) == (4, sent["links"][-1]["hash"])
    assert [task.kind for task in all_of(road, Task) if task.kind == "CHAIN_BROKEN"] == []


def test_a_gap_and_a_fork_are_kept_as_they_came_and_a_supervisor_is_told_once(road):
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


def test_each_new_head_is_signed_once_and_the_phone_has_the_servers_word(road):
    from fieldops.evidence.models import ChainSeal

    (phone, api), _ = road.phones()
    make_visit(road, phone, road.visit_id)
    one, two, *rest = phone.chain.unsent
    post = lambda *links: api.post("/mobile/chain", {"device_id": phone.device_id, "links": list(links)})["seal"]  # noqa: E731
    first = post(one)
    road.house.clock.advance(hours=1)
    assert post(one) == first
    second = post(*rest, two)
    assert [(row.n, row.signature) for row in all_of(road, ChainSeal)] == [
        (1, first["signature"]), (4, second["signature"]),
    ]  # fmt: skip
    told = {"of": "head", "device_id": phone.device_id} | {name: second[name] for name in ("n", "hash", "signed_at")}
    assert stranger().is_signed(second["key"], stranger().canonical(told), second["signature"])


def test_the_roots_are_printed_by_a_command(road):
    from click.testing import CliRunner

    from fieldops.paper_commands import evidence

    close_day(road.house)
    shown = CliRunner().invoke(evidence, ["roots"], obj=lambda: nullcontext(road.house)).output.splitlines()
    assert shown[0].startswith("key ")
    assert shown[1].split()[:4] == ["1", "2026-11-23", "0", hashlib.sha256(b"").hexdigest()]


def test_no_seal_and_no_root_is_ever_changed(road):
    from sqlalchemy import text
    from sqlalchemy.exc import IntegrityError

    (phone, _), _ = road.phones()
    check_in(road, phone, road.visit_id)
    phone.chain.send()
    close_day(road.house)
    for table in ("chain_seal", "chain_root"):
        with pytest.raises(IntegrityError, match="append-only"), road.house.transaction() as session:
            session.execute(text(f"DELETE FROM {table}"))


def test_the_chain_of_another_agents_phone_is_not_added_to(road):
    (phone, _), (_, other) = road.phones()
    check_in(road, phone, road.visit_id)
    body = {"device_id": phone.device_id, "links": phone.chain.unsent}
    assert other.client.post("/api/v1/mobile/chain", json=body).status_code == 403
