"""A letter held by a lesser complaint: a supervisor accepts it, or its close lets it go on or takes it out."""

import pytest

from fieldops.cases import complaints
from fieldops.cases import service as cases
from fieldops.correspondence.accepting import accept_doubts
from fieldops.errors import NotAllowed, NotNow
from fieldops.policies import queries as editions
from fieldops.policies import service as policies


@pytest.fixture
def held(office):
    """An approved letter, and the complaint that holds it since."""
    letter_id = office.approve(office.request(office.case()))
    return letter_id, complain(office, letter_id, "MINOR")


def complain(office, letter_id, grade):
    with office.house.transaction() as session:
        told = {"case_id": office.read(letter_id).case_id, "grade": grade, "received_on": office.house.clock.today()}
        return complaints.open_complaint(session, office.actor("supervisor"), **told).id


def close(office, complaint_id):
    with office.house.transaction() as session:
        boss = office.actor("supervisor")
        complaints.report_to_bank(session, boss, complaint_id, report_ref="函")
        complaints.reply(session, boss, complaint_id, reply="已复")
        complaints.close_complaint(session, boss, complaint_id, upheld=False, reason="不属实")


def accept(office, letter_id, by="supervisor"):
    with office.house.transaction() as session:
        return accept_doubts(session, office.actor(by), letter_id, comment="投诉与信函无关").accepted


def test_an_accepted_complaint_holds_the_letter_no_longer_and_it_is_printed(office, held):
    letter_id, complaint_id = held
    assert office.read(letter_id).held_reason == "LR-050"
    assert accept(office, letter_id) == [f"LR-050 complaint:{complaint_id}"]
    office.printed([letter_id])
    assert (office.read(letter_id).status, office.read(letter_id).held_reason) == ("PRINTED", None)


def test_another_complaint_holds_it_again(office, held):
    letter_id, _ = held
    accept(office, letter_id)
    complain(office, letter_id, "ORDINARY")
    assert office.read(letter_id).held_reason == "LR-050"


def test_a_closed_complaint_lets_the_letter_go_on_where_it_was(office, held):
    letter_id, complaint_id = held
    close(office, complaint_id)
    assert (office.read(letter_id).status, office.read(letter_id).held_reason) == ("GENERATED", None)


def test_a_letter_the_rules_reject_when_its_complaint_is_closed_goes_out_of_circulation(office, held):
    letter_id, complaint_id = held
    _let_the_minimum_rise(office)
    close(office, complaint_id)
    letter = office.read(letter_id)
    assert (letter.status, letter.status_reason, letter.codes) == ("CANCELLED", "LR-020", ["LR-020", "LR-037"])


def _let_the_minimum_rise(office):
    today = office.house.clock.today()
    document = {"based_on": "2026-11", "edition": "own", "valid_from": today.isoformat()}
    document["letter"] = {"min_balance_fen": 900_000}
    with office.house.transaction() as session:
        policies.draft_policy(session, office.actor("business_dept"), document=document, reason="标准提高")
        policies.activate_edition(session, office.actor("manager"), editions.POLICY, "own")


def test_nobody_accepts_for_a_letter_of_their_own(office, held):
    with pytest.raises(NotAllowed, match="LR-083"):
        accept(office, held[0], by="phone_collector")


def test_a_rejection_is_not_accepted(office, held):
    letter_id, _ = held
    with office.house.transaction() as session:
        told = {"case_id": office.read(letter_id).case_id, "kind": "BANK_PAUSE"}
        cases.open_hold(session, office.actor("supervisor"), from_on=office.house.clock.today(), **told)
    with pytest.raises(NotNow, match="LR-050"):
        accept(office, letter_id)


def test_there_is_nothing_to_accept_where_nothing_is_asked(office):
    letter_id = office.approve(office.request(office.case()))
    with pytest.raises(NotNow) as refused:
        accept(office, letter_id)
    assert refused.value.code == "NOTHING_TO_ACCEPT"


def test_a_letter_that_waits_for_approval_is_approved_not_accepted(office):
    with pytest.raises(NotNow) as refused:
        accept(office, office.request(office.case()))
    assert refused.value.code == "LETTER_STATE"
