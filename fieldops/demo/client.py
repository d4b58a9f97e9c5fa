"""A small HTTP client of the product's own API, one per person."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode, urlsplit

from fieldops.errors import FieldopsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_OK = range(200, 300)
_TIMEOUT_S = 120


class ApiError(FieldopsError):
    """The API said no; ``status`` and ``problem`` hold its answer."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        errors = f" {problem['errors']}" if "errors" in problem else ""
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}{errors}")
        self.status = status
        self.problem = problem


class Api(Protocol):
    """The way to the server, JSON in, JSON out. Raises: ApiError for a no, OSError when there is no connection."""

    def get(self, path: str, **query: Any) -> Any:
        """GET and return the answer."""
        ...

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """POST ``body`` and return the answer."""
        ...

    def bearer(self, token: str) -> None:
        """Send this token from now on; none when empty."""
        ...

    def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str]]:
        """One request as it is and its answer, whatever it says; for uploads by tus."""
        ...


class Client:
    """One logged-in person; keeps one connection open."""

    def __init__(self, base_url: str) -> None:
        self._where = urlsplit(base_url)
        self._connection: http.client.HTTPConnection | None = None
        self._token = ""

    def log_in(self, name: str, password: str) -> None:
        """Log in and keep the token."""
        self._token = self.post("/login", {"name": name, "password": password})["token"]

    def bearer(self, token: str) -> None:
        """Send this token from now on; none when empty."""
        self._token = token

    def get(self, path: str, **query: Any) -> Any:
        """GET a JSON answer. Raises: ApiError."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._json("GET", f"{path}?{urlencode(given)}" if given else path)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """POST JSON and return the JSON answer. Raises: ApiError."""
        sent = json.dumps(body or {}, default=str).encode()
        return self._json("POST", path, sent, {"Content-Type": "application/json"})

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """PUT JSON and return the JSON answer. Raises: ApiError."""
        return self._json("PUT", path, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def download(self, path: str) -> bytes:
        """GET bytes. Raises: ApiError."""
        return self._call("GET", path)

    def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, dict[str, str]]:
        """One request as it is, and its answer's status and headers, whatever they say; for uploads by tus."""
        sent = {**headers, "Authorization": f"Bearer {self._token}"}
        response = self._asked(method, f"/api/v1{path}", body, sent)
        response.read()
        return response.status, dict(response.headers)

    def upload(self, path: str, file: Path, **fields: str) -> Any:
        """POST a file as a form. Raises: ApiError."""
        return self.upload_bytes(path, file.name, file.read_bytes(), **fields)

    def upload_bytes(self, path: str, name: str, data: bytes, **fields: str) -> Any:
        """POST bytes as a file of a form. Raises: ApiError."""
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode()
            for n, v in fields.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = b"".join([*parts, head.encode(), data, f"\r\n--{boundary}--\r\n".encode()])
        return self._json("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a keyset-paged list."""
        after = None
        while True:
            page = self.get(path, after=after, limit=200, **query)
            yield from page["items"]
            after = page["after"]
            if after is None:
                return

    def wait_for(self, path: str, done: Callable[[dict[str, Any]], bool], *, seconds: float) -> dict[str, Any]:
        """Ask again until the answer is ``done``. Raises: ApiError when it never is."""
        ends = time.monotonic() + seconds
        while True:
            answer: dict[str, Any] = self.get(path)
            if done(answer):
                return answer
            if time.monotonic() > ends:
                detail = f"{path} is still not done after {seconds:.0f} s; see the worker's log"
                raise ApiError(504, {"code": "STILL_WAITING", "detail": detail})
            time.sleep(0.1)

    def _json(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Any:
        answer = self._call(method, path, body, headers)
        return json.loads(answer) if answer else None

    def _call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        sent = {**(headers or {}), **({"Authorization": f"Bearer {self._token}"} if self._token else {})}
        if method == "POST":
            sent["Idempotency-Key"] = uuid.uuid4().hex
        for attempt in (1, 2):
            try:
                return self._once(method, f"/api/v1{path}", body, sent)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self._connection = None  # a kept-alive connection may have been closed; the key makes a repeat safe
                if attempt == 2:  # noqa: PLR2004
                    raise
        raise AssertionError

    def _asked(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        if self._connection is None:
            assert self._where.hostname
            self._connection = http.client.HTTPConnection(self._where.hostname, self._where.port, timeout=_TIMEOUT_S)
        self._connection.request(method, path, body, dict(headers))
        return self._connection.getresponse()

    def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        response = self._asked(method, path, body, headers)
        data = response.read()
        if response.status not in _OK:
            try:
                problem = json.loads(data)
            except ValueError:
                problem = {"code": "NO_JSON", "detail": data[:200].decode(errors="replace")}
            raise ApiError(response.status, problem)
        return data


def wait_until_up(base_url: str, *, seconds: float, alive: Callable[[], bool]) -> None:
    """Wait until the server answers. Raises: ApiError when it does not, or is no longer ``alive``."""
    ends = time.monotonic() + seconds
    while True:
        try:
            Client(base_url).get("/health")
        except (OSError, http.client.HTTPException):
            if time.monotonic() > ends or not alive():
                raise ApiError(
                    503, {"code": "NO_SERVER", "detail": f"{base_url} does not answer; see the server's log"}
                ) from None
            time.sleep(0.1)
        else:
            return
