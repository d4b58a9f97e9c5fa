"""Facts of a visit nobody objects to, at the demo clock; tests change one thing at a time."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from fieldops.policies.catalogue import Stage
from fieldops.policies.decision import ask
from fieldops.policies.reading import shipped_editions
from fieldops.visits.facts import (
    AddressCode,
    AddressFact,
    CallFact,
    CaseFact,
    CaseFile,
    ComplaintFact,
    CrewFact,
    DayFact,
    HoldFact,
    MemberFact,
    PromiseFact,
    RepaymentFact,
    RequestFact,
    SlotFact,
    StatusFact,
    VisitFacts,
)
from fieldops.visits.rules import VISIT_RULES

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)
RECORDED = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
POLICY = shipped_editions()[0]


def at(day: int, hour: int = 12, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


def a_case(ref: str = "case/1", **changes) -> CaseFact:
    values = {
        "case_no": ref.upper(),
        "bank": "示范银行A",
        "product": "信用卡",
        "status": "ACTIVE",
        "expiry_on": date(2026, 12, 31),
        "balance_fen": 800_000,
        "balance_as_of": date(2026, 11, 22),
        "overdue_days": 90,
    }
    return CaseFact(ref=ref, recorded_at=RECORDED, **(values | changes))


def a_call(ref: str = "call/1", **changes) -> CallFact:
    values = {
        "case_ref": "case/1",
        "outbound": True,
        "callee": "SELF",
        "started_at": at(20),
        "connected": True,
        "recording_id": "REC1",
    }
    return CallFact(ref=ref, recorded_at=RECORDED, **(values | changes))


def a_repayment(paid_at: datetime, fen: int, **changes) -> RepaymentFact:
    values = {
        "ref": "repayment/1",
        "recorded_at": RECORDED,
        "case_ref": "case/1",
        "amount_fen": fen,
        "paid_at": paid_at,
    }
    return RepaymentFact(**(values | changes))


def a_promise(due_on: date) -> PromiseFact:
    return PromiseFact(ref="promise/1", recorded_at=RECORDED, case_ref="case/1", due_on=due_on, amount_fen=100_000)


def a_hold(kind: str, **changes) -> HoldFact:
    values = {"ref": "hold/1", "channels": "ALL", "from_on": date(2026, 11, 18)}
    return HoldFact(recorded_at=RECORDED, kind=kind, **(values | changes))


def a_status(kind: str, proof: str) -> StatusFact:
    return StatusFact(ref=f"status/{kind}", recorded_at=RECORDED, kind=kind, proof=proof)


def a_complaint(grade: str) -> ComplaintFact:
    return ComplaintFact(ref=f"complaint/{grade}", recorded_at=RECORDED, grade=grade)


def a_file(*cases: CaseFact, **changes) -> CaseFile:
    values = {
        "cases": cases or (a_case(),),
        "calls": (a_call(),),
        "repayments": (),
        "promises": (),
        "holds": (),
        "special_statuses": (),
        "complaints": (),
        "born_on": date(1988, 1, 1),
    }
    return CaseFile(**(values | changes))


def a_code(code: str, visit: str, letter: str = "BLOCK", detail: str = "") -> AddressCode:
    return AddressCode(code=code, visit=visit, letter=letter, detail=detail)


def an_address(**changes) -> AddressFact:
    values = {
        "ref": "address/1",
        "kind": "HOME",
        "text": "北京市房山区拱辰街道首开东里13号楼4单元1002室",
        "label": "VALID",
        "codes": (),
        "register_state": "UNVERIFIED",
        "invalid": None,
        "mail_return": None,
        "source": "RESERVED",
        "belongs_to": "DEBTOR",
        "precision": "ROOFTOP",
        "postcode": "102400",
        "bank_provided": True,
    }
    return AddressFact(recorded_at=RECORDED, **(values | changes))


def a_request(**changes) -> RequestFact:
    values = {
        "ref": "visit/1",
        "purpose": "COLLECT",
        "reason": "EVASIVE",
        "goal": "面谈还款",
        "requester": "user/collector",
        "submitted_at": at(23, 8),
        "approver": "user/supervisor",
        "approved_at": at(23, 8, 30),
    }
    return RequestFact(recorded_at=RECORDED, **(values | changes))


def a_slot(arrive_at: datetime, leave_at: datetime) -> SlotFact:
    return SlotFact(ref="stop/1", recorded_at=RECORDED, arrive_at=arrive_at, leave_at=leave_at)


def a_day(holiday: str | None = "", on: date = date(2026, 11, 24)) -> DayFact:
    return DayFact(ref="calendar/2026-1", recorded_at=RECORDED, on=on, holiday=holiday)


def a_member(name: str = "袁轩", **changes) -> MemberFact:
    values = {"ref": f"agent/{name}", "name": name, "eligible": True}
    return MemberFact(recorded_at=RECORDED, **(values | changes))


def a_crew(*members: MemberFact, recorder: str | None = "DV0001", registered: bool | None = True) -> CrewFact:
    return CrewFact(
        ref="crew/C001",
        recorded_at=RECORDED,
        members=members or (a_member(), a_member("孙轩")),
        recorder=recorder,
        recorder_registered=registered,
    )


def visit_facts(**changes) -> VisitFacts:
    """A visit every rule lets pass; ``file`` fields and others are changed by name."""
    of_file = {name: changes.pop(name) for name in list(changes) if name in CaseFile.__dataclass_fields__}
    cases = of_file.pop("cases", ())
    values = {
        "file": a_file(*cases, **of_file),
        "address": an_address(),
        "addresses_before": (),
        "request": a_request(),
        "open_visits": (),
        "done_visits": (),
        "mergeable": (),
        "day": a_day(),
        "slot": a_slot(at(24, 10), at(24, 10, 20)),
        "crew": a_crew(),
    }
    return VisitFacts(**(values | changes))


def policy_with(**visit):
    return replace(POLICY, visit=replace(POLICY.visit, **visit))


def calls_policy_with(**calls):
    return policy_with(calls=replace(POLICY.visit.calls, **calls))


def decide(facts, policy=POLICY, stage=Stage.SUBMIT, now=NOW):
    return ask(VISIT_RULES, facts, policy, stage=stage, at=now)


def weigh(code, facts, policy=POLICY, stage=Stage.SUBMIT, now=NOW):
    """What one rule comes to: the outcome and the weight of its finding."""
    found = {each.code: each for each in decide(facts, policy, stage, now).findings}[code]
    return str(found.outcome), str(found.severity)


PASSED = ("PASSED", "PASS")
WARNED = ("FAILED", "WARN")
REVIEWED = ("FAILED", "REVIEW")
REJECTED = ("FAILED", "REJECT")
UNKNOWN = ("UNKNOWN", "REVIEW")
UNKNOWN_UNSAID = ("UNKNOWN", "PASS")
