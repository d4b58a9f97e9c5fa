"""The processes areas are solved in."""

import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import pytest

from routing.arrays import arrays_of
from routing.workers import Task, run_tasks
from tests.routing.days import town


def finds_nothing_better(task, budget_s, tell, stop):
    until = time.monotonic() + budget_s
    while time.monotonic() < until and not stop():
        time.sleep(0.02)
    return []


def never_ending():
    """Two tasks on two processes; the processes are named before the first has an answer."""

    def name_them():
        sys.stdout.write(" ".join(str(child.pid) for child in multiprocessing.active_children()) + "\n")
        sys.stdout.flush()
        return False

    day = arrays_of(town(2, 1), [0, 1], [0])
    terms = {"deadline": time.monotonic() + 600, "cores": 2, "stop": name_them, "on_routes": print}
    run_tasks([Task(day, "default", 1), Task(day, "default", 2)], finds_nothing_better, **terms)


def test_solver_processes_end_with_the_caller_that_was_killed():
    script = "from tests.routing.test_workers import never_ending; never_ending()"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as caller:
        solvers = caller.stdout.readline().split()
        caller.kill()
    assert len(solvers) == 2
    for _ in range(300):
        running = [pid for pid in solvers if Path("/proc", pid).exists()]
        if not running:
            return
        time.sleep(0.1)
    pytest.fail(f"solver processes {running} go on without a caller")
