#!/usr/bin/env python3
"""Verify the evidence of a visit without its maker: verify_chain.py EXPORT.json [FOLDER] [--key HEX] [--roots FILE].

Needs Python 3.8 and nothing else. EXPORT: GET /api/v1/evidence/of-visit/{id}/chain. FOLDER: the files of its evidence,
named by their slots. HEX: the installation's key, from paper. FILE: GET /api/v1/evidence/chain-roots, which may also be
verified alone. A ``yield`` is a check: what must hold, the code if it does not, where, why. Exits with 0 if all hold.
"""

import argparse
import json
import sys
from datetime import datetime, timedelta
from hashlib import sha256, sha512
from pathlib import Path

STEPS = {"check_in": 0, "photo": 1, "form": 2, "check_out": 3, "correction": 4}
LINK = ("n", "prev_hash", "kind", "visit_id", "ref", "content_sha256", "at")
ROOT = ("n", "on_date", "prev_hash", "seals", "root", "signed_at")
P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519: RFC 8032, section 5.1
D, SQRT_MINUS_1 = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)


def add(one, two):
    """The sum of two points of the curve."""
    (a, b), (c, d) = one, two
    t = D * a * b * c * d
    return (a * d + b * c) * pow(1 + t, P - 2, P) % P, (a * c + b * d) * pow(1 - t, P - 2, P) % P


def times(number, point):
    """A multiple of a point."""
    total = (0, 1)
    for bit in f"{number:b}":
        total = add(total, total)
        total = add(total, point) if bit == "1" else total
    return total


def point_of(data):
    """The point that 32 bytes stand for; None where they stand for none."""
    y, is_odd = int.from_bytes(data, "little") % 2**255, data[31:] > b"\x7f"
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    roots = [x for x in (pow(square, (P + 3) // 8, P) * i % P for i in (1, SQRT_MINUS_1)) if x * x % P == square]
    if len(data) != 32 or y >= P or not roots or (is_odd and roots[0] == 0):
        return None
    return (roots[0] if roots[0] % 2 == is_odd else P - roots[0]), y


def is_signed(key, told, signature):
    """Whether a signature, in hex, is of this key over these bytes."""
    try:
        key, r, s = bytes.fromhex(key), bytes.fromhex(signature)[:32], bytes.fromhex(signature)[32:]
    except ValueError:
        return False
    public, base, number = point_of(key), point_of(b"\x58" + b"\x66" * 31), int.from_bytes(s, "little")
    if public is None or len(s) != 32 or number >= Q:
        return False
    x, y = times(int.from_bytes(sha512(r + key + told).digest(), "little") % Q, public)
    x, y = add(times(number, base), (P - x, y))
    return (y | x % 2 << 255).to_bytes(32, "little") == r


def canonical(told, row=(), parts=()):
    """What is hashed and signed: JSON in UTF-8 with sorted keys and no spaces."""
    told = {**told, **{name: row[name] for name in parts}}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def checks_of_rows(name, rows, told, parts, key=None, *, whole=True):
    """Links of a phone, or roots of days: each hashes to what it says, and in a whole list follows the one before."""
    for before, row in zip([None, *rows], rows):
        where, text, n = f"{name} {row['n']}", canonical(told, row, parts), row["n"]
        last = before["n"] if before and whole else None
        yield sha256(text).hexdigest() == row["hash"], "ALTERED", where, "it does not hash to what it says"
        yield parts is LINK or is_signed(key or row["key"], text, row["signature"]), "FORGED", where, "not by that key"
        yield n != 1 or before or row["prev_hash"] == "0" * 64, "BROKEN", where, "the first follows nothing"
        yield n != last, "FORKED", where, "two stories under one number"
        yield last is None or n in (last, last + 1), "GAP", where, f"it follows {last}: what lies between is missing"
        yield last is None or n != last + 1 or row["prev_hash"] == before["hash"], "BROKEN", where, f"not after {last}"


def checks_of_visit(visit_id, name, links, contents):
    """The links of the visit stand in their order and vouch for the content that is shown."""
    reached = 0
    for link in (each for each in links if each["visit_id"] == visit_id):
        where, content = f"{name} {link['n']} {link['kind']}", contents.get(link["ref"])
        step = STEPS.get(link["kind"], -1)
        yield step >= reached, "ORDER", where, "it comes after a later step of the visit"
        reached = max(step, reached)
        if link["kind"] != "photo":
            yield content is not None, "MISSING", where, "the content it vouches for is not in the export"
            same = content is None or sha256(content.encode()).hexdigest() == link["content_sha256"]
            yield same, "CHANGED", where, "the content is not what was hashed"


def checks_of_seal(chain, export, key):
    """The server has signed a head in which the links end, and that stands under the root of its day."""
    where, seal, ends = f"phone {chain['device_id']}", chain["seal"] or {}, chain["links"][-1:]
    yield [(e["n"], e["hash"]) for e in ends] == [(seal.get("n"), seal.get("hash"))], "UNSIGNED", where, "no such head"
    if not seal:
        return
    head = canonical({"of": "head", "device_id": chain["device_id"]}, seal, ("n", "hash", "signed_at"))
    yield is_signed(key or seal["key"], head, seal["signature"]), "FORGED", where, "its head is not signed by that key"
    digest = sha256(b"\0" + head)
    for side, other in chain["path"]:
        pair = [bytes.fromhex(other), digest.digest()] if side == "LEFT" else [digest.digest(), bytes.fromhex(other)]
        digest = sha256(b"\1" + b"".join(pair))
    roots = [root["root"] for root in export["roots"] if root["n"] == chain["root_n"]]
    age = datetime.fromisoformat(export["exported_at"]) - datetime.fromisoformat(seal["signed_at"])
    day_is_open = not roots and age <= timedelta(hours=36)
    yield day_is_open or roots == [digest.hexdigest()], "ROOTLESS", where, "its head stands under no root of a day"


def checks_of_files(links, evidence, folder):
    """Every declared file was vouched for at the door, none that was is hidden, and the bytes are there."""
    vouched = {link["ref"]: link["content_sha256"] for link in links if link["kind"] == "photo"}
    told = {each["slot"]: each["sha256"] for each in evidence}
    for slot in set(vouched) - set(told):
        yield False, "HIDDEN", f"file {slot}", "it was recorded at the door and no result declares it"
    for slot, digest in told.items():
        yield vouched.get(slot) == digest, "UNVOUCHED", f"file {slot}", "no link of the chain vouches for it"
        if folder is not None:
            data = Path(folder, slot).read_bytes() if Path(folder, slot).is_file() else None
            yield data is not None, "MISSING", f"file {slot}", "it is not in the folder"
            yield data is None or sha256(data).hexdigest() == digest, "CHANGED", f"file {slot}", "its bytes are others"


def checks(told, folder=None, key=None, listed=None):
    """Every check of an export, of a list of roots, or of the one against the other."""
    if listed is not None or "visit_id" not in told:
        yield from checks_of_rows("root", told["roots"] if listed is None else listed, {"of": "root"}, ROOT, key)
    if "visit_id" not in told:
        return
    mine = [link for chain in told["chains"] for link in chain["links"] if link["visit_id"] == told["visit_id"]]
    for chain in told["chains"]:
        name, of_phone = f"phone {chain['device_id']} link", {"device_id": chain["device_id"]}
        yield from checks_of_rows(name, chain["links"], of_phone, LINK)
        yield from checks_of_visit(told["visit_id"], name, chain["links"], told["contents"])
        yield from checks_of_seal(chain, told, key)
    for kind in ("check_in", "check_out", "form"):
        yield any(link["kind"] == kind for link in mine), "MISSING", f"visit {told['visit_id']}", f"no {kind}"
    yield from checks_of_files(mine, told["evidence"], folder)
    yield from checks_of_rows("root", told["roots"], {"of": "root"}, ROOT, key, whole=False)
    for root in told["roots"]:
        yield listed is None or root in listed, "UNLISTED", f"root {root['n']}", "the list of roots has another or none"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--key")
    parser.add_argument("--roots")
    asked = parser.parse_args()
    export, *lists = (json.loads(Path(file).read_text("utf-8")) for file in (asked.file, asked.roots) if file)
    faults = [row for row in checks(export, asked.folder, asked.key, *(each["roots"] for each in lists)) if not row[0]]
    for _, code, where, words in faults:
        print(f"{code:9} {where}: {words}")
    for root in export["roots"]:
        print(f"root {root['n']} of {root['on_date']}: {root['root']} by key {root['key']}; compare with the paper")
    print(f"{len(faults)} faults" if faults else "it holds")
    sys.exit(bool(faults))
