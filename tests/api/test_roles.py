"""The whole matrix: every operation asked by nobody and by every role, with ids of nothing."""

import pytest

from fieldops.auth.roles import ACTIONS, Role
from tests.api.operations import UNGUARDED, name_of, operations

GUARDED = [operation for operation in operations() if operation.path not in UNGUARDED]


def _action(app, operation):
    adapter = app.url_map.bind("localhost")
    endpoint, _ = adapter.match(operation.junk_path, method=operation.method.upper())
    return app.view_functions[endpoint]._needs


@pytest.mark.parametrize("operation", GUARDED, ids=name_of)
def test_nobody_gets_401_and_each_role_what_the_table_says(one_of_each, operation):
    answer = operation.call(one_of_each.app.test_client())
    assert (answer.status_code, answer.json["code"]) == (401, "TOKEN_MISSING")
    allowed = ACTIONS[_action(one_of_each.app, operation)]
    for role in Role:
        answer = operation.call(one_of_each.clients[role])
        said = f"{role}: {answer.status_code} {answer.text[:200]}"
        if role not in allowed:
            assert (answer.status_code, answer.json["code"]) == (403, "ROLE_NOT_ALLOWED"), said
        else:
            assert answer.status_code < 500, said
            assert answer.status_code != 401, said
            assert "ROLE_NOT_ALLOWED" not in answer.text, said
            if "/junk" in operation.junk_path or "00000000" in operation.junk_path:
                assert answer.status_code in {403, 404, 405, 409, 422}, said


def test_the_matrix_of_the_first_day_is_the_one_the_company_works_by():
    """Spot checks of the posts themselves, so that an edit of the table is noticed."""
    assert ACTIONS["visits.approve"] == {Role.SUPERVISOR}
    assert ACTIONS["letters.approve_quantity"] == {Role.ADMIN_APPROVER}
    assert ACTIONS["mobile.sync"] == {Role.FIELD_AGENT}
    assert ACTIONS["accounts.manage"] == {Role.SYSADMIN}
    assert not [action for action, roles in ACTIONS.items() if Role.BANK_VIEWER in roles and action != "accounts.self"]
