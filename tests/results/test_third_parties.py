"""A third party who refuses contact 不再联系名单: kept from the result, told to the next crew, watched in its result."""

import pytest

from fieldops.app import register_handlers
from fieldops.cases import third_parties
from fieldops.cases.queries import third_parties_by_debtor
from fieldops.errors import NotFound, NotNow
from fieldops.sync.queries import newest_cards
from fieldops.tasks.queries import task_of
from tests.makers import make_case
from tests.planning.makers_of_plans import make_batched_visits, make_crew, make_plan, publish
from tests.results.sent import crew_actor, record
from tests.visits.makers_of_visits import make_good_case


@pytest.fixture
def session(house):
    register_handlers()
    with house.transaction() as opened:
        yield opened


@pytest.fixture
def case(session):
    return make_good_case(session)


def planned_visit(session, house, case):
    (visit,) = make_batched_visits(session, house, cases=[[case]])
    publish(session, house, make_plan(session, {make_crew(session): [visit]}))
    return visit


def on_the_list(session, case):
    return [
        (each.relation, each.lifted_at) for each in third_parties_by_debtor(session, [case.debtor_id])[case.debtor_id]
    ]


def refuse(session, house, case, **told):
    source = {"source_kind": "CALL", "source_id": "REC7"}
    return third_parties.record_refusal(
        session, crew_actor(house), case_id=case.id, relation="NEIGHBOUR", **(source | told)
    )


def test_a_refusal_at_the_door_puts_the_person_met_on_the_list_once(session, house, case):
    visit = planned_visit(session, house, case)
    result = record(session, house, visit, "O11", person="P07")
    assert on_the_list(session, case) == [("NEIGHBOUR", None)]
    (entry,) = third_parties_by_debtor(session, [case.debtor_id])[case.debtor_id]
    assert (entry.source_id, entry.address_id) == (str(result.id), visit.address_id)
    again = refuse(session, house, case, source_kind="VISIT_RESULT", source_id=str(result.id))
    assert again.id == entry.id


def card_of(session, visit):
    return newest_cards(session, [visit.id])[visit.id][1].decode()


def test_the_crews_card_says_whom_not_to_approach_and_changes_when_they_say_so_on_the_way(session, house, case):
    visit = planned_visit(session, house, case)
    assert '"do_not_contact":[]' in card_of(session, visit)
    entry = refuse(session, house, case)
    assert '"do_not_contact":[{"relation":"NEIGHBOUR","zh":"邻居"}]' in card_of(session, visit)
    third_parties.lift_refusal(session, crew_actor(house), case_id=case.id, entry_id=entry.id, reason="本人同意")
    assert '"do_not_contact":[]' in card_of(session, visit)


@pytest.mark.parametrize(("person", "flagged"), [("P07", True), ("P04", False), ("P01", False)])
def test_a_result_that_met_somebody_on_the_list_is_kept_and_goes_to_a_supervisor(session, house, case, person, flagged):
    refuse(session, house, case)
    visit = planned_visit(session, house, case)
    result = record(session, house, visit, "O26", person=person)
    assert ("DO_NOT_CONTACT" in result.flags) is flagged
    assert (task_of(session, "REVIEW_RESULT", result.id) is not None) is flagged


def test_an_address_of_somebody_else_is_not_found(session, house, case):
    visit = planned_visit(session, house, case)
    other = make_case(session, addresses={"WORK": "北京市海淀区学院路5号3号楼202室"})
    with pytest.raises(NotFound):
        refuse(session, house, other, address_id=visit.address_id)
    assert on_the_list(session, other) == []


def test_an_entry_is_lifted_once_and_stands_again_when_they_refuse_again(session, house, case):
    entry = refuse(session, house, case)
    words = {"case_id": case.id, "entry_id": entry.id, "reason": "本人同意"}
    third_parties.lift_refusal(session, crew_actor(house), **words)
    with pytest.raises(NotNow):
        third_parties.lift_refusal(session, crew_actor(house), **words)
    refuse(session, house, case)
    assert on_the_list(session, case) == [("NEIGHBOUR", None)]


def test_the_list_is_kept_over_http_by_who_may(client_as, house):
    with house.transaction() as session:
        case_id = make_case(session).id
    url = f"/api/v1/cases/{case_id}/third-parties"
    body = {"relation": "SPOUSE", "source_kind": "CALL", "source_id": "REC8", "reason": "要求不再联系"}
    collector, manager = client_as("PHONE_COLLECTOR"), client_as("MANAGER")
    entry = collector.post(url, json=body)
    assert (entry.status_code, entry.json["recorded_by"]) == (201, "phone_collector")
    assert collector.post(url, json=body | {"whole_address": True}).status_code == 422
    assert collector.post(url, json=body | {"relation": "BOSS"}).status_code == 422
    assert collector.post(f"{url}/{entry.json['id']}/lift", json={"reason": "同意"}).status_code == 403
    assert manager.post(f"{url}/{entry.json['id']}/lift", json={"reason": "同意"}).json["lifted_by"] == "manager"
    assert manager.get(f"/api/v1/cases/{case_id}").json["third_parties"][0]["relation"] == "SPOUSE"
