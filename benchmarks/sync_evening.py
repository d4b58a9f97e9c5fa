"""The evening of a benchmark: every phone pushes the results of its day, then sends their photos through tus."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from PIL import Image

from benchmarks.sync_lines import CLIENTS, TURNS, Line, Measured, drive, in_turns, plain, request, sync_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.sync_makers import MadePhone, SyncDay
    from fieldops.house import House

KINDS = ("PHOTO_DOOR", "PHOTO_SURROUND")
_FOUND = (  # finding, person, verified, line
    ("A01", "P01", True, {"outcome": "O06", "reason": "对金额无异议"}),
    ("A03", "P00", False, {"outcome": "O23"}),
    ("A02", "P04", False, {"outcome": "O10", "text_id": "NEUTRAL-1"}),
    ("A01", "P01", True, {"outcome": "O07", "hardship": "失业"}),
)


def evening(port: int, day: SyncDay, house: House, bare: list[bytes], seconds: float) -> dict[str, Any]:
    """Every phone pushes its results: as many as the turns with the bare read allow, then the rest; then its photos."""
    photos = {kind: _photo(number) for number, kind in enumerate(KINDS)}
    declared: list[tuple[MadePhone, str, str]] = []

    def pushes() -> Iterator[bytes]:
        place = {"epoch": day.epoch, "cursor": day.stops_each}
        for phone in day.phones:
            mutations = [mutation(phone, stop, n, photos) for n, stop in enumerate(phone.stops)]
            declared.extend((phone, slot["id"], slot["kind"]) for m in mutations for slot in m["body"]["slots"])
            yield request("POST", "/api/v1/mobile/sync", phone.token, sync_body(phone, mutations=mutations, **place))

    made_ready = iter(list(pushes()))
    reads, made, share = in_turns(port, bare, lambda: made_ready, seconds=seconds, most=len(day.phones) // TURNS)
    rest = Measured()
    drive(port, made_ready, rest, seconds=3600)
    bodies = [*made.bodies, *rest.bodies]
    codes = Counter(result["code"] for body in bodies for result in plain(body).get("results", ()))
    sent = _send_photos(port, declared, photos)
    with house.transaction() as session:
        whole = "SELECT count(*) FROM visit_result WHERE complete_at IS NOT NULL"
        sent["results_whole"] = session.scalar(sa.text(whole))
    return {
        **made.figures(),
        "share": round(share, 3),
        "bare": reads.figures(),
        "phones": len(bodies),
        "codes": dict(codes),
        "photos": sent,
    }


def mutation(
    phone: MadePhone, stop: tuple[uuid.UUID, uuid.UUID], number: int, photos: dict[str, bytes]
) -> dict[str, Any]:
    """One result with its two photos declared."""
    visit_id, case_id = stop
    finding, person, verified, line = _FOUND[number % len(_FOUND)]
    arrived = phone.now() - timedelta(minutes=30)
    body = {
        "visit_id": str(visit_id), "address_finding": finding, "person_met": person, "identity_verified": verified,
        "identity_shown": True, "summary": "按地址上门，出示证件，情况已如实记录。", "next_step": "反馈办公室",
        "arrived_at": arrived.isoformat(), "left_at": (arrived + timedelta(minutes=15)).isoformat(),
        "position": {"lat": 39.73, "lon": 116.14, "accuracy_m": 9.0}, "lines": [{"case_id": str(case_id), **line}],
        "slots": [
            {"id": str(uuid.uuid4()), "kind": kind, "sha256": hashlib.sha256(data).hexdigest(), "length": len(data)}
            for kind, data in photos.items()
        ],
    }  # fmt: skip
    sha256 = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return {
        "id": str(uuid.uuid4()), "type": "result", "entity_id": str(visit_id), "base_version": 1, "boot_id": "b",
        "device_time": arrived.isoformat(), "elapsed_ms": 0, "body_sha256": sha256, "body": body,
    }  # fmt: skip


def _photo(number: int) -> bytes:
    """A real photo of about a hundred kilobytes: noise of a quarter of a megapixel."""
    made = io.BytesIO()
    Image.effect_noise((640, 400), 60 + number).convert("RGB").save(made, "JPEG", quality=85)
    return made.getvalue()


def _send_photos(port: int, declared: list[tuple[MadePhone, str, str]], photos: dict[str, bytes]) -> dict[str, Any]:
    """Every photo through tus: create, then its bytes in one chunk with their checksum."""
    waiting, lock, done = iter(declared), threading.Lock(), Measured()

    def client() -> None:
        line = Line(port)
        while True:
            with lock:
                following = next(waiting, None)
            if following is None:
                break
            phone, slot_id, kind = following
            began = time.perf_counter()
            statuses = [line.ask(asked)[0] for asked in _upload(phone, slot_id, photos[kind])]
            with lock:
                done.latencies.append(time.perf_counter() - began)
                done.sizes.append(len(photos[kind]))
                done.statuses.update(statuses)
        line.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for each in [pool.submit(client) for _ in range(CLIENTS)]:
            each.result()
    took = time.perf_counter() - began
    done.rates.append(len(declared) / took)
    return {**done.figures(), "took_s": round(took, 1)}


def _upload(phone: MadePhone, slot_id: str, data: bytes) -> tuple[bytes, bytes]:
    digest = hashlib.sha256(data)
    metadata = f"slot {_b64(slot_id.encode())},sha256 {_b64(digest.hexdigest().encode())}"
    speaks = f"Host: x\r\nAuthorization: Bearer {phone.token}\r\nTus-Resumable: 1.0.0\r\n"
    create = (
        f"POST /api/v1/mobile/uploads HTTP/1.1\r\n{speaks}Upload-Length: {len(data)}\r\n"
        f"Upload-Metadata: {metadata}\r\nContent-Length: 0\r\n\r\n"
    )
    append = (
        f"PATCH /api/v1/mobile/uploads/{slot_id} HTTP/1.1\r\n{speaks}Upload-Offset: 0\r\n"
        f"Upload-Checksum: sha256 {_b64(digest.digest())}\r\nContent-Type: application/offset+octet-stream\r\n"
        f"Content-Length: {len(data)}\r\n\r\n"
    )
    return create.encode(), append.encode() + data


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
