"""The crews of the demo: a phone per crew that pulls its day, works it off and reports what it found."""

from __future__ import annotations

import base64
import struct
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fieldops.demo.client import Client
from fieldops.demo.furnish import PASSWORD
from fieldops.demo.phone import Phone

if TYPE_CHECKING:
    from pathlib import Path

_FOUND: tuple[dict[str, Any], ...] = (
    {"finding": "A01", "person": "P01", "outcome": "O06", "fields": {"reason": "对金额无异议，暂不还款"}},
    {"finding": "A03", "person": "P00", "outcome": "O23", "fields": {}},
    {"finding": "A01", "person": "P01", "outcome": "O03", "fields": {}},
    {"finding": "A02", "person": "P04", "outcome": "O10", "fields": {"text_id": "NEUTRAL-1"}},
    {"finding": "A03", "person": "P00", "outcome": "O23", "fields": {}},
    {"finding": "A01", "person": "P01", "outcome": "O07", "fields": {"hardship": "失业"}},
)
_DEMOLISHED = {"finding": "A06", "person": "P00", "outcome": "O23", "fields": {}}
_PROMISED = timedelta(days=5)
_DOOR = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqm"
    "x5moq6T/wAALCAAQABABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAAME/8QAHxAAAgAFBQAAAAAAAAAAAAAAAgMAAREUIRM0YnOx/9oACAEBAAA/"
    "AMYPXZNnaJpqBip0nguUDeuyVO0TTUPFTpLA8ogGwd2r8OB7BPazwI//2Q=="
)
"""A picture of a door, sixteen pixels wide."""
PHONES_AT_ONCE = 6


class Crews:
    """Every crew with a route, each with the phone of its leader."""

    def __init__(self, base_url: str, administrator: Client, supervisor: Client, files: Path) -> None:
        self._base_url = base_url
        self._administrator = administrator
        self._supervisor = supervisor
        self._files = files / "phones"
        self._phones: dict[str, Phone] = {}
        self._clients: dict[str, Client] = {}
        self._confirmed: tuple[str, str] | None = None
        self._held_at_start: dict[str, str] = {}
        self.results = self.evidence = 0

    def start_day(self, plan_id: str, now: datetime) -> None:
        """Give each leader an account and a phone, and let it pull the day; all crews at once, as in the morning."""
        self._files.mkdir(parents=True, exist_ok=True)
        routed = {stop["crew_id"] for stop in self._supervisor.get(f"/plans/{plan_id}/stops")}
        crews = [crew for crew in self._supervisor.get("/crews") if crew["id"] in routed]
        for crew in crews:
            self._open_account(crew["members"][0])
        with ThreadPoolExecutor(PHONES_AT_ONCE) as pool:
            list(pool.map(lambda crew: self._equip(crew, now), crews))

    def work_until(self, now: datetime, *, found_demolished: str | None = None) -> None:
        """Let every crew make the stops that lie behind it, and sync."""
        with ThreadPoolExecutor(PHONES_AT_ONCE) as pool:
            for code, confirmed in pool.map(lambda code: self._work(code, now, found_demolished), self._phones):
                self.results += len(confirmed)
                if confirmed:
                    self._confirmed = (code, confirmed[-1])

    def _work(self, code: str, now: datetime, found_demolished: str | None) -> tuple[str, list[str]]:
        """One crew's stops until now; the results the server has confirmed."""
        phone = self._phones[code]
        phone.sync(now)  # a recall must be seen before the crew goes on
        phone.acknowledge()
        for stop in phone.stops:
            if datetime.fromisoformat(stop["leaves_at"]) <= now:
                self._visit(phone, stop, demolished=stop["id"] == found_demolished)
        answers = phone.sync(now)
        phone.acknowledge()
        return code, [one for one, answer in answers.items() if answer == "APPLIED" and phone.kind_of(one) == "result"]

    def send_evidence(self) -> None:
        """Let every phone upload what it has recorded; by wireless, at the end of a half-day."""
        with ThreadPoolExecutor(PHONES_AT_ONCE) as pool:
            self.evidence += sum(len(arrived) for arrived in pool.map(_send, self._phones.values()))

    def red_in_books(self) -> int:
        """How many results the receipt books of all phones say are not whole, or come back; read in the evening."""
        with ThreadPoolExecutor(PHONES_AT_ONCE) as pool:
            return sum(len(red) for red in pool.map(lambda phone: phone.evidence.look_at_book(), self._phones.values()))

    def spring_traps(self, now: datetime, *, recalled: str) -> dict[str, bool]:
        """Push one result twice, and look whether the paid debtor's stop is off its phone and stopped at the gate."""
        assert self._confirmed is not None
        code, mutation_id = self._confirmed
        again = self._phones[code].sync(now, again=mutation_id)
        holder = self._held_at_start.get(recalled)
        off_phone = stopped = False
        if holder is not None:
            phone = self._phones[holder]
            off_phone = recalled in phone.recalled and all(stop["id"] != recalled for stop in phone.stops)
            off_phone &= not phone.acknowledge()  # the crew has seen it
            gate = self._clients[holder].get("/mobile/recalls", held=recalled)
            stopped = any(one["visit_id"] == recalled for one in gate["stop"])
        return {
            "result_pushed_twice": again.get(mutation_id) == "DUPLICATE",
            "recalled_from_phone": off_phone and stopped,
        }

    @property
    def recalled(self) -> int:
        """Visits that were recalled from phones."""
        return len({visit_id for phone in self._phones.values() for visit_id in phone.recalled})

    def _open_account(self, leader: dict[str, Any]) -> None:
        account = {"name": leader["code"].lower(), "display_name": leader["name"], "password": PASSWORD}
        self._administrator.post("/accounts", {**account, "roles": ["FIELD_AGENT"], "agent_id": leader["id"]})

    def _equip(self, crew: dict[str, Any], now: datetime) -> None:
        client = Client(self._base_url)
        client.log_in(crew["members"][0]["code"].lower(), PASSWORD)
        phone = Phone(client, self._files / f"{crew['code']}.sqlite")
        phone.register()
        phone.sync(now)
        self._phones[crew["code"]], self._clients[crew["code"]] = phone, client
        self._held_at_start |= {stop["id"]: crew["code"] for stop in phone.stops}

    def _visit(self, phone: Phone, stop: dict[str, Any], *, demolished: bool) -> None:
        """One stop: check in, then report. What is found follows the order of the stops, the same every time."""
        found = _DEMOLISHED if demolished else _FOUND[stop["sequence"] % len(_FOUND)]
        arrived, left = datetime.fromisoformat(stop["begins_at"]), datetime.fromisoformat(stop["leaves_at"])
        address = stop["address"]
        position = {"lat": address["lat"], "lon": address["lon"], "accuracy_m": 12.0}
        check_in = phone.report("check_in", stop["id"], {"visit_id": stop["id"], "position": position}, arrived)
        door = photo_of(f"{stop['no']} {left.isoformat()}")
        photo = phone.evidence.keep("PHOTO_DOOR", door, stop["id"], left)
        body = {
            "visit_id": stop["id"],
            "address_finding": found["finding"],
            "person_met": found["person"],
            "identity_verified": found["person"] == "P01",
            "identity_shown": True,
            "summary": "按地址上门，出示证件，情况已如实记录。",
            "next_step": "反馈办公室",
            "arrived_at": arrived.isoformat(),
            "left_at": left.isoformat(),
            "position": position,
            "lines": [_line(found, card, left) for card in stop["cards"]],
            "slots": [photo],
        }
        phone.report("result", stop["id"], body, left, depends_on=check_in)


def _line(found: dict[str, Any], card: dict[str, Any], at: datetime) -> dict[str, Any]:
    line = {"case_id": card["case_id"], "outcome": found["outcome"], **found["fields"]}
    if found["outcome"] == "O03":
        line |= {"promise_fen": card["amount_fen"], "promise_on": (at + _PROMISED).date().isoformat()}
    return line


def _send(phone: Phone) -> list[str]:
    phone.chain.send()
    return phone.evidence.send()


def photo_of(text: str) -> bytes:
    """A photo of a door, with a comment that makes it one of its own."""
    comment = text.encode()
    return _DOOR[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + _DOOR[2:]
