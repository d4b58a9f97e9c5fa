"""The whole answer about an address: its verdict, and what the register and its point add to it."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.addresses import service
from fieldops.addresses.catalogue import CATALOGUE, OUTCOMES
from fieldops.addresses.models import Address
from fieldops.addresses.points import PointFound
from fieldops.addresses.queries import StandingBlock
from fieldops.addresses.showing import codes_of_blocks, codes_of_point, judge_text, show_address, with_codes
from fieldops.audit import Actor
from tests.makers import make_address, make_case, make_point

RAW = "北京市房山区拱辰街道首开东里7号楼2单元502室"
AT = datetime(2026, 11, 23, tzinfo=UTC)
BLOCK = StandingBlock(UUID(int=1), "EXACT", "ALL", "DEMOLISHED", AT, "VISIT_RESULT", "r1")
DOOR = PointFound(39.7, 116.1, "ROOFTOP", "GAZETTEER")
JUDGED = {"verdict": "VALID", "visit": "PASS", "letter": "WARN", "codes": ["NO_ROOM"], "findings": [{"code": "NO_ROOM"}],
          "next_action": "none"}  # fmt: skip


@pytest.fixture
def session(house):
    with house.transaction() as opened:
        yield opened


def _address(session):
    case = make_case(session, addresses={})
    make_address(session, case, "HOME", RAW)
    service.judge_some(session)
    return make_point(session, case)


def _invalidate(session, address, **changes):
    said = {"scope": "SITE", "channel": "ALL", "reason": "DEMOLISHED", "evidence_kind": "VISIT_RESULT"} | changes
    service.invalidate_address(session, Actor("boss", AT), address=address, evidence_id="r1", **said)


def test_a_dead_address_is_a_no_though_it_is_well_formed(session):
    address = _address(session)
    alive = show_address(session, address.id, at=AT)
    assert (alive["verdict"], alive["visit"], alive["letter"], alive["codes"]) == ("VALID", "PASS", "PASS", [])
    _invalidate(session, address)
    dead = show_address(session, address.id, at=AT)
    assert (dead["verdict"], dead["visit"], dead["letter"], dead["codes"]) == (
        "VALID", "BLOCK", "BLOCK", ["KNOWN_INVALID"],
    )  # fmt: skip
    (finding,) = dead["findings"]
    assert finding["detail"] == "DEMOLISHED VISIT_RESULT:r1"
    assert dead["next_action"] == CATALOGUE["KNOWN_INVALID"].next_action


def test_returned_mail_bars_letters_alone(session):
    address = _address(session)
    _invalidate(session, address, channel="LETTER", reason="REFUSED", evidence_kind="MAIL_RETURN")
    shown = show_address(session, address.id, at=AT)
    assert (shown["visit"], shown["letter"], shown["codes"]) == ("PASS", "BLOCK", ["MAIL_RETURNED"])


def test_any_text_hears_of_a_dead_building(session):
    _invalidate(session, _address(session))
    said = judge_text(session, RAW.replace("502", "601"))
    assert (said["verdict"], said["visit"], said["codes"]) == ("VALID", "BLOCK", ["KNOWN_INVALID"])
    assert [block.scope for block in said["blocks"]] == ["SITE"]
    assert judge_text(session, "无")["codes"] == ["PLACEHOLDER"]


def test_an_address_nobody_has_judged_yet_is_shown_without_a_label(session):
    case = make_case(session, addresses={})
    address = make_address(session, case, "HOME", RAW)
    shown = show_address(session, address.id, at=AT)
    assert (shown["verdict"], shown["codes"], shown["visit"]) == (None, ["GEO_LOW_PRECISION"], "REVIEW")
    assert session.get_one(Address, address.id).edition is None


@pytest.mark.parametrize(
    ("point", "codes"),
    [
        (DOOR, []),
        (replace(DOOR, precision="POI"), []),
        (replace(DOOR, precision="TOWN"), [("GEO_LOW_PRECISION", "TOWN")]),
        (replace(DOOR, codes=("GEO_CITY_MISMATCH",)), [("GEO_CITY_MISMATCH", "GAZETTEER")]),
        (PointFound(39.7, 116.1, "DISTRICT", "centre", ("GEO_DEFERRED",)),
         [("GEO_DEFERRED", "centre"), ("GEO_LOW_PRECISION", "DISTRICT")]),
        (None, [("GEO_LOW_PRECISION", "NONE")]),
    ],
)  # fmt: skip
def test_a_point_is_doubted_where_it_is_too_coarse_or_elsewhere(point, codes):
    assert codes_of_point(point, "POI") == codes


def test_the_label_stays_as_parsed_and_the_findings_are_added():
    shown = with_codes(JUDGED | {"verdict": "INCOMPLETE"}, codes_of_blocks([BLOCK, BLOCK]))
    assert (shown["verdict"], shown["codes"], shown["next_action"]) == (
        "INCOMPLETE", ["NO_ROOM", "KNOWN_INVALID"], "none",
    )  # fmt: skip
    assert [each["code"] for each in shown["findings"]] == ["NO_ROOM", "KNOWN_INVALID", "KNOWN_INVALID"]


@given(st.lists(st.sampled_from(sorted(CATALOGUE))))
def test_what_is_added_never_makes_an_address_better(codes):
    shown = with_codes(JUDGED, [(code, "") for code in codes])
    for channel in ("visit", "letter"):
        grades = [JUDGED[channel], *(getattr(CATALOGUE[code], channel) for code in codes)]
        assert shown[channel] == max(grades, key=OUTCOMES.index)
