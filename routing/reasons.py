"""Why a stop is not in the plan: the catalogue of reasons, in Chinese and English, and of the limits they name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from routing.problem import LeftOut

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Reason:
    """One row: `proof` is a (impossible alone), b (does not fit), c (not worth it), d (needs another's place)."""

    code: str
    proof: str
    zh: str
    en: str


REASONS: Final = {
    row.code: row
    for row in (
        Reason("NO_CREW", "a", "当天没有外访小组", "no crew works on this day"),
        Reason("LOCKED_CREW_ABSENT", "a", "指定的小组{crew}当天不出勤", "its crew {crew} is not on duty"),
        Reason("NO_CREW_THAT_DAY", "a", "可上门的日期没有外访小组", "no crew works on any of its allowed days"),
        Reason("SKILL_MISSING", "a", "没有小组具备所需技能：{skills}", "no crew has the skills it needs: {skills}"),
        Reason("NEVER_OPEN", "a", "锁定时间与可上门时段没有交集", "its time lock and its windows do not meet"),
        Reason(
            "IMPOSSIBLE_ALONE",
            "a",
            "单独安排也不可行：{limit_zh}",
            "impossible even as a crew's only visit: {limit_en}",
        ),
        Reason(
            "OTHER_ADDRESS_TODAY",
            "a",
            "同一债务人当天优先安排另一地址{other}",
            "another address of the same debtor, {other}, goes first on this day",
        ),
        Reason("DAY_FULL", "b", "当天排不下：{limit_zh}", "it does not fit into this day: {limit_en}"),
        Reason(
            "COSTS_MORE",
            "c",
            "可以排入，但需多行驶{extra_min}分钟，超过其优先级的价值{worth_min}分钟",
            "it fits but would cost {extra_min} min of travel, more than the {worth_min} min its priority is worth",
        ),
        Reason(
            "DISPLACES",
            "d",
            "只有取消{other}才能排入；{limit_zh}",
            "it fits only if {other} is dropped, which is worth no less in the end; {limit_en}",
        ),
        Reason(
            "NOT_FOUND_IN_TIME",
            "b",
            "规定时间内未找到更好方案，但可排入小组{crew}",
            "not found within the time given, though crew {crew} could take it",
        ),
    )
}

LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    "WINDOW": ("小组{crew}比{stop}的时段结束晚到{by_min}分钟", "crew {crew} would reach {stop} {by_min} min too late"),
    "SHIFT": ("小组{crew}将超过下班时间{by_min}分钟", "crew {crew} would end {by_min} min after its shift"),
    "BREAK": ("小组{crew}的休息将晚{by_min}分钟", "the break of crew {crew} would be {by_min} min too late"),
    "DUTY": ("小组{crew}的在岗时长将超出{by_min}分钟", "crew {crew} would be {by_min} min over its hours"),
    "MAX_STOPS": ("小组{crew}已达到当天外访户数上限{limit}", "crew {crew} already has its {limit} visits"),
    "LOAD": ("小组{crew}的装载量将超出{by}", "crew {crew} would be {by} over its load"),
    "CREW": ("小组{crew}不能承接", "crew {crew} may not take it"),
    "POSITION": ("与小组{crew}已锁定的顺序冲突", "it breaks the locked order of crew {crew}"),
}

REPAIRS: Final[Mapping[str, tuple[str, str]]] = {
    "WINDOW": ("将{stop}的可上门时段延长{by_min}分钟", "open {stop} {by_min} min longer"),
    "SHIFT": ("小组{crew}下班延后{by_min}分钟", "end the shift of crew {crew} {by_min} min later"),
    "DUTY": ("小组{crew}在岗时长放宽{by_min}分钟", "allow crew {crew} {by_min} min more on duty"),
    "MAX_STOPS": ("小组{crew}增加{by}户上限", "allow crew {crew} {by} more visit"),
    "LOAD": ("小组{crew}装载上限增加{by}", "allow crew {crew} {by} more load"),
    "BREAK": ("小组{crew}的休息时段延后{by_min}分钟", "let the break of crew {crew} end {by_min} min later"),
}

ADVICE: Final[Mapping[str, tuple[str, str]]] = {
    "NO_CREW": ("请为当天排班", "roster a crew for this day"),
    "LOCKED_CREW_ABSENT": ("解除小组锁定，或安排该小组出勤", "unlock the stop, or roster that crew"),
    "NO_CREW_THAT_DAY": ("请在其可上门日期排班，或放宽日期", "roster a crew on one of its days, or allow more days"),
    "SKILL_MISSING": ("安排具备该技能的小组", "roster a crew with these skills"),
    "NEVER_OPEN": ("调整锁定时间或预约时段", "change the time lock or the appointment"),
    "IMPOSSIBLE_ALONE": ("核对地址坐标，或交就近机构外访", "check its point, or let an office near it go"),
    "OTHER_ADDRESS_TODAY": ("改排其他日期", "plan it for another day"),
    "NOT_FOUND_IN_TIME": ("排入小组{crew}第{place}位", "give it to crew {crew} as visit {place}"),
    "COSTS_MORE": ("提高优先级，或改日与附近外访合并", "raise its priority, or plan it with visits near it"),
}


def left_out(stop_id: str, code: str, detail: Mapping[str, object], repair: tuple[str, str] | None = None) -> LeftOut:
    """A reason with its texts filled in; without a proved repair the catalogue's advice stands."""
    words = {**detail}
    for lang, text in zip(("zh", "en"), LIMITS.get(str(detail.get("limit_code")), ("", "")), strict=True):
        words[f"limit_{lang}"] = text.format(**detail) if text else ""
    advice = ADVICE.get(code, ("", ""))
    zh, en = repair if repair is not None else (advice[0].format(**words), advice[1].format(**words))
    reason = REASONS[code]
    return LeftOut(
        stop_id=stop_id,
        reason=code,
        message_zh=reason.zh.format(**words),
        message_en=reason.en.format(**words),
        detail={"proof": reason.proof, **detail},
        repair_zh=zh,
        repair_en=en,
    )


def minutes(seconds: int) -> int:
    """Whole minutes, rounded up: a repair by these minutes is enough."""
    return math.ceil(seconds / 60)
