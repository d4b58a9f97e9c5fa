"""The result codes 结果代码: who was met, what was found about the address, what came of it. One row each.

Source: domain reference, section 5. ``persons`` of an outcome is its row of the validity matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

SELF, GUARANTOR = "P01", "P02"
THIRDS = ("P03", "P04", "P05", "P06", "P07", "P08", "P09")
NOBODY, MINOR_ONLY = "P00", "P10"


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the crew met 见面对象."""

    code: str
    name: str
    zh: str


PERSONS = {
    row.code: row
    for row in (
        Person("P00", "NOBODY", "无人"),
        Person("P01", "SELF", "本人"),
        Person("P02", "GUARANTOR", "担保人"),
        Person("P03", "SPOUSE", "配偶"),
        Person("P04", "FAMILY", "家人"),
        Person("P05", "COLLEAGUE", "同事/单位人员"),
        Person("P06", "FRIEND", "朋友"),
        Person("P07", "NEIGHBOUR", "邻居"),
        Person("P08", "COMMITTEE", "村居委/物业/保安"),
        Person("P09", "NEW_OCCUPANT", "现住户/租客"),
        Person("P10", "MINOR_ONLY", "仅未成年人"),
    )
}
ANYBODY = tuple(PERSONS)
SOMEBODY = tuple(code for code in PERSONS if code != NOBODY)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about the address. ``invalid`` is the reason it is dead, ``scope`` for whom.

    ``state`` is the register's state after it ("" leaves it as it was).
    """

    code: str
    name: str
    zh: str
    invalid: str = ""
    scope: str = ""
    state: str = ""
    photo: bool = False


FINDINGS = {
    row.code: row
    for row in (
        Finding("A01", "SELF_LIVES", "本人居住/在职，地址有效", state="VALID"),
        Finding("A02", "FAMILY_LIVES", "家人居住，本人不常住", state="VALID"),
        Finding("A03", "NOBODY_HOME", "地址存在，无人应答"),
        Finding("A04", "ACCESS_DENIED", "门禁/保安拒入"),
        Finding("A05", "MOVED", "已搬迁", invalid="MOVED", scope="DEBTOR"),
        Finding("A06", "DEMOLISHED", "已拆迁/灭失", invalid="DEMOLISHED", scope="SITE", photo=True),
        Finding("A07", "NO_SUCH_DOOR", "门牌错误/无此门牌", invalid="NO_SUCH_DOOR", scope="EXACT", photo=True),
        Finding("A08", "NO_SUCH_PERSON", "查无此人", invalid="NO_SUCH_PERSON", scope="DEBTOR"),
        Finding("A09", "UNCLEAR", "地址不详", state="DOUBTFUL"),
        Finding("A10", "LEFT_JOB", "已离职", invalid="LEFT_JOB", scope="DEBTOR"),
        Finding("A11", "COMPANY_GONE", "单位倒闭/搬走", invalid="COMPANY_GONE", scope="DEBTOR"),
        Finding("A12", "COLLECTIVE_HUKOU", "集体户/人才中心", invalid="COLLECTIVE", scope="DEBTOR"),
        Finding("A13", "VACANT", "空置/未装修", state="DOUBTFUL"),
        Finding("A14", "SHELL_SENSITIVE", "敏感场所，未进入"),
    )
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the visit for one card. ``needs`` are the fields it cannot do without.

    ``hold`` pauses the case with that kind, ``status`` claims a special status, ``done`` False leaves the visit to
    be made on another day. No field of any outcome can say that money was received.
    """

    code: str
    name: str
    zh: str
    persons: tuple[str, ...]
    needs: tuple[str, ...] = ()
    hold: str = ""
    status: str = ""
    promise: bool = False
    complaint: bool = False
    done: bool = True


OUTCOMES = {
    row.code: row
    for row in (
        Outcome("O01", "PAID_VIA_BANK", "已通过银行渠道还款", (SELF, *THIRDS), ("channel", "amount_fen", "paid_on")),
        Outcome("O02", "CLAIMS_PAID", "称已还款待核实", ANYBODY, ("paid_on",)),
        Outcome("O03", "PROMISE_FULL", "承诺全额还款", (SELF, GUARANTOR), ("promise_fen", "promise_on"), promise=True),
        Outcome("O04", "PROMISE_PART", "承诺部分/分期", (SELF, GUARANTOR), ("promise_fen", "promise_on"), promise=True),
        Outcome(
            "O05", "THIRD_VOLUNTEERS", "第三人自愿代偿", ("P03", "P04", "P05", "P06"),
            ("promise_fen", "promise_on", "volunteered"), promise=True,
        ),
        Outcome("O06", "REFUSED", "拒绝还款", (SELF, GUARANTOR), ("reason",)),
        Outcome("O07", "UNABLE", "有意愿无能力", (SELF,), ("hardship",)),
        Outcome("O08", "DISPUTE", "对交易/金额/开户有异议", (SELF,), ("detail",), hold="DISPUTE"),
        Outcome("O09", "FRAUD_CLAIM", "称被冒用/盗用", (SELF,), ("detail",), status="FRAUD"),
        Outcome("O10", "MESSAGE_LEFT", "委托转告", ("P03", "P04", "P05", "P06", "P07", "P08"), ("text_id",)),
        Outcome("O11", "REFUSED_CONTACT_3RD", "第三人拒绝联系", THIRDS),
        Outcome("O12", "LETTER_HANDED", "面交信函并签收", (SELF, GUARANTOR), ("letter_no",)),
        Outcome("O13", "LETTER_LEFT_SEALED", "密封留置", ("P04", NOBODY), ("letter_no", "place")),
        Outcome("O14", "LETTER_REFUSED", "拒收", ANYBODY, ("letter_no",)),
        Outcome("O15", "DECEASED", "称已去世", ANYBODY, ("proof",), hold="DEATH", status="DECEASED"),
        Outcome("O16", "CUSTODY", "在押/服刑/强制戒毒", ANYBODY, ("proof",), hold="CUSTODY", status="CUSTODY"),
        Outcome("O17", "INCAPACITY", "丧失行为能力/重病", ANYBODY, ("proof",), hold="MANAGER", status="INCAPACITY"),
        Outcome("O18", "MISSING", "失联/失踪", ANYBODY, status="MISSING"),
        Outcome("O19", "COMPLAINT_RAISED", "现场表示投诉", SOMEBODY, complaint=True),
        Outcome("O20", "CONFLICT_ABORT", "冲突/报警，终止", SOMEBODY, ("incident",), hold="MANAGER"),
        Outcome("O21", "MINOR_ONLY", "仅未成年人在场，离开", (MINOR_ONLY,)),
        Outcome("O22", "ASKED_TO_LEAVE", "要求离开/要求另约", (SELF,)),
        Outcome("O23", "NO_CONTACT", "未见到人", (NOBODY,)),
        Outcome("O24", "NOT_EXECUTED", "未执行", (NOBODY,), ("reason",), done=False),
        Outcome("O25", "ABORTED_BY_OFFICE", "已还款/停催，现场取消", ANYBODY),
        Outcome("O26", "VERIFIED_ONLY", "核实任务完成", ANYBODY),
    )
}  # fmt: skip
