"""The values of one letter: plain, checked, cleaned of characters that print as nothing or turn the text round."""

import re
import unicodedata
from dataclasses import dataclass, fields
from datetime import date

from letters.amounts import MAX_FEN, in_capitals, in_figures
from letters.errors import FieldRefused

MAX_FIELD_CHARS = 200
MAX_CHARS = {"recipient_address": 64, "recipient_name": 30}  # what an envelope window holds
LETTER_NO = re.compile(r"〔\d{4}〕[^\s〔〕]{1,20}字第[0-9A-Za-z\-]{1,20}号")
# Digits, and groups of digits with what people put between the groups of a card number
DIGIT_CHAIN = re.compile(r"[0-9]+(?:[ \-\u00a0\u2009·.][0-9]+)*[Xx]?")
FULL_NUMBER_DIGITS = range(14, 20)  # a card number has 14 to 19 digits, an identity number 15 or 18
LONGEST_GROUP = 8  # 6222 0280 3356 1339 212 and 110111 19761202 6618; a group of 11 is a mobile phone


def clean(text: str) -> str:
    r"""Return text in NFC without control, bidi and zero-width characters; white space runs become one space.

    Example:
        >>> clean("张\u202e三\x00  丰")
        '张三 丰'
    """
    normal = unicodedata.normalize("NFC", text)
    kept = "".join(
        " " if char.isspace() else char
        for char in normal
        if char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs", "Cn"}
    )
    return re.sub(r" {2,}", " ", kept).strip()


def full_numbers(text: str, *, own: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return what may be a full card or identity number in `text`, full-width digits included: LR-043.

    `own`: numbers the paper carries by right (its serial, a registered-item number).
    Anything long enough counts, check digit or not: unknown is not yes.
    Example:
        >>> full_numbers("卡号 6222 0280 3356 1339 212，电话 13800001111")
        ('6222 0280 3356 1339 212',)
    """
    plain = unicodedata.normalize("NFKC", text)
    for number in own:
        plain = plain.replace(number, "#")
    return tuple(match[0] for match in DIGIT_CHAIN.finditer(plain) if _may_be_full_number(match[0]))


def _may_be_full_number(chain: str) -> bool:
    groups = [len(group) for group in re.findall(r"[0-9]+[Xx]?", chain)]
    if max(groups) >= FULL_NUMBER_DIGITS.start:
        return True
    return sum(groups) in FULL_NUMBER_DIGITS and max(groups) <= LONGEST_GROUP


@dataclass(frozen=True, kw_only=True)
class LetterFields:
    """What one letter says. Text is cleaned at construction; money is integer fen.

    Raises: FieldRefused, naming the field and what is wrong with it.
    """

    letter_no: str  # 函号, 〔2026〕示范缴字第000001号
    serial: str  # the sheet's own number, in the margin, in Code 128 and in the QR code
    recipient_name: str
    recipient_address: str
    bank_name: str
    bank_phone: str
    bank_complaint_phone: str
    agency_name: str
    agency_address: str
    agency_phone: str
    agency_complaint_phone: str
    card_last4: str
    product: str
    balance_fen: int
    min_due_fen: int
    overdue_days: int
    balance_as_of: date
    pay_by: date
    issued_on: date
    postcode: str | None = None
    principal_fen: int | None = None
    interest_fen: int | None = None
    fees_fen: int | None = None
    law_firm: str | None = None
    lawyer_name: str | None = None
    authorisation_no: str | None = None
    settled_on: date | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, str):
                object.__setattr__(self, field.name, _checked_text(field.name, value))
            elif value is None and field.default is not None:
                raise FieldRefused(f"{field.name} is missing: a letter cannot go without it.")
        for name in ("balance_fen", "min_due_fen", "overdue_days"):
            _check_whole(name, getattr(self, name))
        _check_forms(self)
        _check_parts(self)


def _checked_text(name: str, value: str) -> str:
    text = clean(value)
    if not text:
        raise FieldRefused(f"{name} is empty: a letter cannot go without it; leave it out as None if it may be.")
    most = MAX_CHARS.get(name, MAX_FIELD_CHARS)
    if len(text) > most:
        raise FieldRefused(f"{name} has {len(text)} characters; at most {most} fit the place it has on a letter.")
    return text


def _check_whole(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_FEN:
        raise FieldRefused(f"{name} is {value!r}: give a whole number from 0 to {MAX_FEN}, money in fen.")


def _check_parts(letter: LetterFields) -> None:
    """Refuse principal, interest and fees that do not fit the balance; a part not known is left out."""
    parts = {name: getattr(letter, name) for name in ("principal_fen", "interest_fen", "fees_fen")}
    known = {name: value for name, value in parts.items() if value is not None}
    for name, value in known.items():
        _check_whole(name, value)
    total = sum(known.values())
    if total > letter.balance_fen or (len(known) == len(parts) and total != letter.balance_fen):
        raise FieldRefused(
            f"{', '.join(known)} add up to {in_figures(total)} and the balance is {in_figures(letter.balance_fen)}: "
            "a letter never states figures that do not agree; leave a part out as None when it is not known."
        )


_FORMS = (
    ("letter_no", LETTER_NO, "〔2026〕示范缴字第000001号"),
    ("serial", re.compile(r"[0-9A-Z\-]{1,24}"), "up to 24 of A-Z 0-9 -"),
    ("card_last4", re.compile(r"[0-9]{4}"), "the last four digits and nothing more"),
    ("postcode", re.compile(r"[0-9]{6}"), "six digits, or None"),
)


def _check_forms(letter: LetterFields) -> None:
    for name, form, example in _FORMS:
        value = getattr(letter, name)
        if value is not None and not form.fullmatch(value):
            raise FieldRefused(f"{name} is {value!r}: it has the form {example}.")
    for name in ("balance_as_of", "pay_by", "issued_on", "settled_on"):
        value = getattr(letter, name)
        if value is not None and type(value) is not date:
            raise FieldRefused(f"{name} is {value!r}: give a date, decided in Asia/Shanghai.")
    if letter.balance_as_of > letter.issued_on:
        raise FieldRefused(f"balance_as_of {letter.balance_as_of} lies after the letter's date {letter.issued_on}.")
    if letter.pay_by < letter.issued_on:
        raise FieldRefused(f"pay_by {letter.pay_by} lies before the letter's date {letter.issued_on}.")


def chinese_date(day: date) -> str:
    """Return 2026年11月23日."""
    return f"{day.year}年{day.month}月{day.day}日"


def printed_values(letter: LetterFields) -> dict[str, str | None]:
    """Return what a template may print, each under its field's name, amounts and dates as text.

    An amount `balance_fen` becomes `balance` and `balance_capitals`; a date keeps its name; None stays None.
    `interest_and_fees` is what the balance holds beside the principal, when the principal is known.
    """
    rest = None if letter.principal_fen is None else letter.balance_fen - letter.principal_fen
    values: dict[str, str | None] = {"interest_and_fees": None if rest is None else in_figures(rest)}
    for field in fields(letter):
        value = getattr(letter, field.name)
        if field.name.endswith("_fen"):
            name = field.name.removesuffix("_fen")
            values[name] = None if value is None else in_figures(value)
            values[f"{name}_capitals"] = None if value is None else in_capitals(value)
        elif isinstance(value, date):
            values[field.name] = chinese_date(value)
        else:
            values[field.name] = None if value is None else str(value)
    return values
