import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.policies.records import RecordError, from_plain, to_plain


class Colour(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


@dataclass(frozen=True, kw_only=True)
class Inner:
    n: int
    colour: Colour = Colour.RED

    def __post_init__(self):
        if self.n < 0:
            raise RecordError("n", "must not be negative")


@dataclass(frozen=True, kw_only=True)
class Outer:
    text: str
    flag: bool
    share: float
    day: date
    instant: datetime
    hour: time
    inner: Inner
    many: tuple[Inner, ...]
    table: Mapping[str, int]
    maybe: date | None
    anything: Any = None
    _hidden: dict[str, int] = field(default_factory=dict, init=False, compare=False)


inners = st.builds(Inner, n=st.integers(0, 9), colour=st.sampled_from(Colour))
outers = st.builds(
    Outer,
    text=st.text(),
    flag=st.booleans(),
    share=st.floats(allow_nan=False, allow_infinity=False),
    day=st.dates(),
    instant=st.datetimes(timezones=st.just(UTC)),
    hour=st.times(),
    inner=inners,
    many=st.lists(inners, max_size=3).map(tuple),
    table=st.dictionaries(st.text(max_size=3), st.integers()),
    maybe=st.none() | st.dates(),
    anything=st.none() | st.booleans() | st.integers() | st.text(),
)


@given(outers)
def test_a_record_comes_back_from_json_as_it_was(record):
    assert from_plain(Outer, json.loads(json.dumps(to_plain(record)))) == record


def plain(**changes):
    whole = to_plain(
        Outer(
            text="a",
            flag=True,
            share=1.5,
            day=date(2026, 11, 23),
            instant=datetime(2026, 11, 23, tzinfo=UTC),
            hour=time(8),
            inner=Inner(n=1),
            many=(),
            table={},
            maybe=None,
        )
    )
    return whole | changes


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"txet": "a"}, "txet"),
        ({"text": 5}, "text"),
        ({"flag": 1}, "flag"),
        ({"share": "much"}, "share"),
        ({"share": True}, "share"),
        ({"day": "23.11.2026"}, "day"),
        ({"hour": 8}, "hour"),
        ({"inner": {"n": True}}, "inner.n"),
        ({"inner": {"n": 1, "m": 2}}, "inner.m"),
        ({"inner": {"n": -1}}, "inner.n"),
        ({"inner": {"n": 1, "colour": "GREEN"}}, "inner.colour"),
        ({"inner": {}}, "inner.n"),
        ({"inner": "?"}, "inner"),
        ({"many": {"n": 1}}, "many"),
        ({"table": [1]}, "table"),
        ({"table": {"a": "b"}}, "table.a"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_key(changes, key):
    with pytest.raises(RecordError) as refused:
        from_plain(Outer, plain(**changes))
    assert refused.value.key == key
    assert refused.value.mend


def test_hidden_fields_are_neither_written_nor_read():
    assert "_hidden" not in plain()
    with pytest.raises(RecordError, match="_hidden"):
        from_plain(Outer, plain(_hidden={}))


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes"])
def test_what_json_could_not_bring_back_is_not_stored(value):
    with pytest.raises(TypeError, match="has no plain form"):
        to_plain(value)
