"""A folder of bank files, as the demo needs to look into it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from python_calamine import CalamineWorkbook

from fieldops.demo.sample import CASE_HEADINGS, write_workbook
from fieldops.errors import FieldopsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

ORDER = ("gazetteer", "crews", "cases", "calls", "repayments", "flags")


class Folder:
    """The files of one caseload."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not (path / "cases.xlsx").exists():
            raise FieldopsError(f"{path} has no cases.xlsx; give a folder shaped like the sample caseload")

    def files(self) -> Iterator[tuple[str, Path]]:
        """Kind and file of everything to import, in the order that lets each refer to the others."""
        for kind in ORDER:
            for suffix in ("xlsx", "csv"):
                file = self._path / f"{kind}.{suffix}"
                if file.exists():
                    yield kind, file

    def sites(self) -> list[str]:
        """Buildings with a point, as the gazetteer writes them."""
        return [row["地址"] for row in self._rows("gazetteer")]

    def count(self, kind: str) -> int:
        """Rows of a csv file."""
        return len(self._rows(kind))

    def banks(self) -> list[str]:
        """The entrusting banks named in the cases."""
        return sorted({str(row["委托银行"]) for row in self._cases()})

    def expected(self) -> list[tuple[str, str, str]]:
        """Case number, verdict and the code that must be found, where the folder says so."""
        if not (self._path / "expected.csv").exists():
            return []
        return [(row["案件编号"], row["verdict"], row["must_have"]) for row in self._rows("expected")]

    def refreshed(self, into: Path, as_of: date) -> Path:
        """The same cases with balances as of another day: the file a bank sends the next morning."""
        rows = [[row.get(name, "") for name in CASE_HEADINGS] for row in self._cases()]
        column = CASE_HEADINGS.index("数据截止日")
        for row in rows:
            row[column] = as_of.isoformat()
        write_workbook(into / "refreshed-cases.xlsx", CASE_HEADINGS, rows)
        return into / "refreshed-cases.xlsx"

    def _cases(self) -> list[dict[str, Any]]:
        headings, *rows = CalamineWorkbook.from_path(str(self._path / "cases.xlsx")).get_sheet_by_index(0).to_python()
        return [dict(zip(map(str, headings), row, strict=True)) for row in rows]

    def _rows(self, kind: str) -> list[dict[str, str]]:
        file = self._path / f"{kind}.csv"
        if not file.exists():
            return []
        data = file.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("gb18030")
        return list(csv.DictReader(io.StringIO(text)))
