"""Every operation answers as it is described, whatever it is asked: nothing here is a fault of ours."""

import re

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fieldops.sync.rules import NEWEST_SCHEMA
from tests.api.operations import is_uuid, name_of, operations


def no_fault_of_ours(ctx, response, case):
    """No 5xx, but the one the protocol asks for: a phone whose app is newer than this server sends it again later."""
    if response.status_code == 503 and response.json()["code"] == "SERVER_OLDER":
        assert case.body["schema"] > NEWEST_SCHEMA
        return None
    return not_a_server_error(ctx, response, case)


CHECKS = [no_fault_of_ours, status_code_conformance, content_type_conformance, response_schema_conformance]
QUICK, THOROUGH = 8, 100
REAL = {
    "kind": ["cases", "calls", "repayments", "flags", "gazetteer", "crews"],
    "bank_code": ["示范银行A", "示范银行B"],
    "branch": ["HQ"],
    "year": ["2026"],
    "number": ["1"],
    "name": ["2026-11", "2026-1"],
    "sample": ["ordinary"],
}


def requests_of(operation, ids):
    """Paths of one operation with real ids; one path where it has none."""
    names = re.findall(r"\{(\w+)\}", operation.path)
    values = [ids.get(name) or REAL[name] for name in names]
    for place in range(max(map(len, values), default=1)):
        path = operation.path
        for name, known in zip(names, values, strict=True):
            path = path.replace(f"{{{name}}}", known[place % len(known)])
        yield path


def answers_of(day, operation):
    """Answers to the GETs of an operation by somebody with every role."""
    client, asking = day.app.test_client(), {"Authorization": day.token_for(operation)}
    paths = requests_of(operation, day.ids)
    return [client.get(path, headers=asking, query_string=operation.query(day.ids)) for path in paths]


@pytest.fixture(scope="module")
def schema(day_to_change):
    """The description as this application serves it, and the application to ask."""
    return schemathesis.openapi.from_wsgi("/openapi.json", day_to_change.app)


@pytest.mark.parametrize("operation", [one for one in operations() if one.method == "get"], ids=name_of)
def test_what_is_really_there_is_shown_as_described(schema, day_to_change, operation):
    described = schema[operation.path]["get"]
    names = re.findall(r"\{(\w+)\}", operation.path)
    found = 0
    for path in requests_of(operation, day_to_change.ids):
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path)
        parameters = re.fullmatch(pattern, path).groupdict()
        case = described.Case(method="GET", path_parameters=parameters, query=operation.query(day_to_change.ids))
        answer = case.call(headers={"Authorization": day_to_change.token_for(operation)})
        case.validate_response(answer, checks=CHECKS)
        assert answer.status_code in {200, 404, 409}, answer.text
        found += answer.status_code == 200
    assert found or not names, "no real thing was shown"


def _ask(schema, day, operation, examples):
    """Ask one operation generated questions, about half of their ids real."""
    described = schema[operation.path][operation.method]

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=described.as_strategy(), real=st.randoms(use_true_random=False))
    def ask(case, real):
        case.path_parameters = {
            name: _made_real(name, value, day.ids, real) for name, value in (case.path_parameters or {}).items()
        }
        case.query = {name: _made_real(name, value, day.ids, real) for name, value in (case.query or {}).items()}
        if isinstance(case.body, dict):
            case.body = _made_real("", case.body, day.ids, real)
        answer = case.call(headers={"Authorization": day.token_for(operation)})
        case.validate_response(answer, checks=CHECKS)

    ask()


def _made_real(name, value, ids, real):
    """The same value, with ids of things that exist in place of about half of the invented ones."""
    if isinstance(value, dict):
        return {inner: _made_real(inner, each, ids, real) for inner, each in value.items()}
    if isinstance(value, list):
        return [_made_real(name.removesuffix("s"), each, ids, real) for each in value]
    known = ids.get(name) or (REAL.get(name) if isinstance(value, str) else None)
    if known and (is_uuid(value) or name in REAL) and real.random() < 0.6:
        return real.choice(known)
    return value


@pytest.mark.parametrize("operation", list(operations()), ids=name_of)
def test_no_question_is_answered_with_a_fault(schema, day_to_change, operation):
    _ask(schema, day_to_change, operation, QUICK)


@pytest.mark.long
@pytest.mark.parametrize("operation", list(operations()), ids=name_of)
def test_no_question_of_very_many_is_answered_with_a_fault(schema, day_to_change, operation):
    _ask(schema, day_to_change, operation, THOROUGH)
