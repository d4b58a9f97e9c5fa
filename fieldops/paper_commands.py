"""Commands about paper: the register of registered mail, letters as they were frozen, roots of days to be printed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from fieldops.house import House

    OpensHouse = Callable[[], AbstractContextManager[House]]


@click.group()
def register() -> None:
    """The registered-mail register 挂号信台账."""


@register.command("verify")
@click.pass_obj
def verify_register(house_opened: OpensHouse) -> None:
    """Check that the register is gapless and its chain whole."""
    from fieldops.correspondence import register as book  # noqa: PLC0415 - a command pays only for what it uses

    with house_opened() as house, house.transaction() as session:
        findings = book.verify_register(session)
    for finding in findings:
        click.echo(f"{finding.branch} {finding.year} {finding.number}: {finding.text}")
    click.echo("The register does not hold." if findings else "The register holds.")
    sys.exit(1 if findings else 0)


@register.command("reconcile")
@click.pass_obj
def reconcile_books(house_opened: OpensHouse) -> None:
    """Compare numbers issued, register and postal receipts, as every night does."""
    from fieldops.audit import Actor  # noqa: PLC0415
    from fieldops.correspondence import reconciling  # noqa: PLC0415

    with house_opened() as house, house.transaction() as session:
        found = reconciling.reconcile(session, Actor("cli", house.clock.now()))
    for one in found["differences"]:
        click.echo(f"{one['code']} {one['subject']}: {one['age_days']} days")
    click.echo("The three books agree." if found["holds"] else "The three books do not agree.")
    sys.exit(0 if found["holds"] else 1)


@click.group()
def letters() -> None:
    """Letters as they were frozen."""


@letters.command("verify")
@click.pass_obj
def verify_letters(house_opened: OpensHouse) -> None:
    """Lay every frozen letter out again, and check that the bytes are the same."""
    from fieldops.correspondence.paper import proof  # noqa: PLC0415

    with house_opened() as house:
        proved = proof.prove_letters(house)
    for letter_no, why in proved.differing:
        click.echo(f"{letter_no}: {why}")
    click.echo(f"{proved.same} letters are the same bytes again, {len(proved.differing)} are not.")
    sys.exit(1 if proved.differing else 0)


@click.group()
def evidence() -> None:
    """Evidence of visits 证据."""


@evidence.command("roots")
@click.pass_obj
def print_roots(house_opened: OpensHouse) -> None:
    """The signed roots of days, a line each, to be printed or handed to a bank."""
    from fieldops.evidence import seals  # noqa: PLC0415 - a command pays only for what it uses

    with house_opened() as house, house.transaction() as session:
        click.echo(f"key {seals.Pen(house).key}")
        for root in seals.roots(session):
            click.echo(f"{root.n} {root.on_date} {root.seals} {root.root} {root.hash}")


@evidence.command("audit-days")
@click.pass_obj
def verify_audit(house_opened: OpensHouse) -> None:
    """The sealed days of the audit log, a line each to be printed, and whether its rows are still what was sealed."""
    from fieldops.evidence import audit_days  # noqa: PLC0415 - a command pays only for what it uses

    with house_opened() as house, house.transaction() as session:
        for day in audit_days.days(session):
            click.echo(f"{day.on_date} {day.entries} {day.digest} {day.hash}")
        faults = audit_days.faults(session)
    for fault in faults:
        click.echo(fault)
    if faults:
        raise click.ClickException(f"{len(faults)} faults: the log was altered since its days were sealed")
