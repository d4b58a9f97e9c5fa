"""Editions in the database: drafted by one person, activated by another, dated, and never changed."""

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from fieldops.audit import Actor, AuditEntry
from fieldops.errors import NotAllowed, NotFound, NotNow, NotUnderstood
from fieldops.policies import service
from fieldops.policies.edition import CALENDAR, POLICY
from fieldops.policies.models import PolicyEdition
from fieldops.policies.reading import shipped_editions
from fieldops.policies.records import to_plain

DAY = date(2026, 12, 1)


@pytest.fixture
def session(house):
    with house.transaction() as opened:
        yield opened


@pytest.fixture
def author(house):
    return Actor("author", house.clock.now())


@pytest.fixture
def manager(house):
    return Actor("manager", house.clock.now())


def a_draft(name="2026-12", begins=DAY, **visit):
    return {"based_on": "2026-11", "edition": name, "valid_from": begins.isoformat(), "visit": visit}


def draft(session, actor, document, reason="letter of the bank"):
    return service.draft_policy(session, actor, document=document, reason=reason)


def test_a_draft_decides_nothing_until_another_person_activates_it_and_then_from_its_day_on(session, author, manager):
    made = draft(session, author, a_draft(min_balance_fen=600_000))
    assert made["status"] == "DRAFT"
    assert made["changes"] == [{"key": "visit.min_balance_fen", "was": 500_000, "now": 600_000}]
    assert service.policy_on(session, DAY).edition == "2026-11"

    assert service.activate_edition(session, manager, POLICY, "2026-12")["activated_by"] == "manager"
    assert service.policy_on(session, date(2026, 11, 30)).edition == "2026-11"
    begun = service.policy_on(session, DAY)
    assert (begun.edition, begun.visit.min_balance_fen) == ("2026-12", 600_000)
    assert begun.visit.calls == shipped_editions()[0].visit.calls
    acts = session.scalars(sa.select(AuditEntry).filter_by(entity="policy_edition").order_by(AuditEntry.id)).all()
    assert [(each.action, each.actor) for each in acts] == [
        ("policies.draft", "author"),
        ("policies.activate", "manager"),
    ]


def test_who_drafted_an_edition_cannot_activate_it_not_even_past_the_service(session, author, house):
    draft(session, author, a_draft())
    with pytest.raises(NotAllowed) as refused:
        service.activate_edition(session, author, POLICY, "2026-12")
    assert refused.value.code == "FOUR_EYES"
    with pytest.raises(DBAPIError, match="four_eyes"), session.begin_nested():
        session.execute(sa.update(PolicyEdition).values(activated_by="author"))


def test_what_an_edition_says_can_be_neither_changed_nor_deleted(session, author):
    draft(session, author, a_draft())
    for act in (
        sa.update(PolicyEdition).values(document={}),
        sa.update(PolicyEdition).values(first_on=date(2027, 1, 1)),
        sa.delete(PolicyEdition),
    ):
        with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
            session.execute(act)


@pytest.mark.parametrize(
    ("document", "code", "key"),
    [
        (a_draft(crew_min=1), "POLICY_TOO_LOOSE", "visit.crew_min"),
        (a_draft(hard_window={"opens": "07:00:00"}), "POLICY_TOO_LOOSE", "visit.hard_window"),
        (a_draft(calls={"require_recording": False}), "POLICY_TOO_LOOSE", "visit.calls.require_recording"),
        (a_draft(min_balance=1), "POLICY_REFUSED", "visit.min_balance"),
        (a_draft() | {"off": {"VR-999": "why"}}, "RULE_UNKNOWN", "VR-999"),
        (a_draft() | {"off": {"VR-020": "why"}}, "RULE_ALWAYS_ASKED", "off.VR-020"),
        (a_draft() | {"stricter": {"VR-020": "WARN"}}, "POLICY_TOO_LOOSE", "stricter.VR-020"),
        (a_draft() | {"overrides": [{"bank": "B", "reason": " "}]}, "POLICY_REFUSED", "overrides.reason"),
        (
            a_draft() | {"overrides": [{"bank": "B", "reason": "contract", "change": {"visit": {"crew_min": 1}}}]},
            "POLICY_TOO_LOOSE",
            "visit.crew_min",
        ),
        ({"edition": "2026-12"}, "POLICY_REFUSED", "case"),
    ],
)
def test_a_policy_that_cannot_stand_is_refused_by_its_key_and_kept_nowhere(session, author, document, code, key):
    with pytest.raises(NotUnderstood) as refused:
        draft(session, author, document)
    assert (refused.value.code, refused.value.extra["key"]) == (code, key)
    assert refused.value.extra["mend"]
    assert session.scalar(sa.select(sa.func.count()).select_from(PolicyEdition)) == 0


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (a_draft("2026-11", date(2026, 12, 9)), "EDITION_EXISTS"),
        (a_draft("late", date(2026, 11, 22)), "EDITION_TOO_LATE"),
        (a_draft("twin", DAY), "EDITIONS_OVERLAP"),
        (a_draft("2026-12", date(2026, 12, 2)), "EDITION_EXISTS"),
        (a_draft("x") | {"based_on": "2026-10"}, "EDITION_UNKNOWN"),
        (a_draft("2026/12", date(2026, 12, 9)), "EDITION_NAME"),
        (a_draft("x" * 65, date(2026, 12, 9)), "EDITION_NAME"),
    ],
)
def test_a_name_or_a_day_that_is_taken_or_over_is_refused(session, author, manager, document, code):
    draft(session, author, a_draft())
    service.activate_edition(session, manager, POLICY, "2026-12")
    with pytest.raises((NotUnderstood, NotFound)) as refused:
        draft(session, author, document)
    assert refused.value.code == code


def test_an_edition_may_begin_today_and_a_draft_left_lying_too_long_cannot_be_activated(
    session, author, manager, house
):
    draft(session, author, a_draft("today", date(2026, 11, 23)))
    draft(session, author, a_draft("soon", date(2026, 11, 24)))
    service.activate_edition(session, manager, POLICY, "today")
    assert service.policy_on(session, date(2026, 11, 23)).edition == "today"
    house.clock.advance(days=2)
    with pytest.raises(NotNow) as refused:
        service.activate_edition(session, Actor("manager", house.clock.now()), POLICY, "soon")
    assert refused.value.code == "EDITION_TOO_LATE"


def test_two_drafts_of_one_day_do_not_both_become_active(session, author, manager):
    draft(session, author, a_draft("one"))
    draft(session, author, a_draft("two"))
    service.activate_edition(session, manager, POLICY, "one")
    with pytest.raises(NotNow) as refused:
        service.activate_edition(session, manager, POLICY, "two")
    assert refused.value.code == "EDITIONS_OVERLAP"


def test_an_edition_is_taken_back_before_it_begins_and_never_after(session, author, manager, house):
    draft(session, author, a_draft())
    service.activate_edition(session, manager, POLICY, "2026-12")
    with pytest.raises(NotNow, match="only a draft"):
        service.activate_edition(session, manager, POLICY, "2026-12")
    withdrawn = service.withdraw_edition(session, author, POLICY, "2026-12", reason="the bank changed its mind")
    assert withdrawn["status"] == "WITHDRAWN"
    assert service.policy_on(session, DAY).edition == "2026-11"

    draft(session, author, a_draft())  # the name is free again
    service.activate_edition(session, manager, POLICY, "2026-12")
    house.clock.advance(days=8)
    with pytest.raises(NotNow) as refused:
        service.withdraw_edition(session, Actor("author", house.clock.now()), POLICY, "2026-12", reason="too late")
    assert refused.value.code == "EDITION_BEGUN"
    with pytest.raises(NotFound):
        service.withdraw_edition(session, author, POLICY, "2026-11", reason="shipped ones stay")


def test_a_whole_edition_is_drafted_as_it_is_shipped(session, author):
    whole = to_plain(shipped_editions()[0]) | {"edition": "whole", "valid_from": "2026-12-05"}
    assert draft(session, author, whole)["changes"] == []


def a_calendar(name="2027-1", year=2027):
    return {
        "edition": name,
        "year": year,
        "source": "notice of the State Council",
        "holidays": [{"name": "元旦", "first_on": f"{year}-01-01", "last_on": f"{year}-01-03"}],
        "worked_weekends": [],
    }


def test_a_calendar_of_a_year_nobody_knew_holds_once_another_person_activated_it(session, author, manager):
    assert service.calendar_of(session, 2027) is None
    service.draft_calendar(session, author, document=a_calendar(), reason="the notice is out")
    assert service.calendar_of(session, 2027) is None
    service.activate_edition(session, manager, CALENDAR, "2027-1")
    assert service.calendar_of(session, 2027).holiday_on(date(2027, 1, 2)) == "元旦"

    second = a_calendar("2027-2") | {"holidays": []}
    service.draft_calendar(session, author, document=second, reason="the notice was corrected")
    service.activate_edition(session, manager, CALENDAR, "2027-2")
    assert service.calendar_of(session, 2027).holiday_on(date(2027, 1, 2)) == ""
    assert service.editions(session, CALENDAR, at=author.at)["in_force"] == "2026-1"


def test_a_calendar_that_cannot_be_is_refused_by_its_key(session, author):
    with pytest.raises(NotUnderstood) as refused:
        service.draft_calendar(session, author, document=a_calendar() | {"year": 2028}, reason="a slip")
    assert (refused.value.code, refused.value.extra["key"]) == ("POLICY_REFUSED", "year")
