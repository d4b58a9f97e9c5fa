"""Where an address is: one interface, geopy's `Geocoder`, offline by default, online only where set up.

Every point comes back in WGS-84 with the datum it was given in and a precision in metres. An online service is
sent the address up to the building and nothing else (`fieldops.addresses.verdict.outward`), and its answer is
believed only as far as its own level goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderQueryError,
    GeocoderQuotaExceeded,
    GeocoderServiceError,
    GeopyError,
)
from geopy.geocoders import BaiduV3
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location

from fieldops.datum import Datum, to_wgs84

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AmapGeocoder",
    "BaiduGeocoder",
    "CityMismatchError",
    "GeoPoint",
    "GeocodingError",
    "OfflineGeocoder",
    "Precision",
    "QuotaError",
    "locate",
    "online_geocoder",
]


class Precision(IntEnum):
    """How far a point may be from the door, best first; the value orders, `radius_m` measures."""

    CONFIRMED = 0
    ROOFTOP = 1
    STREET = 2
    POI = 3
    VILLAGE = 4
    TOWN = 5
    DISTRICT = 6
    CITY = 7
    NONE = 8

    @property
    def radius_m(self) -> int | None:
        """Give the radius in metres; None for a city or nothing, where no radius is meant."""
        return _RADIUS_M.get(self)

    def is_at_least(self, wanted: Precision) -> bool:
        """Whether this is as good as `wanted` or better."""
        return self <= wanted


_RADIUS_M = {
    Precision.CONFIRMED: 30,
    Precision.ROOFTOP: 50,
    Precision.STREET: 200,
    Precision.POI: 300,
    Precision.VILLAGE: 1500,
    Precision.TOWN: 4000,
    Precision.DISTRICT: 10000,
}


class GeocodingError(RuntimeError):
    """The service did not answer usefully; the message names the mend. Try again later."""


class QuotaError(GeocodingError):
    """The service's quota is used up, or its key is refused: no further call makes sense today."""


class CityMismatchError(GeocodingError):
    """The service answered with a point in another city than the address names."""


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """A point in WGS-84 degrees with its precision, where it came from, and the datum it was given in."""

    lat: float
    lon: float
    precision: Precision
    source: str
    datum_given: Datum = "WGS84"

    def __post_init__(self) -> None:
        """Refuse what is not a point."""
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):  # noqa: PLR2004 - the globe
            raise ValueError(f"({self.lat}, {self.lon}) is not a point: give latitude, then longitude, in degrees.")

    @classmethod
    def given(cls, lat: float, lon: float, datum: Datum, precision: Precision, source: str) -> GeoPoint:
        """Take a point in any datum and keep it in WGS-84."""
        return cls(*to_wgs84(lat, lon, datum), precision, source, datum)


class OfflineGeocoder(Geocoder):  # type: ignore[misc]  # geopy is untyped
    """Points by exact lookup: confirmed → gazetteer → centre of the county → centre of the city. Never a guess.

    The query is a dict with `site_key`, and `region_code` and `city_code` as far as known, so that no text is
    compared. The lookups are handed in; the geocoder holds no connection.
    """

    def __init__(
        self,
        confirmed: Mapping[str, GeoPoint],
        gazetteer: Mapping[str, GeoPoint],
        centres: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        super().__init__()
        self._confirmed = confirmed
        self._gazetteer = gazetteer
        self._centres = centres or {}

    def geocode(self, query: Mapping[str, str], *, exactly_one: bool = True, timeout: Any = None) -> Any:
        """Give the `Location` of a building, its `raw["point"]` being the GeoPoint, or None. No `timeout` is needed."""
        del timeout
        point = self.point(query["site_key"], region_code=query.get("region_code"), city_code=query.get("city_code"))
        if point is None:
            return None
        location = _location(query["site_key"], point, {})
        return location if exactly_one else [location]

    def point(self, site_key: str, *, region_code: str | None = None, city_code: str | None = None) -> GeoPoint | None:
        """Give the best point known for a building, or None.

        >>> known = {"110101||东四||12|||": GeoPoint(39.9, 116.4, Precision.ROOFTOP, "gazetteer")}
        >>> OfflineGeocoder({}, known).point("110101||东四||12|||").precision.name
        'ROOFTOP'
        """
        exact = (self._confirmed.get(site_key) or self._gazetteer.get(site_key)) if site_key else None
        if exact:
            return exact
        for code, precision in ((region_code, Precision.DISTRICT), (city_code, Precision.CITY)):
            if code and code in self._centres:
                whole_city = code.endswith("00")
                return GeoPoint(*self._centres[code], Precision.CITY if whole_city else precision, "centre")
        return None


class BaiduGeocoder(BaiduV3):  # type: ignore[misc]  # geopy is untyped
    """Baidu's geocoding v3: answers in BD-09. Adds the city argument and the list geopy's own class lacks."""

    def __init__(self, api_key: str, *, adapter_factory: Any = None, timeout: Any = DEFAULT_SENTINEL) -> None:
        super().__init__(api_key, adapter_factory=adapter_factory, timeout=timeout)

    def geocode(self, query: str, *, exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL, city: str = "") -> Any:
        """Ask for one address; `city` keeps the service in that city.

        Raises: geopy's errors for a refused key, a used-up quota, a timeout.
        """
        params = {"ak": self.api_key, "output": "json", "address": query} | ({"city": city} if city else {})
        url = self._construct_url(self.api, self.api_path, params)
        return self._call_geocoder(url, partial(self._one, exactly_one=exactly_one), timeout=timeout)

    def _one(self, page: Mapping[str, Any], *, exactly_one: bool) -> Any:
        place = page.get("result")
        if page.get("status") or not place:
            self._check_status(page.get("status") or 0)
            return None
        precision = _baidu_precision(place)
        spot = place["location"]
        point = GeoPoint.given(float(spot["lat"]), float(spot["lng"]), "BD09", precision, "baidu")
        location = _location(str(place.get("level", "")), point, place)
        return location if exactly_one else [location]


class AmapGeocoder(Geocoder):  # type: ignore[misc]  # geopy is untyped
    """Amap's `/v3/geocode/geo`: answers in GCJ-02, with `[]` where a value is empty.

    Source: https://lbs.amap.com/api/webservice/guide/api/georegeo
    """

    domain = "restapi.amap.com"
    path = "/v3/geocode/geo"

    def __init__(self, api_key: str, *, adapter_factory: Any = None, timeout: Any = DEFAULT_SENTINEL) -> None:
        super().__init__(adapter_factory=adapter_factory, timeout=timeout)
        self.api_key = api_key

    def geocode(self, query: str, *, exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL, city: str = "") -> Any:
        """Ask for one address; `city` is a name or an adcode.

        Raises: geopy's errors for a refused key, a used-up quota, a timeout.
        """
        params = {"key": self.api_key, "address": query, "output": "JSON"} | ({"city": city} if city else {})
        url = f"{self.scheme}://{self.domain}{self.path}?{urlencode(params)}"
        return self._call_geocoder(url, partial(self._parse, exactly_one=exactly_one), timeout=timeout)

    def _parse(self, page: Mapping[str, Any], *, exactly_one: bool) -> Any:
        if str(page.get("status")) != "1":
            raise _amap_error(str(page.get("infocode", "")), str(page.get("info", "")))
        places = [_amap_location(place) for place in page.get("geocodes") or [] if place.get("location")]
        if not places:
            return None
        return places[0] if exactly_one else places


def online_geocoder(name: str, api_key: str, *, adapter_factory: Any = None) -> Geocoder:
    """Open an online geocoder by its name: baidu or amap."""
    return {"baidu": BaiduGeocoder, "amap": AmapGeocoder}[name](api_key, adapter_factory=adapter_factory)


def locate(geocoder: Geocoder, outward_address: str, *, city: str) -> GeoPoint | None:
    """Ask an online geocoder for one address and give its point, or None if it knows none.

    Raises: QuotaError if asking again today is useless, CityMismatchError if the point is in another city,
    GeocodingError otherwise.
    """
    try:
        location = geocoder.geocode(outward_address, city=city)
    except (GeocoderQuotaExceeded, GeocoderAuthenticationFailure) as error:
        raise QuotaError(f"The geocoder refuses: {error}. Check the key and the quota in its console.") from error
    except GeopyError as error:
        raise GeocodingError(f"The geocoder failed: {error}. It is asked again later.") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise GeocodingError("The geocoder's reply has not the documented shape. It is asked again later.") from error
    if location is None:
        return None
    found = _text(location.raw.get("reply", {}).get("city"))
    if found and city and _plain_city(found) != _plain_city(city):
        raise CityMismatchError(f"Asked for {city}, the geocoder answered in {found}: set the point by hand.")
    point: GeoPoint = location.raw["point"]
    return point


def _location(text: str, point: GeoPoint, reply: Mapping[str, Any]) -> Location:
    return Location(text, (point.lat, point.lon), {"point": point, "reply": dict(reply)})


def _text(value: Any) -> str:
    """Amap writes [] for nothing."""
    return value if isinstance(value, str) else ""


def _plain_city(name: str) -> str:
    return name.removesuffix("市").removesuffix("地区").removesuffix("盟")


_AMAP_LEVELS = {
    "门牌号": Precision.ROOFTOP, "单元号": Precision.ROOFTOP, "楼栋号": Precision.ROOFTOP, "兴趣点": Precision.POI,
    "门址": Precision.ROOFTOP, "道路": Precision.STREET, "道路交叉路口": Precision.STREET,
    "公交站台、地铁站": Precision.POI,
    "住宅区": Precision.POI, "村庄": Precision.VILLAGE, "热点商圈": Precision.VILLAGE, "乡镇": Precision.TOWN,
    "开发区": Precision.DISTRICT, "区县": Precision.DISTRICT, "市": Precision.CITY, "省": Precision.NONE,
    "国家": Precision.NONE, "未知": Precision.NONE,
}  # fmt: skip
_BAIDU_LEVELS = {
    "门址": Precision.ROOFTOP, "道路": Precision.STREET, "交叉路口": Precision.STREET, "村庄": Precision.VILLAGE,
    "乡镇": Precision.TOWN, "区县": Precision.DISTRICT, "城市": Precision.CITY,
} | dict.fromkeys((
    "地产小区", "商务大厦", "政府机构", "生活服务", "休闲娱乐", "餐饮", "宾馆", "购物", "金融", "教育", "医疗",
    "公司企业", "汽车服务", "火车站", "长途汽车站", "停车场", "加油站",
), Precision.POI) | dict.fromkeys(("商圈", "工业园区", "旅游景点", "绿地", "飞机场"), Precision.VILLAGE)  # fmt: skip


def _baidu_precision(place: Mapping[str, Any]) -> Precision:
    """An unknown level is no precision at all; low confidence makes a door a street."""
    precision = _BAIDU_LEVELS.get(str(place.get("level", "")), Precision.NONE)
    sure = int(place.get("confidence", 0)) >= 70 or int(place.get("precise", 0)) == 1  # noqa: PLR2004 - Baidu: < 100 m
    return max(precision, Precision.STREET) if not sure else precision


def _amap_location(place: Mapping[str, Any]) -> Location:
    lon, lat = str(place["location"]).split(",")
    precision = _AMAP_LEVELS.get(_text(place.get("level")), Precision.NONE)
    point = GeoPoint.given(float(lat), float(lon), "GCJ02", precision, "amap")
    return _location(_text(place.get("formatted_address")), point, place)


def _amap_error(code: str, info: str) -> GeopyError:
    """Map Amap's infocode to geopy's errors.

    Source: https://lbs.amap.com/api/webservice/guide/tools/info
    """
    said = f"{info} ({code})"
    if code in {"10003", "10004", "10014", "10015", "10019", "10020", "10021", "10029", "10044", "10045"}:
        return GeocoderQuotaExceeded(said)
    if code in {
        "10001",
        "10002",
        "10005",
        "10006",
        "10007",
        "10008",
        "10009",
        "10010",
        "10011",
        "10012",
        "10013",
        "10026",
    }:
        return GeocoderAuthenticationFailure(said)
    if code.startswith("2"):
        return GeocoderQueryError(said)
    return GeocoderServiceError(said)
