"""Bodies on the wire: in gzip both ways, unpacked no further than the limit, and read by a schema that is made once."""

from __future__ import annotations

import gzip
import json
import zlib
from contextlib import suppress
from copy import deepcopy
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Response, request
from marshmallow import ValidationError
from webargs.flaskparser import abort
from werkzeug.exceptions import RequestEntityTooLarge

from fieldops.errors import NotUnderstood, TooLarge
from fieldops.reading import reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from marshmallow import Schema

_WORTH_PACKING: Final = 600
_QUICKEST: Final = 1
_GZIP: Final = 16 + zlib.MAX_WBITS


def at_most(limit_bytes: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Refuse a longer body, as it is sent or as it unpacks, as soon as it has grown too long.

    Raises: TooLarge naming the limit; NotUnderstood for an encoding that is not gzip, or broken.
    """

    def guard(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            request.max_content_length = limit_bytes
            try:
                body = request.get_data()
            except RequestEntityTooLarge:
                raise _too_large(limit_bytes) from None
            if len(body) > limit_bytes or (len(body) == limit_bytes and not request.content_length):  # it was cut there
                raise _too_large(limit_bytes)
            request._cached_data = _unpacked(body, request.headers.get("Content-Encoding", ""), limit_bytes)  # noqa: SLF001 - get_data() reads it now
            return view(*args, **kwargs)

        return guarded

    return guard


def read_by(schema: Schema) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Read the body of a hot path; documented as ``Blueprint.arguments`` does, which makes a schema at each request."""
    read = reader(schema)

    def guard(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                asked = read(_json(request.get_data()))
            except ValidationError as error:
                abort(422, exc=error, messages={"json": error.messages})
            return view(asked, *args, **kwargs)

        guarded._apidoc = deepcopy(getattr(view, "_apidoc", {}))  # type: ignore[attr-defined]  # noqa: SLF001 - flask-smorest reads it
        documented = guarded._apidoc.setdefault("arguments", {})  # type: ignore[attr-defined]  # noqa: SLF001
        documented["parameters"] = [{"in": "json", "required": True, "schema": schema}]
        documented["responses"] = {422: HTTPStatus(422).name}
        return guarded

    return guard


def _json(body: bytes) -> Any:
    """What the body says; the slow reader takes what the quick one refuses, half a character in a text for example."""
    with suppress(orjson.JSONDecodeError):
        return orjson.loads(body)
    try:
        return json.loads(body)
    except ValueError:
        abort(400, messages={"json": ["Invalid JSON body."]})
    except RecursionError:
        raise NotUnderstood("JSON_TOO_DEEP", "Nobody means a body nested so deeply; send it flat.") from None


def packed(body: bytes) -> Response:
    """A JSON answer, in gzip where the asker takes it and it is worth it."""
    answer = Response(body, mimetype="application/json")
    answer.vary.add("Accept-Encoding")
    if len(body) >= _WORTH_PACKING and "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.set_data(gzip.compress(body, _QUICKEST, mtime=0))
        answer.content_encoding = "gzip"
    return answer


def _unpacked(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    if encoding.lower() in {"", "identity"}:
        return body
    if encoding.lower() != "gzip":
        raise NotUnderstood("ENCODING_UNKNOWN", "Send the body plain or in gzip.")
    unpacker = zlib.decompressobj(_GZIP)
    try:
        plain = unpacker.decompress(body, limit_bytes + 1)
    except zlib.error:
        raise NotUnderstood("GZIP_BROKEN", "The body is not the gzip it claims to be; send it again.") from None
    if len(plain) > limit_bytes:
        raise _too_large(limit_bytes)
    if not unpacker.eof or unpacker.unused_data:
        raise NotUnderstood("GZIP_BROKEN", "The body is not one whole gzip; send it again.")
    return plain


def _too_large(limit_bytes: int) -> TooLarge:
    detail = f"The body is over {limit_bytes} bytes; send less and sync again."
    return TooLarge("BODY_TOO_LARGE", detail, limit=limit_bytes)
