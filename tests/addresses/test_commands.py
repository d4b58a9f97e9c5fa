"""The commands about addresses: a file judged, one address explained, a newer edition of the divisions."""

import csv
import json

import pytest
from click.testing import CliRunner

from fieldops.addresses import editions
from fieldops.addresses.divisions import DATA, load_divisions
from fieldops.cli import main


def _run(*words):
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


def _source(folder, towns):
    """An edition's folder, as its open sources come: the code list of the tables that ship."""
    folder.mkdir()
    with (folder / "gb2260-areas.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "name", "level", "city", "status", "end_year", "new_code"])
        for line in (DATA / "divisions.tsv").read_text("utf-8").splitlines():
            code, level, name, ended, followed = line.split("\t")
            status = "retired" if ended else "active"
            level = {"P": "province", "C": "prefecture", "D": "county"}[level]
            writer.writerow([code, name, level, "", status, ended, followed.replace(",", ";") if ended else ""])
    (folder / "towns.json").write_text(json.dumps(towns, ensure_ascii=False), encoding="utf-8")
    return folder


def test_a_file_is_judged_row_by_row(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "序号,地址\n1,北京市房山区拱辰街道首开东里7号楼2单元502室\n2,北京市房山区126号\n", encoding="utf-8"
    )
    done = _run("addresses", "check", source, target)
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (done.exit_code, [row["verdict"] for row in rows]) == (0, ["VALID", "INCOMPLETE"])
    assert (rows[0]["序号"], rows[0]["county"], rows[1]["codes"]) == ("1", "房山区", "INC_DISTRICT_NUMBER")


def test_every_step_of_one_address_is_shown():
    said = _run("addresses", "check", "--explain", "北京市房山区126号").output
    for step in ("normalised 规范化", "region 区划", "INC_DISTRICT_NUMBER", "verdict 结论", "address key 地址键"):
        assert step in said


def test_a_file_without_the_column_is_refused_in_one_line_and_nothing_is_written(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("a,b\n1,2\n", encoding="utf-8")
    target.write_text("what was there", encoding="utf-8")
    done = _run("addresses", "check", source, target)
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "地址" in done.output
    assert (target.read_text("utf-8"), sorted(each.name for each in tmp_path.iterdir())) == (
        "what was there",
        ["in.csv", "out.csv"],
    )


def test_a_file_may_be_judged_onto_itself(tmp_path):
    both = tmp_path / "both.csv"
    both.write_text("raw\n北京市房山区126号\n", encoding="utf-8")
    assert _run("addresses", "check", both, both).exit_code == 0
    assert "INC_DISTRICT_NUMBER" in both.read_text("utf-8")


def test_nothing_to_check_is_said_so():
    assert _run("addresses", "check").exit_code == 2


def test_a_newer_edition_is_written_beside_the_code_and_says_where(tmp_path, monkeypatch):
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setattr(editions, "DATA", data)
    source = _source(tmp_path / "source", {"110111": {"110111001": "拱辰街道"}})
    done = _run("divisions", "import", source, "--edition", "2027-01")
    assert done.exit_code == 0
    assert str(data) in done.output
    tables = load_divisions(data)
    assert (tables.edition, tables.town_stem_at("110111", "拱辰街道首开东里")) == ("2027-01", "拱辰")
    assert not list(data.glob("*.new"))


@pytest.mark.parametrize("missing", ["gb2260-areas.csv", "towns.json"])
def test_an_edition_that_lacks_a_file_is_refused_in_one_line(tmp_path, monkeypatch, missing):
    monkeypatch.setattr(editions, "DATA", tmp_path)
    source = _source(tmp_path / "source", {})
    (source / missing).unlink()
    done = _run("divisions", "import", source, "--edition", "x")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert missing in done.output


def test_a_data_folder_that_cannot_be_written_keeps_its_edition_and_the_line_says_who_may(tmp_path, monkeypatch):
    data = tmp_path / "data"
    (data / "towns.tsv.new").mkdir(parents=True)  # writing the second table fails, whoever runs this
    monkeypatch.setattr(editions, "DATA", data)
    monkeypatch.setattr(editions.Path, "unlink", lambda *_, **__: None)
    done = _run("divisions", "import", _source(tmp_path / "source", {}), "--edition", "x")
    assert (done.exit_code, "who installed fieldops" in done.output) == (1, True)
    assert not (data / "divisions.tsv").exists()
