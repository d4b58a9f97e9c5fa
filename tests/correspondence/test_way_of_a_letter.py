"""A letter's way from request to delivery, and what each step leaves behind."""

import hashlib

import pytest

from fieldops.correspondence import queries, register
from fieldops.correspondence.mail import tracking


@pytest.fixture
def office(real_office):
    return real_office


def test_a_letter_goes_from_request_to_the_post_and_home(office):
    letter_id = office.approved()[0]
    approved = office.read(letter_id)
    assert (approved.status, approved.letter_no) == ("GENERATED", "〔2026〕示范缴字第000001号")
    assert (approved.figures["balance_fen"], approved.figures["balance_as_of"]) == (800_000, "2026-11-22")
    (item_id,) = office.posted()
    posted = office.read(letter_id)
    assert posted.status == "POSTED"
    assert hashlib.sha256(office.house.store.get(posted.pdf_sha256)).hexdigest() == posted.pdf_sha256
    item = office.item(item_id)
    assert (item.status, item.tracking_no) == ("POSTED", "XA00000000001")
    with office.house.transaction() as session:
        tracking.record_delivery(session, office.actor("admin_clerk"), item_id, signed_by="SELF")
    assert office.read(letter_id).status == "DELIVERED"
    with office.house.transaction() as session:
        lines = register.register_page(session, limit=10)["items"]
        assert [line.kind for line in lines] == ["REGISTERED", "POSTED", "OUTCOME"]
        assert [line.number for line in lines] == [1, 2, 3]
        assert register.verify_register(session) == []
        assert [one.stage for one in queries.decisions_of(session, letter_id)] == [
            "SUBMIT", "APPROVE", "PRINT", "POST", "POST",
        ]  # fmt: skip
