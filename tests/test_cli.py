"""The command line: every command explains itself, and errors of ours are one line."""

import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import routing
from fieldops import cli
from fieldops.cli import IMPORT_KINDS, main
from fieldops.errors import NotFound
from fieldops.imports.kinds import kind_named
from letters import system
from tests.conftest import SECRET
from tests.planning.makers_of_plans import TOMORROW, make_batched_visits, make_crew

NOWHERE = "postgresql://127.0.0.1:9/none"


def _commands(group, words=()):
    for name, command in group.commands.items():
        yield (*words, name)
        if isinstance(command, click.Group):
            yield from _commands(command, (*words, name))


@pytest.mark.parametrize("words", list(_commands(main)), ids=" ".join)
def test_every_command_says_in_a_sentence_what_it_does(words):
    told = CliRunner().invoke(main, [*words, "--help"])
    assert told.exit_code == 0
    assert told.output.split("\n\n")[1].strip().endswith(".")


def test_the_commands_of_the_first_day_are_there():
    assert set(main.commands) >= {
        "accounts", "addresses", "demo", "docs", "import", "letters", "migrate", "plan", "register", "run", "serve", "visits",
        "worker",
    }  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ["migrate"],
        ["worker"],
        ["visits", "screen", "--out", "x.csv"],
        ["register", "verify"],
        ["letters", "verify"],
        ["serve"],
    ],
    ids=" ".join,
)
def test_a_setting_that_cannot_be_is_one_line_and_exit_code_one(words, tmp_path):
    env = {"FIELDOPS_HOME": str(tmp_path), "FIELDOPS_SECRET": SECRET, "DATABASE_URL": "mysql://x/y"}
    told = CliRunner().invoke(main, words, env=env, catch_exceptions=False)
    assert told.exit_code == 1
    (line,) = told.output.strip().splitlines()
    assert line.startswith("fieldops: DATABASE_URL must be like postgresql://")


def test_a_folder_that_is_no_caseload_is_refused_before_the_last_demo_is_forgotten(tmp_path):
    env = {"FIELDOPS_HOME": str(tmp_path / "home"), "FIELDOPS_SECRET": SECRET, "DATABASE_URL": NOWHERE}
    (tmp_path / "empty").mkdir()
    told = CliRunner().invoke(main, ["demo", "--caseload", str(tmp_path / "empty"), "--json"], env=env)
    assert told.exit_code == 1
    assert "has no cases.xlsx; give a folder shaped like the sample caseload" in told.output


@pytest.mark.parametrize("words", [["demo"], ["run", "--once"]], ids=" ".join)
def test_a_demo_in_production_is_refused_before_it_touches_a_database(words, tmp_path):
    env = {"FIELDOPS_HOME": str(tmp_path), "FIELDOPS_SECRET": SECRET, "DATABASE_URL": NOWHERE}
    told = CliRunner().invoke(main, words, env=env | {"FIELDOPS_MODE": "production"})
    assert told.exit_code == 1
    assert "FIELDOPS_MODE is production" in told.output


@pytest.mark.parametrize("words", [["run"], ["demo"], ["serve"], ["worker", "--until-empty"]], ids=" ".join)
@pytest.mark.parametrize(
    ("lacking", "named"), [("HarfBuzz subsetter", "apt-get install libharfbuzz-subset0"), ("Pango", "libpango-1.0-0")]
)
def test_nothing_starts_where_letters_could_not_be_rendered_and_what_lacks_is_named(
    monkeypatch, tmp_path, words, lacking, named
):
    real = system._load
    monkeypatch.setattr(system, "_load", lambda library: None if library.title == lacking else real(library))
    told = CliRunner().invoke(main, words, env={"FIELDOPS_HOME": str(tmp_path)})
    assert told.exit_code == 1
    assert f"{lacking} (" in told.stderr
    assert named in told.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_starts_without_the_fonts_of_the_house(monkeypatch, tmp_path):
    monkeypatch.setattr(system.require_fonts, "__defaults__", (tmp_path,))
    told = CliRunner().invoke(main, ["worker", "--until-empty"], env={"FIELDOPS_HOME": str(tmp_path)})
    assert (told.exit_code, "NotoSansSC-GB2312-400.ttf" in told.stderr) == (1, True)


def test_the_command_takes_every_kind_of_file_that_is_offered(shared_app):
    with pytest.raises(NotFound) as unknown:
        kind_named("letters")
    assert f"use one of {', '.join(sorted(IMPORT_KINDS))}." in str(unknown.value)


def test_an_unknown_kind_of_file_names_those_that_are_known(tmp_path):
    told = CliRunner().invoke(main, ["import", "letters", __file__])
    assert told.exit_code == 2
    assert "'cases'" in told.output


def test_an_empty_home_is_enough_for_a_command_and_its_database_stops_with_it():
    home = Path(tempfile.mkdtemp(prefix="fo-"))
    try:
        env = {"FIELDOPS_HOME": str(home / "new"), "PATH": "/usr/bin:/bin"}
        words = [sys.executable, "-m", "fieldops", "register", "verify"]
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=300)
        assert (done.returncode, done.stdout) == (0, "The register holds.\n"), done.stderr
        assert done.stderr == ""
        assert (home / "new/postgres").is_dir()
        assert not (home / "new/postgres/postmaster.pid").exists()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def test_a_plan_that_could_not_be_made_is_told_with_its_reason_and_exit_code_one(monkeypatch, house, app):
    def fails(problem, **options):
        raise routing.InvalidPlanError("no engine holds this day")

    with house.transaction() as session:
        make_crew(session)
        make_batched_visits(session, house, 1)
    monkeypatch.setattr(cli, "_house", lambda: nullcontext(house))
    words = ["plan", "--on", TOMORROW.isoformat(), "--budget", "1"]
    made = CliRunner().invoke(main, words, catch_exceptions=False)
    assert (made.exit_code, json.loads(made.stdout)["status"]) == (0, "OPTIMISED")
    monkeypatch.setattr(routing, "plan", fails)
    told = CliRunner().invoke(main, words, catch_exceptions=False)
    assert (told.exit_code, json.loads(told.stdout)["status"]) == (1, "FAILED")
    (line,) = (each for each in told.stderr.splitlines() if each.startswith("fieldops: "))
    assert line == "fieldops: the plan is not made: no engine holds this day"
