#!/usr/bin/env python3
"""Verify the evidence of a visit without its maker: python3 verify_chain.py EXPORT.json [FOLDER WITH THE FILES].

Needs nothing but Python 3.8. An export (GET /api/v1/evidence/of-visit/{id}/chain) holds links of the phones' hash
chains, from the first of the visit to the last with those in between, and the content each link of it vouches for.
Checked: every link hashes to what it says, follows the one before, and none is missing; its content is what was
hashed; check-in, photos, form and check-out stand in their order; every declared file is vouched for and, with a
folder of files named by their slots, is there byte for byte. Prints a line for each fault; exits with 0 without any.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Iterator, Tuple

FIRST = "0" * 64
STEPS = {"check_in": 0, "photo": 1, "form": 2, "check_out": 3, "correction": 4}
PARTS = ("n", "prev_hash", "kind", "visit_id", "ref", "content_sha256", "at")
Fault = Tuple[str, str, str]


def sha256(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def link_hash(device_id: str, link: dict[str, Any]) -> str:
    """SHA-256 over phone and link as JSON with sorted keys, no spaces, UTF-8."""
    told = {"device_id": device_id, **{name: link[name] for name in PARTS}}
    return sha256(json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def faults_of_chain(device_id: str, links: list[dict[str, Any]]) -> Iterator[Fault]:
    """Where the links of one phone do not hold together."""
    before = None
    for link in links:
        where = f"phone {device_id} link {link['n']}"
        if link_hash(device_id, link) != link["hash"]:
            yield "ALTERED", where, "the link does not hash to what it says"
        if before is None:
            if link["n"] == 1 and link["prev_hash"] != FIRST:
                yield "BROKEN", where, "the first link of a phone follows nothing"
        elif link["n"] == before["n"]:
            yield "FORKED", where, "the phone has told two stories under one number"
        elif link["n"] != before["n"] + 1:
            yield "GAP", where, f"it follows link {before['n']}: links between them are missing"
        elif link["prev_hash"] != before["hash"]:
            yield "BROKEN", where, f"it does not follow link {before['n']} as that stands here"
        before = link


def faults_of_visit(
    visit_id: str, device_id: str, links: list[dict[str, Any]], contents: dict[str, str]
) -> Iterator[Fault]:
    """Whether the links of the visit vouch for the content that is shown, in their order."""
    reached = -1
    for link in (each for each in links if each["visit_id"] == visit_id):
        where = f"phone {device_id} link {link['n']} ({link['kind']})"
        step = STEPS.get(link["kind"], -1)
        if step < reached:
            yield "ORDER", where, "it comes after a later step of the visit"
        reached = max(step, reached)
        content = contents.get(link["ref"])
        if link["kind"] == "photo":
            continue
        if content is None:
            yield "MISSING", where, "the content it vouches for is not in the export"
        elif sha256(content.encode()) != link["content_sha256"]:
            yield "CHANGED", where, "the content is not what was hashed"


def faults_of_evidence(export: dict[str, Any], mine: list[dict[str, Any]], folder: str | None) -> Iterator[Fault]:
    """Whether every declared file is vouched for, none that is vouched for is hidden, and the bytes are there."""
    vouched = {link["ref"]: link["content_sha256"] for link in mine if link["kind"] == "photo"}
    told = {each["slot"]: each["sha256"] for each in export["evidence"]}
    for slot in sorted(set(vouched) - set(told)):
        yield "HIDDEN", f"file {slot}", "it was recorded at the door and no result declares it"
    for slot, digest in sorted(told.items()):
        if vouched.get(slot) != digest:
            yield "UNVOUCHED", f"file {slot}", "no link of the chain vouches for it"
        if folder is not None:
            file = Path(folder) / slot
            if not file.is_file():
                yield "MISSING", f"file {slot}", "it is not in the folder"
            elif sha256(file.read_bytes()) != digest:
                yield "CHANGED", f"file {slot}", "its bytes are not what was hashed"


def verify(export: dict[str, Any], folder: str | None = None) -> Iterator[Fault]:
    """Every fault of an export: code, place, words."""
    visit_id = export["visit_id"]
    for chain in export["chains"]:
        yield from faults_of_chain(chain["device_id"], chain["links"])
        yield from faults_of_visit(visit_id, chain["device_id"], chain["links"], export["contents"])
    mine = [link for chain in export["chains"] for link in chain["links"] if link["visit_id"] == visit_id]
    for kind in sorted({"check_in", "form", "check_out"} - {link["kind"] for link in mine}):
        yield "MISSING", f"visit {visit_id}", f"no link of kind {kind}"
    yield from faults_of_evidence(export, mine, folder)


def main() -> int:
    """Verify what the command line names."""
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    faults = list(verify(json.loads(Path(sys.argv[1]).read_text("utf-8")), *sys.argv[2:]))
    for code, where, text in faults:
        print(f"{code:9} {where}: {text}")
    print(f"{len(faults)} faults" if faults else "the visit holds")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
