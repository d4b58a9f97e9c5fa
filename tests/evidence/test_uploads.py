"""Uploads by tus 1.0.0, asked by hand: what every header and every odd request gets."""

import hashlib
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldops.db import uuid7
from fieldops.evidence import jobs
from fieldops.evidence.models import EvidenceFile, Upload, UploadPart
from fieldops.evidence.rules import LIFETIME
from fieldops.jobs import work
from fieldops.results.models import EvidenceSlot, VisitResult
from tests.evidence.recordings import Uploader, b64, jpeg, slot


def rows(made, table):
    """What a table holds of the slot of this test."""
    with made.road.house.transaction() as session:
        return list(session.scalars(sa.select(table).filter_by(slot_id=made.slot["id"])))


def of_id(made, table, found):
    with made.road.house.transaction() as session:
        return session.get_one(table, uuid.UUID(str(found)))


def the_result(made):
    with made.road.house.transaction() as session:
        return session.scalars(sa.select(VisitResult)).one()


def objects(road):
    """How many objects the store holds."""
    store = road.house.settings.home / "store"
    return sum(1 for each in store.rglob("*") if each.is_file())


def test_a_photo_sent_in_one_piece_is_evidence_and_makes_the_result_whole(reported):
    answer = reported.tus.send(reported.slot, reported.data)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(reported.data)))
    (file,) = rows(reported, EvidenceFile)
    declared, result = of_id(reported, EvidenceSlot, reported.slot["id"]), the_result(reported)
    assert (file.media_type, file.width_px, file.height_px) == ("image/jpeg", 64, 48)
    assert declared.arrived_at == result.complete_at == reported.road.house.clock.now()


def test_a_photo_sent_in_pieces_is_the_same_photo(reported):
    made = reported.with_another_slot(jpeg(noise=2_500_000))
    assert made.tus.send(made.slot, made.data, chunk=700_000).status_code == 204
    assert len(rows(made, UploadPart)) == 4
    looked = made.road.client_as("QA").get(
        f"/api/v1/evidence/{made.slot['id']}/content", query_string={"purpose": "质检抽查"}
    )
    assert hashlib.sha256(looked.data).hexdigest() == made.slot["sha256"]


def test_a_post_that_says_so_is_the_patch_or_the_delete_it_stands_for(reported):
    part = {"Content_Type": "application/offset+octet-stream", "Upload_Offset": "0"}
    where, override = f"/{reported.slot['id']}", {"X_HTTP_Method_Override": "PATCH"}
    reported.tus.create(reported.slot)
    assert reported.tus.ask("POST", where, reported.data[:100], **part).status_code == 405
    assert reported.tus.ask("POST", where, reported.data[:100], **part, **override).status_code == 204
    assert reported.tus.offset(reported.slot) == 100
    assert reported.tus.ask("POST", where, X_HTTP_Method_Override="DELETE").status_code == 204
    assert reported.tus.head(reported.slot).status_code == 404
    assert reported.tus.ask("POST", where, X_HTTP_Method_Override="GET").status_code == 405
    work(reported.road.house, until_empty=True)


def test_the_server_says_what_it_speaks(reported):
    answer = reported.tus.ask("OPTIONS")
    assert answer.status_code in {200, 204}
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {"creation", "checksum", "expiration", "termination"}
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
    assert int(answer.headers["Tus-Max-Size"]) == 80 * 1024**2


def test_the_same_slot_with_the_same_hash_is_the_same_upload(reported):
    first, half = reported.tus.create(reported.slot), reported.data[:100]
    reported.tus.patch(reported.slot, 0, half)
    again = reported.tus.create(reported.slot)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.headers["Location"] == again.headers["Location"]
    assert first.headers["Location"].endswith(f"/api/v1/mobile/uploads/{reported.slot['id']}")
    assert reported.tus.offset(reported.slot) == 100


@pytest.mark.parametrize("changed", [{"sha256": "0" * 64}, {"length": 5}])
def test_the_same_slot_with_other_bytes_is_refused(reported, changed):
    answer = reported.tus.create(reported.slot | changed)
    assert (answer.status_code, answer.json["code"]) == (409, "SLOT_DIFFERS")


def test_an_offset_that_is_not_where_the_upload_stands_is_answered_with_the_right_one(reported):
    reported.tus.create(reported.slot)
    reported.tus.patch(reported.slot, 0, reported.data[:100])
    for wrong in (0, 99, 101):
        answer = reported.tus.patch(reported.slot, wrong, b"x")
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "100")
        assert answer.json["code"] == "OFFSET_DIFFERS"
    assert reported.tus.offset(reported.slot) == 100


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_chunk_with_a_wrong_checksum_is_not_kept_and_one_with_the_right_is(reported, algorithm):
    reported.tus.create(reported.slot)
    piece = reported.data[:200]
    right = f"{algorithm} {b64(hashlib.new(algorithm, piece).digest())}"
    before = objects(reported.road)
    answer = reported.tus.patch(reported.slot, 0, b"?" + piece[1:], Upload_Checksum=right)
    assert (answer.status_code, answer.json["code"]) == (460, "CHECKSUM_DIFFERS")
    assert (reported.tus.offset(reported.slot), objects(reported.road)) == (0, before)
    assert reported.tus.patch(reported.slot, 0, piece, Upload_Checksum=right).status_code == 204
    assert reported.tus.offset(reported.slot) == 200


@pytest.mark.parametrize("checksum", ["md5 rL0Y20zC+Fzt72VPzMSk2A==", "sha256 ???", "sha256", "sha1 AAAA"])
def test_a_checksum_nobody_can_check_is_refused(reported, checksum):
    reported.tus.create(reported.slot)
    answer = reported.tus.patch(reported.slot, 0, b"x", Upload_Checksum=checksum)
    assert (answer.status_code, answer.json["code"]) == (422, "CHECKSUM_UNKNOWN")


def test_a_second_request_meanwhile_waits_and_a_line_that_died_blocks_nobody_for_long(reported):
    reported.tus.create(reported.slot)
    with reported.road.house.transaction() as session:
        until = reported.road.house.clock.now() + timedelta(seconds=15)
        session.execute(sa.update(Upload).filter_by(slot_id=reported.slot["id"]).values(turn=uuid7(), turn_until=until))
    answer = reported.tus.patch(reported.slot, 0, reported.data)
    assert (answer.status_code, answer.json["code"]) == (423, "UPLOAD_IN_USE")
    reported.road.house.clock.advance(seconds=15)
    assert reported.tus.patch(reported.slot, 0, reported.data).status_code == 204


def test_a_chunk_beyond_the_length_is_refused_and_nothing_of_it_kept(reported):
    reported.tus.create(reported.slot)
    answer = reported.tus.patch(reported.slot, 0, reported.data + b"x")
    assert (answer.status_code, answer.json["code"], answer.json["limit"]) == (
        413,
        "CHUNK_TOO_LONG",
        len(reported.data),
    )
    assert reported.tus.offset(reported.slot) == 0


def test_an_empty_chunk_changes_nothing(reported):
    reported.tus.create(reported.slot)
    answer = reported.tus.patch(reported.slot, 0, b"")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "0")


@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0"])
def test_another_version_of_the_protocol_is_refused_with_the_one_that_is_spoken(reported, version):
    for answer in (
        reported.tus.create(reported.slot, Tus_Resumable=version),
        reported.tus.patch(reported.slot, 0, b"x", Tus_Resumable=version),
    ):
        assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")


def test_bytes_of_another_media_type_are_refused(reported):
    reported.tus.create(reported.slot)
    answer = reported.tus.patch(reported.slot, 0, b"x", Content_Type="application/json")
    assert (answer.status_code, answer.json["code"]) == (415, "CONTENT_TYPE")


@pytest.mark.parametrize(
    "headers",
    [
        {"Upload_Length": None},
        {"Upload_Length": "-1"},
        {"Upload_Length": "1e3"},
        {"Upload_Length": None, "Upload_Defer_Length": "1"},
        {"Upload_Metadata": None},
        {"Upload_Metadata": "slot ???,sha256 ???"},
        {"Upload_Metadata": f"slot {b64('no uuid')},sha256 {b64('0' * 64)}"},
        {"Upload_Metadata": f"slot {b64('01a20517-0000-7000-8000-000000000000')},sha256 {b64('XYZ')}"},
    ],
)
def test_a_creation_that_does_not_say_what_it_is_about_is_refused_by_name(reported, headers):
    answer = reported.tus.create(reported.slot, **headers)
    assert answer.status_code == 422
    assert answer.json["code"] in {"HEADER_MISSING", "METADATA_MISSING", "LENGTH_DEFERRED"}


def test_a_slot_no_result_declares_cannot_be_uploaded(reported):
    answer = reported.tus.create(slot(reported.data))
    assert (answer.status_code, answer.json["code"]) == (404, "SLOT_UNKNOWN")


def test_the_slot_of_another_agent_is_as_if_it_were_not_there(reported):
    assert reported.partner_tus.create(reported.slot).json["code"] == "SLOT_UNKNOWN"
    reported.tus.create(reported.slot)
    assert reported.partner_tus.head(reported.slot).status_code == 404
    assert reported.partner_tus.patch(reported.slot, 0, reported.data).json["code"] == "UPLOAD_UNKNOWN"
    assert reported.partner_tus.ask("DELETE", f"/{reported.slot['id']}").status_code == 404
    assert reported.tus.offset(reported.slot) == 0


def test_nobody_without_a_token_or_without_a_crew_gets_in(reported):
    road = reported.road
    stranger = Uploader(road.app.test_client())
    assert stranger.create(reported.slot).status_code == 401
    assert stranger.patch(reported.slot, 0, b"x").status_code == 401
    assert Uploader(road.client_as("SUPERVISOR")).create(reported.slot).status_code == 403


def test_an_upload_that_is_given_up_is_forgotten_and_may_begin_anew(reported):
    reported.tus.create(reported.slot)
    before = objects(reported.road)
    reported.tus.patch(reported.slot, 0, reported.data[:100])
    assert reported.tus.ask("DELETE", f"/{reported.slot['id']}").status_code == 204
    work(reported.road.house, until_empty=True)
    assert (reported.tus.head(reported.slot).status_code, objects(reported.road)) == (404, before)
    assert reported.tus.send(reported.slot, reported.data).status_code == 204


def test_what_is_evidence_is_not_given_up(reported):
    reported.tus.send(reported.slot, reported.data)
    answer = reported.tus.ask("DELETE", f"/{reported.slot['id']}")
    assert (answer.status_code, answer.json["code"]) == (409, "EVIDENCE_KEPT")
    assert reported.tus.offset(reported.slot) == len(reported.data)


def test_an_upload_nobody_goes_on_with_expires_and_begins_anew(reported):
    reported.tus.create(reported.slot)
    reported.tus.patch(reported.slot, 0, reported.data[:100])
    assert "Upload-Expires" in reported.tus.head(reported.slot).headers
    reported.road.house.clock.instant += LIFETIME - timedelta(seconds=1)
    jobs.expire_uploads(reported.road.house)
    assert reported.tus.offset(reported.slot) == 100
    reported.road.house.clock.advance(seconds=1)
    jobs.expire_uploads(reported.road.house)
    assert reported.tus.patch(reported.slot, 100, reported.data[100:]).json["code"] == "UPLOAD_UNKNOWN"
    assert rows(reported, UploadPart) == []
    assert reported.tus.send(reported.slot, reported.data).status_code == 204


def test_what_is_complete_never_expires(reported):
    reported.tus.send(reported.slot, reported.data)
    reported.road.house.clock.instant += 2 * LIFETIME
    jobs.expire_uploads(reported.road.house)
    assert "Upload-Expires" not in reported.tus.head(reported.slot).headers
    assert len(rows(reported, EvidenceFile)) == 1


def test_bytes_that_do_not_hash_to_what_was_declared_are_not_evidence(reported):
    other = jpeg(noise=len(reported.data))[: len(reported.data)]
    before = objects(reported.road)
    answer = reported.tus.send(reported.slot, other)
    assert (answer.status_code, answer.json["code"]) == (422, "EVIDENCE_DIFFERS")
    assert (reported.tus.head(reported.slot).status_code, objects(reported.road)) == (404, before)
    assert the_result(reported).complete_at is None
    assert reported.tus.send(reported.slot, reported.data).status_code == 204


def test_a_photo_that_is_none_is_not_evidence(reported):
    made = reported.with_another_slot(b"MZ this is a program" * 10)
    answer = made.tus.send(made.slot, made.data)
    assert (answer.status_code, answer.json["code"]) == (422, "EVIDENCE_UNFIT")
    assert rows(made, EvidenceFile) == []


def test_evidence_rests_sealed(reported):
    reported.tus.send(reported.slot, reported.data)
    for file in (reported.road.house.settings.home / "store").rglob("*"):
        assert not file.is_file() or reported.data[:40] not in file.read_bytes()


def test_a_part_that_was_swapped_for_another_does_not_open(reported):
    made = reported.with_another_slot(jpeg(noise=1_500_000))
    made.tus.send(made.slot, made.data, chunk=1_000_000)
    with made.road.house.transaction() as session:
        parts = sa.select(UploadPart).filter_by(slot_id=made.slot["id"])
        one, two = session.scalars(parts.order_by(UploadPart.start))
        one.object_sha256, two.object_sha256 = two.object_sha256, one.object_sha256
    content = f"/api/v1/evidence/{made.slot['id']}/content"
    with pytest.raises(Exception, match="does not open"):
        made.road.client_as("QA").get(content, query_string={"purpose": "质检抽查"})


def test_all_evidence_of_a_visit_has_eighty_mebibytes_at_most(reported):
    reported.tus.create(reported.slot)
    other = reported.with_another_slot(jpeg(noise=50))
    with reported.road.house.transaction() as session:
        mine = sa.update(Upload).filter_by(slot_id=reported.slot["id"])
        session.execute(mine.values(length=80 * 1024**2 - len(other.data) + 1))
    answer = other.tus.create(other.slot)
    assert (answer.status_code, answer.json["code"], answer.json["limit"]) == (413, "VISIT_TOO_LARGE", 80 * 1024**2)
    with reported.road.house.transaction() as session:
        session.execute(sa.delete(Upload).filter_by(slot_id=reported.slot["id"]))
    assert other.tus.create(other.slot).status_code == 201


def test_a_piece_that_is_too_large_is_refused_before_its_first_byte(reported):
    answer = reported.tus.create(reported.slot | {"length": 8 * 1024**2 + 1})
    assert (answer.status_code, answer.json["code"], answer.json["limit"]) == (413, "EVIDENCE_TOO_LARGE", 8 * 1024**2)
