"""A doubt newer than the approval: a supervisor accepts it, nobody else does, and what is rejected stays so."""

from datetime import date

import pytest

from fieldops.app import register_handlers
from fieldops.audit import AuditEntry
from fieldops.cases import complaints
from fieldops.cases.models import Hold
from fieldops.errors import NotAllowed, NotNow, StaleVersion
from fieldops.visits import queries
from fieldops.visits.accepting import accept_doubts
from tests.visits.makers_of_visits import make_approved_visit, make_waiting_visit, requester, supervisor

TODAY = date(2026, 11, 23)


@pytest.fixture
def session(house):
    register_handlers()
    with house.transaction() as opened:
        yield opened


@pytest.fixture
def doubtful(session, house):
    """An approved visit whose balance has grown old since."""
    visit = make_approved_visit(session, house)
    house.clock.advance(days=4)
    return visit


def test_what_is_accepted_is_kept_shown_and_written_down(session, house, doubtful):
    shown = accept_doubts(session, supervisor(house), doubtful.id, comment="已核", version=doubtful.version)
    (case_id,) = queries.cards_of(session, [doubtful.id])[doubtful.id]
    assert (shown["status"], shown["accepted"]) == ("APPROVED", [f"VR-021 case:{case_id}/v1"])
    assert queries.decisions_of(session, doubtful.id)[-1].stage == "APPROVE"
    entry = session.query(AuditEntry).filter_by(action="visits.accept").one()
    assert (entry.reason, entry.detail["codes"]) == ("已核", ["VR-021"])


def test_what_is_accepted_once_is_no_doubt_any_longer(session, house, doubtful):
    accept_doubts(session, supervisor(house), doubtful.id, comment="已核")
    with pytest.raises(NotNow, match="ask nothing new") as refused:
        accept_doubts(session, supervisor(house), doubtful.id, comment="已核")
    assert refused.value.code == "NOTHING_TO_ACCEPT"


def test_who_requested_a_visit_does_not_judge_it(session, house, doubtful):
    with pytest.raises(NotAllowed, match="requested this visit"):
        accept_doubts(session, requester(house), doubtful.id, comment="已核")


def test_a_rejection_cannot_be_accepted(session, house, doubtful):
    (case_id,) = queries.cards_of(session, [doubtful.id])[doubtful.id]
    session.add(Hold(case_id=case_id, kind="BANK_PAUSE", from_on=TODAY))  # nobody announced it
    session.flush()
    with pytest.raises(NotNow, match="VR-050") as refused:
        accept_doubts(session, supervisor(house), doubtful.id, comment="已核")
    assert (refused.value.code, doubtful.accepted) == ("VISIT_REJECTED", [])


def test_only_what_is_approved_and_not_begun_has_doubts_to_accept(session, house):
    waiting = make_waiting_visit(session, house)
    with pytest.raises(NotNow) as refused:
        accept_doubts(session, supervisor(house), waiting.id, comment="已核")
    assert refused.value.code == "VISIT_NOT_CLEARED"


def test_a_visit_that_changed_since_it_was_read_is_read_again(session, house, doubtful):
    with pytest.raises(StaleVersion):
        accept_doubts(session, supervisor(house), doubtful.id, comment="已核", version=doubtful.version - 1)


def test_a_doubt_accepted_covers_the_row_it_was_about_and_no_other(session, house, doubtful):
    accept_doubts(session, supervisor(house), doubtful.id, comment="已核")
    (case_id,) = queries.cards_of(session, [doubtful.id])[doubtful.id]
    complaints.open_complaint(session, supervisor(house), case_id=case_id, grade="MINOR", received_on=TODAY)
    assert doubtful.status == "PENDING_REVIEW"
