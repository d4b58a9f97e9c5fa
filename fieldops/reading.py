"""Read what is plainly right at speed; a schema reads the rest, and says what is wrong with it.

marshmallow takes milliseconds for what a phone reports of a day. Here a schema is turned once into functions that each
take one thing as it should be, or doubt it. Whatever is doubted goes to the schema as a whole, so that nothing is
accepted, refused or explained differently. Example: ``read = reader(SyncIn())``, and ``read(body)`` for ``load(body)``.
"""

from __future__ import annotations

from datetime import date, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from marshmallow import RAISE, Schema, ValidationError, fields, missing, validate

if TYPE_CHECKING:
    from collections.abc import Callable

    Take = Callable[[Any], Any]

_WRONG: Final = (ValidationError, ValueError, TypeError, AttributeError, OverflowError, LookupError)


class _DoubtError(ValueError):
    """This is not plainly right."""


def reader(schema: Schema) -> Take:
    """A function that does what ``schema.load`` does, quicker for what is plainly right."""
    if not _is_plain(schema):
        return schema.load
    take = _object(schema)

    def read(body: Any) -> Any:
        try:
            return take(body)
        except _WRONG:
            return schema.load(body)

    return read


def _is_plain(schema: Schema) -> bool:
    """Whether nothing but its fields decides how a schema reads."""
    named = all(
        field.data_key in (None, name) and field.attribute is None for name, field in schema.load_fields.items()
    )
    return named and schema.unknown == RAISE and not any(schema._hooks.values()) and not schema.partial  # noqa: SLF001 - asked nowhere else


def _object(schema: Schema) -> Take:
    rows = [(name, field.required, field.load_default, _value(field)) for name, field in schema.load_fields.items()]

    def take(body: Any) -> dict[str, Any]:
        if type(body) is not dict:
            raise _DoubtError
        left, made = len(body), {}
        for name, required, default, value_of in rows:
            value = body.get(name, missing)
            if value is not missing:
                made[name] = value_of(value)
                left -= 1
            elif required:
                raise _DoubtError
            elif default is not missing:
                made[name] = default() if callable(default) else default
        if left:
            raise _DoubtError
        return made

    return take


def _value(field: fields.Field[Any]) -> Take:
    """How one value is taken: None where it may be, else by its type, then asked by each of its validators."""
    make = _TYPES.get(type(field))
    take, checks = (make(field) if make else field.deserialize), [*map(_check, field.validators)] if make else []
    may_be_none = field.allow_none

    def value_of(value: Any) -> Any:
        if value is None:
            if may_be_none:
                return None
            raise _DoubtError
        found = take(value)
        for check in checks:
            if not check(found):
                raise _DoubtError
        return found

    return value_of


def _of_type(wanted: type, convert: Take | None = None) -> Take:
    def take(value: Any) -> Any:
        if type(value) is not wanted:
            raise _DoubtError
        return value if convert is None else convert(value)

    return take


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not isfinite(value):
        raise _DoubtError
    return float(value)


def _instant(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise _DoubtError
    return found


def _temporal(convert: Take) -> Callable[[Any], Take]:
    return lambda field: convert if field.format in (None, "iso") else field.deserialize


def _list(field: Any) -> Take:
    each = _value(field.inner)

    def take(value: Any) -> list[Any]:
        if type(value) is not list:
            raise _DoubtError
        return [*map(each, value)]

    return take


def _nested(field: Any) -> Take:
    schema = field.schema
    return _object(schema) if not schema.many and field.unknown is None and _is_plain(schema) else field.deserialize


def _dict(field: Any) -> Take:
    return _of_type(dict) if field.key_field is None and field.value_field is None else field.deserialize


_TYPES: Final[dict[type, Callable[[Any], Take]]] = {
    fields.UUID: lambda _: _of_type(str, UUID),
    fields.String: lambda _: _of_type(str),
    fields.Integer: lambda _: _of_type(int),
    fields.Boolean: lambda _: _of_type(bool),
    fields.Float: lambda _: _number,
    fields.Date: _temporal(date.fromisoformat),
    fields.AwareDateTime: lambda field: (
        _temporal(_instant)(field) if field.default_timezone is None else field.deserialize
    ),
    fields.List: _list,
    fields.Nested: _nested,
    fields.Dict: _dict,
}


def _check(validator: Any) -> Callable[[Any], bool]:
    """A validator as a question; one that is not known here is asked itself, and raises."""
    kind = type(validator)
    if kind is validate.OneOf:
        choices = frozenset(validator.choices)
        return choices.__contains__
    if kind is validate.Length and validator.equal is None:
        least, most = validator.min or 0, validator.max if validator.max is not None else float("inf")
        return lambda value: least <= len(value) <= most
    if kind is validate.Range and validator.min_inclusive and validator.max_inclusive:
        low, high = validator.min, validator.max
        return lambda value: (low is None or value >= low) and (high is None or value <= high)
    if kind is validate.Regexp:
        match = validator.regex.match
        return lambda value: match(value) is not None
    return lambda value: validator(value) is not missing
