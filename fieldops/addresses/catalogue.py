"""The catalogue of findings: what each code makes of an address, why, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LABELS = ("OUT_OF_SCOPE", "VAGUE", "SENSITIVE", "INCOMPLETE", "REVIEW", "VALID")
OUTCOMES = ("PASS", "WARN", "REVIEW", "BLOCK")


@dataclass(frozen=True, slots=True)
class Code:
    """One row: the label it gives, what it means for a visit and for a letter, its reason, the part missing."""

    code: str
    label: str
    visit: str
    letter: str
    message_zh: str
    message_en: str
    next_action: str
    missing: str = ""


NOTHING_TO_DO = "无需处理 Nothing to do"
_COMPLETE_IT = "补录完整地址 Complete the address from the contract or by phone"
_UNMASK = "向委托方索取完整地址 Ask the bank for the unmasked address"
_SPLIT = "人工拆分 Split it by hand"
_ASK_REGION = "核实省市区县 Ask the debtor or the bank for the district"
_ASK_GROUP = "向村委会或本人核实组别 Ask for the group or house number"
_COMPARE = "核对新旧写法 Check the corrected form against the original"
_CONFIRM = "电话核实后由主管确认 Confirm by phone, then a supervisor decides"
_OTHER = "改用其他地址 Use another address of the debtor"
_RETURN = "退回委托方 Return to the bank"
_SEE_REGISTER = "查看登记依据 See the evidence in the register"
_WAIT = "等待定位 Wait for geocoding"

_BLOCK = ("BLOCK", "BLOCK")
_REVIEW = ("REVIEW", "REVIEW")
_WARN = ("WARN", "WARN")
_NO_LETTER = ("REVIEW", "BLOCK")
_VISIT_ONLY = ("REVIEW", "PASS")

_ROWS = (
    Code("EMPTY", "INCOMPLETE", *_BLOCK, "地址为空", "The address is empty", _COMPLETE_IT, "address"),
    Code("PLACEHOLDER", "INCOMPLETE", *_BLOCK, "占位文字", "A placeholder, no address", _COMPLETE_IT, "address"),
    Code("MASKED", "INCOMPLETE", *_BLOCK, "地址被遮盖", "Part of the address is masked", _UNMASK, "address"),
    Code("NOT_CHINESE", "INCOMPLETE", *_BLOCK, "不含中文地址", "No Chinese address", _COMPLETE_IT, "address"),
    Code("TOO_LONG", "REVIEW", *_REVIEW, "文字过长，疑含多个地址", "Too long for one address", _SPLIT),
    Code("NO_REGION", "REVIEW", *_REVIEW, "缺少所在城市", "No city in the text", _ASK_REGION, "region"),
    Code("REGION_NO_COUNTY", "VALID", "WARN", "REVIEW", "缺少区/县", "The county is missing", _ASK_REGION, "county"),
    Code(
        "REGION_AMBIGUOUS", "REVIEW", *_REVIEW, "区县重名，城市不明", "A county of several cities", _ASK_REGION, "city"
    ),
    Code(
        "REGION_CONTRADICTION", "REVIEW", *_REVIEW, "区县与省市矛盾", "The county lies elsewhere", _ASK_REGION, "region"
    ),
    Code(
        "REGION_ABOLISHED_SPLIT", "REVIEW", *_REVIEW, "旧区县已撤销拆分", "Abolished and split", _ASK_REGION, "county"
    ),
    Code("HISTORICAL_NAME", "VALID", *_WARN, "旧区划名称，已换现名", "A retired name, replaced by today's", _COMPARE),
    Code("TYPO_FIXED", "VALID", *_WARN, "区划错一字，已更正", "One character of the region was wrong", _COMPARE),
    Code("DISTRICT_FIXED_BY_TOWN", "VALID", *_WARN, "按街道更正区县", "The town lies in the next county", _COMPARE),
    Code("NO_HAO", "VALID", *_WARN, "门牌缺“号”字", "The number lacks its 号", NOTHING_TO_DO),
    Code("NO_ROOM", "VALID", *_WARN, "有门牌，无室号", "A door number without a room", NOTHING_TO_DO, "room"),
    Code("NOISE_REMOVED", "VALID", *_WARN, "已去除电话、姓名等", "Phone, name or remark taken out", NOTHING_TO_DO),
    Code("INC_REGION_ONLY", "INCOMPLETE", *_NO_LETTER, "只有省市区县", "Only the region", _COMPLETE_IT, "street"),
    Code("INC_TOWN_ONLY", "INCOMPLETE", *_NO_LETTER, "只到街道乡镇", "Only the town", _COMPLETE_IT, "street"),
    Code("INC_ROAD_ONLY", "INCOMPLETE", *_NO_LETTER, "有路无门牌", "A road, no number", _COMPLETE_IT, "door number"),
    Code("INC_DISTRICT_NUMBER", "INCOMPLETE", *_NO_LETTER, "XX区XX号", "A number, no street", _COMPLETE_IT, "street"),
    Code("INC_ROAD_ROOM", "INCOMPLETE", *_NO_LETTER, "XX路XX室", "A room, no door", _COMPLETE_IT, "door number"),
    Code("INC_NO_STREET", "INCOMPLETE", *_NO_LETTER, "缺路名或小区", "No street, no estate", _COMPLETE_IT, "street"),
    Code("INC_NO_BUILDING", "INCOMPLETE", *_NO_LETTER, "缺楼栋号", "No building or door", _COMPLETE_IT, "building"),
    Code("INC_NO_ROOM", "INCOMPLETE", *_NO_LETTER, "缺单元室号", "A building, no room", _COMPLETE_IT, "room"),
    Code("VILLAGE_ONLY", "REVIEW", *_REVIEW, "只到村，缺组或门牌", "Only the village", _ASK_GROUP, "group"),
    Code("VAGUE_CAMPUS", "VAGUE", *_BLOCK, "整个院校，无楼栋", "A whole campus", _OTHER, "building"),
    Code("VAGUE_TALENT_CENTRE", "VAGUE", *_BLOCK, "人才中心挂靠", "A talent centre, no home", _OTHER, "building"),
    Code("VAGUE_COLLECTIVE_HUKOU", "VAGUE", *_BLOCK, "集体户", "A collective household register", _OTHER, "building"),
    Code("VAGUE_PARK", "VAGUE", *_BLOCK, "整个园区、开发区或厂区", "A whole zone or works", _OTHER, "building"),
    Code("VAGUE_NEARBY", "VAGUE", *_BLOCK, "某处旁边、附近、对面", "Beside another place", _CONFIRM, "door number"),
    Code("VAGUE_RANGE", "VAGUE", *_BLOCK, "门牌号为区间", "A range of door numbers", _CONFIRM, "door number"),
    Code("SENS_COURT", "SENSITIVE", *_NO_LETTER, "法院", "A court", _OTHER),
    Code("SENS_PROCURATORATE", "SENSITIVE", *_NO_LETTER, "检察院", "A procuratorate", _OTHER),
    Code("SENS_POLICE", "SENSITIVE", *_NO_LETTER, "公安、监所", "Police or a place of custody", _OTHER),
    Code("SENS_LAW_FIRM", "SENSITIVE", *_NO_LETTER, "律师事务所", "A law firm", _OTHER),
    Code("SENS_MEDIA", "SENSITIVE", *_NO_LETTER, "新闻媒体", "News media", _OTHER),
    Code("SENS_FINANCE", "SENSITIVE", *_NO_LETTER, "金融机构", "A financial institution", _OTHER),
    Code("SENS_REPORTED", "SENSITIVE", *_REVIEW, "外访人员报告为敏感场所", "A crew says so", _CONFIRM),
    Code("OUT_OF_SCOPE_HKMOTW", "OUT_OF_SCOPE", *_BLOCK, "港澳台地址", "Hong Kong, Macao or Taiwan", _RETURN),
    Code("FOREIGN", "OUT_OF_SCOPE", *_BLOCK, "境外地址", "An address abroad", _RETURN),
    Code("PO_BOX", "OUT_OF_SCOPE", "BLOCK", "REVIEW", "邮政信箱，不能上门", "A PO box, no door", _OTHER, "street"),
    Code("KNOWN_INVALID", "VALID", *_BLOCK, "该地址已登记无效", "The register holds it invalid", _SEE_REGISTER),
    Code("MAIL_RETURNED", "VALID", "PASS", "BLOCK", "曾有退信，不再寄信", "Mail came back from there", _SEE_REGISTER),
    Code("GEO_CITY_MISMATCH", "VALID", *_VISIT_ONLY, "定位点不在所写城市", "The point is of another city", _CONFIRM),
    Code("GEO_LOW_PRECISION", "VALID", *_VISIT_ONLY, "定位精度不足", "The point is too coarse", _CONFIRM),
    Code("GEO_DEFERRED", "VALID", *_VISIT_ONLY, "尚未定位", "Not located yet", _WAIT),
)

CATALOGUE: dict[str, Code] = {row.code: row for row in _ROWS}


def label_of(codes: Iterable[str]) -> str:
    """Give the gravest label of the codes, VALID without any.

    >>> label_of(["NO_ROOM", "VAGUE_NEARBY", "INC_ROAD_ONLY"])
    'VAGUE'
    """
    given = {CATALOGUE[code].label for code in codes}
    return next((label for label in LABELS if label in given), "VALID")


def worst(outcomes: Iterable[str]) -> str:
    """Give the gravest outcome, PASS if there is none.

    >>> worst(["WARN", "BLOCK", "PASS"]), worst([])
    ('BLOCK', 'PASS')
    """
    return max(outcomes, key=OUTCOMES.index, default="PASS")


def render_codes_markdown() -> str:
    """Write the catalogue as a table for people, gravest label first."""
    rows = sorted(CATALOGUE.values(), key=lambda row: LABELS.index(row.label))
    cells = ((r.code, r.label, r.visit, r.letter, r.message_zh, r.message_en, r.next_action) for r in rows)
    return "\n".join([*_HEAD, *(f"| {' | '.join(row)} |" for row in cells)]) + "\n"


_HEAD = (
    "# Address codes 地址代码",
    "",
    "Generated from the code by `fieldops docs`. Several codes: the label is the gravest, visit and letter take the",
    "worst. BLOCK raises the rule as a rejection, REVIEW sends it to a person, WARN and PASS go on.",
    "",
    "| code | label 结论 | visit 外访 | letter 信函 | 原因 | reason | next action 下一步 |",
    "|---|---|---|---|---|---|---|",
)
