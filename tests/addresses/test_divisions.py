"""The division tables and the import of a newer edition, tried on the change of 2025 in 重庆."""

import csv
import json

import pytest

from fieldops.addresses.divisions import DATA, divisions, load_divisions
from fieldops.addresses.editions import EditionError, import_divisions
from fieldops.addresses.names import short_name, town_stem
from fieldops.addresses.verdict import judge

COLUMNS = [
    "code",
    "name",
    "level",
    "province",
    "city",
    "parent_code",
    "path",
    "status",
    "start_year",
    "end_year",
    "new_code",
    "source",
]
LEVELS = {"P": "province", "C": "prefecture", "D": "county"}
YUBEI, LIANGJIANG, JIANGBEI = "500112", "500157", "500105"


def shipped_rows():
    for line in (DATA / "divisions.tsv").read_text(encoding="utf-8").splitlines():
        code, level, name, ended, others = line.split("\t")
        yield {
            "code": code,
            "name": name,
            "level": LEVELS[level],
            "status": "retired" if ended else "active",
            "end_year": ended,
            "new_code": others.replace(",", ";") if ended else "",
        }


def shipped_towns():
    lines = (DATA / "towns.tsv").read_text(encoding="utf-8").splitlines()
    return {
        county: {f"{county}{i:03}": name.replace("|", "") for i, name in enumerate(names.split(","))}
        for county, names in (line.split("\t") for line in lines)
    }


def write_edition(folder, rows, towns):
    folder.mkdir()
    with (folder / "gb2260-areas.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    (folder / "towns.json").write_text(json.dumps(towns), encoding="utf-8")
    return folder


def before_2025(rows, towns):
    """重庆 as it was: 江北区 and 渝北区 alive, 两江新区 not founded, 龙溪街道 in 渝北区."""
    revived = []
    for row in rows:
        if row["code"] == LIANGJIANG:
            continue
        alive = {"status": "active", "end_year": "", "new_code": ""} if row["code"] in {YUBEI, JIANGBEI} else {}
        revived.append(row | alive)
    towns = {county: names for county, names in towns.items() if county != LIANGJIANG}
    return revived, towns | {YUBEI: {"500112001": "龙溪街道"}, JIANGBEI: {"500105001": "观音桥街道"}}


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    """Two editions imported from their source files: the one before the change, and today's."""
    base = tmp_path_factory.mktemp("editions")
    rows, towns = list(shipped_rows()), shipped_towns()
    for name, content in (("2024-12", before_2025(rows, towns)), ("2026-04", (rows, towns))):
        (base / name).mkdir()
        import_divisions(write_edition(base / f"{name}-source", *content), edition=name, out=base / name)
    return load_divisions(base / "2024-12"), load_divisions(base / "2026-04")


def test_before_the_change_of_2025_the_old_county_is_simply_right(editions):
    verdict = judge("重庆市渝北区龙溪街道新南路439号6幢12-3", tables=editions[0])
    assert (verdict.county, verdict.region_code, verdict.codes) == ("渝北区", YUBEI, ())


def test_after_the_change_the_street_decides_the_successor(editions):
    verdict = judge("重庆市渝北区龙溪街道新南路439号6幢12-3", tables=editions[1])
    assert (verdict.county, verdict.region_code, verdict.codes) == ("两江新区", LIANGJIANG, ("HISTORICAL_NAME",))
    verdict = judge("重庆市江北区观音桥街道北城天街8号", tables=editions[1])
    assert verdict.region_code == LIANGJIANG


def test_an_edition_names_itself(editions):
    assert [tables.edition for tables in editions] == ["2024-12", "2026-04"]


def test_the_shipped_tables_come_back_from_an_import_unchanged(editions):
    assert editions[1].by_code.keys() == divisions().by_code.keys()
    assert editions[1].towns == divisions().towns


def test_a_newer_plain_list_adds_what_the_code_list_lacks(tmp_path):
    rows, towns = before_2025(list(shipped_rows()), shipped_towns())
    source = write_edition(tmp_path / "source", rows, towns)
    (source / "divisions-2026-04.json").write_text(json.dumps({LIANGJIANG: "两江新区"}), encoding="utf-8")
    import_divisions(source, edition="x", out=tmp_path)
    assert load_divisions(tmp_path).by_code[LIANGJIANG].name == "两江新区"


def test_centres_arrive_in_wgs84_and_a_successor_borrows_one(tmp_path):
    source = write_edition(tmp_path / "source", list(shipped_rows()), shipped_towns())
    (source / "adcodes.csv").write_text(
        "adcode,name,longitude,latitude\n110101000000,东城区,116.418757,39.917544\n330103000000,下城区,120.18,30.28\n",
        encoding="utf-8",
    )
    report = import_divisions(source, edition="x", out=tmp_path)
    assert report.centres == 2
    lat, lon = load_divisions(tmp_path).centre("110101")
    assert (lat, lon) == pytest.approx((39.9162, 116.4125), abs=2e-4)
    assert load_divisions(tmp_path).centre("330105") is not None
    assert load_divisions(tmp_path).centre("330106") is None


@pytest.mark.parametrize("missing", ["gb2260-areas.csv", "towns.json"])
def test_a_missing_source_file_is_named_and_nothing_written(tmp_path, missing):
    source = write_edition(tmp_path / "source", list(shipped_rows()), {})
    (source / missing).unlink()
    (tmp_path / "out").mkdir()
    with pytest.raises(EditionError, match=missing):
        import_divisions(source, edition="x", out=tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_list_too_short_for_a_country_is_refused(tmp_path):
    source = write_edition(tmp_path / "source", list(shipped_rows())[:999], {})
    with pytest.raises(EditionError, match="full list"):
        import_divisions(source, edition="x", out=tmp_path)


def test_every_successor_is_alive():
    tables = divisions()
    lost = [d.name for group in tables.full.values() for d in group for code in d.today if code not in tables.by_code]
    assert not lost


def test_every_heir_is_a_retired_code_and_a_living_one():
    tables = divisions()
    retired = {d.code for group in tables.full.values() for d in group if d.retired_in}
    for code, heir in tables.heirs.items():
        assert code in retired
        assert heir == "-" or heir in tables.by_code


def test_the_county_of_a_municipality_lies_in_the_municipality():
    tables = divisions()
    assert tables.city_of("110101") == "110000"
    assert tables.city_of("330106") == "330100"
    assert tables.city_of("429004") == "429004"


@pytest.mark.parametrize(
    ("name", "short"),
    [("杭州市", "杭州"), ("浦东新区", "浦东"), ("赵县", "赵县"), ("和田地区", "和田"), ("内蒙古自治区", "内蒙古"),
     ("威宁彝族回族苗族自治县", "威宁"), ("延边朝鲜族自治州", "延边"), ("鄂温克族自治旗", "鄂温克"),
     ("东乡族自治县", "东乡"), ("鄂伦春自治旗", "鄂伦春")],
)  # fmt: skip
def test_short_names_stand_for_their_divisions(name, short):
    assert short_name(name) == short


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("临平街道", "临平"),
        ("于家务回族乡", "于家务"),
        ("园林办事处", "园林"),
        ("管庄地区", "管庄"),
        ("马坡镇", "马坡"),
    ],
)
def test_stems_of_towns(name, stem):
    assert town_stem(name) == stem
