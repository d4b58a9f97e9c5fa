"""Small files, small functions, no drawers."""

import ast
import re
from pathlib import Path

LONGEST_FILE = 350  # the house says about three hundred; this is where the door closes
LONGEST_TEST = 450  # examples are read one by one
LONGEST_FUNCTION = 50  # the house says forty
LONG_FOR_A_REASON = {  # path: why one file says it best
    "fieldops/migrations/versions/0001_first_house.py": "every table of the first house, as it was made",
    "fieldops/visits/rules.py": "the catalogue of visit rules, one row after the other",
    "routing/propose.py": "compiled kernels: numba's cache does not see a change in another file",
}
DRAWERS = {"util", "utils", "helper", "helpers", "common", "misc", "stuff", "shared", "lib", "tools"}


def _functions(tree):
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _lines_of(function):
    """Lines a function takes without its decorators and docstring."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 2 if body else 1


def _too_long(everything):
    lengths = {source.path: source.text.count("\n") for source in everything}
    return {
        path: lines
        for path, lines in lengths.items()
        if lines > (LONGEST_TEST if path.startswith("tests/") else LONGEST_FILE)
    }


def test_no_file_is_longer_than_a_reader_holds(everything):
    longer = {path: lines for path, lines in _too_long(everything).items() if path not in LONG_FOR_A_REASON}
    assert not longer, f"split by subject, or declare a catalogue in LONG_FOR_A_REASON: {longer}"


def test_the_list_of_long_files_is_up_to_date(everything):
    assert not LONG_FOR_A_REASON.keys() - _too_long(everything).keys()


def test_no_function_is_longer_than_a_screen(product):
    longer = {
        f"{source.path}:{function.lineno} {function.name}": _lines_of(function)
        for source in product
        if "migrations/versions" not in source.path
        for function in _functions(source.tree)
        if _lines_of(function) > LONGEST_FUNCTION
    }
    assert not longer, longer


def test_there_is_no_drawer_called_utils(everything):
    parts = {source.path: {part.removesuffix(".py") for part in Path(source.path).parts} for source in everything}
    assert not {path for path, names in parts.items() if names & DRAWERS}


def test_test_names_are_sentences(everything):
    short = {
        f"{source.path}: {function.name}"
        for source in everything
        if source.path.startswith("tests/")
        for function in _functions(source.tree)
        if function.name.startswith("test_") and len(re.findall(r"[^_]+", function.name)) < 4
    }
    assert not short


def test_tests_mirror_the_tree(root):
    rooms = {path.stem for package in ("fieldops", "letters", "routing") for path in (root / package).glob("*")}
    others = {"fieldops", "letters", "routing", "benchmarks", "house", "api", "e2e", "specimens", "acceptance"}
    folders = {path.name for path in (root / "tests").iterdir() if path.is_dir() and path.name[0] not in "._"}
    assert folders <= rooms | others
