"""One day from a small folder, driven by the command a person gives: what it says, leaves behind and answers."""

import json

import pytest
from click.testing import CliRunner

from fieldops.cli import main
from fieldops.console.service import SUMMARY
from tests.small_day import BROKEN_CASE, CREWS, small_caseload

KEYS = {
    "cases", "calls", "import_errors", "verdicts", "approved", "areas", "crews", "planned", "left_out",
    "left_out_with_reason", "results", "recalled", "letters", "letters_refused", "registered", "handover_lists",
    "seconds", "traps", "checks_failed",
}  # fmt: skip
STEPS = {"import", "rules", "batch", "plan", "sync", "letters", "total"}
PLANTED = {
    "pays_after_approval", "no_recorded_call", "below_threshold_4999_99", "at_threshold_5000_00", "impossible_stop",
    "result_pushed_twice", "number_used_twice", "demolished_then_letter",
}  # fmt: skip


def test_the_command_ends_well_and_says_that_all_checks_held(small_day):
    assert small_day.code == 0, small_day.output + small_day.errors
    assert "All checks held." in small_day.output


def test_the_very_last_line_is_the_summary_with_every_key(small_day):
    summary = small_day.summary
    assert summary.keys() >= KEYS
    assert set(summary["seconds"]) == STEPS
    assert set(summary["verdicts"]) == {"PASS", "REVIEW", "REJECT"}


def test_every_planted_trap_is_sprung_and_held(small_day):
    assert small_day.summary["traps"] == dict.fromkeys(PLANTED, True)


def test_the_figures_add_up(small_day):
    summary = small_day.summary
    given = small_caseload()
    assert summary["cases"] == len(given.cases) - 1 + summary["planted_cases"]
    assert summary["calls"] == len(given.calls) + summary["planted_cases"] - 1
    assert summary["import_errors"] == 1
    assert sum(summary["verdicts"].values()) == summary["cases"]
    assert summary["planned"] + summary["left_out"] == summary["approved"]
    assert summary["left_out"] == summary["left_out_with_reason"]
    assert summary["results"] + summary["recalled"] == summary["planned"]
    assert summary["letters"] == summary["registered"] > 0
    assert 0 < summary["crews"] <= CREWS


def test_the_summary_is_stored_beside_the_files_it_names(small_day):
    assert json.loads((small_day.home / SUMMARY).read_text()) == small_day.summary
    assert small_day.summary["files"].startswith(str(small_day.home))
    assert (small_day.home / "log/serve.log").exists()


def test_a_person_reads_the_same_figures_above_the_last_line(small_day):
    summary = small_day.summary
    said = small_day.output
    assert f"{summary['approved']} approved; {summary['planned']} planned" in said
    assert said.count("trap held") == len(PLANTED)


@pytest.mark.parametrize("log", ["serve.log", "worker.log"])
def test_neither_server_nor_worker_failed_at_anything_unforeseen(small_day, log):
    text = (small_day.home / "log" / log).read_text()
    assert "Traceback" not in text
    assert BROKEN_CASE not in text


def _run_again(small_day, home):
    return CliRunner().invoke(main, ["run", "--once"], env={**small_day.environment, "FIELDOPS_HOME": str(home)})


def test_a_second_run_shows_the_stored_summary_and_drives_nothing(small_day):
    told = _run_again(small_day, small_day.home)
    assert told.exit_code == 0
    assert "has been driven before" in told.output
    assert f"{small_day.summary['registered']} registered" in told.output


def test_a_stored_summary_with_a_failed_check_is_no_success(small_day, tmp_path):
    failed = {"failed": ["the register verifies"], "checks_failed": 1}
    (tmp_path / SUMMARY).write_text(json.dumps(small_day.summary | failed), "utf-8")
    told = _run_again(small_day, tmp_path)
    assert told.exit_code == 1
    assert "CHECK FAILED the register verifies" in told.output
