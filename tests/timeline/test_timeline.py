"""What happened, in order: bank's rows, events from files and by hand, and what followed on visits and letters."""

import pytest

from fieldops.timeline.rules import TITLES, title_of
from tests.bank_files import case_row, take_in
from tests.visits.makers_of_visits import make_approved_visit, make_good_case

NOBODY = "01a20517-0000-7000-8000-000000000000"


def titles(client, path):
    answer = client.get(f"/api/v1{path}/timeline")
    assert answer.status_code == 200, answer.text
    return [each["title_zh"] for each in answer.json]


def test_what_a_file_brings_is_on_the_timeline_of_its_case(house, client_as):
    take_in(house, "cases", [case_row(1)])
    house.clock.advance(hours=1)
    pay = {"流水号": "P1", "案件编号": "C1", "还款金额": 5, "还款时间": "2026-11-23 10:00", "渠道": "柜台"}
    take_in(house, "repayments", [pay])
    house.clock.advance(hours=1)
    flags = [("委托方停催", None), ("一般投诉", None), ("在押", "部分")]
    rows = [{"案件编号": "C1", "类型": kind, "证明材料": proof, "开始日期": "2026-11-23"} for kind, proof in flags]
    take_in(house, "flags", rows)
    house.clock.advance(hours=1)
    take_in(house, "cases", [case_row(1, 欠款总额=7000)])
    supervisor = client_as("SUPERVISOR")
    (case,) = supervisor.get("/api/v1/cases?case_no=C1").json["items"]
    told = titles(supervisor, f"/cases/{case['id']}")
    assert told[:2] == ["银行数据", "还款"]
    assert set(told[2:-1]) == {"停催", "投诉", "特殊状态", "待办"}
    assert told[-1] == "银行数据"


def test_a_visit_tells_its_states_with_who_and_why(house, app, client_as):
    with house.transaction() as session:
        case = make_good_case(session)
        visit = make_approved_visit(session, house, case)
    house.clock.advance(minutes=5)
    supervisor = client_as("SUPERVISOR")
    body = {"kind": "BANK_PAUSE", "from_on": "2026-11-23", "reason": "委托方来函"}
    supervisor.post(f"/api/v1/cases/{case.id}/holds", json=body)
    told = supervisor.get(f"/api/v1/visits/{visit.id}/timeline").json
    assert [(each["title_zh"], each["was"], each["status"]) for each in told] == [
        ("申请外访", None, "PENDING_REVIEW"),
        ("批准外访", "PENDING_REVIEW", "APPROVED"),
        ("外访暂停", "APPROVED", "SUSPENDED"),
    ]
    assert told[-1]["actor"] == "supervisor"
    assert "BANK_PAUSE" in told[-1]["reason"]
    of_case = supervisor.get(f"/api/v1/cases/{case.id}/timeline").json
    assert [each["title_zh"] for each in of_case] == ["电催", "申请外访", "批准外访", "停催", "外访暂停"]
    assert of_case == sorted(of_case, key=lambda each: each["at"])
    assert of_case[-2]["reason"] == "委托方来函"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/cases/{NOBODY}", "CASE_UNKNOWN"),
        (f"/visits/{NOBODY}", "VISIT_UNKNOWN"),
        (f"/letters/{NOBODY}", "LETTER_UNKNOWN"),
    ],
)
def test_a_timeline_of_nothing_is_not_found(client_as, path, code):
    answer = client_as("SUPERVISOR").get(f"/api/v1{path}/timeline")
    assert (answer.status_code, answer.json["code"]) == (404, code)


def test_titles_are_in_both_languages_and_an_unknown_act_shows_its_own_name():
    assert all(zh != en and zh and en for zh, en in TITLES.values())
    assert title_of("cases.invent") == ("cases.invent", "cases.invent")
    assert title_of("visits.accept") == title_of("letters.accept") == ("认可疑点", "doubt accepted")


def test_every_step_a_visit_a_case_or_a_letter_takes_has_a_name():
    from fieldops.cases.states import CASE_STEPS, COMPLAINT_STEPS
    from fieldops.correspondence.moves import REQUEST_MOVES
    from fieldops.visits.effects import Effect
    from letters.states import ITEM_MOVES, LETTER_MOVES

    wanted = {f"cases.{code.lower()}" for code in CASE_STEPS} | {
        f"complaints.{code.lower()}" for code in COMPLAINT_STEPS
    }
    wanted |= {f"visits.{effect.name.lower()}" for effect in Effect if effect is not Effect.NONE}
    wanted |= {f"letters.{event}" for event in LETTER_MOVES | REQUEST_MOVES} | {f"mail.{event}" for event in ITEM_MOVES}
    assert wanted <= TITLES.keys()
