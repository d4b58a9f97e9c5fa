"""Judging addresses in bulk, and the register: block, prove, lift."""

import pytest
import sqlalchemy as sa

from fieldops import events, jobs
from fieldops.addresses import judging, queries, service
from fieldops.addresses.events import AddressInvalidated, BlockLifted
from fieldops.addresses.intake import defer_judging
from fieldops.addresses.models import Address, AddressBlock, AddressEvent
from fieldops.addresses.verdict import EDITION
from fieldops.audit import Actor
from fieldops.cases.models import Debtor
from fieldops.errors import NotFound, NotNow, NotUnderstood
from tests.makers import make_address, make_case, make_debtor

HOME = "北京市朝阳区太阳宫地区安慧家园18号楼1单元1503室"
PROOF = {"evidence_kind": "VISIT_RESULT", "evidence_id": "r1"}


@pytest.fixture
def session(house):
    with house.transaction() as opened:
        yield opened


@pytest.fixture
def actor(house):
    return Actor("boss", house.clock.now(), roles=frozenset({"SUPERVISOR"}))


def _address(session, raw=HOME, debtor=None, kind="HOME"):
    case = make_case(session, debtor=debtor, addresses={})
    address = make_address(session, case, kind, raw)
    service.judge_some(session)
    session.refresh(address)
    return address


def _invalidate(session, actor, address, **changes):
    said = {"scope": "EXACT", "channel": "ALL", "reason": "DEMOLISHED", "code": "A06"} | PROOF
    return service.invalidate_address(session, actor, address=address, **(said | changes))


def _state(session, address):
    blocks = queries.standing_blocks(session, [address])
    return queries.register_states(session, [address], blocks)[address.id]


# -- judging ------------------------------------------------------------------------------------------------------


def test_the_job_judges_what_has_no_verdict_at_this_edition_and_nothing_twice(house):
    with house.transaction() as session:
        _address(session)
        session.execute(sa.update(Address).values(edition="an older one", verdict=None))
        defer_judging(session)
    jobs.work(house, until_empty=True)
    with house.transaction() as session:
        found = session.scalars(sa.select(Address)).one()
        assert (found.edition, found.verdict, found.region_code) == (EDITION, "VALID", "110105")
        assert service.judge_some(session) == 0


def test_many_chunks_are_judged_to_the_last_address(house, monkeypatch):
    monkeypatch.setattr(judging, "CHUNK", 2)
    with house.transaction() as session:
        case = make_case(session, addresses={})
        for number in range(5):
            make_address(session, case, "HOME" if number == 0 else "OTHER", f"{HOME}{number}")
    seen = []
    assert judging.judge_pending(house, progress=seen.append) == 5
    assert seen == [2, 4, 5]
    assert judging.judge_pending(house) == 0


def test_a_verdict_keeps_its_reasons_with_their_grades(session):
    address = _address(session, "北京市海淀区理工大学")
    (finding,) = address.judged["findings"]
    assert (finding["code"], finding["visit"], finding["letter"]) == ("VAGUE_CAMPUS", "BLOCK", "BLOCK")
    assert (address.verdict, address.visit, address.letter) == ("VAGUE", "BLOCK", "BLOCK")


def test_a_newer_edition_that_reads_an_address_otherwise_does_not_free_it(session, actor):
    address = _address(session)
    _invalidate(session, actor, address)
    session.execute(sa.update(AddressBlock).values(key="how it was read before"))
    address.address_key, address.edition = "how it was read before", "an older one"
    session.flush()
    service.judge_some(session)
    session.refresh(address)
    assert address.address_key != "how it was read before"
    assert [block.reason for block in queries.standing_blocks(session, [address])[address.id]] == ["DEMOLISHED"]


# -- the register -------------------------------------------------------------------------------------------------


def test_a_dead_flat_is_dead_in_every_spelling_for_everyone_but_not_next_door(session, actor):
    address = _address(session)
    _invalidate(session, actor, address)
    spelled = _address(session, "北京朝阳区太阳宫地区安慧家园十八号楼一单元1503")
    next_door = _address(session, HOME.replace("1503", "1504"))
    assert set(queries.standing_blocks(session, [address, spelled, next_door])) == {address.id, spelled.id}


def test_nobody_there_concerns_one_debtor_and_a_demolished_house_all(session, actor):
    address = _address(session)
    same_debtor = _address(
        session, "北京朝阳区太阳宫地区安慧家园18号楼1单元1503", debtor=session.get(Debtor, address.debtor_id)
    )
    other = _address(session, HOME + " ")
    next_door = _address(session, HOME.replace("1503", "1504"))
    everyone = [address, same_debtor, other, next_door]
    _invalidate(session, actor, address, scope="DEBTOR", reason="NO_SUCH_PERSON")
    assert set(queries.standing_blocks(session, everyone)) == {address.id, same_debtor.id}
    _invalidate(session, actor, address, scope="SITE", evidence_id="r2")
    assert set(queries.standing_blocks(session, everyone)) == {each.id for each in everyone}


def test_an_address_the_job_has_not_reached_is_judged_before_it_is_blocked(session, actor):
    address = _address(session)
    address.edition, address.address_key, address.site_key = None, "", ""
    session.flush()
    _invalidate(session, actor, address)
    assert _state(session, _address(session, HOME + " ")) == "INVALID"


def test_an_empty_address_cannot_be_put_on_the_register(session, actor):
    with pytest.raises(NotUnderstood, match="empty"):
        _invalidate(session, actor, _address(session, ""))


def test_an_invalidation_is_announced_once_with_its_proof(session, actor, monkeypatch):
    told = []
    monkeypatch.setattr(events, "announce", lambda _, event: told.append(event))
    address = _address(session)
    first = _invalidate(session, actor, address)
    assert _invalidate(session, actor, address).id == first.id
    (event,) = told
    assert isinstance(event, AddressInvalidated)
    assert (event.address_key, event.reason, event.evidence_id) == (address.address_key, "DEMOLISHED", "r1")


@pytest.mark.parametrize("change", [{"scope": "CITY"}, {"channel": "PHONE"}, {"evidence_kind": "HEARSAY"}])
def test_a_word_the_register_does_not_know_is_refused(session, actor, change):
    with pytest.raises(NotUnderstood):
        _invalidate(session, actor, _address(session), **change)


def test_a_mail_return_bars_letters_and_leaves_the_address_as_it_was(session, actor):
    address = _address(session)
    said = {"channel": "LETTER", "reason": "REFUSED", "code": "M06", "evidence_kind": "MAIL_RETURN"}
    _invalidate(session, actor, address, **said)
    assert [block.channel for block in queries.standing_blocks(session, [address])[address.id]] == ["LETTER"]
    assert _state(session, address) == "UNVERIFIED"


def test_what_a_visit_confirms_makes_an_address_valid(session, actor):
    address = _address(session)
    service.record_findings(session, actor, [service.Found(address, "A01", confirms=True, **PROOF)])
    assert _state(session, address) == "VALID"


def test_another_debtors_nobody_home_is_not_mine(session, actor):
    address, other = _address(session), _address(session, HOME + " ")
    for number in range(2):
        service.record_findings(session, actor, [service.Found(address, "A03", "VISIT_RESULT", f"r{number}")])
    assert (_state(session, address), _state(session, other)) == ("DOUBTFUL", "UNVERIFIED")


def test_only_new_evidence_lifts_a_block(session, actor, monkeypatch):
    address = _address(session)
    block = _invalidate(session, actor, address)
    with pytest.raises(NotUnderstood, match="new evidence"):
        service.lift_block(session, actor, block_id=block.id, reason="误报", **PROOF)
    told = []
    monkeypatch.setattr(events, "announce", lambda _, event: told.append(event))
    service.lift_block(
        session, actor, block_id=block.id, reason="新照片", evidence_kind="VISIT_RESULT", evidence_id="r9"
    )
    assert (queries.standing_blocks(session, [address]), _state(session, address)) == ({}, "UNVERIFIED")
    assert [type(event) for event in told] == [BlockLifted]


def test_a_block_is_lifted_once_and_an_unknown_one_is_not_found(session, actor):
    address = _address(session)
    block = _invalidate(session, actor, address)
    lift = {"reason": "新照片", "evidence_kind": "DOCUMENT"}
    service.lift_block(session, actor, block_id=block.id, evidence_id="d1", **lift)
    with pytest.raises(NotNow):
        service.lift_block(session, actor, block_id=block.id, evidence_id="d2", **lift)
    with pytest.raises(NotFound):
        service.lift_block(session, actor, block_id=address.id, evidence_id="d3", **lift)


def test_the_history_cannot_be_rewritten(session, actor):
    _invalidate(session, actor, _address(session))
    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        session.execute(sa.delete(AddressEvent))
    session.rollback()


def test_a_confirmed_point_is_kept_once_per_building(session, actor):
    address = _address(session)
    for lat in (39.98, 39.99):
        service.confirm_point(session, actor, site_key=address.site_key, lat=lat, lon=116.44, evidence_id="r1")
    point = queries.points_for(session, [address])[address.id]
    assert (point.lat, point.precision) == (39.99, "CONFIRMED")


def test_a_block_raised_for_another_building_is_not_seen_here(session, actor):
    address, elsewhere = _address(session), _address(session, "北京市朝阳区太阳宫地区安慧家园19号楼1单元1503室")
    _invalidate(session, actor, elsewhere, scope="SITE")
    assert queries.standing_blocks(session, [address]) == {}


def test_debtors_are_told_apart_though_they_share_a_flat(session, actor):
    first, second = _address(session, debtor=make_debtor(session)), _address(session, debtor=make_debtor(session))
    _invalidate(session, actor, second, scope="DEBTOR", reason="MOVED")
    assert set(queries.standing_blocks(session, [first, second])) == {second.id}
