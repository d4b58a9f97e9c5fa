"""The command line on the whole sample: import, screen, and the verdict the sample expects of every case."""

import csv

import pytest
from click.testing import CliRunner

from fieldops.cli import main
from fieldops.demo.sample import sample_caseload
from tests.conftest import SECRET
from tests.demo.test_sample import EVE

NOON = "2026-11-23T09:00:00+08:00"
ORDER = ("gazetteer.csv", "crews.csv", "cases.xlsx", "calls.csv", "repayments.csv", "flags.csv")


@pytest.fixture(scope="module")
def desk(postgres, tmp_path_factory):
    """Somebody at the command line of a house with nothing in it, and the sample in a folder."""
    from tests.conftest import a_house

    folder = tmp_path_factory.mktemp("sample")
    sample_caseload(EVE).write(folder)
    home = tmp_path_factory.mktemp("home")
    with a_house(postgres, home) as opened:
        env = {
            "FIELDOPS_HOME": str(home),
            "FIELDOPS_SECRET": SECRET,
            "DATABASE_URL": opened.database.url,
            "FIELDOPS_NOW": NOON,
            "FIELDOPS_MODE": "development",
        }
        yield Desk(env, folder, opened)


class Desk:
    def __init__(self, env, folder, house):
        self.env, self.folder, self.house = env, folder, house

    def say(self, *words, code=0):
        """Give a command; its output, after checking how it ended."""
        done = CliRunner().invoke(main, [str(word) for word in words], env=self.env, catch_exceptions=False)
        assert done.exit_code == code, done.output
        return done.output


@pytest.fixture(scope="module")
def screened(desk, tmp_path_factory):
    """Every case of the sample by number, as ``visits screen`` writes it."""
    for name in ORDER:
        desk.say("import", name.partition(".")[0], desk.folder / name)
    out = tmp_path_factory.mktemp("out") / "screened.csv"
    desk.said = desk.say("visits", "screen", "--out", out)
    with out.open(encoding="utf-8-sig") as file:
        return {row["案件编号"]: row for row in csv.DictReader(file)}


def test_every_case_of_the_sample_gets_the_verdict_it_expects(screened):
    wrong = [
        (number, kind, verdict, must_have, screened[number]["verdict"], screened[number]["codes"])
        for number, kind, verdict, must_have in sample_caseload(EVE).expected
        if screened[number]["verdict"] != verdict
        or (must_have and must_have not in screened[number]["codes"].split(";"))
    ]
    assert not wrong


def test_each_case_is_screened_once_and_has_something_to_do_next(screened, desk):
    expected = sample_caseload(EVE).expected
    assert len(screened) == len(expected)
    assert desk.said.startswith(f"{len(expected)} cases screened")
    assert all(row["next_action"] for row in screened.values() if row["verdict"] != "PASS")


def test_a_case_that_passes_names_the_address_it_passes_for(screened):
    assert all(row["address"] for row in screened.values() if row["verdict"] == "PASS")


def test_screening_asks_the_rules_and_requests_nothing(screened, desk):
    from sqlalchemy import text

    with desk.house.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM visit")) == 0


def test_a_dry_run_counts_the_rows_and_lands_none(desk, screened, tmp_path):
    from fieldops.demo import traps
    from fieldops.demo.caseload import Folder

    traps.plant(tmp_path, Folder(desk.folder).sites(), EVE)
    said = desk.say("import", "cases", tmp_path / "trap-cases.xlsx", "--dry-run")
    assert str(len(traps.PLANTED)) in said
    again = desk.say("import", "cases", tmp_path / "trap-cases.xlsx", "--dry-run")
    assert again == said


def test_the_same_file_twice_changes_nothing(desk, screened):
    said = desk.say("import", "cases", desk.folder / "cases.xlsx")
    assert f"{len(sample_caseload(EVE).cases)} unchanged" in said


def test_a_file_of_the_wrong_kind_ends_with_exit_code_one_and_the_reason(desk, tmp_path):
    said = desk.say("import", "cases", desk.folder / "calls.csv", code=1)
    assert "This is no file of cases: it has no column 委案批次号" in said


def test_the_command_writes_the_rows_that_did_not_land(desk, screened, tmp_path):
    bad = tmp_path / "repayments.csv"
    bad.write_text("流水号,案件编号,还款金额,还款时间,渠道\nX1,NO-SUCH-CASE,1.00,2026-11-22 10:00:00,柜面\n", "utf-8")
    desk.say("import", "repayments", bad, "--errors", tmp_path / "errors.csv")
    assert "NO-SUCH-CASE" in (tmp_path / "errors.csv").read_text("utf-8-sig")


def test_an_account_is_opened_from_the_command_line_and_audited(desk):
    assert "Account boss is open." in desk.say(
        "accounts", "create", "boss", "--role", "SYSADMIN", "--password", "a long password"
    )
    from sqlalchemy import text

    with desk.house.transaction() as session:
        row = session.execute(text("SELECT actor, detail FROM audit_entry WHERE action = 'accounts.create'")).one()
    assert row.actor == "cli"
    assert "password" not in str(row.detail)


def test_a_short_password_is_refused_in_one_line(desk):
    said = desk.say("accounts", "create", "weak", "--role", "QA", "--password", "short", code=1)
    assert said.strip().splitlines()[-1].startswith("fieldops: Choose a password")


def test_an_empty_register_verifies_with_exit_code_zero(desk):
    assert "The register holds." in desk.say("register", "verify")


def test_a_day_without_batches_plans_nobody_and_says_so(desk):
    said = desk.say("plan", "--on", "2026-11-24", "--budget", "1", code=1)
    assert said.startswith("fieldops: ")


def test_one_address_is_explained_step_by_step(desk):
    assert len(desk.say("addresses", "check", "--explain", "上海市黄浦区12号").splitlines()) > 1


def test_addresses_check_without_files_says_what_to_give(desk):
    assert "give IN.csv and OUT.csv" in desk.say("addresses", "check", code=2)
