"""Everything the environment decides, read once.

The names below are the whole list; README.md explains each. Besides, the embedded PostgreSQL wants XDG_RUNTIME_DIR.
"""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fieldops.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

MODES = ("development", "demo", "production")
ROAD_SERVICES = ("valhalla", "osrm")
GEOCODERS = ("offline", "baidu", "amap")
_SECRET_BYTES = 32
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Settings:
    """What one installation is told from outside.

    Raises: SettingsError at construction when two settings contradict each other; the message names the mend.
    """

    home: Path
    mode: str = "development"
    database_url: str | None = None
    store_url: str | None = None
    store_endpoint: str | None = None
    demo_now: datetime | None = None
    secret: bytes = field(default=b"", repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    cores: int = 2
    geocoder: str = "offline"
    geocoder_key: str | None = field(default=None, repr=False)
    geocoder_daily_calls: int = 1000
    roads: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if self.mode not in MODES:
            msg = f"FIELDOPS_MODE is {self.mode!r}; use one of {', '.join(MODES)}"
            raise SettingsError(msg)
        if self.demo_now is not None and self.mode == "production":
            msg = "FIELDOPS_NOW moves the clock and is refused in production; unset it"
            raise SettingsError(msg)
        if self.demo_now is not None and self.demo_now.tzinfo is None:
            msg = "FIELDOPS_NOW needs an offset, for example 2026-11-23T09:00:00+08:00"
            raise SettingsError(msg)
        if self.database_url is not None and not _is_postgres_address(self.database_url):
            msg = "DATABASE_URL must be like postgresql://user:password@host:5432/name; no other database is known"
            raise SettingsError(msg)
        if not 1 <= self.port <= _HIGHEST_PORT:
            msg = f"FIELDOPS_PORT is {self.port}; give a number from 1 to {_HIGHEST_PORT}"
            raise SettingsError(msg)
        if self.cores < 1:
            msg = f"FIELDOPS_CORES is {self.cores}; give 1 or more"
            raise SettingsError(msg)
        self._refuse_services()
        if len(self.secret) < _SECRET_BYTES:
            msg = "FIELDOPS_SECRET must be at least 32 bytes in base64; make one with: openssl rand -base64 32"
            raise SettingsError(msg)

    def _refuse_services(self) -> None:
        """Refuse services that cannot be meant."""
        if self.roads is not None and not _is_road_service(self.roads):
            msg = f"FIELDOPS_ROADS is {self.roads!r}; write it like valhalla+http://127.0.0.1:8002 or osrm+http://…"
            raise SettingsError(msg)
        if self.geocoder not in GEOCODERS:
            msg = f"FIELDOPS_GEOCODER is {self.geocoder!r}; use one of {', '.join(GEOCODERS)}"
            raise SettingsError(msg)
        if self.geocoder != "offline" and not self.geocoder_key:
            msg = f"FIELDOPS_GEOCODER={self.geocoder} needs FIELDOPS_GEOCODER_KEY; without a key use offline"
            raise SettingsError(msg)

    @property
    def is_demo(self) -> bool:
        """Whether demo accounts and the demo clock are allowed."""
        return self.mode == "demo"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; an unset FIELDOPS_SECRET is made and kept under FIELDOPS_HOME outside production.

        Raises: SettingsError naming the variable and its mend.
        """
        env = os.environ if env is None else env
        home = Path(env.get("FIELDOPS_HOME") or "var").expanduser().resolve()
        mode = env.get("FIELDOPS_MODE", "development")
        return cls(
            home=home,
            mode=mode,
            database_url=env.get("DATABASE_URL") or None,
            store_url=env.get("FIELDOPS_STORE") or None,
            store_endpoint=env.get("FIELDOPS_STORE_ENDPOINT") or None,
            demo_now=_instant(env.get("FIELDOPS_NOW")),
            secret=_secret(env.get("FIELDOPS_SECRET"), home, mode),
            host=env.get("FIELDOPS_HOST", "127.0.0.1"),
            port=_whole_number("FIELDOPS_PORT", env.get("FIELDOPS_PORT", "8000")),
            cores=_whole_number("FIELDOPS_CORES", env.get("FIELDOPS_CORES") or str(os.cpu_count() or 1)),
            roads=env.get("FIELDOPS_ROADS") or None,
            geocoder=env.get("FIELDOPS_GEOCODER") or "offline",
            geocoder_key=env.get("FIELDOPS_GEOCODER_KEY") or None,
            geocoder_daily_calls=_whole_number(
                "FIELDOPS_GEOCODER_DAILY_CALLS", env.get("FIELDOPS_GEOCODER_DAILY_CALLS") or "1000"
            ),
        )


def _is_road_service(text: str) -> bool:
    kind, _, url = text.partition("+")
    try:
        address = urlsplit(url)
        port = address.port
    except ValueError:
        return False
    return kind in ROAD_SERVICES and address.scheme in {"http", "https"} and bool(address.hostname) and port != 0


def _is_postgres_address(text: str) -> bool:
    try:
        address = urlsplit(text)
        port = address.port
    except ValueError:  # a port that is no number, a bracket that does not close
        return False
    return address.scheme in {"postgresql", "postgres"} and port != 0


def _whole_number(name: str, text: str) -> int:
    if not text.isdecimal():
        raise SettingsError(f"{name} is {text!r}; give a whole number")
    return int(text)


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"FIELDOPS_NOW is {text!r}; write it like 2026-11-23T09:00:00+08:00") from None


def _secret(text: str | None, home: Path, mode: str) -> bytes:
    if text:
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:
            raise SettingsError("FIELDOPS_SECRET is not base64; make one with: openssl rand -base64 32") from None
    if mode == "production":
        raise SettingsError("FIELDOPS_SECRET is not set; production needs one: openssl rand -base64 32")
    return _kept_secret(home / "secret")


def _kept_secret(path: Path) -> bytes:
    """The installation's own secret, written once; two first starts at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(_SECRET_BYTES)))
            file.flush()
            os.fsync(file.fileno())  # what is sealed with a secret that a power cut took is lost
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return base64.b64decode(path.read_bytes())
