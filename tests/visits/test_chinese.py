"""What the rules say in Chinese is Chinese: every code that may stand in it has its word."""

import pytest

from fieldops.addresses.catalogue import CATALOGUE
from fieldops.agents.rules import PAPERS
from fieldops.cases.rules import GRADES, HOLD_KINDS, PROOF_ORDER, RELATIONS, SPECIAL_STATUS_KINDS
from fieldops.cases.states import CASE_STATES
from fieldops.policies.floors import BANNED_STATUSES, LAWFUL_SOURCES
from fieldops.policies.reading import shipped_editions
from fieldops.policies.sections import ADDRESS_KINDS, PRECISIONS
from fieldops.results.codes import FINDINGS
from fieldops.visits.chinese import WORDS, in_chinese
from fieldops.visits.facts import OWNERS
from fieldops.visits.states import OPEN
from tests.visits.fact_makers import a_status, decide, policy_with, visit_facts

SAID_BY_NO_RULE = {"COMPLAINT", "SUBMITTED", "NONE"}
CODES = {
    *CATALOGUE, *PAPERS, *GRADES, *HOLD_KINDS, *PROOF_ORDER, *RELATIONS, *SPECIAL_STATUS_KINDS, *CASE_STATES,
    *LAWFUL_SOURCES, *ADDRESS_KINDS, *PRECISIONS, *OWNERS, *OPEN,
    *(each.invalid for each in FINDINGS.values() if each.invalid),
}  # fmt: skip


def test_every_code_a_rule_may_name_has_its_chinese_word():
    assert set(WORDS) >= CODES - SAID_BY_NO_RULE
    assert not [code for code, word in WORDS.items() if word.isascii() and word]


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("BANK_PAUSE hold:01a2", "委托方停催 停催01a2"),
        ("MINOR CLAIMED special_status:01a2", "未成年人 主张 特殊状态01a2"),
        ("MINOR complaint:01a2", "轻微 投诉01a2"),
        ("WF20260000001 (RETURNED)", "WF20260000001 (退回补充)"),
        ("委托授权书失效 AUTHORISATION、已停用 inactive", "委托授权书失效、已停用"),
        ("complaint 投诉 01a2-7", "投诉 01a2-7"),
        ("CASE-HOME-1 王 HOMER", "CASE-HOME-1 王 HOMER"),
        ("VISIT_RESULT:WF20260000001", "外访结果:WF20260000001"),
    ],
)
def test_a_code_becomes_a_word_and_a_name_or_an_id_stays(text, chinese):
    assert in_chinese(text) == chinese


def test_the_reason_a_rule_is_off_is_told_in_either_language():
    (off,) = (each for each in decide(visit_facts()).findings if each.outcome == "OFF")
    zh, en = shipped_editions()[0].off[off.code].split(" | ")
    assert (off.message_zh, off.message_en) == (f"未启用：{zh}", f"Off: {en}")
    assert en.isascii()
    assert not any(letter.isascii() and letter.isalpha() for letter in zh)


def test_a_status_a_policy_bans_of_its_own_is_told_in_chinese():
    policy = policy_with(banned_statuses=(*BANNED_STATUSES, "BANKRUPT", "MISSING"))
    for kind, word in (("BANKRUPT", "破产"), ("MISSING", "失联")):
        facts = visit_facts(special_statuses=(a_status(kind, "COMPLETE"),))
        (found,) = (each for each in decide(facts, policy).findings if each.code == "VR-040")
        assert found.message_zh == f"客户已提交完整证明（{word}），禁止外访"
