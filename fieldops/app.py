"""The application: which features there are, who hears of what, and the HTTP face of it all."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fieldops.accounts import api as accounts_api
from fieldops.addresses import api as addresses_api
from fieldops.addresses.gazetteer import GAZETTEER
from fieldops.agents import api as agents_api
from fieldops.agents.intake import CREWS
from fieldops.auth.tokens import Tokens
from fieldops.batching import api as batching_api
from fieldops.batching import handlers as batching_handlers
from fieldops.cases import api as cases_api
from fieldops.cases.intake import CALLS, CASES, FLAGS_FILE, REPAYMENTS
from fieldops.console import api as console_api
from fieldops.correspondence import api as correspondence_api
from fieldops.correspondence import handlers as correspondence_handlers
from fieldops.correspondence.book import CUSTODY_BOOK, LETTER_BOOK
from fieldops.correspondence.desk import mail_api, posting_api, printing_api, register_api, stock_api
from fieldops.correspondence.mail.intake import RECEIPTS, TRACKING
from fieldops.evidence import api as evidence_api
from fieldops.evidence import tus
from fieldops.imports import api as imports_api
from fieldops.imports.kinds import offer
from fieldops.packs import api as packs_api
from fieldops.planning import api as planning_api
from fieldops.planning import handlers as planning_handlers
from fieldops.policies import api as policies_api
from fieldops.policies import books
from fieldops.results import api as results_api
from fieldops.sync import api as sync_api
from fieldops.sync import handlers as sync_handlers
from fieldops.tasks import api as tasks_api
from fieldops.timeline import api as timeline_api
from fieldops.visits import api as visits_api
from fieldops.visits import handlers as visits_handlers
from fieldops.visits.book import VISIT_BOOK
from fieldops.web import Web, api_for

if TYPE_CHECKING:
    from fieldops.house import House

VERSION = "0.1.0"
BLUEPRINTS = (
    accounts_api.blueprint,
    addresses_api.blueprint,
    agents_api.blueprint,
    agents_api.people,
    agents_api.recorders,
    batching_api.blueprint,
    cases_api.blueprint,
    cases_api.filed,
    correspondence_api.blueprint,
    printing_api.blueprint,
    posting_api.blueprint,
    mail_api.blueprint,
    register_api.blueprint,
    stock_api.blueprint,
    evidence_api.blueprint,
    evidence_api.uploads,
    evidence_api.chains,
    imports_api.blueprint,
    packs_api.blueprint,
    planning_api.blueprint,
    policies_api.blueprint,
    policies_api.calendars,
    results_api.blueprint,
    results_api.cards,
    sync_api.blueprint,
    sync_api.phones,
    sync_api.recalled,
    tasks_api.blueprint,
    timeline_api.blueprint,
    visits_api.blueprint,
    visits_api.choices,
)
TABLES = (
    "addresses",
    "agents",
    "auth",
    "batching",
    "cases",
    "contacts",
    "correspondence",
    "evidence",
    "imports",
    "packs",
    "planning",
    "policies",
    "results",
    "roads",
    "sync",
    "tasks",
    "visits",
)

for feature in TABLES:  # a foreign key finds its table only when every feature's models are known
    import_module(f"fieldops.{feature}.models")

# jobs are known once their modules are
for module in ("paper.rendering", "paper.reprint_files", "mail.handover_files", "register_prints", "reconciling"):
    import_module(f"fieldops.correspondence.{module}")
import_module("fieldops.addresses.judging")
for feature in ("cases", "packs", "visits", "correspondence", "evidence", "sync"):
    import_module(f"fieldops.{feature}.jobs")
for module in ("solving", "explaining", "publishing", "closing"):
    import_module(f"fieldops.planning.{module}")

books.offer(VISIT_BOOK, LETTER_BOOK, CUSTODY_BOOK)
offer(CASES, CALLS, REPAYMENTS, FLAGS_FILE, GAZETTEER, CREWS, TRACKING, RECEIPTS)


def register_handlers() -> None:
    """Who hears of what: the features above listen to the events of those below, in this order."""
    visits_handlers.register_handlers()
    batching_handlers.register_handlers()
    planning_handlers.register_handlers()
    sync_handlers.register_handlers()
    correspondence_handlers.register_handlers()


def create_app(house: House) -> Web:
    """The WSGI application of one house."""
    register_handlers()
    app = Web("fieldops", static_folder=None)
    app.house = house
    app.tokens = Tokens(house.settings.secret)
    app.config.update(
        API_TITLE="fieldops",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
    )
    app.register_blueprint(console_api.blueprint)
    api = api_for(app)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix=f"/api/v1{blueprint.url_prefix or ''}")
    app.wsgi_app = tus.overriding(app.wsgi_app)  # type: ignore[assignment, method-assign]
    return app
