#!/usr/bin/env python3
"""Verify the evidence of a visit without its maker: verify_chain.py EXPORT.json [FOLDER] [--key HEX] [--roots FILE].

Needs nothing but Python 3.8. An export (GET /api/v1/evidence/of-visit/{id}/chain) holds links of the phones' hash
chains, the content each link of the visit vouches for, the server's signature of a later head of each phone, and the
way from there to the signed root of a day. Checked: every link hashes to what it says, follows the one before, and none
is missing; its content is what was hashed; check-in, photos, form and check-out stand in their order; every declared
file is vouched for and, with a FOLDER of files named by their slots, is there byte for byte; the head is signed, and
stands under the root of its day. A FILE of roots (GET /api/v1/evidence/chain-roots), alone or beside an export: they
are signed, follow each other, and none is missing. The key is the installation's, from paper. Exits with 0 if so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Iterator, Tuple

FIRST = "0" * 64
STEPS = {"check_in": 0, "photo": 1, "form": 2, "check_out": 3, "correction": 4}
PARTS = ("n", "prev_hash", "kind", "visit_id", "ref", "content_sha256", "at")
ROOT_PARTS = ("n", "on_date", "prev_hash", "seals", "root", "signed_at")
Fault = Tuple[str, str, str]

P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519 of RFC 8032, section 6
D, ROOT_OF_MINUS_1 = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)


def add(one: tuple[int, ...], two: tuple[int, ...]) -> tuple[int, ...]:
    """The sum of two points of the curve."""
    a, b = (one[1] - one[0]) * (two[1] - two[0]) % P, (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P


def times(number: int, point: tuple[int, ...]) -> tuple[int, ...]:
    """A multiple of a point."""
    total: tuple[int, ...] = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def point_of(data: bytes) -> tuple[int, ...] | None:
    """The point 32 bytes stand for; None where they stand for none."""
    number = int.from_bytes(data, "little")
    y, odd = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * ROOT_OF_MINUS_1 % P
    if len(data) != 32 or y >= P or (x * x - square) % P or (x == 0 and odd):
        return None
    x = x if x & 1 == odd else P - x
    return x, y, 1, x * y % P


def is_signed(key: str, told: bytes, signature: str) -> bool:
    """Whether a signature is of this key over these bytes."""
    try:
        public, signed = bytes.fromhex(key), bytes.fromhex(signature)
    except ValueError:
        return False
    a, r, s = point_of(public), point_of(signed[:32]), int.from_bytes(signed[32:], "little")
    if a is None or r is None or len(signed) != 64 or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signed[:32] + public + told).digest(), "little") % Q
    base = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    left, right = times(s, base or ()), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def sha256(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def canonical(told: dict[str, Any]) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8: what is hashed and signed."""
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def link_hash(device_id: str, link: dict[str, Any]) -> str:
    """What a link of a phone hashes to."""
    return sha256(canonical({"device_id": device_id, **{name: link[name] for name in PARTS}}))


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


def faults_of_seal(chain: dict[str, Any], export: dict[str, Any], key: str | None) -> Iterator[Fault]:
    """Whether the server has signed a head over these links, and whether that stands under the root of a day."""
    seal, links, where = chain["seal"], chain["links"], f"phone {chain['device_id']}"
    if seal is None:
        yield "UNSIGNED", where, "no head of its chain was signed"
        return
    head = {"of": "head", "device_id": chain["device_id"], **{name: seal[name] for name in ("n", "hash", "signed_at")}}
    if not is_signed(key or seal["key"], canonical(head), seal["signature"]):
        yield "FORGED", f"{where} head {seal['n']}", "the signature is not of that key over that head"
    if not links or (links[-1]["n"], links[-1]["hash"]) != (seal["n"], seal["hash"]):
        yield "UNSIGNED", where, f"the head that was signed is link {seal['n']}, and the links do not end in it"
    digest = sha256(b"\0" + canonical(head))
    for side, other in chain["path"]:
        pair = (other, digest) if side == "LEFT" else (digest, other)
        digest = sha256(b"\1" + bytes.fromhex(pair[0]) + bytes.fromhex(pair[1]))
    root = next((each for each in export["roots"] if each["n"] == chain["root_n"]), None)
    signed_at, exported_at = (datetime.fromisoformat(text) for text in (seal["signed_at"], export["exported_at"]))
    if root is not None and root["root"] != digest:
        yield "ROOTLESS", f"{where} head {seal['n']}", f"it does not stand under root {root['n']}"
    elif root is None and exported_at - signed_at > timedelta(hours=36):
        yield "ROOTLESS", f"{where} head {seal['n']}", "the day is over and it stands under no root"


def faults_of_roots(roots: list[dict[str, Any]], key: str | None, *, whole: bool = True) -> Iterator[Fault]:
    """Whether roots of days are signed and, of a ``whole`` list, follow each other."""
    before = None
    for root in roots:
        where = f"root {root['n']} of {root['on_date']}"
        told = canonical({"of": "root", **{name: root[name] for name in ROOT_PARTS}})
        if sha256(told) != root["hash"]:
            yield "ALTERED", where, "the root does not hash to what it says"
        if not is_signed(key or root["key"], told, root["signature"]):
            yield "FORGED", where, "the signature is not of that key over that root"
        if before is not None and whole and root["n"] != before["n"] + 1:
            yield "GAP", where, f"it follows root {before['n']}: roots between them are missing"
        elif before is not None and whole and root["prev_hash"] != before["hash"]:
            yield "BROKEN", where, f"it does not follow root {before['n']} as that stands here"
        elif root["n"] == 1 and root["prev_hash"] != FIRST:
            yield "BROKEN", where, "the first root follows nothing"
        before = root


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


def verify(export: dict[str, Any], folder: str | None = None, key: str | None = None) -> Iterator[Fault]:
    """Every fault of an export: code, place, words."""
    visit_id = export["visit_id"]
    for chain in export["chains"]:
        yield from faults_of_chain(chain["device_id"], chain["links"])
        yield from faults_of_visit(visit_id, chain["device_id"], chain["links"], export["contents"])
        yield from faults_of_seal(chain, export, key)
    mine = [link for chain in export["chains"] for link in chain["links"] if link["visit_id"] == visit_id]
    for kind in sorted({"check_in", "form", "check_out"} - {link["kind"] for link in mine}):
        yield "MISSING", f"visit {visit_id}", f"no link of kind {kind}"
    yield from faults_of_evidence(export, mine, folder)
    yield from faults_of_roots(export["roots"], key, whole=False)


def main() -> int:
    """Verify what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--key")
    parser.add_argument("--roots")
    asked = parser.parse_args()
    told = json.loads(Path(asked.file).read_text("utf-8"))
    listed = json.loads(Path(asked.roots).read_text("utf-8"))["roots"] if asked.roots else told["roots"]
    whole = bool(asked.roots) or "visit_id" not in told
    faults = list(faults_of_roots(listed, asked.key)) if whole else []
    if "visit_id" in told:
        faults += verify(told, asked.folder, asked.key)
        unlisted = [root for root in told["roots"] if asked.roots and root not in listed]
        faults += [("UNLISTED", f"root {root['n']}", "the list of roots has another or none") for root in unlisted]
    for code, where, text in faults:
        print(f"{code:9} {where}: {text}")
    for root in told["roots"]:
        print(f"root {root['n']} of {root['on_date']}: {root['root']} by key {root['key']}; compare with the paper")
    print(f"{len(faults)} faults" if faults else "it holds")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
