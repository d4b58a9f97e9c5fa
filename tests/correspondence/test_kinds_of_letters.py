"""The four kinds on their way to paper: a lawyer's letter has its conditions, a settlement letter asks for nothing."""

from datetime import date

import pypdfium2
import pytest

from fieldops.cases import service as cases
from fieldops.cases.events import CaseChanged
from fieldops.correspondence import handlers, senders
from fieldops.correspondence.paper import papers
from fieldops.correspondence.rules import LETTER_RULES
from fieldops.errors import NotNow
from fieldops.policies.catalogue import Stage
from fieldops.policies.decision import ask
from tests.correspondence.conftest import SENDER
from tests.correspondence.fact_makers import a_letter, letter_facts
from tests.makers import BANK_CODE
from tests.visits.fact_makers import NOW, POLICY, a_case, a_complaint

FIRM = {"law_firm": "示范律师事务所", "lawyer_name": "李示范", "authorisation_no": "示范授〔2026〕第0001号"}


@pytest.fixture
def office(real_office):
    return real_office


def text_of(office, letter_id):
    office.rendered([letter_id])
    with office.house.transaction() as session:
        pdf = papers.letter_pdf(session, office.actor("qa"), office.house.store, letter_id)
    with pypdfium2.PdfDocument(pdf) as file:
        return file[0].get_textpage().get_text_range()


def pay_all(office, case_id):
    with office.house.transaction() as session:
        cases.record_repayment(
            session, office.actor("business_dept"), case_id=case_id, external_id="P1", amount_fen=800_000,
            paid_at=office.house.clock.now(), channel="手机银行",
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["PAYMENT_NOTICE", "DUNNING"])
def test_a_letter_that_asks_for_money_is_printed(office, kind):
    letter_id = office.approve(office.request(office.case(), kind=kind))
    assert "8,000.00" in text_of(office, letter_id)


def test_a_lawyers_letter_names_the_firm_its_lawyer_and_the_authorisation(office):
    with office.house.transaction() as session:
        senders.put_sender(session, office.actor("supervisor"), BANK_CODE, **SENDER | FIRM)
    letter_id = office.request(office.case(), kind="LAWYER", malicious=True)
    assert "LR-045" not in office.read(letter_id).codes
    text = text_of(office, office.approve(letter_id))
    assert all(words in text for words in FIRM.values())


@pytest.mark.parametrize(("malicious", "firm", "status"), [
    (False, FIRM, "REJECTED"), (None, FIRM, "PENDING_REVIEW"), (True, {}, "REJECTED"),
])  # fmt: skip
def test_a_lawyers_letter_without_a_condition_is_not_simply_passed(office, malicious, firm, status):
    with office.house.transaction() as session:
        senders.put_sender(session, office.actor("supervisor"), BANK_CODE, **SENDER | firm)
    letter = office.read(office.request(office.case(), kind="LAWYER", malicious=malicious))
    assert (letter.status, "LR-045" in letter.codes) == (status, True)


def test_a_settlement_letter_goes_out_when_all_is_paid_and_the_case_has_ended(office):
    case_id = office.case()
    pay_all(office, case_id)
    letter_id = office.request(case_id, kind="SETTLED", reason="结清")
    assert (office.read(letter_id).status, office.read(letter_id).codes) == ("PENDING_REVIEW", ["LR-037"])
    office.approve(letter_id)
    assert office.read(letter_id).figures["settled_on"] == date(2026, 11, 23).isoformat()
    with office.house.transaction() as session:
        case = cases.queries.case_by_id(session, case_id)
        case.status = "SETTLED"
        change = CaseChanged(case_id=case_id, debtor_id=case.debtor_id, status_before="ACTIVE", status="SETTLED",
                             balance_before_fen=case.balance_fen, balance_fen=case.balance_fen,
                             actor=office.actor("system"))  # fmt: skip
        handlers.answer_case_change(session, change)
    assert office.read(letter_id).status == "GENERATED"
    assert "2026年11月23日全部结清" in text_of(office, letter_id).replace("\r\n", "")


def test_a_settlement_letter_about_a_debt_is_rejected_and_one_is_stopped_when_a_debt_comes_back(office):
    assert "LR-003" in office.read(office.request(office.case(), kind="SETTLED")).codes
    case_id = office.case()
    pay_all(office, case_id)
    letter_id = office.approve(office.request(case_id, kind="SETTLED"))
    with office.house.transaction() as session:
        (paid,) = cases.queries.repayments_by_case(session, [case_id])[case_id]
        clerk = office.actor("business_dept")
        cases.reverse_repayment(session, clerk, case_id=case_id, repayment_id=paid.id, reason="退票")
    assert (office.read(letter_id).status, office.read(letter_id).status_reason) == ("CANCELLED", "LR-022")


def test_the_gates_of_a_demand_stay_closed_for_demands_and_open_for_a_settlement_letter():
    paid = {"cases": (a_case(balance_fen=0),), "complaints": (a_complaint("MAJOR"),)}
    for kind, rejected in (("DUNNING", {"LR-002", "LR-020", "LR-050"}), ("SETTLED", set())):
        decision = ask(
            LETTER_RULES, letter_facts(letter=a_letter(kind=kind), **paid), POLICY, stage=Stage.SUBMIT, at=NOW
        )
        assert {"LR-002", "LR-020", "LR-050"} & set(decision.codes) == rejected


def test_a_lawyers_letter_cannot_be_approved_while_nobody_signs_it(office):
    with office.house.transaction() as session:
        senders.put_sender(session, office.actor("supervisor"), BANK_CODE, **SENDER | FIRM)
    letter_id = office.request(office.case(), kind="LAWYER", malicious=True)
    with office.house.transaction() as session:
        senders.put_sender(session, office.actor("supervisor"), BANK_CODE, **SENDER | dict.fromkeys(FIRM))
    with pytest.raises(NotNow, match="LR-045"):
        office.approve(letter_id)
