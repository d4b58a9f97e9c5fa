"""An outcome recorded by mistake is taken back everywhere at once, and the right one takes its place."""

import pytest
import sqlalchemy as sa

from fieldops.correspondence import custody, queries, register
from fieldops.correspondence.mail import crew_delivery, journey, posting, remailing, tracking, undoing
from fieldops.correspondence.mail import lists as mail_lists
from fieldops.correspondence.models import MailReturn
from fieldops.correspondence.paper import batch_count
from fieldops.errors import NotNow
from fieldops.tasks.queries import task_of
from letters.register import EntryKind


@pytest.fixture
def posted(office):
    (letter_id,) = office.approved()
    (item_id,) = office.posted()
    office.house.clock.advance(days=2)
    return letter_id, item_id


def happen(office, item_id, code, **said):
    with office.house.transaction() as session:
        journey.record_event(session, office.actor("admin_clerk"), item_id, code=code, **said)


def undo(office, letter_id):
    with office.house.transaction() as session:
        undoing.undo_outcome(session, office.actor("admin_approver"), letter_id, reason="the wrong label was scanned")


def lines(office):
    with office.house.transaction() as session:
        assert register.verify_register(session) == []
        return [(line.kind, line.reverses) for line in register.register_page(session, limit=20)["items"]]


def test_a_delivery_taken_back_is_under_way_again_and_may_come_out_otherwise(office, posted):
    letter_id, item_id = posted
    happen(office, item_id, "deliver", signed_by="SELF")
    undo(office, letter_id)
    item = office.item(item_id)
    assert (office.read(letter_id).status, item.status, item.outcome) == ("POSTED", "IN_TRANSIT", None)
    assert lines(office)[-2:] == [("OUTCOME", None), ("REVERSAL", 3)]
    with office.house.transaction() as session:
        assert task_of(session, "call_after_delivery", letter_id).done_at is not None
        assert custody.custody_of(session, letter_id)[-1].holder == "POST"
        count = batch_count.count_of(session, office.read(letter_id).print_batch_id)
        assert (count.posted, count.missing) == (1, 0)
    office.house.clock.advance(hours=1)
    happen(office, item_id, "lose")
    assert (office.read(letter_id).status, lines(office)[-1][0]) == ("LOST", "OUTCOME")


def test_the_event_that_was_taken_back_is_not_believed_again(office, posted):
    letter_id, item_id = posted
    at = office.house.clock.now()
    happen(office, item_id, "deliver", signed_by="SELF", happened_at=at)
    undo(office, letter_id)
    with pytest.raises(NotNow) as refused:
        happen(office, item_id, "deliver", signed_by="SELF", happened_at=at)
    assert refused.value.code == "EVENT_CONTRADICTS"
    office.house.clock.advance(hours=1)
    happen(office, item_id, "deliver", signed_by="FAMILY")
    assert office.item(item_id).outcome == "DELIVERED FAMILY"


def test_two_outcomes_of_one_instant_are_both_taken_back_and_the_third_holds(office, posted):
    letter_id, item_id = posted
    at = office.house.clock.now()
    happen(office, item_id, "deliver", signed_by="SELF", happened_at=at)
    undo(office, letter_id)
    happen(office, item_id, "lose", happened_at=at)
    version = office.item(item_id).version
    happen(office, item_id, "lose", happened_at=at)  # told again: it stands, whatever was taken back before it
    assert office.item(item_id).version == version
    undo(office, letter_id)
    office.house.clock.advance(hours=1)
    happen(office, item_id, "deliver", signed_by="FAMILY")
    assert office.item(item_id).outcome == "DELIVERED FAMILY"
    assert [kind for kind, _ in lines(office)[2:]] == ["OUTCOME", "REVERSAL"] * 2 + ["OUTCOME"]
    with office.house.transaction() as session:
        assert task_of(session, "call_after_delivery", letter_id).done_at is None  # whom it reached is called after all


@pytest.mark.parametrize("codes", [["refuse"], ["refuse", "send_back"]])
def test_a_refusal_the_post_never_reported_is_taken_back_from_the_item_alone(office, posted, codes):
    letter_id, item_id = posted
    for code in codes:
        happen(office, item_id, code)
        office.house.clock.advance(minutes=1)
    with pytest.raises(NotNow, match="cannot deliver"):
        happen(office, item_id, "deliver", signed_by="SELF")
    before = lines(office)
    undo(office, letter_id)
    assert (office.read(letter_id).status, office.item(item_id).status) == ("POSTED", "IN_TRANSIT")
    assert lines(office) == before  # it had no outcome to reverse
    with office.house.transaction() as session:
        assert len(custody.custody_of(session, letter_id)) == 3  # printed, sealed, posted: no paper moved since
    happen(office, item_id, "deliver", signed_by="SELF")
    assert (office.read(letter_id).status, office.item(item_id).outcome) == ("DELIVERED", "DELIVERED SELF")


def test_a_line_of_the_same_number_in_another_year_hides_no_line(office, posted):
    letter_id, item_id = posted
    happen(office, item_id, "deliver", signed_by="SELF")
    undo(office, letter_id)  # line 3 of this year is taken back
    office.house.clock.advance(days=60)
    with office.house.transaction() as session:
        letter, clerk = queries.letter_by_id(session, letter_id), office.actor("admin_clerk")
        register.enter(session, clerk, [register.Line(EntryKind.CLOSED, letter)] * 2)  # two others', say
    happen(office, item_id, "deliver", signed_by="SELF")  # line 3 of the next
    undo(office, letter_id)
    with office.house.transaction() as session:
        newest = register.register_page(session, limit=9, year=2027)["items"]
        assert [(line.number, line.kind, line.reverses) for line in newest[2:]] == [
            (3, "OUTCOME", None),
            (4, "REVERSAL", 3),
        ]


def test_an_outcome_whose_line_a_keeper_has_reversed_is_taken_back_and_no_line_of_an_older_item_with_it(office, posted):
    letter_id, item_id = posted
    scan, clerk = office.scan(), office.actor("admin_clerk")
    with office.house.transaction() as session:
        tracking.record_return(session, clerk, item_id, reason="M10", scan_sha256=scan)
        remailing.remail(session, clerk, item_id, reason="damaged cover")
        posting.register_letter(session, clerk, letter_id, tracking_no="XA00000000009")
    office.hand_over(office.listed())
    with office.house.transaction() as session:
        item_id = queries.live_item_of(session, letter_id).id
    happen(office, item_id, "lose")
    with office.house.transaction() as session:
        line = register.register_page(session, limit=20)["items"][-1]
        keeper = office.actor("admin_approver")
        register.reverse_entry(session, keeper, branch=line.branch, year=line.year, number=line.number, reason="slip")
    before = lines(office)
    undo(office, letter_id)
    assert office.read(letter_id).status == "POSTED"
    assert lines(office) == before


def test_a_return_taken_back_leaves_room_for_the_right_one_and_asks_about_the_block(office, posted):
    letter_id, item_id = posted
    scan = office.scan()

    def bring_back(reason):
        with office.house.transaction() as session:
            tracking.record_return(session, office.actor("admin_clerk"), item_id, reason=reason, scan_sha256=scan)

    bring_back("M01")
    undo(office, letter_id)
    with office.house.transaction() as session:
        (first,) = session.scalars(sa.select(MailReturn))
        assert (first.undone_by, task_of(session, "return_taken_back", first.id).role) == (
            "admin_approver",
            "SUPERVISOR",
        )
    office.house.clock.advance(hours=1)
    bring_back("M10")
    with office.house.transaction() as session:
        rows = session.execute(sa.select(MailReturn.reason, MailReturn.undone_at).order_by(MailReturn.id)).all()
        assert [(reason, undone is not None) for reason, undone in rows] == [("M01", True), ("M10", False)]
    assert office.read(letter_id).status == "RETURNED"


def test_what_a_crew_reported_by_mistake_is_with_the_crew_again(office):
    letter_id = office.approve(office.request(office.case(), delivery="HAND_BY_VISIT"))
    office.sealed([letter_id])
    clerk = office.actor("admin_clerk")
    with office.house.transaction() as session:
        crew_delivery.issue_letters(session, clerk, letter_ids=[letter_id], crew="C001", carrier="王示范")
    with office.house.transaction() as session:
        crew_delivery.record_outcome(session, clerk, letter_id, outcome="HANDED", to="SELF")
        assert mail_lists.yearly(session, clerk) == []
    undo(office, letter_id)
    assert office.read(letter_id).status == "ISSUED_TO_CREW"
    assert lines(office) == [("HANDED", None), ("REVERSAL", 1)]
    with office.house.transaction() as session:
        assert custody.custody_of(session, letter_id)[-1].holder == "CREW"
        assert len(mail_lists.yearly(session, clerk)) == 1  # nothing was delivered about this case


def test_what_has_no_outcome_is_closed_mailed_again_or_replaced_is_not_taken_back(office, posted):
    letter_id, item_id = posted
    with pytest.raises(NotNow, match="cannot undo_outcome"):
        undo(office, letter_id)
    happen(office, item_id, "lose")
    with office.house.transaction() as session:
        remailing.replace_lost(session, office.actor("admin_clerk"), item_id, reason="lost by the post")
    with pytest.raises(NotNow) as refused:
        undo(office, letter_id)
    assert refused.value.code == "LETTER_REPLACED"
    assert (office.read(letter_id).status, lines(office)[-1][0]) == ("LOST", "OUTCOME")


def test_a_keeper_of_the_register_takes_an_outcome_back_and_a_clerk_does_not(office, posted, client_as):
    letter_id, item_id = posted
    happen(office, item_id, "deliver", signed_by="SELF")
    path, said = f"/api/v1/letters/{letter_id}/undo-outcome", {"reason": "the wrong label"}
    assert client_as("ADMIN_CLERK").post(path, json=said).status_code == 403
    answer = client_as("ADMIN_APPROVER").post(path, json=said)
    assert (answer.status_code, answer.json["status"]) == (200, "POSTED")
