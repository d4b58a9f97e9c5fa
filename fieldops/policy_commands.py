"""The commands about policies: what decides, what a draft would change, whether yesterday comes out the same."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from fieldops.audit import Actor
from fieldops.auth import service as auth
from fieldops.auth.roles import may
from fieldops.clock import SHANGHAI, local_date
from fieldops.errors import NotAllowed
from fieldops.policies import replay as replaying
from fieldops.policies import service
from fieldops.policies.edition import CALENDAR, POLICY
from fieldops.policies.reading import read_toml

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlalchemy.orm import Session

    from fieldops.house import House

    Opener = Callable[[], AbstractContextManager[House]]

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_SINCE = click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first day whose decisions are asked again."
)
_KIND = click.option("--calendar", "kind", flag_value=CALENDAR, default=POLICY, help="A year's holidays, not a policy.")
_ACCOUNT = click.option("--account", required=True, help="Who does it: four eyes are two accounts.")
_PASSWORD = click.password_option(confirmation_prompt=False, help="Asked for when it is not given.")


@click.group()
def policy() -> None:
    """What the rules compare with 策略."""


@policy.command(name="list")
@_KIND
@click.pass_obj
def list_(opened: Opener, kind: str) -> None:
    """Every edition, and the one in force today."""
    with opened() as house, house.transaction() as session:
        found = service.editions(session, kind, at=house.clock.now())
        for each in found["items"]:
            mark = "*" if each["name"] == found["in_force"] else " "
            click.echo(f"{mark} {each['name']:<12} {each['first_on']}  {each['status']:<10} {each['reason']}")


@policy.command()
@click.pass_obj
def tightened(opened: Opener) -> None:
    """What a floor of this release replaces in the edition in force (exit code 1), if anything."""
    with opened() as house, house.transaction() as session:
        found = service.tightened_in_force(session, local_date(house.clock.now()))
    if found is None:
        click.echo("The edition in force keeps to every floor.")
        return
    _, name, values = found
    for each in values:
        where = f" for {each.scope}" if each.scope else ""
        click.echo(f"{name}{where}: {each.key} says {each.said}, {each.applies} applies ({each.source})")
    raise SystemExit(1)


@policy.command()
@click.argument("edition")
@_KIND
@click.pass_obj
def show(opened: Opener, edition: str, kind: str) -> None:
    """All an edition says, as JSON."""
    with opened() as house, house.transaction() as session:
        _echo(service.shown_edition(session, kind, edition))


@policy.command()
@_FILE
@click.pass_obj
def check(opened: Opener, file: Path) -> None:
    """Say whether a file is a policy that may stand, and change nothing."""
    with opened() as house, house.transaction() as session:
        draft = service.read_draft(session, _read(file))
        unknown = service.unknown_banks(session, draft)
    _warn_of(unknown)
    click.echo(f"Edition {draft.edition}, valid from {draft.valid_from}: it may stand.")


@policy.command()
@_FILE
@_KIND
@_ACCOUNT
@_PASSWORD
@click.option("--reason", required=True, help="Why: kept with the edition.")
@click.pass_obj
def draft(opened: Opener, file: Path, kind: str, account: str, password: str, reason: str) -> None:
    """Keep a file (whole, or based_on another edition) as a draft that somebody else may activate."""
    with opened() as house, house.transaction() as session:
        actor = _actor(house, session, account, password, "policies.draft")
        keep = service.draft_policy if kind == POLICY else service.draft_calendar
        made = keep(session, actor, document=_read(file), reason=reason)
    for each in made["changes"]:
        click.echo(f"{each['key']}: {each['was']} -> {each['now']}")
    _warn_of(made["unknown_banks"])
    click.echo(f"Draft {made['name']} waits for somebody else: fieldops policy activate {made['name']}")


@policy.command()
@click.argument("edition")
@_KIND
@_ACCOUNT
@_PASSWORD
@click.pass_obj
def activate(opened: Opener, edition: str, kind: str, account: str, password: str) -> None:
    """Let a draft of somebody else decide from its first day on."""
    with opened() as house, house.transaction() as session:
        actor = _actor(house, session, account, password, "policies.activate")
        made = service.activate_edition(session, actor, kind, edition)
    _warn_of(made["unknown_banks"])
    click.echo(f"Edition {made['name']} decides from {made['first_on']} on.")


@policy.command()
@_SINCE
@click.pass_context
def replay(ctx: click.Context, since: datetime) -> None:
    """Ask every stored decision again by its own edition: identical, or listed (exit code 1)."""
    with ctx.obj() as house, house.snapshot() as session:
        done = replaying.replay(session, _start_of(since))
    for each in done.differing:
        click.echo(f"{each.book} {each.no} {each.stage} {each.decided_at.isoformat()} by {each.edition}: {each.what}")
    click.echo(f"{done.asked} decisions asked again: {done.identical} identical, {len(done.differing)} differ.")
    ctx.exit(1 if done.differing else 0)


@policy.command(name="try")
@_FILE
@_SINCE
@click.option("--json", "as_json", is_flag=True, help="One object instead of lines.")
@click.pass_obj
def try_(opened: Opener, file: Path, since: datetime, *, as_json: bool) -> None:
    """What a draft would have made of the requests since a day: those gained and lost, with their cases."""
    with opened() as house, house.snapshot() as session:
        trial = replaying.try_draft(session, _read(file), _start_of(since))
    if as_json:
        _echo({"edition": trial.edition, "asked": trial.asked, "counted": trial.counted, "flips": trial.flips})
        return
    for each in trial.flips:
        codes = f"{';'.join(each.codes_were) or '-'} -> {';'.join(each.codes_now) or '-'}"
        click.echo(
            f"{each.effect} {each.book} {each.no} {', '.join(each.case_nos)}: {each.was} -> {each.now} ({codes})"
        )
    counted = ", ".join(f"{effect} {count}" for effect, count in trial.counted.items())
    click.echo(f"{trial.asked} requests asked by {trial.edition}: {counted}; {trial.unread} cannot be asked again.")


def _read(file: Path) -> dict[str, Any]:
    return read_toml(file.read_text("utf-8"))


def _start_of(day: datetime) -> datetime:
    return datetime.combine(day.date(), time(), SHANGHAI)


def _actor(house: House, session: Session, name: str, password: str, action: str) -> Actor:
    """Who stands behind a command that needs a person. Raises: NotAuthenticated, NotAllowed."""
    account = auth.authenticate(session, name, password)
    if not may(frozenset(account.roles), action):
        raise NotAllowed("ROLE_NOT_ALLOWED", f"None of the roles of {name} may {action}.", action=action)
    return Actor(account.name, house.clock.now(), account.id, frozenset(account.roles))


def _echo(told: Any) -> None:
    click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())


def _warn_of(unknown_banks: list[str]) -> None:
    for code in unknown_banks:
        click.echo(f"No bank {code} is known: its override applies to nothing until a bank file brings that code.")
