"""Judge a file of addresses: the columns of the verdict beside the columns given, row for row."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from fieldops.addresses.verdict import AddressVerdict, judge
from fieldops.errors import FieldopsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADDRESS_COLUMNS = ("raw", "地址")
ADDED_COLUMNS = (
    "province",
    "city",
    "county",
    "town",
    "verdict",
    "visit",
    "letter",
    "codes",
    "next_action",
    "address_key",
    "site_key",
)
_BOM = b"\xef\xbb\xbf"


class CheckError(FieldopsError):
    """The file cannot be checked; the message names the mend."""


def check_file(in_path: Path, out_path: Path) -> int:
    """Write every row of a CSV file (UTF-8 or GB18030, column `raw` or 地址) with its verdict; say how many.

    What cannot be checked to its end leaves `out_path` as it was; both may be the same file.

    Raises: CheckError if there is no such column, the file is no text or no CSV, or `out_path` cannot be written.
    Cost: about 0.2 ms a row; memory does not grow with the file.
    """
    unfinished = out_path.with_name(f".{out_path.name}.unfinished")
    try:
        judged = _judge_rows(in_path, unfinished)
        unfinished.replace(out_path)
    except csv.Error as error:
        raise CheckError(f"{in_path.name} is no CSV ({error}): is a quotation mark left open?") from error
    except OSError as error:
        mend = "name a file that can be read and a folder that can be written"
        raise CheckError(f"{error.filename} cannot be opened ({error.strerror}): {mend}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return judged


def _judge_rows(in_path: Path, out_path: Path) -> int:
    encoding = _encoding(in_path)
    judged = 0
    with (
        in_path.open(encoding=encoding, newline="") as source,
        out_path.open("w", encoding=encoding if encoding == "utf-8-sig" else "utf-8", newline="") as target,
    ):
        rows = csv.reader(source)
        columns = [name.strip() for name in next(rows, [])]
        at = _address_column(columns, in_path)
        kept = [i for i, name in enumerate(columns) if name not in ADDED_COLUMNS]
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow([columns[i] for i in kept] + list(ADDED_COLUMNS))
        for row in _filled(rows, len(columns)):
            writer.writerow([row[i] for i in kept] + added_values(judge(row[at])))
            judged += 1
    return judged


def added_values(verdict: AddressVerdict) -> list[str]:
    """Give the values of `ADDED_COLUMNS` for one verdict."""
    return [
        verdict.province,
        verdict.city,
        verdict.county,
        verdict.town,
        verdict.verdict,
        verdict.visit,
        verdict.letter,
        ";".join(verdict.codes),
        verdict.next_action,
        verdict.address_key,
        verdict.site_key,
    ]


def _encoding(path: Path) -> str:
    with path.open("rb") as stream:
        if stream.read(len(_BOM)) == _BOM:
            return "utf-8-sig"
    for encoding in ("utf-8", "gb18030"):
        try:
            with path.open(encoding=encoding) as stream:
                for _ in stream:
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise CheckError(f"{path.name} is neither UTF-8 nor GB18030 text: save it as CSV UTF-8 and try again.")


def _address_column(columns: list[str], path: Path) -> int:
    for name in ADDRESS_COLUMNS:
        if name in columns:
            return columns.index(name)
    found = ", ".join(columns) or "nothing"
    raise CheckError(f"{path.name} has no column raw or 地址 (it has {found}): name the address column so.")


def _filled(rows: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    """Give every row its full width; an empty line of a one-column file is an empty address."""
    for row in rows:
        if row or width == 1:
            yield (row + [""] * width)[:width]
