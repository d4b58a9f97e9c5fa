import re
from dataclasses import fields, is_dataclass, replace
from datetime import date, time
from importlib.resources import files
from pathlib import Path

import pytest

import fieldops
from fieldops.correspondence.rules import LETTER_RULES
from fieldops.policies.edition import PolicyError, edition_on
from fieldops.policies.floors import FLOORS, check_floors
from fieldops.policies.reading import check_switches, policy_from_plain, read_policy, shipped_editions, stored_policy
from fieldops.policies.records import to_plain
from fieldops.visits.rules import VISIT_RULES

POLICY = shipped_editions()[0]


def changed(*path_and_value, **more):
    """The shipped edition in plain values with one place changed."""
    *path, last, value = path_and_value
    data = to_plain(POLICY)
    at = data
    for name in path:
        at = at[name]
    at[last] = value
    return data | more


def override(change, **more):
    return {"bank": "示范银行A", "reason": "contract of 2026", "product": None, "change": change} | more


def test_the_shipped_edition_holds_the_defaults():
    assert POLICY.edition == "2026-11"
    assert POLICY.visit.min_balance_fen == 500_000
    assert POLICY.letter.min_balance_fen == 100_000
    assert POLICY.visit.hard_window.opens == time(8)
    assert POLICY.visit.hard_window.closes == time(21)
    assert (POLICY.visit.crew_min, POLICY.visit.crew_max) == (2, 3)
    assert not POLICY.visit.auto_approve_clean


def test_the_shipped_edition_switches_off_only_what_may_be_off():
    check_switches(POLICY, (VISIT_RULES, LETTER_RULES))


def test_every_threshold_a_rule_names_is_in_the_policy():
    for catalogue in (VISIT_RULES, LETTER_RULES):
        for rule in catalogue.rules:
            for key in rule.keys:
                POLICY.plain_value(key)


def test_an_edition_comes_back_from_plain_values_as_it_was():
    assert policy_from_plain(to_plain(POLICY)) == POLICY


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (changed("visit", "min_balance", 5), "visit.min_balance"),
        (changed("visit", "min_balance_fen", "5000.00"), "visit.min_balance_fen"),
        (changed("visit", "min_balance_fen", -1), "visit.min_balance_fen"),
        (changed("visit", "calls", "scope", "ANY"), "visit.calls.scope"),
        (changed("visit", "address_order", ["HOME", "SHED"]), "visit.address_order"),
        (changed("visit", "geocode_worst", "ROUGHLY"), "visit.geocode_worst"),
        (changed("visit", "crew_max", 1), "visit.crew_max"),
        (changed("visit", "checkin_review_m", 10), "visit.checkin_review_m"),
        (changed("visit", "plan_window", "opens", "07:00"), "visit.plan_window"),
        (changed("visit", "hard_window", "closes", "07:00"), "visit.hard_window.closes"),
        (changed("visit", "work_window", "days", [0]), "visit.work_window.days"),
        (changed("letter", "channels", []), "letter.channels"),
        (changed("contacts", "letters_per_30_days", -1), "contacts.letters_per_30_days"),
        (changed("letter", "tracking_pattern", "("), "letter.tracking_pattern"),
        (changed("routing", "detour_factor", 0.5), "routing.detour_factor"),
        (changed("routing", "speed_kmh", 0), "routing.speed_kmh"),
        (changed("timezone", "Asia/Nowhere"), "timezone"),
        (changed("edition", " "), "edition"),
        (changed("off", {"VR-039": " "}), "off.VR-039"),
        (changed("stricter", {"VR-033": "SEVERE"}), "stricter.VR-033"),
        (changed("overrides", [override({}, reason="")]), "overrides.reason"),
        (changed("overrides", [override({}, bank="")]), "overrides.bank"),
        (changed("overrides", [override({"off": {}})]), "overrides.change.off"),
        (changed("overrides", [override({}), override({})]), "overrides"),
        (changed("overrides", [override({"visit": {"min": 1}})]), "override of 示范银行A, visit.min"),
        ([], ""),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_its_key(data, key):
    with pytest.raises(PolicyError) as refused:
        policy_from_plain(data)
    assert refused.value.key == key
    assert refused.value.mend


@pytest.mark.parametrize(
    ("path", "loose", "just_right"),
    [
        (("visit", "calls", "min_prior"), 0, 1),
        (("letter", "calls", "min_prior"), 0, 2),
        (("visit", "calls", "require_recording"), False, True),
        (("letter", "calls", "require_recording"), False, True),
        (("visit", "hard_window", "opens"), "07:59", "08:00"),
        (("visit", "hard_window", "closes"), "21:01", "20:00"),
        (("timezone",), "America/New_York", "Asia/Shanghai"),
        (("visit", "crew_min"), 1, 3),
        (("visit", "lawful_sources"), ["RESERVED", "BOUGHT"], ["RESERVED"]),
        (("visit", "banned_statuses"), ["FRAUD"], [*POLICY.visit.banned_statuses, "BANKRUPT"]),
        (("visit", "adult_age_years"), 17, 18),
        (("contacts", "answered_calls_per_day"), 4, 2),
        (("contacts", "calls_per_day"), 5, 4),
        (("contacts", "calls_per_hour"), 3, 1),
        (("letter", "lawyer_min_overdue_days"), 14, 15),
        (("case", "extension_lead_days"), 2, 3),
        (("case", "complaint_reply_working_days"), 2, 0),
        (("evidence", "retention_years"), 1, 2),
    ],
)
def test_a_floor_may_be_tightened_and_never_loosened(path, loose, just_right):
    policy_from_plain(changed(*path, just_right))
    with pytest.raises(PolicyError) as refused:
        policy_from_plain(changed(*path, loose))
    assert ".".join(path).startswith(refused.value.key)
    assert refused.value.mend


def test_every_floor_names_a_value_and_its_source():
    for floor in FLOORS:
        POLICY.plain_value(floor.key)
        assert floor.source
    check_floors(POLICY)


def test_an_override_looser_than_a_floor_is_refused_with_its_bank():
    with pytest.raises(PolicyError, match=r"crew_min.*示范银行A"):
        policy_from_plain(changed("overrides", [override({"visit": {"crew_min": 1}})]))


def test_bank_and_product_change_what_they_name_and_nothing_else():
    bank = override({"visit": {"min_balance_fen": 800_000, "calls": {"must_connect": True}}})
    product = override({"visit": {"min_balance_fen": 900_000}}, product="车贷")
    policy = policy_from_plain(changed("overrides", [product, bank]))

    assert policy.for_bank("示范银行B") is policy
    assert policy.for_bank("示范银行A", "信用卡").visit.min_balance_fen == 800_000
    assert policy.for_bank("示范银行A", "信用卡").scope == "示范银行A"
    loan = policy.for_bank("示范银行A", "车贷")
    assert (loan.visit.min_balance_fen, loan.visit.calls.must_connect) == (900_000, True)
    assert loan.scope == "示范银行A + 示范银行A/车贷"
    assert loan.visit.calls.min_prior == policy.visit.calls.min_prior
    assert loan.letter == policy.letter
    assert policy.for_bank("示范银行A", "车贷") is loan


def test_times_in_a_file_and_in_a_request_are_the_same_override():
    text = (files("fieldops.policies") / "editions" / "2026-11.toml").read_text("utf-8")
    written = '[[overrides]]\nbank = "B"\nreason = "contract"\nchange.visit.hard_window.closes = 20:30:00\n'
    policy = read_policy(f"{text}\n{written}")
    assert policy.for_bank("B").visit.hard_window.closes == time(20, 30)
    assert policy_from_plain(to_plain(policy)) == policy


def test_a_key_left_out_is_named():
    data = to_plain(POLICY)
    del data["evidence"]
    with pytest.raises(PolicyError, match="evidence: is missing"):
        policy_from_plain(data)


def test_a_text_that_is_no_toml_is_refused():
    with pytest.raises(PolicyError, match="TOML"):
        read_policy("edition = ")


def test_the_edition_of_a_day_is_the_last_that_has_begun():
    later = replace(POLICY, edition="2027-01", valid_from=date(2027, 1, 1))
    both = (later, POLICY)
    assert edition_on(both, date(2026, 12, 31)) is POLICY
    assert edition_on(both, date(2027, 1, 1)) is later
    with pytest.raises(PolicyError, match="no edition is valid on 2026-10-31"):
        edition_on(both, date(2026, 10, 31))


@pytest.mark.parametrize("twin", [{"edition": "other"}, {"valid_from": date(2027, 1, 1)}])
def test_editions_that_overlap_are_refused(twin):
    with pytest.raises(PolicyError, match="must not overlap"):
        edition_on((POLICY, replace(POLICY, **twin)), date(2027, 2, 1))


def _whole_numbers(record, at=()):
    for name, value in vars(record).items():
        if is_dataclass(value):
            yield from _whole_numbers(value, (*at, name))
        elif type(value) is int:
            yield (*at, name)


@pytest.mark.parametrize("path", list(_whole_numbers(POLICY)), ids=".".join)
def test_no_number_of_a_policy_is_negative(path):
    """A reply due a working day ago was looked for until the beginning of time."""
    with pytest.raises(PolicyError) as refused:
        policy_from_plain(changed(*path, -1))
    assert refused.value.key == ".".join(path)


def test_every_value_of_a_policy_is_read_by_somebody():
    product = Path(fieldops.__file__).parent
    own = {"sections.py", "floors.py", "edition.py"}
    code = "".join(each.read_text("utf-8") for each in product.rglob("*.py") if each.name not in own)
    sections = (
        POLICY.visit,
        POLICY.visit.calls,
        POLICY.letter,
        POLICY.contacts,
        POLICY.case,
        POLICY.evidence,
        POLICY.routing,
    )
    names = {each.name for section in sections for each in fields(section)}
    assert not [name for name in names if not re.search(rf"\.{name}\b", code)]


def test_an_edition_that_stands_goes_on_without_a_key_nothing_reads_any_longer_and_a_new_one_may_not_have_it():
    plain = to_plain(POLICY)
    plain["case"]["weekly_node_days"] = 7
    plain["overrides"] = [{"bank": "B", "reason": "x", "product": None, "change": {"case": {"weekly_node_days": 5}}}]
    assert stored_policy(plain).for_bank("B").case == POLICY.case
    with pytest.raises(PolicyError, match="weekly_node_days: unknown key"):
        policy_from_plain(plain)
