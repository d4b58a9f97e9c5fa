"""The sample caseload: invented people at real streets of central Shanghai, written as a bank would send it.

Streets and coordinates: © OpenStreetMap contributors, ODbL (``streets.json``). Persons, numbers and balances are
invented; the identity numbers lie in a region code that has never been issued.
"""

from __future__ import annotations

import csv
import json
import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

CASE_HEADINGS = (
    "委案批次号", "案件编号", "委托银行", "产品", "客户姓名", "证件号码", "手机号码", "卡号", "欠款总额", "本金",
    "最低还款额", "逾期天数", "数据截止日", "委案日期", "到期日", "住宅地址", "户籍地址", "单位名称",
    "预约时段", "备注",
)  # fmt: skip
CALL_HEADINGS = (
    "案件编号", "呼叫时间", "方向", "被叫对象", "是否接通", "通话时长秒", "录音编号", "结果", "承诺金额", "承诺日期",
)  # fmt: skip
REPAYMENT_HEADINGS = ("流水号", "案件编号", "还款金额", "还款时间", "渠道")
FLAG_HEADINGS = ("案件编号", "类型", "证明材料", "开始日期", "截止日期")
POINT_HEADINGS = ("地址", "经度", "纬度", "坐标系")
CREW_HEADINGS = (
    "小组编号", "成员一", "成员二", "出发经度", "出发纬度", "坐标系", "上班", "下班", "交通方式", "录音设备",
)  # fmt: skip

_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡林郭何高罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚"
_NORTH_OF_YANAN_ROAD = 31.2285
_WEST = 121.4675


@dataclass
class Caseload:
    """The rows of one caseload, by file; ``folder`` layout as a bank and a phone system would send it."""

    cases: list[list[Any]] = field(default_factory=list)
    calls: list[list[Any]] = field(default_factory=list)
    repayments: list[list[Any]] = field(default_factory=list)
    flags: list[list[Any]] = field(default_factory=list)
    gazetteer: list[list[Any]] = field(default_factory=list)
    crews: list[list[Any]] = field(default_factory=list)
    expected: list[list[Any]] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write the files; calls in GB18030 and repayments with a byte-order mark, as such files come."""
        folder.mkdir(parents=True, exist_ok=True)
        write_workbook(folder / "cases.xlsx", CASE_HEADINGS, self.cases)
        for name, headings, rows, encoding in (
            ("calls", CALL_HEADINGS, self.calls, "gb18030"),
            ("repayments", REPAYMENT_HEADINGS, self.repayments, "utf-8-sig"),
            ("flags", FLAG_HEADINGS, self.flags, "utf-8"),
            ("gazetteer", POINT_HEADINGS, self.gazetteer, "utf-8"),
            ("crews", CREW_HEADINGS, self.crews, "utf-8"),
            ("expected", ("案件编号", "kind", "verdict", "must_have"), self.expected, "utf-8"),
        ):
            with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([headings, *rows])


def write_workbook(path: Path, headings: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """One sheet with a heading row; numbers stay numbers, everything else is text."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("委案清单")
        for number, row in enumerate([headings, *rows]):
            sheet.write_row(number, 0, row)


def sample_caseload(first_day: date, *, seed: int = 7) -> Caseload:
    """About 150 cases as of the evening before ``first_day``, each kind of trouble among them; the same every time."""
    maker = _Maker(random.Random(seed), first_day)  # noqa: S311 - invented data, not a secret
    for kind, count in _KINDS:
        for _ in range(count):
            _RECIPES[kind](maker, kind)
    maker.add_crews(11)
    return maker.made


class _Maker:
    """Invents people, numbers and addresses one after the other."""

    def __init__(self, rng: random.Random, first_day: date) -> None:
        self.rng = rng
        self.day = first_day
        self.made = Caseload()
        streets = json.loads((files("fieldops.demo") / "streets.json").read_text("utf-8"))["streets"]
        self.places = [(name, lat, lon) for name, points in streets.items() for lat, lon in points]
        self.used: set[str] = set()

    def place(self) -> tuple[str, float, float]:
        """A building nobody has yet: its address and its point."""
        while True:
            street, lat, lon = self.rng.choice(self.places)
            county = "静安区" if lat > _NORTH_OF_YANAN_ROAD and lon < _WEST else "黄浦区"
            site = f"上海市{county}{street}{self.rng.randrange(10, 900)}弄{self.rng.randrange(1, 20)}号"
            if site not in self.used:
                self.used.add(site)
                return site, lat, lon

    def person(self) -> tuple[str, str, str]:
        """Name, identity number, mobile number."""
        name = self.rng.choice(_SURNAMES) + "".join(self.rng.sample(_GIVEN, self.rng.randrange(1, 3)))
        born = date(1960, 1, 1) + timedelta(days=self.rng.randrange(14_000))
        return (
            name,
            identity_number(f"310199{born:%Y%m%d}{self.rng.randrange(1000):03d}"),
            f"17{self.rng.randrange(10**9):09d}",
        )

    def case(
        self,
        kind: str,
        expected: tuple[str, str],
        *,
        balance_fen: int | None = None,
        address: str | None = None,
        who: tuple[str, str, str] | None = None,
        located: bool = True,
        called: str = "yes",
        appointment: str = "",
    ) -> str:
        """One case with its point and its call; returns its number."""
        number = f"SP{len(self.made.cases) + 1:08d}"
        balance = balance_fen if balance_fen is not None else self.rng.randrange(600_000, 6_000_000)
        site, lat, lon = self.place()
        if address is None:
            address = f"{site}{self.rng.randrange(1, 20)}0{self.rng.randrange(1, 5)}室"
            if located:
                self.made.gazetteer.append([site, f"{lon:.6f}", f"{lat:.6f}", "WGS84"])
        name, id_no, phone = who or self.person()
        as_of = self.day - timedelta(days=1)
        self.made.cases.append([
            "WA-SAMPLE", number, self.rng.choice(("示范银行A", "示范银行B")) if who is None else "示范银行A", "信用卡",
            name, id_no, phone, card_number(f"622202{self.rng.randrange(10**12):012d}"),
            balance / 100, round(balance * 0.87) / 100, round(balance * 0.1) / 100, self.rng.choice((33, 65, 102, 214)),
            as_of.isoformat(), (self.day - timedelta(days=21)).isoformat(), (self.day + timedelta(days=40)).isoformat(),
            address, "", "", appointment, "",
        ])  # fmt: skip
        if called != "no":
            self.call(number, connected=called != "unanswered", recorded=called != "unrecorded")
        self.made.expected.append([number, kind, *expected])
        return number

    def call(
        self, number: str, *, connected: bool = True, recorded: bool = True, promise_on: date | None = None
    ) -> None:
        """One outbound call within the last fortnight."""
        at = datetime.combine(self.day, time(10)) - timedelta(
            days=self.rng.randrange(1, 14), minutes=self.rng.randrange(300)
        )
        recording = f"REC-{number}" if recorded else ""
        result = "承诺还款" if promise_on else ("拒绝还款" if connected else "无人接听")
        self.made.calls.append([
            number, f"{at:%Y-%m-%d %H:%M:%S}", "呼出", "本人", "是" if connected else "否",
            self.rng.randrange(20, 300) if connected else 0, recording, result,
            "1000.00" if promise_on else "", promise_on.isoformat() if promise_on else "",
        ])  # fmt: skip

    def flag(self, number: str, kind: str, proof: str) -> None:
        """One flag that has stood for five days."""
        self.made.flags.append([number, kind, proof, (self.day - timedelta(days=5)).isoformat(), ""])

    def add_crews(self, count: int) -> None:
        """Crews of two with a recorder, spread over the streets."""
        for number in range(1, count + 1):
            _, lat, lon = self.rng.choice(self.places)
            ends, mode = self.rng.choice(("18:00", "19:00", "20:00")), self.rng.choice(("汽车", "电动车"))
            names = [self.person()[0] for _ in range(2)]
            point = [f"{lon:.6f}", f"{lat:.6f}", "WGS84"]
            self.made.crews.append([f"C{number:03d}", *names, *point, "09:00", ends, mode, f"DV{number:04d}"])


def _plain(**case: Any) -> Callable[[_Maker, str], None]:
    def recipe(maker: _Maker, kind: str) -> None:
        maker.case(kind, **case)

    return recipe


def _flagged(flag: str, proof: str, expected: tuple[str, str]) -> Callable[[_Maker, str], None]:
    def recipe(maker: _Maker, kind: str) -> None:
        maker.flag(maker.case(kind, expected), flag, proof)

    return recipe


def _two_cards(maker: _Maker, kind: str) -> None:
    who = maker.person()
    maker.case(kind, ("PASS", ""), balance_fen=300_000, who=who)
    address = maker.made.cases[-1][CASE_HEADINGS.index("住宅地址")]
    maker.case(kind, ("PASS", ""), balance_fen=250_000, who=who, address=address)


def _promised(maker: _Maker, kind: str) -> None:
    number = maker.case(kind, ("REVIEW", "VR-024"), called="no")
    maker.call(number, promise_on=maker.day + timedelta(days=4))


def _appointed(maker: _Maker, kind: str) -> None:
    hour = maker.rng.randrange(10, 17)
    maker.case(kind, ("PASS", ""), appointment=f"{hour}:00-{hour + 2}:00")


def _paying(share: float, expected: tuple[str, str], *, days_ago: int) -> Callable[[_Maker, str], None]:
    def recipe(maker: _Maker, kind: str) -> None:
        number = maker.case(kind, expected)
        owed = maker.made.cases[-1][CASE_HEADINGS.index("欠款总额")]
        at = datetime.combine(maker.day - timedelta(days=days_ago), time(8, 30))
        row = [f"PAY-{number}", number, f"{owed * share:.2f}", f"{at:%Y-%m-%d %H:%M:%S}", "手机银行"]
        maker.made.repayments.append(row)

    return recipe


_KINDS = (
    ("pass", 84), ("appointment", 12), ("two_cards", 6), ("no_call", 6), ("unrecorded", 4), ("unanswered", 5),
    ("below", 4), ("equal", 3), ("vague", 3), ("number_only", 3), ("no_point", 4), ("promise", 3), ("fraud", 3),
    ("fraud_claimed", 2), ("dead", 2), ("bank_pause", 3), ("dispute", 2), ("complaint", 2), ("major_complaint", 2),
    ("instalment", 2), ("part_payment", 3), ("paid", 3),
)  # fmt: skip

_RECIPES: dict[str, Callable[[_Maker, str], None]] = {
    "pass": _plain(expected=("PASS", "")),
    "appointment": _appointed,
    "two_cards": _two_cards,
    "no_call": _plain(expected=("REJECT", "VR-010"), called="no"),
    "unrecorded": _plain(expected=("REJECT", "VR-010"), called="unrecorded"),
    "unanswered": _plain(expected=("PASS", "VR-011"), called="unanswered"),
    "below": _plain(expected=("REJECT", "VR-020"), balance_fen=499_999),
    "equal": _plain(expected=("PASS", ""), balance_fen=500_000),
    "vague": _plain(expected=("REJECT", "VR-031"), address="上海市徐汇区交通大学"),
    "number_only": _plain(expected=("REVIEW", "VR-032"), address="上海市黄浦区12号"),
    "no_point": _plain(expected=("REVIEW", "VR-036"), located=False),
    "promise": _promised,
    "fraud": _flagged("冒用", "完整", ("REJECT", "VR-040")),
    "fraud_claimed": _flagged("冒用", "", ("REVIEW", "VR-041")),
    "dead": _flagged("死亡", "", ("REJECT", "VR-042")),
    "bank_pause": _flagged("委托方停催", "", ("REJECT", "VR-050")),
    "dispute": _flagged("交易异议", "", ("REJECT", "VR-052")),
    "complaint": _flagged("一般投诉", "", ("REVIEW", "VR-051")),
    "major_complaint": _flagged("重大投诉", "", ("REJECT", "VR-051")),
    "part_payment": _paying(0.1, ("PASS", "VR-023"), days_ago=3),
    "paid": _paying(1.0, ("REJECT", "VR-022"), days_ago=0),
    "instalment": _flagged("分期协议", "", ("REJECT", "VR-025")),
}


def identity_number(first_17: str) -> str:
    """An 18-digit identity number with its check character. Source: GB 11643."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(first_17, weights, strict=True))
    return first_17 + "10X98765432"[total % 11]


def card_number(first_18: str) -> str:
    """A 19-digit card number with its Luhn digit. Source: ISO/IEC 7812-1."""
    digits = [int(d) for d in reversed(first_18)]
    total = sum(d if i % 2 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits))
    return first_18 + str(-total % 10)
