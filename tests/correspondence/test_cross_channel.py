"""One truth for visits and letters: what the post brings back stops visits, what a crew finds stops letters."""

from uuid import UUID

import pytest
from sqlalchemy import select, update

from fieldops.addresses import service as addresses
from fieldops.addresses.models import Address, GeocodeAnswer
from fieldops.addresses.showing import show_address
from fieldops.cases.models import Case
from fieldops.correspondence.mail import tracking
from fieldops.correspondence.models import Letter
from fieldops.errors import NotNow
from fieldops.results import service as results
from fieldops.tasks.models import Task
from fieldops.visits import approval
from fieldops.visits import service as visits
from fieldops.visits.models import Visit
from fieldops.visits.queries import cards_of
from tests.makers import HOME, make_point
from tests.results.sent import record

FLAT = HOME.format(611)
NEXT_DOOR = FLAT.replace("502室", "503室")
WHAT_FOR = {"purpose": "COLLECT", "reason": "LOST", "goal": "了解情况"}


def _posted(office, case_id):
    letter_id = office.approve(office.request(case_id))
    (item_id,) = office.posted([letter_id])
    return office.read(letter_id), item_id


def _request_visit(office, case_id):
    with office.house.transaction() as session:
        make_point(session, session.get_one(Case, case_id))
        return visits.request_visit(session, office.actor("phone_collector"), case_ids=(case_id,), **WHAT_FOR)


def _approved_visit(office, case_id):
    visit = _request_visit(office, case_id)
    with office.house.transaction() as session:
        approval.approve_visit(session, office.actor("supervisor"), visit["id"], comment="同意")
    return visit["id"]


def _visit(office, visit_id):
    with office.house.transaction() as session:
        return session.get_one(Visit, visit_id)


def _return(office, item_id, reason):
    scan = office.scan()
    with office.house.transaction() as session:
        tracking.record_return(session, office.actor("admin_clerk"), item_id, reason=reason, scan_sha256=scan)


def _card(client_as, address_id):
    return client_as("ADMIN_CLERK").get(f"/api/v1/addresses/{address_id}/card").json


# -- the post stops visits ----------------------------------------------------------------------------------------


def test_a_letter_that_found_no_such_door_stops_every_visit_to_that_flat_and_none_next_door(office):
    mine, other, beside = (office.case(addresses={"HOME": text}) for text in (FLAT, FLAT, NEXT_DOOR))
    _, item_id = _posted(office, mine)
    stopped = [_approved_visit(office, case_id) for case_id in (mine, other, beside)]
    _return(office, item_id, "M04")
    assert [_visit(office, one).status for one in stopped] == ["CANCELLED", "CANCELLED", "APPROVED"]


def test_a_visit_requested_after_such_a_return_is_rejected_and_quotes_the_return(office):
    case_id = office.case(addresses={"HOME": FLAT})
    _, item_id = _posted(office, case_id)
    _return(office, item_id, "M04")
    visit = _request_visit(office, case_id)
    assert (visit["status"], "VR-030" in visit["codes"]) == ("REJECTED", True)
    (finding,) = [each for each in visit["decision"].findings if each["code"] == "VR-030"]
    assert "MAIL_RETURN:" in str(finding["message_en"])


def test_a_refused_letter_stops_letters_and_no_visit(office):
    case_id = office.case(addresses={"HOME": FLAT})
    _, item_id = _posted(office, case_id)
    visit_id = _approved_visit(office, case_id)
    _return(office, item_id, "M06")
    assert _visit(office, visit_id).status == "APPROVED"
    assert office.read(office.request(case_id)).status == "REJECTED"


# -- the card -----------------------------------------------------------------------------------------------------


def test_the_card_of_a_returned_letter_tells_who_and_why_once(office, client_as):
    letter, item_id = _posted(office, office.case(addresses={"HOME": FLAT}))
    assert _card(client_as, letter.address_id)["grade"] == "C"
    _return(office, item_id, "M04")
    card = _card(client_as, letter.address_id)
    assert (card["grade"], card["register_state"], card["letters_blocked"]) == ("E", "INVALID", True)
    assert [(each["kind"], each["code"], each["raised_by"]) for each in card["history"]] == [
        ("MAIL_RETURNED", "M04", "admin_clerk"),
        ("BLOCKED", "NO_SUCH_DOOR", "admin_clerk"),
        ("BLOCKED", "M04", "admin_clerk"),
    ]


def test_the_card_tells_where_the_building_was_located_and_by_whom(office, client_as):
    letter, _item_id = _posted(office, office.case(addresses={"HOME": FLAT}))
    with office.house.transaction() as session:
        address = session.get_one(Address, letter.address_id)
        actor = office.actor("supervisor")
        addresses.confirm_point(session, actor, site_key=address.site_key, lat=39.7, lon=116.1, evidence_id="v1")
        asked = {"provider": "amap", "site_key": address.site_key, "asked_at": actor.at, "expires_at": actor.at}
        session.add(GeocodeAnswer(outcome="CITY_MISMATCH", **asked))
    card = _card(client_as, letter.address_id)
    told = {(each["code"], each["raised_by"]) for each in card["history"] if each["kind"] == "LOCATED"}
    assert told == {("CONFIRMED", "CONFIRMED"), ("CITY_MISMATCH", "AMAP")}


def test_the_card_shows_who_lifted_a_block_and_stays_in_doubt_while_letters_are_barred(office, client_as):
    letter, item_id = _posted(office, office.case(addresses={"HOME": FLAT}))
    _return(office, item_id, "M04")
    with office.house.transaction() as session:
        shown = show_address(session, letter.address_id, at=office.house.clock.now())
        assert {"KNOWN_INVALID", "MAIL_RETURNED"} <= set(shown["codes"])
        block = next(each for each in shown["blocks"] if each.channel == "ALL")
        addresses.lift_block(
            session, office.actor("supervisor"), block_id=block.id, reason="新照片", evidence_kind="DOCUMENT",
            evidence_id="照片1",
        )  # fmt: skip
    card = _card(client_as, letter.address_id)
    lifted = {each["code"]: each["lifted_by"] for each in card["history"] if each["kind"] == "BLOCKED"}
    assert (card["grade"], lifted) == ("D", {"NO_SUCH_DOOR": "supervisor", "M04": None})
    assert ("LIFTED", "新照片") in [(each["kind"], each["code"]) for each in card["history"]]


@pytest.mark.parametrize(("signed_by", "grade"), [("SELF", "B"), ("FAMILY", "B"), ("MAILROOM", "C"), ("AGENT", "C")])
def test_mail_signed_for_by_the_household_speaks_for_the_address(office, client_as, signed_by, grade):
    letter, item_id = _posted(office, office.case(addresses={"HOME": FLAT}))
    with office.house.transaction() as session:
        tracking.record_delivery(session, office.actor("admin_clerk"), item_id, signed_by=signed_by)
    card = _card(client_as, letter.address_id)
    assert (card["grade"], card["register_state"]) == (grade, "UNVERIFIED")
    assert [(each["kind"], each["code"]) for each in card["history"]] == [("MAIL_DELIVERED", signed_by)]


def test_an_address_nobody_knows_has_no_card(client_as):
    answer = client_as("QA").get("/api/v1/addresses/01a20517-0000-7000-8000-000000000000/card")
    assert (answer.status_code, answer.json["code"]) == (404, "ADDRESS_UNKNOWN")


# -- a crew stops letters -----------------------------------------------------------------------------------------


class TestOnTheRoad:
    """The same office on a day with crews on the road."""

    @pytest.fixture
    def house(self, road):
        return road.house

    @pytest.fixture
    def app(self, road):
        return road.app

    def _letter_to(self, office, visit_id):
        with office.house.transaction() as session:
            case_id = cards_of(session, [visit_id])[visit_id][0]
        return case_id, office.approve(office.request(case_id))

    def test_a_crew_that_finds_the_debtor_moved_stops_the_letters_before_they_are_printed(self, office, road):
        case_id, letter_id = self._letter_to(office, road.visit_id)
        assert office.read(letter_id).status == "GENERATED"
        with office.house.transaction() as session:
            record(session, office.house, session.get_one(Visit, road.visit_id), finding="A05", person="P08")
        letter = office.read(letter_id)
        assert (letter.status, letter.status_reason) == ("CANCELLED", "LR-031 MOVED")
        again = office.read(office.request(case_id))
        assert (again.status, "LR-031" in again.codes) == ("REJECTED", True)

    def test_a_crew_that_finds_the_house_gone_lets_letters_wait_until_its_photo_cancels_them(self, office, road):
        """Acceptance scenario 17: the result stops them, the photo proves the address invalid."""
        case_id, letter_id = self._letter_to(office, road.visit_id)
        with office.house.transaction() as session:
            result = record(session, office.house, session.get_one(Visit, road.visit_id), finding="A06", person="P08")
            photo = result.slots[0]["id"]
        letter = office.read(letter_id)
        assert (letter.status, letter.held_reason) == ("GENERATED", "LR-031")
        with pytest.raises(NotNow, match="under a hold cannot queue"):
            office.batch([letter_id])
        with office.house.transaction() as session:
            results.take_evidence(session, office.actor("agent"), UUID(photo))
        letter = office.read(letter_id)
        assert (letter.status, letter.status_reason) == ("CANCELLED", "LR-031 DEMOLISHED")
        assert office.read(office.request(case_id)).status == "REJECTED"

    @pytest.mark.parametrize(
        ("outcome", "person", "status"),
        [("O12", "P01", "HANDED"), ("O13", "P04", "LEFT_SEALED"), ("O14", "P01", "BROUGHT_BACK")],
    )
    def test_a_letter_a_crew_carried_comes_home_as_its_result_says(self, office, road, outcome, person, status):
        with office.house.transaction() as session:
            case_id = cards_of(session, [road.visit_id])[road.visit_id][0]
        letter_id = office.approve(office.request(case_id, delivery="HAND_BY_VISIT"))
        with office.house.transaction() as session:  # printing and issuing it is tested in test_crew_delivery
            session.execute(update(Letter).filter_by(id=letter_id).values(status="ISSUED_TO_CREW"))
        line = {"case_id": str(case_id), "outcome": outcome, "letter_no": office.read(letter_id).letter_no}
        line |= {"place": "信箱"} if outcome == "O13" else {}
        with office.house.transaction() as session:
            record(session, office.house, session.get_one(Visit, road.visit_id), outcome, person=person, lines=[line])
        assert office.read(letter_id).status == status

    def test_a_letter_no_crew_had_is_a_clerks_to_clear_up(self, office, road):
        with office.house.transaction() as session:
            record(session, office.house, session.get_one(Visit, road.visit_id), "O12")
        with office.house.transaction() as session:
            (task,) = [each for each in session.scalars(select(Task)) if each.kind == "LETTER_NOT_WITH_CREW"]
        assert (task.role, task.detail["outcome"]) == ("ADMIN_CLERK", "HANDED")

    def test_a_crew_that_finds_nobody_home_stops_no_letter(self, office, road):
        _, letter_id = self._letter_to(office, road.visit_id)
        with office.house.transaction() as session:
            record(session, office.house, session.get_one(Visit, road.visit_id), finding="A03", person="P08")
        assert office.read(letter_id).status == "GENERATED"

    def test_the_card_tells_of_the_visit_its_finding_and_its_outcome(self, office, road):
        with office.house.transaction() as session:
            visit = session.get_one(Visit, road.visit_id)
            address_id, no = visit.address_id, visit.no
            record(session, office.house, visit, finding="A05", person="P08")
        card = _card(road.client_as, address_id)
        (visited,) = [each for each in card["history"] if each["kind"] == "VISITED"]
        assert (visited["code"], visited["outcomes"], visited["visit_no"]) == ("A05", ["O26"], no)
        assert (card["grade"], card["visit_count"]) == ("E", 1)
        assert {each["kind"] for each in card["history"]} == {"LOCATED", "VISITED", "VISIT_FOUND", "BLOCKED"}

    def test_a_debtor_met_at_the_door_makes_an_a(self, office, road):
        with office.house.transaction() as session:
            visit = session.get_one(Visit, road.visit_id)
            address_id = visit.address_id
            record(session, office.house, visit, finding="A01")
        assert _card(road.client_as, address_id)["grade"] == "A"
