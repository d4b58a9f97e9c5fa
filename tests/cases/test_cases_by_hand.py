"""Cases over HTTP: masked, by pages, with their history; and events recorded by hand, told once."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from fieldops.audit import Actor, AuditEntry
from fieldops.cases import complaints, queries, service
from fieldops.cases.models import Case, Hold, Promise, Repayment
from fieldops.errors import NotFound, NotUnderstood
from tests.bank_files import case_row, take_in

SLIP = {"external_id": "S1", "amount_fen": 100_000, "paid_at": "2026-11-23T10:00:00+08:00", "channel": "手机银行"}


@pytest.fixture
def case_id(house, heard):
    """One imported case."""
    take_in(house, "cases", [case_row(1)])
    with house.transaction() as session:
        return session.scalars(sa.select(Case.id)).one()


@pytest.fixture
def manager(client_as, case_id):
    return client_as("MANAGER")


def test_a_case_is_shown_masked_with_everything_on_record(house, manager, case_id):
    take_in(house, "cases", [case_row(1, 欠款总额="9000.00")])
    manager.post(f"/api/v1/cases/{case_id}/repayments", json=SLIP)
    shown = manager.get(f"/api/v1/cases/{case_id}").json
    sent = case_row(1)
    assert (shown["debtor"], shown["card_no"]) == ("李*", f"**** {sent['卡号'][-4:]}")
    assert (shown["balance_fen"], shown["balance_after_repayments_fen"]) == (900_000, 800_000)
    assert [version["version"] for version in shown["versions"]] == [2, 1]
    assert shown["versions"][1]["said"]["balance_fen"] == 800_050
    assert [link["kind"] for link in shown["addresses"]] == ["HOME"]
    whole = manager.get(f"/api/v1/cases/{case_id}").get_data(as_text=True)
    for heading in ("证件号码", "手机号码", "卡号", "客户姓名"):
        assert sent[heading] not in whole


def test_cases_are_found_by_the_beginning_of_their_number_page_by_page(house, client_as):
    take_in(house, "cases", [case_row(n, 案件编号=f"BJ{n}") for n in range(1, 6)] + [case_row(9, 案件编号="B%1")])
    supervisor = client_as("SUPERVISOR")
    first = supervisor.get("/api/v1/cases?case_no=BJ&limit=3").json
    rest = supervisor.get(f"/api/v1/cases?case_no=BJ&limit=3&after={first['after']}").json
    assert sorted(case["case_no"] for case in (*first["items"], *rest["items"])) == ["BJ1", "BJ2", "BJ3", "BJ4", "BJ5"]
    assert (len(first["items"]), rest["after"]) == (3, None)
    assert [case["case_no"] for case in supervisor.get("/api/v1/cases?case_no=B%25").json["items"]] == ["B%1"]
    assert supervisor.get("/api/v1/cases?status=PAUSED").json["items"] == []


def test_cases_are_shown_to_the_desk_only(client_as, case_id):
    assert client_as("FIELD_AGENT").get(f"/api/v1/cases/{case_id}").status_code == 403
    assert client_as("PHONE_COLLECTOR").get(f"/api/v1/cases/{case_id}").status_code == 200
    assert client_as("PHONE_COLLECTOR").post(f"/api/v1/cases/{case_id}/repayments", json=SLIP).status_code == 403
    assert client_as("QA").get(f"/api/v1/cases/{uuid.uuid4()}").status_code == 404


def test_a_slip_entered_twice_is_one_repayment_and_told_once(house, manager, case_id, heard):
    first = manager.post(f"/api/v1/cases/{case_id}/repayments", json=SLIP)
    again = manager.post(f"/api/v1/cases/{case_id}/repayments", json=SLIP)
    assert (first.status_code, first.json["id"]) == (201, again.json["id"])
    assert len(heard) == 1
    other = manager.post(f"/api/v1/cases/{case_id}/repayments", json={**SLIP, "amount_fen": 1})
    assert (other.status_code, other.json["code"]) == (409, "SERIAL_REUSED")


def test_an_imported_repayment_and_the_same_slip_by_hand_are_one(house, manager, case_id, heard):
    row = {"流水号": "S1", "案件编号": "C1", "还款金额": 1000, "还款时间": "2026-11-23 10:00", "渠道": "手机银行"}
    take_in(house, "repayments", [row])
    assert manager.post(f"/api/v1/cases/{case_id}/repayments", json=SLIP).status_code == 201
    assert len(heard) == 1


def test_two_clerks_with_one_slip_make_one_repayment(house, case_id, heard):
    def enter(name):
        with house.transaction() as session:
            paid_at = datetime(2026, 11, 23, 2, tzinfo=UTC)
            told = {"external_id": "S9", "amount_fen": 5, "paid_at": paid_at, "channel": "柜台"}
            return service.record_repayment(session, Actor(name, house.clock.now()), case_id=case_id, **told).id

    with ThreadPoolExecutor(4) as clerks:
        ids = list(clerks.map(enter, "abcd"))
    assert len(set(ids)) == len(heard) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_fen": 0},
        {"amount_fen": 1.5},
        {"channel": ""},
        {"paid_at": "yesterday"},
        {"cash": True},
        {"paid_at": "2026-11-24T00:00:00+08:00"},
        {"paid_at": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_a_slip_that_cannot_be_meant_is_refused(manager, case_id, wrong):
    assert manager.post(f"/api/v1/cases/{case_id}/repayments", json={**SLIP, **wrong}).status_code == 422


@pytest.mark.parametrize(
    ("place", "day"),
    [
        ("complaints", "2026-11-24"),
        ("complaints", "9999-12-31"),
        ("disputes", "2026-11-24"),
    ],
)
def test_what_was_received_on_a_day_to_come_is_refused_by_name(manager, case_id, heard, place, day):
    body = {"received_on": day, "reason": "上门时态度"} | ({"grade": "MAJOR"} if place == "complaints" else {})
    refused = manager.post(f"/api/v1/cases/{case_id}/{place}", json=body)
    assert (refused.status_code, "received_on" in refused.text, heard) == (422, True, [])


def test_an_end_that_is_none_is_left_out_and_never_stops_a_decision(manager, case_id, heard):
    hold = {"kind": "MANAGER", "from_on": "2026-11-23", "until_on": "9999-12-31"}
    refused = manager.post(f"/api/v1/cases/{case_id}/holds", json=hold)
    assert (refused.status_code, "2099-12-31" in refused.text, heard) == (422, True, [])
    assert manager.post(f"/api/v1/cases/{case_id}/holds", json=hold | {"until_on": "2099-12-31"}).status_code == 201


def test_holds_complaints_and_statuses_are_recorded_and_told(house, manager, case_id, heard):
    posts = {
        "holds": {"kind": "MANAGER", "from_on": "2026-11-23", "reason": "冲突"},
        "complaints": {"grade": "MAJOR", "received_on": "2026-11-23"},
        "special-statuses": {"kind": "CUSTODY", "proof": "CLAIMED", "from_on": "2026-11-23"},
    }
    for place, body in posts.items():
        assert manager.post(f"/api/v1/cases/{case_id}/{place}", json=body).status_code == 201
        assert manager.post(f"/api/v1/cases/{case_id}/{place}", json=body).status_code == 201
    assert [type(event).__name__ for event in heard] == ["HoldOpened", "ComplaintOpened", "SpecialStatusRecorded"]
    with house.transaction() as session:
        actions = session.scalars(sa.select(AuditEntry.action).where(AuditEntry.action.like("cases.%"))).all()
    assert sorted(actions) == ["cases.complaint", "cases.hold", "cases.status"]


def test_a_hold_opened_again_lasts_until_the_later_end_and_stands_again_after_release(house, case_id, heard):
    actor = Actor("m", house.clock.now())
    key = {"case_id": case_id, "kind": "DISPUTE", "from_on": date(2026, 11, 23)}
    with house.transaction() as session:
        service.open_hold(session, actor, **key, until_on=date(2026, 11, 25), channels="VISIT")
        service.open_hold(session, actor, **key, until_on=date(2026, 11, 24), channels="LETTER")
        hold = session.scalars(sa.select(Hold)).one()
        assert (hold.until_on, hold.channels) == (date(2026, 11, 25), "ALL")
        service.open_hold(session, actor, **key)
        assert hold.until_on is None
        hold.released_at, hold.released_by = actor.at, "m"
        service.open_hold(session, actor, **key)
        assert hold.released_at is None
    assert len(heard) == 4
    with house.transaction() as session, pytest.raises(NotUnderstood):
        service.open_hold(session, actor, **key, until_on=date(2026, 11, 22))


def test_a_proof_never_gets_worse_by_hand(house, case_id, heard):
    actor = Actor("m", house.clock.now())
    key = {"case_id": case_id, "kind": "FRAUD", "from_on": date(2026, 11, 23)}
    with house.transaction() as session:
        for proof, expected in (("PARTIAL", "PARTIAL"), ("COMPLETE", "COMPLETE"), ("CLAIMED", "COMPLETE")):
            assert service.record_special_status(session, actor, **key, proof=proof).proof == expected
    assert len(heard) == 2


def test_one_result_tells_of_one_promise_per_case_and_may_correct_it(house, case_id):
    actor, source_id = Actor("m", house.clock.now()), uuid.uuid4()
    key = {"case_id": case_id, "source_kind": "VISIT_RESULT", "source_id": source_id}
    with house.transaction() as session:
        service.record_promise(session, actor, **key, amount_fen=5, due_on=date(2026, 11, 30))
        service.record_promise(session, actor, **key, amount_fen=6, due_on=date(2026, 11, 30))
        assert session.scalars(sa.select(Promise.amount_fen)).all() == [6]


def test_a_closed_complaint_that_comes_again_is_open_again(house, case_id, heard):
    actor = Actor("m", house.clock.now())
    key = {"case_id": case_id, "grade": "MINOR", "received_on": date(2026, 11, 23)}
    with house.transaction() as session:
        complaint = complaints.open_complaint(session, actor, **key)
        complaint.status, complaint.closed_at = "CLOSED", actor.at
        assert complaints.open_complaint(session, actor, **key).closed_at is None
    assert len(heard) == 2


def test_registers_are_read_for_many_cases_in_one_statement_each(house, case_id):
    take_in(house, "cases", [case_row(2)])
    with house.transaction() as session:
        ids = session.scalars(sa.select(Case.id)).all()
        debtor_ids = session.scalars(sa.select(Case.debtor_id)).all()
        asked = []
        sa.event.listen(house.database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        for read in (
            queries.calls_by_case,
            queries.promises_by_case,
            queries.repayments_by_case,
            queries.holds_by_case,
            queries.addresses_by_case,
        ):
            assert read(session, ids)[uuid.uuid4()] == []
        assert queries.complaints_by_debtor(session, debtor_ids) == {}
        assert queries.special_statuses_by_debtor(session, debtor_ids) == {}
        assert len(asked) == 7
        assert len(queries.cases_by_ids(session, ids)) == len(queries.debtors_by_ids(session, debtor_ids)) == 2
        assert [case.id for case in queries.cases_in_order(session, after=min(ids))] == [max(ids)]
        assert {len(cases) for cases in queries.cases_of_debtors(session, debtor_ids).values()} == {1}
        assert [case.id for case in queries.lock_cases(session, ids)] == sorted(ids)


def test_a_case_is_found_by_its_number_and_by_its_bank_where_two_use_it(house, case_id):
    with house.transaction() as session:
        assert queries.case_by_no(session, "C1").id == case_id
        with pytest.raises(NotFound):
            queries.case_by_no(session, "C404")
    take_in(house, "cases", [case_row(3, 案件编号="C1", 委托银行="示范银行B")])
    with house.transaction() as session:
        with pytest.raises(NotUnderstood, match="name the bank"):
            queries.case_by_no(session, "C1")
        assert queries.case_by_no(session, "C1", bank_code="示范银行A").id == case_id
        assert {bank.code for bank in queries.banks_by_ids(session).values()} == {"示范银行A", "示范银行B"}


def test_repayments_by_hand_and_by_file_are_in_one_register(house, manager, case_id):
    manager.post(f"/api/v1/cases/{case_id}/repayments", json=SLIP)
    with house.transaction() as session:
        assert session.scalars(sa.select(Repayment.external_id)).all() == ["S1"]
