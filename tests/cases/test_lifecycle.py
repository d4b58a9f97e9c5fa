"""The life of a case: each step by the table, its days, who may take it, and the end that comes by itself."""

from datetime import date

import pytest

from fieldops.audit import Actor
from fieldops.auth.roles import Role
from fieldops.cases import lifecycle, states
from fieldops.cases.jobs import expire_past_cases
from fieldops.cases.models import Case
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.tasks.queries import task_of
from tests.makers import make_case

EXPIRY = date(2026, 12, 31)
LATER = date(2027, 1, 31)


@pytest.fixture
def session(house):
    with house.transaction() as opened:
        yield opened


def everybody(house):
    return Actor("all", house.clock.now(), roles=frozenset(Role))


def step(session, house, case, code, until_on=None, actor=None):
    lifecycle.take_step(
        session, actor or everybody(house), case_id=case.id, step=code, reason="说明", until_on=until_on
    )
    return case.status


def test_every_step_may_be_taken_from_its_states_only(session, house):
    case = make_case(session, expiry_on=EXPIRY)
    for code, each in states.CASE_STEPS.items():
        for state in states.CASE_STATES:
            case.status, case.status_before, case.extension_until = state, "PAUSED", None
            session.flush()
            if not each.roles:
                continue
            if state in each.froms:
                wanted = each.to or "PAUSED"
                assert step(session, house, case, code, LATER) == wanted, (code, state)
            else:
                with pytest.raises(NotNow):
                    step(session, house, case, code, LATER)


def test_a_refused_withdrawal_goes_back_to_where_the_case_was(session, house):
    case = make_case(session)
    assert step(session, house, case, "PAUSE") == "PAUSED"
    assert step(session, house, case, "ASK_WITHDRAWAL") == "WITHDRAWAL_PENDING"
    assert step(session, house, case, "REFUSE_WITHDRAWAL") == "PAUSED"
    assert step(session, house, case, "RESUME") == "ACTIVE"


@pytest.mark.parametrize(("day", "in_time"), [(27, True), (28, True), (29, False)])
def test_an_extension_is_asked_for_three_days_ahead_or_not_at_all(session, house, day, in_time):
    case = make_case(session, expiry_on=EXPIRY)
    house.clock.advance(days=(date(2026, 12, day) - date(2026, 11, 23)).days)
    if in_time:
        assert step(session, house, case, "ASK_EXTENSION", LATER) == "EXTENSION_PENDING"
    else:
        with pytest.raises(NotNow, match="3 days"):
            step(session, house, case, "ASK_EXTENSION", LATER)


def test_a_granted_extension_moves_the_end_and_a_refused_one_does_not(session, house):
    granted, refused = make_case(session, expiry_on=EXPIRY), make_case(session, expiry_on=EXPIRY)
    for case, answer in ((granted, "GRANT_EXTENSION"), (refused, "REFUSE_EXTENSION")):
        step(session, house, case, "ASK_EXTENSION", LATER)
        assert step(session, house, case, answer) == "ACTIVE"
    assert (lifecycle.last_on(granted), lifecycle.last_on(refused)) == (LATER, EXPIRY)


def test_a_last_day_before_the_one_there_is_is_refused(session, house):
    case = make_case(session, expiry_on=EXPIRY)
    for until_on in (None, EXPIRY):
        with pytest.raises(NotUnderstood):
            step(session, house, case, "ASK_EXTENSION", until_on)
    assert step(session, house, case, "ASK_EXTENSION", LATER) == "EXTENSION_PENDING"
    with pytest.raises(NotUnderstood, match=str(EXPIRY)):
        step(session, house, case, "GRANT_EXTENSION", EXPIRY)


def test_only_a_manager_agrees_to_a_withdrawal(session, house):
    case = make_case(session)
    step(session, house, case, "ASK_WITHDRAWAL")
    supervisor = Actor("boss", house.clock.now(), roles=frozenset({"SUPERVISOR"}))
    with pytest.raises(NotAllowed, match="MANAGER"):
        step(session, house, case, "AGREE_WITHDRAWAL", actor=supervisor)


def test_entrustments_end_by_themselves_the_day_after_their_last(house):
    with house.transaction() as session:
        ends = {"ends": {}, "extended": {"extension_until": LATER}, "pending": {"status": "EXTENSION_PENDING"}}
        made = {name: make_case(session, expiry_on=EXPIRY, **more).id for name, more in ends.items()}
        made["endless"] = make_case(session, expiry_on=None).id
        made["settled"] = make_case(session, expiry_on=EXPIRY, status="SETTLED").id

    def statuses():
        expire_past_cases(house)
        with house.transaction() as session:
            return {name: session.get(Case, case_id).status for name, case_id in made.items()}

    house.clock.advance(days=(EXPIRY - date(2026, 11, 23)).days)
    before = {"ends": "ACTIVE", "extended": "ACTIVE", "pending": "EXTENSION_PENDING", "endless": "ACTIVE"}
    assert statuses() == before | {"settled": "SETTLED"}
    house.clock.advance(days=1)
    after = before | {"ends": "EXPIRED", "pending": "EXPIRED", "settled": "SETTLED"}
    assert statuses() == after
    assert statuses() == after
    with house.transaction() as session:
        assert task_of(session, "SETTLE_OR_RETURN_CASE", made["ends"]).role == "BUSINESS_DEPT"
        case = session.get(Case, made["ends"])
        assert step(session, house, case, "KEEP") == "KEPT"
        with pytest.raises(NotUnderstood):
            step(session, house, case, "RESUME")
        assert step(session, house, case, "RESUME", LATER) == "ACTIVE"


def test_steps_are_taken_over_http_and_refused_by_name(client_as, house):
    with house.transaction() as session:
        case_id = make_case(session, expiry_on=EXPIRY).id
    url = f"/api/v1/cases/{case_id}/steps"
    manager = client_as("MANAGER")
    paused = manager.post(url, json={"step": "PAUSE", "reason": "等待银行回复"})
    assert (paused.status_code, paused.json["status"]) == (200, "PAUSED")
    again = manager.post(url, json={"step": "PAUSE", "reason": "等待银行回复"})
    assert (again.status_code, again.json["code"]) == (409, "CASE_STATE")
    assert manager.post(url, json={"step": "EXPIRE", "reason": "到期"}).status_code == 422
    assert manager.post(url, json={"step": "RESUME"}).status_code == 422
    assert client_as("PHONE_COLLECTOR").post(url, json={"step": "RESUME", "reason": "x"}).status_code == 403
    asked = client_as("BUSINESS_DEPT").post(url, json={"step": "RESUME", "reason": "银行已回复"})
    assert (asked.status_code, asked.json["code"]) == (403, "STEP_NOT_YOURS")
    assert manager.post(url, json={"step": "RESUME", "reason": "银行已回复"}).json["status"] == "ACTIVE"
    extended = manager.post(url, json={"step": "ASK_EXTENSION", "reason": "客户已约定", "until_on": str(LATER)})
    assert (extended.json["status"], extended.json["extension_asked_until"]) == ("EXTENSION_PENDING", str(LATER))
    nobody = "/api/v1/cases/01a20517-0000-7000-8000-000000000000/steps"
    assert manager.post(nobody, json={"step": "PAUSE", "reason": "x"}).json["code"] == "CASE_UNKNOWN"
