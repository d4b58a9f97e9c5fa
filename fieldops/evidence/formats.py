"""What a piece of evidence really is: known by its first bytes, then read to its end; the file's name counts nothing.

Source: ISO/IEC 14496-12 (boxes of MP4 and M4A), RFC 4867 §5 (AMR), RIFF/WAVE; pictures are decoded by Pillow.
"""

from __future__ import annotations

import struct
import wave
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL.ImageFile import ImageFile

MOST_PIXELS: Final = 50_000_000
MOST_PNG_PIXELS: Final = 16_000_000
"""A JPEG can be decoded at an eighth of its size; a PNG cannot, and would take four bytes of memory a pixel."""
MOST_SECONDS: Final = 3600.0
_AMR_FRAME_BYTES: Final = (13, 14, 16, 18, 20, 21, 27, 32, 6, 7, 6, 6, 1, 1, 1, 1)
_AMR_FRAMES_A_SECOND: Final = 50
_BROKEN: Final = (
    OSError,
    RuntimeError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    wave.Error,
    LookupError,
    ZeroDivisionError,
)
_PICTURES: Final = ("image/jpeg", "image/png")
TYPES_OF_KIND: Final = {
    "AUDIO": ("audio/mp4", "audio/amr", "audio/wav"),
    "VIDEO": ("video/mp4",),
    "PHOTO_DOOR": _PICTURES,
    "PHOTO_SURROUND": _PICTURES,
    "SIGNATURE": _PICTURES,
    "DOC": _PICTURES,
}
"""What each kind of evidence may be."""


class UnfitError(Exception):
    """These bytes are not the evidence they are said to be; the text names the mend."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the bytes are: pictures have a size, recordings a duration."""

    media_type: str
    width_px: int | None = None
    height_px: int | None = None
    duration_s: float | None = None


def look_at(kind: str, file: IO[bytes], length: int) -> Found:
    """What ``file`` is, read from its first byte to its last. Raises: UnfitError for what this kind may not be."""
    head = file.read(16)
    file.seek(0)
    read = next((reads for fits, reads in _READERS if fits(head)), None)
    allowed = ", ".join(TYPES_OF_KIND[kind])
    if read is None:
        raise UnfitError(f"these bytes are no evidence of kind {kind}; send one of {allowed}")
    try:
        found = read(file, length)
    except _BROKEN:
        raise UnfitError(f"the file is broken or cut short; send one that opens, as {allowed}") from None
    if found.media_type not in TYPES_OF_KIND[kind]:
        raise UnfitError(f"{found.media_type} is no {kind}; send one of {allowed}")
    if (found.duration_s or 0) > MOST_SECONDS:
        raise UnfitError(f"{found.duration_s:.0f} s is longer than {MOST_SECONDS:.0f} s; record in parts")
    return found


def _jpeg(file: IO[bytes], _length: int) -> Found:
    picture = JpegImageFile(file)
    _few_enough(picture, MOST_PIXELS)
    size = picture.size
    picture.draft("RGB", (size[0] // 8, size[1] // 8))
    picture.load()
    return Found("image/jpeg", *size)


def _png(file: IO[bytes], _length: int) -> Found:
    picture = PngImageFile(file)
    _few_enough(picture, MOST_PNG_PIXELS)
    picture.load()
    return Found("image/png", *picture.size)


def _few_enough(picture: ImageFile, most: int) -> None:
    width, height = picture.size
    if width * height > most:
        raise UnfitError(f"{width} x {height} pixels are more than {most}; send it smaller, as image/jpeg")


def _wav(file: IO[bytes], length: int) -> Found:
    with wave.open(file) as sound:
        frames, frame_bytes = sound.getnframes(), sound.getnchannels() * sound.getsampwidth()
        if frames == 0 or frames * frame_bytes >= length:
            raise EOFError
        return Found("audio/wav", duration_s=frames / sound.getframerate())


def _amr(file: IO[bytes], length: int) -> Found:
    data = file.read(length)
    place, frames = len(b"#!AMR\n"), 0
    while place < len(data):
        place += _AMR_FRAME_BYTES[data[place] >> 3 & 15]
        frames += 1
    if place != len(data) or frames == 0:
        raise EOFError
    return Found("audio/amr", duration_s=frames / _AMR_FRAMES_A_SECOND)


def _mp4(file: IO[bytes], length: int) -> Found:
    top = dict(_boxes(file, 0, length))
    movie_at, movie_ends = top[b"moov"]
    _, _ = top[b"mdat"]
    duration_s, tracks = 0.0, set()
    for name, (starts, ends) in _boxes(file, movie_at, movie_ends):
        if name == b"mvhd":
            duration_s = _duration_s(file, starts)
        elif name == b"trak":
            tracks.add(_handler(file, starts, ends))
    if not tracks & {b"vide", b"soun"}:
        raise ValueError
    return Found("video/mp4" if b"vide" in tracks else "audio/mp4", duration_s=duration_s)


def _boxes(file: IO[bytes], starts: int, ends: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """The boxes between two places, each with where its content starts and ends; they fill it to the last byte."""
    while starts < ends:
        file.seek(starts)
        size, name = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            (size,), head = struct.unpack(">Q", file.read(8)), 16
        elif size == 0:
            size = ends - starts
        if size < head or starts + size > ends:
            raise EOFError
        yield name, (starts + head, starts + size)
        starts += size


def _duration_s(file: IO[bytes], starts: int) -> float:
    file.seek(starts)
    version = file.read(4)[0]
    times = struct.unpack(">QQIQ", file.read(28)) if version == 1 else struct.unpack(">IIII", file.read(16))
    return float(times[3] / times[2])


def _handler(file: IO[bytes], starts: int, ends: int) -> bytes:
    media = dict(_boxes(file, *dict(_boxes(file, starts, ends))[b"mdia"]))
    file.seek(media[b"hdlr"][0] + 8)
    return file.read(4)


_READERS: Final[tuple[tuple[Callable[[bytes], bool], Callable[[IO[bytes], int], Found]], ...]] = (
    (lambda head: head.startswith(b"\xff\xd8\xff"), _jpeg),
    (lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), _png),
    (lambda head: head.startswith(b"#!AMR\n"), _amr),
    (lambda head: head.startswith(b"RIFF") and head[8:12] == b"WAVE", _wav),
    (lambda head: head[4:8] == b"ftyp", _mp4),
)
