"""Registered-item numbers: UPU S10 and the carriers' own patterns, and the arithmetic of allotted ranges.

A number is never invented: it comes from an allotted range (`next_number`) or from a scanned label (`read_number`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from letters.errors import CheckDigitWrong, NumberMalformed, NumberOutOfRange, RangeExhausted, RangeRefused

S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
S10_FORM = re.compile(r"([A-Z]{2})([0-9]{8})([0-9])([A-Z]{2})")
# domain.md §10 tracking_regex: no public authority was found for domestic items, so no check digit is asked of them
DEFAULT_TRACKING_REGEX = r"^(X[A-Z]\d{11}|[A-Z]{2}\d{9}CN|\d{13})$"
MAX_RANGE = 1_000_000
SEPARATORS = re.compile(r"[\s\-*]+")  # what scanners and printed labels put around and between the groups


def s10_check_digit(digits: str) -> int:
    """Return the check digit of an 8-digit S10 serial.

    Source: UPU standard S10, clause 4.3.
    Raises: NumberMalformed when `digits` is not 8 digits.
    Example:
        >>> s10_check_digit("47110815")
        1
    """
    if not re.fullmatch(r"[0-9]{8}", digits):
        raise NumberMalformed(f"{digits!r} is not the 8-digit serial of an S10 number.")
    rest = sum(weight * int(digit) for weight, digit in zip(S10_WEIGHTS, digits, strict=True)) % 11
    return {10: 0, 11: 5}.get(11 - rest, 11 - rest)


@dataclass(frozen=True)
class CarrierPattern:
    """The form of one carrier's numbers.

    `s10` asks the check digit of every number of the S10 form that `regex` lets through.
    """

    carrier: str
    regex: str = DEFAULT_TRACKING_REGEX
    s10: bool = True

    def __post_init__(self) -> None:
        if not self.carrier.strip():
            raise RangeRefused("A carrier pattern needs the carrier's name.")
        try:
            re.compile(self.regex)
        except re.error as problem:
            raise RangeRefused(
                f"The pattern {self.regex!r} of {self.carrier} is not a regular expression."
            ) from problem


CHINA_POST = CarrierPattern("中国邮政")
S10_ANY = CarrierPattern("UPU S10", r"^[A-Z]{2}\d{9}[A-Z]{2}$")


def as_scanned(raw: str) -> str:
    """Return a typed or scanned number as it is kept: capitals, nothing around or between its groups.

    Example:
        >>> as_scanned("* xa 0000 0000 001 *")
        'XA00000000001'
    """
    return SEPARATORS.sub("", raw).upper()


def read_number(raw: str, pattern: CarrierPattern = CHINA_POST) -> str:
    """Return a typed or scanned number in its one form: ASCII capitals, nothing between.

    Raises: NumberMalformed when the carrier's form does not fit, CheckDigitWrong when S10's digit does not.
    Example:
        >>> read_number("rr 4731 2482 9 gb", S10_ANY)
        'RR473124829GB'
    """
    number = as_scanned(raw)
    if not number.isascii() or not re.search(pattern.regex, number):
        raise NumberMalformed(f"{raw!r} does not have the form of {pattern.carrier} ({pattern.regex}): scan the label.")
    found = S10_FORM.fullmatch(number)
    if pattern.s10 and found:
        right = s10_check_digit(found[2])
        if int(found[3]) != right:
            raise CheckDigitWrong(
                f"{number}: the check digit is {found[3]} where {found[2]} asks {right}: scan the label again."
            )
    return number


def number_is_valid(raw: str, pattern: CarrierPattern = CHINA_POST) -> bool:
    """Tell whether `read_number` would take it."""
    try:
        read_number(raw, pattern)
    except (NumberMalformed, CheckDigitWrong):
        return False
    return True


@dataclass(frozen=True)
class NumberRange:
    """Numbers allotted to us, first and last included, that differ only in their serial.

    Raises: RangeRefused for a range that is reversed, mixed or too long; NumberRefused for a bad end.
    """

    pattern: CarrierPattern
    first: str
    last: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", read_number(self.first, self.pattern))
        object.__setattr__(self, "last", read_number(self.last, self.pattern))
        first, last = self._parts(self.first), self._parts(self.last)
        if (first.prefix, first.suffix, len(first.serial)) != (last.prefix, last.suffix, len(last.serial)):
            raise RangeRefused(f"{self.first} and {self.last} are not of one series: letters and length must agree.")
        if int(first.serial) > int(last.serial):
            raise RangeRefused(f"{self.first} comes after {self.last}: give the lower number first.")
        if len(self) > MAX_RANGE:
            raise RangeRefused(
                f"{self.first} to {self.last} is {len(self)} numbers; a range holds at most {MAX_RANGE}."
            )

    def __len__(self) -> int:
        return self.serials.stop - self.serials.start

    def __contains__(self, number: object) -> bool:
        try:
            self.serial_of(str(number))
        except (NumberMalformed, CheckDigitWrong, NumberOutOfRange):
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return (self.number_at(serial) for serial in self.serials)

    @property
    def serials(self) -> range:
        """The serials as integers, so that a database can hold the range and forbid an overlap."""
        return range(int(self._parts(self.first).serial), int(self._parts(self.last).serial) + 1)

    @property
    def series(self) -> str:
        """The letters around the serial and its length: ranges of different series cannot overlap."""
        parts = self._parts(self.first)
        return f"{parts.prefix}{'#' * len(parts.serial)}{parts.suffix}"

    def number_at(self, serial: int) -> str:
        """Return the number of `serial`, with its check digit where S10 asks one.

        Raises: NumberOutOfRange.
        """
        if serial not in self.serials:
            raise NumberOutOfRange(f"Serial {serial} is not in {self.first} to {self.last}.")
        parts = self._parts(self.first)
        digits = str(serial).zfill(len(parts.serial))
        check = str(s10_check_digit(digits)) if parts.checked else ""
        return f"{parts.prefix}{digits}{check}{parts.suffix}"

    def serial_of(self, number: str) -> int:
        """Return the serial of a number of this range.

        Raises: NumberRefused by name: malformed, wrong check digit, or out of range.
        """
        read = read_number(number, self.pattern)
        mine, parts = self._parts(self.first), self._parts(read)
        same = (mine.prefix, mine.suffix, len(mine.serial)) == (parts.prefix, parts.suffix, len(parts.serial))
        if not same or int(parts.serial) not in self.serials:
            raise NumberOutOfRange(
                f"{read} is not in the allotted range {self.first} to {self.last}: take the next or scan a label."
            )
        return int(parts.serial)

    def overlaps(self, other: "NumberRange") -> bool:
        """Tell whether one number stands in both ranges of one carrier."""
        if self.pattern.carrier != other.pattern.carrier or self.series != other.series:
            return False
        return self.serials.start < other.serials.stop and other.serials.start < self.serials.stop

    def _parts(self, number: str) -> "_Parts":
        found = S10_FORM.fullmatch(number)
        if self.pattern.s10 and found:
            return _Parts(found[1], found[2], found[4], checked=True)
        runs = list(re.finditer(r"[0-9]+", number))
        if not runs:
            raise RangeRefused(f"{number} has no serial to count with.")
        longest = max(runs, key=lambda run: (len(run[0]), run.start()))
        return _Parts(number[: longest.start()], longest[0], number[longest.end() :], checked=False)


@dataclass(frozen=True)
class _Parts:
    prefix: str
    serial: str
    suffix: str
    checked: bool


def next_number(allotted: NumberRange, last_used: str | None) -> str:
    """Return the number after `last_used`, or the first.

    The caller holds the lock: this is arithmetic only.
    Raises: RangeExhausted at the end of the range; NumberRefused when `last_used` is not in it.
    """
    if last_used is None:
        return allotted.first
    serial = allotted.serial_of(last_used) + 1
    if serial not in allotted.serials:
        raise RangeExhausted(f"{allotted.first} to {allotted.last} is used up: have a further range allotted.")
    return allotted.number_at(serial)
