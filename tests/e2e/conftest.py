"""A browser without any network, and the server of the demo day as a process of its own."""

import shutil
import time
import urllib.error
import urllib.request

import pytest

from fieldops.serving import free_port, on_port, running
from tests.conftest import SECRET

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",  # a test may run as root, where Chromium has none
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def server(small_day):
    """The address of the demo's server, started as ``fieldops serve``."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DATABASE_URL", small_day.settings.database_url)
        patched.setenv("FIELDOPS_SECRET", SECRET)
        settings = on_port(small_day.settings, free_port(8000))
        address = f"http://{settings.host}:{settings.port}"
        with running(settings, "serve") as (process,):
            _wait_until_it_answers(address, process)
            yield address


def _wait_until_it_answers(address, process):
    ends = time.monotonic() + 90
    while True:
        assert process.poll() is None, "the server ended by itself"
        try:
            with urllib.request.urlopen(f"{address}/api/v1/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < ends, "the server does not answer"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def browser():
    """Chromium of this system, or the one Playwright has fetched."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser, server):
    """A fresh page; at the end nothing was asked of anybody but the server, and no script had failed."""
    context = browser.new_context(base_url=server, locale="zh-CN", accept_downloads=True)
    opened = context.new_page()
    asked, faults = [], []
    context.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    opened.asked = asked
    yield opened
    context.close()
    strangers = [url for url in asked if not url.startswith((server, "data:", "blob:"))]
    assert not strangers
    assert not faults
