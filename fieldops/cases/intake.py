"""The files of banks and phone systems as tables: heading, value, how a cell is read, whether it must be filled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fieldops.cases.landing_calls import CallLander
from fieldops.cases.landing_cases import CaseLander
from fieldops.cases.landing_flags import FlagLander
from fieldops.cases.landing_repayments import RepaymentLander
from fieldops.cases.rules import CALLEES, CASE_STATUSES, FLAGS, PROOFS
from fieldops.imports.converters import (
    card_check_digit_agrees,
    day,
    digits,
    fen,
    identity_check_digit_agrees,
    instant,
    instant_or_day,
    matching,
    slot,
    text,
    whole,
    word_of,
    yes_or_no,
)
from fieldops.imports.kinds import Column, Kind

if TYPE_CHECKING:
    from fieldops.imports.kinds import Values

_IDENTITY: Final = matching(
    r"[0-9A-Z()]{6,20}", "is no identity number; send 18 digits, or a passport's letters and digits"
)
_CARD: Final = matching(r"[0-9]{12,19}", "is no card number; send its 12 to 19 digits")
_DIRECTIONS: Final = {"呼出": True, "外呼": True, "呼入": False, "来电": False}

_CASE_NO: Final = Column("案件编号", "case_no", text, required=True, public=True)
_BANK: Final = Column("委托银行", "bank", text)


def _doubt(values: Values) -> str | None:
    """What a person should look at although the bank's row is taken as it is."""
    if identity_check_digit_agrees(values["id_no"]) is False:
        return "证件号码: the check digit does not agree"
    if not card_check_digit_agrees(values["card_no"]):
        return "卡号: the check digit does not agree"
    if values["expiry_on"] is None:
        return "到期日: blank; the end on record stays, that of a new mandate is counted by the cycle of the policy"
    return None


CASES: Final = Kind(
    name="cases",
    columns=(
        Column("委案批次号", "batch_no", text, required=True, public=True),
        _CASE_NO,
        _BANK,
        Column("产品", "product", text, required=True),
        Column("客户姓名", "name", text, required=True),
        Column("证件号码", "id_no", _IDENTITY, required=True, personal=True),
        Column("手机号码", "phone", digits, personal=True),
        Column("卡号", "card_no", _CARD, required=True, personal=True),
        Column("欠款总额", "balance_fen", fen(), required=True),
        Column("本金", "principal_fen", fen(), required=True),
        Column("最低还款额", "min_due_fen", fen(least=0), required=True),
        Column("逾期天数", "overdue_days", whole, required=True),
        Column("数据截止日", "balance_as_of", day),
        Column("委案日期", "entrusted_on", day, required=True),
        Column("到期日", "expiry_on", day),
        Column("住宅地址", "home", text),
        Column("户籍地址", "hukou", text),
        Column("单位名称", "employer", text),
        Column("预约时段", "appointment", slot),
        Column("备注", "remark", text),
        Column("案件状态", "status", word_of(CASE_STATUSES)),
    ),
    key=lambda values: (values["bank"], values["case_no"]),
    lander=CaseLander,
    doubt=_doubt,
)

CALLS: Final = Kind(
    name="calls",
    columns=(
        _CASE_NO,
        _BANK,
        Column("呼叫时间", "started_at", instant, required=True),
        Column("方向", "outbound", word_of(_DIRECTIONS), required=True),
        Column("被叫对象", "callee", word_of(CALLEES), required=True),
        Column("是否接通", "connected", yes_or_no),
        Column("通话时长秒", "duration_s", whole),
        Column("录音编号", "recording_id", text, public=True),
        Column("结果", "result", text),
        Column("承诺金额", "promise_fen", fen(least=1)),
        Column("承诺日期", "promise_on", day),
    ),
    key=lambda values: tuple(values[name] for name in ("bank", "case_no", "started_at", "outbound", "callee")),
    lander=CallLander,
)

REPAYMENTS: Final = Kind(
    name="repayments",
    columns=(
        Column("流水号", "external_id", text, required=True, public=True),
        _CASE_NO,
        _BANK,
        Column("还款金额", "amount_fen", fen(least=1), required=True),
        Column("还款时间", "paid_at", instant_or_day, required=True),
        Column("渠道", "channel", text, required=True),
        Column("冲正", "reversed", yes_or_no),
    ),
    key=lambda values: tuple(values[name] for name in ("bank", "case_no", "external_id", "reversed")),
    lander=RepaymentLander,
)

FLAGS_FILE: Final = Kind(
    name="flags",
    columns=(
        _CASE_NO,
        _BANK,
        Column("类型", "flag", word_of(FLAGS), required=True),
        Column("证明材料", "proof", word_of(PROOFS)),
        Column("开始日期", "from_on", day, required=True),
        Column("截止日期", "until_on", day),
    ),
    key=lambda values: tuple(values[name] for name in ("bank", "case_no", "flag", "from_on")),
    lander=FlagLander,
)
