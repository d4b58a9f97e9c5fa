"""A view is one service call: who, etag, arguments and response above it, nothing clever inside."""

import ast

LONGEST_VIEW = 8
METHODS = {"get", "post", "put", "patch", "delete", "route"}
FORBIDDEN_CALLS = {"commit", "rollback", "execute", "scalar", "scalars", "query", "flush"}


def _is_route(decorator):
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(call, ast.Attribute) and call.attr in METHODS


def _views(source):
    """Functions with a route of their own, and the methods of classes that have one."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef) and any(map(_is_route, node.decorator_list)):
            yield node
        if isinstance(node, ast.ClassDef) and any(map(_is_route, node.decorator_list)):
            yield from (method for method in node.body if getattr(method, "name", None) in METHODS)


def _views_of_the_house(product):
    apis = [source for source in product if source.stem.split("_")[-1] == "api"]
    return [(f"{source.path}:{view.lineno} {view.name}", view) for source in apis for view in _views(source)]


def _body(view):
    return view.body[1:] if ast.get_docstring(view, clean=False) is not None else view.body


def test_views_are_found_at_all(product):
    apis = [source for source in product if source.stem.split("_")[-1] == "api"]
    without = [source.path for source in apis if not list(_views(source))]
    assert not without, f"these declare no view that this test can see: {without}"


def test_views_have_at_most_eight_lines(product):
    views = [(name, _body(view)) for name, view in _views_of_the_house(product)]
    longer = [name for name, body in views if body and body[-1].end_lineno - body[0].lineno + 1 > LONGEST_VIEW]
    assert not longer


def test_views_catch_nothing_and_touch_no_transaction(product):
    clever = [
        f"{name} line {node.lineno}"
        for name, view in _views_of_the_house(product)
        for node in ast.walk(view)
        if isinstance(node, ast.Try)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FORBIDDEN_CALLS)
    ]
    assert not clever


FREE = {"goal", "reason", "comment", "note", "waiver_reason", "reply", "detail", "remark", "who"}


def test_what_people_type_in_their_own_words_is_screened_for_personal_numbers(product):
    """``Words`` instead of ``fields.String`` in whatever is read, unless it is chosen from a list."""
    open_text = [
        f"{source.path}:{line.lineno} {line.targets[0].id}"
        for source in product
        if source.stem.endswith("schemas")
        for schema in source.tree.body
        if isinstance(schema, ast.ClassDef) and schema.name.endswith("In")
        for line in schema.body
        if isinstance(line, ast.Assign) and line.targets[0].id in FREE
        if "fields.String(" in ast.unparse(line.value) and "OneOf" not in ast.unparse(line.value)
    ]
    assert not open_text
