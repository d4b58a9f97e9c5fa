"""Chinese words for the codes that stand in what the rules say: a Chinese sentence holds no English one.

Names, numbers and the ids of rows are nobody's language and stay as they are.
"""

from __future__ import annotations

import re
from typing import Final

from fieldops.addresses.catalogue import CATALOGUE
from fieldops.agents.rules import PAPERS
from fieldops.cases.rules import RELATIONS

WORDS: Final = {
    **{code: row.message_zh for code, row in CATALOGUE.items()},
    **RELATIONS,
    **dict.fromkeys((*PAPERS, "BANK_BLOCK"), ""),  # their Chinese stands beside them
    # cases, visits, letters and templates
    "ACTIVE": "在催",
    "PAUSED": "暂停",
    "EXTENSION_PENDING": "延期申请",
    "WITHDRAWAL_PENDING": "撤案申请",
    "WITHDRAWN": "撤案",
    "EXPIRED": "到期",
    "RETURNED": "退案",
    "KEPT": "留案",
    "SETTLED": "结清",
    "CLOSED": "关闭",
    "PENDING_REVIEW": "待审批",
    "APPROVED": "已批准",
    "BATCHED": "已入批次",
    "PLANNED": "已排程",
    "IN_PROGRESS": "外访中",
    "SUSPENDED": "已暂停",
    "DRAFT": "草稿",
    "PENDING_APPROVAL": "待批准",
    "RETIRED": "已停用",
    "REJECTED": "已驳回",
    "BANK": "委托方",
    "HQ_FILED": "总部备案",
    "REGISTERED_MAIL": "挂号信",
    "PLAIN_MAIL": "平信",
    "COURIER": "快递",
    "HAND_BY_VISIT": "上门面交",
    "PUBLIC_POSTING": "张贴",
    # what stops
    "BANK_PAUSE": "委托方停催",
    "DO_NOT_COLLECT": "禁止催收",
    "INSTALMENT": "分期协议",
    "DISPUTE": "异议",
    "MANAGER": "经理停催",
    "DEATH": "死亡",
    "DECEASED": "死亡",
    "CUSTODY": "在押",
    "LITIGATION": "诉讼",
    "FRAUD": "冒用",
    "UNAUTHORISED_USE": "盗用",
    "INCAPACITY": "丧失行为能力",
    "DRUG": "涉毒",
    "MISSING": "失联",
    "BANKRUPT": "破产",
    "VULNERABLE": "特殊困难",
    "CLAIMED": "主张",
    "PARTIAL": "证明不全",
    "COMPLETE": "证明完整",
    "MINOR": "轻微",
    "ORDINARY": "一般",
    "MAJOR": "重大",
    # addresses
    "HOME": "住宅",
    "HUKOU": "户籍",
    "WORK": "单位",
    "BILLING": "账单",
    "OTHER": "其他",
    "DEBTOR": "债务人",
    "GUARANTOR": "担保人",
    "THIRD": "第三人",
    "CONTRACT": "合同约定",
    "RESERVED": "预留信息",
    "AUTHORISED": "债务人授权",
    "PUBLIC_LAWFUL": "合法公开渠道",
    "TOLD_BY_CONTACT": "联系人告知",
    "CREDIT_BUREAU": "征信机构",
    "FIELD_FOUND": "外访发现",
    "UNKNOWN": "未登记",
    "CONFIRMED": "人工确认",
    "ROOFTOP": "楼栋",
    "STREET": "街道门牌",
    "POI": "兴趣点",
    "VILLAGE": "村",
    "TOWN": "乡镇街道",
    "DISTRICT": "区县",
    "CITY": "城市",
    "INVALID": "无效",
    "MOVED": "搬迁",
    "DEMOLISHED": "拆迁",
    "NO_SUCH_DOOR": "无此门牌",
    "NO_SUCH_PERSON": "查无此人",
    "UNCLEAR": "地址不详",
    "LEFT_JOB": "已离职",
    "COMPANY_GONE": "单位撤销",
    "COLLECTIVE": "集体户",
    "THIRD_PARTY_REFUSED": "第三人拒绝联系",
    "VISIT_RESULT": "外访结果",
    "MAIL_RETURN": "退件",
    "DOCUMENT": "书面材料",
    # what a request says
    "purpose": "目的",
    "reason": "原因",
    "goal": "目标",
    "inactive": "",
    "complaint": "投诉",
}
ROWS: Final = {
    "address": "地址",
    "address_block": "地址登记",
    "case_address": "地址",
    "complaint": "投诉",
    "do_not_contact": "不再联系登记",
    "hold": "停催",
    "letter_template": "模板",
    "special_status": "特殊状态",
    "visit": "外访",
}
_AS_A_STATUS: Final = re.compile(r"\bMINOR(?= (?:CLAIMED|PARTIAL|COMPLETE)\b)")
_ROW: Final = re.compile(rf"\b({'|'.join(sorted(ROWS, key=len, reverse=True))}):(?=\w)")
_AS_A_VISIT: Final = re.compile(r"\(RETURNED\)")
_SAID_TWICE: Final = re.compile(r"\bcomplaint 投诉")
_WORD: Final = re.compile(r"(?<![A-Za-z0-9_/:-])[A-Za-z][A-Za-z_]*[A-Za-z](?![A-Za-z0-9_/-])")
_GAPS: Final = re.compile(r" +(?=[、，；）（]|$)")


def in_chinese(text: str) -> str:
    """The text with a Chinese word for each code in it.

    Example:
        >>> in_chinese("FRAUD CLAIMED special_status:01a2, MINOR complaint:01a3")
        '冒用 主张 特殊状态01a2, 轻微 投诉01a3'
    """
    for other, word in ((_AS_A_STATUS, "未成年人"), (_AS_A_VISIT, "(退回补充)"), (_SAID_TWICE, "投诉")):
        text = other.sub(word, text)
    text = _ROW.sub(lambda found: ROWS[found[1]], text)
    return _GAPS.sub("", _WORD.sub(lambda found: WORDS.get(found[0], found[0]), text)).strip()
