"""The user's points and the addresses of case files, taken in."""

import uuid

import pytest
import sqlalchemy as sa

from fieldops.addresses.intake import record_addresses
from fieldops.addresses.models import Address, AddressPoint
from fieldops.audit import Actor
from fieldops.cases.models import Debtor
from fieldops.imports.service import error_file
from tests.bank_files import take_in

POINT = {"地址": "北京市房山区拱辰街道首开东里13号楼", "经度": "116.131654", "纬度": "39.746487", "坐标系": "GCJ02"}


def points(house):
    with house.transaction() as session:
        return session.scalars(sa.select(AddressPoint)).all()


def counts(summary):
    return summary.created, summary.changed, summary.unchanged, summary.errors


def test_a_building_gets_its_point_in_wgs84_by_the_key_of_its_site(house):
    assert counts(take_in(house, "gazetteer", [POINT])) == (1, 0, 0, 0)
    (point,) = points(house)
    assert (point.source, point.precision, point.datum_given) == ("GAZETTEER", "ROOFTOP", "GCJ02")
    assert abs(point.lat - 39.746487) > 0.0005
    assert counts(take_in(house, "gazetteer", [POINT])) == (0, 0, 1, 0)


def test_another_spelling_of_one_building_is_the_same_point(house):
    again = {**POINT, "地址": "房山区拱辰街道首开东里１３号楼"}
    assert counts(take_in(house, "gazetteer", [POINT, again])) == (1, 0, 1, 0)


def test_two_points_for_one_building_are_listed_and_a_new_file_moves_it(house):
    moved = {**POINT, "地址": "房山区拱辰街道首开东里１３号楼", "经度": "116.2"}
    summary = take_in(house, "gazetteer", [POINT, moved])
    assert counts(summary) == (1, 0, 0, 1)
    assert "Row 2 gives the same building another point" in error_file(house, summary.import_id)
    assert counts(take_in(house, "gazetteer", [moved])) == (0, 1, 0, 0)


@pytest.mark.parametrize("wide", ["北京市房山区", "北京市朝阳区安慧北里", "北京市朝阳区安慧路", "不详"])
def test_an_address_of_no_single_building_is_listed(house, wide):
    summary = take_in(house, "gazetteer", [{**POINT, "地址": wide}])
    assert counts(summary) == (0, 0, 0, 1)
    assert "names no single building" in error_file(house, summary.import_id)


def test_a_list_may_tell_how_well_a_point_is_known(house):
    rows = [
        {**POINT, "地址": "北京市朝阳区安慧路", "精度": "道路"},
        {**POINT, "地址": "北京市房山区", "精度": "兴趣点"},
    ]
    assert counts(take_in(house, "gazetteer", rows)) == (1, 0, 0, 1)
    assert points(house)[0].precision == "STREET"


def test_one_wording_of_one_debtor_is_recorded_once(house):
    actor = Actor("clerk", house.clock.now())
    with house.transaction() as session:
        debtor = Debtor(name="李明", id_no_sealed=b"x", id_no_index=uuid.uuid4().bytes, id_no_last4="0000")
        session.add(debtor)
        session.flush()
        first = record_addresses(session, actor, [(debtor.id, "一"), (debtor.id, "二"), (debtor.id, "一")])
        again = record_addresses(session, actor, [(debtor.id, "二"), (debtor.id, "三")])
        assert again[debtor.id, "二"] == first[debtor.id, "二"]
        assert session.scalar(sa.select(sa.func.count(Address.id))) == 3
        assert record_addresses(session, actor, []) == {}
        (address,) = session.scalars(sa.select(Address).filter_by(raw="一"))
        assert (address.source, address.bank_provided, address.edition, address.codes) == ("RESERVED", True, None, [])
