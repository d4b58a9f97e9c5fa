"""Letters over HTTP: who may do what, what is shown, what is refused by name."""

import pytest

from fieldops.correspondence.mail import numbers
from fieldops.packs.models import LetterTemplate
from tests.correspondence.conftest import SENDER
from tests.makers import BANK_CODE

ASK = {"reason": "逾期未还"}


def test_a_letter_is_asked_for_shown_and_approved(office, client_as):
    made = client_as("PHONE_COLLECTOR").post("/api/v1/letters", json=ASK | {"case_id": str(office.case())})
    assert (made.status_code, made.json["status"], made.json["verdict"]) == (201, "PENDING_REVIEW", "PASS")
    card = client_as("ADMIN_CLERK").get(f"/api/v1/letters/{made.json['id']}").json
    assert [one["stage"] for one in card["decisions"]] == ["SUBMIT"]
    assert all(finding["question"] for finding in card["decisions"][0]["findings"])
    approved = client_as("SUPERVISOR").post(f"/api/v1/letters/{made.json['id']}/approve", json={})
    assert (approved.status_code, approved.json["status"]) == (200, "GENERATED")
    assert "recipient_name" not in approved.json["figures"]
    assert approved.json["figures"]["recipient_masked"] == "张**"


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        ("FIELD_AGENT", "get", "/letters"),
        ("BANK_VIEWER", "get", "/letters"),
        ("QA", "post", "/letters"),
        ("ADMIN_CLERK", "post", "/letters/approve"),
        ("ADMIN_CLERK", "post", "/number-ranges"),
        ("SUPERVISOR", "post", "/print-batches"),
        ("ADMIN_APPROVER", "post", "/handover-lists"),
        ("PHONE_COLLECTOR", "get", "/register"),
        ("ADMIN_CLERK", "post", "/register/HQ/2026/1/reverse"),
        ("ADMIN_CLERK", "put", "/letter-senders/x"),
    ],
)
def test_who_has_not_the_post_is_refused(client_as, role, method, path):
    answer = getattr(client_as(role), method)(f"/api/v1{path}", json={} if method != "get" else None)
    assert (answer.status_code, answer.json["code"]) == (403, "ROLE_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/letters", ASK),
        ("/letters", {"case_no": "x"}),
        ("/letters", ASK | {"case_no": "x", "kind": "THREAT"}),
        ("/letters", ASK | {"case_no": "x", "amount": 12.345}),
        ("/letters/bulk", {"letters": []}),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(client_as, path, body):
    assert client_as("PHONE_COLLECTOR").post(f"/api/v1{path}", json=body).status_code == 422


def test_an_amount_with_three_decimals_or_half_a_letter_is_refused_and_changes_nothing(office, client_as):
    """A yuan has a hundred fen: 4.205 yuan is 420.5, which would else be cut off in silence."""
    (letter_id,) = office.approved()
    batch_id = office.sealed()
    with office.house.transaction() as session:
        numbers.allot_range(session, office.actor("admin_approver"), first="XA00000000001", last="XA00000009999")
    clerk, batch, said = client_as("ADMIN_CLERK"), f"/api/v1/print-batches/{batch_id}", {"postage_fen": 420.5}
    label = said | {"tracking_no": "XA00000000001"}
    for path, body in (
        (f"{batch}/register", said),
        (f"/api/v1/letters/{letter_id}/register", label),
        (f"{batch}/printed", {"quantity": 1.5}),
        (f"{batch}/reconcile", {"in_custody": 1.5}),
    ):
        answer = clerk.post(path, json=body)
        assert (answer.status_code, "Not a valid integer" in str(answer.json["errors"])) == (422, True), path
    assert office.read(letter_id).status == "SEALED"
    assert clerk.get("/api/v1/mail-items").json["items"] == []
    assert clerk.post(f"{batch}/register", json={"postage_fen": 420}).status_code == 201


BLANK = " \u3000 "


def test_blanks_are_no_reason_no_initials_and_no_office_and_change_nothing(office, client_as):
    (letter_id,) = office.approved()
    (item_id,) = office.posted()
    list_id, scan = office.item(item_id).handover_id, office.scan()
    clerk, approver = client_as("ADMIN_CLERK"), client_as("ADMIN_APPROVER")
    returned = {"reason": "M10", "scan_sha256": scan}
    assert clerk.post(f"/api/v1/mail-items/{item_id}/returned", json=returned).status_code == 201
    (*_, line) = clerk.get("/api/v1/register").json["items"]
    struck = {"item_id": str(item_id), "kind": "STRUCK_OFF", "reason": "邮局未收", "our_initials": "李"}
    today = office.house.clock.today().isoformat()
    for who, path, body, field in (
        (approver, f"/register/{line['branch']}/{line['year']}/{line['number']}/reverse", {}, "reason"),
        (approver, f"/letters/{letter_id}/undo-outcome", {}, "reason"),
        (clerk, f"/mail-items/{item_id}/remail", {}, "reason"),
        (clerk, f"/letters/{letter_id}/cancel", {}, "reason"),
        (clerk, f"/handover-lists/{list_id}/amendments", struck, "post_initials"),
        (clerk, "/handover-lists", {"on_date": today}, "post_office"),
    ):
        answer = who.post(f"/api/v1{path}", json=body | {field: BLANK})
        assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, [field]), path
    assert office.read(letter_id).status == "RETURNED"
    assert clerk.get("/api/v1/register").json["items"][-1] == line


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "M11"}])
def test_a_return_without_reason_is_422(office, client_as, body):
    office.approved()
    (item_id,) = office.posted()
    body = body | {"scan_sha256": office.scan()}
    answer = client_as("ADMIN_CLERK").post(f"/api/v1/mail-items/{item_id}/returned", json=body)
    assert (answer.status_code, "reason" in str(answer.json["errors"])) == (422, True)
    assert office.item(item_id).status == "POSTED"


def test_the_requester_of_a_letter_gets_lr_083(office, client_as):
    both = client_as("SUPERVISOR")
    made = both.post("/api/v1/letters", json=ASK | {"case_id": str(office.case())}).json
    refused = both.post(f"/api/v1/letters/{made['id']}/approve", json={})
    assert (refused.status_code, refused.json["code"]) == (403, "LR-083")


def test_what_is_not_rendered_yet_is_said_so(office, client_as):
    (letter_id,) = office.approved()
    answer = client_as("QA").get(f"/api/v1/letters/{letter_id}/pdf")
    assert (answer.status_code, answer.json["code"]) == (409, "NOT_RENDERED")


def test_letters_and_items_are_listed_page_by_page(office, client_as):
    letter_ids = office.approved(3)
    client = client_as("QA")
    first = client.get("/api/v1/letters?limit=2&status=GENERATED").json
    rest = client.get(f"/api/v1/letters?limit=2&status=GENERATED&after={first['after']}").json
    assert [one["id"] for one in first["items"] + rest["items"]] == [str(one) for one in letter_ids]
    assert rest["after"] is None


def test_the_shipped_templates_are_listed_with_their_approval(office, client_as):
    listed = {one["code"]: one for one in client_as("QA").get("/api/v1/letter-templates").json}
    assert {one["status"] for one in listed.values()} == {"APPROVED"}
    assert listed["payment-notice"]["approval_no"] == "样张备案2026-001"


def test_a_bank_nobody_knows_has_no_sender(client_as):
    answer = client_as("BUSINESS_DEPT").get("/api/v1/letter-senders/nobody")
    assert (answer.status_code, answer.json["code"]) == (404, "BANK_UNKNOWN")


def test_who_writes_for_a_bank_has_no_name_made_of_blanks(office, client_as):
    door, boss = f"/api/v1/letter-senders/{BANK_CODE}", client_as("BUSINESS_DEPT")
    for field in ("branch", "agency_name", "agency_address", "bank_phone", "law_firm", "authorisation_no"):
        answer = boss.put(door, json=SENDER | {field: BLANK})
        assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, [field])
    assert boss.get(door).json["agency_name"] == SENDER["agency_name"]


def test_without_an_approved_template_no_letter_is_asked_for(office, client_as):
    with office.house.transaction() as session:
        session.query(LetterTemplate).filter_by(kind="PAYMENT_NOTICE").one().status = "RETIRED"
    answer = client_as("PHONE_COLLECTOR").post("/api/v1/letters", json=ASK | {"case_id": str(office.case())})
    assert (answer.status_code, answer.json["code"]) == (422, "TEMPLATE_MISSING")
