"""A template pack: what was approved, whole and hashed — text, styles, fonts, images and who approved them."""

import hashlib
import re
import struct
import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from letters.envelope import Envelope
from letters.errors import PackRefused
from letters.kinds import LetterKind
from letters.system import HOUSE_FONTS

MANIFEST = "manifest.toml"
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")
ANY_BANK = "*"
MAX_TEXT_BYTES = 64 * 1024
MAX_IMAGE_BYTES = 512 * 1024
MAX_IMAGE_PIXELS = 4_000_000
MAX_FONT_BYTES = 16 * 1024 * 1024
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by PNG colour type


class ApprovalSource(StrEnum):
    """Who approved the text (003 第27条)."""

    BANK = "BANK"
    HQ_FILED = "HQ_FILED"


@dataclass(frozen=True)
class Approval:
    """Who approved a pack that ships with an installation, and for which days; other packs are approved in it."""

    source: ApprovalSource
    number: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True)
class Pack:
    """One version of one letter's template. New text is a new version.

    `sha256` covers every file with its name, the manifest and the fonts included.
    """

    code: str
    kind: LetterKind
    version: int
    title: str
    bank: str
    approval: Approval | None
    specimen: bool
    archival: bool  # letters as PDF/A-3u
    seal: str
    html: str
    css: str
    envelope: Envelope
    fonts: Mapping[str, bytes] = field(repr=False)
    images: Mapping[str, bytes] = field(repr=False)
    sha256: str


def load_pack(path: Path) -> Pack:
    """Return the pack in a folder; fonts it does not carry are the house's.

    Raises: PackRefused, naming the file and what is wrong with it.
    """
    if not (path / MANIFEST).is_file():
        raise PackRefused(f"{path.name} has no {MANIFEST}: a pack is a folder with one.")
    files = {one.name: one.read_bytes() for one in sorted(path.iterdir()) if one.is_file()}
    return pack_from_files(files, load_house_fonts())


@cache
def load_house_fonts(folder: Path = HOUSE_FONTS) -> Mapping[str, bytes]:
    """Return the fonts that come with the installation, by name; kept, for they are some 5 MB."""
    return MappingProxyType({one.name: one.read_bytes() for one in sorted(folder.glob("*.ttf"))})


def pack_from_files(files: Mapping[str, bytes], house_fonts: Mapping[str, bytes]) -> Pack:
    """Return the pack made of `files` by name; `house_fonts` are offered to every pack.

    Raises: PackRefused, naming the file and what is wrong with it.
    """
    manifest = _manifest(files)
    html = _text(files, _value(manifest, "html", str))
    css = _text(files, _value(manifest, "css", str))
    fonts = {name: _font(name, files, house_fonts) for name in _names(manifest, "fonts")}
    images = {name: _image(name, files) for name in _names(manifest, "images")}
    used = {MANIFEST, manifest["html"], manifest["css"], *fonts, *images}
    if extra := sorted(set(files) - used):
        raise PackRefused(f"{', '.join(extra)} is in the pack but not in {MANIFEST}: name it there or take it out.")
    seal = _value(manifest, "seal", str)
    if seal not in images:
        raise PackRefused(f"seal {seal!r} is not among the images of {MANIFEST}: a letter carries its seal (Art. 69).")
    if not fonts:
        raise PackRefused(f"{MANIFEST} names no fonts: letters embed every font they use.")
    hashed = {name: files[name] for name in used if name in files} | fonts
    try:
        return Pack(
            code=_value(manifest, "code", str),
            kind=LetterKind(_value(manifest, "kind", str)),
            version=_value(manifest, "version", int),
            title=_value(manifest, "title", str),
            bank=_value(manifest, "bank", str),
            approval=_approval(manifest),
            specimen=_value(manifest, "specimen", bool),
            archival=_value({"archival": False} | manifest, "archival", bool),
            seal=seal,
            html=html,
            css=css,
            envelope=Envelope(**_value(manifest, "envelope", dict)),
            fonts=MappingProxyType(fonts),
            images=MappingProxyType(images),
            sha256=_sha256(hashed),
        )
    except (ValueError, TypeError) as problem:
        raise PackRefused(f"{MANIFEST}: {problem}") from problem


def _approval(manifest: Mapping[str, Any]) -> Approval | None:
    if "approval" not in manifest:
        return None
    given = _value(manifest, "approval", dict)
    return Approval(
        source=ApprovalSource(_value(given, "source", str)),
        number=_value(given, "number", str),
        valid_from=_value(given, "valid_from", date),
        valid_to=_value(given, "valid_to", date),
    )


def _manifest(files: Mapping[str, bytes]) -> dict[str, Any]:
    for name in files:
        if not PLAIN_NAME.fullmatch(name):
            raise PackRefused(f"{name!r} is not a plain file name: letters, digits, dot, dash; no folders.")
    if MANIFEST not in files:
        raise PackRefused(f"The pack has no {MANIFEST}.")
    try:
        return tomllib.loads(_text(files, MANIFEST))
    except tomllib.TOMLDecodeError as problem:
        raise PackRefused(f"{MANIFEST} is not TOML: {problem}.") from problem


def _value(manifest: Mapping[str, Any], name: str, kind: type) -> Any:
    value = manifest.get(name)
    if type(value) is not kind or value == "":
        raise PackRefused(f"{MANIFEST}: {name} is {value!r}; give it as {kind.__name__}.")
    return value


def _names(manifest: Mapping[str, Any], key: str) -> list[str]:
    names: list[str] = _value(manifest, key, list)
    for name in names:
        if not isinstance(name, str) or not PLAIN_NAME.fullmatch(name):
            raise PackRefused(f"{MANIFEST}: {name!r} in {key} is not a plain file name.")
    return names


def _text(files: Mapping[str, bytes], name: str) -> str:
    data = files.get(name)
    if data is None:
        raise PackRefused(f"{MANIFEST} names {name}, which is not in the pack.")
    if len(data) > MAX_TEXT_BYTES:
        raise PackRefused(f"{name} has {len(data)} bytes; at most {MAX_TEXT_BYTES}.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise PackRefused(f"{name} is not UTF-8: {problem}.") from problem


def _font(name: str, files: Mapping[str, bytes], house_fonts: Mapping[str, bytes]) -> bytes:
    data = files.get(name) or house_fonts.get(name)
    if data is None:
        raise PackRefused(f"The font {name} is neither in the pack nor among the house's fonts.")
    if len(data) > MAX_FONT_BYTES:
        raise PackRefused(f"The font {name} has {len(data)} bytes; at most {MAX_FONT_BYTES}: subset it.")
    if data[:4] not in (b"\x00\x01\x00\x00", b"true"):
        raise PackRefused(f"The font {name} is not static TrueType; convert it (woff2 and variable fonts are slow).")
    if b"fvar" in data[12 : 12 + 16 * struct.unpack(">H", data[4:6])[0]]:
        raise PackRefused(f"The font {name} is variable; instantiate the weight that is wanted.")
    return data


def _image(name: str, files: Mapping[str, bytes]) -> bytes:
    data = files.get(name)
    if data is None:
        raise PackRefused(f"{MANIFEST} names the image {name}, which is not in the pack.")
    if len(data) > MAX_IMAGE_BYTES:
        raise PackRefused(f"The image {name} has {len(data)} bytes; at most {MAX_IMAGE_BYTES}: scale it to 300 dpi.")
    check_png(name, data)
    return data


def check_png(name: str, data: bytes) -> tuple[int, int]:
    """Return width and height of a whole, undamaged PNG.

    Why by hand: the renderer's library draws half of a truncated image and says nothing.
    Raises: PackRefused.
    """
    if data[:8] != _PNG_SIGNATURE:
        raise PackRefused(f"The image {name} is not a PNG; convert it.")
    chunks = _png_chunks(name, data)
    if not chunks or chunks[0][0] != b"IHDR" or chunks[-1][0] != b"IEND" or len(chunks[0][1]) != 13:  # noqa: PLR2004
        raise PackRefused(f"The image {name} is cut off; save it again.")
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    if not 0 < width * height <= MAX_IMAGE_PIXELS:
        raise PackRefused(f"The image {name} has {width} × {height} pixels; at most {MAX_IMAGE_PIXELS} in all.")
    if colour not in _CHANNELS or interlace:
        raise PackRefused(f"The image {name} is interlaced or of an unknown colour type; save it as a plain PNG.")
    expected = height * (1 + (width * depth * _CHANNELS[colour] + 7) // 8)
    packed = b"".join(body for kind, body in chunks if kind == b"IDAT")
    try:
        pixels = len(zlib.decompressobj().decompress(packed, expected + 1))
    except zlib.error as problem:
        raise PackRefused(f"The image {name} is damaged: {problem}.") from problem
    if pixels != expected:
        raise PackRefused(f"The image {name} has {pixels} bytes of pixels where {expected} belong; save it again.")
    return width, height


def _png_chunks(name: str, data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, position = [], 8
    while position + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        body = data[position + 8 : position + 8 + length]
        crc = data[position + 8 + length : position + 12 + length]
        if len(crc) < 4 or struct.unpack(">I", crc)[0] != zlib.crc32(kind + body):  # noqa: PLR2004 - a CRC-32
            raise PackRefused(f"The image {name} is damaged in its part {kind!r}; save it again.")
        chunks.append((kind, body))
        position += 12 + length
    return chunks


def _sha256(files: Mapping[str, bytes]) -> str:
    lines = (f"{name}\0{hashlib.sha256(files[name]).hexdigest()}\n" for name in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
