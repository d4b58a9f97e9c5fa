"""The pages people read say what the program does."""

from pathlib import Path

import pytest

from fieldops.correspondence.paper_rules import CUSTODY_RULES
from fieldops.correspondence.rules import LETTER_RULES
from fieldops.policies.markdown import render_rules_markdown
from fieldops.policies.reading import shipped_editions
from fieldops.visits.rules import VISIT_RULES

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"visit-rules.md": (VISIT_RULES,), "letter-rules.md": (LETTER_RULES, CUSTODY_RULES)}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_of_a_catalogue_is_up_to_date(name):
    assert (DOCS / name).read_text("utf-8") == render_rules_markdown(*PAGES[name])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_holds_every_rule_with_question_words_and_thresholds(name):
    page = render_rules_markdown(*PAGES[name])
    for rule in (each for catalogue in PAGES[name] for each in catalogue.rules):
        row = next(line for line in page.splitlines() if line.startswith(f"| {rule.code} "))
        assert row.count(" | ") == 9
        for text in (rule.name, rule.question, rule.question_zh, rule.source, *rule.keys, *rule.stages):
            assert text in row
        for text in (rule.message_zh, rule.message_en, rule.mend_zh, rule.mend_en, rule.change_zh, rule.change_en):
            assert text in page


def test_the_pages_say_what_the_newest_shipped_edition_does_not_ask_and_why():
    pages = "".join(render_rules_markdown(*catalogues) for catalogues in PAGES.values())
    off = shipped_editions()[-1].off
    assert {line.split()[1] for line in pages.splitlines() if line.startswith(("* VR-", "* LR-"))} == set(off)
    assert all(reason in pages for reason in off.values())
