"""A pack as it travels: a zip of plainly named files, read without believing what it says of itself."""

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping

from letters.errors import PackRefused
from letters.pack import MAX_FONT_BYTES, PLAIN_NAME

MAX_ZIP_BYTES = 32 * 1024 * 1024
MAX_FILES = 40
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the others can take any memory to unpack
_EPOCH = (1980, 1, 1, 0, 0, 0)


def files_from_zip(data: bytes) -> dict[str, bytes]:
    """Return the files by name; no more is unpacked than the limits allow, whatever the zip's own table says.

    Raises: PackRefused, naming the file and what is wrong with it.
    """
    if len(data) > MAX_ZIP_BYTES:
        raise PackRefused(f"The zip has {len(data)} bytes; at most {MAX_ZIP_BYTES}: leave out what no letter needs.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_members(members)
            return _unpacked(archive, members)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as problem:
        if isinstance(problem, PackRefused):
            raise
        raise PackRefused(f"The upload is not a whole zip ({problem}): zip the files of the pack again.") from problem


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """Return the files as a zip, the same bytes each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_FILES:
        raise PackRefused(f"The zip has {len(members)} files; at most {MAX_FILES}.")
    seen: set[str] = set()
    for member in members:
        name = member.filename
        if not PLAIN_NAME.fullmatch(name):
            raise PackRefused(f"{name!r} is not a plain file name: zip the files themselves, without a folder.")
        if name.casefold() in seen:
            raise PackRefused(f"{name} is in the zip twice: which one is meant cannot be told.")
        seen.add(name.casefold())
        if member.flag_bits & 1:
            raise PackRefused(f"{name} is locked with a password: zip the pack without one.")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise PackRefused(f"{name} is a link to another file: put the file itself into the zip.")
        if member.compress_type not in _METHODS:
            raise PackRefused(f"{name} is packed in an unusual way: zip it with deflate.")


def _unpacked(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = MAX_UNPACKED_BYTES
    for member in members:
        most = min(MAX_FONT_BYTES, left)
        with archive.open(member) as file:
            body = file.read(most + 1)
        if len(body) > most:
            raise PackRefused(f"{member.filename} unpacks to more than {most} bytes: no file of a pack is so large.")
        left -= len(body)
        files[member.filename] = body
    return files
