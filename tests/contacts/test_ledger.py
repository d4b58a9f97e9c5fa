"""Calls, visits and letters write one ledger, and it is shown with the decision."""

from fieldops.contacts import queries
from fieldops.contacts.service import Made, standings_of, write_contacts
from fieldops.db import uuid7
from fieldops.policies.reading import shipped_editions
from fieldops.visits import execution
from tests.makers import make_case
from tests.visits.makers_of_visits import make_approved_visit, make_good_case, supervisor

POLICY = shipped_editions()[0]


def ledger(session, debtor_id):
    return [(each.channel, each.effective) for each in queries.ledger_of(session, debtor_id, limit=100)]


def test_a_contact_told_of_twice_is_one_contact_that_learns_whether_it_was_answered(house):
    with house.transaction() as session:
        case = make_case(session)
        call_id, at = uuid7(), house.clock.now()
        for effective in (None, True):
            write_contacts(session, [Made("CALL", case.debtor_id, at, call_id, case.id, effective)])
        write_contacts(session, [])
        assert ledger(session, case.debtor_id) == [("CALL", True)]
        assert {each.code: each.counted for each in standings_of(session, case.debtor_id, POLICY, at)}["CC-01"] == 1


def test_a_completed_visit_is_in_the_ledger_once(house, app):
    with house.transaction() as session:
        visit = make_approved_visit(session, house)
        visit.status = "PLANNED"
        for _ in range(2):
            execution.complete_visits(session, supervisor(house), {visit: "O26"})
        assert ledger(session, visit.debtor_id) == [("VISIT", None)]


def test_the_card_of_a_visit_and_the_file_of_its_case_show_the_ledger(house, client_as):
    with house.transaction() as session:
        case = make_good_case(session)
        made = [Made("CALL", case.debtor_id, house.clock.now(), uuid7(), case.id, True) for _ in range(3)]
        write_contacts(session, made)
        case_id = str(case.id)
    asked = {"case_ids": [case_id], "purpose": "COLLECT", "reason": "EVASIVE", "goal": "见面"}
    visit = client_as("PHONE_COLLECTOR").post("/api/v1/visits", json=asked).json
    card = client_as("SUPERVISOR").get(f"/api/v1/visits/{visit['id']}").json
    shown = {each["code"]: (each["counted"], each["most"], each["room"]) for each in card["contacts"]}
    assert (shown["CC-01"], shown["CC-02"], shown["CC-03"]) == ((3, 3, 0), (3, 4, 1), (3, 2, 0))
    file = client_as("SUPERVISOR").get(f"/api/v1/cases/{case_id}/contacts?limit=2").json
    assert [each["channel"] for each in file["items"]] == ["CALL", "CALL"]
    assert file["standings"] == card["contacts"]
    assert client_as("SUPERVISOR").get(f"/api/v1/cases/{visit['id']}/contacts").status_code == 404
