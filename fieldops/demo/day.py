"""One whole day through the HTTP API, by one person per role, with every trap sprung and every figure counted."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import TYPE_CHECKING, Any

from fieldops.clock import SHANGHAI, DemoClock
from fieldops.demo import traps
from fieldops.demo.caseload import Folder
from fieldops.demo.client import ApiError, Client
from fieldops.demo.crews import Crews
from fieldops.demo.desk import Desk
from fieldops.demo.furnish import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fieldops.house import House

PLAN_BUDGET_S = 50
LETTERS_AT_MOST = 60
_IMPORT_S, _PLAN_S = 120, 240
_BULK = 200


class Day:
    """The evening before and the visiting day."""

    def __init__(
        self,
        house: House,
        base_url: str,
        caseload: Path,
        own_files: Path,
        on_date: date,
        *,
        budget_s: int = PLAN_BUDGET_S,
        say: Callable[[str], object],
    ) -> None:
        assert isinstance(house.clock, DemoClock)
        self._clock = house.clock
        self._house = house
        self._base_url = base_url
        self._folder = Folder(caseload)
        self._own_files = own_files
        self._eve, self._day = on_date - timedelta(days=1), on_date
        self._budget_s = budget_s
        self._say = say
        self._people: dict[str, Client] = {}
        self.seconds: dict[str, float] = defaultdict(float)
        self.figures: dict[str, Any] = {}
        self.held: dict[str, bool] = {}
        self.failed: list[str] = []

    def drive(self) -> dict[str, Any]:
        """Live through it all and return the summary."""
        self._import_everything()
        self._ask_for_visits()
        self._approve()
        desk = Desk(self._person, self._folder, self._eve, self.held)
        with self._timed("letters"):
            self.figures |= desk.send_letters(LETTERS_AT_MOST)
        self._clock.move_to(_at(self._eve, 18))
        self._plan()
        self._visiting_day(desk)
        self._check_everything()
        return self._summary()

    # -- the evening before ---------------------------------------------------------------------------------------

    def _import_everything(self) -> None:
        traps.plant(self._own_files, self._folder.sites(), self._eve)
        planted = [("cases", self._own_files / "trap-cases.xlsx"), ("calls", self._own_files / "trap-calls.csv")]
        with self._timed("import"):
            done = [(kind, self._import(kind, file)) for kind, file in [*self._folder.files(), *planted]]
        cases = list(self._person("business_dept").pages("/cases"))
        self.figures |= {
            "cases": len(cases),
            "planted_cases": len(traps.PLANTED),
            "calls": sum(came["created"] for kind, came in done if kind == "calls"),
            "import_errors": sum(came["errors"] for _, came in done),
        }
        self._case_ids = {case["case_no"]: case["id"] for case in cases}
        self._say(f"  {len(cases)} cases imported")

    def _import(self, kind: str, file: Path) -> dict[str, Any]:
        business = self._person("business_dept")
        begun = business.upload(f"/imports/{kind}", file)
        done = business.wait_for(
            f"/imports/{begun['id']}", lambda job: job["state"] in {"DONE", "REFUSED"}, seconds=_IMPORT_S
        )
        if done["state"] == "REFUSED":
            self.failed.append(f"import of {file.name} refused: {done['refusal']}")
        return done

    def _ask_for_visits(self) -> None:
        """The phone collectors request a visit to the best address for every case; the rules answer each."""
        self._verdicts: dict[str, str] = {}
        self._codes: dict[str, list[str]] = {}
        collector = self._person("phone_collector")
        asked = {"purpose": "COLLECT", "reason": "LOST", "goal": "核实住址，告知还款渠道"}
        with self._timed("rules"):
            answer = collector.post("/visits/bulk", {"case_ids": list(self._case_ids.values()), **asked})
        for outcome in answer["rows"]:
            for case_no in outcome["case_nos"]:
                self._verdicts[case_no] = outcome["verdict"] or "REJECT"
                self._codes[case_no] = outcome["codes"]
        counted = Counter(self._verdicts.values())
        self.figures["verdicts"] = {name: counted[name] for name in ("PASS", "REVIEW", "REJECT")}
        self._check_agreement()
        self.held |= {
            "no_recorded_call": "VR-010" in self._codes[traps.NO_RECORDED_CALL.case_no],
            "below_threshold_4999_99": "VR-020" in self._codes[traps.JUST_BELOW.case_no],
            "at_threshold_5000_00": self._verdicts[traps.EXACTLY_ENOUGH.case_no] == "PASS",
        }
        self._say(f"  verdicts {self.figures['verdicts']}")

    def _check_agreement(self) -> None:
        """Where the folder says what should come out, it must."""
        for case_no, wanted, must_have in self._folder.expected():
            got = self._verdicts.get(case_no)
            agrees = got in {"REVIEW", "REJECT"} if wanted == "NOT_PASS" else got == wanted
            if not agrees or (must_have and must_have not in self._codes[case_no]):
                self.failed.append(f"{case_no} is {got} {self._codes.get(case_no)}, expected {wanted} {must_have}")

    def _approve(self) -> None:
        supervisor = self._person("supervisor")
        with self._timed("rules"):
            waiting = [v for v in supervisor.pages("/visits", status="PENDING_REVIEW") if v["verdict"] == "PASS"]
            for start in range(0, len(waiting), _BULK):
                rows = [{"visit_id": visit["id"]} for visit in waiting[start : start + _BULK]]
                supervisor.post("/visits/approve", {"rows": rows})
        self._say(f"  {len(waiting)} clean visits approved")

    def _plan(self) -> None:
        supervisor, on_date = self._person("supervisor"), self._day.isoformat()
        self.figures["approved"] = sum(1 for _ in supervisor.pages("/visits", status="APPROVED"))
        with self._timed("batch"):
            self._batches = supervisor.post("/batches", {"on_date": on_date})
        with self._timed("plan"):
            asked = supervisor.post("/plans", {"on_date": on_date, "budget_s": self._budget_s})
            plan = supervisor.wait_for(
                f"/plans/{asked['id']}", lambda made: made["status"] in {"OPTIMISED", "FAILED"}, seconds=_PLAN_S
            )
            if plan["status"] == "FAILED":
                raise ApiError(500, {"code": "PLAN_FAILED", "detail": plan["failure"]})
            published = supervisor.post(f"/plans/{asked['id']}/publish")
        self._plan_id = asked["id"]
        left_out = supervisor.get(f"/plans/{asked['id']}/left-out")
        totals = published["plan"]["totals"]
        self.figures |= {
            "areas": totals["areas"],
            "crews": totals["crews"],
            "planned": totals["planned"] - len(published["withdrawn"]),
            "left_out": len(left_out),
            "left_out_with_reason": sum(1 for row in left_out if row["reason"] and row["message_zh"]),
        }
        impossible = self._visit_of(traps.IMPOSSIBLE_STOP)
        self.held["impossible_stop"] = any(row["visit_id"] == impossible for row in left_out)
        self._say(f"  {self.figures['planned']} visits planned for {totals['crews']} crews in {totals['areas']} areas")

    # -- the visiting day -----------------------------------------------------------------------------------------

    def _visiting_day(self, desk: Desk) -> None:
        self._clock.move_to(_at(self._day, 7))
        with self._timed("import"):
            traps.plant(self._own_files, self._folder.sites(), self._day)
            self._import("cases", self._folder.refreshed(self._own_files, self._eve))
            self._import("cases", self._own_files / "trap-cases.xlsx")
        crews = Crews(self._base_url, self._person("sysadmin"), self._person("supervisor"), self._own_files)
        self._clock.move_to(_at(self._day, 8))
        with self._timed("sync"):
            crews.start_day(self._plan_id, self._clock.now())
        paid_at = _at(self._day, 9)
        self._clock.move_to(paid_at)
        with self._timed("import"):
            self._import("repayments", traps.payment_file(self._own_files, paid_at))
        pays, demolished = self._visit_of(traps.PAYS_AFTER_APPROVAL), self._visit_of(traps.DEMOLISHED)
        with self._timed("sync"):
            self._clock.move_to(_at(self._day, 13))
            crews.work_until(self._clock.now(), found_demolished=demolished)
            self.held |= crews.spring_traps(self._clock.now(), recalled=pays)
        self._clock.move_to(_at(self._day, 14))
        with self._timed("letters"):
            desk.ask_for_reported_address(self._case_ids[traps.DEMOLISHED.case_no])
        with self._timed("sync"):
            crews.send_evidence()
        with self._timed("letters"):
            desk.ask_for_dead_address(self._case_ids[traps.DEMOLISHED.case_no])
        with self._timed("sync"):
            self._clock.move_to(_at(self._day, 20, 30))
            crews.work_until(self._clock.now())
            crews.send_evidence()
        paid = self._person("supervisor").get(f"/visits/{pays}")
        self.held["pays_after_approval"] = self.held.pop("recalled_from_phone") and paid["status"] == "CANCELLED"
        with self._timed("sync"):
            self._red_in_books = crews.red_in_books()
        self.figures |= {"results": crews.results, "recalled": crews.recalled, "evidence": crews.evidence}
        self._say(f"  {crews.results} results, {crews.recalled} recalled")

    def _visit_of(self, trap: traps.Trap) -> str:
        found = self._person("supervisor").get("/visits", case_no=trap.case_no)["items"]
        return str(found[0]["id"])

    # -- the reckoning --------------------------------------------------------------------------------------------

    def _check_everything(self) -> None:
        register = self._person("admin_clerk").post("/register/verify")
        checks = {
            "every visit left out has a reason": self.figures["left_out"] == self.figures["left_out_with_reason"],
            "at least 98 % of what crews can hold is planned": self.figures["planned"] >= 0.98 * self._holdable(),
            "the register verifies": not register["findings"],
            "letters were handed over": self.figures["registered"] > 0,
            "results came back": self.figures["results"] > 0,
            "all evidence came in": self.figures["evidence"] == self.figures["results"],
            "every receipt book is whole": self._red_in_books == 0,
        }
        self.failed += [name for name, held in checks.items() if not held]
        self.failed += [f"trap not held: {name}" for name, held in self.held.items() if not held]

    def _holdable(self) -> int:
        """What the day can hold: the approved visits but the impossible one, or twelve a crew."""
        return min(int(self.figures["approved"]) - 1, 12 * self._folder.count("crews"))

    def _summary(self) -> dict[str, Any]:
        files = f"{self._house.settings.home} (files in demo/, logs in log/, letters in store/)"
        return {
            **self.figures,
            "seconds": {
                name: round(self.seconds[name], 1) for name in ("import", "rules", "batch", "plan", "sync", "letters")
            },
            "traps": self.held,
            "failed": self.failed,
            "checks_failed": len(self.failed),
            "files": files,
        }

    def _person(self, name: str) -> Client:
        if name not in self._people:
            client = Client(self._base_url)
            client.log_in(name, PASSWORD)
            self._people[name] = client
        return self._people[name]

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds[step] += time.monotonic() - begun


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, clock_time(hour, minute), SHANGHAI)
