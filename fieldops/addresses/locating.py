"""Ask an online geocoder, where one is set up, for the buildings no list knows: a job, never part of a request.

Only the address up to the building goes out. The answer is kept with a time to live; calls are counted in the
database for all processes together, and each is on the audit log before it leaves.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fieldops import audit, jobs
from fieldops.addresses import queries
from fieldops.addresses.models import GeocodeAnswer, GeocoderDay
from fieldops.addresses.points import is_of_another_city
from fieldops.addresses.verdict import judge, outward
from fieldops.clock import local_date
from fieldops.geocoding import (
    CityMismatchError,
    GeocodingError,
    GeoPoint,
    Precision,
    QuotaError,
    locate,
    online_geocoder,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from fieldops.house import House

GEOCODE_JOB: Final = "addresses.geocode"
OFFLINE: Final = "offline"
CALLS_APART: Final = timedelta(milliseconds=350)
"""Three calls a second are what the services allow a plain key."""
IN_DOUBT_FOR: Final = timedelta(minutes=10)
"""A call whose process died may be made again after this."""
KEPT_FOR: Final = {
    "FOUND": timedelta(days=180),
    "UNKNOWN": timedelta(days=30),
    "CITY_MISMATCH": timedelta(days=30),
    "FAILED": timedelta(hours=1),
}
"""How long an answer of each kind is believed before the service is asked again."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One call that may be made: for which building, with which words, not before ``at``."""

    site_key: str
    region_code: str | None
    words: str
    city: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one call; ``refused`` says why no other may follow today."""

    outcome: str
    point: GeoPoint | None = None
    refused: str | None = None


def geocode_pending(house: House, *, geocoder: Any = None, wait: Callable[[float], None] = time.sleep) -> int:
    """Ask for every building that has no point and no answer yet, as far as the day's quota goes; say how many.

    Nothing is asked with the offline geocoder. Killed between call and answer, it asks that building again later.
    """
    provider = house.settings.geocoder
    if provider == OFFLINE:
        return 0
    geocoder = geocoder or online_geocoder(provider, house.settings.geocoder_key or "")
    asked = 0
    while (turn := _take_turn(house, provider)) is not None:
        wait(max(0.0, (turn.at - house.clock.now()).total_seconds()))
        reply = _ask(geocoder, turn)
        with house.transaction() as session:
            _keep(session, provider, turn, reply, house.clock.now())
        asked += 1
    return asked


def defer_geocoding(session: Session, house: House) -> None:
    """Let a job ask for what is pending, if an online geocoder is set up; one waiting job is enough."""
    if house.settings.geocoder != OFFLINE:
        jobs.defer(session, GEOCODE_JOB, unique=GEOCODE_JOB)


@jobs.job(GEOCODE_JOB, lock=GEOCODE_JOB)
def run_geocoding(house: House) -> None:
    """Ask for what is pending; nothing pending is nothing to do."""
    geocode_pending(house)


def _take_turn(house: House, provider: str) -> Turn | None:
    """Claim the next building and a call of today's quota, and put the call on the audit log, all or nothing."""
    with house.transaction() as session:
        now = house.clock.now()
        today = _today(session, provider, now)  # held to the end: two processes never ask for one building
        if today.calls >= house.settings.geocoder_daily_calls or today.refused is not None:
            return None
        address = queries.address_to_locate(session, provider, at=now)
        if address is None:
            return None
        at = max(today.next_at, now)
        today.calls, today.next_at = today.calls + 1, at + CALLS_APART
        verdict = judge(address.raw)
        _store(session, provider, address.site_key, "ASKED", now, now + IN_DOUBT_FOR)
        actor = audit.Actor("geocoding", now)
        audit.record(session, actor, "addresses.geocode", "address", address.id, provider=provider)
        city = verdict.city or verdict.county or verdict.province
        return Turn(address.site_key, address.region_code, outward(verdict), city, at)


def _today(session: Session, provider: str, now: datetime) -> GeocoderDay:
    """The day's count of calls, locked."""
    day = {"provider": provider, "on_date": local_date(now)}
    session.execute(insert(GeocoderDay).values(**day, calls=0, next_at=now).on_conflict_do_nothing())
    return session.get_one(GeocoderDay, day, with_for_update=True, populate_existing=True)


def _ask(geocoder: Any, turn: Turn) -> Reply:
    try:
        point = locate(geocoder, turn.words, city=turn.city)
    except QuotaError as error:
        return Reply("FAILED", refused=str(error))
    except CityMismatchError:
        return Reply("CITY_MISMATCH")
    except GeocodingError:
        return Reply("FAILED")
    if point is None or not point.precision.is_at_least(Precision.TOWN):
        return Reply("UNKNOWN")  # the centre of the county is as good
    if turn.region_code is not None and is_of_another_city(point.lat, point.lon, turn.region_code):
        return Reply("CITY_MISMATCH")
    return Reply("FOUND", point)


def _keep(session: Session, provider: str, turn: Turn, reply: Reply, now: datetime) -> None:
    _store(session, provider, turn.site_key, reply.outcome, now, now + KEPT_FOR[reply.outcome], reply.point)
    if reply.refused is not None:
        today = sa.update(GeocoderDay).filter_by(provider=provider, on_date=local_date(now))
        session.execute(today.values(refused=reply.refused))


def _store(
    session: Session,
    provider: str,
    site_key: str,
    outcome: str,
    asked_at: datetime,
    expires_at: datetime,
    point: GeoPoint | None = None,
) -> None:
    values = {
        "outcome": outcome,
        "lat": point.lat if point else None,
        "lon": point.lon if point else None,
        "precision": point.precision.name if point else None,
        "datum_given": point.datum_given if point else None,
        "asked_at": asked_at,
        "expires_at": expires_at,
    }
    fresh = insert(GeocodeAnswer).values(provider=provider, site_key=site_key, **values)
    session.execute(fresh.on_conflict_do_update(index_elements=["provider", "site_key"], set_=values))
