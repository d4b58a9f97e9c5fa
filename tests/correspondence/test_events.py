"""What letters do when money comes, a hold opens, a case changes or an address dies; races have one outcome."""

import threading
from datetime import timedelta

import pytest

from fieldops import events
from fieldops.addresses import queries as addresses
from fieldops.addresses import service as address_service
from fieldops.cases import service as cases
from fieldops.cases.events import CaseChanged
from fieldops.cases.queries import case_by_id
from fieldops.correspondence import queries, register
from fieldops.correspondence.paper import printing
from fieldops.errors import NotNow
from fieldops.tasks.queries import task_of
from tests.makers import HOME

WAYS = {
    "PENDING_REVIEW": lambda office, letter_id: None,
    "GENERATED": lambda office, letter_id: office.approve(letter_id),
    "QUEUED": lambda office, letter_id: office.batch([office.approve(letter_id)]),
    "PRINTED": lambda office, letter_id: office.printed([office.approve(letter_id)]),
    "SEALED": lambda office, letter_id: office.sealed([office.approve(letter_id)]),
    "REGISTERED": lambda office, letter_id: office.registered([office.approve(letter_id)]),
    "POSTED": lambda office, letter_id: office.posted([office.approve(letter_id)]),
}


def letter_at(office, way):
    letter_id = office.request(office.case())
    WAYS[way](office, letter_id)
    return letter_id


def pay(office, case_id, amount_fen):
    with office.house.transaction() as session:
        cases.record_repayment(
            session, office.actor("business_dept"), case_id=case_id, external_id=f"P{case_id}{amount_fen}",
            amount_fen=amount_fen, paid_at=office.house.clock.now(), channel="柜台",
        )  # fmt: skip


def successors(office, letter_id):
    with office.house.transaction() as session:
        return [one for one in queries.letters_page(session, limit=50) if one.supersedes_id == letter_id]


@pytest.mark.parametrize(
    ("way", "status"),
    [
        ("PENDING_REVIEW", "CANCELLED"), ("GENERATED", "CANCELLED"), ("QUEUED", "CANCELLED"), ("PRINTED", "VOID"),
        ("REGISTERED", "VOID"), ("POSTED", "POSTED"),
    ],
)  # fmt: skip
def test_paid_in_full_stops_the_letter_wherever_it_is_and_leaves_a_note_at_the_post(office, way, status):
    letter_id = letter_at(office, way)
    pay(office, office.read(letter_id).case_id, 800_000)
    letter = office.read(letter_id)
    assert (letter.status, letter.status_reason) == (status, "LR-002")
    assert successors(office, letter_id) == []
    with office.house.transaction() as session:
        assert (task_of(session, "shred_letter", letter_id) is not None) == (status == "VOID")
        kinds = [line.kind for line in register.register_page(session, limit=9)["items"]]
        assert kinds == {
            "PRINTED": ["VOID"],
            "REGISTERED": ["REGISTERED", "VOID"],
            "POSTED": ["REGISTERED", "POSTED"],
        }.get(way, [])
        assert {item.status for item in queries.items_page(session, limit=9)} <= {status}


@pytest.mark.parametrize("way", ["GENERATED", "SEALED"])
def test_paid_in_part_replaces_the_letter_by_one_with_the_new_figures(office, way):
    letter_id = letter_at(office, way)
    pay(office, office.read(letter_id).case_id, 123_456)
    old = office.read(letter_id)
    assert (old.status, old.status_reason) == ("VOID" if way == "SEALED" else "CANCELLED", "LR-022")
    (new,) = successors(office, letter_id)
    approved = office.read(office.approve(new.id))
    assert approved.figures["balance_fen"] == 800_000 - 123_456
    assert approved.figures["principal_fen"] is None
    assert approved.letter_no != old.letter_no


def test_paid_in_part_leaves_a_letter_that_is_not_approved_yet_alone(office):
    letter_id = letter_at(office, "PENDING_REVIEW")
    pay(office, office.read(letter_id).case_id, 123_456)
    assert office.read(letter_id).status == "PENDING_REVIEW"
    assert office.read(office.approve(letter_id)).figures["balance_fen"] == 800_000 - 123_456


def test_paid_down_to_the_minimum_there_is_no_new_letter(office):
    letter_id = letter_at(office, "GENERATED")
    pay(office, office.read(letter_id).case_id, 700_000)
    assert office.read(letter_id).status == "CANCELLED"
    assert successors(office, letter_id) == []


def test_money_already_in_the_balance_changes_nothing(office):
    letter_id = letter_at(office, "GENERATED")
    with office.house.transaction() as session:
        cases.record_repayment(
            session, office.actor("business_dept"), case_id=office.read(letter_id).case_id, external_id="P-old",
            amount_fen=5_000, paid_at=office.house.clock.now() - timedelta(days=3), channel="柜台",
        )  # fmt: skip
    assert office.read(letter_id).status == "GENERATED"


def hold(office, case_id, **changes):
    with office.house.transaction() as session:
        day = office.house.clock.today()
        words = {"kind": "BANK_PAUSE", "from_on": day, "until_on": day} | changes
        cases.open_hold(session, office.actor("business_dept"), case_id=case_id, **words)


def test_a_held_letter_is_not_printed_until_the_hold_is_over(office):
    letter_id = letter_at(office, "GENERATED")
    hold(office, office.read(letter_id).case_id)
    assert office.read(letter_id).held_reason == "LR-050"
    with pytest.raises(NotNow, match="under a hold"):
        office.batch([letter_id])
    office.house.clock.advance(days=1)
    with office.house.transaction() as session:
        case_by_id(session, office.read(letter_id).case_id).balance_as_of = office.house.clock.today()
    office.batch([letter_id])
    assert office.read(letter_id).status == "QUEUED"


def test_a_hold_for_visits_only_does_not_touch_letters(office):
    letter_id = letter_at(office, "GENERATED")
    hold(office, office.read(letter_id).case_id, channels="VISIT")
    assert office.read(letter_id).held_reason is None


def test_a_letter_held_while_it_is_rendered_leaves_its_batch(office):
    letter_id = letter_at(office, "QUEUED")
    hold(office, office.read(letter_id).case_id)
    office.work()
    letter = office.read(letter_id)
    assert (letter.status, letter.held_reason, letter.print_batch_id) == ("GENERATED", "LR-050", None)


def test_a_held_sealed_letter_stays_off_the_handover_list_and_is_not_void(office):
    letter_id = letter_at(office, "REGISTERED")
    hold(office, office.read(letter_id).case_id)
    list_id = office.listed()
    with office.house.transaction() as session:
        assert queries.lock_list(session, list_id).pieces == 0
    assert office.read(letter_id).status == "SEALED"


def test_a_proven_special_status_withdraws_and_a_claimed_one_holds(office):
    proven, claimed = letter_at(office, "GENERATED"), letter_at(office, "GENERATED")
    for letter_id, proof in ((proven, "COMPLETE"), (claimed, "CLAIMED")):
        with office.house.transaction() as session:
            cases.record_special_status(
                session, office.actor("business_dept"), case_id=office.read(letter_id).case_id, kind="FRAUD",
                proof=proof, from_on=office.house.clock.today(),
            )  # fmt: skip
    assert office.read(proven).status == "CANCELLED"
    assert (office.read(claimed).status, office.read(claimed).held_reason) == ("GENERATED", "LR-050")


def test_a_proven_status_that_ends_nothing_withdraws_no_letter_a_hold_keeps_back(office):
    """Hardship, however well proven, is a supervisor's to weigh; it turned a bank's pause into the end of the letter."""
    paused, hard = letter_at(office, "SEALED"), letter_at(office, "GENERATED")
    with office.house.transaction() as session:
        today, boss = office.house.clock.today(), office.actor("supervisor")
        case_id = office.read(paused).case_id
        cases.open_hold(session, boss, case_id=case_id, kind="BANK_PAUSE", from_on=today)
        for letter_id, kind in ((paused, "MISSING"), (hard, "VULNERABLE")):
            told = {"case_id": office.read(letter_id).case_id, "kind": kind, "proof": "COMPLETE", "from_on": today}
            cases.record_special_status(session, boss, **told)
    assert [(office.read(one).status, office.read(one).held_reason) for one in (paused, hard)] == [
        ("SEALED", "LR-050"), ("GENERATED", "LR-050"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "letter_status", "held"),
    [("PAUSED", "GENERATED", "LR-001"), ("RETURNED", "CANCELLED", None), ("SETTLED", "CANCELLED", None)],
)
def test_a_case_that_leaves_takes_its_letters_along_and_one_that_pauses_holds_them(office, status, letter_status, held):
    letter_id = letter_at(office, "GENERATED")
    change(office, letter_id, status=status)
    letter = office.read(letter_id)
    assert (letter.status, letter.held_reason) == (letter_status, held)


def change(office, letter_id, **columns):
    with office.house.transaction() as session:
        case = case_by_id(session, office.read(letter_id).case_id)
        before, balance_before_fen = case.status, case.balance_fen
        for name, value in columns.items():
            setattr(case, name, value)
        session.flush()
        told = (case.id, case.debtor_id, before, case.status, balance_before_fen, case.balance_fen)
        events.announce(session, CaseChanged(*told, office.actor("business_dept")))


def test_a_new_balance_replaces_the_letter_and_the_same_balance_of_a_later_day_does_not(office):
    letter_id = letter_at(office, "GENERATED")
    change(office, letter_id, balance_as_of=office.house.clock.today())
    assert office.read(letter_id).status == "GENERATED"
    change(office, letter_id, balance_fen=810_000)
    assert (office.read(letter_id).status, len(successors(office, letter_id))) == ("CANCELLED", 1)


def test_a_pause_that_ends_frees_the_letter(office):
    letter_id = letter_at(office, "GENERATED")
    change(office, letter_id, status="PAUSED")
    change(office, letter_id, status="ACTIVE")
    assert office.read(letter_id).held_reason is None


@pytest.mark.parametrize(
    ("scope", "same_flat", "same_building"),
    [("DEBTOR", "GENERATED", "GENERATED"), ("EXACT", "CANCELLED", "GENERATED"), ("SITE", "CANCELLED", "CANCELLED")],
)
def test_a_dead_address_stops_the_letters_within_its_scope(office, scope, same_flat, same_building):
    raw = HOME.format(601)
    letters = [
        office.approve(office.request(office.case(addresses={"HOME": text})))
        for text in (raw, raw, raw.replace("502室", "601室"), HOME.format(602))
    ]
    with office.house.transaction() as session:
        address = addresses.address_by_id(session, office.read(letters[0]).address_id)
        address_service.invalidate_address(
            session, office.actor("field_agent"), address=address, scope=scope, channel="ALL", reason="DEMOLISHED",
            evidence_kind="VISIT_RESULT", evidence_id="R1", code="A06",
        )  # fmt: skip
    assert [office.read(one).status for one in letters] == ["CANCELLED", same_flat, same_building, "GENERATED"]
    assert office.read(letters[0]).status_reason == "LR-031 DEMOLISHED"
    again = office.read(office.request(office.read(letters[0]).case_id))
    assert (again.status, [code for code in again.codes if code != "LR-037"]) == ("REJECTED", ["LR-031"])


@pytest.mark.parametrize("round_", range(4))
def test_approving_and_paying_at_once_end_in_one_outcome(office, round_):
    """Either the approval came first and the payment took the letter back, or it found the debt paid."""
    letter_id = letter_at(office, "PENDING_REVIEW")
    case_id = office.read(letter_id).case_id
    barrier = threading.Barrier(2)
    refused = []

    def approve():
        barrier.wait()
        try:
            office.approve(letter_id)
        except NotNow as problem:
            refused.append(problem.code)

    def settle():
        barrier.wait()
        pay(office, case_id, 800_000)

    threads = [threading.Thread(target=act) for act in ((approve, settle) if round_ % 2 else (settle, approve))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    letter = office.read(letter_id)
    assert (letter.status, letter.status_reason) == ("CANCELLED", "LR-002")
    assert (letter.approved_at is None) == bool(refused)


def test_printing_and_paying_at_once_end_in_void_or_cancelled(office):
    letter_ids = office.approved(3)
    batch_id = office.rendered()
    case_ids = [office.read(one).case_id for one in letter_ids]
    barrier = threading.Barrier(4)

    def print_all():
        barrier.wait()
        with office.house.transaction() as session:
            printing.mark_printed(session, office.actor("admin_clerk"), batch_id, quantity=3)

    def settle(case_id):
        barrier.wait()
        pay(office, case_id, 800_000)

    threads = [threading.Thread(target=print_all), *(threading.Thread(target=settle, args=(one,)) for one in case_ids)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with office.house.transaction() as session:
        shreds = [task_of(session, "shred_letter", one) for one in letter_ids]
    assert {office.read(one).status for one in letter_ids} <= {"VOID", "CANCELLED"}
    assert all(shreds)
