"""Addresses judged: verdicts, regions, speed and memory, beside cpca in the same run.

python -m benchmarks.addresses [--data DIR] [--json]

DIR (or FIELDOPS_BENCH_DATA, or a folder shared/data beside the checkout) holds addresses/addresses.csv, hand-made rows
with the region and verdict expected, and addresses/labelled-dev.txt, 2,985 real addresses of 2018 with BIO labels.
Without it only the rows that ship with the tests are judged.

On the labelled rows, those count whose labels name a province, city or county. VALID should mean: a road with a
number, or a place with a number; a village is a place here, because a village with a number is complete. The strict
reading, where only a poi is a place and only a house number its number, is printed beside it. Counties of 2018 are
mapped to today's by the successors of the division tables; cpca, which is of 2021, may answer with either name.

Each engine is measured in a process of its own: CPU seconds of one core, and its own peak of memory.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import os
import subprocess
import sys
import time
import types
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPEATS = 5
BESIDE = Path(__file__).parents[2] / "shared" / "data"
SHIPPED = Path(__file__).parents[1] / "tests" / "addresses"
ROADS = {"road", "subRoad", "subroad"}
POIS = {"poi", "subpoi"}
DOORS = {"roadno", "subroadno"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure, what it should be, and whether it is."""

    name: str
    value: float
    goal: str
    met: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine makes of one address; `codes` are the county's and the label's, empty where it has none."""

    province: str
    city: str
    county: str
    verdict: str = ""


def ours() -> Callable[[list[str]], list[Answer]]:
    """Judge with this package."""
    from fieldops.addresses.verdict import judge  # noqa: PLC0415 - each engine alone in its process

    def answer(raws: list[str]) -> list[Answer]:
        return [Answer(v.province, v.city, v.county, v.verdict) for v in map(judge, raws)]

    return answer


def cpca() -> Callable[[list[str]], list[Answer]]:
    """Find the region with cpca, which has no verdicts."""
    if importlib.util.find_spec("pkg_resources") is None:  # cpca asks setuptools for one function it no longer has
        stand_in = types.ModuleType("pkg_resources")
        stand_in.resource_stream = lambda folder, name: files(folder).joinpath(name).open("rb")
        sys.modules["pkg_resources"] = stand_in
    import cpca as package  # noqa: PLC0415 - each engine alone in its process

    def answer(raws: list[str]) -> list[Answer]:
        table = package.transform(raws, pos_sensitive=False)
        rows = zip(table["省"], table["市"], table["区"], strict=True)
        plain = ([name if isinstance(name, str) else "" for name in row] for row in rows)
        return [Answer(prov, prov if city == "市辖区" else city, county) for prov, city, county in plain]

    return answer


ENGINES = {"fieldops": ours, "cpca": cpca}


def labelled(path: Path) -> Iterator[list[tuple[str, str]]]:
    """Give each labelled address as its pieces: (label, text)."""
    pieces: list[tuple[str, str]] = []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if not line.strip():
            if pieces:
                yield pieces
            pieces = []
            continue
        text, tag = line.rsplit(" ", 1)
        begin, _, label = tag.partition("-")
        if begin == "B" or not pieces or pieces[-1][0] != label:
            pieces.append((label, text))
        else:
            pieces[-1] = (label, pieces[-1][1] + text)


def text_of(pieces: list[tuple[str, str]]) -> str:
    """Put the pieces together; the file writes blanks as underscores."""
    return "".join(text for _, text in pieces).replace("_", " ")


def should_be_valid(labels: set[str], *, strict: bool) -> bool:
    """Whether the labels give a road with a number, or a place with one."""
    if strict:
        return bool(labels & ROADS and labels & DOORS) or bool(labels & POIS and "houseno" in labels)
    numbers = DOORS | {"houseno"}
    return bool(labels & (ROADS | POIS | {"community"}) and labels & numbers)


def right_counties(pieces: list[tuple[str, str]]) -> set[str]:
    """Give the names, of 2018 and of today, of the county the labels name; empty if they name none for certain."""
    from fieldops.addresses.divisions import divisions  # noqa: PLC0415 - each engine alone in its process

    tables = divisions()
    labels: dict[str, str] = {}
    for label, text in pieces:
        labels.setdefault(label, text)

    def meant(label: str, levels: str) -> list[Any]:
        name = labels.get(label, "")
        return [d for table in (tables.full, tables.short) for d in table.get(name, ()) if d.level in levels]

    counties, cities, provinces = meant("district", "D"), meant("city", "CP"), meant("prov", "P")
    if cities:
        counties = [d for d in counties if any(not d.cities.isdisjoint(c.cities) for c in cities)]
    if provinces:
        counties = [d for d in counties if any(d.code[:2] == p.code[:2] for p in provinces)]
    codes = {code for d in counties for code in d.today}
    if not (cities or provinces) and len(codes) > 1:
        return set()
    towns_moved_to = {code for d in counties for code in d.ceded_to}
    return {d.name for d in counties} | {tables.by_code[code].name for code in codes | towns_moved_to}


def measured(engine: str, data: Path) -> dict[str, Any]:
    """Run one engine in a process of its own and read its answers, speed and memory."""
    command = [sys.executable, "-m", "benchmarks.addresses", "--data", str(data), "--engine", engine]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{engine} failed: {done.stderr.strip().splitlines()[-1]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(engine: str, data: Path) -> dict[str, Any]:
    """Answer every address, then time the whole several times and read the process's own peak."""
    raws = [row["raw"] for row in specimens(data)] + [text_of(pieces) for pieces in real(data)]
    began = time.perf_counter()
    answer = ENGINES[engine]()
    answers = answer(raws)
    ready_s = time.perf_counter() - began
    began = time.process_time()
    for _ in range(REPEATS):
        answer(raws)
    taken = time.process_time() - began
    return {
        "answers": [asdict(one) for one in answers],
        "per_second": round(len(raws) * REPEATS / taken),
        "resident_mb": round(peak_resident_mb(), 1),
        "first_answer_s": round(ready_s, 2),
    }


def peak_resident_mb() -> float:
    """Return this process's own peak, from Linux or, elsewhere, from the resource module."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource  # noqa: PLC0415 - absent on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def specimens(data: Path) -> list[dict[str, str]]:
    """Give the hand-made rows, of the data folder or the ones that ship with the tests."""
    path = data / "addresses" / "addresses.csv"
    with (path if path.exists() else SHIPPED / "addresses.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def real(data: Path) -> list[list[tuple[str, str]]]:
    """Give the labelled rows; none if the folder has them not."""
    path = data / "addresses" / "labelled-dev.txt"
    return list(labelled(path)) if path.exists() else []


def on_specimens(rows: list[dict[str, str]], answers: list[Answer]) -> dict[str, float]:
    """Give the shares of regions and verdicts right."""
    regions = [
        (a.province, a.city, a.county) == (r["expected_province"], r["expected_city"], r["expected_district"])
        for a, r in zip(answers, rows, strict=True)
    ]
    if not any(answer.verdict for answer in answers):
        return {"regions": share(regions)}
    verdicts = [a.verdict == r["expected_verdict"] for a, r in zip(answers, rows, strict=True)]
    return {"regions": share(regions), "verdicts": share(verdicts)}


def on_real(rows: list[list[tuple[str, str]]], answers: list[Answer]) -> dict[str, float]:
    """Give precision and recall of VALID in both readings, and the share of counties right."""
    figures: dict[str, float] = {}
    placed = [
        (answer, {label for label, _ in pieces})
        for answer, pieces in zip(answers, rows, strict=True)
        if {label for label, _ in pieces} & {"prov", "city", "district"}
    ]
    readings = (("", False), ("strict ", True)) if any(answer.verdict for answer in answers) else ()
    for name, strict in readings:
        both = sum(a.verdict == "VALID" and should_be_valid(labels, strict=strict) for a, labels in placed)
        figures[f"{name}precision"] = both / max(1, sum(a.verdict == "VALID" for a, _ in placed))
        figures[f"{name}recall"] = both / max(1, sum(should_be_valid(labels, strict=strict) for _, labels in placed))
    known = [(a, names) for a, pieces in zip(answers, rows, strict=True) if (names := right_counties(pieces))]
    figures["counties"] = share([a.county in names for a, names in known])
    return {name: round(value, 4) for name, value in figures.items()}


def share(hits: list[bool]) -> float:
    """Return the share of hits, rounded to four places."""
    return round(sum(hits) / max(1, len(hits)), 4)


def bars(results: dict[str, Any], *, with_real: bool) -> list[Bar]:
    """Compare this package's figures with their goals."""
    mine = results["fieldops"]
    goals = [("regions of the hand-made rows", mine["specimens"]["regions"], 1.0)]
    goals.append(("verdicts of the hand-made rows", mine["specimens"]["verdicts"], 0.98))
    if with_real:
        goals += [
            ("precision of VALID on real addresses", mine["real"]["precision"], 0.93),
            ("recall of VALID on real addresses", mine["real"]["recall"], 0.85),
            ("counties of real addresses", mine["real"]["counties"], 0.95),
        ]
    goals.append(("addresses a second on one core", mine["per_second"], 5000))
    found = [Bar(name, value, f">= {goal}", value >= goal) for name, value, goal in goals]
    return [*found, Bar("resident megabytes", mine["resident_mb"], "< 60", mine["resident_mb"] < 60)]


def main() -> None:
    """Measure both engines, print a table, and end with the bars as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FIELDOPS_BENCH_DATA", BESIDE)))
    parser.add_argument("--json", action="store_true", help="only the last line")
    parser.add_argument("--engine", choices=sorted(ENGINES), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.engine:
        print(json.dumps(measure(args.engine, args.data)))
        return
    rows, pieces = specimens(args.data), real(args.data)
    results: dict[str, Any] = {}
    for engine in ENGINES:
        found = measured(engine, args.data)
        answers = [Answer(**one) for one in found.pop("answers")]
        results[engine] = found | {"specimens": on_specimens(rows, answers[: len(rows)])}
        if pieces:
            results[engine]["real"] = on_real(pieces, answers[len(rows) :])
    if not args.json:
        print_table(results, len(rows), len(pieces))
    found_bars = bars(results, with_real=bool(pieces))
    print(json.dumps({"results": results, "bars": [asdict(bar) for bar in found_bars]}, ensure_ascii=False))


def print_table(results: dict[str, Any], made: int, real_count: int) -> None:
    """Print one line a figure, the engines side by side."""
    print(f"{made} hand-made rows, {real_count} real addresses; {REPEATS} times over, CPU seconds of one core")
    print(f"{'':34}" + "".join(f"{engine:>12}" for engine in results))
    flat = {engine: dict(figures(found)) for engine, found in results.items()}
    for name in flat["fieldops"]:
        print(f"{name:34}" + "".join(f"{flat[engine].get(name, '-'):>12}" for engine in results))


def figures(found: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Flatten the figures of one engine."""
    for name, value in found.items():
        if isinstance(value, dict):
            yield from ((f"{name}: {inner}", figure) for inner, figure in value.items())
        else:
            yield name, value


if __name__ == "__main__":
    main()
