"""The commands about policies, on a real database."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from fieldops.app import create_app
from fieldops.audit import Actor
from fieldops.auth.service import create_account
from fieldops.cli import main
from tests.conftest import SECRET
from tests.visits.makers_of_visits import ask_for, make_good_case

PASSWORD = "a long password"
FILE = """
based_on = "2026-11"
edition = "2026-12"
valid_from = 2026-12-01
[visit]
min_balance_fen = 900000
"""


@pytest.fixture
def run(house, tmp_path):
    """Run ``fieldops policy …`` against the house's database."""
    create_app(house)
    with house.transaction() as session:
        for name, role in (("author", "BUSINESS_DEPT"), ("boss", "MANAGER"), ("clerk", "ADMIN_CLERK")):
            setup = Actor("setup", house.clock.now())
            create_account(session, setup, name=name, display_name=name, password=PASSWORD, roles=[role])
    (tmp_path / "draft.toml").write_text(FILE, encoding="utf-8")
    env = {
        "FIELDOPS_HOME": str(tmp_path / "home"),
        "FIELDOPS_SECRET": SECRET,
        "DATABASE_URL": house.database.url,
        "FIELDOPS_NOW": "2026-11-23T09:00:00+08:00",
    }

    def command(*words, as_whom=None):
        who = ["--account", as_whom, "--password", PASSWORD] if as_whom else []
        told = CliRunner().invoke(main, ["policy", *words, *who], env=env, catch_exceptions=False)
        return told.exit_code, told.output

    command.file = str(tmp_path / "draft.toml")
    return command


def test_a_file_is_checked_drafted_by_one_account_and_activated_by_another(run):
    assert run("check", run.file) == (0, "Edition 2026-12, valid from 2026-12-01: it may stand.\n")
    code, told = run("draft", run.file, "--reason", "letter of the bank", as_whom="author")
    assert code == 0
    assert "visit.min_balance_fen: 500000 -> 900000" in told
    code, told = run("activate", "2026-12", as_whom="author")
    assert (code, "None of the roles of author may policies.activate" in told) == (1, True)
    assert run("activate", "2026-12", as_whom="boss") == (0, "Edition 2026-12 decides from 2026-12-01 on.\n")
    code, told = run("list")
    assert [line.split()[0] for line in told.splitlines()] == ["*", "2026-12"]
    assert '"min_balance_fen": 900000' in run("show", "2026-12")[1]


def test_a_wrong_password_or_a_file_that_is_no_policy_is_one_line(run, tmp_path):
    told = CliRunner().invoke(main, ["policy", "check", str(tmp_path / "none.toml")])
    assert told.exit_code == 2
    bad = tmp_path / "bad.toml"
    bad.write_text(FILE + "crew_min = 1\n", encoding="utf-8")
    code, told = run("check", str(bad))
    assert (code, told.count("\n")) == (1, 1)
    assert "visit.crew_min: must be at least 2" in told


def test_replay_and_try_tell_what_they_found_and_replay_fails_on_a_difference(run, house):
    with house.transaction() as session:
        case = make_good_case(session)
        ask_for(session, house, case)
    assert run("replay", "--since", "2026-11-01") == (0, "1 decisions asked again: 1 identical, 0 differ.\n")
    code, told = run("try", run.file, "--since", "2026-11-01")
    assert code == 0
    assert f"{case.case_no}: PASS -> REJECT (- -> VR-020)" in told
    assert "LOST 1" in told
    assert '"LOST": 1' in run("try", run.file, "--since", "2026-11-01", "--json")[1]

    from tests.policies.test_replay import falsify

    with house.transaction() as session:
        falsify(session, "verdict = 'REJECT'")
    code, told = run("replay", "--since", "2026-11-01")
    assert code == 1
    assert told.endswith("1 decisions asked again: 0 identical, 1 differ.\n")


def test_a_bank_nobody_has_is_named_by_every_command_that_takes_the_policy_on(run):
    with Path(run.file).open("a", encoding="utf-8") as file:
        file.write(
            '[[overrides]]\nbank = "CMBB"\nreason = "合同"\n[overrides.change.visit]\nmin_balance_fen = 1000000\n'
        )
    for words, who in (
        (("check", run.file), None),
        (("draft", run.file, "--reason", "合同"), "author"),
        (("activate", "2026-12"), "boss"),
    ):
        code, told = run(*words, as_whom=who)
        assert (code, "No bank CMBB is known" in told) == (0, True), told
