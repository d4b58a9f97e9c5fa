"""The kinds of letter and what each must disclose: a catalogue read by the lint, the screens and the documents.

Source: 《商业银行信用卡业务监督管理办法》 Article 69; domain.md §4.2 (LR-041, LR-042, LR-044, LR-046, LR-072) and §10.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class LetterKind(StrEnum):
    """What a letter is for."""

    PAYMENT_NOTICE = "PAYMENT_NOTICE"
    DUNNING = "DUNNING"
    LAWYER = "LAWYER"
    SETTLED = "SETTLED"


@dataclass(frozen=True)
class Disclosure:
    """One thing a letter must show.

    `shows`: fields whose values must stand in the rendered text (one of each inner tuple is enough).
    `says`: a pattern the rendered text, all white space taken out, must match.
    """

    code: str
    title: str
    source: str
    mend: str
    shows: tuple[tuple[str, ...], ...] = ()
    says: str = ""


def _row(
    code: str, title: str, source: str, mend: str, *, shows: tuple[tuple[str, ...], ...] = (), says: str = ""
) -> Disclosure:
    return Disclosure(code, title, source, mend, shows, says)


_ART69 = "办法 Art. 69"
HOLDER = _row("HOLDER", "持卡人姓名", _ART69, "print {{ recipient_name }}", shows=(("recipient_name",),))
BALANCE = _row(
    "BALANCE",
    "欠款余额（小写、大写及截至日）",
    _ART69,
    "print {{ balance }}, {{ balance_capitals }} and {{ balance_as_of }}",
    shows=(("balance",), ("balance_capitals",), ("balance_as_of",)),
)
REASON = _row(
    "REASON",
    "催收事由及相关法规",
    _ART69,
    "say why the letter is sent and by which rules (《…办法》)",
    says=r"逾期.*《[^》]+》",
)
RIGHTS = _row(
    "RIGHTS", "持卡人权利和义务", _ART69, "say the holder's rights and duties", says=r"有权.*有义务|有义务.*有权"
)
CHECK = _row(
    "CHECK", "账户状况查询方式", _ART69, "say how the account can be checked", says=r"(拨打|致电|登录|到)[^。]*查询"
)
PAY = _row(
    "PAY", "还款方式", _ART69, "say how to pay through the bank", says=r"还款(方式|渠道)[^。]*(柜台|手机银行|网点|账户)"
)
OBJECT = _row(
    "OBJECT",
    "提出异议和提供证据的方式",
    _ART69,
    "say how to object and hand in evidence",
    says=r"异议[^。]*(拨打|致电|联系|寄)[^。]*证据|证据[^。]*寄[^。]*异议",
)
BANK_CONTACT = _row("BANK_CONTACT", "发卡银行联系方式", _ART69, "print {{ bank_phone }}", shows=(("bank_phone",),))
SEAL = _row("SEAL", "相关业务公章", f"{_ART69}; LR-044", "place the image the manifest names as seal")
SENDER = _row(
    "SENDER",
    "受委托身份",
    "LR-044",
    "write 受{{ bank_name }}委托 and the agency's name, address and phone",
    shows=(("agency_name",), ("agency_address",), ("agency_phone",)),
    says=r"受{bank_name}委托",
)
COMPLAINT = _row(
    "COMPLAINT",
    "投诉电话",
    "domain.md §10",
    "print {{ agency_complaint_phone }} and {{ bank_complaint_phone }}",
    shows=(("agency_complaint_phone",), ("bank_complaint_phone",)),
    says=r"投诉",
)
LETTER_NO = _row("LETTER_NO", "函号", "domain.md §10", "print {{ letter_no }}", shows=(("letter_no",),))
CARD = _row("CARD", "卡号末四位及产品", "domain.md §10", "print {{ card_last4 }}", shows=(("card_last4",),))
OVERDUE = _row(
    "OVERDUE",
    "逾期天数、最低还款额、还款期限",
    "domain.md §10",
    "print {{ overdue_days }}, {{ min_due }} and {{ pay_by }}",
    shows=(("overdue_days",), ("min_due",), ("pay_by",)),
)
NO_CASH = _row(
    "NO_CASH", "不收取现金", "domain.md §10", "say 本公司及人员不收取现金", says=r"不(收取|接收|经手)(任何)?现金"
)
ISSUED = _row("ISSUED", "发函日期", "domain.md §10", "print {{ issued_on }}", shows=(("issued_on",),))
RECEIPT = _row("RECEIPT", "回执", "domain.md §10", "add the tear-off slip: 回执, 签收人, 签收日期", says=r"回执.*签")
SERIAL = _row("SERIAL", "流水号", "domain.md §10", "print {{ serial }}", shows=(("serial",),))
LAW_FIRM = _row(
    "LAW_FIRM",
    "律师事务所及授权",
    "LR-045",
    "print {{ law_firm }}, {{ lawyer_name }} and {{ authorisation_no }}",
    shows=(("law_firm",), ("lawyer_name",), ("authorisation_no",)),
    says=r"律师事务所",
)
SETTLED_ON = _row(
    "SETTLED_ON",
    "结清日期",
    "domain.md §3.2",
    "print {{ settled_on }} and say 结清",
    shows=(("settled_on",),),
    says=r"结清",
)

_DEMAND = (
    HOLDER, BALANCE, REASON, RIGHTS, CHECK, PAY, OBJECT, BANK_CONTACT, SEAL, SENDER, COMPLAINT, LETTER_NO, CARD,
    OVERDUE, NO_CASH, ISSUED, RECEIPT, SERIAL,
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One kind: its title, what it must disclose, and the fields it cannot do without."""

    kind: LetterKind
    title: str
    disclosures: tuple[Disclosure, ...]
    needs: tuple[str, ...] = ()
    demands_payment: bool = True


KINDS: Mapping[LetterKind, Kind] = MappingProxyType(
    {
        LetterKind.PAYMENT_NOTICE: Kind(LetterKind.PAYMENT_NOTICE, "缴款告知函", _DEMAND),
        LetterKind.DUNNING: Kind(LetterKind.DUNNING, "催收函", _DEMAND),
        LetterKind.LAWYER: Kind(
            LetterKind.LAWYER, "律师函", (*_DEMAND, LAW_FIRM), ("law_firm", "lawyer_name", "authorisation_no")
        ),
        LetterKind.SETTLED: Kind(
            LetterKind.SETTLED,
            "结清函",
            (HOLDER, CHECK, OBJECT, BANK_CONTACT, SEAL, SENDER, COMPLAINT, LETTER_NO, CARD, ISSUED, SERIAL, SETTLED_ON),
            ("settled_on",),
            demands_payment=False,
        ),
    }
)


@dataclass(frozen=True)
class ForbiddenWording:
    """Words no letter may use, by rule; `except_in` lists kinds where a person decides instead."""

    rule: str
    pattern: re.Pattern[str]
    why: str
    except_in: frozenset[LetterKind] = frozenset()


def _ban(rule: str, words: str, why: str, *, except_in: frozenset[LetterKind] = frozenset()) -> ForbiddenWording:
    return ForbiddenWording(rule, re.compile(words), why, except_in)


FORBIDDEN: tuple[ForbiddenWording, ...] = (
    _ban("LR-042", r"老赖|赖账|无赖|骗子|不要脸|可耻|丢人", "it shames the debtor"),
    _ban("LR-042", r"抓捕|抓人|逮捕|拘留|坐牢|入狱|判刑|通缉|上门抓", "it threatens arrest"),
    _ban(
        "LR-042",
        r"刑事责任|刑事诉讼|刑事立案|信用卡诈骗|诈骗罪|报案|公安机关",
        "it threatens criminal prosecution",
        except_in=frozenset({LetterKind.LAWYER}),  # a lawyer may have to name the law: a person reads how
    ),
    _ban("LR-042", r"株连|牵连家人|影响子女|通知(您的)?(单位|家人|亲友|村委|居委)", "it drags in third persons"),
    _ban("LR-042", r"曝光|公开张贴|公示名单|黑名单|失信名单", "it threatens exposure or an invented list"),
    _ban("LR-042", r"后果自负|不择手段|好自为之|最后警告", "it threatens"),
    _ban("LR-046", r"减免|免除(利息|费用|本金)|打折|优惠结清|减半", "it promises a waiver"),
    _ban("LR-046", r"(上门|催收|调查|律师|手续|委托)费|另行收费|滞纳金由您承担", "it adds a fee"),
    _ban(
        "LR-044",
        r"(人民)?法院传票|执行局|政法委|受(公安|法院|检察院)",
        "it borrows an authority the sender does not have",
    ),
)

# Outer text must not show the debt: LR-072
ENVELOPE_FORBIDDEN = re.compile(r"催收|欠款|逾期|律师|信用卡|催款|债务|还款|缴款")
