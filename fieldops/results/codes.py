"""The result codes 结果代码: who was met, what was found about the address, what came of it. One row each.

Source: domain reference, section 5. ``persons`` of a row is its line of the validity matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NOBODY, SELF, GUARANTOR, MINOR_ONLY = "P00", "P01", "P02", "P10"
DEBTORS = (SELF, GUARANTOR)
"""With whom the debt may be talked of, once their identity is verified."""
KIN = ("P03", "P04", "P05", "P06")
THIRDS = (*KIN, "P07", "P08", "P09")
WITNESSES = (GUARANTOR, *THIRDS)
"""Who can say that the debtor is not here any more: somebody grown up who was met, and not the debtor."""
_MIB: Final = 1024 * 1024
SLOT_LIMITS: Final = {
    "AUDIO": 30 * _MIB,
    "VIDEO": 80 * _MIB,
    "PHOTO_DOOR": 8 * _MIB,
    "PHOTO_SURROUND": 8 * _MIB,
    "SIGNATURE": 8 * _MIB,
    "DOC": 8 * _MIB,
}
"""The kinds of evidence, and how many bytes a piece of each may have. Source: sync design, media."""
PHOTOS: Final = tuple(kind for kind in SLOT_LIMITS if kind.startswith("PHOTO"))
VISIT_LIMIT: Final = 80 * _MIB
"""How many bytes all evidence of a visit may have."""
DEAD, ORDINARY = "INVALID", "ORDINARY"
NOT_EXECUTED, ABORTED_BY_OFFICE = "O24", "O25"
OF_THE_WHOLE_VISIT = frozenset({NOT_EXECUTED, ABORTED_BY_OFFICE})
"""Outcomes that speak of the visit, not of a card: every card has them or none."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the crew met 见面对象; ``bank`` is what banks call it in the one column they know."""

    code: str
    name: str
    zh: str
    bank: str


PERSONS: Final = {
    row.code: row
    for row in (
        Person("P00", "NOBODY", "无人", "不中人"),
        Person("P01", "SELF", "本人", "中债"),
        Person("P02", "GUARANTOR", "担保人", "中担保人"),
        Person("P03", "SPOUSE", "配偶", "中家人"),
        Person("P04", "FAMILY", "家人", "中家人"),
        Person("P05", "COLLEAGUE", "同事/单位人员", "中同事/朋友"),
        Person("P06", "FRIEND", "朋友", "中同事/朋友"),
        Person("P07", "NEIGHBOUR", "邻居", "中邻居"),
        Person("P08", "COMMITTEE", "村居委/物业/保安", "中村居委/物业"),
        Person("P09", "NEW_OCCUPANT", "现住户/租客", "中现住户"),
        Person("P10", "MINOR_ONLY", "仅未成年人", "不中人"),
    )
}
ANYBODY = tuple(PERSONS)
SOMEBODY = tuple(code for code in PERSONS if code != NOBODY)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about the address 地址核实.

    ``invalid`` is the reason it is dead and ``scope`` for whom; ``confirms`` says that it is right. ``photo`` must be
    declared with it; ``follow`` names who must act on it (see FOLLOW_UPS). ``choices`` are what a supervisor may find
    of the address, ``choice`` is the reason it is dead if they find so; until then it is in doubt. ``bank`` is what
    banks call it in their one column, where that says more than whom the crew met.
    """

    code: str
    name: str
    zh: str
    persons: tuple[str, ...] = ANYBODY
    invalid: str = ""
    scope: str = ""
    confirms: bool = False
    photo: bool = False
    choice: str = ""
    choices: tuple[str, ...] = ()
    follow: tuple[str, ...] = ()
    bank: str = ""


FINDINGS: Final = {
    row.code: row
    for row in (
        Finding("A01", "SELF_LIVES", "本人居住/在职，地址有效", confirms=True),
        Finding("A02", "FAMILY_LIVES", "家人居住，本人不常住", persons=SOMEBODY, confirms=True),
        Finding("A03", "NOBODY_HOME", "地址存在，无人应答", persons=(NOBODY, "P07", "P08"), follow=("REVISIT",)),
        Finding("A04", "ACCESS_DENIED", "门禁/保安拒入", persons=(NOBODY, "P05", "P08"), follow=("REVISIT",)),
        Finding("A05", "MOVED", "已搬迁", persons=WITNESSES, invalid="MOVED", scope="DEBTOR", follow=("REPAIR",)),
        Finding("A06", "DEMOLISHED", "已拆迁/灭失", invalid="DEMOLISHED", scope="SITE", photo=True, bank="拆迁"),
        Finding("A07", "NO_SUCH_DOOR", "门牌错误/无此门牌", invalid="NO_SUCH_DOOR", scope="EXACT", photo=True,
                bank="无址"),
        Finding("A08", "NO_SUCH_PERSON", "查无此人", persons=WITNESSES, invalid="NO_SUCH_PERSON", scope="DEBTOR"),
        Finding("A09", "UNCLEAR", "地址不详", choice="UNCLEAR", choices=(DEAD, "DOUBTFUL"),
                follow=("DECIDE", "REPAIR")),
        Finding("A10", "LEFT_JOB", "已离职", persons=WITNESSES, invalid="LEFT_JOB", scope="DEBTOR"),
        Finding("A11", "COMPANY_GONE", "单位倒闭/搬走", invalid="COMPANY_GONE", scope="DEBTOR"),
        Finding("A12", "COLLECTIVE_HUKOU", "集体户/人才中心", invalid="COLLECTIVE", scope="DEBTOR"),
        Finding("A13", "VACANT", "空置/未装修"),
        Finding("A14", "SHELL_SENSITIVE", "敏感场所，未进入", choices=("SENSITIVE", ORDINARY), follow=("DECIDE",)),
    )
}  # fmt: skip


def bank_code_of(person_met: str, address_finding: str | None) -> str:
    """The one-column code of a visit that was made, as banks know it 银行结果码. Source: domain reference, section 5.

    >>> bank_code_of("P01", "A01"), bank_code_of("P08", "A06")
    ('中债', '拆迁')
    """
    finding = FINDINGS.get(address_finding or "")
    return (finding.bank if finding else "") or PERSONS[person_met].bank


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the visit for one card 外访结果.

    ``needs`` are the fields it cannot do without, ``may`` those it may have besides (``detail`` always). ``verified``:
    only after the person's identity was verified. ``proof``: evidence of one of these kinds must be declared. ``hold``
    pauses the case with that kind, for ``hold_days`` where given, ``status`` claims a special status; ``keep_away`` has
    the person met never contacted again; ``follow`` names who must act on it (see FOLLOW_UPS), ``letter`` is how
    a letter the crew carried came home. No field of any outcome can say that a crew received money.
    """

    code: str
    name: str
    zh: str
    persons: tuple[str, ...]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    verified: bool = False
    proof: tuple[str, ...] = ()
    hold: str = ""
    hold_days: int | None = None
    status: str = ""
    complaint: bool = False
    letter: str = ""
    keep_away: bool = False
    follow: str = ""

    @property
    def promises(self) -> bool:
        """Whether it is a promise to pay."""
        return "promise_on" in self.needs


_PROMISE = ("promise_fen", "promise_on")

OUTCOMES: Final = {
    row.code: row
    for row in (
        Outcome("O01", "PAID_VIA_BANK", "已通过银行渠道还款", (SELF, *THIRDS), ("channel", "amount_fen", "paid_on"),
                proof=("DOC",), follow="BANK"),
        Outcome("O02", "CLAIMS_PAID", "称已还款待核实", ANYBODY, ("paid_on",), ("channel", "amount_fen"),
                hold="MANAGER", hold_days=3, follow="BANK"),
        Outcome("O03", "PROMISE_FULL", "承诺全额还款", DEBTORS, _PROMISE, verified=True, follow="CALL"),
        Outcome("O04", "PROMISE_PART", "承诺部分/分期", DEBTORS, _PROMISE, verified=True, follow="CALL"),
        Outcome("O05", "THIRD_VOLUNTEERS", "第三人自愿代偿", KIN, (*_PROMISE, "volunteered"), follow="CALL"),
        Outcome("O06", "REFUSED", "拒绝还款", DEBTORS, ("reason",), verified=True),
        Outcome("O07", "UNABLE", "有意愿无能力", (SELF,), ("hardship",), verified=True, follow="PLAN"),
        Outcome("O08", "DISPUTE", "对交易/金额/开户有异议", (SELF,), ("detail",), verified=True, hold="DISPUTE",
                follow="BANK"),
        Outcome("O09", "FRAUD_CLAIM", "称被冒用/盗用", (SELF,), ("detail",), verified=True, hold="MANAGER",
                status="FRAUD", follow="BANK"),
        Outcome("O10", "MESSAGE_LEFT", "委托转告", ("P03", "P04", "P05", "P06", "P07", "P08"), ("text_id",),
                follow="CALL"),
        Outcome("O11", "REFUSED_CONTACT_3RD", "第三人拒绝联系", THIRDS, keep_away=True),
        Outcome("O12", "LETTER_HANDED", "面交信函并签收", DEBTORS, ("letter_no",), verified=True,
                proof=("SIGNATURE", "DOC"), letter="HANDED"),
        Outcome("O13", "LETTER_LEFT_SEALED", "密封留置", ("P04", NOBODY), ("letter_no", "place"), letter="LEFT_SEALED"),
        Outcome("O14", "LETTER_REFUSED", "拒收", ANYBODY, ("letter_no",), ("reason",), letter="BROUGHT_BACK"),
        Outcome("O15", "DECEASED", "称已去世", ANYBODY, ("proof",), hold="DEATH", status="DECEASED", follow="BANK"),
        Outcome("O16", "CUSTODY", "在押/服刑/强制戒毒", ANYBODY, ("proof",), hold="CUSTODY", status="CUSTODY",
                follow="BANK"),
        Outcome("O17", "INCAPACITY", "丧失行为能力/重病", ANYBODY, ("proof",), hold="MANAGER", status="INCAPACITY",
                follow="BANK"),
        Outcome("O18", "MISSING", "失联/失踪", ANYBODY, status="MISSING", follow="REPAIR"),
        Outcome("O19", "COMPLAINT_RAISED", "现场表示投诉", SOMEBODY, complaint=True, follow="BANK"),
        Outcome("O20", "CONFLICT_ABORT", "冲突/报警，终止", SOMEBODY, ("incident",), hold="MANAGER", follow="BANK"),
        Outcome("O21", "MINOR_ONLY", "仅未成年人在场，离开", (MINOR_ONLY,), follow="REVISIT"),
        Outcome("O22", "ASKED_TO_LEAVE", "要求离开/要求另约", (SELF,), (), ("reason", "appointment")),
        Outcome("O23", "NO_CONTACT", "未见到人", (NOBODY,), proof=PHOTOS),
        Outcome("O24", "NOT_EXECUTED", "未执行", (NOBODY,), ("reason",)),
        Outcome("O25", "ABORTED_BY_OFFICE", "已还款/停催，现场取消", ANYBODY, (), ("reason",)),
        Outcome("O26", "VERIFIED_ONLY", "核实任务完成", ANYBODY),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Who must act on a result and by when: ``days`` after it, or on the promised day."""

    kind: str
    role: str
    days: int
    on_promised_day: bool = False


FOLLOW_UPS: Final = {
    "APPOINTMENT": FollowUp("KEEP_APPOINTMENT", "PHONE_COLLECTOR", 1),
    "BANK": FollowUp("REPORT_TO_BANK", "BUSINESS_DEPT", 0),
    "CALL": FollowUp("FOLLOW_UP_CALL", "PHONE_COLLECTOR", 1, on_promised_day=True),
    "DECIDE": FollowUp("DECIDE_ADDRESS", "SUPERVISOR", 1),
    "PLAN": FollowUp("PROPOSE_INSTALMENTS", "SUPERVISOR", 1),
    "REPAIR": FollowUp("REPAIR_INFORMATION", "BUSINESS_DEPT", 3),
    "REVISIT": FollowUp("ASK_FOR_REVISIT", "PHONE_COLLECTOR", 1),
}
"""APPOINTMENT follows a line that names one, REVISIT as long as the policy allows another try (see ``revisits``).

The entrusting bank hears the same day of payments claimed, disputes, deaths, complaints and clashes."""
