"""What a phone may show of a stop: the bytes it is sent, one row per version, without a full card or ID number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from fieldops.cases.rules import RELATIONS
from fieldops.clock import at_local, local
from fieldops.policies import service as policies
from fieldops.sync import queries
from fieldops.sync.models import StopCard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.planning.models import RouteStop
    from fieldops.policies.edition import Policy

MAY_MEET: Final = ("SELF", "GUARANTOR")
PROHIBITED: Final = (
    "不得收取现金或任何转账",
    "不得向第三人透露欠款信息",
    "不得进入住宅等私密场所（经同意除外）",
    "不得张贴催收文书",
    "被要求离开时立即离开",
)
NEUTRAL_TEXT: Final = "请转告本人尽快与我公司联系。"


@dataclass(frozen=True, slots=True)
class StopNow:
    """The order to a crew that is at the door: leave, and report O25."""

    reason: str
    at: datetime


def refresh_cards(
    session: Session, on_date: date, stops: Sequence[RouteStop], *, stop_now: StopNow | None = None
) -> dict[UUID, int]:
    """Bring the cards of these stops up to date and return the version of each.

    A version is new when the bytes differ, or when the newest one has been taken off a phone: what was removed never
    comes back under the same number. Cost: six statements, however many stops.
    """
    policy = policies.policy_on(session, on_date)
    valid_until = at_local(on_date, _seconds(policy))
    visit_ids = [stop.visit_id for stop in stops]
    newest, removed = queries.newest_cards(session, visit_ids), _highest_removed(session, visit_ids)
    versions: dict[UUID, int] = {}
    for shown in queries.stops_to_show(session, stops):
        visit_id = shown["visit"].id
        body = orjson.dumps(_card(shown, on_date, policy, stop_now), option=orjson.OPT_SORT_KEYS)
        version, known = newest.get(visit_id, (0, b""))
        if known != body or version <= removed.get(visit_id, 0):
            version = max(version, removed.get(visit_id, 0)) + 1
            session.add(StopCard(visit_id=visit_id, version=version, body=body, valid_until=valid_until))
        versions[visit_id] = version
    session.flush()
    return versions


def _highest_removed(session: Session, visit_ids: Sequence[UUID]) -> dict[UUID, int]:
    highest: dict[UUID, int] = {}
    for entry in queries.history_of(session, visit_ids):
        if entry.left_reason is not None:
            highest[entry.visit_id] = max(entry.version, highest.get(entry.visit_id, 0))
    return highest


def _card(shown: Mapping[str, Any], on_date: date, policy: Policy, stop_now: StopNow | None) -> dict[str, Any]:
    visit, stop = shown["visit"], shown["stop"]
    hours = policy.visit.hard_window
    return {
        "no": visit.no,
        "crew": shown["crew"],
        "on_date": on_date,
        "sequence": stop.sequence,
        "arrives_at": local(stop.arrives_at),
        "begins_at": local(stop.begins_at),
        "leaves_at": local(stop.leaves_at),
        "windows_s": visit.windows,
        "lawful_hours": {"opens": f"{hours.opens:%H:%M}", "closes": f"{hours.closes:%H:%M}"},
        "purpose": visit.purpose,
        "goal": visit.goal,
        "debtor": shown["debtor"],
        "cards": shown["cards"],
        "address": {
            "text": shown["address"],
            "kind": visit.address_kind,
            "lat": visit.lat,
            "lon": visit.lon,
            "datum": "WGS84",
            "precision": visit.point_precision,
        },
        "may_meet": MAY_MEET,
        "do_not_contact": [{"relation": each, "zh": RELATIONS[each]} for each in shown["do_not_contact"]],
        "message_for_third_persons": NEUTRAL_TEXT,
        "prohibited": PROHIBITED,
        "stop_now": {"reason": stop_now.reason, "at": local(stop_now.at)} if stop_now else None,
    }


def _seconds(policy: Policy) -> int:
    """When lawful hours end, in seconds of the day."""
    closes = policy.visit.hard_window.closes
    return closes.hour * 3600 + closes.minute * 60
