"""The processes of an installation: web server, worker, and the port they answer on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from fieldops.app import create_app
from fieldops.house import open_house

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fieldops.settings import Settings
    from fieldops.web import Web

THREADS = 8
WAITING_SEATS = 300
"""Phones that may wait in one process; each holds a thread, and nothing of the database."""
WAITS = "/mobile/events"
_STOP_S = 15


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings: one process per core, plain threads, a house opened in each process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn where to listen and how."""
        for name, value in {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "worker_class": "gthread",
            "workers": self._settings.cores,
            "threads": THREADS + WAITING_SEATS,
            "keepalive": 75,
            "timeout": 120,
            "graceful_timeout": 10,
            "control_socket_disable": True,
        }.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Web:
        """The application of this worker process."""
        app = create_app(open_house(self._settings))
        app.config["WAITING_SEATS"] = WAITING_SEATS
        app.wsgi_app = AtOnce(app.wsgi_app, THREADS)  # type: ignore[method-assign]
        return app


class AtOnce:
    """No more than so many requests are worked on at once, whoever waits besides: threads are many, connections few."""

    def __init__(self, app: Callable[..., Iterable[bytes]], most: int) -> None:
        self._app = app
        self._places = BoundedSemaphore(most)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Wait for a place, unless the request itself is one that waits."""
        if environ["PATH_INFO"].endswith(WAITS):
            return self._app(environ, start_response)
        with self._places:
            return self._app(environ, start_response)


def serve(settings: Settings) -> None:
    """Answer on the settings' port until stopped; the database is opened, and kept, by the first process."""
    house = open_house(settings)
    house.database.close()  # forked workers open their own connections
    Server(settings).run()


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """The wanted port, or another that is free when it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no port is free on {host}")


@contextmanager
def running(settings: Settings, *commands: str) -> Iterator[list[subprocess.Popen[Any]]]:
    """``fieldops COMMAND`` in processes of their own, stopped when the block ends, also by a signal.

    They stand in sessions of their own: Ctrl-C reaches only this process, which then stops each of them once, so that
    the last one still shuts the embedded database down.
    """
    for stop in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, lambda *_: sys.exit(1))
    log = (settings.home / "log").resolve()
    log.mkdir(parents=True, exist_ok=True)
    started = []
    try:
        for command in commands:
            with (log / f"{command}.log").open("ab") as out:
                started.append(
                    subprocess.Popen(  # noqa: S603 - our own interpreter and command
                        [sys.executable, "-m", "fieldops", command],
                        env=environment(settings),
                        stdout=out,
                        stderr=out,
                        start_new_session=True,
                    )
                )
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def environment(settings: Settings) -> dict[str, str]:
    """The environment in which another process reads the same settings.

    The secret is not told again: it is in this environment already, or kept in the same home.
    """
    told = {
        "FIELDOPS_HOME": settings.home,
        "FIELDOPS_MODE": settings.mode,
        "DATABASE_URL": settings.database_url,
        "FIELDOPS_STORE": settings.store_url,
        "FIELDOPS_STORE_ENDPOINT": settings.store_endpoint,
        "FIELDOPS_NOW": settings.demo_now and settings.demo_now.isoformat(),
        "FIELDOPS_HOST": settings.host,
        "FIELDOPS_PORT": settings.port,
        "FIELDOPS_CORES": settings.cores,
        "FIELDOPS_ROADS": settings.roads,
        "FIELDOPS_GEOCODER": settings.geocoder,
        "FIELDOPS_GEOCODER_KEY": settings.geocoder_key,
        "FIELDOPS_GEOCODER_DAILY_CALLS": settings.geocoder_daily_calls,
    }
    return {**os.environ, **{name: str(value or "") for name, value in told.items()}}


def on_port(settings: Settings, port: int) -> Settings:
    """The same settings on another port."""
    return replace(settings, port=port)
