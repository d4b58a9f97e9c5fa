"""Documents written from the code: API, rule catalogues, address codes. ``--check`` finds the stale ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from fieldops.app import create_app
from fieldops.clock import Clock
from fieldops.db import Database
from fieldops.house import House
from fieldops.policies.markdown import render_rules_markdown
from fieldops.storage import open_store
from fieldops.vault import Vault

if TYPE_CHECKING:
    from fieldops.settings import Settings

ROOT = Path(__file__).parent.parent / "docs"


def documents(settings: Settings) -> dict[str, str]:
    """Every generated document by its name under ``docs/``; needs no database."""
    from fieldops.addresses.catalogue import render_codes_markdown  # noqa: PLC0415
    from fieldops.correspondence.paper_rules import CUSTODY_RULES  # noqa: PLC0415
    from fieldops.correspondence.rules import LETTER_RULES  # noqa: PLC0415
    from fieldops.visits.rules import VISIT_RULES  # noqa: PLC0415

    return {
        "openapi.json": openapi(settings),
        "visit-rules.md": render_rules_markdown(VISIT_RULES),
        "letter-rules.md": render_rules_markdown(LETTER_RULES, CUSTODY_RULES),
        "address-codes.md": render_codes_markdown(),
    }


def openapi(settings: Settings) -> str:
    """The OpenAPI description of every operation, as it is served."""
    unconnected = House(
        settings=settings,
        database=Database("postgresql://nowhere/none"),
        store=open_store(settings),
        clock=Clock(),
        vault=Vault(settings.secret),
    )
    spec = create_app(unconnected).test_client().get("/openapi.json").get_json()
    return json.dumps(spec, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def stale(settings: Settings) -> list[str]:
    """Names of documents that differ from what the code says."""
    return [
        name
        for name, text in documents(settings).items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != text
    ]


def write(settings: Settings) -> None:
    """Write every generated document."""
    for name, text in documents(settings).items():
        (ROOT / name).write_text(text, encoding="utf-8")
