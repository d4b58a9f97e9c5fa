"""What the tests of packs share: a pack as a zip, with something changed, sent in over HTTP and examined."""

import io
from types import SimpleNamespace

import pytest

from fieldops import jobs
from fieldops.packs import installing
from letters import apart
from letters.archive import zip_of
from letters.lint import Examination
from letters.pack import MANIFEST, Pack
from tests.letters.shipped import files_of


def zipped(code="payment-notice", *, manifest=(), html=(), css=(), **more):
    """The zip of a shipped pack without its approval; each of the three has words replaced in pairs."""
    files = files_of(code) | {name.replace("__", "."): body for name, body in more.items()}
    text, _, _ = files[MANIFEST].decode().partition("# A pack that ships")
    files[MANIFEST] = text.encode()
    for name, pairs in ((MANIFEST, manifest), ("letter.html", html), ("letter.css", css)):
        for old, new in pairs:
            assert old in files[name].decode()
            files[name] = files[name].decode().replace(old, new).encode()
    return zip_of(files)


_remembered: dict[object, Examination] = {}


@pytest.fixture(autouse=True)
def examined_once(monkeypatch):
    """The same pack is examined once in all these tests: it takes seconds, and the answer is always the same."""

    def once(real):
        def examine(pack_or_files):
            key = pack_or_files.sha256 if isinstance(pack_or_files, Pack) else tuple(sorted(pack_or_files.items()))
            if key not in _remembered:
                _remembered[key] = real(pack_or_files)
            return _remembered[key]

        return examine

    monkeypatch.setattr(apart, "examine_apart", once(apart.examine_apart))
    monkeypatch.setattr(installing, "_examined", once(installing._examined))


@pytest.fixture
def desk(house, client_as):
    """Someone who sends packs in, the worker that examines them, and someone who approves."""

    def send(data, client=None):
        file = (io.BytesIO(data), "pack.zip")
        return (client or client_as("BUSINESS_DEPT")).post("/api/v1/letter-templates", data={"file": file})

    def examined(data):
        sent = send(data)
        assert sent.status_code == 201, sent.json
        jobs.work(house, until_empty=True)
        return client_as("QA").get(f"/api/v1/letter-templates/{sent.json['id']}").json

    def act(template, event, client, **body):
        path = f"/api/v1/letter-templates/{template['id']}/{event}"
        return client.post(path, json=body) if body else client.post(path)

    return SimpleNamespace(send=send, examined=examined, act=act, sender=client_as("BUSINESS_DEPT"),
                           approver=client_as("MANAGER"), house=house)  # fmt: skip
