"""Operations of the API as tests walk through them, and real ids to call them with."""

import json
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

DESCRIPTION = Path(__file__).parents[2] / "docs/openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")
TABLES = {  # what an id of this name stands for
    "account_id": ("user_account",),
    "address_id": ("address",),
    "agent_id": ("agent",),
    "bar_id": ("agent_bank_block",),
    "batch_id": ("visit_batch", "print_batch"),
    "block_id": ("address_block",),
    "case_id": ("case",),
    "complaint_id": ("complaint",),
    "crew_id": ("crew",),
    "debtor_id": ("debtor",),
    "device_id": ("device",),
    "entry_id": ("do_not_contact",),
    "envelope_id": ("envelope_record",),
    "handover_id": ("handover_list",),
    "hold_id": ("hold",),
    "import_id": ("import_job",),
    "item_id": ("mail_item",),
    "letter_id": ("letter",),
    "list_id": ("handover_list",),
    "paper_id": ("agent_paper",),
    "plan_id": ("day_plan",),
    "print_batch_id": ("print_batch",),
    "registration_id": ("recorder_registration",),
    "print_id": ("register_print",),
    "repayment_id": ("repayment",),
    "result_id": ("visit_result",),
    "scan_id": ("scan",),
    "slot_id": ("evidence_file",),
    "status_id": ("special_status",),
    "task_id": ("task",),
    "template_id": ("letter_template",),
    "visit_id": ("visit",),
}
QUERY = {  # what a question must say, by the name of the parameter
    "cursor": 0,
    "from_on": "2026-11-01",
    "purpose": "quarterly inspection",
    "until_on": "2026-11-30",
    "wait": 0,
}
UNGUARDED = {"/api/v1/login", "/api/v1/mobile/devices/{device_id}/token"}  # they make tokens
JUNK = {"uuid": "00000000-0000-7000-8000-000000000000", "integer": "999", "string": "junk"}


class Operation(NamedTuple):
    """One method of one path, as described."""

    method: str
    path: str
    described: dict

    @property
    def body(self):
        """A body that is well-formed enough to be read by who asks first."""
        if self.path.endswith("/mobile/sync"):
            return {
                "protocol": 1, "schema": 1, "device_id": JUNK["uuid"], "epoch": None, "cursor": None,
                "client_time": datetime(2026, 11, 24, 1, tzinfo=UTC).isoformat(), "mutations": [],
            }  # fmt: skip
        return {}

    @property
    def junk_path(self):
        """The path with ids of nothing."""
        return re.sub(r"\{(\w+)\}", lambda found: JUNK[self._kind(found[1])], self.path)

    def _kind(self, name):
        schema = next(one["schema"] for one in self.described["parameters"] if one["name"] == name)
        return schema.get("format") or schema["type"]

    def query(self, ids):
        """What a question that is understood must say."""
        known = QUERY | {"held": ids["visit_id"][0]}
        asked = [one for one in self.described["parameters"] if one["in"] == "query"]
        return {one["name"]: known[one["name"]] for one in asked if one.get("required") or one["name"] == "wait"}

    @property
    def is_of_phones(self):
        """Whether it is answered to the token of a phone only."""
        return "/mobile/" in self.path

    def call(self, client):
        """Call it with junk."""
        if self.method == "get":
            understood = {"cursor": 0, "wait": 0} if self.path.endswith("/mobile/events") else {}
            return client.get(self.junk_path, query_string=understood)
        if "multipart/form-data" in self.described.get("requestBody", {}).get("content", {}):
            return client.open(self.junk_path, method=self.method.upper(), data={})
        return client.open(self.junk_path, method=self.method.upper(), json=self.body)


def operations(description=None):
    """Every operation of the description, the path's own parameters among each one's."""
    paths = (description or json.loads(DESCRIPTION.read_text("utf-8")))["paths"]
    for path, item in paths.items():
        for method in METHODS:
            if method in item:
                described = item[method]
                parameters = item.get("parameters", []) + described.get("parameters", [])
                yield Operation(method, path, described | {"parameters": parameters})


def name_of(operation):
    """How a test of this operation is called."""
    return f"{operation.method.upper()} {operation.path}"


def ids_of(house):
    """Real ids of a house by the name a parameter has, newest first, a few of each."""
    tables = sa.inspect(house.database.engine).get_table_names()
    found = {}
    with house.transaction() as session:
        for name, wanted in TABLES.items():
            for table in wanted:
                assert table in tables, (table, tables)
                column = name if table == "evidence_file" else "id"  # a slot's file has no id of its own
                rows = session.scalars(sa.text(f'SELECT {column} FROM "{table}" ORDER BY {column} DESC LIMIT 8'))
                found.setdefault(name, []).extend(str(one) for one in rows)
    return found


def is_uuid(text):
    """Whether a value has the form of an id."""
    try:
        uuid.UUID(text)
    except (ValueError, AttributeError, TypeError):
        return False
    return True
