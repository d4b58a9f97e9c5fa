"""What the project carries with it: nothing of one machine, no address of an index, no promise left open."""

import re
import tomllib

# A folder under someone's home, a workplace or a temporary place: it is on one machine only.
MACHINE_PATH = re.compile(r"(?<![\w.~*-])/(?:home|Users|root|work|tmp|opt)/[A-Za-z0-9_.]")
# Letters in brackets, so that no name of a host stands here either.
PACKAGE_INDEX = re.compile(
    r"(?:p[y]pi|p[y]thonhosted|n[p]mjs|n[p]mmirror)\.(?:org|com)|(?:d[e]b|a[r]chive)\.(?:d[e]bian|u[b]untu)\."
)
PROMISE = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b")
HASH_LINE = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?")
PINNED = re.compile(r"[a-z0-9._-]+==[^\s;]+( ; [^\\]+)? \\")


def _lines(tracked):
    for path in tracked:
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # a font, a picture, a workbook
        for number, line in enumerate(text.splitlines(), 1):
            yield path, number, line


def _found(tracked, root, pattern):
    return [f"{path.relative_to(root)}:{number}" for path, number, line in _lines(tracked) if pattern.search(line)]


def test_no_file_names_a_place_on_one_machine(tracked, root):
    assert not _found(tracked, root, MACHINE_PATH)


def test_no_file_names_a_package_index(tracked, root):
    assert not _found(tracked, root, PACKAGE_INDEX)


def test_no_promise_is_left_in_the_code(tracked, root):
    assert not _found([path for path in tracked if path.suffix in {".py", ".sh", ".md"}], root, PROMISE)


def test_records_of_choices_are_counted_through(root):
    heads = [path.read_text("utf-8").partition(".")[0] for path in sorted((root / "docs/adr").glob("*.md"))]
    names = [path.name[:4] for path in sorted((root / "docs/adr").glob("*.md"))]
    assert heads == [f"# {number}" for number in range(1, len(names) + 1)]
    assert names == [f"{number:04d}" for number in range(1, len(names) + 1)]


def test_every_locked_package_has_a_version_and_hashes_only(root):
    lines = (root / "requirements.lock").read_text("utf-8").splitlines()
    odd = [line for line in lines if not line.startswith("#") and not HASH_LINE.fullmatch(line)]
    assert odd
    assert not [line for line in odd if not PINNED.fullmatch(line)]


def _names(root):
    """Direct dependencies as pyproject.toml names them, extras and versions cut off."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    asked = project["dependencies"] + [one for extra in project["optional-dependencies"].values() for one in extra]
    return {re.match(r"[A-Za-z0-9._-]+", one)[0].lower().replace("_", "-") for one in asked}


def test_the_lock_holds_every_direct_dependency(root):
    locked = {line.partition("==")[0] for line in (root / "requirements.lock").read_text("utf-8").splitlines()}
    assert not _names(root) - locked, "say make lock"


def test_the_notices_name_every_direct_dependency(root):
    notices = (root / "THIRD_PARTY_NOTICES.md").read_text("utf-8").lower()
    assert not {name for name in _names(root) if f"| {name} |" not in notices}
