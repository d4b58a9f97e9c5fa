"""What holds for every decision on a visit, whatever its facts."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.policies.catalogue import Severity, Stage
from fieldops.policies.decision import Decision, Outcome, Verdict, ask
from fieldops.visits.facts import HOLD_KINDS, PROOFS, STATUS_KINDS, DoneVisitFact, OpenVisitFact, VisitFacts
from fieldops.visits.rules import VISIT_RULES
from tests.visits.fact_makers import (
    NOW,
    POLICY,
    RECORDED,
    a_call,
    a_case,
    a_code,
    a_complaint,
    a_crew,
    a_day,
    a_file,
    a_hold,
    a_member,
    a_promise,
    a_repayment,
    a_request,
    a_slot,
    a_status,
    an_address,
    at,
    decide,
    visit_facts,
)

STAGES = (Stage.SCREEN, Stage.SUBMIT, Stage.APPROVE, Stage.BATCH, Stage.PUBLISH, Stage.CHECK_IN)

days = st.dates(date(2026, 10, 1), date(2027, 1, 31))
instants = days.map(lambda day: at(1) + timedelta(days=(day - date(2026, 11, 1)).days))
maybe = st.sampled_from([True, False, None])
grades = st.sampled_from(["PASS", "WARN", "REVIEW", "BLOCK"])
codes = st.sampled_from(["VAGUE_PARK", "INC_ROAD_ONLY", "SENS_COURT", "GEO_DEFERRED", "KNOWN_INVALID", "PO_BOX"])

cases = st.builds(
    a_case,
    status=st.sampled_from(["ACTIVE", "ACTIVE", "PAUSED", "RETURNED"]),
    expiry_on=st.none() | days,
    balance_fen=st.none() | st.integers(-100, 2_000_000),
    balance_as_of=st.none() | days,
)
calls = st.builds(
    a_call, outbound=st.booleans(), started_at=instants, connected=maybe, recording_id=st.sampled_from(["R", None])
)
files = st.builds(
    lambda own, **registers: a_file(*own, **registers),
    st.lists(cases, min_size=1, max_size=2).map(
        lambda two: [replace(c, ref=f"case/{i}") for i, c in enumerate(two, 1)]
    ),
    calls=st.lists(calls, max_size=3).map(tuple),
    repayments=st.lists(
        st.builds(a_repayment, instants, st.integers(1, 900_000), is_full=st.booleans()), max_size=2
    ).map(tuple),
    promises=st.lists(st.builds(a_promise, days), max_size=2).map(tuple),
    holds=st.lists(
        st.builds(a_hold, st.sampled_from(HOLD_KINDS), from_on=days, until_on=st.none() | days), max_size=2
    ).map(tuple),
    special_statuses=st.lists(
        st.builds(a_status, st.sampled_from(STATUS_KINDS), st.sampled_from(PROOFS)), max_size=2
    ).map(tuple),
    complaints=st.lists(st.builds(a_complaint, st.sampled_from(["MINOR", "ORDINARY", "MAJOR"])), max_size=2).map(tuple),
    born_on=st.none() | st.dates(date(1940, 1, 1), date(2012, 1, 1)),
)
addresses = st.builds(
    an_address,
    label=st.sampled_from(["VALID", "REVIEW", None]),
    codes=st.lists(st.builds(a_code, codes, grades), max_size=3).map(tuple),
    register_state=st.sampled_from(["UNVERIFIED", "VALID", "DOUBTFUL", "INVALID"]),
    source=st.sampled_from(["RESERVED", "UNKNOWN", None]),
    belongs_to=st.sampled_from(["DEBTOR", "THIRD", None]),
    precision=st.sampled_from(["ROOFTOP", "POI", "DISTRICT", None]),
    kind=st.sampled_from(["HOME", "WORK"]),
)
requests = st.builds(
    a_request,
    goal=st.sampled_from(["面谈", "", None]),
    approver=st.sampled_from(["user/supervisor", "user/collector", None]),
    approved_at=st.none() | instants,
    planned_on=st.none() | days,
)
facts = st.builds(
    visit_facts,
    file=files,
    address=addresses,
    request=requests,
    day=st.none() | st.builds(a_day, st.sampled_from(["", "国庆节", None])),
    slot=st.none() | st.builds(a_slot, instants, instants),
    crew=st.none()
    | st.builds(a_crew, st.builds(a_member, eligible=maybe), st.just(a_member("孙轩")), registered=maybe),
)


def test_a_visit_nobody_objects_to_passes_at_every_stage():
    for stage in STAGES[:-1]:
        decision = decide(visit_facts(), stage=stage)
        assert (decision.verdict, decision.codes) == ("PASS", ())


@given(facts, st.sampled_from(STAGES))
def test_every_rule_of_the_stage_is_found_exactly_once(known, stage):
    found = [each.code for each in decide(known, stage=stage).findings]
    assert found == [rule.code for rule in VISIT_RULES.asked_at(stage)]
    assert len(set(found)) == len(found)


@given(facts, st.sampled_from(STAGES))
def test_the_verdict_is_the_worst_finding(known, stage):
    decision = decide(known, stage=stage)
    worst = max((each.severity for each in decision.findings), key=lambda severity: severity.rank)
    assert decision.verdict == (Verdict.PASS if worst is Severity.WARN else worst.value)


@given(facts, st.sampled_from(STAGES))
def test_whatever_weighs_says_why_in_both_languages(known, stage):
    for each in decide(known, stage=stage).findings:
        if each.severity is not Severity.PASS:
            assert each.message_zh
            assert each.message_en
            assert each.mend_zh
            assert each.mend_en
            assert "{" not in each.message_zh + each.message_en
        if each.outcome is Outcome.UNKNOWN:
            assert each.severity in (Severity.REVIEW, Severity.PASS)


@given(facts, st.sampled_from(STAGES))
def test_decision_and_facts_come_back_from_storage_and_replay_the_same(known, stage):
    decision = decide(known, stage=stage)
    stored_facts = VisitFacts.from_json(json.loads(json.dumps(known.to_json())))
    assert stored_facts == known
    stored = Decision.from_json(json.loads(json.dumps(decision.to_json())))
    assert stored == decision
    assert ask(VISIT_RULES, stored_facts, POLICY, stage=stage, at=stored.at) == decision


def _with_file(known, **registers):
    return replace(known, file=replace(known.file, **registers))


WORSE = {
    "a hold": lambda known: _with_file(known, holds=(*known.file.holds, a_hold("BANK_PAUSE"))),
    "a dispute": lambda known: _with_file(known, holds=(*known.file.holds, a_hold("DISPUTE"))),
    "an instalment": lambda known: _with_file(known, holds=(*known.file.holds, a_hold("INSTALMENT"))),
    "a complaint": lambda known: _with_file(known, complaints=(*known.file.complaints, a_complaint("MAJOR"))),
    "a death": lambda known: _with_file(
        known, special_statuses=(*known.file.special_statuses, a_status("DECEASED", "CLAIMED"))
    ),
    "a promise": lambda known: _with_file(known, promises=(*known.file.promises, a_promise(date(2027, 2, 1)))),
    "no calls": lambda known: _with_file(known, calls=()),
    "an open visit": lambda known: replace(
        known,
        open_visits=(OpenVisitFact(ref="visit/9", recorded_at=RECORDED, no="V9", status="PLANNED", case_refs=()),),
    ),
    "a visit yesterday": lambda known: replace(
        known, done_visits=(DoneVisitFact(ref="visit/8", recorded_at=RECORDED, on=date(2026, 11, 22)),)
    ),
    "a vague place": lambda known: replace(
        known, address=replace(known.address, codes=(*known.address.codes, a_code("VAGUE_PARK", "BLOCK")))
    ),
    "a third party": lambda known: replace(known, address=replace(known.address, belongs_to="THIRD")),
    "a paused case": lambda known: _with_file(
        known, cases=(replace(known.file.cases[0], status="PAUSED"), *known.file.cases[1:])
    ),
}


@pytest.mark.parametrize("what", WORSE)
@given(known=facts)
def test_one_more_objection_never_improves_a_verdict(what, known):
    order = list(Verdict)
    before, after = decide(known), decide(WORSE[what](known))
    assert order.index(after.verdict) >= order.index(before.verdict)


@given(facts)
def test_nobody_paid_held_or_out_of_mandate_passes(known):
    paid = _with_file(known, cases=tuple(replace(each, balance_fen=0) for each in known.file.cases))
    held = WORSE["a hold"](known)
    out = _with_file(known, cases=tuple(replace(each, expiry_on=date(2026, 11, 22)) for each in known.file.cases))
    assert {decide(each).verdict for each in (paid, held, out)} <= {Verdict.REJECT, Verdict.REVIEW}
    assert decide(held).verdict is decide(out).verdict is Verdict.REJECT


@pytest.mark.parametrize(
    "unknown",
    [
        {"cases": (a_case(balance_fen=None),)},
        {"cases": (a_case(balance_as_of=None),)},
        {"cases": (a_case(expiry_on=None),)},
        {"born_on": None},
        {"address": an_address(label=None)},
        {"address": an_address(source=None)},
        {"address": an_address(belongs_to=None)},
        {"address": an_address(precision=None)},
    ],
)
def test_what_is_not_known_never_passes(unknown):
    assert decide(visit_facts(**unknown)).verdict != "PASS"


def test_every_row_can_be_read_and_has_its_source():
    for rule in VISIT_RULES.rules:
        assert rule.question.endswith("?")
        assert rule.question_zh.endswith("？")
        assert rule.source
        assert rule.stages
        assert rule.on_unknown in (Severity.REVIEW, Severity.PASS)
        assert rule.code.startswith("VR-")


def test_only_what_a_supervisor_may_overrule_is_waivable():
    assert [rule.code for rule in VISIT_RULES.rules if rule.waivable] == ["VR-031"]


def test_a_decision_is_stamped_with_edition_scope_stage_and_instant():
    decision = decide(visit_facts(), stage=Stage.APPROVE)
    assert (decision.catalogue, decision.edition, decision.scope) == ("visit", "2026-11", "")
    assert (decision.stage, decision.at) == (Stage.APPROVE, NOW)
