"""An edition that a newer floor forbids decides with the floor in its place, says so, and is somebody's to mend."""

from datetime import date, time

import pytest
import sqlalchemy as sa

from fieldops.audit import Actor
from fieldops.db import uuid7
from fieldops.errors import NotUnderstood
from fieldops.policies import replay, service
from fieldops.policies.edition import ACTIVE, POLICY, PolicyError
from fieldops.policies.floors import FLOORS, check_floors
from fieldops.policies.models import PolicyEdition
from fieldops.policies.reading import shipped_editions, stored_policy
from fieldops.policies.records import to_plain
from fieldops.policies.sections import Window
from fieldops.policies.tightening import kept_to_floors, stamp
from fieldops.tasks.models import Task
from fieldops.visits.jobs import ask_again
from fieldops.visits.queries import decisions_of
from tests.visits.makers_of_visits import make_waiting_visit

TODAY = date(2026, 11, 23)
LOOSE = {
    "visit": {
        "calls": {"min_prior": 0, "require_recording": False},
        "hard_window": {"opens": "06:00", "closes": "22:00"},
        "plan_window": {"opens": "07:00", "closes": "21:30"},
        "crew_min": 1,
        "crew_max": 1,
        "lawful_sources": ["RESERVED", "BOUGHT"],
        "banned_statuses": ["FRAUD"],
        "adult_age_years": 16,
    },
    "letter": {"calls": {"min_prior": 0, "require_recording": False}, "lawyer_min_overdue_days": 1},
    "contacts": {"answered_calls_per_day": 9, "calls_per_day": 9, "calls_per_hour": 9},
    "case": {"extension_lead_days": 0, "complaint_reply_working_days": 5},
    "evidence": {"retention_years": 1},
}


def a_loose_edition(change=LOOSE, **more):
    """An edition as it was written before there were floors."""
    plain = to_plain(shipped_editions()[0])
    for section, values in change.items():
        for name, value in values.items():
            nested = plain[section][name]
            plain[section][name] = nested | value if isinstance(nested, dict) else value
    return plain | {"edition": "old", "valid_from": "2026-11-22"} | more


def test_every_floor_has_its_way_and_says_what_it_replaced():
    loose = stored_policy(a_loose_edition(timezone="America/New_York"))
    with pytest.raises(PolicyError):
        check_floors(loose)
    policy, found = kept_to_floors(loose)
    check_floors(policy)
    assert {each.key for each in found} == {floor.key for floor in FLOORS} | {"visit.plan_window", "visit.crew_max"}
    assert policy.edition == stamp("old")
    assert policy.visit.hard_window == Window(opens=time(8), closes=time(21))
    assert policy.visit.plan_window == Window(opens=time(8), closes=time(21))
    assert (policy.visit.crew_min, policy.visit.crew_max) == (2, 2)
    assert policy.visit.lawful_sources == ("RESERVED",)
    assert policy.visit.banned_statuses[0] == "FRAUD"
    (crew,) = [each for each in found if each.key == "visit.crew_min"]
    assert (crew.said, crew.applies, crew.scope) == (1, 2, "")


def test_an_override_is_tightened_for_its_bank_alone():
    override = {"bank": "示范银行A", "reason": "合同", "change": {"visit": {"crew_min": 1}}}
    policy, found = kept_to_floors(stored_policy(a_loose_edition({}, overrides=[override])))
    assert [(each.key, each.scope, each.applies) for each in found] == [("visit.crew_min", "示范银行A", 2)]
    assert policy.for_bank("示范银行A").visit.crew_min == 2


@pytest.mark.parametrize(
    ("everywhere", "change", "key", "applies"),
    [
        (
            {"hard_window": {"opens": "06:00", "closes": "22:00"}},
            {"plan_window": {"opens": "07:00", "closes": "12:00"}},
            "visit.plan_window",
            {"opens": "08:00:00", "closes": "12:00:00"},
        ),
        ({"crew_min": 1}, {"crew_max": 1}, "visit.crew_max", 2),
    ],
)
def test_an_override_that_would_not_stand_on_a_floor_is_moved_along(everywhere, change, key, applies):
    override = {"bank": "示范银行A", "reason": "合同", "change": {"visit": change}}
    policy, found = kept_to_floors(stored_policy(a_loose_edition({"visit": everywhere}, overrides=[override])))
    (floor,) = everywhere
    assert [(each.key, each.scope) for each in found] == [(f"visit.{floor}", ""), (key, "示范银行A")]
    assert policy.for_bank("示范银行A").plain_value(key) == applies
    check_floors(policy.for_bank("示范银行A"))


def test_hours_are_counted_where_the_debtors_live_whatever_an_edition_says():
    override = {"bank": "示范银行A", "reason": "合同", "change": {"visit": {"crew_max": 4}}}
    loose = stored_policy(a_loose_edition({}, timezone="America/New_York", overrides=[override]))
    policy, found = kept_to_floors(loose)
    assert [(each.key, each.scope, each.said, each.applies) for each in found] == [
        ("timezone", "", "America/New_York", "Asia/Shanghai")
    ]
    assert policy.for_bank("示范银行A").timezone == "Asia/Shanghai"


def test_a_product_of_a_bank_is_tightened_with_its_bank():
    overrides = [
        {"bank": "示范银行A", "reason": "合同", "change": {"visit": {"crew_min": 1}}},
        {"bank": "示范银行A", "product": "白金卡", "reason": "合同", "change": {"visit": {"crew_max": 1}}},
    ]
    policy, _ = kept_to_floors(stored_policy(a_loose_edition({}, overrides=overrides)))
    own = policy.for_bank("示范银行A", "白金卡").visit
    assert (own.crew_min, own.crew_max) == (2, 2)


def test_hours_that_lie_outside_the_law_become_the_lawful_ones():
    night = {
        "visit": {
            "hard_window": {"opens": "21:30", "closes": "23:00"},
            "plan_window": {"opens": "22:00", "closes": "22:30"},
        }
    }
    policy, _ = kept_to_floors(stored_policy(a_loose_edition(night)))
    assert policy.visit.hard_window == policy.visit.plan_window == Window(opens=time(8), closes=time(21))


@pytest.mark.parametrize("policy", shipped_editions(), ids=lambda policy: policy.edition)
def test_an_edition_that_keeps_to_the_floors_stays_as_it_is(policy):
    assert kept_to_floors(policy) == (policy, ())


def make_old_edition(session, house):
    """An edition that was activated before this release."""
    values = {
        "drafted_by": "a",
        "drafted_at": house.clock.now(),
        "activated_by": "b",
        "activated_at": house.clock.now(),
    }
    row = PolicyEdition(
        id=uuid7(), kind=POLICY, name="old", first_on=date(2026, 11, 22), status=ACTIVE, document=a_loose_edition(),
        reason="before the floors", **values,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def test_decisions_go_on_under_a_name_of_their_own_and_are_replayed(house):
    with house.transaction() as session:
        make_old_edition(session, house)
        visit = make_waiting_visit(session, house)
        assert decisions_of(session, visit.id)[-1].policy_edition == stamp("old")
        assert service.policy_on(session, TODAY).visit.crew_min == 2
        assert service.policy_named(session, "old").visit.crew_min == 1
        done = replay.replay(session, house.clock.now())
        assert (done.asked, done.differing) == (1, [])


def test_a_supervisor_is_told_once_and_the_edition_shows_it(house):
    with house.transaction() as session:
        row_id = make_old_edition(session, house).id
    ask_again(house)
    ask_again(house)
    with house.transaction() as session:
        (task,) = session.scalars(sa.select(Task).filter_by(kind="POLICY_TIGHTENED")).all()
        assert (task.role, task.entity_id, task.detail["edition"]) == ("SUPERVISOR", row_id, "old")
        shown = service.shown_edition(session, POLICY, "old")
        assert "visit.crew_min" in {each.key for each in shown["tightened"]}
        assert service.tightened_in_force(session, TODAY)[:2] == (row_id, "old")


def test_nothing_is_told_of_an_edition_that_keeps_to_the_floors(house):
    with house.transaction() as session:
        assert service.tightened_in_force(session, TODAY) is None
        document = {"based_on": "2026-11", "edition": "own", "valid_from": "2026-11-23"}
        service.draft_policy(session, Actor("author", house.clock.now()), document=document, reason="x")
        service.activate_edition(session, Actor("manager", house.clock.now()), POLICY, "own")
        assert service.tightened_in_force(session, TODAY) is None
        assert service.policy_on(session, TODAY).edition == "own"


def test_a_draft_is_not_named_like_a_tightened_edition(house):
    document = {"based_on": "2026-11", "edition": "own@2026-11", "valid_from": "2026-11-24"}
    with house.transaction() as session, pytest.raises(NotUnderstood) as refused:
        service.draft_policy(session, Actor("author", house.clock.now()), document=document, reason="x")
    assert refused.value.code == "EDITION_NAME"
