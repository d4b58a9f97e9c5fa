"""Cells to values: exact money, days, times, numbers kept as texts; what cannot be meant is refused with its mend."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.imports.converters import (
    CellError,
    born_on,
    card_check_digit_agrees,
    day,
    digits,
    fen,
    identity_check_digit_agrees,
    instant,
    instant_or_day,
    seconds_of_day,
    slot,
    text,
    whole,
    word_of,
    yes_or_no,
)


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("4999.99", 499_999),
        (4999.99, 499_999),
        (5000.0, 500_000),
        ("73,875.81", 7_387_581),
        ("¥1,234.5", 123_450),
        ("１２．３４元", 1_234),
        (73875.809999999998, 7_387_581),
        (0.1 + 0.2, 30),
        ("-5.00", -500),
        ("12.340", 1_234),
        ("0", 0),
    ],
)
def test_yuan_become_fen_exactly(cell, amount):
    assert fen()(cell) == amount


@pytest.mark.parametrize("cell", ["12.345", 12.345, "面议", "1.2.3", "1e5", "NaN", "", True, 10**15])
def test_an_amount_that_is_no_yuan_and_fen_is_refused(cell):
    with pytest.raises(CellError):
        fen()(cell)


def test_an_amount_below_the_least_is_refused_at_its_edge():
    assert fen(least=1)("0.01") == 1
    for cell in ("0.00", 0.0, "-0.01"):
        with pytest.raises(CellError, match=r"below 0\.01"):
            fen(least=1)(cell)


@given(st.integers(-(10**13), 10**13))
def test_every_amount_survives_as_text_and_as_a_number_of_a_sheet(amount):
    yuan = Decimal(amount) / 100
    assert fen()(str(yuan)) == amount
    assert fen()(f"{yuan:,.2f}") == amount
    assert fen()(float(yuan)) == amount


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11-22",
        "2026/11/22",
        "2026.11.22",
        "20261122",
        "2026年11月22日",
        "２０２６-11-22",
        "2026-11-22 00:00:00",
        datetime(2026, 11, 22),  # noqa: DTZ001
        date(2026, 11, 22),
        46348.0,
        20261122.0,
    ],
)
def test_a_day_is_read_in_every_writing(cell):
    assert day(cell) == date(2026, 11, 22)


@pytest.mark.parametrize(
    "cell", ["2026-02-30", "22/11/2026", "明天", "1826-11-22", "2026-11-22 09:00:00", "46348", "2026-13-01", 1.5]
)
def test_a_day_that_is_none_is_refused(cell):
    with pytest.raises(CellError):
        day(cell)


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_every_day_survives_its_writings(value):
    for written in (value.isoformat(), f"{value:%Y%m%d}", f"{value.year}/{value.month}/{value.day}"):
        assert day(written) == value


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-11-21 15:55:00", datetime(2026, 11, 21, 7, 55, tzinfo=UTC)),
        ("2026/11/21 5:05", datetime(2026, 11, 20, 21, 5, tzinfo=UTC)),
        ("20261121155500", datetime(2026, 11, 21, 7, 55, tzinfo=UTC)),
        ("2026-11-21T15:55:00+09:00", datetime(2026, 11, 21, 6, 55, tzinfo=UTC)),
        ("2026-11-21T07:55:00Z", datetime(2026, 11, 21, 7, 55, tzinfo=UTC)),
        (datetime(2026, 11, 21, 15, 55), datetime(2026, 11, 21, 7, 55, tzinfo=UTC)),  # noqa: DTZ001
        (46347.6631944444, datetime(2026, 11, 21, 7, 55, tzinfo=UTC)),
    ],
)
def test_a_time_is_on_the_shanghai_clock_unless_it_says_otherwise(cell, expected):
    assert instant(cell) == expected


@pytest.mark.parametrize("cell", ["2026-11-21", "2026-11-21 25:00", "15:55", "2026-02-30 10:00", "1900-01-01 10:00"])
def test_a_time_that_is_none_is_refused(cell):
    with pytest.raises(CellError):
        instant(cell)


def test_a_day_alone_serves_where_the_day_is_enough():
    assert instant_or_day("2026-11-21") == datetime(2026, 11, 20, 16, tzinfo=UTC)
    with pytest.raises(CellError):
        instant_or_day("soon")


@pytest.mark.parametrize(
    "cell", ["6222028033561339212", "6222 0280 3356 1339 212", "'6222028033561339212", '="6222028033561339212"']
)
def test_a_number_kept_as_text_is_bare_digits(cell):
    assert digits(cell) == "6222028033561339212"


@pytest.mark.parametrize("cell", [6.222028033561339e18, "6.22203E+18", 1e15])
def test_a_number_that_lost_its_end_in_a_spreadsheet_is_refused(cell):
    with pytest.raises(CellError, match="lost its last digits"):
        digits(cell)


def test_a_short_number_may_be_a_number():
    assert digits(17223514793.0) == "17223514793"
    assert text(1001.0) == "1001"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("11:30-13:30", "11:30-13:30"),
        ("9:00～11:30", "09:00-11:30"),
        ("09：00 至 11：30", "09:00-11:30"),
        ("9:00到24:00", "09:00-24:00"),
    ],
)
def test_an_appointment_is_written_one_way(cell, expected):
    assert slot(cell) == expected


@pytest.mark.parametrize(
    "cell", ["13:30-11:30", "11:30", "上午", "11:30-13:60", "25:00-26:00", "9:00-9:00", "9:00-10:00-11:00"]
)
def test_an_appointment_that_is_no_span_is_refused(cell):
    with pytest.raises(CellError):
        slot(cell)


@pytest.mark.parametrize(
    ("cell", "seconds"), [("09:00", 32_400), ("9:05", 32_700), (0.375, 32_400), ("24:00", 86_400), ("18:30:00", 66_600)]
)
def test_a_time_of_day_is_seconds_after_midnight(cell, seconds):
    assert seconds_of_day(cell) == seconds


def test_blanks_and_control_characters_are_no_part_of_a_text():
    assert text("　 北京市\t朝阳区\x00 ") == "北京市 朝阳区"
    with pytest.raises(CellError, match="longer than 500"):
        text("长" * 501)


@given(st.text(max_size=60))
def test_a_text_is_clean_and_stays_as_it_is(value):
    cleaned = text(value)
    assert text(cleaned) == cleaned
    assert "\x00" not in cleaned
    assert cleaned == cleaned.strip()


@pytest.mark.parametrize(
    ("cell", "answer"),
    [("是", True), ("否", False), ("Y", True), ("0", False), (1.0, True), (True, True), ("未接通", False)],
)
def test_yes_and_no_in_the_spellings_of_phone_systems(cell, answer):
    assert yes_or_no(cell) is answer


def test_an_unknown_word_is_refused_with_the_known_ones():
    with pytest.raises(CellError, match="冒用、死亡"):
        word_of({"冒用": 1, "死亡": 2})("失踪")
    with pytest.raises(CellError):
        yes_or_no("大概")


def test_a_count_is_whole_and_not_negative():
    assert whole(214.0) == whole("214") == 214
    for cell in (1.5, "-1", "many"):
        with pytest.raises(CellError):
            whole(cell)


def test_a_birthday_is_read_from_an_identity_number_of_eighteen():
    assert born_on("11010519491231002X") == date(1949, 12, 31)
    assert born_on("110105194913310021") is None
    assert born_on("E12345678") is None


def test_check_digits_are_looked_at_but_never_asked_for():
    assert identity_check_digit_agrees("11010519491231002X") is True
    assert identity_check_digit_agrees("110105194912310021") is False
    assert identity_check_digit_agrees("E12345678") is None
    assert card_check_digit_agrees("4111111111111111")
    assert not card_check_digit_agrees("4111111111111112")
