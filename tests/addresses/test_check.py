"""A file of addresses judged row for row."""

import csv

import pytest

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
