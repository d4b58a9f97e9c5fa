"""What phones are told: everything of theirs, nothing of anybody else's, and no hole."""

import json
from contextlib import suppress
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from fieldops.demo.client import ApiError
from fieldops.demo.phone import FeedGapError
from fieldops.planning.queries import stops_of
from fieldops.sync import pull
from fieldops.sync.cards import refresh_cards
from fieldops.sync.feed import PUT, REMOVE, Change, tell
from fieldops.sync.models import AgentFeed, ScopeEntry, SyncEpoch
from fieldops.visits.models import Visit
from fieldops.visits.moves import move_visit
from tests.planning.makers_of_plans import TOMORROW
from tests.sync.acts import (
    agent_id_of,
    cancel,
    card,
    mismatches,
    pay_in_full,
    pay_in_part,
    report_result,
    republish,
    scope_of,
    sync,
)
from tests.visits.makers_of_visits import supervisor


def test_both_phones_of_a_crew_hold_its_day_and_no_other(road):
    phones = [phone for crew in road.crews for phone, _ in road.phones(crew)]
    for crew, pair in zip(road.crews, (phones[:2], phones[2:]), strict=True):
        for phone in pair:
            assert [stop["id"] for stop in phone.stops] == [str(each) for each in road.visits[crew.id]]
            assert phone.base == scope_of(road, phone)


def test_a_second_sync_tells_nothing_new(road):
    (phone, api), _ = road.phones()
    sync(road, phone)
    answer = json.loads(api.answers[-1])
    assert (answer["ops"], answer["more"], answer["cursor"]) == ([], False, phone.cursor)


def test_a_phone_is_told_whom_it_may_meet_and_nothing_it_may_not_know(road):
    (phone, api), _ = road.phones()
    shown = card(phone, road.visit_id)
    assert shown["debtor"] == {"name": "张**", "id_no_last4": "1234"}
    assert shown["cards"][0]["card"].startswith("**** ")
    assert (shown["cards"][0]["amount_fen"], shown["cards"][0]["balance_as_of"]) == (800_000, "2026-11-22")
    assert (shown["lawful_hours"]["opens"], shown["lawful_hours"]["closes"]) == ("08:00", "21:00")
    raw = b"".join(api.answers).decode()
    assert "张示范" not in raw
    assert "id_no_sealed" not in raw


def test_a_visit_that_is_cancelled_is_removed_urgently_and_recalled(road):
    (phone, api), (partner, _) = road.phones()
    cancel(road, road.visit_id)
    sync(road, phone)
    (op,) = json.loads(api.answers[-1])["ops"]
    assert (op["op"], op["urgent"], op["reason"], op["data"]) == ("remove", True, "申请人撤回", None)
    assert phone.recalled == {str(road.visit_id): "申请人撤回"}
    sync(road, partner)
    assert str(road.visit_id) not in {**phone.base, **partner.base}
    assert road.status() == ("CANCELLED", "CANCELLED")


def test_a_repayment_in_part_brings_a_new_card_with_the_new_amount(road):
    (phone, _), _ = road.phones()
    before = card(phone, road.visit_id)
    pay_in_part(road, road.visit_id)
    sync(road, phone)
    after = card(phone, road.visit_id)
    assert (before["cards"][0]["amount_fen"], after["cards"][0]["amount_fen"]) == (800_000, 700_000)
    assert after["version"] == before["version"] + 1
    assert after["cards"][0]["last_paid_at"] == "2026-11-24T09:30:00+08:00"


def test_a_new_plan_moves_removes_and_keeps(road):
    """One visit moves to the other crew, one is dropped, one stays where it was and as it was."""
    (phone, _), _ = road.phones()
    (other, _), _ = road.phones(road.crews[1])
    moves, dropped, stays = road.visits[road.crew.id]
    theirs = road.visits[road.crews[1].id]
    before = dict(phone.base)
    republish(road, {road.crew: [stays], road.crews[1]: [*theirs, moves]})
    sync(road, phone), sync(road, other)
    assert set(phone.base) == {str(stays)}
    assert set(other.base) == {str(each) for each in (*theirs, moves)}
    assert other.base[str(moves)] > before[str(moves)]
    assert road.status(dropped)[0] == "BATCHED"
    assert {phone.base == scope_of(road, phone), other.base == scope_of(road, other)} == {True}


def test_a_visit_that_comes_back_has_a_higher_version(road):
    (phone, _), _ = road.phones()
    mine, theirs = road.visits[road.crew.id], road.visits[road.crews[1].id]
    first = phone.base[str(mine[0])]
    republish(road, {road.crew: mine[1:], road.crews[1]: theirs}, number=2)
    sync(road, phone)
    republish(road, {road.crew: mine, road.crews[1]: theirs}, number=3)
    sync(road, phone)
    assert phone.base[str(mine[0])] > first


def test_a_recall_is_lifted_only_by_a_higher_version(road):
    """Suspended, recalled, released, planned again: the phone gets it back and the gate lets it pass."""
    (phone, _), _ = road.phones()
    mine, theirs = road.visits[road.crew.id], road.visits[road.crews[1].id]
    with road.house.transaction() as session:
        visit = session.get_one(Visit, mine[0])
        move_visit(session, supervisor(road.house), visit, "SUSPENDED", action="visits.suspend", reason="停催")
    sync(road, phone)
    assert phone.gate([str(mine[0])]) == {str(mine[0]): "停催"}
    with road.house.transaction() as session:
        session.get_one(Visit, mine[0]).status = "BATCHED"
    republish(road, {road.crew: mine, road.crews[1]: theirs})
    sync(road, phone)
    assert str(mine[0]) in phone.base
    assert phone.recalled == {}
    assert phone.gate([str(mine[0])]) == {}


def test_a_crew_at_the_door_keeps_its_stop_when_the_day_is_planned_anew(road):
    (phone, _), _ = road.phones()
    mine, theirs = road.visits[road.crew.id], road.visits[road.crews[1].id]
    phone.report("check_in", str(mine[0]), {"visit_id": str(mine[0])}, road.house.clock.now())
    sync(road, phone)
    republish(road, {road.crew: mine[1:], road.crews[1]: theirs})
    sync(road, phone)
    assert str(mine[0]) in phone.base
    done = report_result(road, phone, mine[0])
    assert sync(road, phone) == {done: "APPLIED"}
    assert road.status(mine[0]) == ("COMPLETED", "DONE")


def test_what_was_mine_and_no_longer_is_is_not_in_the_bytes_of_an_old_cursor(road):
    """A phone that has slept catches up: a put that a later row has overtaken is told without its data."""
    (phone, api), _ = road.phones()
    sleeper_cursor = 0
    pay_in_full(road, road.visit_id)
    answer = _pull_from(road, phone, api, sleeper_cursor)
    told = {op["seq"]: op for op in answer["ops"]}
    assert sorted(told) == list(range(1, answer["cursor"] + 1))
    of_gone = [op for op in answer["ops"] if op["id"] == str(road.visit_id)]
    assert [(op["op"], op["data"]) for op in of_gone] == [("put", None), ("remove", None)]
    assert all(op["data"] for op in answer["ops"] if op["op"] == "put" and op["id"] != str(road.visit_id))


def _pull_from(road, phone, api, cursor):
    with road.house.transaction() as session:
        epoch = str(session.scalars(select(SyncEpoch.value)).one())
    return api.post(
        "/mobile/sync",
        {
            "protocol": 1, "schema": 1, "device_id": phone.device_id, "epoch": epoch, "cursor": cursor,
            "client_time": road.house.clock.now().isoformat(),
        },
    )  # fmt: skip


def test_a_long_feed_comes_in_pages_without_a_hole(road, monkeypatch):
    monkeypatch.setattr(pull, "PAGE_OPS", 2)
    (phone, api), _ = road.phones()
    with road.house.transaction() as session:
        at = road.house.clock.now()
        for version in range(2, 7):
            tell(session, [Change(agent_id_of(road, phone), REMOVE, road.visit_id, version, at, "test")])
    before = len(api.answers)
    sync(road, phone)
    pages = [json.loads(raw) for raw in api.answers[before:]]
    assert [len(page["ops"]) for page in pages] == [2, 2, 1]
    assert [page["more"] for page in pages] == [True, True, False]


def test_a_page_weighs_no_more_than_its_limit(road, monkeypatch):
    monkeypatch.setattr(pull, "PAGE_BYTES", 1500)
    (phone, api), _ = road.phones()
    answers = []
    cursor = 0
    while not answers or answers[-1]["more"]:
        answers.append(_pull_from(road, phone, api, cursor))
        cursor = answers[-1]["cursor"]
    assert [len(answer["ops"]) for answer in answers] == [1, 1, 1]


def test_a_phone_that_begins_anew_gets_its_whole_day_at_once(road, monkeypatch):
    monkeypatch.setattr(pull, "PAGE_OPS", 1)
    monkeypatch.setattr(pull, "PAGE_BYTES", 1)
    (phone, _), _ = road.phones()
    assert len(phone.base) == len(road.visits[road.crew.id])


@pytest.mark.parametrize("place", [{"cursor": 10_000}, {"epoch": str(uuid4())}])
def test_a_place_that_is_not_of_this_server_must_begin_anew(road, place):
    (phone, api), _ = road.phones()
    asked = phone._request(road.house.clock.now(), phone._place()["epoch"], phone.cursor, None) | place
    with pytest.raises(ApiError) as refused:
        api.post("/mobile/sync", asked)
    assert (refused.value.status, refused.value.problem["code"]) == (409, "RESYNC_REQUIRED")


def test_after_a_restore_every_phone_begins_anew_and_loses_nothing(road):
    (phone, _), _ = road.phones()
    done = report_result(road, phone, road.visit_id)
    with road.house.transaction() as session:
        session.execute(update(SyncEpoch).values(value=uuid4()))
    assert sync(road, phone) == {done: "DUPLICATE"}
    assert phone.base == scope_of(road, phone)
    assert phone.unsent == []


def test_an_answer_to_an_older_question_is_dropped(road):
    """It was on its way while a newer one arrived: applied now, it would bring back a visit that has been recalled."""
    (phone, api), _ = road.phones()
    asked_from = phone.cursor
    pay_in_part(road, road.visit_id)
    late = api.post("/mobile/sync", phone._request(road.house.clock.now(), phone._place()["epoch"], asked_from, None))
    assert late["ops"][0]["data"]
    cancel(road, road.visit_id)
    sync(road, phone)
    held = (phone.base, phone.cursor, phone.recalled)
    phone._take_ops(late, asked_from)
    assert (phone.base, phone.cursor, phone.recalled) == held


def test_a_phone_that_is_killed_within_a_page_has_applied_all_of_it_or_nothing(road, monkeypatch):
    (phone, _), _ = road.phones()
    for visit in road.visits[road.crew.id][:2]:
        cancel(road, visit)
    before = (phone.base, phone.cursor)
    real, applied = phone._apply, []

    def killed(op):
        if applied:
            raise KeyboardInterrupt
        applied.append(op)
        real(op)

    monkeypatch.setattr(phone, "_apply", killed)
    with pytest.raises(KeyboardInterrupt):
        sync(road, phone)
    assert (phone.base, phone.cursor) == before
    monkeypatch.undo()
    sync(road, phone)
    assert phone.base == scope_of(road, phone)


def test_what_the_phone_has_reported_and_not_sent_is_no_part_of_its_hash(road):
    """Two layers: the screen shows the stop as done, the server is told of what it has confirmed."""
    (phone, _), _ = road.phones()
    report_result(road, phone, road.visit_id)
    assert [stop["id"] for stop in phone.stops] == [str(each) for each in road.visits[road.crew.id][1:]]
    asked = phone._request(road.house.clock.now(), None, None, None)
    assert asked["base_hash"] == pull.manifest_hash((visit, 1) for visit in road.visits[road.crew.id])


def test_a_phone_notices_a_hole_in_the_feed(road):
    (phone, api), _ = road.phones()
    cancel(road, road.visit_id)
    cancel(road, road.visits[road.crew.id][1])
    answer = api.post(
        "/mobile/sync", phone._request(road.house.clock.now(), phone._place()["epoch"], phone.cursor, None)
    )
    with pytest.raises(FeedGapError):
        phone._take_ops(answer | {"ops": answer["ops"][1:]}, phone.cursor)


def test_a_phone_that_holds_something_else_is_counted_and_begins_anew(road):
    (phone, _), _ = road.phones()
    assert mismatches(road) == 0
    phone._db.execute("DELETE FROM base WHERE id = ?", (str(road.visit_id),))
    sync(road, phone)
    assert mismatches(road) == 1
    assert phone.base == scope_of(road, phone)


def test_without_a_restore_no_mismatch_is_ever_counted(road):
    """A busy day: checked in, reported, paid, planned anew, cancelled, adjusted."""
    (phone, _), (partner, _) = road.phones()
    (other, _), _ = road.phones(road.crews[1])
    mine, theirs = road.visits[road.crew.id], road.visits[road.crews[1].id]
    steps = [
        lambda: report_result(road, phone, mine[0]),
        lambda: pay_in_full(road, mine[1]),
        lambda: republish(road, {road.crews[1]: [*theirs, mine[2]]}),
        lambda: cancel(road, theirs[0]),
        lambda: report_result(road, other, theirs[1], "O24", finding=None, person="P00"),
    ]
    for step in steps:
        step()
        for each in (phone, partner, other, phone, partner, other):
            sync(road, each)
            assert each.base == scope_of(road, each)
    assert mismatches(road) == 0


def test_the_feed_of_every_agent_is_gapless(road):
    test_without_a_restore_no_mismatch_is_ever_counted(road)
    with road.house.transaction() as session:
        by_agent = {}
        for agent, seq in session.execute(select(AgentFeed.agent_id, AgentFeed.seq).order_by(AgentFeed.seq)):
            by_agent.setdefault(agent, []).append(seq)
    assert by_agent
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in by_agent.values())


def test_a_card_is_new_only_when_its_bytes_are(road):
    (phone, _), _ = road.phones()
    before = dict(phone.base)
    with road.house.transaction() as session:
        stops = stops_of(session, road.plan_id)
        versions = refresh_cards(session, TOMORROW, stops)
    assert {str(visit): version for visit, version in versions.items() if str(visit) in before} == before


def test_what_is_told_inside_a_savepoint_that_fails_is_never_told(road):
    (phone, _), _ = road.phones()
    agent, at = agent_id_of(road, phone), road.house.clock.now()
    with road.house.transaction() as session:
        tell(session, [Change(agent, REMOVE, road.visit_id, 5, at, "kept")])
        with suppress(RuntimeError), session.begin_nested():
            tell(session, [Change(agent, PUT, road.visit_id, 6, at)])
            raise RuntimeError
        with session.begin_nested():
            tell(session, [Change(agent, REMOVE, road.visits[road.crew.id][1], 5, at, "kept too")])
    with road.house.transaction() as session:
        rows = session.execute(select(AgentFeed.reason, AgentFeed.seq).order_by(AgentFeed.seq)).all()
        entry = session.get_one(ScopeEntry, (agent, road.visit_id))
    assert [row for row in rows if row.reason] == [("kept", 4), ("kept too", 5)]
    assert (entry.version, entry.left_reason) == (5, "kept")


def test_what_is_told_in_a_transaction_that_fails_is_never_told(road):
    (phone, _), _ = road.phones()
    agent = agent_id_of(road, phone)
    with suppress(RuntimeError), road.house.transaction() as session:
        tell(session, [Change(agent, REMOVE, road.visit_id, 5, road.house.clock.now(), "lost")])
        raise RuntimeError
    with road.house.transaction() as session:
        assert "lost" not in session.scalars(select(AgentFeed.reason)).all()
