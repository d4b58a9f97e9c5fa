"""What a crash leaves in the store is swept out; what is counted, or still on its way, never is."""

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldops.evidence import jobs, loose, receiving, service
from fieldops.evidence.models import LooseObject, Upload, UploadPart
from fieldops.evidence.rules import LIFETIME, LOOSE_FOR
from tests.evidence.test_server import MIB, Sent, serving


def objects(road):
    return {path.name for path in (road.house.settings.home / "store").rglob("*") if path.is_file()}


def counted(road):
    with road.house.transaction() as session:
        return set(session.scalars(sa.select(UploadPart.object_sha256)))


def noted(road):
    with road.house.transaction() as session:
        return set(session.scalars(sa.select(LooseObject.object_sha256)))


def sweep(reported, after=LOOSE_FOR):
    clock = reported.road.house.clock
    clock.instant += after
    jobs.sweep_loose_objects(reported.road.house)


@pytest.fixture
def crashing(reported, monkeypatch):
    """The process ends between the object and its row."""

    def crash(house, turn):
        raise KeyboardInterrupt

    monkeypatch.setattr(receiving, "_count", crash)
    reported.tus.create(reported.slot)
    before = objects(reported.road)
    with pytest.raises(KeyboardInterrupt):
        reported.tus.patch(reported.slot, 0, reported.data)
    monkeypatch.undo()
    (reported.left,) = objects(reported.road) - before
    return reported


def test_a_part_that_was_stored_and_never_counted_is_swept_out_after_an_hour(crashing):
    assert noted(crashing.road) == {crashing.left}
    half_written = crashing.road.house.settings.home / "store" / crashing.left[:2] / f"{crashing.left}.77.ab"
    half_written.write_bytes(b"sea")
    sweep(crashing, LOOSE_FOR - timedelta(seconds=1))
    assert crashing.left in objects(crashing.road)
    sweep(crashing, timedelta(seconds=1))
    assert not {crashing.left, half_written.name} & objects(crashing.road)
    assert noted(crashing.road) == set()
    assert crashing.tus.send(crashing.slot, crashing.data).status_code == 204
    assert noted(crashing.road) == set()


def test_what_is_counted_is_never_swept_even_where_a_note_says_so(reported):
    reported.tus.send(reported.slot, reported.data)
    with reported.road.house.transaction() as session:
        name = session.scalars(sa.select(UploadPart.object_sha256).filter_by(slot_id=reported.slot["id"])).one()
        since = reported.road.house.clock.now()
        loose.note_loose(session, [name], slot_id=reported.slot["id"], since=since)
    sweep(reported)
    assert name in objects(reported.road)
    with reported.road.house.transaction() as session:
        loose.settle(session, [name])


def test_a_request_that_holds_the_turn_is_let_finish_and_one_whose_turn_ran_out_counts_nothing(reported, monkeypatch):
    """A body that crawls in for more than an hour: swept only once its turn is over, and then it is told so."""
    real = receiving._count

    def slow(house, turn, *, ends):
        with house.transaction() as session:
            until = house.clock.now() + LOOSE_FOR + (timedelta(seconds=1) if ends == "in time" else timedelta())
            session.execute(sa.update(Upload).filter_by(slot_id=turn.slot_id).values(turn_until=until))
        sweep(reported)
        return real(house, turn)

    reported.tus.create(reported.slot)
    monkeypatch.setattr(receiving, "_count", lambda house, turn: slow(house, turn, ends="too late"))
    answer = reported.tus.patch(reported.slot, 0, reported.data)
    assert (answer.status_code, answer.json["code"]) == (423, "TURN_LOST")
    monkeypatch.setattr(receiving, "_count", lambda house, turn: slow(house, turn, ends="in time"))
    assert reported.tus.patch(reported.slot, 0, reported.data).status_code == 204
    assert counted(reported.road) <= objects(reported.road)
    assert noted(reported.road) == set()


def test_what_was_forgotten_and_not_erased_is_swept_out(reported, monkeypatch):
    """The process ends after an expired upload has left the tables and before its bytes have left the store."""
    made = reported.with_another_slot(reported.data + b"\0" * 10)
    made.tus.create(made.slot)
    made.tus.patch(made.slot, 0, made.data[:-5])
    (name,) = counted(made.road) & objects(made.road) - all_counted_but(made)
    made.road.house.clock.instant += LIFETIME
    with made.road.house.transaction() as session:
        assert service.forget_if_expired(session, made.slot["id"], made.road.house.clock.now()) == [name]
    sweep(made)
    assert (name in objects(made.road), noted(made.road)) == (False, set())


def all_counted_but(made):
    with made.road.house.transaction() as session:
        others = sa.select(UploadPart.object_sha256).where(UploadPart.slot_id != made.slot["id"])
        return set(session.scalars(others))


def test_a_sweep_that_dies_half_way_is_finished_by_the_next(crashing, monkeypatch):
    def die(house, names):
        house.store.delete(names[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(loose, "erase_loose", die)
    with pytest.raises(KeyboardInterrupt):
        sweep(crashing)
    monkeypatch.undo()
    assert noted(crashing.road) == {crashing.left}
    sweep(crashing, timedelta())
    assert (noted(crashing.road), crashing.left in objects(crashing.road)) == (set(), False)


def eventually(look):
    """What is looked for, once it is there."""
    ends = time.monotonic() + 60
    while not (found := look()) and time.monotonic() < ends:
        time.sleep(0.02)
    return found


def test_a_server_killed_between_the_object_and_its_row_leaves_what_the_sweep_finds(road):
    sent = Sent(road, 3)
    with serving(road, sent.port) as kill:
        sent.uploader(chunk=MIB).upload(stop_at=MIB)
        before = objects(road)
        with road.house.database.engine.connect() as connection, connection.begin():
            connection.execute(sa.text("LOCK TABLE upload_part IN SHARE MODE"))
            line = sent.break_off(MIB, MIB)
            left = eventually(lambda: {name for name in objects(road) - before if "." not in name})
            kill()
            line.close()
    assert noted(road) == left
    assert sent.durable() == sent.data[:MIB]
    with road.house.transaction() as session:
        road.house.clock.instant = session.scalars(sa.select(LooseObject.since)).one() + LOOSE_FOR
    jobs.sweep_loose_objects(road.house)
    assert objects(road) == before
    with serving(road, sent.port):
        sent.uploader(chunk=MIB, url=sent.url).upload()
    sent.assert_whole()
    assert noted(road) == set()
