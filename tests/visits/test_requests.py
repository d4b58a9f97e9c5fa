"""Requesting visits: what the rules make of a request, and what is kept of it."""

from datetime import timedelta

import pytest

from fieldops.audit import AuditEntry
from fieldops.cases.models import Case
from fieldops.policies.catalogue import Stage
from fieldops.policies.decision import ask
from fieldops.policies.reading import shipped_editions
from fieldops.visits import queries
from fieldops.visits.facts import VisitFacts
from fieldops.visits.models import Visit
from fieldops.visits.requesting import VisitAsked
from fieldops.visits.rules import VISIT_RULES
from fieldops.visits.service import request_for_cases, request_visits
from tests.makers import make_call, make_case, make_debtor, make_point
from tests.visits.makers_of_visits import WHY, ask_for, make_good_case, requester, supervisor

VAGUE = "北京市海淀区理工大学"


@pytest.fixture
def session(house):
    with house.transaction() as opened:
        yield opened


def test_a_clean_request_waits_for_a_supervisor_with_its_point_amount_and_number(session, house):
    outcome = ask_for(session, house, make_good_case(session, appointment="11:30-13:30"))
    visit = queries.visit_by_id(session, outcome.visit_id)
    assert (outcome.status, outcome.verdict, outcome.codes) == ("PENDING_REVIEW", "PASS", [])
    assert (visit.amount_fen, visit.point_precision, visit.windows) == (800_000, "ROOFTOP", [[41400, 48600]])
    assert visit.no.startswith("WF2026")
    assert visit.address_kind == "HOME"


def test_a_case_without_a_call_is_rejected_at_once(session, house):
    outcome = ask_for(session, house, make_good_case(session, called=False))
    assert (outcome.status, outcome.codes) == ("REJECTED", ["VR-010"])


def test_a_call_after_the_request_is_no_prior_call(session, house):
    case = make_good_case(session, called=False)
    make_call(session, case, started_at=house.clock.now() + timedelta(minutes=1))
    assert "VR-010" in ask_for(session, house, case).codes


@pytest.mark.parametrize(("fen", "status"), [(499_999, "REJECTED"), (500_000, "PENDING_REVIEW")])
def test_the_minimum_itself_is_enough(session, house, fen, status):
    assert ask_for(session, house, make_good_case(session, balance_fen=fen)).status == status


def test_an_address_without_a_point_goes_to_a_person(session, house):
    outcome = ask_for(session, house, make_case(session))
    assert (outcome.status, outcome.verdict, outcome.codes) == ("PENDING_REVIEW", "REVIEW", ["VR-036"])


def test_the_decision_keeps_every_finding_and_can_be_replayed(session, house):
    outcome = ask_for(session, house, make_good_case(session, balance_fen=499_999))
    (stored,) = queries.decisions_of(session, outcome.visit_id)
    asked_rules = {rule.code for rule in VISIT_RULES.asked_at(Stage.SUBMIT)}
    assert {finding["code"] for finding in stored.findings} == asked_rules
    again = ask(
        VISIT_RULES, VisitFacts.from_json(stored.facts), shipped_editions()[0], stage=Stage.SUBMIT, at=stored.decided_at
    )
    assert [finding.to_json() for finding in again.findings] == stored.findings


def test_a_request_is_audited_without_personal_numbers(session, house):
    outcome = ask_for(session, house, make_good_case(session))
    session.flush()
    entry = session.query(AuditEntry).filter_by(action="visits.request", entity_id=str(outcome.visit_id)).one()
    assert entry.actor == "phone"
    assert set(entry.detail) == {"verdict", "codes", "cases", "status"}


def test_the_best_address_is_the_first_its_own_rules_do_not_reject(session, house):
    good = "北京市海淀区中关村大街27号2号楼301室"
    case = make_case(session, addresses={"HOME": VAGUE, "HUKOU": good})
    make_point(session, case, "HUKOU")
    visit = queries.shown_visit(session, ask_for(session, house, case).visit_id)
    assert (visit["address"], visit["address_kind"], visit["verdict"]) == (good, "HUKOU", "PASS")


def test_a_lower_address_before_a_good_higher_one_is_asked_about(session, house):
    case = make_case(
        session, addresses={"HOME": "北京市海淀区中关村大街27号2号楼301室", "WORK": "北京市海淀区学院路5号3号楼202室"}
    )
    make_point(session, case, "HOME")
    work = make_point(session, case, "WORK")
    outcome = ask_for(session, house, case, address_id=work.id)
    assert "VR-037" in outcome.codes
    assert queries.visit_by_id(session, outcome.visit_id).windows == [[32400, 61500]]


def test_a_rejection_that_may_be_waived_waits_when_the_requester_asks_for_it(session, house):
    case = make_case(session, addresses={"HOME": VAGUE})
    refused = ask_for(session, house, case)
    assert refused.status == "REJECTED"
    assert ask_for(session, house, case, waiver_reason="本人住校，保安可引路").status == "PENDING_REVIEW"


def test_a_rejection_that_may_not_be_waived_stays_one(session, house):
    case = make_case(session, addresses={"HOME": VAGUE}, called=False)
    assert ask_for(session, house, case, waiver_reason="本人住校").status == "REJECTED"


def test_a_second_request_for_the_same_flat_is_rejected_quoting_the_first(session, house):
    case = make_good_case(session)
    first, second = ask_for(session, house, case), ask_for(session, house, case)
    assert (second.status, second.codes) == ("REJECTED", ["VR-060"])
    finding = next(
        each for each in queries.decisions_of(session, second.visit_id)[0].findings if each["code"] == "VR-060"
    )
    assert first.no in finding["message_zh"]


def test_the_same_flat_twice_in_one_request_is_found_too(session, house):
    case = make_good_case(session)
    asked = VisitAsked(case_ids=(case.id,), **WHY)
    outcomes = request_visits(session, requester(house), [asked, asked])
    assert [each.status for each in outcomes] == ["PENDING_REVIEW", "REJECTED"]


def test_cases_of_two_debtors_or_two_banks_are_no_visit(session, house):
    debtor = make_debtor(session)
    one, other = make_good_case(session, debtor=debtor), make_good_case(session, debtor=debtor, bank_code="示范银行B")
    stranger = make_good_case(session)
    assert ask_for(session, house, one, stranger).problem.code == "CASES_APART"
    assert ask_for(session, house, one, other).problem.code == "CASES_APART"


def test_an_address_of_somebody_else_is_refused_and_no_address_at_all_too(session, house):
    stranger = make_point(session, make_case(session))
    assert ask_for(session, house, make_good_case(session), address_id=stranger.id).problem.code == "ADDRESS_FOREIGN"
    assert ask_for(session, house, make_case(session, addresses={})).problem.code == "ADDRESS_NONE"


def _two_cards(session, *, first=300_000, second=250_000, **changes):
    debtor = make_debtor(session)
    home = "北京市朝阳区太阳宫地区安慧家园18号楼1单元1503室"
    cases = [
        make_case(session, debtor=debtor, addresses={"HOME": home}, balance_fen=fen, **more)
        for fen, more in ((first, {}), (second, changes))
    ]
    make_point(session, cases[0])
    return cases


def _ask_in_bulk(session, house, cases):
    return request_for_cases(session, requester(house), case_ids=[case.id for case in cases], **WHY)["rows"]


def test_two_cards_of_one_debtor_share_one_visit_and_their_sum_counts(session, house):
    (row,) = _ask_in_bulk(session, house, _two_cards(session))
    assert (row["status"], len(row["case_nos"])) == ("PENDING_REVIEW", 2)
    assert queries.visit_by_id(session, row["visit_id"]).amount_fen == 550_000


def test_a_card_its_own_rules_keep_from_the_visit_does_not_keep_its_neighbour(session, house):
    rows = _ask_in_bulk(session, house, _two_cards(session, first=900_000, called=False))
    assert sorted(row["status"] for row in rows) == ["PENDING_REVIEW", "REJECTED"]
    assert [row["codes"][:2] for row in rows if row["status"] == "REJECTED"] == [["VR-010", "VR-020"]]


def test_a_card_that_may_not_go_along_does_not_lend_its_balance(session, house):
    rows = _ask_in_bulk(session, house, _two_cards(session, second=900_000, status="PAUSED"))
    assert {row["status"] for row in rows} == {"REJECTED"}


def test_one_bad_row_among_many_has_its_own_outcome(session, house):
    good, empty = make_good_case(session), make_case(session, addresses={})
    rows = _ask_in_bulk(session, house, [good, empty])
    assert [(row["outcome"], (row["problem"] or {}).get("code")) for row in rows] == [
        ("PENDING_REVIEW", None),
        ("REFUSED", "ADDRESS_NONE"),
    ]


def test_a_row_that_loses_a_race_is_refused_and_the_others_are_stored(session, house, monkeypatch):
    """The unique index is the last word when two requests for one flat did not see each other."""
    case, other = make_good_case(session), make_good_case(session)
    ask_for(session, house, case)
    monkeypatch.setattr(
        "fieldops.visits.files.queries.visits_of_debtors", lambda *_: {case.debtor_id: [], other.debtor_id: []}
    )
    rows = _ask_in_bulk(session, house, [case, other])
    assert [(row["outcome"], (row["problem"] or {}).get("code")) for row in rows] == [
        ("REFUSED", "CONFLICT"),
        ("PENDING_REVIEW", None),
    ]
    assert session.query(Visit).count() == 2


def test_a_request_judges_addresses_the_job_has_not_reached(session, house):
    case = make_good_case(session)
    address = make_point(session, session.get(Case, case.id))
    address.edition = address.verdict = None
    session.flush()
    assert ask_for(session, house, case).codes == []


def test_who_requested_does_not_matter_to_the_rules_of_submission(session, house):
    asked = VisitAsked(case_ids=(make_good_case(session).id,), **WHY)
    (outcome,) = request_visits(session, supervisor(house), [asked])
    assert outcome.status == "PENDING_REVIEW"
