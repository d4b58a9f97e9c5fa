"""The mechanism, with a catalogue of three toy rules: facts are a dict of answers by code."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.policies.catalogue import Catalogue, Moment, Rule, Severity, Stage, Used, no, unknown, yes
from fieldops.policies.decision import Decision, Finding, Outcome, Verdict, ask, verdict_of, worst_of
from fieldops.policies.edition import PolicyError
from fieldops.policies.reading import check_switches, shipped_editions

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
POLICY = shipped_editions()[0]


def toy(code, severity, **more):
    def asks(facts, policy, now):
        said = facts.get(code, True)
        seen = Used("said", said, "row/1", now.at.isoformat())
        return yes(seen) if said is True else unknown("说法", "what was said", seen) if said is None else no(seen, n=7)

    values = {
        "name": code,
        "about": "toy",
        "question": "Is it fine?",
        "question_zh": "可以吗？",
        "stages": (Stage.SUBMIT, Stage.APPROVE),
        "message_zh": "不行{n}",
        "message_en": "No, {n}",
        "mend_zh": "改",
        "mend_en": "Mend it",
        "change_zh": "差{n}",
        "change_en": "{n} more",
        "source": "toy",
        "keys": ("visit.min_balance_fen",),
    }
    return Rule(code=code, severity=severity, asks=asks, **(values | more))


TOYS = Catalogue(
    name="toys",
    title="Toys",
    rules=(
        toy("VR-001", Severity.REJECT),
        toy("VR-037", Severity.REVIEW, may_be_off=True),
        toy("VR-038", Severity.WARN, may_be_off=True),
        toy("VR-070", Severity.REJECT, stages=(Stage.PUBLISH,)),
    ),
)


def decide(facts, *, policy=POLICY, stage=Stage.SUBMIT):
    return ask(TOYS, facts, policy, stage=stage, at=NOW)


@pytest.mark.parametrize(
    ("facts", "verdict", "codes"),
    [
        ({}, "PASS", ()),
        ({"VR-038": False}, "PASS", ("VR-038",)),
        ({"VR-038": None}, "PASS", ()),
        ({"VR-037": False}, "REVIEW", ("VR-037",)),
        ({"VR-037": None}, "REVIEW", ("VR-037",)),
        ({"VR-001": None}, "REVIEW", ("VR-001",)),
        ({"VR-001": False}, "REJECT", ("VR-001",)),
        ({"VR-001": False, "VR-037": False, "VR-038": False}, "REJECT", ("VR-001", "VR-037", "VR-038")),
    ],
)
def test_the_worst_finding_decides_and_unknown_goes_to_a_person(facts, verdict, codes):
    decision = decide(facts)
    assert (decision.verdict, decision.codes) == (verdict, codes)


def test_a_finding_keeps_question_message_mend_input_row_and_threshold():
    finding = decide({"VR-001": False}).findings[0]
    assert finding.outcome is Outcome.FAILED
    assert (finding.question, finding.message_en, finding.message_zh) == ("Is it fine?", "No, 7", "不行7")
    assert finding.mend_en == "Mend it"
    assert (finding.change_zh, finding.change_en) == ("差7", "7 more")
    assert finding.used == (Used("said", False, "row/1", NOW.isoformat()),)
    assert finding.limits == {"visit.min_balance_fen": 500_000}


def test_a_passed_rule_keeps_its_inputs_and_says_nothing():
    finding = decide({}).findings[0]
    assert finding.outcome is Outcome.PASSED
    assert finding.used
    assert finding.message_en == finding.mend_en == finding.change_en == finding.change_zh == ""


def test_what_is_missing_is_named_in_both_languages():
    finding = decide({"VR-001": None}).findings[0]
    assert finding.outcome is Outcome.UNKNOWN
    assert finding.message_en == "Cannot tell: what was said is not on record"
    assert finding.message_zh == "无法判断，缺少：说法"
    assert finding.change_en == "Once what was said is on record it is asked again"
    assert finding.change_zh == "登记说法后重新判断"


def test_screening_asks_what_submitting_asks():
    screened = decide({"VR-001": False}, stage=Stage.SCREEN)
    assert [each.code for each in screened.findings] == [each.code for each in decide({}).findings]
    assert screened.stage is Stage.SCREEN


def test_a_rule_is_asked_only_at_its_stages():
    assert [each.code for each in decide({}, stage=Stage.PUBLISH).findings] == ["VR-070"]


def test_a_rule_switched_off_is_listed_with_its_reason_and_never_asked():
    policy = replace(POLICY, off={"VR-037": "no addresses kept"})
    finding = decide({"VR-037": False}, policy=policy).findings[1]
    assert (finding.outcome, finding.severity) == (Outcome.OFF, Severity.PASS)
    assert "no addresses kept" in finding.message_en


def test_a_policy_may_make_a_rule_stricter():
    policy = replace(POLICY, stricter={"VR-037": "REJECT"})
    assert decide({"VR-037": False}, policy=policy).verdict == "REJECT"
    assert decide({"VR-037": True}, policy=policy).verdict == "PASS"
    assert decide({"VR-037": None}, policy=policy).verdict == "REVIEW"


def test_a_predicate_may_not_weigh_what_its_row_does_not_list():
    heavy = replace(TOYS.rules[2], asks=lambda *_: no(severity=Severity.REJECT, n=1))
    with pytest.raises(ValueError, match="VR-038 may weigh"):
        ask(Catalogue("t", "T", (heavy,)), {}, POLICY, stage=Stage.SUBMIT, at=NOW)


def test_an_instant_without_offset_is_refused():
    with pytest.raises(ValueError, match="has no offset"):
        ask(TOYS, {}, POLICY, stage=Stage.SUBMIT, at=NOW.replace(tzinfo=None))


def test_a_catalogue_holds_each_code_once_and_in_order():
    with pytest.raises(ValueError, match="every code once"):
        Catalogue("t", "T", (TOYS.rules[0], TOYS.rules[0]))
    with pytest.raises(ValueError, match="every code once"):
        Catalogue("t", "T", (TOYS.rules[1], TOYS.rules[0]))


def test_a_row_is_found_by_its_code():
    assert TOYS.row("VR-037").severity is Severity.REVIEW
    with pytest.raises(KeyError):
        TOYS.row("VR-999")


def test_the_day_is_the_one_where_the_debtors_live():
    assert Moment.of(datetime(2026, 11, 22, 16, 0, tzinfo=UTC), "Asia/Shanghai").day.day == 23
    assert Moment.of(datetime(2026, 11, 22, 15, 59, tzinfo=UTC), "Asia/Shanghai").day.day == 22


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"off": {"VR-404": "why"}}, "VR-404"),
        ({"off": {"VR-001": "we would rather not"}}, "off.VR-001"),
        ({"stricter": {"VR-001": "REVIEW"}}, "stricter.VR-001"),
        ({"stricter": {"VR-404": "REVIEW"}}, "VR-404"),
    ],
)
def test_a_policy_may_not_switch_off_or_soften_what_it_may_not(change, key):
    policy = replace(POLICY, **({"off": {}, "stricter": {}} | change))
    with pytest.raises(PolicyError) as refused:
        check_switches(policy, (TOYS,))
    assert refused.value.key == key
    assert refused.value.mend


answers = st.dictionaries(st.sampled_from([rule.code for rule in TOYS.rules]), st.sampled_from([True, False, None]))
severities = st.lists(st.sampled_from(list(Severity)), max_size=6)


@given(severities, st.sampled_from(list(Severity)))
def test_another_finding_never_improves_a_verdict(found, another):
    order = list(Verdict)
    assert order.index(verdict_of([*found, another])) >= order.index(verdict_of(found))
    assert worst_of([*found, another]).rank >= worst_of(found).rank


@given(answers)
def test_the_verdict_is_the_worst_finding(facts):
    decision = decide(facts)
    worst = max(each.severity.rank for each in decision.findings)
    assert decision.verdict == {0: "PASS", 1: "PASS", 2: "REVIEW", 3: "REJECT"}[worst]


@given(answers)
def test_a_decision_survives_storage_and_is_found_again_by_replay(facts):
    decision = decide(facts)
    stored = Decision.from_json(decision.to_json())
    assert stored == decision == decide(facts)
    assert stored.findings[0] == Finding.from_json(decision.findings[0].to_json())
