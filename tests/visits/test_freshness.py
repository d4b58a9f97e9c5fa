"""What an approval was based on, beside what is on record now."""

from datetime import date

import pytest

from fieldops.cases.models import Case, Hold
from fieldops.errors import NotFound
from fieldops.visits.freshness import freshness_of
from fieldops.visits.models import VisitDecision
from fieldops.visits.queries import cards_of
from tests.visits.makers_of_visits import make_approved_visit, make_waiting_visit


@pytest.fixture
def session(house, app):
    with house.transaction() as opened:
        yield opened


def asked(session, house, visit):
    session.flush()
    session.expire_all()
    return freshness_of(session, visit.id, at=house.clock.now())


def test_nothing_is_stale_right_after_an_approval_and_asking_writes_nothing(session, house):
    visit = make_approved_visit(session, house)
    before = session.query(VisitDecision).count()
    told = asked(session, house, visit)
    assert (told["stage"], told["verdict_then"], told["verdict_now"]) == ("APPROVE", "PASS", "PASS")
    assert [each["code"] for each in told["changed"]] == []
    assert session.query(VisitDecision).count() == before


def test_a_balance_that_moved_and_a_hold_that_came_are_named_with_both_values(session, house):
    visit = make_approved_visit(session, house)
    (case_id,) = cards_of(session, [visit.id])[visit.id]
    session.get(Case, case_id).balance_fen = 499_999
    session.add(Hold(case_id=case_id, kind="MANAGER", from_on=date(2026, 11, 23)))
    told = asked(session, house, visit)
    assert told["verdict_now"] == "REJECT"
    changed = {each["code"]: each for each in told["changed"]}
    assert {"VR-020", "VR-050"} <= changed.keys()
    balance = changed["VR-020"]
    assert (balance["severity_then"], balance["severity_now"]) == ("PASS", "REJECT")
    assert balance["used_then"][0]["value"]["now_fen"] == 800_000
    assert balance["used_now"][0]["value"]["now_fen"] == 499_999


def test_data_that_only_grew_old_is_named(session, house):
    visit = make_waiting_visit(session, house)
    house.clock.advance(days=3)
    told = asked(session, house, visit)
    assert told["stage"] == "SUBMIT"
    (stale,) = [each for each in told["changed"] if each["code"] == "VR-021"]
    assert (stale["severity_then"], stale["severity_now"]) == ("PASS", "REVIEW")
    house.clock.advance(days=-3)


def test_it_is_served_to_who_may_read_visits(session, house, client_as):
    visit = make_approved_visit(session, house)
    session.commit()
    told = client_as("SUPERVISOR").get(f"/api/v1/visits/{visit.id}/freshness")
    assert (told.status_code, told.json["changed"], told.json["edition_then"]) == (200, [], "2026-11")
    assert client_as("FIELD_AGENT").get(f"/api/v1/visits/{visit.id}/freshness").status_code == 403


def test_an_unknown_visit_has_no_freshness(session, house):
    stranger = make_approved_visit(session, house).bank_id
    with pytest.raises(NotFound):
        freshness_of(session, stranger, at=house.clock.now())
