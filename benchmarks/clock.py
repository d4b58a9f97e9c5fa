"""A clock that counts processor seconds of this process, for measuring on a machine that others use as well."""

from __future__ import annotations

import time


def count_processor_seconds() -> None:
    """Let every budget that Python keeps count processor seconds: ours and PyVRP's, on one core each.

    What keeps a clock of its own in C++ (VROOM, OR-Tools' search, CP-SAT) still counts wall-clock seconds, so on a
    loaded machine it gets less than its share: that is against us, never for us.
    """
    time.perf_counter = time.process_time
    time.monotonic = time.process_time
