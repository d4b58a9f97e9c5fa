"""Ports, and the processes of an installation."""

import socket
import subprocess
import sys
import time

import pytest

from fieldops import serving
from tests.conftest import make_settings


def test_a_free_port_is_kept_and_a_taken_one_is_not():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        other = serving.free_port(port)
        assert other != port
    assert serving.free_port(other) == other


def test_other_settings_stay_on_another_port(tmp_path):
    settings = make_settings(tmp_path)
    moved = serving.on_port(settings, 9001)
    assert (moved.port, moved.home, moved.secret) == (9001, settings.home, settings.secret)


def test_a_process_started_with_the_environment_reads_the_same_settings(tmp_path, monkeypatch):
    from fieldops.settings import Settings
    from tests.conftest import SECRET

    monkeypatch.setenv("FIELDOPS_SECRET", SECRET)
    settings = make_settings(
        tmp_path, FIELDOPS_MODE="demo", FIELDOPS_NOW="2026-11-23T09:00:00+08:00", FIELDOPS_PORT="8123"
    )
    for name in ("FIELDOPS_PORT", "DATABASE_URL", "FIELDOPS_STORE", "FIELDOPS_GEOCODER"):
        monkeypatch.setenv(name, "1")  # what an environment says beside the settings does not count
    assert Settings.from_env(serving.environment(settings)) == settings


@pytest.fixture
def stand_in(monkeypatch, tmp_path):
    """A command that writes that it began, then waits; instead of this product's own."""
    script = tmp_path / "stand_in.py"
    script.write_text("import sys, time\nprint('begun', sys.argv[-1], flush=True)\ntime.sleep(600)\n")
    real = subprocess.Popen

    def start(words, **kwargs):
        return real([sys.executable, str(script), words[-1]], **kwargs)

    monkeypatch.setattr(serving.subprocess, "Popen", start)


def test_processes_run_until_the_block_ends_each_with_a_log(stand_in, tmp_path):
    with serving.running(make_settings(tmp_path), "serve", "worker") as processes:
        ends = time.monotonic() + 60
        logs = [tmp_path / "log" / f"{name}.log" for name in ("serve", "worker")]
        while not all(log.read_text() for log in logs) and time.monotonic() < ends:
            time.sleep(0.02)
        assert [log.read_text() for log in logs] == ["begun serve\n", "begun worker\n"]
        assert all(process.poll() is None for process in processes)
    assert all(process.poll() is not None for process in processes)


def test_processes_end_even_when_the_block_breaks_off(stand_in, tmp_path):
    seen = []

    def drive():
        with serving.running(make_settings(tmp_path), "serve") as processes:
            seen.extend(processes)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        drive()
    assert all(process.poll() is not None for process in seen)


def test_the_server_listens_where_the_settings_say(tmp_path):
    settings = make_settings(tmp_path, FIELDOPS_HOST="127.0.0.2", FIELDOPS_PORT="8765", FIELDOPS_CORES="3")
    config = serving.Server(settings).cfg
    assert (config.address, config.workers, config.threads) == (
        [("127.0.0.2", 8765)],
        3,
        serving.THREADS + serving.WAITING_SEATS,
    )
