"""Decisions on letters come out as they were kept, from request to post; a draft shows which it would change."""

from datetime import UTC, datetime

from fieldops.policies.replay import replay, try_draft

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def test_decisions_on_letters_come_out_as_they_were_kept_at_every_stage(office):
    (letter_id,) = office.approved(1)
    office.posted([letter_id])
    office.request(office.case(balance_fen=90_000))
    with office.house.transaction() as session:
        done = replay(session, LONG_AGO)
        assert done.differing == []
        assert done.asked >= 6  # two requests, an approval, a print, and the post twice


def test_a_draft_names_the_letters_it_would_lose(office):
    case_id = office.case(balance_fen=150_000)
    office.request(case_id)
    draft = {
        "based_on": "2026-11",
        "edition": "next",
        "valid_from": "2026-12-01",
        "letter": {"min_balance_fen": 150_000},
    }
    with office.house.transaction() as session:
        (flip,) = try_draft(session, draft, LONG_AGO).flips
    assert (flip.book, flip.effect, flip.codes_now[0]) == ("letter", "LOST", "LR-020")
