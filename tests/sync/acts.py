"""What happens on a day on the road: crews report, the office cancels, the bank is paid, plans change."""

from uuid import uuid4

from sqlalchemy import func, select

from fieldops.cases import service as cases
from fieldops.sync.models import Device, ScopeEntry
from fieldops.visits.approval import cancel_visit
from fieldops.visits.models import Visit
from fieldops.visits.queries import cards_of
from tests.planning.makers_of_plans import make_plan, publish
from tests.results.sent import a_body, crew_actor
from tests.visits.makers_of_visits import supervisor


def card(phone, visit_id):
    """The stop as the phone shows it."""
    return next(stop for stop in phone.stops if stop["id"] == str(visit_id))


def report_result(road, phone, visit_id, outcome="O26", *, case_ids=None, **changes):
    """Save a result of a visit in the phone's outbox."""
    case_ids = case_ids or [each["case_id"] for each in card(phone, visit_id)["cards"]]
    body = a_body(visit_id, case_ids, outcome, **{"arrived": road.house.clock.now(), **changes})
    return phone.report("result", str(visit_id), body, road.house.clock.now())


def case_ids_of(road, visit_id):
    with road.house.transaction() as session:
        return [str(each) for each in cards_of(session, [visit_id])[visit_id]]


def check_in(road, phone, visit_id):
    position = {"lat": 39.73, "lon": 116.14, "accuracy_m": 9.0}
    body = {"visit_id": str(visit_id), "position": position}
    return phone.report("check_in", str(visit_id), body, road.house.clock.now())


def sync(road, phone):
    return phone.sync(road.house.clock.now())


def count(road, table):
    with road.house.transaction() as session:
        return session.scalar(select(func.count()).select_from(table))


def all_of(road, table):
    with road.house.transaction() as session:
        return list(session.scalars(select(table)))


def pay_in_full(road, visit_id):
    """The bank reports the repayment of every card of a visit."""
    with road.house.transaction() as session:
        for case_id in cards_of(session, [visit_id])[visit_id]:
            cases.record_repayment(
                session, crew_actor(road.house), case_id=case_id, external_id=uuid4().hex, amount_fen=900_000,
                paid_at=road.house.clock.now(), channel="手机银行",
            )  # fmt: skip


def agent_id_of(road, phone):
    with road.house.transaction() as session:
        return session.scalars(select(Device.agent_id).where(Device.id == phone.device_id)).one()


def scope_of(road, phone):
    """What the server thinks a phone holds: visits with their versions."""
    held = select(ScopeEntry.visit_id, ScopeEntry.version).where(
        ScopeEntry.agent_id == agent_id_of(road, phone), ScopeEntry.left_reason.is_(None)
    )
    with road.house.transaction() as session:
        return {str(visit): version for visit, version in session.execute(held)}


def mismatches(road):
    with road.house.transaction() as session:
        return sum(session.scalars(select(Device.manifest_mismatches)))


def republish(road, routes, number=2):
    """Publish another plan of the day: visits by crew."""
    with road.house.transaction() as session:
        rows = {crew: [session.get_one(Visit, each) for each in visits] for crew, visits in routes.items()}
        publish(session, road.house, make_plan(session, rows, number=number))


def cancel(road, visit_id):
    with road.house.transaction() as session:
        cancel_visit(session, supervisor(road.house), visit_id, reason="申请人撤回")


def pay_in_part(road, visit_id):
    """The bank reports a thousand yuan."""
    with road.house.transaction() as session:
        (case_id,) = cards_of(session, [visit_id])[visit_id]
        cases.record_repayment(
            session, crew_actor(road.house), case_id=case_id, external_id="P1", amount_fen=100_000,
            paid_at=road.house.clock.now(), channel="手机银行",
        )  # fmt: skip
