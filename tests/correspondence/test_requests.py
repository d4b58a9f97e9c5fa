"""Asking for letters and approving them: the rules, the address, the figures, the people."""

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from fieldops.correspondence import approval, decisions, queries, service
from fieldops.correspondence.models import LetterSender
from fieldops.errors import NotAllowed, NotFound, NotNow, NotUnderstood
from fieldops.packs import queries as packs
from tests.makers import HOME, make_case, make_debtor


@pytest.mark.parametrize(
    ("balance_fen", "delivery", "status"),
    [
        (99_999, "REGISTERED_MAIL", "REJECTED"),
        (100_000, "REGISTERED_MAIL", "REJECTED"),
        (100_001, "REGISTERED_MAIL", "PENDING_REVIEW"),
        (100_000, "HAND_BY_VISIT", "PENDING_REVIEW"),
    ],
)
def test_a_letter_needs_more_than_the_minimum_unless_a_crew_hands_it_over(office, balance_fen, delivery, status):
    case_id = office.case(balance_fen=balance_fen, principal_fen=balance_fen, min_due_fen=1)
    letter = office.read(office.request(case_id, delivery=delivery))
    assert letter.status == status
    assert ("LR-020" in letter.codes) == (status == "REJECTED")


def test_a_letter_nobody_called_about_is_refused_and_its_why_card_says_so(office):
    letter_id = office.request(office.case(called=False))
    with office.house.transaction() as session:
        card = decisions.why_card(session, letter_id, at=office.house.clock.now())
    assert card["letter"].status == "REJECTED"
    (decision,) = card["decisions"]
    assert [one["code"] for one in decision.findings if one["severity"] == "REJECT"] == ["LR-010"]


def test_the_first_address_the_letter_rules_allow_is_chosen(office):
    good = HOME.format(77)
    case_id = office.case(addresses={"HOME": "北京市朝阳区12号", "HUKOU": good})
    letter = office.read(office.request(case_id))
    assert letter.status == "PENDING_REVIEW"
    assert office.read(office.approve(letter.id)).figures["recipient_address"] == good


@pytest.mark.parametrize(("written", "postcode"), [("邮编102488 ", "102488"), ("", None)])
def test_a_postcode_the_bank_wrote_is_printed_and_one_it_did_not_is_not_invented(office, written, postcode):
    letter = office.read(office.approve(office.request(office.case(addresses={"HOME": written + HOME.format(78)}))))
    assert ("LR-037" in letter.codes) == (postcode is None)
    assert (letter.figures["postcode"], letter.figures["recipient_address"]) == (postcode, HOME.format(78))


def test_without_any_good_address_the_first_one_is_refused(office):
    case_id = office.case(addresses={"HOME": "北京市朝阳区12号", "WORK": "建国路502室"})
    letter = office.read(office.request(case_id))
    assert (letter.status, "LR-030" in letter.codes) == ("REJECTED", True)


def test_an_address_of_another_case_is_no_address_of_this_one(office):
    other = office.read(office.request(office.case()))
    with pytest.raises(NotUnderstood, match="no such address"):
        office.request(office.case(), address_id=other.address_id)


def test_a_second_letter_waits_until_the_first_is_out_of_the_way(office):
    case_id = office.case()
    first = office.request(case_id)
    with pytest.raises(NotNow) as refused:
        office.request(case_id)
    assert refused.value.code == "LETTER_OPEN"
    with office.house.transaction() as session:
        service.cancel_letter(session, office.actor("supervisor"), first, reason="asked twice")
    assert office.read(office.request(case_id)).status == "PENDING_REVIEW"


def test_a_template_of_another_kind_is_refused_by_name(office):
    with office.house.transaction() as session:
        other = next(one for one in packs.templates(session) if one.kind == "DUNNING")
    with pytest.raises(NotUnderstood) as refused:
        office.request(office.case(), template_id=other.id)
    assert (refused.value.code, refused.value.extra["kind"]) == ("TEMPLATE_KIND", "DUNNING")


def test_a_template_of_another_bank_is_rejected(office):
    """An approved text of one bank serves no other: LR-040."""
    case_id = office.case()
    with office.house.transaction() as session:
        mine = next(one for one in packs.templates(session) if one.kind == "PAYMENT_NOTICE")
        session.execute(sa.text("ALTER TABLE letter_template DISABLE TRIGGER ALL"))
        session.execute(sa.text("UPDATE letter_template SET bank = 'ANOTHER' WHERE id = :id"), {"id": mine.id})
        session.execute(sa.text("ALTER TABLE letter_template ENABLE TRIGGER ALL"))
    letter = office.read(office.request(case_id, template_id=mine.id))
    assert (letter.status, "LR-040" in letter.codes) == ("REJECTED", True)


def test_two_who_ask_at_once_leave_one_open_letter(office):
    case_id = office.case()
    outcomes = []
    barrier = threading.Barrier(2)

    def ask():
        barrier.wait()
        try:
            outcomes.append(office.read(office.request(case_id)).status)
        except (NotNow, IntegrityError):
            outcomes.append("refused")

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["PENDING_REVIEW", "refused"]


def test_many_are_asked_for_and_each_has_its_own_outcome(office):
    good, uncalled = office.case(), office.case(called=False)
    wanted = [{"kind": "PAYMENT_NOTICE", "reason": "逾期", **one} for one in (
        {"case_id": good}, {"case_id": uncalled}, {"case_no": "NO SUCH"}, {"case_id": good},
    )]  # fmt: skip
    with office.house.transaction() as session:
        outcomes = service.request_letters(session, office.actor("phone_collector"), wanted)
    assert [one["letter"].status if one["letter"] else one["problem"]["code"] for one in outcomes] == [
        "PENDING_REVIEW", "REJECTED", "CASE_UNKNOWN", "LETTER_OPEN",
    ]  # fmt: skip


def test_nobody_approves_their_own_letter(office):
    letter_id = office.request(office.case())
    with office.house.transaction() as session, pytest.raises(NotAllowed, match="LR-083"):
        approval.approve_letter(session, office.actor("phone_collector"), letter_id)
    assert office.read(letter_id).status == "PENDING_REVIEW"


def test_a_doubt_needs_a_comment(office):
    letter_id = office.request(_case_of_unknown_age(office))
    with pytest.raises(NotUnderstood) as refused:
        office.approve(letter_id)
    assert refused.value.code == "COMMENT_NEEDED"
    approved = office.read(office.approve(letter_id, comment="identity card seen"))
    assert (approved.status, approved.accepted) == ("GENERATED", ["LR-050 UNKNOWN"])


def _case_of_unknown_age(office):
    with office.house.transaction() as session:
        return make_case(session, debtor=make_debtor(session, born_on=None)).id


def test_what_a_rule_rejects_cannot_be_approved(office):
    case_id = office.case()
    letter_id = office.request(case_id)
    with office.house.transaction() as session:
        service.cases.case_by_id(session, case_id).status = "RETURNED"
    with pytest.raises(NotNow, match="LR-001") as refused:
        office.approve(letter_id, comment="please")
    assert refused.value.extra["codes"] == ["LR-001"]


def test_without_a_sender_no_letter_is_approved(office):
    letter_id = office.request(office.case())
    with office.house.transaction() as session:
        session.delete(session.query(LetterSender).one())
    with pytest.raises(NotNow) as refused:
        office.approve(letter_id)
    assert refused.value.code == "SENDER_MISSING"
    assert office.read(letter_id).letter_no is None


def test_letter_numbers_have_no_gap_where_an_approval_failed(office):
    first, refused, second = (office.request(office.case()) for _ in range(3))
    with office.house.transaction() as session:
        service.reject_letter(session, office.actor("supervisor"), refused, reason="not now")
    with office.house.transaction() as session:
        outcomes = approval.approve_letters(session, office.actor("supervisor"), [first, refused, second])
    assert [one["problem"] is None for one in outcomes] == [True, False, True]
    numbers = sorted(office.read(one).letter_no for one in (first, second))
    assert numbers == ["〔2026〕示范缴字第000001号", "〔2026〕示范缴字第000002号"]


def test_a_balance_of_no_known_day_is_printed_in_no_letter(office):
    letter_id = office.request(office.case(balance_as_of=None))
    with pytest.raises(NotNow) as refused:
        office.approve(letter_id, comment="yes")
    assert refused.value.code == "LETTER_FIELDS"


def test_a_letter_that_is_not_there_is_not_found(office):
    with office.house.transaction() as session, pytest.raises(NotFound):
        queries.lock_letters(session, ["01a204d9-db9b-713a-8b5e-c5b2d5e5b5ae"])
