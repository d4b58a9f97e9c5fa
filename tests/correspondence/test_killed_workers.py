"""Kill -9 of the worker that renders a batch, at each step: after a restart every letter exists once."""

import os
import signal
import subprocess
import sys

import pypdfium2
import pytest

from fieldops.correspondence import approval, outcomes, queries, register, service
from fieldops.correspondence.mail import numbers, posting
from fieldops.correspondence.paper import papers, printing
from tests.conftest import SECRET
from tests.makers import make_case

KILLED = """
import os, signal, sys
import fieldops.app
from fieldops.correspondence import approval
from fieldops.correspondence.paper import rendering
from fieldops.house import open_house
from fieldops.settings import Settings

step, chunk, batch_id = sys.argv[1:]
rendering.CHUNK = int(chunk)
real = getattr(rendering, step, None)

def dying(*args, **words):
    real(*args, **words)
    os.kill(os.getpid(), signal.SIGKILL)

def living_the_first_time(*args, **words):
    setattr(rendering, step, dying)
    return real(*args, **words)

if real:
    setattr(rendering, step, living_the_first_time)
rendering.render_batch(open_house(Settings.from_env()), batch_id=batch_id)
"""
STEPS = ("next_work", "render", "keep_file")  # letters chosen · bytes stored · rows written, but not committed
TO_THE_END = "nothing"


def approved_at_once(office, count):
    with office.house.transaction() as session:
        wanted = [{"kind": "PAYMENT_NOTICE", "reason": "逾期", "case_id": make_case(session).id} for _ in range(count)]
        asked = service.request_letters(session, office.actor("phone_collector"), wanted)
        letter_ids = [one["letter"].id for one in asked]
    with office.house.transaction() as session:
        done = approval.approve_letters(session, office.actor("supervisor"), letter_ids)
        assert outcomes.counted(done)["done"] == count
    return letter_ids


def worker(office, batch_id, step, chunk):
    env = os.environ | {
        "DATABASE_URL": office.house.database.url,
        "FIELDOPS_HOME": str(office.house.settings.home),
        "FIELDOPS_SECRET": SECRET,
        "FIELDOPS_NOW": "2026-11-23T09:00:00+08:00",
    }
    command = [sys.executable, "-c", KILLED, step, str(chunk), str(batch_id)]
    ended = subprocess.run(command, env=env, capture_output=True, check=False)
    assert ended.returncode == (0 if step == TO_THE_END else -signal.SIGKILL), ended.stderr.decode()


@pytest.mark.parametrize(("count", "chunk"), [(60, 12), pytest.param(500, 25, marks=pytest.mark.long)])
def test_a_worker_killed_at_each_step_leaves_every_letter_once_and_loses_no_number(office, count, chunk):
    letter_ids = approved_at_once(office, count)
    batch_id = office.batch()
    for survived, step in enumerate(STEPS, 1):
        worker(office, batch_id, step, chunk)
        with office.house.transaction() as session:
            assert len(queries.parts_of(session, batch_id)) == survived
    worker(office, batch_id, TO_THE_END, chunk)
    with office.house.transaction() as session:
        card = papers.batch_card(session, batch_id)
        rows = [row for part in card["parts"] for row in part.index]
        assert sorted(row["letter_id"] for row in rows) == sorted(map(str, letter_ids))
        assert (card["rendered_at"] is not None, card["letters"], card["exceptions"]) == (True, {"QUEUED": count}, [])
        for part in card["parts"]:
            with pypdfium2.PdfDocument(office.house.store.get(part.pdf_sha256)) as file:
                assert len(file) == sum(row["pages"] for row in part.index)
    every_letter_gets_one_number(office, batch_id, count)


def every_letter_gets_one_number(office, batch_id, count):
    with office.house.transaction() as session:
        printing.mark_printed(session, office.actor("admin_clerk"), batch_id, quantity=count)
        printing.seal_batch(session, office.actor("admin_clerk"), batch_id)
        numbers.allot_range(session, office.actor("admin_approver"), first="XA00000000001", last="XA00000009999")
        items = posting.register_batch(session, office.actor("admin_clerk"), batch_id, postage_fen=420)
        assert sorted(item.tracking_no for item in items) == [f"XA{serial:011d}" for serial in range(1, count + 1)]
        assert len({item.letter_id for item in items}) == count
    with office.house.transaction() as session:
        assert register.verified(session)["holds"]
