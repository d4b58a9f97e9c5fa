"""How planning grows with the day: processor seconds, those outside the search, memory and cost up to 5,000 visits.

python -m benchmarks.growth [--sizes 1000,2000,5000] [--ms-per-visit 10] [--json]

Each size runs in a process of its own, on one core, with a crew for every 20 visits and a budget in proportion; budgets
count processor seconds (`benchmarks.clock`). Outside the search is all but moves and choices, in a run of a few moves a
search: matrices, neighbours, screen, acceptance, judging. A day of 1,000 is one search; a bigger one is several and
searched again across borders twice, so what is outside is compared from 2,000 visits on.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing import Problem

MOST_MB = 1536
LINEAR = 1.0
LEAST_SEVERAL = 2000
"""Visits from which on a day is several searches."""
FEW_MOVES = 2000
"""Moves of each search in the run that asks what is outside the searches."""


def one(visits: int, budget_s: float) -> dict[str, float]:
    from benchmarks.clock import count_processor_seconds  # noqa: PLC0415 - the measuring process alone loads solvers
    from benchmarks.day import drawn  # noqa: PLC0415
    from routing import plan, violations, warm  # noqa: PLC0415

    warm()
    empty_mb = _peak_mb()
    count_processor_seconds()
    problem = drawn(visits, visits // 20, homes=True)
    fixed_s = min(outside_s(problem, budget_s) for _ in range(3))
    began = time.process_time()
    found = plan(problem, budget_s=budget_s, seed=1, cores=1)
    seconds = time.process_time() - began
    assert not violations(problem, found)
    return {
        "visits": visits,
        "budget_s": budget_s,
        "processor_s": round(seconds, 2),
        "outside_search_s": round(fixed_s, 2),
        "planned": found.planned,
        "left_out_with_reason": sum(bool(left.reason) for left in found.left_out),
        "cost": found.cost,
        "cost_per_visit": round(found.cost / visits, 1),
        "memory_mb": round(_peak_mb()),
        "memory_before_mb": round(empty_mb),
    }


def outside_s(problem: Problem, budget_s: float) -> float:
    """Processor seconds of a plan but for those in moves and choices."""
    from routing import plan, propose, restarts  # noqa: PLC0415

    inside, searches = [0.0], (propose.run, restarts.choose)

    def timed(search: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            began = time.process_time()
            try:
                return search(*args, **named)
            finally:
                inside[0] += time.process_time() - began

        return run

    propose.run, restarts.choose = map(timed, searches)
    try:
        began = time.process_time()
        plan(problem, budget_s=budget_s, seed=1, cores=1, limit=FEW_MOVES)
        return time.process_time() - began - inside[0]
    finally:
        propose.run, restarts.choose = searches


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def per_visit(first: dict[str, float], last: dict[str, float], name: str) -> float:
    """How a figure grows, divided by how the day does."""
    return round((last[name] / first[name]) / (last["visits"] / first["visits"]), 3)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,2000,5000")
    parser.add_argument("--ms-per-visit", type=float, default=10.0)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(arguments)
    if args.one:
        print(json.dumps(one(args.one, args.one * args.ms_per_visit / 1000)))
        return 0
    rows = []
    for size in map(int, args.sizes.split(",")):
        command = [
            sys.executable,
            "-m",
            "benchmarks.growth",
            "--one",
            str(size),
            "--ms-per-visit",
            str(args.ms_per_visit),
        ]
        rows.append(
            json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()[-1])
        )
        print(json.dumps(rows[-1]), flush=True)
    last, several = rows[-1], [row for row in rows if row["visits"] >= LEAST_SEVERAL]
    growth, cost = (per_visit(rows[0], last, name) for name in ("processor_s", "cost"))
    fixed = per_visit(several[0] if several else last, last, "outside_search_s")
    within = round(max(row["processor_s"] / row["budget_s"] for row in rows), 3)
    bars = [
        {"name": "time ÷ budget, most", "value": within, "goal": 1.0, "held": within <= 1.0},
        {"name": "time per visit, last ÷ first", "value": growth, "goal": LINEAR, "held": growth <= LINEAR},
        {"name": "outside the search, from 2,000 on", "value": fixed, "goal": LINEAR, "held": fixed <= LINEAR},
        {"name": "cost per visit, last ÷ first", "value": cost, "goal": LINEAR, "held": cost <= LINEAR},
        {"name": "memory, MB", "value": last["memory_mb"], "goal": MOST_MB, "held": last["memory_mb"] < MOST_MB},
    ]
    print(json.dumps({"bars": bars}, indent=None if args.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
