"""A catalogue as a page people read: generated, so that it says what the program does."""

from collections.abc import Iterable
from typing import Any

from fieldops.policies.catalogue import Catalogue, Rule, Severity
from fieldops.policies.reading import shipped_editions

HEAD = """# {title}

Generated from the catalogue in the code; do not edit. One row is one question; all questions of a stage are asked,
and the worst finding decides: REJECT before REVIEW before PASS. WARN is shown and leaves a PASS. A rule whose input
is missing gives what its column *unknown* says. Thresholds are values of the dated policy edition, by the key named
here; an edition may switch off only what *may be off* allows, and says why. Screening asks the rules of SUBMIT.
Sources such as 003:181 are document and line of the five source documents 000 … 004 that the rules were drawn from.
"""

COLUMNS = (
    "code",
    "name",
    "question",
    "severity",
    "unknown",
    "waivable",
    "may be off",
    "stages",
    "thresholds",
    "source",
)


def render_rules_markdown(*catalogues: Catalogue[Any]) -> str:
    """The page of catalogues, titled as the first: a table of the rows, then the words each of them says."""
    rules = [rule for catalogue in catalogues for rule in catalogue.rules]
    table = [_line(COLUMNS), _line("---" for _ in COLUMNS), *(_line(_cells(rule)) for rule in rules)]
    words = [text for rule in rules for text in _words(rule)]
    head = [HEAD.format(title=catalogues[0].title), *table, "", *_off(rules)]
    return "\n".join([*head, "## What they say", "", *words])


def _off(rules: Iterable[Rule[Any]]) -> tuple[str, ...]:
    """Which of these the newest shipped edition does not ask, and why; nothing where it asks them all."""
    edition = shipped_editions()[-1]
    lines = [f"* {rule.code} {rule.name}: {edition.off[rule.code]}" for rule in rules if rule.code in edition.off]
    if not lines:
        return ()
    return (f"## Not asked by edition {edition.edition}", "", "The why card lists these as OFF.", "", *lines, "")


def _line(cells: Any) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(rule: Rule[Any]) -> tuple[str, ...]:
    return (
        rule.code,
        rule.name,
        f"{rule.question}<br>{rule.question_zh}",
        " or ".join((rule.severity, *rule.also)),
        "-" if rule.on_unknown is Severity.PASS else str(rule.on_unknown),
        "yes" if rule.waivable else "no",
        "yes" if rule.may_be_off else "no",
        ", ".join(rule.stages),
        "<br>".join(f"`{key}`" for key in rule.keys) or "-",
        rule.source,
    )


def _words(rule: Rule[Any]) -> tuple[str, ...]:
    return (
        f"**{rule.code} {rule.name}**",
        "",
        f"* {rule.message_zh} / {rule.message_en}",
        f"* What to do: {rule.mend_zh} / {rule.mend_en}",
        f"* What would change it: {rule.change_zh} / {rule.change_en}",
        "",
    )
