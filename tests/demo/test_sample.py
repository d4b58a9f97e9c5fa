"""The sample caseload: the same every time, written as a bank would send it, and true to its own expectations."""

import csv
import hashlib
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
from python_calamine import CalamineWorkbook

from fieldops.demo import traps
from fieldops.demo.caseload import Folder
from fieldops.demo.sample import CASE_HEADINGS, card_number, identity_number, sample_caseload
from fieldops.errors import FieldopsError

EVE = date(2026, 11, 23)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    sample_caseload(EVE).write(folder)
    return folder


def test_the_same_day_makes_the_same_rows():
    assert sample_caseload(EVE) == sample_caseload(EVE)


def test_another_process_writes_the_same_bytes(written, tmp_path):
    """Nothing hangs on the order of a set or on the hash seed of one process."""
    code = (
        "import sys; from datetime import date; from pathlib import Path; "
        "from fieldops.demo.sample import sample_caseload; "
        f"sample_caseload(date({EVE.year}, {EVE.month}, {EVE.day})).write(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env={"PYTHONHASHSEED": "3"})
    csvs = sorted(path.name for path in written.glob("*.csv"))
    assert csvs == sorted(path.name for path in tmp_path.glob("*.csv"))
    for name in csvs:
        assert _digest(written / name) == _digest(tmp_path / name), name


def test_another_seed_makes_other_people():
    assert sample_caseload(EVE, seed=8).cases != sample_caseload(EVE).cases


def test_no_two_cases_share_a_card_and_only_two_card_debtors_share_an_identity():
    cases = sample_caseload(EVE).cases
    cards = [row[CASE_HEADINGS.index("卡号")] for row in cases]
    persons = [row[CASE_HEADINGS.index("证件号码")] for row in cases]
    assert len(set(cards)) == len(cards)
    twice = sum(1 for row in sample_caseload(EVE).expected if row[1] == "two_cards")
    assert len(persons) - len(set(persons)) == twice // 2


def test_card_and_identity_numbers_carry_their_check_digits():
    assert card_number("622202803356133921") == "6222028033561339212"
    assert identity_number("11010519491231002") == "11010519491231002X"  # the example of GB 11643


def test_identity_numbers_lie_in_a_region_that_was_never_issued():
    assert {row[CASE_HEADINGS.index("证件号码")][:6] for row in sample_caseload(EVE).cases} == {"310199"}


def test_calls_are_written_in_gb18030_and_repayments_with_a_byte_order_mark(written):
    raw = (written / "calls.csv").read_bytes()
    assert raw.decode("gb18030").startswith("案件编号")
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert (written / "repayments.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_each_case_says_what_should_come_of_it(written):
    sheet = CalamineWorkbook.from_path(str(written / "cases.xlsx")).get_sheet_by_index(0).to_python()
    with (written / "expected.csv").open(encoding="utf-8") as file:
        expected = [row["案件编号"] for row in csv.DictReader(file)]
    assert [row[1] for row in sheet[1:]] == expected


def test_a_folder_without_cases_is_refused_with_what_to_give(tmp_path):
    with pytest.raises(FieldopsError, match=r"has no cases\.xlsx; give a folder shaped like the sample"):
        Folder(tmp_path)


def test_files_come_in_the_order_that_lets_each_refer_to_the_others(written):
    assert [kind for kind, _ in Folder(written).files()] == [
        "gazetteer", "crews", "cases", "calls", "repayments", "flags",
    ]  # fmt: skip


def test_the_refreshed_file_differs_only_in_the_day_of_its_balances(written, tmp_path):
    other = Folder(written).refreshed(tmp_path, date(2026, 11, 24))
    before, after = (
        CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
        for path in (written / "cases.xlsx", other)
    )
    column = CASE_HEADINGS.index("数据截止日")
    assert {str(row[column])[:10] for row in after[1:]} == {"2026-11-24"}
    for one, two in zip(before[1:], after[1:], strict=True):
        assert one[:column] + one[column + 1 :] == two[:column] + two[column + 1 :]


def test_planted_cases_stand_at_buildings_of_the_folder_in_flats_of_their_own(written, tmp_path):
    sites = Folder(written).sites()
    traps.plant(tmp_path, sites, EVE)
    rows = CalamineWorkbook.from_path(str(tmp_path / "trap-cases.xlsx")).get_sheet_by_index(0).to_python()[1:]
    addresses = [row[CASE_HEADINGS.index("住宅地址")] for row in rows]
    assert len(rows) == len(traps.PLANTED) == len(set(addresses))
    assert all(address.removesuffix(traps.FLAT) in sites for address in addresses)


def test_every_planted_case_but_one_has_a_recorded_call(written, tmp_path):
    traps.plant(tmp_path, Folder(written).sites(), EVE)
    with (tmp_path / "trap-calls.csv").open(encoding="utf-8") as file:
        called = {row["案件编号"] for row in csv.DictReader(file) if row["录音编号"]}
    assert {trap.case_no for trap in traps.PLANTED} - called == {traps.NO_RECORDED_CALL.case_no}


def test_planted_balances_stand_a_fen_apart_at_the_threshold():
    assert traps.EXACTLY_ENOUGH.balance_fen - traps.JUST_BELOW.balance_fen == 1


def test_traps_are_planted_even_where_the_folder_knows_few_buildings(tmp_path):
    traps.plant(tmp_path, ["上海市黄浦区示范路1号"], EVE)
    rows = CalamineWorkbook.from_path(str(tmp_path / "trap-cases.xlsx")).get_sheet_by_index(0).to_python()
    assert len(rows) == len(traps.PLANTED) + 1


def test_the_payment_file_pays_the_whole_balance(tmp_path):
    file = traps.payment_file(tmp_path, datetime(2026, 11, 24, 9, 0, tzinfo=UTC))
    with file.open(encoding="utf-8") as text:
        (row,) = csv.DictReader(text)
    assert (row["案件编号"], row["还款金额"]) == (traps.PAYS_AFTER_APPROVAL.case_no, "99999.00")


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
