"""The guide for the app's makers says what the code does: every example is read, every table compared."""

import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fieldops.accounts import schemas as account_schemas
from fieldops.auth.tokens import LIFETIME, PHONE_LIFETIME, REFRESH_LIFETIME
from fieldops.demo import phone
from fieldops.evidence import rules as evidence
from fieldops.evidence import schemas as evidence_schemas
from fieldops.evidence import tus
from fieldops.evidence.api import MAX_CHAIN_BYTES
from fieldops.evidence.chain import FIRST, link_hash
from fieldops.evidence.formats import MOST_PIXELS, MOST_PNG_PIXELS, MOST_SECONDS, TYPES_OF_KIND
from fieldops.evidence.seals import told_of_seal
from fieldops.results.codes import FINDINGS, OUTCOMES, PERSONS, SLOT_LIMITS, VISIT_LIMIT
from fieldops.results.schemas import BANK_CHANNELS, SLOT_KINDS, ResultIn
from fieldops.sync import api, exchange, jobs, pull, schemas
from fieldops.sync.cards import map_links
from fieldops.sync.keys import signed_text
from fieldops.sync.rules import COMMANDS, NOT_YOURS, OBJECTIONS, OUTSIDE_HOURS, TAKEN, Code
from fieldops.sync.taking import canonical_sha256
from tests.sync.acts import card

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "phone-api.md").read_text("utf-8")
BLOCKS = [(name, json.loads(body)) for name, body in re.findall(r"```json (\w+)\n(.*?)```", GUIDE, re.DOTALL)]
SCHEMAS = {**vars(schemas), **vars(evidence_schemas), **vars(account_schemas), "ResultIn": ResultIn}
REQUESTS = re.findall(r"```http (\w+)\n(\w+) (\S+)\n(.*?)```", GUIDE, re.DOTALL)


def block(name):
    return next(body for title, body in BLOCKS if title == name)


def rows(first):
    """The cells of the table whose first column is headed so."""
    table = re.search(rf"^\| {first} \|.*?\n\n", GUIDE, re.DOTALL | re.MULTILINE).group()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]


@pytest.mark.parametrize(("name", "body"), [each for each in BLOCKS if each[0].endswith("In")])
def test_every_request_of_the_guide_is_one_the_server_takes(name, body):
    assert SCHEMAS[name]().load(body)


@pytest.mark.parametrize(("name", "body"), [each for each in BLOCKS if each[0].endswith("Out")])
def test_every_answer_of_the_guide_has_the_fields_the_server_sends(name, body):
    assert {*body, "token_type"} == {*SCHEMAS[name]().fields, "token_type"}


def test_the_stop_of_the_guide_has_the_fields_a_phone_gets(road):
    (made, _), _ = road.phones()
    shown = card(made, road.visit_id)
    told = block("stop")
    assert set(told) == set(shown) - {"id", "version"}
    for part in ("debtor", "address", "lawful_hours", "may_say"):
        assert set(told[part]) == set(shown[part])
    assert set(told["cards"][0]) == set(shown["cards"][0])


def test_the_hashes_of_the_guide_are_right():
    (mutation,) = block("SyncIn")["mutations"]
    assert mutation["body_sha256"] == canonical_sha256(mutation["body"])
    text, digest = re.search(r"```text canonical\n(.*?)\n= (\w+)\n", GUIDE, re.DOTALL).groups()
    assert hashlib.sha256(text.encode()).hexdigest() == digest == mutation["body_sha256"]
    lines, digest = re.search(r"```text manifest\n(.*?)\n= (\w+)\n", GUIDE, re.DOTALL).groups()
    entries = [(line.rsplit(":", 1)[0], int(line.rsplit(":", 1)[1])) for line in lines.splitlines()]
    assert pull.manifest_hash(entries) == digest == block("SyncIn")["base_hash"]


def test_every_code_of_a_mutation_is_in_the_guide_with_what_to_do():
    told = {cells[0].strip("`"): cells[2] for cells in rows("code")}
    assert set(told) == set(Code)
    for code, advice in told.items():
        assert advice.startswith("final") is (code in TAKEN or code in phone.NEVER_AGAIN), code
        assert advice.startswith("keep") is (code in {"BLOCKED", "RETRY_LATER", "SCHEMA_TOO_OLD"}), code


def persons(cell):
    """The persons a cell names."""
    if cell in {"any", "somebody"}:
        return set(PERSONS) - ({"P00"} if cell == "somebody" else set())
    found = set()
    for word in cell.replace("✓", "").split():
        first, _, last = word.partition("–")
        found |= {f"P{n:02d}" for n in range(int(first[1:]), int((last or first)[1:]) + 1)}
    return found


def test_the_outcomes_of_the_guide_are_those_of_the_code():
    told = rows("outcome")
    assert [cells[0] for cells in told] == list(OUTCOMES)
    for code, zh, who, needs, may, proof in told:
        row = OUTCOMES[code]
        assert zh.startswith(row.zh), code
        assert persons(who) == set(row.persons), code
        assert ("✓" in who) is row.verified, code
        assert tuple(filter(None, needs.split(", "))) == row.needs, code
        assert tuple(filter(None, may.split(", "))) == row.may, code
        assert tuple(filter(None, proof.split(" or "))) == row.proof, code


def test_the_findings_of_the_guide_are_those_of_the_code():
    told = rows("finding")
    assert [cells[0] for cells in told] == list(FINDINGS)
    for code, zh, who, besides in told:
        row = FINDINGS[code]
        assert zh == row.zh
        assert persons(who) == set(row.persons), code
        assert ("photo" in besides) is row.photo
        assert ("invalid" in besides) is bool(row.invalid)
        assert ("this debtor" in besides) is (row.scope == "DEBTOR")
        assert ("a supervisor decides" in besides) is bool(row.choices)


def test_the_persons_kinds_and_channels_of_the_guide_are_those_of_the_code():
    assert [f"{row.code} {row.zh}" for row in PERSONS.values()] == rows("person met")[0][0].split(" · ")
    assert f"Kinds: {', '.join(SLOT_KINDS)}.".replace(" ", "") in GUIDE.replace("\n", " ").replace(" ", "")
    assert f"Channels: {', '.join(BANK_CHANNELS)}." in GUIDE


def test_the_objections_of_the_guide_are_those_of_the_code():
    told = dict(
        re.findall(r"`([A-Z_]+)` ([\u4e00-\u9fff，]+)", re.search(r"### objection.*?```json", GUIDE, re.DOTALL).group())
    )
    assert told == {code: row.zh for code, row in OBJECTIONS.items()}


def test_the_links_of_the_guide_are_those_of_the_code():
    address = block("stop")["address"]
    assert address["links"] == map_links(address["lat"], address["lon"], block("stop")["no"], "CAR")


def test_every_command_of_the_guide_is_one_the_server_gives():
    assert {cells[0].strip("`") for cells in rows("command")} == set(COMMANDS)


def test_the_renewal_of_the_guide_is_what_a_phone_signs():
    said = " ".join(GUIDE.split())
    assert "`fieldops renew`, the phone's id, the refresh token, `signed_at` as sent" in said
    assert signed_text("D", "R", "T") == b"fieldops renew\nD\nR\nT"


def test_the_limits_of_the_guide_are_those_of_the_code():
    said = " ".join(GUIDE.split())
    assert f"{schemas.MAX_MUTATIONS} mutations a sync" in said
    assert f"{api.MAX_SYNC_BYTES // 1024**2} MiB a sync or a send of links" in said
    assert MAX_CHAIN_BYTES == api.MAX_SYNC_BYTES
    others = f"{api.MAX_POSITIONS_BYTES // 1024} KiB of positions, {api.MAX_OTHER_BYTES // 1024} KiB anything else"
    assert others in said
    assert f"{pull.PAGE_OPS} ops or {pull.PAGE_BYTES // 1024} KiB a page" in said
    assert f"{schemas.MAX_POINTS} points a batch" in said
    assert f"wait={schemas.LONGEST_WAIT_S}" in said
    assert (jobs.FEED_LIVES.days, jobs.POSITIONS_LIVE.days, REFRESH_LIFETIME.days) == (30, 30, 30)
    lives = {name: block(name)["expires_in_s"] for name in ("TokenOut", "DeviceOut")}
    assert lives == {"TokenOut": LIFETIME.total_seconds(), "DeviceOut": PHONE_LIFETIME.total_seconds()}
    assert exchange.OFFLINE_PERMISSION.total_seconds() == 4 * 3600
    assert "four hours after the last sync" in said
    assert {NOT_YOURS, OUTSIDE_HOURS} <= set(re.findall(r"`(\w+)`", said))


def asked(name):
    """A worked request of an upload: method, path, headers and body as they go over the wire."""
    method, path, rest = next(found[1:] for found in REQUESTS if found[0] == name)
    head, _, body = rest.partition("\n\n")
    return method, path, dict(line.split(": ", 1) for line in head.splitlines()), body.strip().encode()


def test_the_worked_requests_of_an_upload_say_what_the_result_declares(shared_app):
    (declared,) = block("ResultIn")["slots"]
    method, path, headers, _ = asked("begin")
    with shared_app.test_request_context(path, method=method, headers=headers):
        wanted = tus.wanted()
    assert (str(wanted.slot_id), wanted.sha256, wanted.length) == (
        declared["id"], declared["sha256"], declared["length"],
    )  # fmt: skip
    method, path, headers, body = asked("append")
    with shared_app.test_request_context(path, method=method, headers=headers, data=body):
        chunk = tus.chunk()
    assert path.endswith(declared["id"])
    assert (chunk.offset, chunk.length, chunk.checksum) == (0, len(body), ("sha1", hashlib.sha1(body).digest()))


def test_the_limits_of_evidence_in_the_guide_are_those_of_the_code():
    for kinds, most, types in rows("kind"):
        for kind in kinds.split(", "):
            assert most.startswith(f"{SLOT_LIMITS[kind] // 1024**2} MiB")
            assert ("minutes" in most) is (kind in {"AUDIO", "VIDEO"})
            known = {each.split("/")[1].upper() for each in TYPES_OF_KIND[kind]}
            assert known == {each.split(" ")[0] for each in types.split(", ")}
    said = " ".join(GUIDE.split())
    assert f"{MOST_PIXELS // 10**6} megapixels ({MOST_PNG_PIXELS // 10**6} as PNG)" in said
    assert f"{MOST_SECONDS // 60:.0f} minutes" in said
    assert f"All evidence of a visit has {VISIT_LIMIT // 1024**2} MiB at most" in said
    assert f"expired after {evidence.LIFETIME.days} days" in said
    assert f"after {evidence.OVERDUE.total_seconds() // 3600:.0f} hours" in said


def test_the_links_of_the_guide_follow_each_other_and_hash_as_they_say():
    chain = block("ChainIn")
    links = evidence_schemas.ChainIn().load(chain)["links"]
    told = [
        str(link_hash(chain["device_id"], each | {"visit_id": str(each["visit_id"]), "ref": str(each["ref"])}))
        for each in links
    ]
    assert told == [each["hash"] for each in links]
    assert [each["prev_hash"] for each in links] == [FIRST, told[0]]
    answer = block("ChainOut")
    seal = answer["seal"]
    assert (answer["held_n"], answer["held_hash"], seal["n"], seal["hash"]) == (2, told[1], 2, told[1])
    head = {"device_id": UUID(chain["device_id"]), "n": 2, "hash": told[1]}
    signed = told_of_seal(**head, signed_at=datetime.fromisoformat(seal["signed_at"]))
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(seal["key"])).verify(bytes.fromhex(seal["signature"]), signed)
    text, digest = re.search(r"```text link\n(.*?)\n= (\w+)\n", GUIDE, re.DOTALL).groups()
    assert hashlib.sha256(text.encode()).hexdigest() == digest == told[0]
    (mutation,) = block("SyncIn")["mutations"]
    assert (str(links[0]["ref"]), links[0]["content_sha256"]) == (mutation["id"], mutation["body_sha256"])
    assert set(evidence.LINK_KINDS) <= set(re.findall(r"\w+", GUIDE.split("`kind`: ")[1][:120]))
