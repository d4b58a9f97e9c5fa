"""How planning grows with the day: processor seconds outside the search, memory and cost per visit up to 5,000 visits.

python -m benchmarks.growth [--sizes 1000,2000,5000] [--ms-per-visit 10] [--json]

Each size runs in a process of its own, on one core, with a crew for every 20 visits and a budget in proportion; budgets
count processor seconds (`benchmarks.clock`).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

MOST_MB = 1536
LINEAR = 1.0
FIXED_MS = 0.1
"""Budget per visit of a run that hardly searches: what is left is everything else."""


def one(visits: int, budget_s: float) -> dict[str, float]:
    from benchmarks.clock import count_processor_seconds  # noqa: PLC0415 - the measuring process alone loads solvers
    from benchmarks.day import drawn  # noqa: PLC0415
    from routing import plan, violations, warm  # noqa: PLC0415

    warm()
    empty_mb = _peak_mb()
    count_processor_seconds()
    problem = drawn(visits, visits // 20, homes=True)
    began = time.process_time()
    plan(problem, budget_s=visits * FIXED_MS / 1000, seed=1, cores=1)
    fixed_s = time.process_time() - began
    began = time.process_time()
    found = plan(problem, budget_s=budget_s, seed=1, cores=1)
    seconds = time.process_time() - began
    assert not violations(problem, found)
    return {
        "visits": visits,
        "budget_s": budget_s,
        "processor_s": round(seconds, 2),
        "hardly_searching_s": round(fixed_s, 2),
        "planned": found.planned,
        "left_out_with_reason": sum(bool(left.reason) for left in found.left_out),
        "cost": found.cost,
        "cost_per_visit": round(found.cost / visits, 1),
        "memory_mb": round(_peak_mb()),
        "memory_before_mb": round(empty_mb),
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
    first, last = rows[0], rows[-1]
    growth, fixed, cost = (
        round((last[name] / first[name]) / (last["visits"] / first["visits"]), 3)
        for name in ("processor_s", "hardly_searching_s", "cost")
    )
    bars = [
        {"name": "time per visit, last ÷ first", "value": growth, "goal": LINEAR, "held": growth <= LINEAR},
        {"name": "the same, hardly searching", "value": fixed, "goal": LINEAR, "held": fixed <= LINEAR},
        {"name": "cost per visit, last ÷ first", "value": cost, "goal": LINEAR, "held": cost <= LINEAR},
        {"name": "memory, MB", "value": last["memory_mb"], "goal": MOST_MB, "held": last["memory_mb"] < MOST_MB},
    ]
    print(json.dumps({"bars": bars}, indent=None if args.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
