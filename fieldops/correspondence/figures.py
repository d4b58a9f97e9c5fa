"""The figures of a letter: frozen as plain values when it is approved, and read back as what is printed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from fieldops.addresses.divisions import divisions
from fieldops.errors import NotNow
from fieldops.vault import mask_name
from letters.errors import FieldRefused
from letters.letter import LetterFields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldops.correspondence.models import LetterSender

KIND_WORDS = {"PAYMENT_NOTICE": "缴", "DUNNING": "催", "LAWYER": "律", "SETTLED": "结"}
_PLACE_CHARS = 6
_DAYS = ("balance_as_of", "pay_by", "issued_on", "settled_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFigures:
    """What a case says on the day its letter is approved; ``repayments`` names those taken off the bank's balance."""

    case_no: str
    recipient_name: str
    recipient_address: str
    destination: str
    postcode: str | None
    bank_name: str
    card_last4: str
    product: str
    balance_fen: int
    balance_as_of: date | None
    principal_fen: int
    min_due_fen: int
    overdue_days: int
    repayments: Sequence[str]
    settled_on: date | None


def letter_word(sender: LetterSender, kind: str) -> str:
    """The word of a letter's number: the agency's own and the kind's. Example: 示范缴."""
    return f"{sender.letter_word}{KIND_WORDS[kind]}"


def destination(region_code: str | None, text: str) -> str:
    """Where the post sends a letter 寄达地: city and county, or the beginning of an address nobody could place."""
    known = divisions()
    county = known.by_code.get(region_code or "")
    if county is None:
        return text[:_PLACE_CHARS]
    city = known.by_code.get(known.city_of(county.code))
    return county.name if city is None or city.code == county.code else f"{city.name}{county.name}"


def freeze(
    case: CaseFigures, sender: LetterSender, *, kind: str, number: int, serial: int, issued_on: date
) -> dict[str, Any]:
    """The figures of a letter as plain values, checked as the paper engine will check them.

    Raises: NotNow, naming the field that no letter can state.
    """
    if case.balance_as_of is None:
        raise NotNow("LETTER_FIELDS", f"The balance of case {case.case_no} has no as-of day; import the bank's newest.")
    untouched = not case.repayments and case.principal_fen <= case.balance_fen
    try:
        paper = LetterFields(
            letter_no=f"〔{issued_on.year}〕{letter_word(sender, kind)}字第{number:06d}号",
            serial=f"FO{issued_on.year % 100:02d}{serial:08d}",
            recipient_name=case.recipient_name,
            recipient_address=case.recipient_address,
            postcode=case.postcode,
            bank_name=case.bank_name,
            bank_phone=sender.bank_phone,
            bank_complaint_phone=sender.bank_complaint_phone,
            agency_name=sender.agency_name,
            agency_address=sender.agency_address,
            agency_phone=sender.agency_phone,
            agency_complaint_phone=sender.agency_complaint_phone,
            card_last4=case.card_last4,
            product=case.product,
            balance_fen=case.balance_fen,
            principal_fen=case.principal_fen if untouched else None,
            min_due_fen=min(case.min_due_fen, case.balance_fen),
            overdue_days=case.overdue_days,
            balance_as_of=case.balance_as_of,
            pay_by=issued_on + timedelta(days=sender.pay_within_days),
            issued_on=issued_on,
            **_of_kind(case, sender, kind),
        )
    except FieldRefused as refusal:
        raise NotNow("LETTER_FIELDS", f"Case {case.case_no}: {refusal}", case_no=case.case_no) from None
    plain = asdict(paper) | {name: value.isoformat() for name in _DAYS if (value := getattr(paper, name))}
    return plain | {
        "case_no": case.case_no,
        "branch": sender.branch,
        "destination": case.destination,
        "recipient_masked": mask_name(paper.recipient_name),
        "repayments": list(case.repayments),
    }


def _of_kind(case: CaseFigures, sender: LetterSender, kind: str) -> dict[str, Any]:
    """What only a letter of this kind prints. Raises: FieldRefused, naming what is missing."""
    if kind == "LAWYER":
        given = {name: getattr(sender, name) for name in ("law_firm", "lawyer_name", "authorisation_no")}
        if None in given.values():
            raise FieldRefused("the bank's sender names no law firm: give law_firm, lawyer_name and authorisation_no.")
        return given
    return {"settled_on": case.settled_on} if kind == "SETTLED" else {}


def thaw(figures: dict[str, Any]) -> LetterFields:
    """The frozen figures as the paper engine prints them. Raises: FieldRefused."""
    values: dict[str, Any] = {each.name: figures.get(each.name) for each in fields(LetterFields)}
    days = {name: date.fromisoformat(values[name]) for name in _DAYS if values[name]}
    return LetterFields(**(values | days))
