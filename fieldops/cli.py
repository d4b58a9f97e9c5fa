"""The command line: every command opens what it needs, and says in one line what is missing."""

from __future__ import annotations

import csv
import logging
import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from fieldops.audit import Actor
from fieldops.errors import FieldopsError
from fieldops.paper_commands import evidence, letters, register
from fieldops.policy_commands import policy
from fieldops.settings import Settings
from letters.errors import PaperError
from letters.system import require_system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fieldops.house import House

IMPORT_KINDS = ("cases", "calls", "repayments", "flags", "gazetteer", "crews", "tracking", "postal_receipts")


class _Group(click.Group):
    """Errors of ours are one line on standard error, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (FieldopsError, PaperError) as error:
            click.echo(f"fieldops: {error}", err=True)
            ctx.exit(1)


@click.group(cls=_Group)
@click.version_option(package_name="fieldops")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Field visits and letters: approve first, never touch cash, prove everything."""
    ctx.obj = _house
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("fieldops").setLevel(logging.INFO)


for group in (evidence, letters, policy, register):
    main.add_command(group)


@contextmanager
def _house() -> Iterator[House]:
    from fieldops.app import create_app  # noqa: PLC0415 - a command pays only for what it uses
    from fieldops.house import open_house  # noqa: PLC0415

    house = open_house(Settings.from_env())
    create_app(house)  # registers who hears of what
    try:
        yield house
    finally:
        house.database.close()


def _operator(house: House) -> Actor:
    """Whoever sits at the command line; every change is audited under this name."""
    return Actor("cli", house.clock.now(), roles=frozenset({"SYSADMIN"}))


@main.command()
@click.option("--once", is_flag=True, help="Stop after the summary.")
def run(*, once: bool) -> None:
    """Drive the demo day the first time, show its summary, then serve it until Ctrl-C."""
    from fieldops.demo import running  # noqa: PLC0415

    require_system()
    sys.exit(running.run(once=once))


@main.command()
@click.option(
    "--caseload", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A folder of bank files."
)
@click.option("--on", "on_date", type=click.DateTime(["%Y-%m-%d"]), default="2026-11-24", help="The visiting day.")
@click.option("--budget", "budget_s", type=click.IntRange(1, 600), default=50, help="Seconds to look for routes.")
@click.option("--once", is_flag=True, help="Stop after the summary.")
@click.option("--json", "as_json", is_flag=True, help="End with the summary as one line of JSON.")
def demo(caseload: Path | None, on_date: Any, budget_s: int, *, once: bool, as_json: bool) -> None:
    """Drive one whole day from a folder of bank files, through the HTTP API, on its own database."""
    from fieldops.demo import running  # noqa: PLC0415

    require_system()
    sys.exit(running.demo(caseload, on_date.date(), budget_s=budget_s, once=once, as_json=as_json))


@main.command()
@click.option("--port", type=int, help="Where to answer (FIELDOPS_PORT).")
def serve(port: int | None) -> None:
    """Serve the API and its pages."""
    from fieldops import serving  # noqa: PLC0415

    require_system()
    settings = Settings.from_env()
    serving.serve(serving.on_port(settings, port) if port else settings)


@main.command()
@click.option("--until-empty", is_flag=True, help="Stop when no job is left.")
def worker(*, until_empty: bool) -> None:
    """Run the jobs: imports, verdicts, plans, letters."""
    from fieldops import jobs  # noqa: PLC0415

    require_system()
    with _house() as house:
        jobs.work(house, until_empty=until_empty)


@main.command()
def migrate() -> None:
    """Bring the database to this version."""
    with _house():
        click.echo("The database is up to date.")


@main.command(name="import")
@click.argument("kind", type=click.Choice(IMPORT_KINDS))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--bank", "bank_code", help="Read the columns by this bank's mapping.")
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows that did not land here."
)
def import_(kind: str, file: Path, bank_code: str | None, errors: Path | None, *, dry_run: bool) -> None:
    """Take in one file of a bank or of the phone system."""
    from fieldops.imports import service  # noqa: PLC0415

    with _house() as house:
        summary = service.import_file(
            house, _operator(house), kind, file, file.name, dry_run=dry_run, bank_code=bank_code, on_progress=_progress
        )
        click.echo(str(summary))
        if errors is not None:
            errors.write_text(service.error_file(house, summary.import_id), encoding="utf-8-sig")
    sys.exit(1 if summary.refusal else 0)


def _progress(rows: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{rows} rows", nl=False, err=True)


@main.group()
def visits() -> None:
    """Visit requests."""


@visits.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def screen(out: Path) -> None:
    """Ask the rules for a collection visit to the best address of every case imported."""
    from fieldops.visits import screening  # noqa: PLC0415

    with _house() as house:
        rows = screening.screen(house, at=house.clock.now())
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("案件编号", "verdict", "codes", "address", "next_action"))
        writer.writerows((r.case_no, r.verdict, ";".join(r.codes), r.address, r.next_action) for r in rows)
    click.echo(f"{len(rows)} cases screened: {out}")


@main.group()
def sync() -> None:
    """Phones."""


@sync.command(name="new-epoch")
@click.option("--reason", required=True, help="Such as: restored from the backup of last night.")
def new_epoch(reason: str) -> None:
    """Let every phone begin anew: say this after a restore, before the server is started again."""
    from fieldops.sync import retention  # noqa: PLC0415

    with _house() as house, house.transaction() as session:
        epoch = retention.begin_epoch(session, _operator(house), reason=reason)
    click.echo(f"Epoch {epoch} has begun; every phone pulls its day anew at its next sync.")


@main.group()
def addresses() -> None:
    """Addresses."""


@addresses.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--explain", help="Show every step of the verdict on one address.")
def check(source: Path | None, target: Path | None, explain: str | None) -> None:
    """Judge a file of addresses (column raw or 地址), or explain one."""
    from fieldops.addresses import check as checking  # noqa: PLC0415
    from fieldops.addresses import verdict  # noqa: PLC0415

    if explain is not None:
        for step in verdict.explain(explain):
            click.echo(step)
    elif source is not None and target is not None:
        click.echo(f"{checking.check_file(source, target)} addresses judged: {target}")
    else:
        raise click.UsageError("give IN.csv and OUT.csv, or --explain ADDRESS")


@addresses.command()
def judge() -> None:
    """Judge every address that has no verdict at the edition in use, such as after a new one was imported."""
    from fieldops.addresses import judging  # noqa: PLC0415

    with _house() as house:
        click.echo(f"{judging.judge_pending(house, progress=_progress)} addresses judged.")


@addresses.command()
def geocode() -> None:
    """Ask the online geocoder, where FIELDOPS_GEOCODER names one, for the buildings no list knows."""
    from fieldops.addresses import locating  # noqa: PLC0415

    with _house() as house:
        click.echo(f"{locating.geocode_pending(house)} buildings asked for (geocoder: {house.settings.geocoder}).")


@main.group()
def divisions() -> None:
    """The divisions of China 行政区划."""


@divisions.command(name="import")
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--edition", required=True, help="The name of the edition, such as 2026-04.")
def import_divisions(source: Path, edition: str) -> None:
    """Take in a newer edition of the division data from a folder (gb2260-areas.csv, towns.json, ...).

    It is written into the data folder of this installation, beside the code: whoever installed fieldops runs it, on
    each machine, and an upgrade of the package brings its own edition again. FIELDOPS_HOME holds no division data.
    """
    from fieldops.addresses import editions  # noqa: PLC0415

    made = editions.import_divisions(source, edition=edition, out=editions.DATA)
    click.echo(
        f"Edition {made.edition} written to {editions.DATA}: {made.active} divisions, {made.retired} retired, "
        f"{made.towns} towns, {made.centres} centres."
    )
    if made.without_successor:
        click.echo(f"Retired without a successor, left to a person: {', '.join(made.without_successor)}")
    click.echo("Restart fieldops, then run: fieldops addresses judge")


@main.command()
@click.option("--on", "on_date", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--budget", "budget_s", type=click.IntRange(1, 3600), default=60, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--days", type=click.IntRange(1, 7), default=1, show_default=True, help="In sight of so many days, itself included."
)
def plan(on_date: Any, budget_s: int, seed: int, days: int) -> None:
    """Plan a day's batched visits here and now; Ctrl-C stops the search and keeps the best plan so far."""
    from fieldops.planning import service, solving, states  # noqa: PLC0415

    with _house() as house:
        with house.transaction() as session:
            made = service.ask_for_plan(
                session, _operator(house), on_date=on_date.date(), budget_s=budget_s, seed=seed, days=days, queue=False
            )
        with _stopped_by_ctrl_c() as stop:
            solving.solve_here(house, made.id, stop=stop)
        with house.transaction() as session:
            summary = service.summary_of(session, made.id)
    click.echo(orjson.dumps(summary, option=orjson.OPT_INDENT_2).decode())
    if summary["status"] == states.FAILED:
        raise FieldopsError(f"the plan is not made: {summary['failure']}")


@contextmanager
def _stopped_by_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed meanwhile; a second one ends the command as ever."""
    pressed = threading.Event()

    def first(*_: Any) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, first)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@main.group()
def accounts() -> None:
    """Accounts."""


@accounts.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True)
@click.option("--display-name")
@click.password_option()
def create(name: str, roles: tuple[str, ...], display_name: str | None, password: str) -> None:
    """Open an account, such as the first administrator's."""
    from fieldops.auth import service  # noqa: PLC0415

    with _house() as house, house.transaction() as session:
        service.create_account(
            session, _operator(house), name=name, display_name=display_name or name, password=password, roles=roles
        )
    click.echo(f"Account {name} is open.")


@main.command()
@click.option("--check", "only_check", is_flag=True, help="Fail when a document differs from the code.")
def docs(*, only_check: bool) -> None:
    """Write the documents that come from the code: API description, rule catalogues."""
    from fieldops import docs as generated  # noqa: PLC0415

    settings = Settings.from_env()
    stale = generated.stale(settings)
    if only_check and stale:
        raise FieldopsError(f"out of date: {', '.join(stale)}; run: fieldops docs")
    if not only_check:
        generated.write(settings)
