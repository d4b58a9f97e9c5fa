"""Facts of a letter nobody objects to, at the demo clock; tests change one thing at a time."""

from datetime import date

from fieldops.correspondence.facts import (
    EarlierLetterFact,
    LetterFact,
    LetterFacts,
    PrintFact,
    TemplateFact,
    TrackingFact,
)
from fieldops.correspondence.rules import LETTER_RULES
from fieldops.policies.catalogue import Stage
from fieldops.policies.decision import ask
from fieldops.visits.facts import CaseFile
from tests.visits.fact_makers import NOW, POLICY, RECORDED, a_file, a_request, an_address


def a_letter(**changes):
    values = {"kind": "PAYMENT_NOTICE", "delivery": "REGISTERED_MAIL", "recipient": "DEBTOR"}
    return LetterFact(
        ref="letter/1", recorded_at=RECORDED, **(values | {"figures_as_of": date(2026, 11, 22)} | changes)
    )


def a_template(**changes):
    values = {"status": "APPROVED", "bank": None, "approval_source": "BANK", "valid_from": date(2026, 1, 1)}
    values["findings"] = ()
    return TemplateFact(ref="template/1", recorded_at=RECORDED, **(values | changes))


def earlier(**changes):
    values = {"no": "函1", "kind": "PAYMENT_NOTICE", "is_open": False, "sent_on": None}
    return EarlierLetterFact(ref="letter/0", recorded_at=RECORDED, **(values | changes))


def a_number(number="XA12345678901", in_use_by=None):
    return TrackingFact(ref="item/1", recorded_at=RECORDED, number=number, in_use_by=in_use_by)


def a_batch(printing, approved):
    return PrintFact(ref="batch/1", recorded_at=RECORDED, printing_quantity=printing, approved_quantity=approved)


def letter_facts(**changes):
    of_file = {name: changes.pop(name) for name in list(changes) if name in CaseFile.__dataclass_fields__}
    values = {
        "file": a_file(*of_file.pop("cases", ()), **of_file),
        "address": an_address(),
        "request": a_request(),
        "letter": a_letter(),
        "template": a_template(),
        "earlier_letters": (),
        "tracking": a_number(),
        "batch": a_batch(50, 50),
    }
    return LetterFacts(**(values | changes))


def decide(facts, policy=POLICY, stage=Stage.SUBMIT):
    return ask(LETTER_RULES, facts, policy, stage=stage, at=NOW)


def weigh(code, facts, policy=POLICY, stage=Stage.SUBMIT):
    found = {each.code: each for each in decide(facts, policy, stage).findings}[code]
    return str(found.outcome), str(found.severity)
