"""What follows from a case file alone: the balance after repayments, and the words a bank's files use."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from fieldops.clock import at_local

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


class Balance(Protocol):
    """What a balance is: an amount, and the day up to whose end it counts (None: not told)."""

    @property
    def balance_fen(self) -> int:
        """What is owed."""

    @property
    def balance_as_of(self) -> date | None:
        """The day up to whose end it counts."""


class Payment(Protocol):
    """What a repayment is: an amount and an instant."""

    @property
    def amount_fen(self) -> int:
        """What was paid."""

    @property
    def paid_at(self) -> datetime:
        """When."""


def balance_after_repayments_fen(case: Balance, repayments: Iterable[Payment]) -> int:
    """The balance less the repayments dated after the end of its as-of day (数据截止日) in Shanghai.

    Earlier ones are in the balance already. With no as-of day every repayment is taken off: asking for less is the
    safe side, and rule VR-021 sends such a balance to a person.
    Source: domain reference §3.3.
    """
    if case.balance_as_of is None:
        return case.balance_fen - sum(paid.amount_fen for paid in repayments)
    counted_until = at_local(case.balance_as_of + timedelta(days=1), 0)
    return case.balance_fen - sum(paid.amount_fen for paid in repayments if paid.paid_at >= counted_until)


class Flag(NamedTuple):
    """Where a flag of a bank's file belongs: the register and the kind (or grade) in it."""

    register: str
    kind: str


STATUS: Final = "STATUS"
HOLD: Final = "HOLD"
COMPLAINT: Final = "COMPLAINT"

FLAGS: Final = {
    "冒用": Flag(STATUS, "FRAUD"),
    "伪冒": Flag(STATUS, "FRAUD"),
    "盗用": Flag(STATUS, "UNAUTHORISED_USE"),
    "丧失行为能力": Flag(STATUS, "INCAPACITY"),
    "诉讼": Flag(STATUS, "LITIGATION"),
    "在押": Flag(STATUS, "CUSTODY"),
    "涉毒": Flag(STATUS, "DRUG"),
    "死亡": Flag(STATUS, "DECEASED"),
    "特殊困难": Flag(STATUS, "VULNERABLE"),
    "委托方停催": Flag(HOLD, "BANK_PAUSE"),
    "交易异议": Flag(HOLD, "DISPUTE"),
    "分期协议": Flag(HOLD, "INSTALMENT"),
    "重大投诉": Flag(COMPLAINT, "MAJOR"),
    "一般投诉": Flag(COMPLAINT, "ORDINARY"),
    "轻微投诉": Flag(COMPLAINT, "MINOR"),
}
"""类型 of a flags file. Source: domain reference §3.1."""

PROOFS: Final = {"完整": "COMPLETE", "部分": "PARTIAL"}
"""证明材料; a blank cell is a claim without proof (CLAIMED)."""
CLAIMED: Final = "CLAIMED"
PROOF_ORDER: Final = (CLAIMED, "PARTIAL", "COMPLETE")

CASE_STATUSES: Final = {
    "在催": "ACTIVE",
    "暂停": "PAUSED",
    "撤案": "WITHDRAWN",
    "到期": "EXPIRED",
    "退案": "RETURNED",
    "留案": "ACTIVE",
    "结清": "SETTLED",
    "关闭": "CLOSED",
}
"""案件状态, where a bank sends it. Source: domain reference §3.2."""

CALLEES: Final = {
    "本人": "SELF",
    "持卡人": "SELF",
    "担保人": "GUARANTOR",
    **dict.fromkeys(
        ("第三人", "联系人", "家人", "配偶", "父母", "子女", "亲属", "朋友", "同事", "单位", "邻居", "村居委", "物业"),
        "THIRD",
    ),
}
"""被叫对象 of a call list."""

SPECIAL_STATUS_KINDS: Final = (
    *dict.fromkeys(flag.kind for flag in FLAGS.values() if flag.register == STATUS), "MISSING", "MINOR", "BANKRUPT",
)  # fmt: skip
HOLD_KINDS: Final = (
    "BANK_PAUSE", "DO_NOT_COLLECT", "DISPUTE", "INSTALMENT", "DEATH", "CUSTODY", "LITIGATION", "WITHDRAWAL_PENDING",
    "MANAGER",
)  # fmt: skip
GRADES: Final = ("MINOR", "ORDINARY", "MAJOR")
COMPLAINT_SOURCES: Final = ("BANK", "REGULATOR", "CONSUMER_ASSOC", "DEBTOR", "MEDIA", "COURT")
RELATIONS: Final = {
    "SPOUSE": "配偶",
    "FAMILY": "家人",
    "COLLEAGUE": "同事/单位人员",
    "FRIEND": "朋友",
    "NEIGHBOUR": "邻居",
    "COMMITTEE": "村居委/物业/保安",
    "NEW_OCCUPANT": "现住户/租客",
    "BANK_LISTED": "银行提供的联系人",
}
"""What a third party is to the debtor. Source: domain reference §1 S069, §5.1."""
