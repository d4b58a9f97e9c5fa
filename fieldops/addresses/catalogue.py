"""The catalogue of findings: what each code makes of an address, why, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

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


_FIX_TEXT = "补录完整地址 Complete the address from the contract or by phone"
_ASK_REGION = "核实省市区县 Ask the debtor or the bank for the district"
_CONFIRM = "电话或系统核实后由主管确认 Confirm by phone, then a supervisor decides"
_OTHER = "改用其他地址 Use another address of the debtor"
_NONE = "无需处理 Nothing to do"
_CHECK_FORM = "核对新旧写法 Check the corrected form against the original"

CATALOGUE: dict[str, Code] = {
    row.code: row
    for row in (
        Code("EMPTY", "INCOMPLETE", "BLOCK", "BLOCK", "地址为空", "The address is empty", _FIX_TEXT, "address"),
        Code("PLACEHOLDER", "INCOMPLETE", "BLOCK", "BLOCK", "占位文字，并非地址", "A placeholder, not an address",
             _FIX_TEXT, "address"),
        Code("MASKED", "INCOMPLETE", "BLOCK", "BLOCK", "地址被遮盖", "Part of the address is masked",
             "向委托方索取完整地址 Ask the bank for the unmasked address", "address"),
        Code("NOT_CHINESE", "INCOMPLETE", "BLOCK", "BLOCK", "不含中文地址", "No Chinese address in the text",
             _FIX_TEXT, "address"),
        Code("TOO_LONG", "REVIEW", "REVIEW", "REVIEW", "文字过长，疑含多个地址或备注",
             "Too long for one address: several, or remarks", "人工拆分 Split it by hand"),
        Code("NO_REGION", "REVIEW", "REVIEW", "REVIEW", "缺少所在城市", "No city in the text",
             _ASK_REGION, "region"),
        Code("REGION_NO_COUNTY", "VALID", "WARN", "REVIEW", "缺少区/县", "The city is named, the county is not",
             _ASK_REGION, "county"),
        Code("REGION_AMBIGUOUS", "REVIEW", "REVIEW", "REVIEW", "区县重名，无法判定所在城市",
             "Several cities have a county of this name", _ASK_REGION, "city"),
        Code("REGION_CONTRADICTION", "REVIEW", "REVIEW", "REVIEW", "区县不属于所写的省市",
             "The county does not lie in the city or province written", _ASK_REGION, "region"),
        Code("REGION_ABOLISHED_SPLIT", "REVIEW", "REVIEW", "REVIEW", "旧区县已撤销并拆分，无法判定现属",
             "The county was abolished and split; its successor is unknown", _ASK_REGION, "county"),
        Code("HISTORICAL_NAME", "VALID", "WARN", "WARN", "旧行政区划名称，已换成现名",
             "A retired name, replaced by today's", _CHECK_FORM),
        Code("TYPO_FIXED", "VALID", "WARN", "WARN", "区划名称错一字，已更正", "One character of the region was wrong",
             _CHECK_FORM),
        Code("DISTRICT_FIXED_BY_TOWN", "VALID", "WARN", "WARN", "按街道/乡镇更正区县", "The town lies in the next county",
             _CHECK_FORM),
        Code("NO_HAO", "VALID", "WARN", "WARN", "门牌号缺“号”字", "The number lacks its 号", _NONE),
        Code("NO_ROOM", "VALID", "WARN", "WARN", "有门牌号，无室号", "A door number without a room", _NONE, "room"),
        Code("NOISE_REMOVED", "VALID", "WARN", "WARN", "已去除电话、姓名、备注或重复前缀",
             "Phones, names, remarks or a repeated prefix were taken out", _NONE),
        Code("INC_REGION_ONLY", "INCOMPLETE", "REVIEW", "BLOCK", "只有省市区县", "Only the region", _FIX_TEXT, "street"),
        Code("INC_TOWN_ONLY", "INCOMPLETE", "REVIEW", "BLOCK", "只到街道/乡镇", "Only the town", _FIX_TEXT, "street"),
        Code("INC_ROAD_ONLY", "INCOMPLETE", "REVIEW", "BLOCK", "只有路名，缺门牌号", "A road without a number",
             _FIX_TEXT, "door number"),
        Code("INC_DISTRICT_NUMBER", "INCOMPLETE", "REVIEW", "BLOCK", "XX区XX号，缺路名", "A number without a street",
             _FIX_TEXT, "street"),
        Code("INC_ROAD_ROOM", "INCOMPLETE", "REVIEW", "BLOCK", "XX路XX室，缺门牌号", "A road and a room, no door number",
             _FIX_TEXT, "door number"),
        Code("INC_NO_STREET", "INCOMPLETE", "REVIEW", "BLOCK", "缺路名或小区名", "No street and no estate",
             _FIX_TEXT, "street"),
        Code("INC_NO_BUILDING", "INCOMPLETE", "REVIEW", "BLOCK", "缺楼栋号", "A place without building or door number",
             _FIX_TEXT, "building"),
        Code("INC_NO_ROOM", "INCOMPLETE", "REVIEW", "BLOCK", "有楼栋，缺单元室号", "A building without unit or room",
             _FIX_TEXT, "room"),
        Code("VILLAGE_ONLY", "REVIEW", "REVIEW", "REVIEW", "只到行政村，缺组或门牌", "A village without group or number",
             "向村委会或本人核实组别 Ask for the group or house number", "group"),
        Code("VAGUE_CAMPUS", "VAGUE", "BLOCK", "BLOCK", "整个院校，无楼栋", "A whole campus, no building", _OTHER,
             "building"),
        Code("VAGUE_TALENT_CENTRE", "VAGUE", "BLOCK", "BLOCK", "人才中心挂靠地址", "A talent centre, not a home", _OTHER,
             "building"),
        Code("VAGUE_COLLECTIVE_HUKOU", "VAGUE", "BLOCK", "BLOCK", "集体户", "A collective household register", _OTHER,
             "building"),
        Code("VAGUE_PARK", "VAGUE", "BLOCK", "BLOCK", "整个园区、开发区或厂区", "A whole zone, park or works", _OTHER,
             "building"),
        Code("VAGUE_NEARBY", "VAGUE", "BLOCK", "BLOCK", "某处旁边、附近、对面", "Beside or near another place", _CONFIRM,
             "door number"),
        Code("VAGUE_RANGE", "VAGUE", "BLOCK", "BLOCK", "门牌号是一段区间", "A range of door numbers", _CONFIRM,
             "door number"),
        Code("SENS_COURT", "SENSITIVE", "REVIEW", "BLOCK", "法院", "A court", _OTHER),
        Code("SENS_PROCURATORATE", "SENSITIVE", "REVIEW", "BLOCK", "检察院", "A procuratorate", _OTHER),
        Code("SENS_POLICE", "SENSITIVE", "REVIEW", "BLOCK", "公安、监所", "Police or a place of custody", _OTHER),
        Code("SENS_LAW_FIRM", "SENSITIVE", "REVIEW", "BLOCK", "律师事务所", "A law firm", _OTHER),
        Code("SENS_MEDIA", "SENSITIVE", "REVIEW", "BLOCK", "新闻媒体", "News media", _OTHER),
        Code("SENS_FINANCE", "SENSITIVE", "REVIEW", "BLOCK", "金融机构", "A financial institution", _OTHER),
        Code("OUT_OF_SCOPE_HKMOTW", "OUT_OF_SCOPE", "BLOCK", "BLOCK", "港澳台地址", "Hong Kong, Macao or Taiwan",
             "退回委托方 Return to the bank"),
        Code("FOREIGN", "OUT_OF_SCOPE", "BLOCK", "BLOCK", "境外地址", "An address abroad", "退回委托方 Return to the bank"),
        Code("PO_BOX", "OUT_OF_SCOPE", "BLOCK", "REVIEW", "邮政信箱，不能上门", "A PO box: nobody can be visited there",
             _OTHER),
        Code("KNOWN_INVALID", "VALID", "BLOCK", "BLOCK", "该地址已登记无效", "The register holds this address invalid",
             "查看登记依据 See the evidence in the register"),
        Code("GEO_CITY_MISMATCH", "VALID", "REVIEW", "PASS", "定位点不在所写城市", "The point lies in another city", _CONFIRM),
        Code("GEO_LOW_PRECISION", "VALID", "REVIEW", "PASS", "定位精度不足", "The point is too coarse", _CONFIRM),
        Code("GEO_DEFERRED", "VALID", "REVIEW", "PASS", "尚未定位", "Not located yet", "等待定位 Wait for geocoding"),
    )
}  # fmt: skip


def label_of(codes: tuple[str, ...]) -> str:
    """Give the first of the labels, gravest first; VALID without codes."""
    given = {CATALOGUE[code].label for code in codes}
    return next((label for label in LABELS if label in given), "VALID")


def worst(outcomes: list[str]) -> str:
    """Give the gravest outcome, PASS if there is none.

    >>> worst(["WARN", "BLOCK", "PASS"]), worst([])
    ('BLOCK', 'PASS')
    """
    return max(outcomes, key=OUTCOMES.index, default="PASS")
