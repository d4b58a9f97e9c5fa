"""Distance on Solomon and Gehring–Homberger instances, beside PyVRP and VROOM in the same run.

python -m benchmarks.vrptw FILE_OR_DIR… --budget 10 --cores 1 [--engines fieldops,pyvrp,vroom] [--json]

DIMACS convention: Euclidean distance truncated to one decimal, so whole tenths here; vehicles free up to the fleet.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.clock import count_processor_seconds
from benchmarks.yardsticks import pyvrp_routes, vroom_routes
from routing import Crew, Legs, Objective, Problem, RoadMatrix, Stop, Window, plan, warm

if TYPE_CHECKING:
    from collections.abc import Iterator

FLEET = {100: 25, 200: 50, 400: 100, 600: 150, 800: 200, 1000: 250}
REQUIRED_S = 10_000_000
GOALS = {100: 0.3, 200: 0.7, 400: 1.0, 1000: 3.5}
ORTOOLS_GOAL = 3.0


@dataclass(frozen=True)
class Instance:
    """Rows of (x, y, demand, ready, due, service), the depot first, as the file gives them."""

    name: str
    rows: np.ndarray
    capacity: int
    best: float | None

    @property
    def size(self) -> int:
        return len(self.rows) - 1


def read(path: Path, best: dict[str, float]) -> Instance:
    rows, capacity = _solomon(path) if path.suffix == ".txt" else _vrplib(path)
    return Instance(path.stem, np.array(rows), capacity, best.get(path.stem))


def _solomon(path: Path) -> tuple[list[list[int]], int]:
    rows, capacity = [], 0
    for words in (line.split() for line in path.read_text().splitlines()):
        if len(words) == 2 and words[0].isdigit():
            capacity = int(words[1])
        if len(words) == 7 and words[0].isdigit():
            rows.append([int(word) for word in words[1:]])
    return rows, capacity


def _vrplib(path: Path) -> tuple[list[list[int]], int]:
    section, capacity, service = "", 0, 0
    found: dict[str, dict[int, list[int]]] = {}
    for words in (line.replace(":", " ").split() for line in path.read_text().splitlines()):
        if not words:
            continue
        if words[0].endswith("SECTION") or words[0] == "EOF":
            section = words[0]
        elif words[0] == "CAPACITY":
            capacity = int(words[1])
        elif words[0] == "SERVICE_TIME":
            service = int(float(words[1]))
        elif section and len(words) > 1:
            found.setdefault(section, {})[int(words[0])] = [int(float(word)) for word in words[1:]]
    columns = (found["NODE_COORD_SECTION"], found["DEMAND_SECTION"], found["TIME_WINDOW_SECTION"])
    keys = sorted(columns[0])
    return [[v for c in columns for v in c[key]] + [service if key != keys[0] else 0] for key in keys], capacity


def problem_of(instance: Instance) -> Problem:
    """Tenths are the seconds; customers first, the depot last, as the engine's matrix wants it."""
    rows = np.vstack([instance.rows[1:], instance.rows[:1]]).astype(np.int64)
    gap = rows[:, None, :2] - rows[None, :, :2]
    tenths = np.floor(10 * np.sqrt((gap.astype(float) ** 2).sum(axis=2)) + 1e-9).astype(np.int64)
    places = rows[:, :2] / 1000.0
    stops = tuple(
        Stop(
            id=str(i + 1),
            lat=float(places[i, 1]),
            lon=float(places[i, 0]),
            service_s=int(row[5]) * 10,
            windows=(Window(int(row[3]) * 10, int(row[4]) * 10),),
            priority=5,
            load=int(row[2]),
        )
        for i, row in enumerate(rows[:-1])
    )
    y, x = float(places[-1, 1]), float(places[-1, 0])
    day = Window(int(rows[-1, 3]) * 10, int(rows[-1, 4]) * 10)
    fleet = range(FLEET[instance.size])
    crews = tuple(Crew(f"v{i:03d}", y, x, y, x, day, max_load=instance.capacity) for i in fleet)
    travel = RoadMatrix({"CAR": Legs(tenths, tenths)}, "Euclidean, tenths")
    return Problem(stops, crews, travel, Objective(left_out_s=(REQUIRED_S,) * 5), horizon_s=day.end_s)


def judged(instance: Instance, routes: list[list[int]]) -> tuple[int | None, str]:
    """Distance in tenths of routes of customer numbers, added from the file alone; or None and why not."""
    rows = instance.rows.astype(int)
    total, seen = 0, []
    for route in routes:
        clock, load, last = int(rows[0, 3]) * 10, 0, 0
        for stop in [*route, 0]:
            tenths = int(np.floor(10 * float(np.hypot(*(rows[stop, :2] - rows[last, :2]))) + 1e-9))
            total += tenths
            clock = max(clock + tenths, int(rows[stop, 3]) * 10)
            if clock > rows[stop, 4] * 10:
                return None, f"late at {stop}"
            clock += int(rows[stop, 5]) * 10
            load += int(rows[stop, 2])
            last = stop
        if load > instance.capacity:
            return None, "overloaded"
        seen += route
    if sorted(seen) != list(range(1, instance.size + 1)) or len(routes) > FLEET[instance.size]:
        return None, "customers or vehicles do not add up"
    return total, ""


def solve(problem: Problem, engine: str, args: argparse.Namespace) -> list[list[int]]:
    if engine == "pyvrp":
        return [[i + 1 for i in route] for route in pyvrp_routes(problem, args.budget, args.seed, 1).values()]
    if engine == "vroom":
        return [[i + 1 for i in route] for route in vroom_routes(problem, args.budget, args.seed, args.cores).values()]
    name = "ortools" if engine == "ortools" else "default"
    found = plan(problem, budget_s=args.budget, seed=args.seed, cores=args.cores, engine=name)
    return [[int(visit.stop_id) for visit in route.visits] for route in found.routes]


def measured(instance: Instance, engine: str, args: argparse.Namespace) -> dict[str, object]:
    problem = problem_of(instance)
    began = time.perf_counter()
    routes = [route for route in solve(problem, engine, args) if route]
    seconds = round(time.perf_counter() - began, 2)
    tenths, why = judged(instance, routes)
    gap = None if tenths is None or not instance.best else round(100 * (tenths / 10 / instance.best - 1), 3)
    cost = None if tenths is None else tenths / 10
    row = {"instance": instance.name, "engine": engine, "cost": cost, "vehicles": len(routes), "gap": gap}
    return row | {"seconds": seconds, "feasible": tenths is not None} | ({"why": why} if why else {})


def files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        inside = sorted(p for p in path.iterdir() if p.suffix in {".txt", ".vrptw"}) if path.is_dir() else [path]
        yield from inside


def best_known(folder: Path) -> dict[str, float]:
    path = folder / "best_known.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as lines:
        return {row["instance"]: float(row["cost"]) for row in csv.DictReader(lines)}


@dataclass(frozen=True)
class Bar:
    """A figure beside its goal."""

    name: str
    value: float | None
    goal: float
    held: bool


def bars(rows: list[dict[str, object]], sizes: dict[str, int]) -> list[Bar]:
    made = []
    for size, goal in GOALS.items():
        means = {engine: _mean(rows, sizes, size, engine) for engine in {str(row["engine"]) for row in rows}}
        ours = means.get("fieldops")
        if ours is not None:
            made.append(Bar(f"mean gap {size}", ours, goal, ours <= goal))
            rival = means.get("pyvrp")
            if rival is not None and size in {100, 1000}:
                made.append(Bar(f"mean gap {size} against PyVRP", ours, rival, ours <= rival))
        alone = means.get("ortools")
        if alone is not None and size == 100:
            made.append(Bar("mean gap 100, OR-Tools alone", alone, ORTOOLS_GOAL, alone <= ORTOOLS_GOAL))
    return made


def _mean(rows: list[dict[str, object]], sizes: dict[str, int], size: int, engine: str) -> float | None:
    """Mean gap; an unsolved instance counts as 100 %, so that no failure makes a mean better."""
    gaps = [row["gap"] for row in rows if row["engine"] == engine and sizes[str(row["instance"])] == size]
    return round(float(np.mean([100.0 if gap is None else float(str(gap)) for gap in gaps])), 3) if gaps else None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--budget", type=float, default=10.0)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engines", default="fieldops,pyvrp,vroom")
    parser.add_argument("--processor", action="store_true", help="budgets count processor seconds; one core only")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(arguments)
    warm()
    if args.processor:
        if args.cores != 1:
            parser.error("--processor measures one core")
        count_processor_seconds()
    rows: list[dict[str, object]] = []
    sizes: dict[str, int] = {}
    for path in files(args.paths):
        instance = read(path, best_known(path.parent))
        sizes[instance.name] = instance.size
        for engine in args.engines.split(","):
            rows.append(measured(instance, engine, args))
            print(json.dumps(rows[-1]), flush=True)
    summary = {
        "means": {
            e: {s: _mean(rows, sizes, s, e) for s in sorted(set(sizes.values()))} for e in args.engines.split(",")
        },
        "bars": [asdict(bar) for bar in bars(rows, sizes)],
    }
    print(json.dumps(summary) if args.json else json.dumps(summary, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
