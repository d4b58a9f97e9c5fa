"""The commands of docs/clerk.md, run one after the other against the application: the document is true."""

import io
import json
import re
import shlex
from pathlib import Path

import pytest

from fieldops.cases.queries import case_by_id

DOCUMENT = Path(__file__).parents[2] / "docs" / "clerk.md"
ROLES = {
    "collector": "PHONE_COLLECTOR",
    "supervisor": "SUPERVISOR",
    "clerk": "ADMIN_CLERK",
    "approver": "ADMIN_APPROVER",
    "business": "BUSINESS_DEPT",
}
SCAN = re.compile(r"(?P<name>\w+)=\$\(scan (?P<who>\w+) (?P<file>\S+)\)$")
COMMAND = re.compile(r"(?:(?P<name>\w+)=\$\()?(?P<call>call .*?)(?: \| jq -r (?P<path>\S+)\))?(?: > \S+)?$")


@pytest.fixture
def office(real_office):
    return real_office


def commands():
    """The lines of the shell blocks but the first, which only defines ``call``."""
    blocks = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    return [line for block in blocks[1:] for line in block.strip().splitlines()]


def chosen(document, path):
    for step in re.findall(r"\w+", path):
        document = document[int(step)] if step.isdecimal() else document[step]
    return document


def test_the_clerks_path_is_true(office, client_as):
    known = {"BANK": "示范银行A", "TODAY": office.house.clock.today().isoformat()}
    for name in ("CASE_A", "CASE_B"):
        case_id = office.case()
        with office.house.transaction() as session:
            known[name] = case_by_id(session, case_id).case_no
    answer = None
    for line in commands():
        if line.startswith("sleep"):
            office.work()
            continue
        if paper := SCAN.match(line):
            file = (io.BytesIO(b"\x89PNG\r\n\x1a\n" + paper["file"].encode()), paper["file"])
            kept = client_as(ROLES[paper["who"]]).post("/api/v1/scans", data={"file": file})
            assert kept.status_code == 201, kept.text
            known[paper["name"]] = kept.json["sha256"]
            continue
        found = COMMAND.match(line)
        _, who, method, path, *body = (
            re.sub(r"\$(\w+)", lambda word: known[word[1]], each) for each in shlex.split(found["call"])
        )
        words = {"json": json.loads(body[0])} if body else {}
        answer = client_as(ROLES[who]).open(f"/api/v1{path}", method=method, **words)
        assert answer.status_code in (200, 201), (line, answer.text)
        assert not any(row.get("problem") for row in (answer.json or {}).get("outcomes", [])), answer.text
        if found["name"]:
            known[found["name"]] = chosen(answer.json, found["path"])
    assert answer.json == {"findings": [], "holds": True}
