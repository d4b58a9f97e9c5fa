"""The guide for the app's makers, followed word for word: every worked request is sent to a real server.

Ids, tokens, hashes and places are those of the day; all else goes over the wire as it is printed. An answer must have
every field the guide shows, and where it shows a word of the server's, that word.
"""

import base64
import hashlib
import json
import re
from http.client import HTTPConnection

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fieldops.evidence.chain import FIRST, link_hash
from fieldops.serving import free_port
from fieldops.sync.pull import manifest_hash
from fieldops.sync.taking import canonical_sha256
from tests.evidence.recordings import jpeg
from tests.evidence.test_server import serving
from tests.sync.acts import case_ids_of, pay_in_full
from tests.sync.test_guide import BLOCKS, GUIDE, REQUESTS, asked, block

GUIDES = "0193f3a0-0000-7000-8000-0000000000"
VISIT, PAID, CARD, PHONE, SLOT = (GUIDES + end for end in ("01", "02", "c1", "d1", "e1"))
RESULT = "0193f3a0-1111-7000-8000-000000000002"
PHOTO_BYTES = 204_800


class Maker:
    """Somebody who makes an app and tries each example of the guide in turn."""

    def __init__(self, road, port):
        self.road, self.port = road, port
        self.ids = {
            VISIT: str(road.visit_id),
            PAID: str(road.visits[road.crew.id][1]),
            CARD: case_ids_of(road, road.visit_id)[0],
        }
        self.photo = jpeg(noise=PHOTO_BYTES - len(jpeg()) - 4 * 4)
        self.ids[block("ResultIn")["slots"][0]["sha256"]] = hashlib.sha256(self.photo).hexdigest()
        self.key = Ed25519PrivateKey.generate()
        self.token = None
        self.tried = set()

    def send(self, method, path, body=None, headers=()):
        """One request over a socket; status, headers and what the answer says."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=60)
        told = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None and not isinstance(body, bytes):
            body, told["Content-Type"] = json.dumps(body).encode(), "application/json"
        line.request(method, path, body, {**told, **dict(headers)})
        answer = line.getresponse()
        text = answer.read()
        line.close()
        return answer.status, dict(answer.getheaders()), json.loads(text) if text else None

    def example(self, name):
        """A block of the guide with the ids of this day."""
        self.tried.add(name)
        text = json.dumps(block(name), ensure_ascii=False)
        for told, real in self.ids.items():
            text = text.replace(told, real)
        made = json.loads(text)
        for mutation in made.get("mutations", ()):
            mutation["body_sha256"] = canonical_sha256(mutation["body"])
        return made

    def try_out(self, method, path, answer, body=None, *, status=200):
        """Send an example; the answer has the fields of the guide's."""
        got, _, said = self.send(method, f"/api/v1{path}", body)
        assert got == status, (method, path, said)
        if answer is not None:
            assert shape_of(said) == shape_of(self.example(answer)), (path, said)
        return said

    def wire(self, name):
        """A worked request of an upload: method, path, body and headers."""
        self.tried.add(name)
        method, path, headers, body = asked(name)
        if "Upload-Metadata" in headers:
            words = dict(pair.split(" ") for pair in headers["Upload-Metadata"].split(","))
            declared = base64.b64decode(words["sha256"]).decode()
            words["sha256"] = base64.b64encode(self.ids[declared].encode()).decode()
            headers["Upload-Metadata"] = ",".join(f"{key} {value}" for key, value in words.items())
        return method, path, body or None, headers

    def sync(self, answer="SyncOut", **changes):
        """The guide's sync from this phone's place."""
        return self.try_out("POST", "/mobile/sync", answer, self.example("SyncIn") | self.place | changes)

    def report(self, kind, name, number, **changes):
        """A mutation like the guide's, with another of its bodies."""
        body = self.example(name) | changes
        (mutation,) = self.example("SyncIn")["mutations"]
        mine = {"id": f"0193f3a0-1111-7000-8000-{number:012d}", "type": kind, "entity_id": body["visit_id"]}
        told = self.sync(None, mutations=[mutation | mine | {"body": body, "body_sha256": canonical_sha256(body)}])
        (said,) = told["results"]
        return said["code"], said["detail"]


def shape_of(told):
    """The names in an answer, down to the first of each list; a list of nothing shows nothing."""
    if isinstance(told, dict):
        return {name: shape_of(value) for name, value in told.items()}
    if isinstance(told, list):
        return [shape_of(told[0])] if told else []
    return ""


def log_in_and_register(maker):
    public = maker.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    maker.token = maker.try_out("POST", "/login", "TokenOut", maker.example("LoginIn"))["token"]
    key = {"public_key": base64.b64encode(public).decode()}
    assert maker.try_out("POST", "/mobile/devices", "DeviceOut", maker.example("DeviceIn"), status=201)
    bound = maker.try_out("POST", "/mobile/devices", "DeviceOut", maker.example("DeviceIn") | key, status=201)
    maker.ids[PHONE], maker.token = bound["id"], bound["token"]
    return bound["refresh_token"]


def renew(maker, refresh_token):
    wanted = maker.example("RenewIn") | {"refresh_token": refresh_token}
    maker.token = None
    path = f"/mobile/devices/{maker.ids[PHONE]}/token"
    off = maker.try_out("POST", path, None, wanted | {"signed_at": "2026-11-24T05:00:00+08:00"}, status=401)
    assert off["code"] == "SIGNED_AT_OFF"
    wanted["signed_at"] = off["server_time"]
    lines = ("fieldops renew", maker.ids[PHONE], refresh_token, wanted["signed_at"])
    wanted["signature"] = base64.b64encode(maker.key.sign("\n".join(lines).encode())).decode()
    maker.token = maker.try_out("POST", path, "DeviceOut", wanted)["token"]


def pull_the_day(maker):
    """``cursor`` null, and then the guide's sync after a debtor has paid."""
    maker.place = {"epoch": None, "cursor": None, "mutations": []}
    day = maker.sync(None)
    held = {op["id"]: op["version"] for op in day["ops"]}
    assert set(held) == {str(each) for each in maker.road.visits[maker.road.crew.id]}
    (stop,) = [op["data"] for op in day["ops"] if op["id"] == maker.ids[VISIT]]
    shown = maker.example("stop")
    nothing_yet = {name: [] for name in ("history", "letters_to_hand", "do_not_contact") if not stop[name]}
    assert {**shape_of(stop), "windows_s": []} == {**shape_of(shown | nothing_yet), "windows_s": []}
    hashed = manifest_hash(held.items())
    assert day["manifest_hash"] == hashed
    maker.place = {"epoch": day["epoch"], "cursor": day["cursor"], "base_hash": hashed}
    pay_in_full(maker.road, maker.road.visits[maker.road.crew.id][1])


def hear_of_the_recall(maker):
    news = maker.try_out("GET", f"/mobile/events?cursor={maker.place['cursor']}&wait=25", "EventsOut")
    assert news == block("EventsOut")
    told = maker.sync(mutations=maker.example("SyncIn")["mutations"])
    (shown,) = maker.example("SyncOut")["ops"]
    (op,) = told["ops"]
    assert {**op, "seq": 0, "version": 0} == {**shown, "seq": 0, "version": 0}
    assert [each["code"] for each in told["results"]] == ["APPLIED"]
    assert told["recalled"][0]["reason"] == maker.example("SyncOut")["recalled"][0]["reason"]
    maker.place |= {"cursor": told["cursor"], "base_hash": told["manifest_hash"]}
    maker.try_out("POST", f"/mobile/devices/{maker.ids[PHONE]}/ack", None, maker.example("AckIn"), status=204)
    (path,) = re.findall(r"`GET (/mobile/recalls\S+?)`", GUIDE)
    for told_id, real in maker.ids.items():
        path = path.replace(told_id, real)
    assert maker.try_out("GET", path, "GateOut")["stop"] == maker.example("GateOut")["stop"]


def report_what_happened(maker):
    assert maker.try_out("POST", "/mobile/positions", None, maker.example("PositionsIn")) == maker.example(
        "PositionsOut"
    )
    assert maker.report("check_in", "CheckInIn", 3) == ("APPLIED", None)
    assert maker.report("objection", "ObjectionIn", 4)[0] == "REJECTED_VALIDATION"
    assert maker.report("result", "ResultIn", 2) == ("APPLIED", None)
    assert maker.report("result", "ResultIn", 2) == ("DUPLICATE", None)
    other = str(maker.road.visits[maker.road.crew.id][2])
    assert maker.report("objection", "ObjectionIn", 6, visit_id=other) == ("APPLIED", None)


def upload(maker):
    """The upload of the guide, garbled once, given up, and begun anew with the photo itself."""
    begin = maker.wire("begin")
    status, headers, _ = maker.send(*begin)
    assert (status, headers["Location"].endswith(f"/api/v1/mobile/uploads/{SLOT}")) == (201, True)
    assert headers["Upload-Expires"]
    method, path, body, told = maker.wire("append")
    assert maker.send(method, path, body + b"!", told | {"Content-Length": str(len(body) + 1)})[0] == 460
    status, headers, _ = maker.send(method, path, body, told)
    assert (status, headers["Upload-Offset"]) == (204, str(len(body)))
    tus = {"Tus-Resumable": "1.0.0"}
    status, headers, _ = maker.send("HEAD", path, None, tus)
    assert (status, headers["Upload-Offset"]) == (200, str(len(body)))
    assert maker.try_out("GET", "/mobile/uploads/mine", "ReceiptBookOut")["results"][0]["slots"][0]["received"] == len(
        body
    )
    assert maker.send("DELETE", path, None, tus)[0] == 204
    assert maker.send(*begin)[0] == 201
    rest = {name: value for name, value in told.items() if name not in {"Upload-Checksum", "Content-Length"}}
    status, headers, _ = maker.send(method, path, maker.photo, rest)
    assert (status, headers["Upload-Offset"]) == (204, str(PHOTO_BYTES))
    (receipt,) = maker.try_out("GET", "/mobile/uploads/mine", "ReceiptBookOut")["results"]
    assert (receipt["slots_arrived"], receipt["complete_at"] is not None) == (1, True)


def chain(maker):
    """The guide's two links, hashed anew for this phone."""
    told, before = maker.example("ChainIn"), FIRST
    for link in told["links"]:
        link["prev_hash"] = before
        link["hash"] = before = link_hash(told["device_id"], link)
    said = maker.try_out("POST", "/mobile/chain", "ChainOut", told)
    assert (said["held_n"], said["held_hash"], said["seal"]["hash"]) == (2, before, before)


def correct(maker):
    """A result that comes back is in the book with the reason, and its new version is taken."""
    supervisor = maker.road.client_as("SUPERVISOR")
    assert supervisor.post(f"/api/v1/results/{RESULT}/return", json={"note": "照片不清晰"}).status_code == 200
    (receipt,) = maker.try_out("GET", "/mobile/uploads/mine", "ReceiptBookOut")["results"]
    assert (receipt["status"], receipt["review_note"]) == ("RETURNED", "照片不清晰")
    assert maker.report("result", "ResultIn", 5, corrects=RESULT) == ("APPLIED", None)


def test_every_worked_request_of_the_guide_is_answered_by_a_real_server_as_it_says(road, monkeypatch):
    name = road.phones()[0] and "agent C001-1"
    monkeypatch.setenv("FIELDOPS_NOW", road.house.clock.now().isoformat())
    maker = Maker(road, free_port(0))
    maker.ids |= {block("LoginIn")["name"]: name, block("LoginIn")["password"]: "a long password"}
    with serving(road, maker.port):
        refresh_token = log_in_and_register(maker)
        renew(maker, refresh_token)
        for step in (pull_the_day, hear_of_the_recall, report_what_happened, upload, chain, correct):
            step(maker)
    assert maker.tried == {title for title, _ in BLOCKS} | {title for title, *_ in REQUESTS}
