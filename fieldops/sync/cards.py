"""What a phone may show of a stop: the bytes it is sent, one row per version, without a full card or ID number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import orjson

from fieldops.cases.rules import RELATIONS
from fieldops.clock import at_local, local
from fieldops.datum import from_wgs84
from fieldops.planning import queries as planning
from fieldops.planning.drawing import breaks_of
from fieldops.policies import service as policies
from fieldops.sync import queries
from fieldops.sync.models import StopCard
from fieldops.visits.states import IN_PROGRESS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime, time
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.planning.models import RouteStop
    from fieldops.policies.sections import Window

NEUTRAL_TEXT: Final = "请转告本人尽快与我公司联系。"
MAY_MEET: Final = ("SELF", "GUARANTOR")
MAY_SAY: Final = {
    "SELF": "核实身份后，可说明欠款、银行还款渠道和协商办法；不承诺减免",
    "GUARANTOR": "核实身份后，可说明其所担保的债务和银行还款渠道",
    "OTHERS": NEUTRAL_TEXT,
}
"""Whom one may meet and what may be said; to others nothing of a debt, ever. Source: domain reference §1 B and D."""
PROHIBITED: Final = (
    "不得收取现金或任何转账",
    "不得向第三人透露欠款信息",
    "不得进入住宅等私密场所（经同意除外）",
    "不得张贴催收文书",
    "被要求离开时立即离开",
)
_AMAP_MODES: Final = {
    "CAR": "car",
    "EBIKE": "ride",
    "MOTORBIKE": "car",
    "BIKE": "ride",
    "TRANSIT": "bus",
    "WALK": "walk",
}
_BAIDU_MODES: Final = {
    "CAR": "driving",
    "EBIKE": "riding",
    "MOTORBIKE": "driving",
    "BIKE": "riding",
    "TRANSIT": "transit",
    "WALK": "walking",
}


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
    comes back under the same number. An order to leave stays until the crew has reported. Cost: nine statements,
    however many stops.
    """
    policy = policies.policy_on(session, on_date)
    visit_ids = [stop.visit_id for stop in stops]
    rests = planning.rests_of(session, stops)
    newest, removed = queries.newest_cards(session, visit_ids), _highest_removed(session, visit_ids)
    versions: dict[UUID, int] = {}
    for shown in queries.stops_to_show(session, stops):
        visit_id = shown["visit"].id
        version, known = newest.get(visit_id, (0, b""))
        told = _order(stop_now) or (_order_before(known) if shown["visit"].status == IN_PROGRESS else None)
        hours = policy.for_bank(shown["bank_code"], _product(shown["cards"])).visit.hard_window
        of_route = rests.get((shown["stop"].plan_id, shown["stop"].crew_id))
        breaks = {"breaks": breaks_of(on_date, of_route)} if of_route else {}  # without one a card keeps its bytes
        body = orjson.dumps(_card(shown, on_date, hours, told) | breaks, option=orjson.OPT_SORT_KEYS)
        if known != body or version <= removed.get(visit_id, 0):
            version = max(version, removed.get(visit_id, 0)) + 1
            valid_until = at_local(on_date, _seconds(hours.closes))
            session.add(StopCard(visit_id=visit_id, version=version, body=body, valid_until=valid_until))
        versions[visit_id] = version
    session.flush()
    return versions


def _product(cards: Sequence[Mapping[str, Any]]) -> str | None:
    """The product the cards of a visit have in common, as the rules ask for it."""
    products = {card["product"] for card in cards}
    return products.pop() if len(products) == 1 else None


def _highest_removed(session: Session, visit_ids: Sequence[UUID]) -> dict[UUID, int]:
    highest: dict[UUID, int] = {}
    for entry in queries.history_of(session, visit_ids):
        if entry.left_reason is not None:
            highest[entry.visit_id] = max(entry.version, highest.get(entry.visit_id, 0))
    return highest


def _order(stop_now: StopNow | None) -> dict[str, Any] | None:
    return {"reason": stop_now.reason, "at": local(stop_now.at)} if stop_now else None


def _order_before(known: bytes) -> dict[str, Any] | None:
    order: dict[str, Any] | None = orjson.loads(known)["stop_now"] if known else None
    return order


def _card(shown: Mapping[str, Any], on_date: date, hours: Window, stop_now: dict[str, Any] | None) -> dict[str, Any]:
    visit, stop = shown["visit"], shown["stop"]
    return {
        "no": visit.no,
        "crew": shown["crew"],
        "on_date": on_date,
        "sequence": stop.sequence,
        "arrives_at": local(stop.arrives_at),
        "begins_at": local(stop.begins_at),
        "leaves_at": local(stop.leaves_at),
        "windows_s": visit.windows,
        "lawful_hours": {
            "opens": f"{hours.opens:%H:%M}",
            "closes": f"{hours.closes:%H:%M}",
            "opens_at": local(at_local(on_date, _seconds(hours.opens))),
            "closes_at": local(at_local(on_date, _seconds(hours.closes))),
            "planned_within": hours.opens <= local(stop.begins_at).time() <= hours.closes,
        },
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
            "links": map_links(visit.lat, visit.lon, visit.no, shown["mode"]),
        },
        "history": shown["history"],
        "letters_to_hand": shown["letters"],
        "may_meet": MAY_MEET,
        "do_not_contact": [{"relation": each, "zh": RELATIONS[each]} for each in shown["do_not_contact"]],
        "may_say": MAY_SAY,
        "message_for_third_persons": NEUTRAL_TEXT,
        "prohibited": PROHIBITED,
        "stop_now": stop_now,
    }


def map_links(lat: float | None, lon: float | None, name: str, mode: str) -> dict[str, str]:
    """Addresses that open navigation in Amap and Baidu maps, each in its own datum; a map is told no debtor's name.

    >>> map_links(39.73, 116.14, "WF1", "CAR")["amap"]
    'https://uri.amap.com/navigation?to=116.146240%2C39.731350%2CWF1&mode=car&coordinate=gaode&callnative=1'
    """
    if lat is None or lon is None:
        return {}
    (amap_lat, amap_lon), (baidu_lat, baidu_lon) = (from_wgs84(lat, lon, datum) for datum in ("GCJ02", "BD09"))
    amap = {"to": f"{amap_lon:.6f},{amap_lat:.6f},{name}", "mode": _AMAP_MODES[mode], "coordinate": "gaode"}
    baidu = {
        "destination": f"latlng:{baidu_lat:.6f},{baidu_lon:.6f}|name:{name}",
        "mode": _BAIDU_MODES[mode],
        "coord_type": "bd09ll",
    }
    return {
        "amap": f"https://uri.amap.com/navigation?{urlencode({**amap, 'callnative': 1})}",
        "baidu": f"baidumap://map/direction?{urlencode({**baidu, 'src': 'fieldops'})}",
    }


def _seconds(instant: time) -> int:
    return instant.hour * 3600 + instant.minute * 60
