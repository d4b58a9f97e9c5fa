"""Every operation says who may, has a name of its own, and is guarded as it says."""

import re

import pytest

from fieldops.auth.roles import ACTIONS, Role
from tests.api.operations import name_of, operations

OPEN = {"/api/v1/login", "/api/v1/health", "/api/v1/mobile/devices/{device_id}/token"}  # the only doors without a lock
ALL = list(operations())


def test_the_description_that_is_served_is_the_one_that_is_kept(one_of_each, described):
    assert one_of_each.app.test_client().get("/openapi.json").json == described


def _path(rule):
    """The path of a rule as the description writes it."""
    return re.sub(r"<\w+:(\w+)>", r"{\1}", rule.rule)


def test_every_view_of_the_api_names_an_action_of_the_table(one_of_each):
    app = one_of_each.app
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/") and _path(rule) not in OPEN]
    without = [rule.rule for rule in rules if getattr(app.view_functions[rule.endpoint], "_needs", None) not in ACTIONS]
    assert len(rules) >= len(ALL) - len(OPEN)
    assert not without


def test_every_action_of_the_table_is_asked_for_by_a_view(one_of_each):
    asked = {getattr(view, "_needs", None) for view in one_of_each.app.view_functions.values()}
    assert asked - {None} == set(ACTIONS)


def test_every_view_of_the_api_is_described_but_the_health_of_the_server(one_of_each):
    served = {
        (method.lower(), rule.rule)
        for rule in one_of_each.app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule != "/api/v1/health"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert len(served) == len(ALL)


def test_every_action_of_the_table_is_some_roles_work():
    assert all(ACTIONS.values())
    assert {role for roles in ACTIONS.values() for role in roles} == set(Role)


def test_operations_have_names_that_are_all_different():
    names = [operation.described["operationId"] for operation in ALL]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("operation", ALL, ids=name_of)
def test_an_operation_says_what_it_does_and_what_it_answers(operation):
    described = operation.described
    assert described["summary"].strip()
    success = [answer for status, answer in described["responses"].items() if status.startswith("2")]
    assert len(success) == 1
    assert "content" in success[0] or "204" in described["responses"]
    if operation.path not in OPEN:
        assert described["security"] == [{"bearer": []}]


def test_every_field_that_is_named_has_a_type(described):
    untyped = [
        f"{name}.{field}"
        for name, schema in described["components"]["schemas"].items()
        for field, value in schema.get("properties", {}).items()
        if not value
    ]
    assert not untyped
