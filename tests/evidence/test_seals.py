"""The tree of a day, the stranger's arithmetic beside a library's, and seals that are written while the day is closed."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from fieldops.audit import Actor
from fieldops.evidence import seals
from fieldops.evidence.models import ChainRoot, ChainSeal
from fieldops.sync.models import Device
from tests.evidence.test_chain import stranger


def tree_of_the_rfc(leaves):
    """RFC 6962, 2.1, word for word: split at the largest power of two below the count."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = tree_of_the_rfc(leaves[:split]), tree_of_the_rfc(leaves[split:])
    return sha256(b"\1" + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 13])
def test_every_leaf_leads_to_the_root_of_the_rfc_by_its_path(count):
    leaves = [sha256(bytes([number])).hexdigest() for number in range(count)]
    root = seals.root_of(leaves)
    assert root == tree_of_the_rfc(leaves)
    for place, leaf in enumerate(leaves):
        digest = leaf
        for side, other in seals.path_of(leaves, place):
            pair = (other, digest) if side == seals.LEFT else (digest, other)
            digest = sha256(b"\1" + bytes.fromhex(pair[0]) + bytes.fromhex(pair[1])).hexdigest()
        assert digest == root


def test_the_strangers_signatures_are_those_of_the_library_and_no_others():
    is_signed = stranger().is_signed
    rng = random.Random(7)
    for _ in range(12):
        private = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        told = rng.randbytes(rng.randrange(200))
        key, signature = private.public_key().public_bytes_raw(), private.sign(told)
        assert is_signed(key.hex(), told, signature.hex())
        assert not is_signed(key.hex(), told + b"x", signature.hex())
        broken = bytearray(signature)
        broken[rng.randrange(64)] ^= 1 << rng.randrange(8)
        assert not is_signed(key.hex(), told, broken.hex())
        other = bytearray(key)
        other[rng.randrange(32)] ^= 1 << rng.randrange(8)
        assert not is_signed(other.hex(), told, signature.hex())
    s_plus_q = (int.from_bytes(signature[32:], "little") + stranger().Q).to_bytes(32, "little")
    assert not is_signed(key.hex(), told, (signature[:32] + s_plus_q).hex())


def test_a_seal_written_while_a_day_is_closed_stands_under_one_root_and_no_other(road):
    """Closing waits for who is writing, and who writes later is under the next root."""
    road.phones()
    house = road.house
    with house.transaction() as session:
        devices = list(session.scalars(select(Device.id)))
    actor = Actor("evidence", house.clock.now())
    written, go_on = threading.Event(), threading.Event()

    def write():
        with house.transaction() as session:
            seals.seal_head(session, actor, devices[0], 1, "a" * 64)
            written.set()
            go_on.wait(10)

    def close():
        written.wait(10)
        threading.Timer(0.2, go_on.set).start()
        with house.transaction() as session:
            seals.close_day(session, actor)

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(write), pool.submit(close)]:
            each.result()
    with house.transaction() as session:
        seals.seal_head(session, actor, devices[1], 1, "b" * 64)
    house.clock.advance(days=1)
    with house.transaction() as session:
        seals.close_day(session, Actor("evidence", house.clock.now()))
        roots = seals.roots(session)
        assert [root.seals for root in roots] == [1, 1]
        assert roots[1].up_to_no == max(session.scalars(select(ChainSeal.no)))
        assert session.scalars(select(ChainRoot.prev_hash).order_by(ChainRoot.n)).all() == ["0" * 64, roots[0].hash]
