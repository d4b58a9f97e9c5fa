"""A pack's way over HTTP: sent in, examined, looked at, approved by somebody else, never changed, retired."""

import pypdfium2
import pytest
import sqlalchemy as sa

from fieldops.audit import AuditEntry
from fieldops.packs import queries
from fieldops.packs.service import load_template
from letters.archive import files_from_zip
from tests.makers import make_case
from tests.packs.conftest import zipped

APPROVAL = {
    "approval_source": "BANK", "approval_no": "示范银行信函〔2026〕12号", "valid_from": "2026-11-23",
    "valid_until": "2027-11-22",
}  # fmt: skip


def approved(desk, data=None):
    template = desk.examined(data or zipped())
    desk.act(template, "submit", desk.sender)
    return desk.act(template, "approve", desk.approver, pack_sha256=template["pack_sha256"], **APPROVAL).json


def test_a_clean_pack_goes_from_upload_to_approval_and_every_step_is_on_record(desk, house):
    template = desk.examined(zipped())
    assert (template["status"], template["findings"], template["number"]) == ("DRAFT", [], 3)
    assert set(template["pages"]) == {
        "ordinary", "longest", "shortest", "rare hanzi", "markup in data", "turned text"
    }  # fmt: skip
    assert desk.act(template, "submit", desk.sender).json["status"] == "PENDING_APPROVAL"
    done = desk.act(template, "approve", desk.approver, pack_sha256=template["pack_sha256"], **APPROVAL)
    assert (done.status_code, done.json["status"], done.json["approval_no"]) == (
        200,
        "APPROVED",
        APPROVAL["approval_no"],
    )
    with house.transaction() as session:
        steps = session.scalars(
            sa.select(AuditEntry.action).filter_by(entity="letter_template").order_by(AuditEntry.id)
        )
        assert list(steps) == ["templates.upload", "templates.examine", "templates.submit", "templates.approve"]


def test_what_is_approved_is_what_was_sent_in_byte_for_byte(desk, house, client_as):
    data = zipped()
    template = approved(desk, data)
    kept = client_as("QA").get(f"/api/v1/letter-templates/{template['id']}/zip")
    assert files_from_zip(kept.data) == files_from_zip(data)
    with house.transaction() as session:
        row = queries.templates(session)[0]
        assert load_template(house.store, row).sha256 == template["pack_sha256"]


def test_a_page_of_each_sample_can_be_looked_at(desk, client_as):
    template = desk.examined(zipped())
    page = client_as("QA").get(f"/api/v1/letter-templates/{template['id']}/pages/longest/pdf")
    assert page.mimetype == "application/pdf"
    assert "阿卜杜热合曼" in pypdfium2.PdfDocument(page.data)[0].get_textpage().get_text_range()
    missing = client_as("QA").get(f"/api/v1/letter-templates/{template['id']}/pages/other/pdf")
    assert (missing.status_code, missing.json["code"]) == (404, "SAMPLE_UNKNOWN")


def test_a_pack_that_fails_the_lint_cannot_be_approved_and_its_page_shows_where(desk, client_as):
    template = desk.examined(zipped(html=[("<p>特此函告。</p>", "<p>否则列入黑名单。</p>")]))
    (finding,) = template["findings"]
    assert (finding["code"], finding["sample"], finding["page"]) == ("LR-042", "ordinary", 1)
    assert finding["place"]
    assert finding["mend"]
    refused = desk.act(template, "submit", desk.sender)
    assert (refused.status_code, refused.json["code"], refused.json["codes"]) == (409, "PACK_NOT_CLEAN", ["LR-042"])
    assert (
        desk.act(template, "approve", desk.approver, pack_sha256=template["pack_sha256"], **APPROVAL).status_code == 409
    )
    page = client_as("QA").get(f"/api/v1/letter-templates/{template['id']}/pages/ordinary/pdf").data
    image = pypdfium2.PdfDocument(page)[0].render(scale=2).to_pil()
    area = finding["area"]
    across, down = (area["left_mm"] + area["right_mm"]) / 2, area["top_mm"] - 0.35
    red, green, blue = image.getpixel((round(across / 25.4 * 144), round(down / 25.4 * 144)))
    assert red > 150 > max(green, blue)


def test_a_lawyers_letter_that_names_criminal_law_is_approved_by_a_person_who_says_why(desk):
    template = desk.examined(zipped("lawyer", html=[("依法提起民事诉讼", "依法提起民事诉讼或报案")]))
    assert [(one["code"], one["needs_person"]) for one in template["findings"]] == [("LR-042", True)]
    assert desk.act(template, "submit", desk.sender).json["status"] == "PENDING_APPROVAL"
    said = APPROVAL | {"pack_sha256": template["pack_sha256"]}
    for comment in ({}, {"comment": " "}):
        silent = desk.act(template, "approve", desk.approver, **said | comment)
        assert (silent.status_code, silent.json["code"]) in ((422, "COMMENT_NEEDED"), (422, "UNPROCESSABLE_ENTITY"))
    assert desk.act(template, "approve", desk.approver, **said, comment="法务已审").json["status"] == "APPROVED"


def test_a_pack_is_not_approved_before_it_was_examined(desk):
    sent = desk.send(zipped()).json
    assert desk.act(sent, "submit", desk.sender).json["code"] == "NOT_EXAMINED"


def test_who_brought_a_pack_in_does_not_approve_it(desk, client_as):
    both = client_as("SUPERVISOR", name="both")
    template = desk.send(zipped(), both).json
    from fieldops import jobs

    jobs.work(desk.house, until_empty=True)
    desk.act(template, "submit", desk.sender)
    refused = desk.act(template, "approve", both, pack_sha256=template["pack_sha256"], **APPROVAL)
    assert (refused.status_code, refused.json["code"]) == (403, "LR-083")
    assert (
        desk.act(template, "approve", desk.sender, pack_sha256=template["pack_sha256"], **APPROVAL).status_code == 403
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"pack_sha256": "0" * 64}, "PACK_DIFFERS"),
        ({"valid_until": "2026-11-22"}, "VALID_UNTIL"),
        ({"approval_no": ""}, None),
        ({"approval_source": "ME"}, None),
        ({"valid_from": "soon"}, None),
    ],
)
def test_an_approval_that_cannot_be_meant_is_refused(desk, change, code):
    template = desk.examined(zipped())
    desk.act(template, "submit", desk.sender)
    answer = desk.act(
        template, "approve", desk.approver, **({"pack_sha256": template["pack_sha256"]} | APPROVAL | change)
    )
    assert answer.status_code == 422
    assert code in (None, answer.json["code"])


def test_another_text_needs_another_version_and_the_same_pack_again_changes_nothing(desk):
    first = approved(desk)
    assert desk.send(zipped()).json["id"] == first["id"]
    another = desk.send(zipped(html=[("特此函告", "特此告知")]))
    assert (another.status_code, another.json["code"], another.json["newest"]) == (422, "TEMPLATE_IMMUTABLE", 3)
    assert "version = 4" in another.json["detail"]
    mended = desk.send(zipped(html=[("特此函告", "特此告知")], manifest=[("version = 3", "version = 4")]))
    assert (mended.status_code, mended.json["status"]) == (201, "DRAFT")


@pytest.mark.parametrize(
    "change", ["files = '{}'", "pack_sha256 = 'x'", "approval_no = 'x'", "valid_until = '2099-01-01'", "number = 9"]
)
def test_the_database_itself_refuses_to_change_an_approved_template(desk, change):
    approved(desk)
    with pytest.raises(sa.exc.IntegrityError, match="new text is a new version"), desk.house.transaction() as session:
        session.execute(sa.text(f"UPDATE letter_template SET {change}"))
    with pytest.raises(sa.exc.IntegrityError), desk.house.transaction() as session:
        session.execute(sa.text("DELETE FROM letter_template"))


def test_a_rejected_pack_stays_rejected_and_a_retired_one_serves_no_letter(desk, client_as):
    template = desk.examined(zipped())
    desk.act(template, "submit", desk.sender)
    assert desk.act(template, "reject", desk.approver, reason="银行未批准").json["status"] == "REJECTED"
    assert desk.act(template, "submit", desk.sender).json["code"] == "TEMPLATE_STATE"
    second = approved(desk, zipped(manifest=[("version = 3", "version = 4")]))
    assert desk.act(second, "retire", desk.approver, reason="新版已生效").json["status"] == "RETIRED"
    with desk.house.transaction() as session:
        case_id = make_case(session).id
    asked = client_as("PHONE_COLLECTOR").post("/api/v1/letters", json={"reason": "逾期", "case_id": str(case_id)})
    assert (asked.status_code, asked.json["code"]) == (422, "TEMPLATE_MISSING")


def test_only_an_approved_template_in_its_days_writes_letters_and_the_newest_goes_first(desk, client_as, house):
    ask = client_as("PHONE_COLLECTOR")

    def template_of_a_letter():
        with house.transaction() as session:
            case_id = make_case(session).id
        answer = ask.post("/api/v1/letters", json={"reason": "逾期", "case_id": str(case_id)})
        return answer.json.get("template_id", answer.json.get("code"))

    assert template_of_a_letter() == "TEMPLATE_MISSING"
    first = approved(desk)
    assert template_of_a_letter() == first["id"]
    later = desk.examined(zipped(manifest=[("version = 3", "version = 4")]))
    desk.act(later, "submit", desk.sender)
    dates = APPROVAL | {"valid_from": "2026-11-25"}
    desk.act(later, "approve", desk.approver, pack_sha256=later["pack_sha256"], **dates)
    assert template_of_a_letter() == first["id"]
    house.clock.advance(days=2)
    assert template_of_a_letter() == later["id"]


HOSTILE = {
    "a script": (zipped(html=[("<h1>", "<script>x()</script><h1>")]), "MARKUP", "<script>"),
    "an external link": (
        zipped(html=[("<h1>", '<img src="http://a.example/x.png"><h1>')]),
        "EXTERNAL_LINK",
        "a.example",
    ),
    "an imported sheet": (zipped(css=[("@page", '@import "http://a.example/x.css"; @page')]), "STYLE", "@import"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pack_is_named_and_never_laid_out(desk, name):
    data, code, words = HOSTILE[name]
    template = desk.examined(data)
    assert code in {finding["code"] for finding in template["findings"]}
    assert any(words in finding["text"] for finding in template["findings"])
    assert template["pages"] == {}
    assert desk.act(template, "submit", desk.sender).json["code"] == "PACK_NOT_CLEAN"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"not a zip", "not a whole zip"),
        (zipped(seal__png=b"\x89PNG\r\n\x1a\n" + b"\0" * 600_000), "at most"),
        (zipped(manifest=[('seal = "seal.png"', 'seal = "../seal.png"')]), "carries its seal"),
        (zipped(manifest=[("[envelope]", "[approval]\nsource = 'BANK'\n[envelope]")]), "number"),
    ],
    ids=["no zip", "oversize image", "path out of the pack", "half an approval"],
)
def test_a_pack_that_cannot_be_read_is_refused_by_name_and_nothing_is_kept(desk, data, words):
    answer = desk.send(data)
    assert (answer.status_code, answer.json["code"]) == (422, "PACK_REFUSED")
    assert words in answer.json["detail"]
    with desk.house.transaction() as session:
        assert queries.templates(session) == []


def test_a_pack_does_not_bring_its_own_approval(desk):
    approval = "[approval]\nsource = 'BANK'\nnumber = 'x'\nvalid_from = 2026-01-01\nvalid_to = 2027-01-01\n"
    shipped = zipped(manifest=[("[envelope]", f"{approval}[envelope]")])
    answer = desk.send(shipped)
    assert (answer.status_code, answer.json["code"]) == (422, "PACK_REFUSED")
    assert "by another person" in answer.json["detail"]
