"""The resumable upload protocol tus 1.0.0 in headers: what a request says, and what an answer must.

Source: https://tus.io/protocols/resumable-upload (core, creation, checksum, expiration, termination).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import uuid
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from typing import IO, TYPE_CHECKING, Final

import orjson
from flask import Response, g, request

from fieldops.errors import NotUnderstood, OtherProtocol, WrongMedia
from fieldops.results.codes import VISIT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,checksum,expiration,termination"
ALGORITHMS: Final = ("sha1", "sha256")
_OVERRIDES: Final = ("PATCH", "DELETE")
_UPLOAD: Final = "/mobile/uploads/"
_OCTETS: Final = "application/offset+octet-stream"
_DIGITS: Final = re.compile(r"\A[0-9]{1,12}\Z")
_SHA256: Final = re.compile(r"\A[0-9a-f]{64}\Z")


def overriding(app: WSGIApplication) -> WSGIApplication:
    """Let a POST to an upload be the PATCH or DELETE it says it is: some networks carry no other methods."""

    def asked(told: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = told.get("HTTP_X_HTTP_METHOD_OVERRIDE", "").upper()
        if method in _OVERRIDES and told["REQUEST_METHOD"] == "POST" and _UPLOAD in told["PATH_INFO"]:
            told["REQUEST_METHOD"] = method
        return app(told, start_response)

    return asked


@dataclass(frozen=True, slots=True)
class Wanted:
    """A creation: which slot, of which length, and the hash its bytes will have."""

    slot_id: uuid.UUID
    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A PATCH: bytes from ``offset`` on; ``length`` None when they come without saying how many."""

    offset: int
    length: int | None
    checksum: tuple[str, bytes] | None
    stream: IO[bytes]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an upload is: what is durable of how much, and until when it may go on."""

    slot_id: uuid.UUID
    received: int
    length: int
    expires_at: datetime | None


def wanted() -> Wanted:
    """The creation this request asks for. Raises: OtherProtocol, NotUnderstood naming the header."""
    _same_protocol()
    if "Upload-Defer-Length" in request.headers:
        raise NotUnderstood("LENGTH_DEFERRED", "Say Upload-Length at once: the result has declared it.")
    said = _metadata(request.headers.get("Upload-Metadata", ""))
    try:
        slot_id = uuid.UUID(said["slot"])
        sha256 = said["sha256"]
    except (KeyError, ValueError):
        detail = "Upload-Metadata needs slot (the id the result declares) and sha256 (in hex), each in base64."
        raise NotUnderstood("METADATA_MISSING", detail) from None
    if not _SHA256.match(sha256):
        raise NotUnderstood("METADATA_MISSING", "sha256 in Upload-Metadata is no SHA-256 in lower-case hex.")
    return Wanted(slot_id, _number("Upload-Length"), sha256)


def chunk() -> Chunk:
    """The bytes this request brings. Raises: OtherProtocol, WrongMedia, NotUnderstood naming the header."""
    _same_protocol()
    if request.mimetype != _OCTETS:
        raise WrongMedia("CONTENT_TYPE", f"Send bytes as Content-Type: {_OCTETS}.")
    request.max_content_length = VISIT_LIMIT
    return Chunk(_number("Upload-Offset"), request.content_length, _checksum(), request.stream)


def checks_out(digest: hashlib._Hash, expected: bytes) -> bool:
    """Whether a chunk hashes to what its header says."""
    return digest.digest() == expected


def created(progress: Progress) -> Response:
    """201 with where the upload is."""
    told = {"Location": f"{request.base_url}/{progress.slot_id}", **_expiry(progress)}
    return Response(orjson.dumps(progress), 201, told, mimetype="application/json")


def standing(progress: Progress) -> Response:
    """200 with how far the upload is."""
    told = {"Upload-Offset": str(progress.received), "Upload-Length": str(progress.length)}
    return Response(status=200, headers={**told, **_expiry(progress), "Cache-Control": "no-store"})


def advanced(progress: Progress) -> Response:
    """204 with how far the upload is now."""
    return Response(status=204, headers={"Upload-Offset": str(progress.received), **_expiry(progress)})


def sign(response: Response) -> Response:
    """Say on every answer which protocol is spoken, and on those that need it what else."""
    response.headers["Tus-Resumable"] = VERSION
    if "upload_offset" in g:
        response.headers["Upload-Offset"] = str(g.upload_offset)
    if request.method == "OPTIONS" or response.status_code == OtherProtocol.status:
        response.headers["Tus-Version"] = VERSION
        response.headers["Tus-Extension"] = EXTENSIONS
        response.headers["Tus-Max-Size"] = str(VISIT_LIMIT)
        response.headers["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
    return response


def _expiry(progress: Progress) -> dict[str, str]:
    if progress.expires_at is None:
        return {}
    return {"Upload-Expires": format_datetime(progress.expires_at.astimezone(UTC), usegmt=True)}


def _same_protocol() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise OtherProtocol("TUS_VERSION", f"Send Tus-Resumable: {VERSION}; no other version is spoken.")


def _number(header: str) -> int:
    text = request.headers.get(header, "")
    if not _DIGITS.match(text):
        raise NotUnderstood("HEADER_MISSING", f"{header} must be a whole number of bytes.", header=header)
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    said = {}
    for pair in header.split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            said[name] = base64.b64decode(value, validate=True).decode("ascii")
        except (binascii.Error, UnicodeDecodeError):
            said.pop(name, None)
    return said


def _checksum() -> tuple[str, bytes] | None:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, digest = header.partition(" ")
    try:
        expected = base64.b64decode(digest, validate=True)
    except binascii.Error:
        expected = b""
    if algorithm not in ALGORITHMS or len(expected) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise NotUnderstood("CHECKSUM_UNKNOWN", f"Upload-Checksum is one of {', '.join(ALGORITHMS)}, then base64.")
    return algorithm, expected
