"""Frozen records to plain JSON values and back: what lets a decision be stored, shown and replayed."""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

R = TypeVar("R")

Read = Callable[[Any, str], Any]


class RecordError(ValueError):
    """A plain value does not fit the record; the message names the key and what belongs there."""

    def __init__(self, key: str, mend: str) -> None:
        super().__init__(f"{key}: {mend}")
        self.key = key
        self.mend = mend


def to_plain(value: Any) -> Any:
    """The value as dicts, lists, strings, numbers, booleans and None.

    Instants, days and times become ISO 8601 strings; a field whose name starts with ``_`` is left out.
    Raises: TypeError for a value no JSON could bring back.
    """
    if value.__class__ in _AS_THEY_ARE:
        return value
    write = _WRITERS.get(value.__class__)
    if write is not None:
        return write(value)
    if is_dataclass(value):
        return {name: to_plain(getattr(value, name)) for name in _shown(value.__class__)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): to_plain(each) for key, each in value.items()}
    raise TypeError(f"{value!r} has no plain form: store a name or a number instead")


def from_plain(cls: type[R], data: Any, *, key: str = "") -> R:
    """The record of type ``cls`` a plain value stands for; ``key`` is its place, for messages.

    Raises: RecordError for an unknown key, a missing one, or a value of the wrong kind.
    """
    kind: Any = cls  # a class is hashable, whatever its instances are
    made: R = _reader(kind)(data, key)
    return made


@cache
def _shown(cls: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cls) if not f.name.startswith("_"))


@cache
def _reader(kind: Hashable) -> Read:
    """How to read one type; made once per type, because a replay reads millions of values."""
    origin = get_origin(kind)
    if origin is not None:
        return _GENERICS[origin](kind)
    if not isinstance(kind, type):
        return _SCALARS[kind]
    if is_dataclass(kind):
        return _record_reader(kind)
    return _enum_reader(kind) if issubclass(kind, Enum) else _SCALARS[kind]


def _optional_reader(kind: Any) -> Read:
    inner = _reader(next(each for each in get_args(kind) if each is not type(None)))
    return lambda data, key: None if data is None else inner(data, key)


def _tuple_reader(kind: Any) -> Read:
    inner = _reader(get_args(kind)[0])

    def read(data: Any, key: str) -> Any:
        if not isinstance(data, (list, tuple)):
            raise RecordError(key, f"must be a list, not {data!r}")
        return tuple(inner(each, key) for each in data)

    return read


def _mapping_reader(kind: Any) -> Read:
    inner = _reader(get_args(kind)[1])

    def read(data: Any, key: str) -> Any:
        if not isinstance(data, Mapping):
            raise RecordError(key, f"must be a table, not {data!r}")
        return {str(name): inner(each, f"{key}.{name}") for name, each in data.items()}

    return read


def _record_reader(cls: type) -> Read:
    hints = get_type_hints(cls)
    wanted = {f.name: _reader(hints[f.name]) for f in fields(cls) if not f.name.startswith("_")}
    needed = frozenset(f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING and f.init)

    def read(data: Any, key: str) -> Any:
        if not isinstance(data, Mapping):
            raise RecordError(key, f"must be a table with {', '.join(wanted)}, not {data!r}")
        dot = f"{key}." if key else ""
        for name in sorted(data.keys() - wanted.keys()):
            raise RecordError(f"{dot}{name}", f"unknown key; known here: {', '.join(sorted(wanted))}")
        for name in sorted(needed - data.keys()):
            raise RecordError(f"{dot}{name}", "is missing; write it out, nothing is assumed")
        values = {name: wanted[name](value, dot + name) for name, value in data.items()}
        try:
            return cls(**values)
        except RecordError as error:  # a record's own check knows its field, not where the record stands
            raise RecordError(dot + error.key, error.mend) from None

    return read


def _enum_reader(kind: type[Enum]) -> Read:
    known = {each.value: each for each in kind}

    def read(data: Any, key: str) -> Any:
        if isinstance(data, kind):
            return data
        if data not in known:
            raise RecordError(key, f"must be one of {', '.join(map(str, known))}, not {data!r}")
        return known[data]

    return read


def _of_type(kind: type, words: str) -> Read:
    def read(data: Any, key: str) -> Any:
        if type(data) is not kind:  # isinstance would take True for the number 1
            raise RecordError(key, f"must be {words}, not {data!r}")
        return data

    return read


def _iso(kind: type[date | time], words: str) -> Read:
    def read(data: Any, key: str) -> Any:
        if type(data) is kind:
            return data
        try:
            return kind.fromisoformat(data)
        except (TypeError, ValueError):
            raise RecordError(key, f"must be {words}, not {data!r}") from None

    return read


def _number(data: Any, key: str) -> float:
    if type(data) not in (int, float):
        raise RecordError(key, f"must be a number, not {data!r}")
    return float(data)


_GENERICS: dict[Any, Callable[[Any], Read]] = {
    Union: _optional_reader,
    types.UnionType: _optional_reader,
    tuple: _tuple_reader,
    Mapping: _mapping_reader,
}

_SCALARS: dict[Any, Read] = {
    Any: lambda data, _key: data,
    str: _of_type(str, "text in quotes"),
    int: _of_type(int, "a whole number"),
    bool: _of_type(bool, "true or false"),
    float: _number,
    datetime: _iso(datetime, "an instant such as 2026-11-23T09:00:00+08:00"),
    date: _iso(date, "a day such as 2026-11-23"),
    time: _iso(time, "a time of day such as 08:00"),
}

_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})

_WRITERS: dict[type, Callable[[Any], Any]] = {
    tuple: lambda many: [to_plain(each) for each in many],
    list: lambda many: [to_plain(each) for each in many],
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
}
