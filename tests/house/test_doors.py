"""Transactions end at the doors, and only the clock knows what time it is."""

import ast

DOORS = {  # path: what opens and ends a transaction there
    "fieldops/db.py": "the transaction itself",
    "fieldops/web.py": "a request",
    "fieldops/jobs.py": "a job",
    "fieldops/cli.py": "a command",
    "fieldops/house.py": "hands the transaction to its callers",
}
ENDS = {"commit", "rollback", "begin"}
CLOCKS = {"now", "utcnow", "today", "localtime", "gmtime"}  # perf_counter and monotonic measure, they do not tell
CLOCKMAKERS = {  # path: why it asks the machine
    "fieldops/clock.py": "the clock itself",
    "fieldops/auth/tokens.py": "a moved demo clock must not log anybody out",
}


def _called(source):
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, ast.unparse(node.func.value), node.lineno


def test_only_doors_end_a_transaction(product):
    ended = [
        f"{source.path}:{line} {on}.{name}()"
        for source in product
        if source.path not in DOORS and not source.path.startswith("fieldops/migrations/")
        for name, on, line in _called(source)
        if name in ENDS
    ]
    assert not ended


def test_the_time_is_asked_of_the_clock_only(product):
    asked = [
        f"{source.path}:{line} {on}.{name}()"
        for source in product
        if source.path not in CLOCKMAKERS
        for name, on, line in _called(source)
        if on.split(".")[-1] in {"datetime", "date", "time"} and (name in CLOCKS or (on, name) == ("time", "time"))
    ]
    assert not asked
