"""The commands of docs/clerk.md, run by a shell against a server: the document is true."""

import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from fieldops import jobs

DOCUMENT = Path(__file__).parents[2] / "docs" / "clerk.md"
ROLES = ("PHONE_COLLECTOR", "SUPERVISOR", "ADMIN_CLERK", "ADMIN_APPROVER", "BUSINESS_DEPT")
PASSWORD = "a long password"


@pytest.fixture
def served(office, app, client_as):
    """The application on a port, with an account for each post, and a worker beside it."""
    for role in ROLES:
        client_as(role)
    server, stop = make_server("127.0.0.1", 0, app, threaded=True), threading.Event()

    def work():
        while not stop.wait(0.2):
            jobs.work(office.house, until_empty=True)

    threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=work)]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api/v1"
    stop.set()
    server.shutdown()
    for thread in threads:
        thread.join()
    server.server_close()


def script(address):
    """Every shell block of the document, one after the other, at this address."""
    blocks = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    text = "\n".join(blocks)
    for name, value in (("API", address), ("PASSWORD", f"'{PASSWORD}'")):
        text, found = re.subn(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
        assert found == 1
    return text


def test_the_clerks_path_is_true_from_fifty_letters_to_a_clean_reconciliation(office, served, tmp_path):
    for tool in ("curl", "jq"):
        assert shutil.which(tool), f"the document asks for {tool}: make setup-test installs it"
    for _ in range(52):
        office.case()
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script(served)],
        capture_output=True,
        check=False,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        text=True,
        timeout=300,
    )
    assert next(tmp_path.rglob("certificate.pdf")).read_bytes().startswith(b"%PDF")
    assert ran.returncode == 0, ran.stderr[-2000:] + ran.stdout[-2000:]
    assert '"code"' not in ran.stdout.replace('"code": null', ""), ran.stdout[-3000:]
    answers = ran.stdout.strip().splitlines()
    last = json.loads(
        "".join(answers[answers.index(next(line for line in reversed(answers) if "differences" in line)) :])
    )
    assert last == {"differences": [], "holds": True, "settled": 0}
    for said in ('"pieces": 49', '"printed": 52', '"posted": 48', '"void": 3', '"missing": 0', '"M03"', '"M10"'):
        assert said in ran.stdout, said
