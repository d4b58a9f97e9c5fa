"""The documents that come from the code are as the code says, and a stale one is found."""

import json

import pytest
from click.testing import CliRunner

from fieldops import docs
from fieldops.cli import main
from fieldops.settings import Settings
from tests.conftest import SECRET, make_settings


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A docs folder to write into."""
    monkeypatch.setattr(docs, "ROOT", tmp_path / "docs")
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


def test_the_documents_in_the_tree_are_what_the_code_says(tmp_path):
    assert docs.stale(make_settings(tmp_path)) == []


def test_the_description_does_not_depend_on_the_installation(tmp_path):
    one = make_settings(tmp_path)
    two = Settings.from_env({"FIELDOPS_HOME": str(tmp_path / "b"), "FIELDOPS_PORT": "9999", "FIELDOPS_MODE": "demo"})
    assert docs.openapi(one) == docs.openapi(two)


def test_a_missing_and_an_altered_document_are_named(elsewhere, tmp_path):
    settings = make_settings(tmp_path)
    assert set(docs.stale(settings)) == {"openapi.json", "visit-rules.md", "letter-rules.md", "address-codes.md"}
    docs.write(settings)
    assert docs.stale(settings) == []
    (elsewhere / "visit-rules.md").write_text("another", "utf-8")
    assert docs.stale(settings) == ["visit-rules.md"]


def test_the_command_fails_over_a_stale_document_and_mends_it(elsewhere, tmp_path):
    env = {"FIELDOPS_HOME": str(tmp_path), "FIELDOPS_SECRET": SECRET}
    stale = CliRunner().invoke(main, ["docs", "--check"], env=env)
    assert stale.exit_code == 1
    assert "fieldops: out of date: openapi.json" in stale.output
    assert "run: fieldops docs" in stale.output
    assert CliRunner().invoke(main, ["docs"], env=env).exit_code == 0
    assert CliRunner().invoke(main, ["docs", "--check"], env=env).exit_code == 0
    assert json.loads((elsewhere / "openapi.json").read_text("utf-8"))["openapi"] == "3.1.0"


def test_the_catalogues_hold_a_row_for_each_rule(tmp_path):
    from fieldops.correspondence.rules import LETTER_RULES
    from fieldops.visits.rules import VISIT_RULES

    written = docs.documents(make_settings(tmp_path))
    for name, rules in (("visit-rules.md", VISIT_RULES), ("letter-rules.md", LETTER_RULES)):
        assert all(rule.code in written[name] for rule in rules.rules), name
