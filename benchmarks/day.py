"""One day of field visits, beside PyVRP and VROOM given the whole day and given the same areas.

python -m benchmarks.day {--stops FILE.csv | --synthetic N} --crews N --budget S --cores C [--out DIR] [--json]

The day: shift 09:00–18:00, start and end at stop 0, 20 minutes of service, priority 1 + stop_id mod 5 (left out: 2 h of
travel × priority), the file's windows cut to the shift, great circle × 1.35 at 24 km/h, no cap on stops.
`--synthetic N` draws N visits round twelve centres of a city; stop 0 is its middle.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.clock import count_processor_seconds
from benchmarks.yardsticks import Engine, pyvrp_routes, vroom_routes
from routing import Area, Break, Crew, GreatCircle, Objective, Plan, Problem, Stop, Window, plan, violations, warm

HOUR = 3600
SHIFT = Window(9 * HOUR, 18 * HOUR)
SERVICE_S = 1200
TRAVEL = GreatCircle(detour=1.35, near_detour=1.35, kmh={"CAR": 24.0})
GOALS = {"synthetic 300": 0.99, "synthetic 2000": 0.92, "file": 0.98}


def read(path: Path, crews: int) -> Problem:
    """The day of a stops file; windows that miss the shift stay as they are and are left out with a reason."""
    with path.open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    depot, *visits = rows
    lat, lon = float(depot["lat"]), float(depot["lng"])
    stops = tuple(
        Stop(
            id=row["stop_id"],
            lat=float(row["lat"]),
            lon=float(row["lng"]),
            service_s=SERVICE_S,
            windows=(_cut(row["window_open"], row["window_close"]),),
            priority=1 + int(row["stop_id"]) % 5,
        )
        for row in visits
    )
    team = tuple(Crew(f"v{i:03d}", lat, lon, lat, lon, SHIFT) for i in range(crews))
    return Problem(stops, team, TRAVEL, Objective())


def _cut(opens: str, closes: str) -> Window:
    window = Window(_second(opens), _second(closes) or 24 * HOUR)
    return window.overlap(SHIFT) or window


def _second(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * HOUR + int(minutes) * 60


def drawn(count: int, crews: int, *, homes: bool, seed: int = 7) -> Problem:
    """A city of 24 km: visits round twelve centres, 30 % with a window of 2–4 h; crews at its middle or at homes."""
    rng = np.random.default_rng(seed)
    centres, spread = rng.uniform(3, 21, (12, 2)), rng.uniform(0.6, 2.2, 12)
    at = rng.choice(12, count, p=rng.dirichlet(np.full(12, 2.0)))
    points = np.clip(centres[at] + rng.normal(0, 1, (count, 2)) * spread[at][:, None], 0, 24)
    starts = np.clip(centres[rng.choice(12, crews)] + rng.normal(0, 3, (crews, 2)), 0, 24)
    starts = starts if homes else np.full((crews, 2), 12.0)
    stops = tuple(
        Stop(f"{i:05d}", *_place(points[i - 1]), SERVICE_S, (_drawn_window(rng),), priority=1 + i % 5)
        for i in range(1, count + 1)
    )
    team = tuple(Crew(f"v{i:03d}", *_place(start), *_place(start), SHIFT) for i, start in enumerate(starts))
    return Problem(stops, team, TRAVEL, Objective())


def _drawn_window(rng: np.random.Generator) -> Window:
    if rng.random() >= 0.3:
        return SHIFT
    hours = int(rng.integers(2, 5))
    opens = SHIFT.start_s + int(rng.integers(0, (9 - hours) * 2 + 1)) * 1800
    return Window(opens, opens + hours * HOUR)


def with_rules(problem: Problem, seed: int = 11) -> Problem:
    """The same day with lunch breaks, second windows, skills and locks: what only a full model holds."""
    rng = np.random.default_rng(seed)
    lunch = Break(Window(int(11.5 * HOUR), int(13.5 * HOUR)), 2700)
    crews = tuple(
        replace(crew, breaks=(lunch,), skills=frozenset({"law"} if v % 2 else ()), max_duty_s=9 * HOUR)
        for v, crew in enumerate(problem.crews)
    )
    stops = []
    for stop in problem.stops:
        draw = rng.random(3)
        windows = (Window(9 * HOUR, 11 * HOUR), Window(14 * HOUR, 17 * HOUR)) if draw[0] < 0.3 else stop.windows
        skills = frozenset({"law"} if draw[1] < 0.1 else ())
        lock = crews[int(rng.integers(len(crews) // 2)) * 2 + 1].id if draw[2] < 0.05 else None
        stops.append(replace(stop, windows=windows, skills=skills, crew_lock=lock))
    return Problem(tuple(stops), crews, problem.travel, problem.objective)


def _place(km: np.ndarray) -> tuple[float, float]:
    return 39.8 + float(km[1]) / 111.2, 116.2 + float(km[0]) / 85.4


@dataclass(frozen=True)
class Score:
    """What an engine made of the day, added from the problem alone."""

    engine: str
    planned: int
    left_out: dict[int, int]
    travel_s: int
    cost: int
    seconds: float
    broken: int


def ours(problem: Problem, args: argparse.Namespace, engine: str) -> tuple[Plan, Score]:
    began = time.perf_counter()
    found = plan(problem, budget_s=args.budget, seed=args.seed, cores=args.cores, engine=engine)
    seconds = time.perf_counter() - began
    routes = {route.crew_id: [visit.stop_id for visit in route.visits] for route in found.routes}
    name = "fieldops" if engine == "default" else "ortools"
    score = scored(problem, name, routes, seconds)
    return found, replace(score, broken=len(violations(problem, found)))


def yardstick(problem: Problem, name: str, engine: Engine, areas: tuple[Area, ...], args: argparse.Namespace) -> Score:
    """The engine on each area for its part of the time; one area is the whole day.

    With several cores, areas get that many times their part: as if they ran side by side.
    """
    began, routes = time.perf_counter(), {}
    stops, crews = {stop.id: stop for stop in problem.stops}, {crew.id: crew for crew in problem.crews}
    factor = args.cores if len(areas) > 1 else 1
    total = sum(len(area.stop_ids) for area in areas)
    for area in areas:
        members = [crews[i] for i in area.crew_ids]
        part = Problem(tuple(stops[i] for i in area.stop_ids), tuple(members), TRAVEL, problem.objective)
        budget_s = args.budget * factor * len(area.stop_ids) / total
        for crew, rows in engine(part, budget_s, args.seed, args.cores if factor == 1 else 1).items():
            routes[members[crew].id] = [part.stops[row].id for row in rows]
    return scored(problem, name, routes, (time.perf_counter() - began) / factor)


def scored(problem: Problem, name: str, routes: dict[str, list[str]], seconds: float) -> Score:
    """Cost and left-outs from the problem; windows and shifts are walked again for every engine."""
    rows = {stop.id: row for row, stop in enumerate(problem.stops)}
    crews = {crew.id: row for row, crew in enumerate(problem.crews)}
    travel_s, broken, seen = 0, 0, set()
    for crew_id, order in routes.items():
        crew = problem.crews[crews[crew_id]]
        start, end = problem.crew_points[crews[crew_id]]
        path = np.array([start, *(rows[stop] for stop in order), end])
        legs = problem.legs(path, path, crew.mode)[0]
        if order:
            travel_s += int(sum(legs[k, k + 1] for k in range(len(path) - 1)))
            broken += _late(problem, crew, [rows[stop] for stop in order], legs)
        seen |= set(order)
    left = [stop for stop in problem.stops if stop.id not in seen]
    by_priority = {p: sum(stop.priority == p for stop in left) for p in range(1, 6)}
    cost = travel_s + sum(problem.objective.left_out_s[stop.priority - 1] for stop in left)
    return Score(name, len(seen), by_priority, travel_s, cost, round(seconds, 2), broken)


def _late(problem: Problem, crew: Crew, order: list[int], legs: np.ndarray) -> int:
    clock, late = crew.shift.start_s, 0
    for k, row in enumerate(order):
        stop = problem.stops[row]
        clock = max(clock + int(legs[k, k + 1]), stop.windows[0].start_s)
        late += clock > stop.windows[0].end_s
        clock += stop.service_s
    return late + (clock + int(legs[len(order), len(order) + 1]) > crew.shift.end_s)


def written(folder: Path, problem: Problem, found: Plan) -> None:
    """Problem and plan as JSON, for a judge from outside."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in (("problem", problem), ("plan", found)):
        text = json.dumps(asdict(value), ensure_ascii=False, default=sorted)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


def bars(args: argparse.Namespace, scores: dict[str, Score]) -> list[dict[str, object]]:
    name = "file" if args.stops else f"synthetic {args.synthetic}"
    mine, goal = scores["fieldops"], GOALS.get(name)
    rivals = {key: s.cost for key, s in scores.items() if key.startswith("pyvrp") and not s.broken}
    if name == "synthetic 2000":
        rivals = {key: cost for key, cost in rivals.items() if key == "pyvrp areas"}
    made: list[dict[str, object]] = [{"name": "violations", "value": mine.broken, "goal": 0, "held": mine.broken == 0}]
    if args.rules:
        ratio = round(mine.cost / scores["ortools"].cost, 4)
        made.append({"name": "all rules: cost ÷ OR-Tools alone", "value": ratio, "goal": 0.97, "held": ratio <= 0.97})
    elif goal is not None and rivals:
        ratio = round(mine.cost / min(rivals.values()), 4)
        made.append({"name": f"{name}: cost ÷ PyVRP", "value": ratio, "goal": goal, "held": ratio <= goal})
    return made


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--stops", type=Path)
    source.add_argument("--synthetic", type=int)
    parser.add_argument("--homes", action="store_true", help="synthetic crews start at homes, not at stop 0")
    parser.add_argument("--rules", action="store_true", help="breaks, two windows, skills and locks; no yardsticks")
    parser.add_argument("--crews", type=int, required=True)
    parser.add_argument("--budget", type=float, default=30.0)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engines", default="fieldops,ortools,pyvrp,vroom")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--processor", action="store_true", help="budgets count processor seconds; one core only")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(arguments)
    warm()
    if args.processor:
        if args.cores != 1:
            parser.error("--processor measures one core")
        count_processor_seconds()
    problem = read(args.stops, args.crews) if args.stops else drawn(args.synthetic, args.crews, homes=args.homes)
    if args.rules:
        problem, args.engines = with_rules(problem), "fieldops,ortools"
    found, score = ours(problem, args, "default")
    scores = {"fieldops": score}
    if args.out:
        written(args.out, problem, found)
    wanted = args.engines.split(",")
    if "ortools" in wanted:
        scores["ortools"] = ours(problem, args, "ortools")[1]
    whole = (Area("whole", tuple(s.id for s in problem.stops), tuple(c.id for c in problem.crews)),)
    engines: dict[str, Engine] = {"pyvrp": pyvrp_routes, "vroom": vroom_routes}
    for name in (name for name in wanted if name in engines):
        scores[f"{name} whole"] = yardstick(problem, f"{name} whole", engines[name], whole, args)
        if len(found.areas) > 1:
            scores[f"{name} areas"] = yardstick(problem, f"{name} areas", engines[name], found.areas, args)
    ratios = {name: round(score.cost / other.cost, 4) for name, other in scores.items() if name != "fieldops"}
    for one in scores.values():
        print(json.dumps(asdict(one)))
    summary = {"visits": len(problem.stops), "crews": len(problem.crews), "cost_ratio_to": ratios}
    print(json.dumps(summary | {"bars": bars(args, scores)}, indent=None if args.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
