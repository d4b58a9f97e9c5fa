"""Invented letters to try a pack with: an ordinary one, the longest, the shortest, the strange and the hostile."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from letters.amounts import MAX_FEN
from letters.kinds import KINDS, LetterKind
from letters.letter import MAX_CHARS, LetterFields

# An identity number and card numbers, plain and grouped, whose digits check
HOSTILE_NUMBERS = (
    "11010119900307889X",
    "6222028033561339212",
    "6222 0280 3356 1339 212",
    "６２２２０２８０３３５６１３３９",
)

_ORDINARY = LetterFields(
    letter_no="〔2026〕示范缴字第000001号",
    serial="FO2600000001",
    recipient_name="张三",
    recipient_address="北京市海淀区示范街道示范路12号院3号楼4单元502室",
    postcode="100080",
    bank_name="示范银行A",
    bank_phone="400-000-0001",
    bank_complaint_phone="400-000-0002",
    agency_name="示范信用管理有限公司",
    agency_address="北京市朝阳区示范路1号示范大厦12层",
    agency_phone="010-5555 0100",
    agency_complaint_phone="010-5555 0199",
    card_last4="9212",
    product="信用卡",
    balance_fen=7387581,
    principal_fen=6309259,
    min_due_fen=738758,
    overdue_days=214,
    balance_as_of=date(2026, 11, 22),
    pay_by=date(2026, 12, 8),
    issued_on=date(2026, 11, 23),
)


def sample_letters(kind: LetterKind) -> Mapping[str, LetterFields]:
    """Return the samples by name; all of them must render and be laid out well."""
    ordinary = _ORDINARY
    if "law_firm" in KINDS[kind].needs:
        ordinary = replace(
            ordinary, law_firm="示范律师事务所", lawyer_name="李示范", authorisation_no="示范授〔2026〕第0001号"
        )
    if "settled_on" in KINDS[kind].needs:
        ordinary = replace(ordinary, settled_on=date(2026, 11, 20), balance_fen=0, principal_fen=0, min_due_fen=0)
    longest = replace(
        ordinary,
        recipient_name="阿卜杜热合曼·买买提吐尔逊·阿卜杜拉",
        recipient_address=("新疆维吾尔自治区巴音郭楞蒙古自治州博斯腾湖乡示范村" * 3)[: MAX_CHARS["recipient_address"]],
        bank_name="示范省农村信用社联合社",
        agency_name="示范省示范市信用风险管理服务有限责任公司",
        agency_address="广西壮族自治区示范市示范经济技术开发区示范大道1234号示范大厦B座2301室",
        product="示范联名白金信用卡（个人）",
        overdue_days=3650,
        serial="FO26-00000000001",
    )
    if KINDS[kind].demands_payment:
        longest = replace(
            longest, balance_fen=MAX_FEN, principal_fen=MAX_FEN - 1, min_due_fen=MAX_FEN // 9, interest_fen=1
        )
    return {
        "ordinary": ordinary,
        "longest": longest,
        "shortest": replace(
            ordinary, postcode=None, principal_fen=None, recipient_name="丁一", recipient_address="甲路1号"
        ),
        "rare hanzi": replace(ordinary, recipient_name="欧阳堃喆", recipient_address="北京市通州区漷县镇示范村1号"),
        "markup in data": replace(
            ordinary, recipient_name="<b>张</b>&三", recipient_address="{{ serial }}<script>1号</script>"
        ),
        "turned text": replace(ordinary, recipient_name="张\u202e三\u200b", recipient_address="示范路\u2066 12 号\x07"),
    }
