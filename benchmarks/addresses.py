"""Addresses judged: verdicts, regions, speed and memory, beside cpca in the same run.

python -m benchmarks.addresses [--data DIR] [--json]

DIR (or FIELDOPS_BENCH_DATA, or a folder shared/data beside the checkout) holds addresses/addresses.csv, hand-made rows
with the region and verdict expected, and addresses/labelled-dev.txt, 2,985 real addresses of 2018 with BIO labels.
Without it only the rows that ship with the tests are judged: those, and blind.csv, 356 rows in three sets that were
written from the rules alone and judged for the first time when they were whole.

On the labelled rows, those count whose labels name a province, city or county; when they should be VALID is said in
`benchmarks.labelled`. Counties of 2018 are mapped to today's by the successors of the division tables; cpca, which is
of 2021, may answer with either name.

Each engine is measured in a process of its own: CPU seconds of one core, its own peak of memory, and the slowest of
some thousand hostile texts (the best of three times each).
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import itertools
import json
import os
import random
import re
import subprocess
import sys
import time
import types
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.labelled import READINGS, REGIONS, Pieces, labelled, right_counties, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPEATS = 5
BESIDE = Path(__file__).parents[2] / "shared" / "data"
SHIPPED = Path(__file__).parents[1] / "tests" / "addresses"
HOSTILE = re.findall(
    r"[^ ]+",
    "北京市 朝阳区 浙江省 西湖区 文三路 398号 五幢 301室 村 镇 ( （ ） 【 # * × 第 一 十 百 号 楼 13800138000 "
    "0571-88888888 收件人 电话 地址 先生收 中国 縣 Ⅳ 1-2-3 、 ~ _ 旁边 对面 法院 大学 有限公司 开发区 农村 人民 A 1 - "
    "族 😀 新区 街道 路 巷 弄 \u202e \x00",
)


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
    raws = [row["raw"] for row in (*known_rows(data), *blind_rows())] + [text_of(pieces) for pieces in real(data)]
    began = time.perf_counter()
    answer = ENGINES[engine]()
    answers = answer(raws)
    ready_s = time.perf_counter() - began
    began = time.process_time()
    for _ in range(REPEATS):
        answer(raws)
    taken = time.process_time() - began
    measures = {
        "answers": [asdict(one) for one in answers],
        "per_second": round(len(raws) * REPEATS / taken),
        "resident_mb": round(peak_resident_mb(), 1),
        "first_answer_s": round(ready_s, 2),
    }
    if engine == "fieldops":
        measures["slowest_ms"] = round(max(cost_ms(answer, text) for text in hostile_texts()), 2)
    return measures


def hostile_texts() -> Iterator[str]:
    """Give texts made to be slow: every pair of pieces again and again, pieces at random, and 10 kB of each."""
    chance = random.Random(3)
    for piece in HOSTILE:
        yield piece * 10_000
        yield from ((piece + other) * 100 for other in HOSTILE)
    for _ in range(2000):
        yield "".join(chance.choices(HOSTILE, k=chance.choice((5, 20, 60, 120, 400))))


def cost_ms(answer: Callable[[list[str]], list[Answer]], text: str) -> float:
    """Give the CPU milliseconds of one text, the best of three times."""
    costs = []
    for _ in range(3):
        began = time.process_time()
        answer([text])
        costs.append(time.process_time() - began)
    return min(costs) * 1000


def peak_resident_mb() -> float:
    """Return this process's own peak, from Linux or, elsewhere, from the resource module."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource  # noqa: PLC0415 - absent on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def known_rows(data: Path) -> list[dict[str, str]]:
    """Give the hand-made rows, of the data folder or the ones that ship with the tests."""
    path = data / "addresses" / "addresses.csv"
    return rows_of(path if path.exists() else SHIPPED / "addresses.csv")


def blind_rows() -> list[dict[str, str]]:
    """Give the rows that were written before they were judged."""
    return rows_of(SHIPPED / "blind.csv")


def rows_of(path: Path) -> list[dict[str, str]]:
    """Read rows with the region and verdict expected."""
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def real(data: Path) -> list[Pieces]:
    """Give the labelled rows; none if the folder has them not."""
    path = data / "addresses" / "labelled-dev.txt"
    return list(labelled(path)) if path.exists() else []


def on_rows(rows: list[dict[str, str]], answers: list[Answer]) -> dict[str, float]:
    """Give the shares of regions and verdicts right."""
    regions = [
        (a.province, a.city, a.county) == (r["expected_province"], r["expected_city"], r["expected_district"])
        for a, r in zip(answers, rows, strict=True)
    ]
    if not any(answer.verdict for answer in answers):
        return {"regions": share(regions)}
    verdicts = [a.verdict == r["expected_verdict"] for a, r in zip(answers, rows, strict=True)]
    return {"regions": share(regions), "verdicts": share(verdicts)}


def on_real(rows: list[Pieces], answers: list[Answer]) -> dict[str, float]:
    """Give precision and recall of VALID in every reading of the labels, and the share of counties right."""
    figures: dict[str, float] = {}
    labels_of = [{label for label, _ in pieces} for pieces in rows]
    placed = [pair for pair in zip(answers, labels_of, strict=True) if pair[1] & REGIONS]
    judged_valid = [(a.verdict == "VALID", labels) for a, labels in placed]
    for name, should_be_valid in READINGS.items() if any(a.verdict for a in answers) else ():
        both = sum(valid and should_be_valid(labels) for valid, labels in judged_valid)
        figures[f"{name}precision"] = both / max(1, sum(valid for valid, _ in judged_valid))
        figures[f"{name}recall"] = both / max(1, sum(should_be_valid(labels) for _, labels in judged_valid))
    known = [(a, names) for a, pieces in zip(answers, rows, strict=True) if (names := right_counties(pieces))]
    figures["counties"] = share([a.county in names for a, names in known])
    return {name: round(value, 4) for name, value in figures.items()}


def share(hits: list[bool]) -> float:
    """Return the share of hits, rounded to four places."""
    return round(sum(hits) / max(1, len(hits)), 4)


def bars(found: dict[str, Any]) -> list[Bar]:
    """Compare this package's figures with their goals."""
    goals = [
        ("regions of the hand-made rows", found["known"]["regions"], 1.0),
        ("verdicts of the hand-made rows", found["known"]["verdicts"], 0.98),
        ("regions of the blind rows, since mended", found["blind"]["regions"], 0.95),
        ("verdicts of the blind rows, since mended", found["blind"]["verdicts"], 0.95),
    ]
    if "real" in found:
        goals += [
            ("precision of VALID on real addresses", found["real"]["precision"], 0.93),
            ("recall of VALID on real addresses", found["real"]["recall"], 0.85),
            ("counties of real addresses", found["real"]["counties"], 0.95),
        ]
    goals.append(("addresses a second on one core", found["per_second"], 5000))
    limits = [("resident megabytes", found["resident_mb"], 60), ("slowest text in ms", found["slowest_ms"], 5)]
    return [
        *(Bar(name, value, f">= {goal}", value >= goal) for name, value, goal in goals),
        *(Bar(name, value, f"< {limit}", value < limit) for name, value, limit in limits),
    ]


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
    known, blind, pieces = known_rows(args.data), blind_rows(), real(args.data)
    results: dict[str, Any] = {}
    for engine in ENGINES:
        found = measured(engine, args.data)
        answers = [Answer(**one) for one in found.pop("answers")]
        on_known, on_blind, on_labelled = parted(answers, len(known), len(blind))
        results[engine] = found | {"known": on_rows(known, on_known), "blind": on_rows(blind, on_blind)}
        if pieces:
            results[engine]["real"] = on_real(pieces, on_labelled)
    if not args.json:
        print_table(results, f"{len(known)} hand-made and {len(blind)} blind rows, {len(pieces)} real addresses")
    found_bars = [asdict(bar) for bar in bars(results["fieldops"])]
    print(json.dumps({"results": results, "bars": found_bars}, ensure_ascii=False))


def parted(answers: list[Answer], *lengths: int) -> Iterator[list[Answer]]:
    """Give the first so many answers, the next so many, and the rest."""
    rest = iter(answers)
    for length in lengths:
        yield list(itertools.islice(rest, length))
    yield list(rest)


def print_table(results: dict[str, Any], judged: str) -> None:
    """Print one line a figure, the engines side by side."""
    print(f"{judged}; {REPEATS} times over, CPU seconds of one core")
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
