"""Screening: what a visit to the best address of every case would meet."""

import pytest
import sqlalchemy as sa

from fieldops.addresses.models import Address
from fieldops.visits import screening
from fieldops.visits.models import Visit
from fieldops.visits.screening import screen
from tests.makers import make_case, make_debtor, make_point
from tests.visits.makers_of_visits import make_good_case, make_waiting_visit

HOME = "北京市朝阳区太阳宫地区安慧家园18号楼1单元1503室"


def _rows(house):
    return {row.case_no: row for row in screen(house, at=house.clock.now())}


def test_every_case_is_screened_whatever_its_state_in_the_order_of_its_number(house):
    with house.transaction() as session:
        good = make_good_case(session).case_no
        settled = make_good_case(session, status="SETTLED", balance_fen=0).case_no
    rows = _rows(house)
    assert list(rows) == sorted([good, settled])
    assert (rows[good].verdict, rows[good].codes) == ("PASS", ())
    assert rows[settled].codes == ("VR-001", "VR-020", "VR-022")


def test_nothing_is_requested_by_screening(house):
    with house.transaction() as session:
        make_good_case(session)
    screen(house, at=house.clock.now())
    with house.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 0


def test_pending_addresses_are_judged_first(house):
    with house.transaction() as session:
        make_case(session, addresses={"HOME": "北京市海淀区理工大学"})
        session.execute(sa.update(Address).values(edition=None, verdict=None, codes=[], judged={}))
    (row,) = _rows(house).values()
    assert (row.verdict, "VR-031" in row.codes) == ("REJECT", True)


@pytest.mark.parametrize(("second", "verdict"), [(200_000, "PASS"), (199_999, "REJECT")])
def test_cards_of_one_debtor_at_one_bank_count_together(house, second, verdict):
    with house.transaction() as session:
        debtor = make_debtor(session)
        for fen in (300_000, second):
            make_point(session, make_case(session, debtor=debtor, addresses={"HOME": HOME}, balance_fen=fen))
    assert {row.verdict for row in _rows(house).values()} == {verdict}


def test_cards_at_two_banks_do_not_count_together(house):
    with house.transaction() as session:
        debtor = make_debtor(session)
        for bank in ("示范银行A", "示范银行B"):
            case = make_case(session, debtor=debtor, addresses={"HOME": HOME}, balance_fen=300_000, bank_code=bank)
            make_point(session, case)
    assert {row.codes for row in _rows(house).values()} == {("VR-020",)}


def test_an_open_visit_is_shown_for_what_it_is(house):
    with house.transaction() as session:
        make_waiting_visit(session, house)
    (row,) = _rows(house).values()
    assert (row.verdict, row.codes) == ("REJECT", ("VR-060",))


def test_a_case_without_any_address_goes_to_a_person(house):
    with house.transaction() as session:
        make_case(session, addresses={})
    (row,) = _rows(house).values()
    assert (row.verdict, row.codes, row.address) == ("REVIEW", ("VR-032",), "")


def test_the_next_action_mends_the_gravest_finding(house):
    with house.transaction() as session:
        make_case(session, called=False)
    (row,) = _rows(house).values()
    assert row.codes == ("VR-010", "VR-036")
    assert row.next_action.startswith("先进行录音电催")


def test_cards_of_one_debtor_stay_together_across_the_border_of_a_chunk(house, monkeypatch):
    with house.transaction() as session:
        debtor = make_debtor(session)
        make_point(session, make_case(session, debtor=debtor, addresses={"HOME": HOME}, balance_fen=300_000))
        make_good_case(session)
        make_case(session, debtor=debtor, addresses={"HOME": HOME}, balance_fen=250_000)
    monkeypatch.setattr(screening, "CHUNK", 1)
    rows = list(_rows(house).values())
    assert [row.verdict for row in rows] == ["PASS"] * 3
