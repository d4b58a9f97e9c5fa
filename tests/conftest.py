"""What every test stands on: a private run-time folder, and hypothesis that gives the same answer twice.

Sockets that leave this machine are closed by the options in pyproject.toml (pytest-socket).
"""

import atexit
import os
import shutil
import tempfile

from hypothesis import HealthCheck, settings

if "XDG_RUNTIME_DIR" not in os.environ:  # the embedded PostgreSQL warns without one, and warnings are fatal here
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="fo-")  # short: a socket's path has 107 bytes at most
    atexit.register(shutil.rmtree, os.environ["XDG_RUNTIME_DIR"], ignore_errors=True)

_same_everywhere = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}  # a busy machine is no bug

settings.register_profile("quick", derandomize=True, database=None, max_examples=50, **_same_everywhere)
settings.register_profile("long", max_examples=1000, print_blob=True, **_same_everywhere)
settings.load_profile("quick")  # make test-long says --hypothesis-profile=long
