"""The balance after repayments: what is in it already, what is taken off, at the edge of the day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fieldops.cases.rules import balance_after_repayments_fen
from fieldops.clock import SHANGHAI

END = datetime(2026, 11, 23, tzinfo=SHANGHAI)


@dataclass
class Balance:
    balance_fen: int = 500_000
    balance_as_of: date | None = date(2026, 11, 22)


@dataclass
class Paid:
    amount_fen: int
    paid_at: datetime


def test_a_repayment_up_to_the_end_of_the_as_of_day_is_in_the_balance_already():
    assert balance_after_repayments_fen(Balance(), [Paid(1, END - timedelta(microseconds=1))]) == 500_000
    assert balance_after_repayments_fen(Balance(), [Paid(1, END)]) == 499_999


def test_the_day_ends_in_shanghai_not_in_utc():
    assert balance_after_repayments_fen(Balance(), [Paid(7, datetime(2026, 11, 22, 16, tzinfo=UTC))]) == 499_993
    assert balance_after_repayments_fen(Balance(), [Paid(7, datetime(2026, 11, 22, 15, 59, tzinfo=UTC))]) == 500_000


def test_without_an_as_of_day_every_repayment_is_taken_off():
    assert balance_after_repayments_fen(Balance(balance_as_of=None), [Paid(1, END - timedelta(days=900))]) == 499_999


def test_paying_too_much_leaves_a_negative_balance():
    assert balance_after_repayments_fen(Balance(), [Paid(600_000, END)]) == -100_000


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(-72, 72))))
def test_only_what_came_after_the_day_is_ever_taken_off(payments):
    paid = [Paid(amount, END + timedelta(hours=hours)) for amount, hours in payments]
    after = sum(amount for amount, hours in payments if hours >= 0)
    assert balance_after_repayments_fen(Balance(), paid) == 500_000 - after
