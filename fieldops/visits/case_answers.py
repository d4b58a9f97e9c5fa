"""Answers about the cases and the debtor, the same for visits and letters: calls, holds, special statuses."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from fieldops.policies.catalogue import Answer, Asks, Moment, Severity, Used, day_of, no, unknown, yes
from fieldops.policies.edition import Policy
from fieldops.policies.records import to_plain
from fieldops.policies.sections import CallPolicy
from fieldops.visits.facts import PROVEN, CallFact, CaseFact, CaseFile, HoldFact, RequestFact, Row

STOPPING_HOLDS = ("BANK_PAUSE", "DO_NOT_COLLECT", "WITHDRAWAL_PENDING", "MANAGER", "DEATH", "CUSTODY", "LITIGATION")


class HasFile(Protocol):
    """Facts about a debtor, whatever the channel."""

    @property
    def file(self) -> CaseFile:
        """The debtor's file."""
        ...

    @property
    def request(self) -> RequestFact:
        """The request."""
        ...


def used(name: str, value: Any, row: Row | None = None) -> Used:
    """One value looked at, with the row it came from."""
    if row is None:
        return Used(name, to_plain(value))
    return Used(name, to_plain(value), row.ref, row.recorded_at.isoformat())


def visiting_day(facts: HasFile, now: Moment) -> date:
    """The day the request is for: the planned one, or today, whichever is later."""
    return max(now.day, facts.request.planned_on or now.day)


# -- the case -----------------------------------------------------------------------------------------------------


def case_is_active(facts: HasFile, _policy: Policy, _now: Moment) -> Answer:
    """Whether every case is ACTIVE."""
    seen = tuple(used("case.status", case.status, case) for case in facts.file.cases)
    for case in facts.file.cases:
        if case.status != "ACTIVE":
            return no(*seen, status=case.status, case=case.case_no)
    return yes(*seen)


def case_is_within_mandate(facts: HasFile, _policy: Policy, now: Moment) -> Answer:
    """Whether no case has expired by today or by the planned day; the last day itself is within."""
    day = visiting_day(facts, now)
    seen = (*(used("case.expiry_on", case.expiry_on, case) for case in facts.file.cases), used("day", day))
    known = [case.expiry_on for case in facts.file.cases if case.expiry_on]
    if known and min(known) < day:
        return no(*seen, expiry=min(known), day=day, d=(day - min(known)).days)
    return yes(*seen) if len(known) == len(facts.file.cases) else unknown("到期日", "expiry day", *seen)


def case_has_time_left(facts: HasFile, policy: Policy, now: Moment) -> Answer:
    """Whether more than the warning days remain; an expired case is another rule's business."""
    known = [(case.expiry_on, case) for case in facts.file.cases if case.expiry_on]
    if not known:
        return unknown("到期日", "expiry day")
    expiry_on, case = min(known, key=lambda pair: pair[0])
    left = (expiry_on - now.day).days
    seen = used("days_to_expiry", left, case)
    ample_on = now.day + timedelta(days=policy.visit.expiry_warn_days + 1)
    if 0 <= left <= policy.visit.expiry_warn_days:
        lead = policy.case.extension_lead_days
        return no(seen, d=left, lead=lead, ample=ample_on, more=(ample_on - expiry_on).days)
    return yes(seen)


# -- the calls ----------------------------------------------------------------------------------------------------


def _calls_before(facts: HasFile, case: CaseFact, scope: str, now: Moment) -> tuple[CallFact, ...]:
    before = facts.request.submitted_at or now.at
    return tuple(
        call
        for call in facts.file.calls
        if call.outbound and call.started_at < before and (scope == "DEBTOR_BANK" or call.case_ref == case.ref)
    )


def _seen_call(call: CallFact) -> Used:
    value = {"started_at": call.started_at, "callee": call.callee, "recording_id": call.recording_id}
    return used("call", value | {"connected": call.connected}, call)


def prior_call(terms: Callable[[Policy], CallPolicy]) -> Asks[Any]:
    """Whether every case has been called first, often enough, on a recorded line."""

    def asks(facts: HasFile, policy: Policy, now: Moment) -> Answer:
        wanted = terms(policy)
        seen: list[Used] = []
        for case in facts.file.cases:
            calls = _calls_before(facts, case, wanted.scope, now)
            fit = [
                call
                for call in calls
                if (call.recording_id or not wanted.require_recording) and (call.connected or not wanted.must_connect)
            ]
            seen += [_seen_call(call) for call in fit[-1:] or calls[-1:]]
            if len(fit) < wanted.min_prior:
                counted = used("qualifying_calls", len(fit), case)
                more = wanted.min_prior - len(fit)
                return no(*seen, counted, n=wanted.min_prior, case=case.case_no, more=more, **_such(wanted, facts, now))
        return yes(*seen)

    return asks


def _such(wanted: CallPolicy, facts: HasFile, now: Moment) -> dict[str, Any]:
    """Which calls count, and before when they must have begun, in both languages."""
    such = [(wanted.require_recording, "有录音", "recorded"), (wanted.must_connect, "已接通", "answered")]
    return {
        "such_zh": "、".join(zh for asked, zh, _ in such if asked) or "呼出",
        "such_en": " and ".join(en for asked, _, en in such if asked) or "outbound",
        "before": _minute(facts.request.submitted_at or now.at, now),
    }


def _minute(at: datetime, now: Moment) -> str:
    return f"{at.astimezone(now.zone):%Y-%m-%d %H:%M}"


def some_call_connected(facts: HasFile, policy: Policy, now: Moment) -> Answer:
    """Whether one of the prior calls was answered; without any call there is nothing to warn about."""
    calls = {
        call.ref: call
        for case in facts.file.cases
        for call in _calls_before(facts, case, policy.visit.calls.scope, now)
    }.values()
    if not calls or any(call.connected for call in calls):
        return yes(used("calls", len(calls)))
    if any(call.connected is None for call in calls):
        return unknown("接通情况", "whether calls were answered", used("calls", len(calls)))
    before = _minute(facts.request.submitted_at or now.at, now)
    return no(*(_seen_call(call) for call in list(calls)[-3:]), n=len(calls), before=before)


def newest_call_is_fresh(facts: HasFile, policy: Policy, now: Moment) -> Answer:
    """Whether the newest prior call is young enough; without any call there is nothing to warn about."""
    calls = [call for case in facts.file.cases for call in _calls_before(facts, case, policy.visit.calls.scope, now)]
    if not calls:
        return yes(used("calls", 0))
    newest = max(calls, key=lambda call: call.started_at)
    age = (now.day - day_of(newest.started_at, now.zone)).days
    seen = (_seen_call(newest), used("call_age_days", age))
    if age <= policy.visit.calls.max_age_days:
        return yes(*seen)
    return no(*seen, d=age, since=now.day - timedelta(days=policy.visit.calls.max_age_days))


# -- holds, complaints, special statuses --------------------------------------------------------------------------


def _standing(facts: HasFile, now: Moment, channel: str, kinds: tuple[str, ...]) -> tuple[HoldFact, ...]:
    return tuple(
        hold
        for hold in facts.file.holds
        if hold.kind in kinds
        and hold.channels in (channel, "ALL")
        and hold.from_on <= now.day
        and (hold.until_on is None or now.day <= hold.until_on)
        and (hold.released_at is None or hold.released_at > now.at)
    )


def _seen_hold(hold: HoldFact) -> Used:
    return used("hold", {"kind": hold.kind, "from_on": hold.from_on, "until_on": hold.until_on}, hold)


def no_hold(channel: str, kinds: tuple[str, ...]) -> Asks[Any]:
    """Whether no standing hold of these kinds covers the channel."""

    def asks(facts: HasFile, _policy: Policy, now: Moment) -> Answer:
        holds = [hold for hold in _standing(facts, now, channel, kinds) if not hold.in_default]
        if not holds:
            return yes(used("holds", len(facts.file.holds)))
        first = holds[0]
        return no(
            *map(_seen_hold, holds),
            kind=first.kind,
            until=first.until_on or "-",
            **_over(holds),
        )

    return asks


def _over(holds: list[HoldFact]) -> dict[str, Any]:
    """When these holds are over: by themselves on a day, or only once somebody releases them."""
    names = ", ".join(f"{hold.kind} {hold.ref}" for hold in holds)
    ends = [hold.until_on for hold in holds if hold.until_on is not None]
    if len(ends) < len(holds):
        return {"end_zh": f"解除停催（{names}），未定截止日", "end_en": f"A release of {names}; no end is set"}
    free_on = max(ends) + timedelta(days=1)
    return {
        "end_zh": f"{free_on}起自动恢复，或提前解除（{names}）",
        "end_en": f"From {free_on} on by itself, or an earlier release of {names}",
    }


def no_complaint_open(facts: HasFile, _policy: Policy, _now: Moment) -> Answer:
    """Whether no complaint is open: a major one rejects, others go to a person."""
    seen = tuple(used("complaint.grade", each.grade, each) for each in facts.file.complaints)
    if not seen:
        return yes(used("complaints", 0))
    grades = [each.grade for each in facts.file.complaints]
    major = "MAJOR" in grades
    grade = "MAJOR" if major else grades[0]
    weight = Severity.REJECT if major else Severity.REVIEW
    names = ", ".join(f"{each.grade} {each.ref}" for each in facts.file.complaints)
    end: Any = {"end_zh": f"{len(seen)}件投诉结案（{names}）", "end_en": f"{len(seen)} complaint(s) closed: {names}"}
    return no(*seen, severity=weight, grade=grade, **end)


def _statuses(kinds: Callable[[Policy], tuple[str, ...]], *, proven: bool | None) -> Asks[Any]:
    def asks(facts: HasFile, policy: Policy, _now: Moment) -> Answer:
        found = [
            each
            for each in facts.file.special_statuses
            if each.kind in kinds(policy) and proven in (None, each.proof == PROVEN)
        ]
        if not found:
            return yes(used("special_statuses", len(facts.file.special_statuses)))
        seen = (used("special_status", {"kind": each.kind, "proof": each.proof}, each) for each in found)
        names = ", ".join(f"{each.kind} {each.proof} {each.ref}" for each in found)
        end: Any = {"end_zh": f"解除特殊状态（{names}）", "end_en": f"The status lifted as disproved: {names}"}
        return no(*seen, kind=found[0].kind, **end)

    return asks


def ends_collection(kind: str, policy: Policy) -> bool:
    """Whether a special status, once proven, ends visits and letters; others only need a person."""
    return kind in (*policy.visit.banned_statuses, "DECEASED", "MINOR")


no_banned_status = _statuses(lambda policy: policy.visit.banned_statuses, proven=True)
no_claimed_status = _statuses(lambda policy: policy.visit.banned_statuses, proven=False)
not_deceased = _statuses(lambda _policy: ("DECEASED",), proven=None)
not_vulnerable = _statuses(lambda _policy: ("VULNERABLE",), proven=None)
_not_called_a_minor = _statuses(lambda _policy: ("MINOR",), proven=None)


def is_adult(facts: HasFile, policy: Policy, now: Moment) -> Answer:
    """Whether the debtor is of age today, and not registered as a minor."""
    said = _not_called_a_minor(facts, policy, now)
    born_on = facts.file.born_on
    if said.holds is False or born_on is None:
        return said if said.holds is False else unknown("出生日期", "day of birth")
    age = now.day.year - born_on.year - ((now.day.month, now.day.day) < (born_on.month, born_on.day))
    seen = used("age_years", age)
    if age >= policy.visit.adult_age_years:
        return yes(seen)
    of_age_on = _birthday(born_on, policy.visit.adult_age_years)
    left = (of_age_on - now.day).days
    return no(
        seen,
        end_zh=f"{of_age_on}年满{policy.visit.adult_age_years}周岁（尚差{left}天）",
        end_en=f"{of_age_on}, when the debtor turns {policy.visit.adult_age_years}: {left} days more",
    )


def _birthday(born_on: date, years: int) -> date:
    """The day somebody turns so old; who was born on 29 February does on 1 March."""
    try:
        return born_on.replace(year=born_on.year + years)
    except ValueError:
        return date(born_on.year + years, 3, 1)
