"""Files taken in, beside COPY write_row of the same rows: rows per second, and what stays resident.

python -m benchmarks.imports [--rows N] [--json]

Two yardsticks in the same run. "of file": the file's rows as they are, unchecked, COPYed as texts into one table with
one unique key; a case row is one row there and seven here (debtor, case, version, two addresses, two links) with three
numbers sealed and three fingerprints. "of rows": the very rows that have landed, COPYed as texts into tables of the
same columns and indexes, without the foreign keys that hold here. 2 % of the rows are bad. Everything runs on an
embedded PostgreSQL of its own with fsync on; each file in a process of its own, so that its peak is its own.
"""

from __future__ import annotations

import argparse
import atexit
import csv
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import xlsxwriter
from psycopg import sql

from fieldops.house import House, open_house
from fieldops.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADINGS = [
    "委案批次号",
    "案件编号",
    "委托银行",
    "产品",
    "客户姓名",
    "证件号码",
    "手机号码",
    "卡号",
    "欠款总额",
    "本金",
    "最低还款额",
    "逾期天数",
    "数据截止日",
    "委案日期",
    "到期日",
    "住宅地址",
    "户籍地址",
    "单位名称",
    "预约时段",
    "备注",
]
CALL_HEADINGS = [
    "案件编号",
    "呼叫时间",
    "方向",
    "被叫对象",
    "是否接通",
    "通话时长秒",
    "录音编号",
    "结果",
    "承诺金额",
    "承诺日期",
]
BAD_SHARE = 50  # one row in fifty has an amount nobody can read
MOST_RESIDENT_MB = 300
LANDED_IN = {"cases": ("debtor", "case", "case_version", "address", "case_address"), "calls": ("call_record",)}
BARS = {"cases.csv": 0.1, "cases.xlsx": 0.08, "calls.csv": 0.03}  # least share of COPY of the rows that landed


def case_rows(count: int) -> list[list[Any]]:
    """Rows of a case file; every name, number and address is drawn, none is anybody's."""
    draw = random.Random(20261123)
    return [
        [
            "WA202611-01", f"BM{n:08d}", f"示范银行{'AB'[n % 2]}", "信用卡", f"李{chr(0x4E00 + n % 5000)}",
            f"110101{1950 + n % 50}{1 + n % 12:02d}{1 + n % 28:02d}{n % 10000:04d}",
            f"1{draw.randrange(10**9, 10**10)}",
            f"6222{draw.randrange(10**14, 10**15)}",
            "面议" if n % BAD_SHARE == 0 else draw.randrange(1, 10**7) / 100, draw.randrange(1, 10**6) / 100,
            draw.randrange(1, 10**5) / 100, draw.randrange(30, 400), "2026-11-22", "2026-10-30", "2027-01-03",
            f"北京市朝阳区安慧北里{1 + n % 300}号楼{1 + n % 6}单元{n}室",
            f"河南省郑州市金水区人民路{1 + n}号7号楼162室",
            "示范物流有限公司" if n % 2 else "", "11:30-13:30" if n % 3 == 0 else "", "",
        ]
        for n in range(1, count + 1)
    ]  # fmt: skip


def call_rows(count: int) -> list[list[Any]]:
    """One call per good case."""
    return [
        [
            f"BM{n:08d}", f"2026-11-{1 + n % 22:02d} {9 + n % 9:02d}:{n % 60:02d}:00", "呼出", "本人",
            "否" if n % 5 == 0 else "是", n % 400, f"REC{n:010d}", "称稍后还款", "", "",
        ]
        for n in range(1, count + 1)
        if n % BAD_SHARE
    ]  # fmt: skip


def write_csv(path: Path, headings: list[str], rows: list[list[Any]], encoding: str) -> None:
    """A csv file in an encoding banks use."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([headings, *rows])


def write_xlsx(path: Path, headings: list[str], rows: list[list[Any]]) -> None:
    """A workbook as a bank's program writes it: shared texts, numbers as numbers."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("委案清单")
        for number, row in enumerate([headings, *rows]):
            for place, cell in enumerate(row):
                if cell != "":
                    sheet.write(number, place, cell)


def copied(house: House, rows: list[list[Any]]) -> float:
    """Seconds of COPY write_row of the rows, as texts, into one table with the key of the real one."""
    columns = ", ".join(f"c{place} text" for place in range(len(rows[0])))
    with psycopg.connect(house.database.url) as connection:
        connection.execute(f"DROP TABLE IF EXISTS yardstick; CREATE TABLE yardstick ({columns})")
        connection.execute("CREATE UNIQUE INDEX ON yardstick (c0, c1)")
        connection.commit()
        texts = [[str(cell) for cell in row] for row in rows]
        began = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy("COPY yardstick FROM STDIN") as copy:
            for row in texts:
                copy.write_row(row)
        connection.commit()
        return time.perf_counter() - began


def copied_as_landed(house: House, kind: str) -> float:
    """Seconds of COPY write_row of the rows on record, as texts, into tables of the same columns and indexes."""
    seconds = 0.0
    with psycopg.connect(house.database.url) as connection:
        for table in LANDED_IN[kind]:
            names = sql.Identifier(table), sql.Identifier(f"yardstick_{table}")
            columns = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(names[0])).description or ()
            texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(c.name)) for c in columns)
            rows = connection.execute(sql.SQL("SELECT {} FROM {}").format(texts, names[0])).fetchall()
            connection.execute(sql.SQL("CREATE TABLE {1} (LIKE {0} INCLUDING ALL)").format(*names))
            connection.commit()
            began = time.perf_counter()
            with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {1} FROM STDIN").format(*names)) as copy:
                for row in rows:
                    copy.write_row(row)
            connection.commit()
            seconds += time.perf_counter() - began
            connection.execute(sql.SQL("DROP TABLE {1}").format(*names))
    return seconds


def taken_in(home: Path, kind: str, file: Path) -> dict[str, Any]:
    """One file taken in by a process of its own."""
    command = [sys.executable, "-m", "benchmarks.imports", "--child", str(home), kind, str(file)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told: dict[str, Any] = json.loads(answer.splitlines()[-1])
    return told


def child(home: Path, kind: str, file: Path) -> None:
    """Take one file in and say what it took."""
    import fieldops.app  # noqa: F401, PLC0415 - the kinds of files are offered there
    from fieldops.audit import Actor  # noqa: PLC0415
    from fieldops.imports.service import import_file  # noqa: PLC0415

    house = open_house(Settings.from_env({"FIELDOPS_HOME": str(home)}))
    resident_before_mb = peak_mb()
    began = time.perf_counter()
    summary = asdict(import_file(house, Actor("benchmark", house.clock.now()), kind, file, file.name))
    seconds = time.perf_counter() - began
    resident_mb = peak_mb()
    counts = {name: summary[name] for name in ("state", "rows_read", "created", "changed", "unchanged", "errors")}
    told = {"seconds": seconds, "resident_mb": resident_mb, "resident_before_mb": resident_before_mb, **counts}
    print(json.dumps(told))


def peak_mb() -> float:
    """The most this process has held, in MB; where Linux tells it, without what its parent held before the fork."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024  # macOS counts bytes


def measure(rows: int) -> list[dict[str, Any]]:
    """Every file in turn, each beside its yardsticks in the same minute; csv and xlsx into houses of their own."""
    cases, calls = case_rows(rows), call_rows(rows)
    changed = [[*row[:8], _one_more(row[8]) if n % 20 == 0 else row[8], *row[9:]] for n, row in enumerate(cases, 1)]
    folder = _own_folder()
    write_csv(folder / "cases.csv", HEADINGS, cases, "gb18030")
    write_csv(folder / "again.csv", HEADINGS, changed, "utf-8")
    write_csv(folder / "calls.csv", CALL_HEADINGS, calls, "utf-8-sig")
    write_xlsx(folder / "cases.xlsx", HEADINGS, cases)
    in_turn = (
        ("cases.csv", "cases.csv", "cases", cases),
        ("cases.csv again", "cases.csv", "cases", cases),
        ("5 % changed", "again.csv", "cases", cases),
        ("calls.csv", "calls.csv", "calls", calls),
    )
    results = _measured(folder, in_turn)
    return results + _measured(folder, (("cases.xlsx", "cases.xlsx", "cases", cases),))


def _measured(folder: Path, in_turn: Iterable[tuple[str, str, str, list[list[Any]]]]) -> list[dict[str, Any]]:
    home = _own_folder()
    house = open_house(Settings.from_env({"FIELDOPS_HOME": str(home)}))
    results = []
    for name, file, kind, rows in in_turn:
        of_file_s = copied(house, rows)
        told = taken_in(home, kind, folder / file)
        of_rows_s = copied_as_landed(house, kind)
        shares = {"of_file": of_file_s / told["seconds"], "of_rows": of_rows_s / told["seconds"]}
        results.append({"file": name, **shares, "rows_per_s": told["rows_read"] / told["seconds"], **told})
    house.database.close()
    return results


def _own_folder() -> Path:
    """A folder of this run, gone with it: asked for before the server starts, it is removed after the server stops."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _one_more(amount: Any) -> Any:
    return amount if isinstance(amount, str) else amount + 1


def main() -> None:
    """Measure, print a table, and end with the bars as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="only the last line")
    parser.add_argument("--child", nargs=3, metavar=("HOME", "KIND", "FILE"), help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.child:
        home, kind, file = wanted.child
        child(Path(home), kind, Path(file))
        return
    results = measure(wanted.rows)
    if not wanted.json:
        heads = ("rows/s", "of file", "of rows", "peak MB", "created", "changed", "same", "errors")
        print("file".ljust(18) + "".join(head.rjust(9) for head in heads))
        for row in results:
            counts = (row["created"], row["changed"], row["unchanged"], row["errors"])
            rates = f"{row['rows_per_s']:9.0f}{row['of_file']:9.3f}{row['of_rows']:9.2f}{row['resident_mb']:9.0f}"
            print(row["file"].ljust(18) + rates + "".join(str(count).rjust(9) for count in counts))
    bars = judged(results)
    print(json.dumps({"results": results, "bars": bars, "held": all(bars.values())}, ensure_ascii=False))


def judged(results: list[dict[str, Any]]) -> dict[str, bool]:
    """Which bars hold."""
    shares = {row["file"]: row["of_rows"] for row in results}
    return {
        **{f"{file}: at least {bar} of COPY of the rows landed": shares[file] >= bar for file, bar in BARS.items()},
        f"every file under {MOST_RESIDENT_MB} MB": all(row["resident_mb"] < MOST_RESIDENT_MB for row in results),
        "counts add up": all(
            row["created"] + row["changed"] + row["unchanged"] + row["errors"] == row["rows_read"] for row in results
        ),
    }


if __name__ == "__main__":
    main()
