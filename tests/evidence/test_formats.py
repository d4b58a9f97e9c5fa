"""What a recording really is, by its bytes: each kind that opens, and each way of not being what it is said to be."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.evidence import formats
from fieldops.evidence.formats import Found, UnfitError, look_at
from tests.evidence.recordings import amr, box, jpeg, mp4, png, wav


def look(kind, data):
    return look_at(kind, io.BytesIO(data), len(data))


@pytest.mark.parametrize(
    ("kind", "data", "found"),
    [
        ("PHOTO_DOOR", jpeg(64, 48), Found("image/jpeg", 64, 48)),
        ("PHOTO_SURROUND", jpeg(1600, 1200), Found("image/jpeg", 1600, 1200)),
        ("SIGNATURE", png(20, 10), Found("image/png", 20, 10)),
        ("DOC", png(), Found("image/png", 64, 48)),
        ("AUDIO", wav(2), Found("audio/wav", duration_s=2.0)),
        ("AUDIO", amr(3), Found("audio/amr", duration_s=3.0)),
        ("AUDIO", mp4(b"soun", seconds=90), Found("audio/mp4", duration_s=90.0)),
        ("VIDEO", mp4(b"vide", seconds=5), Found("video/mp4", duration_s=5.0)),
    ],
)
def test_a_recording_that_opens_is_what_it_says(kind, data, found):
    assert look(kind, data) == found


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("PHOTO_DOOR", wav()),
        ("PHOTO_DOOR", mp4()),
        ("AUDIO", jpeg()),
        ("AUDIO", mp4(b"vide")),
        ("VIDEO", mp4(b"soun")),
        ("VIDEO", amr()),
        ("DOC", b"%PDF-1.7 a paper"),
        ("PHOTO_DOOR", b"GIF89a" + bytes(100)),
        ("PHOTO_DOOR", b"MZ" + bytes(100)),
        ("AUDIO", b"<html><script>alert(1)</script>"),
        ("PHOTO_DOOR", b""),
        ("PHOTO_DOOR", b"\xff\xd8\xff"),
        ("AUDIO", b"#!AMR\n"),
        ("AUDIO", b"RIFF\0\0\0\0WAVE"),
        ("AUDIO", b"\0\0\0\x08ftyp"),
        ("AUDIO", mp4(b"hint")),
    ],
)
def test_a_recording_of_another_kind_or_of_none_is_refused(kind, data):
    with pytest.raises(UnfitError):
        look(kind, data)


@pytest.mark.parametrize(
    ("kind", "data"),
    [("PHOTO_DOOR", jpeg(320, 200)), ("SIGNATURE", png()), ("AUDIO", wav()), ("AUDIO", amr()), ("VIDEO", mp4(b"vide"))],
)
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_recording_that_is_cut_short_is_refused(kind, data, share):
    with pytest.raises(UnfitError):
        look(kind, data[: int(len(data) * share)])


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked():
    bomb = bytearray(jpeg())
    at = bomb.index(b"\xff\xc0")
    bomb[at + 5 : at + 9] = struct.pack(">HH", 10_000, 5_001)
    with pytest.raises(UnfitError, match="5001 x 10000 pixels are more than 50000000"):
        look("PHOTO_DOOR", bytes(bomb))


def test_a_png_of_too_many_pixels_is_refused_before_it_is_unpacked():
    with pytest.raises(UnfitError, match="send it smaller, as image/jpeg"):
        look("SIGNATURE", png(8_000, 2_001))


def test_a_recording_may_be_an_hour_long_and_no_longer():
    assert look("AUDIO", mp4(seconds=3600)).duration_s == formats.MOST_SECONDS
    with pytest.raises(UnfitError, match="record in parts"):
        look("AUDIO", mp4(seconds=3601))


def test_boxes_of_sixty_four_bit_sizes_and_one_that_runs_to_the_end_are_read():
    whole = mp4(b"vide", seconds=7)
    moov_at = whole.index(b"moov") - 4
    large = struct.pack(">I4sQ", 1, b"mdat", 16 + 50) + bytes(50)
    assert look("VIDEO", whole[:20] + large + whole[moov_at:]).duration_s == 7.0
    to_the_end = whole[:20] + whole[moov_at:] + struct.pack(">I4s", 0, b"mdat") + bytes(9)
    assert look("VIDEO", to_the_end).duration_s == 7.0


def test_a_header_of_version_one_tells_its_duration():
    header = box(b"mvhd", b"\1" + bytes(3 + 16) + struct.pack(">IQ", 600, 600 * 42) + bytes(80))
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + b"soun" + bytes(12))))
    data = box(b"ftyp", b"M4A " + bytes(8)) + box(b"mdat", bytes(9)) + box(b"moov", header + track)
    assert look("AUDIO", data).duration_s == 42.0


@given(
    kind=st.sampled_from(sorted(formats.TYPES_OF_KIND)),
    head=st.sampled_from(
        [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"#!AMR\n", b"RIFF\x20\0\0\0WAVE", b"\0\0\0\x14ftyp"]
    ),
    rest=st.binary(max_size=200),
)
def test_any_bytes_are_taken_or_refused_and_never_a_fault_of_ours(kind, head, rest):
    try:
        named = look(kind, head + rest).media_type in formats.TYPES_OF_KIND[kind]
    except UnfitError as unfit:
        named = bool(str(unfit))
    assert named
