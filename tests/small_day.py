"""One demo day on a small caseload, driven once for all tests that look at what is left behind."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from fieldops.clock import DemoClock
from fieldops.db import DEMO_DATABASE, Database
from fieldops.demo.sample import CASE_HEADINGS, Caseload, sample_caseload
from fieldops.house import House
from fieldops.serving import free_port
from fieldops.settings import Settings
from fieldops.storage import open_store
from fieldops.vault import Vault

EVE, DAY = date(2026, 11, 23), date(2026, 11, 24)
START = "2026-11-23T09:00:00+08:00"
PLAIN, CREWS = 12, 3
BROKEN_CASE = "SP99999999"


def small_caseload():
    """One debtor of each kind of the sample, a dozen plain ones, three crews; the last row has a sum that is none."""
    whole, made = sample_caseload(EVE), Caseload()
    kinds = {}
    for number, kind, *_ in whole.expected:
        kinds.setdefault(kind, []).append(number)
    taken = {"pass": PLAIN, "two_cards": 2}
    kept = {number for kind, numbers in kinds.items() for number in numbers[: taken.get(kind, 1)]}
    address = CASE_HEADINGS.index("住宅地址")
    sites = tuple(row[address] for row in whole.cases if row[1] in kept)
    for table in fields(Caseload):
        rows = getattr(whole, table.name)
        if table.name == "gazetteer":
            rows = [row for row in rows if any(site.startswith(row[0]) for site in sites)]
        elif table.name == "crews":
            rows = rows[:CREWS]
        else:
            rows = [row for row in rows if kept & set(row[:2])]
        getattr(made, table.name).extend(rows)
    broken = list(made.cases[0])
    broken[1], broken[CASE_HEADINGS.index("欠款总额")] = BROKEN_CASE, "不详"
    made.cases.append(broken)
    return made


@dataclass(frozen=True)
class SmallDay:
    """What a demo run left: its folder, its database, what it printed."""

    home: Path
    caseload: Path
    settings: Settings
    code: int
    output: str
    errors: str

    @property
    def summary(self):
        """The object on the last line."""
        return json.loads(self.output.splitlines()[-1])

    @property
    def environment(self):
        """What a process that looks at the day is told."""
        return environment(self.home, self.settings.database_url)


def environment(home, database_url, **more):
    """The environment of a command in demo mode."""
    from tests.conftest import SECRET

    told = {
        "FIELDOPS_HOME": str(home),
        "FIELDOPS_SECRET": SECRET,
        "DATABASE_URL": database_url,
        "FIELDOPS_MODE": "demo",
        "FIELDOPS_PORT": str(free_port(0)),  # two days driven at once would both find 8000 free
    }
    return {**os.environ, **told, "FIELDOPS_NOW": START, "FIELDOPS_CORES": "2", **more}


@contextmanager
def driven(postgres):
    """The demo, run as a person runs it."""
    home = Path(tempfile.mkdtemp(prefix="fo-"))
    caseload = home / "given"
    small_caseload().write(caseload)
    env = environment(home, postgres)
    asked = ["demo", "--caseload", str(caseload), "--on", str(DAY), "--budget", "3", "--once", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "fieldops", *asked], env=env, capture_output=True, text=True, timeout=300, check=False
    )
    yield SmallDay(home, caseload, Settings.from_env(env), done.returncode, done.stdout, done.stderr)
    shutil.rmtree(home, ignore_errors=True)


@contextmanager
def house_after(day):
    """The house of the demo day, opened again."""
    from sqlalchemy import make_url

    url = make_url(day.settings.database_url).set(database=DEMO_DATABASE).render_as_string(hide_password=False)
    opened = House(
        settings=day.settings,
        database=Database(url),
        store=open_store(day.settings),
        clock=DemoClock(day.home / "clock.json", day.settings.demo_now),
        vault=Vault(day.settings.secret),
    )
    yield opened
    opened.database.close()
