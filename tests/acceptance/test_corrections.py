"""A bank corrects itself by file: whose case it is, and that what was released stands after all."""

from sqlalchemy import select

from fieldops.cases.models import Case, Complaint, SpecialStatus
from tests.acceptance.test_events import CANCELLED, TODAY, WITHDRAWN
from tests.bank_files import case_row, take_in


def test_a_corrected_identity_number_leaves_nothing_on_its_way_to_the_first_person(stage):
    case_id, visit_id = stage.visits["APPROVED"]
    stage.post(f"/cases/{case_id}/complaints", grade="MINOR", received_on=TODAY)
    stage.post(f"/cases/{case_id}/special-statuses", kind="CUSTODY", proof="CLAIMED", from_on=TODAY)
    before = stage.get(f"/cases/{case_id}")
    rows = [
        case_row(100 + number, 案件编号=stage.get(f"/cases/{each}")["case_no"], 欠款总额=8000, 到期日="2026-12-31")
        for number, each in enumerate(stage.cases)
    ]
    summary = take_in(stage.house, "cases", rows)
    assert (summary.changed, summary.errors) == (len(rows), 0)
    assert (stage.where_visits_are(), stage.where_letters_are()) == (CANCELLED, WITHDRAWN)
    assert "DEBTOR_CORRECTED" in stage.get(f"/visits/{visit_id}")["status_reason"]
    with stage.house.transaction() as session:
        debtor_id = session.get_one(Case, case_id).debtor_id
        assert str(debtor_id) != before["debtor_id"]
        for register in (Complaint, SpecialStatus):
            assert session.scalars(select(register.debtor_id).filter_by(case_id=case_id)).all() == [debtor_id]
    told = stage.titles_of_case(case_id)
    assert told.index("证件号码更正") < told.index("外访取消")


def test_the_same_row_again_changes_nothing(stage):
    case_id, _ = stage.visits["APPROVED"]
    row = case_row(100, 案件编号=stage.get(f"/cases/{case_id}")["case_no"], 欠款总额=8000, 到期日="2026-12-31")
    take_in(stage.house, "cases", [row])
    acts = stage.acts_on("visits", "APPROVED")
    assert take_in(stage.house, "cases", [row]).unchanged == 1
    assert stage.acts_on("visits", "APPROVED") == acts


def test_what_the_bank_speaks_of_again_stands_again_and_the_same_words_again_do_not(stage):
    case_id, visit_id = stage.visits["APPROVED"]
    row = {"案件编号": stage.get(f"/cases/{case_id}")["case_no"], "类型": "委托方停催", "开始日期": TODAY}
    take_in(stage.house, "flags", [row])
    (hold,) = stage.get(f"/cases/{case_id}")["holds"]
    stage.post(f"/cases/{case_id}/holds/{hold['id']}/release", reason="电话通知")
    assert take_in(stage.house, "flags", [row]).unchanged == 1
    assert stage.get(f"/visits/{visit_id}")["status"] == "APPROVED"
    assert take_in(stage.house, "flags", [row | {"截止日期": "2026-12-01"}]).changed == 1
    assert stage.get(f"/cases/{case_id}")["holds"][0]["released_at"] is None
    assert stage.get(f"/visits/{visit_id}")["status"] == "SUSPENDED"
