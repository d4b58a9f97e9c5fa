"""Stored decisions asked again: by their own edition they come out the same, by a draft they show what it changes."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from fieldops.errors import NotNow
from fieldops.policies.replay import replay, try_draft
from fieldops.policies.service import activate_edition, draft_policy
from fieldops.visits.models import VisitDecision
from tests.makers import make_case
from tests.visits.makers_of_visits import ask_for, make_approved_visit, make_good_case, requester, supervisor

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def session(house, app):
    with house.transaction() as opened:
        yield opened


def a_draft(**visit):
    return {"based_on": "2026-11", "edition": "next", "valid_from": "2026-12-01", "visit": visit}


def test_decisions_of_every_kind_come_out_as_they_were_kept(session, house):
    make_approved_visit(session, house)
    ask_for(session, house, make_good_case(session, balance_fen=499_999))
    ask_for(session, house, make_good_case(session, called=False))
    ask_for(session, house, make_case(session, addresses={"HOME": "上海市徐汇区"}))
    done = replay(session, LONG_AGO)
    assert done.asked == session.scalar(sa.select(sa.func.count()).select_from(VisitDecision))
    assert done.asked >= 5
    assert done.differing == []
    assert done.identical == done.asked


def test_only_decisions_since_the_instant_are_asked_again(session, house):
    make_approved_visit(session, house)
    assert replay(session, house.clock.now()).asked == 2
    assert replay(session, house.clock.now() + timedelta(seconds=1)).asked == 0


def falsify(session, change):
    """Change a kept decision behind the product's back."""
    session.execute(sa.text("ALTER TABLE visit_decision DISABLE TRIGGER append_only"))
    session.execute(sa.text(f"UPDATE visit_decision SET {change} WHERE stage = 'SUBMIT'"))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("verdict = 'REJECT'", "REJECT became PASS"),
        ("facts = jsonb_set(facts, '{file,cases,0,balance_fen}', '499999')", "PASS became REJECT, VR-020"),
        ("findings = jsonb_set(findings, '{0,used,0,value}', '\"PAUSED\"')", "VR-001"),
        ("findings = jsonb_set(findings, '{0,code}', '\"VR-000\"')", "VR-001, VR-000 (asked no longer)"),
        ("findings = findings #- '{0}'", "VR-001"),
        (
            "facts = facts - 'file'",
            "its facts cannot be read any longer (file: is missing; write it out, nothing is assumed)",
        ),
        ("policy_edition = '1999-1'", "the edition 1999-1 is not on record"),
    ],
)
def test_a_decision_that_was_tampered_with_is_listed_with_what_differs(session, house, change, what):
    visit = make_approved_visit(session, house)
    falsify(session, change)
    (found,) = replay(session, LONG_AGO).differing
    assert (found.book, found.no, found.stage) == ("visit", visit.no, "SUBMIT")
    assert found.what.startswith(what)


def test_a_decision_is_replayed_by_the_edition_that_made_it_not_by_todays(session, house):
    ask_for(session, house, make_good_case(session, balance_fen=550_000))
    draft_policy(
        session, requester(house), document=a_draft(min_balance_fen=600_000) | {"valid_from": "2026-11-23"}, reason="x"
    )
    activate_edition(session, supervisor(house), "POLICY", "next")
    ask_for(session, house, make_good_case(session, balance_fen=550_000))
    editions = session.scalars(sa.select(VisitDecision.policy_edition).order_by(VisitDecision.id)).all()
    assert editions == ["2026-11", "next"]
    assert replay(session, LONG_AGO).differing == []


def test_a_draft_names_the_requests_it_would_gain_and_lose_with_their_cases(session, house):
    lost = make_good_case(session, balance_fen=550_000)
    gained = make_good_case(session, called=False)
    asked_of = make_good_case(session, balance_fen=900_000)
    for case in (lost, gained, asked_of):
        ask_for(session, house, case)
    assert {flip.effect for flip in try_draft(session, a_draft(), LONG_AGO).flips} == set()

    trial = try_draft(session, a_draft(min_balance_fen=600_000), LONG_AGO)
    (flip,) = trial.flips
    assert (flip.effect, flip.case_nos, flip.was, flip.now) == ("LOST", (lost.case_no,), "PASS", "REJECT")
    assert (flip.codes_were, flip.codes_now) == ((), ("VR-020",))
    assert trial.counted == {"GAINED": 0, "LOST": 1, "TO_A_PERSON": 0, "WITHOUT_A_PERSON": 0}
    assert (trial.asked, trial.unread, trial.truncated) == (3, 0, False)

    stale = try_draft(session, a_draft(balance_max_age_days=0), LONG_AGO)
    assert {(each.effect, each.case_nos[0]) for each in stale.flips} == {
        ("TO_A_PERSON", lost.case_no),
        ("TO_A_PERSON", asked_of.case_no),
    }


def test_a_lower_threshold_gains_what_was_rejected_for_it_alone(session, house):
    poor = make_good_case(session, balance_fen=400_000)
    ask_for(session, house, poor)
    ask_for(session, house, make_good_case(session, balance_fen=400_000, called=False))
    (flip,) = try_draft(session, a_draft(min_balance_fen=400_000), LONG_AGO).flips
    assert (flip.effect, flip.case_nos) == ("GAINED", (poor.case_no,))


def test_an_override_of_one_bank_flips_only_its_requests(session, house):
    ask_for(session, house, make_good_case(session))
    theirs = make_good_case(session, bank_code="示范银行B")
    ask_for(session, house, theirs)
    override = {"bank": "示范银行B", "reason": "contract", "change": {"visit": {"min_balance_fen": 900_000}}}
    (flip,) = try_draft(session, a_draft() | {"overrides": [override]}, LONG_AGO).flips
    assert flip.case_nos == (theirs.case_no,)


def test_trying_a_draft_over_http_is_bounded_and_writes_nothing(session, house, client_as):
    for _ in range(3):
        ask_for(session, house, make_good_case(session))
    session.commit()
    wanted = {"document": a_draft(min_balance_fen=900_000), "since": "2026-11-01T00:00:00+08:00"}
    told = client_as("MANAGER").post("/api/v1/policies/try", json=wanted | {"most": 2})
    assert (told.status_code, told.json["asked"], told.json["truncated"]) == (200, 2, True)
    whole = client_as("MANAGER").post("/api/v1/policies/try", json=wanted).json
    assert (whole["counted"]["LOST"], whole["truncated"], len(whole["flips"])) == (3, False, 3)
    assert [each["name"] for each in client_as("MANAGER").get("/api/v1/policies").json["items"]] == ["2026-11"]


def test_one_draft_is_tried_at_a_time_and_the_other_is_told_to_come_after_it(session, house):
    try_draft(session, a_draft(), LONG_AGO)
    with house.transaction() as another, pytest.raises(NotNow, match="try this one after it"):
        try_draft(another, a_draft(), LONG_AGO)
    session.rollback()
    with house.transaction() as another:
        assert try_draft(another, a_draft(), LONG_AGO).asked == 0
