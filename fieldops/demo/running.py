"""The demo around the day: its own database and clock, server and worker, the stored summary."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import TYPE_CHECKING, Any

import click

from fieldops.clock import SHANGHAI
from fieldops.console.service import SUMMARY
from fieldops.db import drop_demo_database
from fieldops.demo.caseload import Folder
from fieldops.demo.client import wait_until_up
from fieldops.demo.day import PLAN_BUDGET_S, Day
from fieldops.demo.furnish import furnish
from fieldops.demo.sample import sample_caseload
from fieldops.errors import SettingsError
from fieldops.house import open_house
from fieldops.serving import free_port, on_port, running
from fieldops.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

VISITING_DAY = date(2026, 11, 24)
SAMPLE_BUDGET_S = 15
_START_S = 60


def run(*, once: bool) -> int:
    """``make run``: the demo day on the sample caseload the first time, its stored summary afterwards; then serve."""
    settings = _demo_settings(VISITING_DAY)
    stored = settings.home / SUMMARY
    if stored.exists():
        summary = json.loads(stored.read_text())
        click.echo("The demo day has been driven before; this is its summary.")
    else:
        summary = _drive(settings, None, VISITING_DAY, budget_s=SAMPLE_BUDGET_S)
    _print(summary)
    if not once:
        _serve(settings)
    return 1 if summary["checks_failed"] else 0


def demo(caseload: Path | None, on_date: date, *, budget_s: int, once: bool, as_json: bool) -> int:
    """``fieldops demo``: drive the day anew from any folder of bank files."""
    settings = _demo_settings(on_date)
    summary = _drive(settings, caseload, on_date, budget_s=budget_s)
    _print(summary)
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False))
    if not once and not as_json:
        _serve(settings)
    return 1 if summary["checks_failed"] else 0


def _demo_settings(on_date: date) -> Settings:
    """This installation in demo mode. Raises: SettingsError where real work is done."""
    if os.environ.get("FIELDOPS_MODE") == "production":
        raise SettingsError("FIELDOPS_MODE is production: a demo has no place beside real work; run it elsewhere")
    start = datetime.combine(on_date - timedelta(days=1), clock_time(9), SHANGHAI)
    told = {"FIELDOPS_NOW": start.isoformat(), **os.environ, "FIELDOPS_MODE": "demo"}
    return Settings.from_env(told)


def _drive(
    settings: Settings, caseload: Path | None, on_date: date, *, budget_s: int = PLAN_BUDGET_S
) -> dict[str, Any]:
    """Drive the day from an empty demo database, with a server and a worker of its own, and store the summary."""
    begun = time.monotonic()
    if caseload is not None:
        Folder(caseload)  # what is no caseload is refused before the last demo is forgotten
    _forget_last_demo(settings)
    folder = settings.home / "demo"
    if caseload is None:
        caseload = folder / "caseload"
        sample_caseload(on_date - timedelta(days=1)).write(caseload)
    settings = on_port(settings, free_port(settings.port + 1))
    house = open_house(settings)
    furnish(house)
    base_url = f"http://{settings.host}:{settings.port}"
    click.echo(f"Driving the demo day {on_date} from {caseload} through {base_url}")
    try:
        with running(settings, "serve", "worker") as processes:
            wait_until_up(base_url, seconds=_START_S, alive=lambda: processes[0].poll() is None)
            summary = Day(house, base_url, caseload, folder, on_date, budget_s=budget_s, say=click.echo).drive()
    finally:
        house.database.close()
    summary["seconds"]["total"] = round(time.monotonic() - begun, 1)
    (settings.home / SUMMARY).write_text(json.dumps(summary, ensure_ascii=False, indent=1))
    return summary


def _forget_last_demo(settings: Settings) -> None:
    """Every drive starts from nothing: demo database, demo clock, demo files."""
    drop_demo_database(settings)
    (settings.home / SUMMARY).unlink(missing_ok=True)
    (settings.home / "clock.json").unlink(missing_ok=True)
    for made in ("demo", "log"):
        shutil.rmtree(settings.home / made, ignore_errors=True)


def _serve(settings: Settings) -> None:
    port = free_port(settings.port)
    if port != settings.port:
        click.echo(f"Port {settings.port} is taken; using {port}.")
    settings = replace(settings, port=port)
    click.echo(f"Serving http://{settings.host}:{port} (start page), /docs (API); Ctrl-C stops.")
    with running(settings, "serve", "worker") as processes:
        try:
            while all(process.poll() is None for process in processes):
                time.sleep(1)
        except KeyboardInterrupt:
            click.echo("\nStopping.")


def _print(summary: dict[str, Any]) -> None:
    """The summary as a person reads it."""
    for label, template in _LINES:
        click.echo(f"  {label:<12} {template.format(**summary)}")
    for name, held in summary["traps"].items():
        click.echo(f"  trap {'held  ' if held else 'MISSED'} {name}")
    for name in summary["failed"]:
        click.echo(f"  CHECK FAILED {name}")
    click.echo("All checks held." if not summary["checks_failed"] else f"{summary['checks_failed']} checks failed.")


_SECONDS = "import {seconds[import]}, rules {seconds[rules]}, batch {seconds[batch]}, plan {seconds[plan]}, "
_SECONDS += "sync {seconds[sync]}, letters {seconds[letters]}, total {seconds[total]}"
_LINES = (
    ("Cases 案件", "{cases} ({import_errors} rows could not land)"),
    ("Verdicts 规则", "PASS {verdicts[PASS]}, REVIEW {verdicts[REVIEW]}, REJECT {verdicts[REJECT]}"),
    ("Visits 外访", "{approved} approved; {planned} planned for {crews} crews in {areas} areas"),
    ("Left out 未排", "{left_out}, {left_out_with_reason} with a reason"),
    ("Results 结果", "{results} results, {recalled} recalled"),
    ("Letters 信函", "{letters} printed, {letters_refused} refused, {registered} registered, {handover_lists} lists"),
    ("Seconds 用时", _SECONDS),
    ("Files 文件", "{files}"),
)
