"""Answers about the request, its place among other visits, and the hour and crew it is planned with."""

import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from fieldops.policies.catalogue import Answer, Asks, Moment, Severity, day_of, no, unknown, yes
from fieldops.policies.edition import Policy
from fieldops.policies.sections import Window
from fieldops.visits.address_answers import ORG_WORK
from fieldops.visits.case_answers import HasFile, used, visiting_day
from fieldops.visits.facts import CrewFact, MemberFact, VisitFacts

GPS_ACCURACIES = 3

# -- the request --------------------------------------------------------------------------------------------------


def says_why(facts: HasFile, _policy: Policy, _now: Moment) -> Answer:
    """Whether purpose, reason and goal are all written down."""
    request = facts.request
    said = {"purpose": request.purpose, "reason": request.reason, "goal": request.goal}
    seen = used("request", said, request)
    missing = [name for name, text in said.items() if not (text and text.strip())]
    return no(seen, missing=", ".join(missing)) if missing else yes(seen)


def approver_is_another(facts: HasFile, _policy: Policy, _now: Moment) -> Answer:
    """Whether somebody else approves."""
    request = facts.request
    seen = (used("requester", request.requester, request), used("approver", request.approver, request))
    if request.approver is None:
        return unknown("审批人", "the approver", *seen)
    return no(*seen, who=request.requester) if request.approver == request.requester else yes(*seen)


def approval_is_fresh(valid_days: Callable[[Policy], int]) -> Asks[HasFile]:
    """Whether the approval still stands on the day of the visit."""

    def asks(facts: HasFile, policy: Policy, now: Moment) -> Answer:
        approved_at = facts.request.approved_at
        seen = used("approved_at", approved_at, facts.request)
        if approved_at is None:
            return unknown("审批时间", "when it was approved", seen)
        day, approved_on = visiting_day(facts, now), day_of(approved_at, now.zone)
        age = (day - approved_on).days
        seen_age = used("approval_age_days", age)
        if age <= valid_days(policy):
            return yes(seen, seen_age)
        since = day - timedelta(days=valid_days(policy))
        return no(seen, seen_age, d=age, since=since, day=day, late=(since - approved_on).days)

    return asks


def stays_in_branch(facts: HasFile, _policy: Policy, _now: Moment) -> Answer:
    """Whether the address lies in the requester's own branch area."""
    crosses = facts.request.crosses_branch
    seen = used("crosses_branch", crosses, facts.request)
    if crosses is None:
        return unknown("所属分公司区域", "the branch area", seen)
    return no(seen) if crosses else yes(seen)


# -- among other visits -------------------------------------------------------------------------------------------


def no_open_visit_here(facts: VisitFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether no other visit to the debtor at this address is on its way."""
    if not facts.open_visits:
        return yes(used("open_visits", 0))
    seen = (used("open_visit", {"no": each.no, "status": each.status}, each) for each in facts.open_visits)
    others = ", ".join(f"{each.no} ({each.status})" for each in facts.open_visits)
    return no(*seen, no=facts.open_visits[0].no, list=others)


def visits_are_spaced(facts: VisitFacts, policy: Policy, now: Moment) -> Answer:
    """Whether the last visit is long enough ago, and this one keeps within the number for 30 days."""
    day = visiting_day(facts, now)
    if not facts.done_visits:
        return yes(used("done_visits", 0))
    newest = max(facts.done_visits, key=lambda each: each.on)
    days = (day - newest.on).days
    recent = sum(1 for each in facts.done_visits if day - each.on < timedelta(days=30))
    seen = (used("last_visit_on", newest.on, newest), used("days_since", days), used("visits_in_30_days", recent))
    spaced = days >= policy.visit.min_days_between and recent + 1 <= policy.visit.max_per_30_days
    if spaced:
        return yes(*seen)
    free_on = _free_for_visits([each.on for each in facts.done_visits], policy)
    return no(*seen, d=days, m=recent, free=free_on, more=(free_on - day).days)


def _free_for_visits(done: list[date], policy: Policy) -> date:
    """The first day on which the interval has passed and fewer visits than the number lie within 30 days."""
    spaced_on = max(done) + timedelta(days=policy.visit.min_days_between)
    newest = sorted(done)[-policy.visit.max_per_30_days :] if policy.visit.max_per_30_days else [date.max]
    full = len(newest) == policy.visit.max_per_30_days
    return max(spaced_on, min(newest) + timedelta(days=30)) if full else spaced_on


def nothing_to_merge(facts: VisitFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether no other request could share this visit."""
    if not facts.mergeable:
        return yes(used("mergeable", 0))
    seen = (used("mergeable", each.no, each) for each in facts.mergeable)
    return no(*seen, list=", ".join(each.no for each in facts.mergeable), n=len(facts.mergeable))


# -- the hour -----------------------------------------------------------------------------------------------------


def _within(window: Window, arrive: datetime, leave: datetime) -> bool:
    if arrive.date() != leave.date():
        return False
    return window.opens <= arrive.time() and leave.time() <= window.closes


def hours_are_lawful(facts: VisitFacts, policy: Policy, now: Moment) -> Answer:
    """Whether the crew arrives and leaves within the hard window; leaving at its last minute is within."""
    window = policy.visit.hard_window
    if facts.slot is None:
        return unknown("到达时间", "the hour of the visit")
    arrive, leave = (each.astimezone(now.zone) for each in (facts.slot.arrive_at, facts.slot.leave_at))
    seen = (used("arrive_at", arrive, facts.slot), used("leave_at", leave, facts.slot))
    if _within(window, arrive, leave):
        return yes(*seen)
    return no(*seen, **_shift(window, arrive, leave))


def _shift(window: Window, arrive: datetime, leave: datetime) -> dict[str, Any]:
    """How far the visit must move to lie within the window, in minutes; a stay that crosses midnight cannot."""
    early = _minutes(window.opens) - _minutes(arrive.time())
    late = _minutes(leave.time()) - _minutes(window.closes) + 1440 * (leave.date() - arrive.date()).days
    parts = [
        (early, f"晚到{early}分钟", f"arrive {early} min later"),
        (late, f"早走{late}分钟", f"leave {late} min earlier"),
    ]
    return {
        "a": f"{window.opens:%H:%M}",
        "b": f"{window.closes:%H:%M}",
        "end_zh": "、".join(zh for by, zh, _ in parts if by > 0) or "改期",
        "end_en": " and ".join(en for by, _, en in parts if by > 0) or "another day",
    }


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute + (moment.second > 0)


def is_no_holiday(facts: VisitFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether the day of the visit is no statutory holiday."""
    day = facts.day
    if day is None or day.holiday is None:
        return unknown("节假日安排", "a holiday calendar for the day")
    seen = used("day", {"on": day.on, "holiday": day.holiday}, day)
    return no(seen, name=day.holiday, on=day.on) if day.holiday else yes(seen)


def workplace_is_open(facts: VisitFacts, policy: Policy, now: Moment) -> Answer:
    """Whether a workplace is visited in office hours; other addresses have none."""
    if facts.address.kind != ORG_WORK:
        return yes(used("address.kind", facts.address.kind, facts.address))
    if facts.slot is None:
        return unknown("到达时间", "the hour of the visit")
    window = policy.visit.work_window
    arrive, leave = (each.astimezone(now.zone) for each in (facts.slot.arrive_at, facts.slot.leave_at))
    seen = (used("arrive_at", arrive, facts.slot), used("leave_at", leave, facts.slot))
    if _within(window, arrive, leave) and arrive.isoweekday() in window.days:
        return yes(*seen)
    days = ", ".join(map(str, window.days))
    return no(*seen, **_shift(window, arrive, leave), days=days, weekday=arrive.isoweekday())


# -- the crew -----------------------------------------------------------------------------------------------------


def crew_is_of_size(facts: VisitFacts, policy: Policy, _now: Moment) -> Answer:
    """Whether the crew has as many members as a visit needs, and no more."""
    if facts.crew is None:
        return unknown("外访小组", "the crew")
    least, most = policy.visit.crew_min, policy.visit.crew_max
    count = len(facts.crew.members)
    seen = used("crew_members", count, facts.crew)
    if least <= count <= most:
        return yes(seen)
    end = (
        (f"增加{least - count}人", f"{least - count} more")
        if count < least
        else (f"减少{count - most}人", f"{count - most} fewer")
    )
    return no(seen, min=least, max=most, n=count, end_zh=end[0], end_en=end[1])


def _first(crew: CrewFact, bad: Callable[[MemberFact], bool]) -> MemberFact | None:
    return next((member for member in crew.members if bad(member)), None)


def members_are_eligible(facts: VisitFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether every member may visit for this bank."""
    if facts.crew is None:
        return unknown("外访小组", "the crew")
    seen = tuple(used("member", {"name": each.name, "eligible": each.eligible}, each) for each in facts.crew.members)
    barred = _first(facts.crew, lambda member: member.eligible is False)
    if barred:
        return no(*seen, name=barred.name, why=barred.why_not or "-")
    if _first(facts.crew, lambda member: member.eligible is None):
        return unknown("外访资格", "a member's eligibility", *seen)
    return yes(*seen)


def recorder_is_registered(facts: VisitFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether the crew carries a recorder the bank has on file."""
    if facts.crew is None:
        return unknown("录音录像设备", "the recorder")
    seen = used("recorder", {"serial": facts.crew.recorder, "registered": facts.crew.recorder_registered}, facts.crew)
    if not facts.crew.recorder or facts.crew.recorder_registered is False:
        return no(seen, serial=facts.crew.recorder or "-")
    return yes(seen) if facts.crew.recorder_registered else unknown("设备备案", "the recorder's registration", seen)


def crew_has_no_conflict(facts: VisitFacts, _policy: Policy, _now: Moment) -> Answer:
    """Whether no member is complained of by the debtor or related to them."""
    if facts.crew is None:
        return unknown("外访小组", "the crew")
    torn = _first(facts.crew, lambda member: bool(member.conflict))
    if torn is None:
        return yes(used("crew_members", len(facts.crew.members), facts.crew))
    return no(used("conflict", torn.conflict, torn), name=torn.name, conflict=torn.conflict)


def checkin_is_near(facts: VisitFacts, policy: Policy, _now: Moment) -> Answer:
    """Whether the phone was where the address is, as far as phone and point can tell."""
    position = facts.position
    if position is None:
        return unknown("签到位置", "the position at check-in")
    blur = max(GPS_ACCURACIES * position.accuracy_m, position.precision_m)
    seen = (used("distance_m", round(position.distance_m), position), used("blur_m", round(blur), position))
    near = max(policy.visit.checkin_warn_m, blur)
    if position.distance_m <= near:
        return yes(*seen)
    far = position.distance_m > max(policy.visit.checkin_review_m, blur)
    said: Any = {"m": round(position.distance_m), "near": round(near), "gap": math.ceil(position.distance_m - near)}
    return no(*seen, severity=Severity.REVIEW if far else Severity.WARN, **said)
