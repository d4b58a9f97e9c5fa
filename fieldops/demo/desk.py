"""The letters of the demo: asked for, approved, printed, registered, handed over, by the people whose work it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fieldops.demo import traps
from fieldops.demo.client import ApiError, Client

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from fieldops.demo.caseload import Folder

SENDER = {
    "letter_word": "示范",
    "bank_phone": "400-000-0001",
    "bank_complaint_phone": "400-000-0002",
    "agency_name": "示范商务服务有限公司（样张）",
    "agency_address": "上海市黄浦区示范路1号",
    "agency_phone": "021-0000-0001",
    "agency_complaint_phone": "021-0000-0002",
}
POSTAGE_FEN = 450
_RENDER_S = 180
_POST_OFFICE = "示范邮政支局"


class Desk:
    """Clerk, supervisor and administration at their desks."""

    def __init__(self, person: Callable[[str], Client], folder: Folder, first_day: date, held: dict[str, bool]) -> None:
        self._person = person
        self._folder = folder
        self._first_day = first_day
        self._held = held
        self._waiting_letter = ""

    def send_letters(self, at_most: int) -> dict[str, Any]:
        """Send a first batch of letters, and one more for the number that is used twice; return the figures."""
        clerk, approver = self._person("admin_clerk"), self._person("admin_approver")
        approver.post("/number-ranges", {"first": "XA31000000001", "last": "XA31000010000"})
        approved, refused = self._ask_and_approve(at_most)
        *most, last = approved
        batch = self._print(most)
        items = clerk.post(f"/print-batches/{batch}/register", {"postage_fen": POSTAGE_FEN})["items"]
        single = self._print([last])
        self._use_twice(last, items[0]["tracking_no"])
        items += clerk.post(f"/print-batches/{single}/register", {"postage_fen": POSTAGE_FEN})["items"]
        lists = self._hand_over()
        self._certify(batch)
        printed = sum(clerk.get(f"/print-batches/{made}")["printed_quantity"] for made in (batch, single))
        return {"letters": printed, "letters_refused": refused, "registered": len(items), "handover_lists": lists}

    def _use_twice(self, letter_id: str, used: str) -> None:
        """Scan a number that is on another letter already: it must be refused by name."""
        asked = {"tracking_no": used, "postage_fen": POSTAGE_FEN}
        try:
            self._person("admin_clerk").post(f"/letters/{letter_id}/register", asked)
        except ApiError as error:
            self._held["number_used_twice"] = "LR-071" in str(error.problem)
        else:
            self._held["number_used_twice"] = False

    def ask_for_reported_address(self, case_id: str) -> None:
        """A letter to what the crew says is demolished, its photo still on the phone: LR-031 lets it wait, no more."""
        status, self._waiting_letter, answers = self._ask_after_visit(case_id)
        self._held["demolished_then_letter"] = status == "PENDING_REVIEW" and ("LR-031", "REVIEW") in answers

    def ask_for_dead_address(self, case_id: str) -> None:
        """The photo has come: LR-031 must stop the next letter, and the one that waited is out of circulation."""
        waited = self._person("supervisor").get(f"/letters/{self._waiting_letter}")["letter"]
        status, _, answers = self._ask_after_visit(case_id)
        grave = [code for code, severity in answers if severity == "REJECT"]
        stopped = status == "REJECTED" and grave == ["LR-031"] and waited["status"] == "CANCELLED"
        self._held["demolished_then_letter"] &= stopped

    def _ask_after_visit(self, case_id: str) -> tuple[str, str, list[tuple[str, str]]]:
        answer = self._person("phone_collector").post("/letters", {"case_id": case_id, "reason": "外访后寄送告知函"})
        why = self._person("supervisor").get(f"/letters/{answer['id']}")
        answers = [(finding["code"], finding["severity"]) for finding in why["decisions"][-1]["findings"]]
        return answer["status"], answer["id"], answers

    def _ask_and_approve(self, at_most: int) -> tuple[list[str], int]:
        """Ask for letters for evenly chosen cases, the trap among them; approve what the rules let pass."""
        for bank in {*self._folder.banks(), traps.BANK}:
            self._person("business_dept").put(f"/letter-senders/{quote(bank)}", SENDER)
        cases = list(self._person("phone_collector").pages("/cases"))
        step = max(1, len(cases) // (2 * at_most))
        chosen = [case["id"] for case in cases[::step] if not case["case_no"].startswith(traps.PREFIX)]
        chosen += [case["id"] for case in cases if case["case_no"] == traps.LETTER_TWICE.case_no]
        rows = [{"case_id": case_id, "reason": "电催后仍未还款，书面告知"} for case_id in chosen]
        asked = self._person("phone_collector").post("/letters/bulk", {"letters": rows})["outcomes"]
        made = [row["letter"] for row in asked if row["letter"] is not None]
        refused = sum(1 for letter in made if letter["status"] == "REJECTED") + len(asked) - len(made)
        clean = [
            letter["id"] for letter in made if letter["status"] == "PENDING_REVIEW" and letter["verdict"] == "PASS"
        ]
        wanted = [*clean[: at_most - 1], *clean[-1:]]
        answer = self._person("supervisor").post("/letters/approve", {"letter_ids": list(dict.fromkeys(wanted))})
        return [row["letter_id"] for row in answer["outcomes"] if row["problem"] is None], refused

    def _print(self, letter_ids: list[str]) -> str:
        clerk = self._person("admin_clerk")
        batch = clerk.post("/print-batches", {"letter_ids": letter_ids, "requested_quantity": len(letter_ids)})
        path = f"/print-batches/{batch['id']}"
        self._person("admin_approver").post(f"{path}/approve", {"quantity": len(letter_ids)})
        clerk.wait_for(path, lambda made: made["rendered_at"] is not None, seconds=_RENDER_S)
        letters = clerk.get(path)["letters"]
        clerk.post(f"{path}/printed", {"quantity": letters.get("GENERATED", 0) + letters.get("QUEUED", 0)})
        clerk.post(f"{path}/sealed")
        return str(batch["id"])

    def _hand_over(self) -> int:
        clerk = self._person("admin_clerk")
        made = clerk.post("/handover-lists", {"on_date": self._first_day.isoformat(), "post_office": _POST_OFFICE})
        path = f"/handover-lists/{made['id']}"
        clerk.wait_for(path, lambda made: bool(made["pdf_sha256"] and made["xlsx_sha256"]), seconds=_RENDER_S)
        clerk.post(f"{path}/hand-over")
        stamped = clerk.download(f"{path}/pdf")
        assert stamped.startswith(b"%PDF")
        scan = clerk.upload_bytes("/scans", "stamped-list.pdf", stamped)
        clerk.post(f"{path}/receipt", {"scan_sha256": scan["sha256"]})
        assert clerk.download(f"{path}/xlsx").startswith(b"PK")
        self._print_register(clerk)
        return len(list(clerk.pages("/handover-lists")))

    def _certify(self, batch: str) -> None:
        """The batch is counted, and that nothing of it is missing stands on paper."""
        clerk, path = self._person("admin_clerk"), f"/print-batches/{batch}"
        clerk.post(f"{path}/reconcile", {"in_custody": clerk.get(path)["count"]["expected"]})
        clerk.wait_for(path, lambda made: made["certificate_sha256"] is not None, seconds=_RENDER_S)
        assert clerk.download(f"{path}/certificate").startswith(b"%PDF")

    def _print_register(self, clerk: Client) -> None:
        """The register on paper, as it stands when the post has been."""
        last = list(clerk.pages("/register"))[-1]
        made = clerk.post("/register/prints", {"branch": last["branch"], "year": last["year"]})
        path = f"/register/prints/{made['id']}"
        clerk.wait_for(path, lambda made: bool(made["pdf_sha256"]), seconds=_RENDER_S)
        assert clerk.download(f"{path}/pdf").startswith(b"%PDF")
