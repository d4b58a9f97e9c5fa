"""Every setting that cannot be meant is refused by its name, with the mend."""

import base64
import subprocess
import sys

import pytest

from fieldops.errors import SettingsError
from fieldops.settings import Settings
from tests.conftest import SECRET

BAD = [
    ("FIELDOPS_MODE", "prod", "use one of development, demo, production"),
    ("FIELDOPS_PORT", "eighty", "give a whole number"),
    ("FIELDOPS_PORT", "0", "from 1 to 65535"),
    ("FIELDOPS_PORT", "65536", "from 1 to 65535"),
    ("FIELDOPS_PORT", "-1", "give a whole number"),
    ("FIELDOPS_CORES", "two", "give a whole number"),
    ("FIELDOPS_CORES", "0", "give 1 or more"),
    ("FIELDOPS_NOW", "tomorrow", "write it like 2026-11-23T09:00:00+08:00"),
    ("FIELDOPS_NOW", "2026-11-23T09:00:00", "needs an offset"),
    ("FIELDOPS_SECRET", "not base64!", "openssl rand -base64 32"),
    ("FIELDOPS_SECRET", base64.b64encode(b"x" * 31).decode(), "at least 32 bytes"),
    ("DATABASE_URL", "mysql://somewhere/db", "like postgresql://"),
    ("DATABASE_URL", "sqlite:///x.db", "like postgresql://"),
    ("DATABASE_URL", "postgresql://host:port/db", "like postgresql://"),
    ("DATABASE_URL", "postgresql://[::1/db", "like postgresql://"),
    ("FIELDOPS_ROADS", "http://127.0.0.1:8002", "valhalla+http"),
    ("FIELDOPS_ROADS", "valhalla+ftp://somewhere", "valhalla+http"),
    ("FIELDOPS_ROADS", "osrm+http://host:port", "valhalla+http"),
    ("FIELDOPS_GEOCODER", "somebody", "use one of offline, baidu, amap"),
    ("FIELDOPS_GEOCODER", "baidu", "FIELDOPS_GEOCODER_KEY"),
    ("FIELDOPS_GEOCODER_DAILY_CALLS", "many", "give a whole number"),
]


def read(home, **env):
    return Settings.from_env({"FIELDOPS_HOME": str(home), "FIELDOPS_SECRET": SECRET, **env})


@pytest.mark.parametrize(("name", "value", "mend"), BAD)
def test_a_value_that_cannot_be_meant_is_refused_by_name_with_its_mend(tmp_path, name, value, mend):
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, **{name: value})
    assert name in str(refused.value)
    assert mend in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_moved_clock_is_refused_in_production(tmp_path):
    with pytest.raises(SettingsError, match="FIELDOPS_NOW moves the clock and is refused in production"):
        read(tmp_path, FIELDOPS_MODE="production", FIELDOPS_NOW="2026-11-23T09:00:00+08:00")


def test_production_wants_a_secret_of_its_own(tmp_path):
    with pytest.raises(SettingsError, match="FIELDOPS_SECRET is not set"):
        Settings.from_env({"FIELDOPS_HOME": str(tmp_path), "FIELDOPS_MODE": "production"})
    assert not (tmp_path / "secret").exists()


def test_neither_secret_nor_key_is_shown_when_settings_are_printed(tmp_path):
    shown = repr(read(tmp_path, FIELDOPS_GEOCODER="amap", FIELDOPS_GEOCODER_KEY="the key"))
    assert "the key" not in shown
    assert str(base64.b64decode(SECRET)) not in shown


def test_an_empty_environment_is_enough(tmp_path):
    settings = Settings.from_env({"FIELDOPS_HOME": str(tmp_path / "new")})
    assert (settings.mode, settings.port, settings.database_url, settings.is_demo) == ("development", 8000, None, False)
    assert settings.cores >= 1


def test_an_empty_variable_counts_as_unset(tmp_path):
    names = ("DATABASE_URL", "FIELDOPS_STORE", "FIELDOPS_NOW", "FIELDOPS_SECRET", "FIELDOPS_CORES", "FIELDOPS_GEOCODER")
    settings = Settings.from_env({"FIELDOPS_HOME": str(tmp_path), **dict.fromkeys(names, "")})
    assert (settings.database_url, settings.store_url, settings.demo_now) == (None, None, None)


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    first, second = (Settings.from_env({"FIELDOPS_HOME": str(tmp_path)}).secret for _ in range(2))
    assert first == second
    assert len(first) == 32
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_two_processes_that_start_at_once_agree_on_one_secret(tmp_path):
    go = tmp_path / "go"
    home = tmp_path / "home"
    code = f"""
import pathlib, time
from fieldops.settings import Settings
print("ready", flush=True)
while not pathlib.Path({str(go)!r}).exists():
    time.sleep(0.001)
print(Settings.from_env({{"FIELDOPS_HOME": {str(home)!r}}}).secret.hex())
"""
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    go.touch()
    secrets = {process.communicate(timeout=60)[0] for process in started}
    assert len(secrets) == 1
    assert [path.name for path in home.iterdir()] == ["secret"]
