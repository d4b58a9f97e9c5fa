"""Re-planning in the day: one visit is cancelled, its area planned anew from the plan at hand; the time it takes.

python -m benchmarks.replan [--visits 2000] [--crews 100] [--times 40] [--budget 1.0] [--json]

Measured: from the cancellation to the judged plan of the whole day and its difference, in wall-clock and in processor
seconds; the day is the synthetic one of `benchmarks.day`, half past one in the afternoon.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace

import numpy as np

from benchmarks.day import HOUR, drawn
from routing import Plan, Problem, Standing, difference, joined, near_to, plan, rest_of_day, violations, warm

AT_S = int(13.5 * HOUR)
GOAL_S = 2.0


def cancelled(problem: Problem, before: Plan, gone: str, behind: dict[str, int], args: argparse.Namespace) -> Plan:
    now = replace(problem, stops=tuple(stop for stop in problem.stops if stop.id != gone))
    crews = near_to(before, {gone})
    rest = rest_of_day(now, before, Standing(AT_S, behind, freeze_s=1800, crews=crews))
    after = plan(rest.problem, budget_s=args.budget, seed=1, cores=1, start=rest.start)
    assert not violations(rest.problem, after)
    return joined(rest, after)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=2000)
    parser.add_argument("--crews", type=int, default=100)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--budget", type=float, default=1.0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(arguments)
    warm()
    problem = drawn(args.visits, args.crews, homes=True)
    before = plan(problem, budget_s=args.visits / 100, seed=1, cores=1)
    visits = [visit for route in before.routes for visit in route.visits]
    behind = {visit.stop_id: visit.leave_s for visit in visits if visit.start_s <= AT_S}
    ahead = [visit.stop_id for visit in visits if visit.start_s > AT_S + HOUR]
    chosen = np.random.default_rng(3).choice(len(ahead), args.times, replace=False)
    wall, processor, moves, gained = [], [], [], []
    for i in chosen:
        began, began_cpu = time.perf_counter(), time.process_time()
        after = cancelled(problem, before, ahead[int(i)], behind, args)
        found = difference(before, after)
        wall.append(time.perf_counter() - began)
        processor.append(time.process_time() - began_cpu)
        moves.append(sum(move.why not in {"OTHER_TIME", "GONE"} for move in found.moves))
        gained.append(-found.travel_s / 60)
    spread = {name: round(float(np.percentile(wall, q)), 2) for name, q in (("p50", 50), ("p95", 95), ("max", 100))}
    cpu = {name: round(float(np.percentile(processor, q)), 2) for name, q in (("p50", 50), ("p95", 95), ("max", 100))}
    bar = {"name": "one cancellation, p95 seconds", "value": spread["p95"], "goal": GOAL_S}
    summary = {
        "visits": args.visits,
        "crews": args.crews,
        "times": args.times,
        "wall_s": spread,
        "processor_s": cpu,
        "visits_moved_mean": round(float(np.mean(moves)), 2),
        "minutes_gained_mean": round(float(np.mean(gained)), 1),
        "bars": [bar | {"held": spread["p95"] < GOAL_S}],
    }
    print(json.dumps(summary, indent=None if args.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
