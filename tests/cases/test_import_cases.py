"""Case files into cases: every row or its reason, versions, one debtor per number, sealed numbers, addresses."""

from datetime import date

import pytest
import sqlalchemy as sa

from fieldops.addresses.models import Address
from fieldops.audit import Actor
from fieldops.cases.events import CaseChanged
from fieldops.cases.jobs import ask_for_late_files
from fieldops.cases.models import Bank, Case, CaseAddress, CaseVersion, Debtor
from fieldops.db import driver_connection
from fieldops.imports.service import error_file, import_file
from fieldops.policies import service as policies
from fieldops.tasks.models import Task
from tests.bank_files import case_row, take_in, workbook


def every(house, table, *order):
    with house.transaction() as session:
        return session.scalars(sa.select(table).order_by(*order)).all()


def only(house, table):
    (row,) = every(house, table)
    return row


def reasons(house, summary):
    return error_file(house, summary.import_id)


def test_a_row_becomes_a_bank_a_debtor_a_case_its_version_and_its_addresses(house):
    summary = take_in(house, "cases", [case_row(1, 户籍地址="河南省洛阳市洛龙区人民路222号7号楼3单元162室")])
    assert (summary.created, summary.errors) == (1, 0)
    case, debtor, bank = only(house, Case), only(house, Debtor), only(house, Bank)
    assert (bank.code, bank.name) == ("示范银行A", "示范银行A")
    assert (case.balance_fen, case.principal_fen, case.min_due_fen, case.overdue_days) == (800_050, 700_000, 80_005, 60)
    assert (case.status, case.version, case.appointment) == ("ACTIVE", 1, "11:30-13:30")
    assert (case.balance_as_of, case.expiry_on) == (date(2026, 11, 22), date(2027, 1, 3))
    assert (debtor.born_on, case.debtor_id) == (date(1951, 1, 1), debtor.id)
    version = only(house, CaseVersion)
    assert (version.case_id, version.version, version.row_no, version.import_id) == (case.id, 1, 2, summary.import_id)
    kinds = {link.kind: link.address_id for link in every(house, CaseAddress)}
    raws = {address.id: (address.raw, address.source, address.bank_provided) for address in every(house, Address)}
    assert raws[kinds["HOME"]] == ("北京市朝阳区安慧北里3号楼2单元501室", "RESERVED", True)
    assert raws[kinds["HUKOU"]][0].startswith("河南省洛阳市")
    assert len(raws) == 2, "a company name makes no address"


def test_numbers_are_sealed_to_their_rows_and_found_by_their_blind_index(house):
    take_in(house, "cases", [case_row(1)])
    case, debtor = only(house, Case), only(house, Debtor)
    sent = case_row(1)
    assert house.vault.open(case.card_no_sealed, row=case.id, column="card_no") == sent["卡号"]
    assert house.vault.open(debtor.id_no_sealed, row=debtor.id, column="id_no") == sent["证件号码"]
    assert house.vault.open(debtor.phone_sealed, row=debtor.id, column="phone") == sent["手机号码"]
    assert debtor.id_no_index == house.vault.index(sent["证件号码"], kind="id_no")
    assert (case.card_last4, debtor.id_no_last4) == (sent["卡号"][-4:], sent["证件号码"][-4:])


def test_no_table_holds_a_whole_personal_number_in_clear(house):
    take_in(house, "cases", [case_row(1), case_row(2, 欠款总额="?")])
    with house.transaction() as session:
        connection = driver_connection(session)
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        everything = "".join(
            line for (table,) in tables for (line,) in connection.execute(f'SELECT t::text FROM "{table}" t').fetchall()
        )
    for sent in (case_row(1), case_row(2)):
        for heading in ("证件号码", "手机号码", "卡号"):
            assert sent[heading] not in everything


def test_the_same_file_twice_changes_nothing(house, heard):
    rows = [case_row(n) for n in range(1, 8)]
    take_in(house, "cases", rows)
    before = [(case.id, case.version, case.row_sha256) for case in every(house, Case, Case.id)]
    again = import_file_as_workbook(house, rows)
    assert (again.created, again.changed, again.unchanged, again.errors) == (0, 0, 7, 0)
    assert [(case.id, case.version, case.row_sha256) for case in every(house, Case, Case.id)] == before
    assert len(every(house, CaseVersion)) == 7
    assert heard == []


def import_file_as_workbook(house, rows):
    return import_file(house, Actor("clerk", house.clock.now()), "cases", workbook(rows), "cases.xlsx")


def test_a_changed_row_is_a_new_version_of_the_same_case(house, heard):
    take_in(house, "cases", [case_row(1), case_row(2)])
    first = {case.case_no: case for case in every(house, Case)}
    summary = take_in(house, "cases", [case_row(1, 欠款总额="5000.00"), case_row(2)])
    assert (summary.changed, summary.unchanged) == (1, 1)
    case = next(case for case in every(house, Case) if case.case_no == "C1")
    assert (case.id, case.balance_fen, case.version) == (first["C1"].id, 500_000, 2)
    assert house.vault.open(case.card_no_sealed, row=case.id, column="card_no") == case_row(1)["卡号"]
    told = [
        version.fields["balance_fen"]
        for version in every(house, CaseVersion, CaseVersion.version)
        if version.case_id == case.id
    ]
    assert told == [800_050, 500_000]
    (event,) = heard
    assert isinstance(event, CaseChanged)
    assert (event.case_id, event.balance_before_fen, event.balance_fen) == (case.id, 800_050, 500_000)


def test_a_version_shows_masked_numbers_only(house):
    take_in(house, "cases", [case_row(1)])
    fields = only(house, CaseVersion).fields
    sent = case_row(1)
    assert fields["card_no"] == f"**** {sent['卡号'][-4:]}"
    assert fields["id_no"] == f"**** {sent['证件号码'][-4:]}"
    assert fields["phone"] == "**** 0000"


def test_a_change_of_words_alone_is_no_news_to_the_features_above(house, heard):
    take_in(house, "cases", [case_row(1)])
    assert take_in(house, "cases", [case_row(1, 备注="改")]).changed == 1
    assert heard == []


def test_a_newer_balance_day_is_news_even_when_the_amount_stays(house, heard):
    take_in(house, "cases", [case_row(1)])
    take_in(house, "cases", [case_row(1, 数据截止日="2026-11-23")])
    assert len(heard) == 1


def test_another_end_of_the_entrustment_is_news(house, heard):
    take_in(house, "cases", [case_row(1)])
    take_in(house, "cases", [case_row(1, 到期日="2026-11-23")])
    assert len(heard) == 1


def test_a_dry_run_announces_nothing(house, heard):
    take_in(house, "cases", [case_row(1)])
    take_in(house, "cases", [case_row(1, 欠款总额="1")], dry_run=True)
    assert heard == []
    assert only(house, Case).balance_fen == 800_050


def test_a_status_is_taken_where_the_bank_sends_one_and_kept_where_it_does_not(house, heard):
    take_in(house, "cases", [case_row(1)])
    take_in(house, "cases", [case_row(1, 案件状态="撤案")])
    assert only(house, Case).status == "WITHDRAWN"
    assert (heard[0].status_before, heard[0].status) == ("ACTIVE", "WITHDRAWN")
    take_in(house, "cases", [case_row(1, 备注="改")])
    assert only(house, Case).status == "WITHDRAWN"


def test_two_cards_of_one_person_are_two_cases_of_one_debtor_across_files_and_banks(house):
    person = {"客户姓名": "王芳", "证件号码": "11010519491231002X"}
    take_in(house, "cases", [case_row(1, **person), case_row(2, **person)])
    take_in(house, "cases", [case_row(3, **person, 委托银行="示范银行B")])
    debtor = only(house, Debtor)
    assert {case.debtor_id for case in every(house, Case)} == {debtor.id}
    assert len(every(house, Address)) == 1, "one wording of one debtor is one address"
    assert len(every(house, CaseAddress)) == 3


def test_one_identity_number_with_two_names_is_listed_never_merged(house):
    take_in(house, "cases", [case_row(1, 客户姓名="王芳", 证件号码="11010519491231002X")])
    summary = take_in(house, "cases", [case_row(2, 客户姓名="李四", 证件号码="11010519491231002x")])
    assert (summary.created, summary.errors) == (0, 1)
    assert "NAME_DIFFERS" in reasons(house, summary)
    assert "王*" in reasons(house, summary)


def test_the_bank_of_a_case_may_correct_the_name_of_its_debtor(house):
    take_in(house, "cases", [case_row(1, 客户姓名="王方")])
    assert take_in(house, "cases", [case_row(1, 客户姓名="王芳")]).changed == 1
    debtor = only(house, Debtor)
    assert (debtor.name, debtor.version) == ("王芳", 2)


def test_a_new_telephone_replaces_the_old_and_a_blank_one_keeps_it(house):
    take_in(house, "cases", [case_row(1)])
    take_in(house, "cases", [case_row(1, 手机号码="13911112222")])
    take_in(house, "cases", [case_row(1, 手机号码=None)])
    debtor = only(house, Debtor)
    assert house.vault.open(debtor.phone_sealed, row=debtor.id, column="phone") == "13911112222"


def test_an_address_no_longer_given_leaves_the_case_but_not_the_house(house):
    take_in(house, "cases", [case_row(1)])
    take_in(house, "cases", [case_row(1, 住宅地址="北京市海淀区古城西街272号院2号楼101室")])
    address_ids = {address.raw: address.id for address in every(house, Address)}
    assert len(address_ids) == 2
    assert only(house, CaseAddress).address_id == address_ids["北京市海淀区古城西街272号院2号楼101室"]


def test_a_blank_cell_of_a_later_file_erases_nothing_that_is_known(house, heard):
    filled = {"户籍地址": "河南省洛阳市洛龙区人民路222号7号楼3单元162室", "备注": "已核", "预约时段": "11:30-13:30"}
    take_in(house, "cases", [case_row(1, 单位名称="某厂", 到期日="2027-06-30", **filled)])
    known, links = only(house, Case), {each.kind: each.address_id for each in every(house, CaseAddress)}
    blank = dict.fromkeys(("住宅地址", "户籍地址", "单位名称", "备注", "预约时段", "到期日", "数据截止日", "案件状态"))
    take_in(house, "cases", [case_row(1, 逾期天数=61, **blank)])
    now = only(house, Case)
    assert now.version == known.version + 1
    for column in ("expiry_on", "balance_as_of", "appointment", "employer", "remark", "status"):
        assert (column, getattr(now, column)) == (column, getattr(known, column))
    assert {each.kind: each.address_id for each in every(house, CaseAddress)} == links
    assert heard == [], "nothing that visits stand on has changed"


def test_the_day_of_a_balance_is_not_that_of_the_one_before(house):
    take_in(house, "cases", [case_row(1)])
    take_in(house, "cases", [case_row(1, 欠款总额="9000.00", 数据截止日=None)])
    assert (only(house, Case).balance_fen, only(house, Case).balance_as_of) == (900_000, None)


@pytest.mark.parametrize(
    ("begins", "ends"),
    [("2026-12-01", date(2027, 1, 3)), ("2027-01-03", date(2027, 1, 3)), ("2027-01-04", date(2027, 2, 4))],
)
def test_a_mandate_that_begins_after_the_known_end_has_an_end_of_its_own(house, begins, ends):
    take_in(house, "cases", [case_row(1)])
    take_in(house, "cases", [case_row(1, 委案日期=begins, 到期日=None)])
    assert only(house, Case).expiry_on == ends


def test_an_address_the_bank_gave_of_another_person_does_not_follow_the_case_to_the_right_one(house):
    take_in(house, "cases", [case_row(1)])
    right = case_row(2)
    take_in(house, "cases", [case_row(1, 证件号码=right["证件号码"], 客户姓名=right["客户姓名"], 住宅地址=None)])
    assert every(house, CaseAddress) == []


def test_an_address_found_elsewhere_stays_with_its_case_when_the_bank_sends_a_new_row(house):
    take_in(house, "cases", [case_row(1)])
    with house.transaction() as session:
        case = session.scalars(sa.select(Case)).one()
        found = Address(
            debtor_id=case.debtor_id, raw="北京市海淀区古城西街1号", source="FIELD_FOUND", bank_provided=False
        )
        session.add(found)
        session.flush()
        session.add(CaseAddress(case_id=case.id, kind="HOME", address_id=found.id))
    take_in(house, "cases", [case_row(1, 备注="改")])
    assert len(every(house, CaseAddress)) == 2
    take_in(house, "cases", [case_row(1, 户籍地址="北京市海淀区古城西街1号")])
    known = next(address for address in every(house, Address) if address.raw == "北京市海淀区古城西街1号")
    assert (known.source, known.bank_provided) == ("RESERVED", True)


def test_cases_of_two_banks_may_share_a_number(house):
    take_in(house, "cases", [case_row(1), case_row(2, 案件编号="C1", 委托银行="示范银行B")])
    assert [case.case_no for case in every(house, Case)] == ["C1", "C1"]


def test_a_file_without_a_bank_column_needs_a_bank_code(house):
    row = {heading: cell for heading, cell in case_row(1).items() if heading != "委托银行"}
    refused = take_in(house, "cases", [row])
    assert (refused.errors, "BANK_BLANK" in reasons(house, refused)) == (1, True)
    assert take_in(house, "cases", [row], bank_code="示范银行A").created == 1
    assert only(house, Bank).name == "示范银行A"


def test_a_bank_named_by_name_and_by_code_in_one_file_is_one_bank(house):
    with house.transaction() as session:
        session.add(Bank(code="BKA", name="示范银行A"))
    summary = take_in(house, "cases", [case_row(1), case_row(1, 委托银行="BKA")])
    assert (summary.created, summary.errors, len(every(house, Bank))) == (1, 1, 1)


@pytest.mark.parametrize(
    ("heading", "cell", "mend"),
    [
        ("欠款总额", "12.345", "two decimals"),
        ("最低还款额", "-1", "below 0.00"),
        ("数据截止日", "2026-02-30", "not a day of the calendar"),
        ("到期日", "下月", "not a day such as"),
        ("证件号码", "6.22E+17", "lost its last digits"),
        ("卡号", "6222", "12 to 19 digits"),
        ("预约时段", "13:30-11:30", "ends before it begins"),
        ("客户姓名", "", "is blank"),
        ("案件状态", "失踪", "use one of 在催"),
    ],
)
def test_a_cell_that_cannot_be_read_lists_its_row_and_the_others_land(house, heading, cell, mend):
    rows = [case_row(1), {**case_row(2), heading: cell}]
    summary = take_in(house, "cases", [{"案件状态": None, **row} for row in rows])
    assert (summary.created, summary.errors) == (1, 1)
    assert mend in reasons(house, summary)


def test_numbers_with_wrong_check_digits_land_and_are_noted(house):
    summary = take_in(house, "cases", [case_row(1)])
    assert summary.created == 1
    assert any("check digit" in note for note in summary.notes)


def test_a_mandate_whose_end_the_bank_does_not_give_runs_for_the_cycle_of_its_policy(house):
    own = {"bank": "B", "reason": "合同", "change": {"case": {"cycle_months": 3}}}
    open_ended = {"bank": "C", "reason": "无期限", "change": {"case": {"cycle_months": 0}}}
    changed = {"edition": "own", "valid_from": "2026-11-23", "overrides": [own, open_ended]}
    with house.transaction() as session:
        told = {"document": {"based_on": "2026-11", **changed}, "reason": "合同"}
        policies.draft_policy(session, Actor("a", house.clock.now()), **told)
        policies.activate_edition(session, Actor("b", house.clock.now()), "POLICY", "own")
    rows = [case_row(no, 委托银行=bank, 委案日期="2027-01-31", 到期日=None) for no, bank in enumerate("ABC", 1)]
    rows.append(case_row(4, 委托银行="A", 委案日期="2027-01-31", 到期日="2027-02-07"))
    take_in(house, "cases", rows)
    ends = [case.expiry_on for case in every(house, Case, Case.case_no)]
    assert ends == [date(2027, 2, 28), date(2027, 4, 30), None, date(2027, 2, 7)]
    with house.transaction() as session:
        kept = session.scalars(sa.select(CaseVersion).order_by(CaseVersion.row_no)).all()
        assert ["expiry_on" in each.fields for each in kept] == [False, False, False, True], "as the bank said it"


def test_a_file_of_cases_that_is_not_in_by_its_time_is_asked_for_once(house):
    refused = import_file(house, Actor("clerk", house.clock.now()), "cases", b"x", "bad.csv").import_id
    take_in(house, "cases", [case_row(1)])
    house.clock.advance(hours=2, minutes=-1)
    ask_for_late_files(house)
    assert every(house, Task) == []
    house.clock.advance(minutes=1)
    for _ in range(2):
        ask_for_late_files(house)
    task = only(house, Task)
    assert (task.kind, task.role, task.entity_id) == ("TAKE_IN_CASE_FILE", "BUSINESS_DEPT", refused)
    assert (task.detail["filename"], task.detail["state"]) == ("bad.csv", "REFUSED")


def test_blank_optional_cells_are_unknown_not_zero(house):
    take_in(house, "cases", [case_row(1, 数据截止日=None, 预约时段=None, 住宅地址=None)])
    case = only(house, Case)
    assert (case.balance_as_of, case.appointment) == (None, None)
    assert every(house, CaseAddress) == []
