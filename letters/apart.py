"""Examines a pack in a process of its own, with limits: a pack nobody approved yet may be heavy without end."""

import multiprocessing
import resource
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress

from letters.lint import Examination, LintFinding, examine
from letters.pack import pack_from_files

MOST_CPU_S = 60
MOST_MEMORY_BYTES = 2 * 1024**3


def examine_apart(files: Mapping[str, bytes], *, most_cpu_s: int = MOST_CPU_S) -> Examination:
    """Return what `letters.lint.examine` says of the pack of these files, fonts included.

    Cost: about two seconds; a pack that passes the limits is ended and has one finding, TOO_HEAVY.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_limit, initargs=(most_cpu_s,)) as pool:
        try:
            return pool.submit(_examine, dict(files)).result()
        except (BrokenProcessPool, MemoryError):
            text = f"it was laid out for {most_cpu_s} s of processor time, or filled {MOST_MEMORY_BYTES >> 30} GB"
            heavy = LintFinding("TOO_HEAVY", "the pack", text, "make it lean: an A4 sheet, plain boxes, fixed tables")
            return Examination((heavy,), {}, None)


def _examine(files: Mapping[str, bytes]) -> Examination:
    return examine(pack_from_files(files, {}))


def _limit(most_cpu_s: int) -> None:
    with suppress(ValueError, OSError):  # macOS refuses some of them
        resource.setrlimit(resource.RLIMIT_CPU, (most_cpu_s, most_cpu_s))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
