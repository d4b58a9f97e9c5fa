"""From hand to hand: issued to a crew, handed over, left sealed, brought back; asked again before it leaves."""

import pytest

from fieldops import events
from fieldops.cases import service as cases
from fieldops.cases.events import DebtorCorrected
from fieldops.cases.queries import case_by_id
from fieldops.correspondence import custody, register, service
from fieldops.correspondence.mail import crew_delivery, evidence
from fieldops.correspondence.paper import batch_count
from fieldops.errors import NotNow, NotUnderstood
from tests.makers import make_debtor


@pytest.fixture
def by_hand(office):
    letter_ids = [office.approve(office.request(office.case(), delivery="HAND_BY_VISIT")) for _ in range(2)]
    office.sealed(letter_ids)
    return letter_ids


def issue(office, letter_ids):
    with office.house.transaction() as session:
        clerk = office.actor("admin_clerk")
        return crew_delivery.issue_letters(session, clerk, letter_ids=letter_ids, crew="C001", carrier="王示范")


def come_home(office, letter_id, outcome, **said):
    with office.house.transaction() as session:
        crew_delivery.record_outcome(session, office.actor("admin_clerk"), letter_id, outcome=outcome, **said)


def test_letters_go_with_a_crew_and_come_home_each_in_its_way(office, by_hand):
    handed, back = by_hand
    assert [one.id for one in issue(office, by_hand)["issued"]] == sorted(by_hand)
    batch_id = office.read(handed).print_batch_id
    with office.house.transaction() as session:
        count = batch_count.count_of(session, batch_id, in_custody=0)
        assert (count.with_crews, count.expected, count.missing) == (2, 0, 0)
    slip = office.scan("slip")
    come_home(office, handed, "HANDED", to="SELF", scan_sha256=slip)
    come_home(office, back, "BROUGHT_BACK", reason="nobody at home")
    come_home(office, back, "RESEALED")
    assert [office.read(one).status for one in by_hand] == ["HANDED", "SEALED"]
    with office.house.transaction() as session:
        hands = [(one.holder, one.holder_name) for one in custody.custody_of(session, handed)][-2:]
        assert hands == [("CREW", "C001 王示范"), ("RECIPIENT", "SELF")]
        assert [line.kind for line in register.register_page(session, limit=9)["items"]] == ["HANDED"]
        evidence.close_letter(session, office.actor("admin_clerk"), handed)
        count = batch_count.count_of(session, batch_id, in_custody=1)
        assert (count.posted, count.handed, count.missing) == (0, 1, 0)


def test_a_letter_left_sealed_needs_its_slip_to_be_closed(office, by_hand):
    issue(office, by_hand[:1])
    come_home(office, by_hand[0], "LEFT_SEALED", to="mailbox of the flat")
    with office.house.transaction() as session, pytest.raises(NotNow, match="SLIP"):
        evidence.close_letter(session, office.actor("admin_clerk"), by_hand[0])


@pytest.mark.parametrize("outcome", ["HANDED", "LEFT_SEALED", "BROUGHT_BACK"])
def test_an_outcome_nobody_can_account_for_is_refused(office, by_hand, outcome):
    issue(office, by_hand[:1])
    with pytest.raises(NotUnderstood):
        come_home(office, by_hand[0], outcome)
    assert office.read(by_hand[0]).status == "ISSUED_TO_CREW"


def test_what_was_not_issued_does_not_come_home_and_mail_goes_with_no_crew(office, by_hand):
    with pytest.raises(NotNow):
        come_home(office, by_hand[0], "HANDED", to="SELF")
    (mail,) = office.approved()
    office.sealed([mail])
    with pytest.raises(NotNow, match="go by hand"):
        issue(office, [mail])


def test_a_letter_withdrawn_while_with_a_crew_is_void_when_it_is_brought_back(office, by_hand):
    (letter_id, _) = by_hand
    issue(office, [letter_id])
    with office.house.transaction() as session, pytest.raises(NotNow):
        service.cancel_letter(session, office.actor("supervisor"), letter_id, reason="paid")
    come_home(office, letter_id, "BROUGHT_BACK", reason="recalled")
    with office.house.transaction() as session:
        service.cancel_letter(session, office.actor("supervisor"), letter_id, reason="paid")
        assert custody.live_copy_of(session, letter_id) is None
    assert office.read(letter_id).status == "VOID"


@pytest.mark.parametrize(("proof", "status"), [("COMPLETE", "VOID"), ("CLAIMED", "BROUGHT_BACK")])
def test_a_letter_to_somebody_who_proved_fraud_is_void_once_the_crew_brings_it_back(office, by_hand, proof, status):
    (letter_id, _) = by_hand
    issue(office, [letter_id])
    told = {"kind": "FRAUD", "proof": proof, "from_on": office.house.clock.today()}
    with office.house.transaction() as session:
        case_id = office.read(letter_id).case_id
        cases.record_special_status(session, office.actor("business_dept"), case_id=case_id, **told)
    assert "LR-050" in office.read(letter_id).held_reason
    come_home(office, letter_id, "BROUGHT_BACK", reason="recalled")
    assert office.read(letter_id).status == status


def test_a_letter_that_names_the_wrong_person_is_void_once_the_crew_brings_it_back(office, by_hand):
    (letter_id, _) = by_hand
    issue(office, [letter_id])
    with office.house.transaction() as session:
        case, right = case_by_id(session, office.read(letter_id).case_id), make_debtor(session)
        wrong_id, case.debtor_id = case.debtor_id, right.id
        session.flush()
        events.announce(session, DebtorCorrected(case.id, wrong_id, right.id, office.actor("system")))
    assert office.read(letter_id).held_reason == "BRING_BACK DEBTOR_CORRECTED"
    come_home(office, letter_id, "BROUGHT_BACK", reason="recalled")
    assert (office.read(letter_id).status, office.read(letter_id).status_reason) == ("VOID", "DEBTOR_CORRECTED")
