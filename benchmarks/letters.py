"""One A4 payment notice with table, seal, Code 128 and QR: ours beside naive WeasyPrint, Typst and ReportLab.

python -m benchmarks.letters [--rounds 20] [--long] [--json]

All makers take the same letters, words, fonts, seal and codes, and take turns round by round in one process, measured
on CPU time; the share is the median over the rounds of naive's time by theirs. Memory and two workers are measured in
processes of their own. "naive" writes the style sheet of a first draft; "naive, lean" is given ours.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.letter_makers import PACK, naive_maker, reportlab_maker, typst_maker
from letters.kinds import LetterKind
from letters.pack import load_pack
from letters.render import RenderedLetter, Renderer
from letters.samples import sample_letters

if TYPE_CHECKING:
    from collections.abc import Callable

    from letters.letter import LetterFields

FASTER_THAN_NAIVE = 2.5
MOST_RESIDENT_MB = 200
TWO_WORKERS = 1.8
BATCH = 25
NAMES = "张三李四王五赵六钱七孙八周九吴十郑成陈立杨光黄河林海何山高原"


def letters(count: int, start: int = 0) -> list[LetterFields]:
    """Return letters to different people about different amounts."""
    one = sample_letters(LetterKind.PAYMENT_NOTICE)["ordinary"]
    return [
        replace(
            one,
            letter_no=f"〔2026〕示范缴字第{number:06d}号",
            serial=f"FO26{number:08d}",
            recipient_name=NAMES[number * 2 % 28] + NAMES[number * 7 % 28] + NAMES[number * 3 % 28],
            balance_fen=one.balance_fen + number * 137,
        )
        for number in range(start + 1, start + count + 1)
    ]


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


def work(count: int, start: int) -> tuple[int, float]:
    """Render `count` letters and return the resident megabytes this process reached and its seconds."""
    renderer = Renderer(load_pack(PACK))
    renderer.render(letters(1)[0])
    began = time.perf_counter()
    made = sum(isinstance(one, RenderedLetter) for one in renderer.render_batch(letters(count, start)))
    seconds = time.perf_counter() - began
    if made != count:
        raise SystemExit(f"{count - made} of {count} letters failed")
    return peak_resident_mb(), seconds


def peak_resident_mb() -> int:
    """Return this process's own peak: on Linux a child's ru_maxrss begins at what its parent had."""
    status = Path("/proc/self/status")
    if status.exists():
        return (
            next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) // 1024
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20


def workers(count: int) -> dict[str, float]:
    """Return the memory of one worker over `count` letters, and what a second worker brings."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        resident_mb, one_s = pool.apply(work, (count, 0))
    share = min(count, 200)
    with context.Pool(1) as pool:
        _, alone_s = pool.apply(work, (share, 0))
    with context.Pool(2) as pool:
        both = pool.starmap(work, [(share, 0), (share, share)], chunksize=1)
    gain = 2 * alone_s / max(seconds for _, seconds in both)
    return {"letters": count, "resident_mb": resident_mb, "seconds": round(one_s, 1), "two_workers": round(gain, 2)}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and say which bars hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.letters", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--long", action="store_true", help="10,000 letters for the memory instead of 1,000")
    parser.add_argument("--json", action="store_true", help="only the last line")
    args = parser.parse_args(arguments)
    before = os.getloadavg()[0]
    results = speeds(args.rounds)
    load = workers(10_000 if args.long else 1_000) | {"load_average": [round(before, 1), round(os.getloadavg()[0], 1)]}
    if not args.json:
        for row in results:
            print(
                f"{row['maker']:32}{row['cpu_ms']:9.1f} ms{row['times_naive']:8.2f} × naive{row['kb']:9.1f} KB a letter"
            )
        print(load)
    shares = {row["maker"]: float(str(row["times_naive"])) for row in results}
    bars = {
        f"single at least {FASTER_THAN_NAIVE} × naive": shares["ours"] >= FASTER_THAN_NAIVE,
        f"{load['letters']:,} letters under {MOST_RESIDENT_MB} MB resident": load["resident_mb"] < MOST_RESIDENT_MB,
        f"two workers at least {TWO_WORKERS} × one": load["two_workers"] >= TWO_WORKERS,
    }
    print(json.dumps({"results": results, "load": load, "bars": bars, "held": all(bars.values())}, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
