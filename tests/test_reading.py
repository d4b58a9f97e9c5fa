"""What is read at speed is what the schema reads, and what the schema refuses is refused in its words."""

from copy import deepcopy
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError, fields, pre_load

from fieldops.reading import reader
from fieldops.results.schemas import ResultIn
from fieldops.sync.schemas import CheckInIn, ObjectionIn, SyncIn
from fieldops.web import In
from tests.results.sent import a_body

VISIT, CASE = "0190a0a0-0000-7000-8000-000000000001", "0190a0a0-0000-7000-8000-000000000002"
RESULT = a_body(VISIT, [CASE], "O03", arrived=datetime(2026, 11, 24, 9, tzinfo=UTC))
MUTATION = {
    "id": VISIT, "depends_on": None, "type": "result", "entity_id": VISIT, "base_version": 1,
    "device_time": "2026-11-24T09:00:00+08:00", "boot_id": "b", "elapsed_ms": 5, "body_sha256": "a" * 64, "body": RESULT,
}  # fmt: skip
SYNC = {
    "protocol": 1, "schema": 2, "device_id": VISIT, "epoch": None, "cursor": 3, "base_hash": "0" * 64,
    "client_time": "2026-11-24T01:00:00Z", "boot_id": "b", "elapsed_ms": 9, "mutations": [MUTATION],
}  # fmt: skip
SOUND = [
    (ResultIn(), RESULT),
    (SyncIn(), SYNC),
    (CheckInIn(), {"visit_id": VISIT, "position": {"lat": 39, "lon": 116.1, "accuracy_m": 9.5}}),
    (ObjectionIn(), {"visit_id": VISIT, "reason": "UNSAFE", "detail": "有狗"}),
]
ODD = st.sampled_from([
    None, True, 0, -1, 1.5, 10**30, float("nan"), float("inf"), "", "5", "2026-11-24", "2026-11-24T09:00:00", "20261124",
    "2026-11-24T09:00:00Z", "1999-01-01T00:00:00+00:00", "{" + VISIT + "}", VISIT.upper(), "x" * 5000, "P01", "110105194912310021",
    [], {}, [None], {"x": 1}, b"bytes",
])  # fmt: skip


def load(read, body):
    try:
        return read(deepcopy(body))
    except ValidationError as error:
        return error.messages


def places(value, path=()):
    """Every place in a body, and one that no schema names."""
    yield path
    if isinstance(value, dict):
        yield (*path, "unheard_of")
        for name in value:
            yield from places(value[name], (*path, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from places(each, (*path, number))


def changed(body, path, value):
    if not path:
        return value
    made = deepcopy(body)
    inside = made
    for step in path[:-1]:
        inside = inside[step]
    if value is LEFT_OUT and isinstance(inside, dict):
        inside.pop(path[-1], None)
    else:
        inside[path[-1]] = value
    return made


LEFT_OUT = object()


@pytest.mark.parametrize(("schema", "body"), SOUND, ids=lambda it: type(it).__name__)
def test_what_is_right_is_read_without_the_schema(schema, body, monkeypatch):
    wanted, read = schema.load(deepcopy(body)), reader(schema)
    monkeypatch.setattr(type(schema), "load", None)
    assert read(body) == wanted


@given(st.data())
def test_whatever_is_sent_is_read_or_refused_as_the_schema_does(data):
    schema, body = data.draw(st.sampled_from(SOUND))
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from([path for path in places(body) if path]))
        body = changed(body, path, data.draw(st.one_of(ODD, st.just(LEFT_OUT))))
    assert repr(load(reader(schema), body)) == repr(load(schema.load, body))


@pytest.mark.parametrize("body", [None, [], "text", 5], ids=repr)
def test_what_is_no_object_is_refused(body):
    assert load(reader(ResultIn()), body) == load(ResultIn().load, body) == {"_schema": ["Invalid input type."]}


def test_a_schema_that_changes_what_it_reads_reads_it_itself():
    class Turned(In):
        word = fields.String(required=True)

        @pre_load
        def _turn(self, data, **_):
            return {"word": data["word"][::-1]}

    assert reader(Turned())({"word": "abc"}) == {"word": "cba"}
