"""The choice of address explained: the chosen one, and why each other was skipped, in two languages."""

import sqlalchemy as sa

from fieldops.addresses import service as addresses
from fieldops.addresses.models import Address
from fieldops.audit import Actor
from fieldops.cases.models import CaseAddress
from tests.makers import CALLED_AT, HOME, make_case, make_point

HUKOU = "北京市房山区拱辰街道首开东里{}号楼3单元101室"
WORK = "北京市房山区拱辰街道月华大街{}号2号楼305室"


def _case(house, **changes):
    with house.transaction() as session:
        given = {"HOME": HOME.format(701), "HUKOU": HUKOU.format(702), "WORK": WORK.format(9)}
        case = make_case(session, **({"addresses": given} | changes))
        for kind in ("HOME", "HUKOU", "WORK"):
            if session.scalar(sa.select(CaseAddress).filter_by(case_id=case.id, kind=kind)):
                make_point(session, case, kind)
        return case.id


def _address(session, case_id, kind):
    link = session.scalars(sa.select(CaseAddress).filter_by(case_id=case_id, kind=kind)).one()
    return session.get_one(Address, link.address_id)


def _choice(client_as, case_id):
    return client_as("PHONE_COLLECTOR").get(f"/api/v1/cases/{case_id}/address-choice").json


def _skipped(choice):
    return {each["kind"]: (each["reason_zh"], each["reason_en"], each["codes"]) for each in choice["skipped"]}


def test_home_comes_first_and_the_others_hear_why(house, client_as):
    choice = _choice(client_as, _case(house))
    assert (choice["chosen"]["kind"], choice["chosen"]["codes"]) == ("HOME", [])
    told = ("应先用HOME地址", "The HOME address comes first", [])
    assert _skipped(choice) == {"HUKOU": told, "WORK": told}


def test_a_dead_home_is_skipped_by_the_rule_that_rejects_it(house, client_as):
    case_id = _case(house)
    with house.transaction() as session:
        addresses.invalidate_address(
            session, Actor("crew", house.clock.now()), address=_address(session, case_id, "HOME"), scope="EXACT",
            channel="ALL", reason="DEMOLISHED", code="A06", evidence_kind="VISIT_RESULT", evidence_id="r1",
        )  # fmt: skip
    choice = _choice(client_as, case_id)
    assert choice["chosen"]["kind"] == "HUKOU"
    assert _skipped(choice)["HOME"] == ("该地址被规则拒绝：VR-030", "Its own rules reject it: VR-030", ["VR-030"])


def test_an_address_confirmed_by_phone_is_chosen_before_home(house, client_as):
    case_id = _case(house)
    with house.transaction() as session:
        _address(session, case_id, "WORK").phone_confirmed_at = CALLED_AT
    choice = _choice(client_as, case_id)
    assert choice["chosen"]["kind"] == "WORK"
    assert _skipped(choice)["HOME"][1] == "Another address was confirmed in a call"


def test_a_bare_company_name_makes_no_address(house, client_as):
    case_id = _case(house, addresses={"HOME": HOME.format(703)}, employer="示范科技有限公司")
    (skipped,) = _choice(client_as, case_id)["skipped"]
    assert (skipped["address_id"], skipped["address"]) == (None, "示范科技有限公司")
    assert skipped["reason_en"] == "A bare company name makes no address"


def test_a_case_without_any_address_has_none_to_choose(house, client_as):
    choice = _choice(client_as, _case(house, addresses={}))
    assert (choice["chosen"], choice["skipped"]) == (None, [])


def test_where_all_are_rejected_the_first_is_shown_with_its_codes(house, client_as):
    case_id = _case(house, addresses={"HOME": "北京市海淀区理工大学"})
    choice = _choice(client_as, case_id)
    assert (choice["chosen"]["kind"], choice["chosen"]["codes"]) == ("HOME", ["VR-031"])


def test_an_unknown_case_is_not_found(client_as):
    answer = client_as("QA").get("/api/v1/cases/01a20517-0000-7000-8000-000000000000/address-choice")
    assert answer.status_code == 404
