"""One A4 payment notice with table, seal, Code 128 and QR: ours beside naive WeasyPrint, Typst and ReportLab.

python -m benchmarks.letters [--rounds 20] [--long] [--only speed|memory|workers] [--json]

All makers take the same letters, words, fonts, seal and codes, and take turns round by round in one process, measured
on CPU time; the share is the median over the rounds of naive's time by theirs. Memory and two workers are measured in
processes of their own, see `benchmarks.letter_workers`. "naive" writes the style sheet of a first draft; "naive,
lean" is given ours.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.letter_makers import PACK, letters, naive_maker, reportlab_maker, typst_maker
from benchmarks.letter_workers import memory, second_worker
from letters.pack import load_pack
from letters.render import Renderer

if TYPE_CHECKING:
    from collections.abc import Callable

    from letters.letter import LetterFields

FASTER_THAN_NAIVE = 2.5
MOST_RESIDENT_MB = 200
TWO_WORKERS = 1.8
BATCH = 25
MAKERS = ("weasyprint", "typst", "reportlab")


def makers(folder: Path) -> dict[str, tuple[int, Callable[[list[LetterFields]], bytes]]]:
    """Return each maker with the letters it takes at a time."""
    pack = load_pack(PACK)
    ours, archive = Renderer(pack), Renderer(replace(pack, archival=True))
    places = {name: folder / name for name in ("draft", "lean", "typst")}
    for place in places.values():
        place.mkdir()
    typst, reportlab = typst_maker(places["typst"]), reportlab_maker()
    return {
        "naive": (1, naive_maker(places["draft"], lean=False)),
        "naive, lean": (1, naive_maker(places["lean"], lean=True)),
        "ours": (1, lambda some: ours.render(some[0]).pdf),
        "ours PDF/A": (1, lambda some: archive.render(some[0]).pdf),
        f"ours singles and file of {BATCH}": (BATCH, lambda some: _part(ours, some)),
        "Typst": (1, typst),
        f"Typst batch of {BATCH}": (BATCH, typst),
        "ReportLab": (1, reportlab),
        f"ReportLab batch of {BATCH}": (BATCH, reportlab),
    }


def _part(renderer: Renderer, some: list[LetterFields]) -> bytes:
    part = renderer.render_chunk(some).part
    return part.pdf if part else b""


def speeds(rounds: int) -> list[dict[str, object]]:
    """Return each maker's CPU time a letter, its share and its size."""
    with tempfile.TemporaryDirectory() as folder:
        all_makers = makers(Path(folder))
        taken: dict[str, list[float]] = {name: [] for name in all_makers}
        sizes: dict[str, float] = {}
        for round_ in range(rounds + 1):  # the first warms every maker and is not counted
            for name, (count, make) in all_makers.items():
                if count > 1 and round_ > max(1, rounds // 8):
                    continue
                some = letters(count, start=round_ * BATCH)
                began = time.process_time()
                pdf = make(some)
                if round_:
                    taken[name].append((time.process_time() - began) / count)
                sizes[name] = len(pdf) / count / 1024
    naive = taken["naive"]
    return [
        {
            "maker": name,
            "cpu_ms": round(statistics.median(times) * 1e3, 1),
            "times_naive": round(statistics.median(n / t for n, t in zip(naive, times, strict=False)), 2),
            "kb": round(sizes[name], 1),
        }
        for name, times in taken.items()
    ]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and say which bars hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.letters", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--long", action="store_true", help="10,000 letters for the memory instead of 1,000")
    parser.add_argument("--only", choices=("speed", "memory", "workers"), help="one of the three measurements")
    parser.add_argument("--json", action="store_true", help="only the last line")
    args = parser.parse_args(arguments)
    load = [round(os.getloadavg()[0], 1)]
    results = speeds(args.rounds) if args.only in (None, "speed") else []
    held = memory(10_000 if args.long else 1_000) if args.only in (None, "memory") else {}
    second = second_worker(args.rounds) if args.only in (None, "workers") else {}
    load.append(round(os.getloadavg()[0], 1))
    if not args.json:
        for row in results:
            print(
                f"{row['maker']:32}{row['cpu_ms']:9.1f} ms{row['times_naive']:8.2f} × naive{row['kb']:9.1f} KB a letter"
            )
        print(held, second, f"load average {load}")
    bars = bars_of(results, held, second)
    said = {"versions": versions(), "load_average": load, "results": results, "memory": held, "workers": second}
    print(json.dumps(said | {"bars": bars, "held": all(bars.values())}, ensure_ascii=False))
    return 0


def bars_of(results: list[dict[str, object]], held: dict[str, float], second: dict[str, float]) -> dict[str, bool]:
    """Return whether each bar that was measured holds."""
    bars = {}
    for row in results:
        if row["maker"] == "ours":
            bars[f"single at least {FASTER_THAN_NAIVE} × naive"] = float(str(row["times_naive"])) >= FASTER_THAN_NAIVE
    if held:
        name = f"{held['letters']:,} letters under {MOST_RESIDENT_MB} MB resident"
        bars[name] = held["resident_mb"] < MOST_RESIDENT_MB
    if second:
        bars[f"two workers at least {TWO_WORKERS} × one"] = second["two_workers"] >= TWO_WORKERS
    return bars


def versions() -> dict[str, str]:
    """Return the version of each maker, and of Python."""
    return {"python": platform.python_version()} | {name: version(name) for name in MAKERS}


if __name__ == "__main__":
    sys.exit(main())
