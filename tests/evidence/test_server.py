"""Uploads against a real server: a public tus client, lines that break, and kill -9 in the middle of a PATCH."""

import hashlib
import io
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress

import pytest
import sqlalchemy as sa
from tusclient.client import TusClient

from fieldops.evidence import queries
from fieldops.evidence.models import EvidenceFile, Upload, UploadPart
from fieldops.evidence.sealed import open_sealed
from fieldops.results.models import VisitResult
from fieldops.serving import free_port
from tests.conftest import SECRET
from tests.evidence.conftest import Reported
from tests.evidence.recordings import wav
from tests.sync.acts import all_of

MIB = 1024 * 1024


def wait_until_up(port, process):
    """Until the server answers; one that has ended never will."""
    ends = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < ends:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health", timeout=30):
            return
        time.sleep(0.1)
    pytest.fail(f"no server on port {port}")


@contextmanager
def serving(road, port):
    """The server on this day, in processes of its own; its address and how to kill it."""
    env = {
        **os.environ,
        "FIELDOPS_HOME": str(road.house.settings.home),
        "FIELDOPS_SECRET": SECRET,
        "DATABASE_URL": road.house.settings.database_url,
        "FIELDOPS_PORT": str(port),
        "FIELDOPS_CORES": "1",
    }
    command = [sys.executable, "-m", "fieldops", "serve"]
    process = subprocess.Popen(
        command, env=env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    kill = lambda: os.killpg(process.pid, signal.SIGKILL)  # noqa: E731
    try:
        wait_until_up(port, process)
        yield kill
    finally:
        if process.poll() is None:
            kill()
        process.wait(30)


class Sent:
    """A recording of many mebibytes, declared, and the ways a test sends it."""

    def __init__(self, road, mib):
        self.port = free_port(0)
        data = bytearray(wav(mib * MIB // 16_000 - 4))
        data[44:] = hashlib.shake_128(b"a long talk").digest(len(data) - 44)
        self.made = Reported(road, bytes(data), kind="AUDIO")
        self.made.report()
        self.data = bytes(data)
        self.slot = self.made.slot
        self.authorization = self.made.api.client.environ_base["HTTP_AUTHORIZATION"]

    @property
    def where(self):
        return f"http://127.0.0.1:{self.port}/api/v1/mobile/uploads"

    def uploader(self, *, chunk, url=None):
        """The public client's uploader, with its own checksums."""
        client = TusClient(self.where, headers={"Authorization": self.authorization})
        metadata = {"slot": self.slot["id"], "sha256": self.slot["sha256"]}
        return client.uploader(
            file_stream=io.BytesIO(self.data),
            chunk_size=chunk,
            url=url,
            metadata=metadata,
            upload_checksum=True,
            retries=40,
            retry_delay=1,
        )

    @property
    def url(self):
        return f"{self.where}/{self.slot['id']}"

    def break_off(self, offset, bytes_):
        """Begin one PATCH to the end of the file, send so many bytes of it, and return the open line."""
        head = (
            f"PATCH /api/v1/mobile/uploads/{self.slot['id']} HTTP/1.1\r\nHost: x\r\nAuthorization: {self.authorization}\r\n"
            "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
            f"Upload-Offset: {offset}\r\nContent-Length: {len(self.data) - offset}\r\n\r\n"
        )
        line = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        line.sendall(head.encode() + self.data[offset : offset + bytes_])
        return line

    def received(self):
        with self.made.road.house.transaction() as session:
            return session.scalar(sa.select(Upload.received))

    def wait_for(self, at_least):
        ends = time.monotonic() + 60
        while self.received() < at_least and time.monotonic() < ends:
            time.sleep(0.05)
        return self.received()

    def durable(self):
        """What the store really holds of it."""
        with self.made.road.house.transaction() as session:
            parts = queries.parts_of(session, session.scalar(sa.select(Upload.slot_id)))
        return open_sealed(self.made.road.house, parts and self.slot_id, parts).read() if parts else b""

    @property
    def slot_id(self):
        with self.made.road.house.transaction() as session:
            return session.scalar(sa.select(Upload.slot_id))

    def assert_whole(self):
        """It is evidence: once, byte for byte, and the result is whole."""
        (file,), (result,) = all_of(self.made.road, EvidenceFile), all_of(self.made.road, VisitResult)
        assert (file.media_type, result.complete_at is not None) == ("audio/wav", True)
        assert hashlib.sha256(self.durable()).hexdigest() == self.slot["sha256"]
        with self.made.road.house.transaction() as session:
            assert session.scalar(sa.select(sa.func.sum(UploadPart.length))) == len(self.data)


def test_the_public_client_uploads_thirty_mebibytes_over_lines_that_break(road):
    sent = Sent(road, 30)
    with serving(road, sent.port):
        first = sent.uploader(chunk=4 * MIB)
        first.upload(stop_at=8 * MIB)
        assert sent.received() == first.offset == 8 * MIB
        sent.break_off(8 * MIB, 5 * MIB + 12_345).close()
        reached = sent.wait_for(13 * MIB)
        assert 13 * MIB <= reached <= 13 * MIB + 12_345
        again = sent.uploader(chunk=7 * MIB, url=sent.url)
        again.upload()
        assert again.offset == len(sent.data)
    sent.assert_whole()


def test_a_server_killed_in_the_middle_of_a_chunk_loses_nothing_it_has_counted(road):
    sent = Sent(road, 6)
    with serving(road, sent.port) as kill:
        sent.uploader(chunk=MIB).upload(stop_at=MIB)
        line = sent.break_off(MIB, 2 * MIB + 500_000)
        assert sent.wait_for(3 * MIB) == 3 * MIB
        kill()
        line.close()
    assert sent.durable() == sent.data[: sent.received()]
    assert all_of(road, EvidenceFile) == []
    with serving(road, sent.port):
        sent.uploader(chunk=MIB, url=sent.url).upload()
    sent.assert_whole()


@pytest.mark.long
@pytest.mark.parametrize("after_kib", [0, 1, 64, 1023, 1024, 1025, 2048, 3000])
def test_wherever_a_server_is_killed_the_offset_is_never_beyond_what_is_durable(road, after_kib):
    sent = Sent(road, 4)
    with serving(road, sent.port) as kill:
        sent.uploader(chunk=MIB).upload(stop_at=MIB)
        line = sent.break_off(MIB, after_kib * 1024)
        time.sleep(after_kib / 5000)
        kill()
        line.close()
    assert sent.durable() == sent.data[: sent.received()]
    with serving(road, sent.port):
        sent.uploader(chunk=MIB, url=sent.url).upload()
    sent.assert_whole()
