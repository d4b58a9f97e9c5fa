"""The tree as the house's rules look at it."""

import ast
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("fieldops", "letters", "routing")


class Source(NamedTuple):
    """One Python file: where it is in the checkout, what it says, and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def stem(self):
        return Path(self.path).stem


def _read(folders):
    found = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    texts = [(str(path.relative_to(ROOT)), path.read_text("utf-8")) for path in found]
    return [Source(path, text, ast.parse(text)) for path, text in texts]


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def product():
    """Every Python file of the three packages."""
    return _read(PACKAGES)


@pytest.fixture(scope="session")
def everything():
    """Every Python file of the project, tests and benchmarks too."""
    return _read([*PACKAGES, "tests", "benchmarks"])


@pytest.fixture(scope="session")
def tracked():
    """Paths of the files the project is made of, as git knows them."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True)
    if listed.returncode != 0:
        pytest.skip("no git here: the files of the project are not known")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
