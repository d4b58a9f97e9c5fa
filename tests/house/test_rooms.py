"""Every feature has the same rooms, each only if needed; what else it has is declared here and says its purpose."""

import ast
from pathlib import Path

ROOMS = {"__init__", "rules", "models", "queries", "service", "schemas", "api", "events", "handlers", "jobs", "facts"}
NO_FEATURES = {"migrations"}
MORE_ROOMS = {  # by feature, modules that are none of these; the first line of each says what it is for
    "addresses": {
        "catalogue",
        "check",
        "counting",
        "datums",
        "divisions",
        "editions",
        "gazetteer",
        "grades",
        "intake",
        "judging",
        "keys",
        "locating",
        "mentions",
        "names",
        "normalise",
        "numerals",
        "order",
        "parse",
        "points",
        "postcode",
        "region",
        "register",
        "repair",
        "scope",
        "showing",
        "suitability",
        "towns",
        "typos",
        "verdict",
        "words",
        "zones",
    },
    "agents": {"eligibility", "intake", "places"},
    "auth": {"roles", "tokens"},
    "batching": {"areas", "gate"},
    "cases": {
        "complaints",
        "finding",
        "intake",
        "landing_banks",
        "landing_calls",
        "landing_cases",
        "landing_corrections",
        "landing_debtors",
        "landing_flags",
        "landing_repayments",
        "ledger",
        "lifecycle",
        "repair",
        "states",
        "terms",
        "third_parties",
    },
    "correspondence": {
        "accepting",
        "approval",
        "book",
        "counting",
        "custody",
        "decisions",
        "differences",
        "figures",
        "gates",
        "letter_answers",
        "mail_models",
        "mail_queries",
        "moves",
        "outcomes",
        "paper_answers",
        "paper_rules",
        "reconciling",
        "register",
        "register_prints",
        "senders",
        "settling",
        "sheet_models",
        "stock_models",
        "terms",
        "watching",
    },
    "correspondence/desk": {
        "mail_api",
        "mail_schemas",
        "paper_schemas",
        "posting_api",
        "printing_api",
        "register_api",
        "register_schemas",
        "stock_api",
        "stock_schemas",
    },
    "correspondence/mail": {
        "amendments",
        "crew_delivery",
        "evidence",
        "handover_files",
        "intake",
        "journey",
        "lists",
        "numbers",
        "posting",
        "receipts",
        "remailing",
        "tracking",
        "undoing",
    },
    "correspondence/paper": {
        "batch_count",
        "certificates",
        "gate",
        "papers",
        "printing",
        "proof",
        "rendering",
        "reprint_files",
        "reprinting",
        "stock",
    },
    "demo": {
        "binding",
        "caseload",
        "chain",
        "client",
        "crews",
        "day",
        "desk",
        "evidence",
        "furnish",
        "phone",
        "phone_file",
        "running",
        "sample",
        "traps",
    },
    "evidence": {"audit_days", "chain", "formats", "keeping", "loose", "receiving", "sealed", "seals", "tus"},
    "imports": {"converters", "files", "kinds", "landing", "reading", "running", "xlsx", "xlsx_parts"},
    "planning": {
        "asking",
        "calling_off",
        "closing",
        "comparing",
        "days_ahead",
        "drawing",
        "explaining",
        "keeping",
        "moving",
        "problem",
        "publishing",
        "recheck",
        "replanning",
        "solving",
        "states",
        "stored",
        "trying",
        "who_may",
    },
    "packs": {"envelopes", "installing"},
    "policies": {
        "books",
        "calendar",
        "catalogue",
        "decision",
        "edition",
        "floors",
        "markdown",
        "ranges",
        "reading",
        "records",
        "replay",
        "sections",
        "stored",
        "tightening",
        "working_days",
    },
    "results": {
        "address_cards",
        "arrival",
        "codes",
        "consequences",
        "corrections",
        "reporting",
        "review",
        "revisits",
        "signals",
        "slots",
    },
    "roads": {"matrices", "services"},
    "sync": {
        "cards",
        "compression",
        "devices",
        "exchange",
        "feed",
        "hints",
        "keys",
        "objections",
        "positions",
        "pull",
        "push",
        "recalls",
        "retention",
        "scope",
        "series",
        "standing",
        "taking",
        "waiting",
    },
    "visits": {
        "accepting",
        "address_answers",
        "address_choice",
        "address_files",
        "approval",
        "balance_answers",
        "book",
        "case_answers",
        "chinese",
        "choosing",
        "deciding",
        "effects",
        "execution",
        "freshness",
        "files",
        "grouping",
        "moves",
        "outcomes",
        "paging",
        "plan_answers",
        "priority",
        "requesting",
        "screening",
        "states",
        "terms",
        "windows",
    },
}


def _feature_modules(product):
    """(feature, module) of every file under a feature of fieldops/; a feature may have features of its own."""
    paths = (Path(source.path) for source in product)
    inside = (path.relative_to("fieldops") for path in paths if path.parts[0] == "fieldops" and len(path.parts) > 2)
    return {(str(path.parent), path.stem) for path in inside if path.parts[0] not in NO_FEATURES}


def test_features_have_only_declared_rooms(product):
    undeclared = {
        f"{feature}/{module}"
        for feature, module in _feature_modules(product)
        if module not in ROOMS and module not in MORE_ROOMS.get(feature, {})
    }
    assert not undeclared, f"give it a place in a room, or declare it in MORE_ROOMS: {sorted(undeclared)}"


def test_declared_rooms_exist(product):
    declared = {(feature, module) for feature, modules in MORE_ROOMS.items() for module in modules}
    assert declared <= _feature_modules(product)


def test_every_module_says_what_it_is_for(product):
    silent = [source.path for source in product if source.stem != "__init__" and not ast.get_docstring(source.tree)]
    assert not silent


def test_services_take_the_session_first(product):
    """Whoever opened the transaction hands it in: the first thing to see at every call."""
    strangers = [
        f"{source.path}:{function.lineno} {function.name}"
        for source in product
        if source.stem == "service"
        for function in source.tree.body
        if isinstance(function, ast.FunctionDef)
        if "session" in [argument.arg for argument in (function.args.args + function.args.kwonlyargs)[1:]]
    ]
    assert not strangers
