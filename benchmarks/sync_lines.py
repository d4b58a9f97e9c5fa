"""Many phones of a benchmark: as little HTTP as is needed, what was measured, and turns with the bare read."""

from __future__ import annotations

import gzip
import socket
import statistics
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CLIENTS, TURNS = 6, 5


class Line:
    """One kept-alive connection that speaks as little HTTP as is needed."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = self._socket.makefile("rb", 1 << 16)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer."""
        self._socket.sendall(request)
        status = int(self._read.readline().split()[1])
        length, packed = 0, False
        while (line := self._read.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            packed |= name.lower() == b"content-encoding"
        body = self._read.read(length)
        return status, body

    def close(self) -> None:
        self._read.close()
        self._socket.close()


def request(method: str, path: str, token: str | None = None, body: Any = None) -> bytes:
    """A request as bytes, its body in gzip as a phone sends it when it is worth it."""
    data = b"" if body is None else orjson.dumps(body)
    headers = ["Host: x", "Accept-Encoding: gzip"]
    if len(data) > 1000:
        data = gzip.compress(data, 1)
        headers.append("Content-Encoding: gzip")
    if body is not None:
        headers += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
    if token:
        headers.append(f"Authorization: Bearer {token}")
    return f"{method} {path} HTTP/1.1\r\n".encode() + "\r\n".join(headers).encode() + b"\r\n\r\n" + data


def sync_body(phone: Any, **changes: Any) -> dict[str, Any]:
    """A sync as the phone asks it now."""
    asked = {
        "protocol": 1, "schema": 2, "device_id": str(phone.device_id), "epoch": None, "cursor": None,
        "client_time": phone.now().isoformat(), "boot_id": "b", "elapsed_ms": 1000, "mutations": [],
    }  # fmt: skip
    return asked | changes


def plain(body: bytes) -> Any:
    return orjson.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)


@dataclass
class Measured:
    """Requests of one kind: seconds each, bytes each, statuses, and requests a second in each turn."""

    latencies: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    rates: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """What is told of it."""
        ordered = sorted(self.latencies)
        ranks = {
            f"p{share}_ms": round(1000 * ordered[int((len(ordered) - 1) * share / 100)], 2) for share in (50, 95, 99)
        }
        return {
            "requests": len(ordered),
            "per_s": round(statistics.median(self.rates), 1),
            **ranks,
            "bytes_median": int(statistics.median(self.sizes)),
            "bytes_max": max(self.sizes),
            "statuses": dict(self.statuses),
        }


def drive(port: int, requests: Iterator[bytes], measured: Measured, *, seconds: float) -> None:
    """Let a few connections make these requests for so long, or until there are none."""
    lock, ends = threading.Lock(), time.perf_counter() + seconds

    def following() -> bytes | None:
        with lock:
            return next(requests, None)

    def client() -> list[tuple[float, int, bytes]]:
        line, seen = Line(port), []
        while time.perf_counter() < ends and (asked := following()) is not None:
            began = time.perf_counter()
            status, body = line.ask(asked)
            seen.append((time.perf_counter() - began, status, body))
        line.close()
        return seen

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = [each for done in [pool.submit(client) for _ in range(CLIENTS)] for each in done.result()]
    measured.rates.append(len(answers) / (time.perf_counter() - began))
    for took, status, body in answers:
        measured.latencies.append(took)
        measured.sizes.append(len(body))
        measured.statuses[status] += 1
        measured.bodies.append(body)


def in_turns(
    port: int, bare: Iterable[bytes], kind: Callable[[], Iterator[bytes]], *, seconds: float, most: int | None = None
) -> tuple[Measured, Measured, float]:
    """A kind of request, ``most`` in one turn, and the bare read in turns: both, and the median share of the read."""
    reads, made, shares = Measured(), Measured(), []
    requests, endless = kind(), cycle(bare)
    drive(port, cycle(bare), Measured(), seconds=seconds / 2)
    for _ in range(TURNS):
        drive(port, endless, reads, seconds=seconds / 2)
        drive(port, islice(requests, most), made, seconds=seconds)
        drive(port, endless, reads, seconds=seconds / 2)
        shares.append(made.rates[-1] / statistics.mean(reads.rates[-2:]))
        reads.bodies.clear()
    return reads, made, statistics.median(shares)
