"""Answers about the paper itself: what the examined template says and shows, where sheets and receipts are."""

from typing import Any

from fieldops.correspondence.facts import LetterFacts, PaperFacts
from fieldops.policies.catalogue import Answer, Asks, Moment, Severity, no, unknown, yes
from fieldops.policies.edition import Policy
from fieldops.visits.case_answers import used

NOT_DISCLOSED = ("DISCLOSURE_",)
WITHOUT_SENDER = ("DISCLOSURE_SEAL", "DISCLOSURE_SENDER", "LR-044")
FORBIDDEN_WORDS = ("LR-042",)
UNMASKED = ("LR-043",)
FEES_AND_WAIVERS = ("LR-046",)
SHOWS_THE_DEBT = ("LR-072", "WINDOW")


def examined(codes: tuple[str, ...], *, but: tuple[str, ...] = ()) -> Asks[LetterFacts]:
    """Whether the examination of the template found nothing under codes that begin so.

    What only a person can judge goes to one; a template nobody examined is unknown.
    """

    def asks(facts: LetterFacts, _policy: Policy, _now: Moment) -> Answer:
        template = facts.template
        if template is None or template.findings is None:
            return unknown("模板检验结果", "an examination of the template")
        found = [each for each in template.findings if each.code.startswith(codes) and each.code not in but]
        seen = used("template_findings", [each.code for each in found], template)
        if not found:
            return yes(seen)
        judged = all(each.needs_person for each in found)
        words = "; ".join(dict.fromkeys(each.text for each in found))
        return no(
            seen, severity=Severity.REVIEW if judged else Severity.REJECT, items=words, n=len(found), ref=template.ref
        )

    return asks


_template_masks = examined(UNMASKED)


def no_number_is_whole(facts: LetterFacts, policy: Policy, now: Moment) -> Answer:
    """Whether neither the template nor the frozen figures can print a full card or identity number."""
    of_template = _template_masks(facts, policy, now)
    seen = used("full_numbers_in_figures", facts.letter.full_numbers, facts.letter)
    if of_template.holds and facts.letter.full_numbers:
        return no(seen, n=facts.letter.full_numbers, ref=facts.letter.ref)
    return of_template


def sheets_are_all_there(facts: PaperFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether printed = posted + handed + void + in custody."""
    seen = used("missing", facts.count.missing, facts.count)
    return no(seen, n=facts.count.missing) if facts.count.missing else yes(seen)


def receipts_are_filed(facts: PaperFacts, policy: Policy, now: Moment) -> Answer:
    """Whether the post's receipt of every posted item is filed; a fresh one only warns."""
    if not facts.unreceipted:
        return yes(used("unreceipted", 0, facts.count))
    oldest = min(facts.unreceipted, key=lambda each: each.posted_on)
    age = (now.day - oldest.posted_on).days
    seen = tuple(used("item", {"posted_on": each.posted_on}, each) for each in facts.unreceipted[:20])
    late = age > policy.letter.receipt_days
    said: Any = {"n": len(facts.unreceipted), "d": age, "since": oldest.posted_on}
    return no(*seen, severity=Severity.REVIEW if late else Severity.WARN, **said)
