"""A file of addresses judged row for row."""

import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.addresses.check import ADDED_COLUMNS, CheckError, check_file

ROWS = [["1", "浙江省杭州市西湖区文三路398号"], ["2", ""], ["3", "同上"], ["4", "北京市海淀区清华大学"]]


def write(path, rows, encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def read(path, encoding="utf-8"):
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("column", ["raw", "地址", " 地址 "])
def test_every_row_keeps_its_place_and_gets_its_verdict(tmp_path, column):
    source = write(tmp_path / "in.csv", [["no", column], *ROWS])
    assert check_file(source, tmp_path / "out.csv") == 4
    rows = read(tmp_path / "out.csv")
    assert [row["no"] for row in rows] == ["1", "2", "3", "4"]
    assert [row["verdict"] for row in rows] == ["VALID", "INCOMPLETE", "INCOMPLETE", "VAGUE"]
    assert rows[0]["county"] == "西湖区"
    assert list(rows[0])[2:] == list(ADDED_COLUMNS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encodings_of_banks_are_read(tmp_path, encoding):
    source = write(tmp_path / "in.csv", [["地址"], ["浙江省杭州市西湖区文三路398号"]], encoding)
    assert check_file(source, tmp_path / "out.csv") == 1
    (row,) = read(tmp_path / "out.csv", "utf-8-sig")
    assert row["codes"] == "NO_ROOM"
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")


def test_an_empty_line_of_a_single_column_is_an_empty_address(tmp_path):
    (tmp_path / "in.csv").write_text("raw\n同上\n\n无\n", encoding="utf-8")
    check_file(tmp_path / "in.csv", tmp_path / "out.csv")
    assert [row["codes"] for row in read(tmp_path / "out.csv")] == ["PLACEHOLDER", "EMPTY", "PLACEHOLDER"]


def test_short_and_long_rows_are_taken_as_they_are(tmp_path):
    write(tmp_path / "in.csv", [["no", "地址"], ["1"], ["2", "无", "more"]])
    check_file(tmp_path / "in.csv", tmp_path / "out.csv")
    assert [row["codes"] for row in read(tmp_path / "out.csv")] == ["EMPTY", "PLACEHOLDER"]


def test_a_file_judged_twice_has_its_verdicts_once(tmp_path):
    write(tmp_path / "in.csv", [["地址"], ["同上"]])
    check_file(tmp_path / "in.csv", tmp_path / "once.csv")
    check_file(tmp_path / "once.csv", tmp_path / "twice.csv")
    assert (tmp_path / "once.csv").read_text() == (tmp_path / "twice.csv").read_text()


def test_a_file_without_an_address_column_is_refused_with_what_it_has(tmp_path):
    with pytest.raises(CheckError, match="no, 姓名"):
        check_file(write(tmp_path / "in.csv", [["no", "姓名"]]), tmp_path / "out.csv")
    with pytest.raises(CheckError, match="nothing"):
        check_file(write(tmp_path / "in.csv", []), tmp_path / "out.csv")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "in.csv").write_bytes(b"\xff\xff\xff\xff\x00")
    with pytest.raises(CheckError, match="UTF-8 nor GB18030"):
        check_file(tmp_path / "in.csv", tmp_path / "out.csv")


def test_a_quotation_mark_left_open_is_named(tmp_path):
    (tmp_path / "in.csv").write_text('raw\n"' + "北京市海淀区\n" * 30_000, encoding="utf-8")
    with pytest.raises(CheckError, match="quotation mark"):
        check_file(tmp_path / "in.csv", tmp_path / "out.csv")
    assert [each.name for each in tmp_path.iterdir()] == ["in.csv"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    source = write(tmp_path / "in.csv", [["raw"], ["无"]])
    with pytest.raises(CheckError, match=r"no-such-folder.*cannot be opened"):
        check_file(source, tmp_path / "no-such-folder" / "out.csv")


def test_every_column_promised_is_there_with_its_value(tmp_path):
    check_file(write(tmp_path / "in.csv", [["raw"], ["浙江省杭州市下城区潮鸣街道体育场路218号"]]), tmp_path / "out.csv")
    (row,) = read(tmp_path / "out.csv")
    assert list(row.values())[1:8] == [
        "浙江省", "杭州市", "拱墅区", "潮鸣街道", "VALID", "WARN", "WARN",
    ]  # fmt: skip
    assert row["codes"] == "HISTORICAL_NAME;NO_ROOM"
    assert row["address_key"].startswith(row["site_key"] + "#")
    assert row["next_action"]


rows_of_anything = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=20)


@given(rows_of_anything)
def test_whatever_the_rows_hold_their_number_and_order_stay(cells):
    with tempfile.TemporaryDirectory() as folder:
        source = write(Path(folder) / "in.csv", [["no", "raw"], *([str(i), cell] for i, cell in enumerate(cells))])
        assert check_file(source, Path(folder) / "out.csv") == len(cells)
        assert [row["no"] for row in read(Path(folder) / "out.csv")] == [str(i) for i in range(len(cells))]
