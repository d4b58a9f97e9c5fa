"""The zero-difference certificate (零差异证明) of a print batch: where every printed copy is, for two to sign."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from letters.errors import FieldRefused
from letters.register_book import grouped
from letters.table import Align, Column, TableDocument, TablePage, paginate

TITLE = "打印批次零差异证明"
COLUMNS = (Column("项目", 62), Column("份数", 26, Align.RIGHT), Column("说明", 98))
SIGNATURES = ("清点人签字（日期）", "复核人签字（日期）", "印章")
_SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, kw_only=True)
class Certified:
    """A count of a batch. `files` are the number and the sha256 of each file that went to the printer.

    Raises: FieldRefused for a count with a difference: no paper says that it holds.
    """

    batch_no: str
    branch: str
    requested_by: str
    requested: int
    approved_by: str
    approved: int
    printed: int
    posted: int
    handed: int
    void: int
    with_crews: int
    in_custody: int
    counted_by: str
    counted_at: datetime
    files: tuple[tuple[int, str], ...]

    def __post_init__(self) -> None:
        missing = self.printed - self.posted - self.handed - self.void - self.with_crews - self.in_custody
        if missing:
            raise FieldRefused(f"Batch {self.batch_no} lacks {missing} copies: find them before it is certified.")


def certificate_table(of: Certified) -> TableDocument:
    """Return the certificate as a document to print."""
    rows = (
        ("申请数量", str(of.requested), f"申请人 {of.requested_by}"),
        ("审批数量", str(of.approved), f"审批人 {of.approved_by}"),
        ("打印份数（含作废、重打）", str(of.printed), "打印机输出的每一份，均有份号"),
        ("其中：交寄", str(of.posted), "邮局已收，含其后妥投、退回、遗失"),
        ("其中：面交、留置", str(of.handed), "外访人员交给收件人或密封留置"),
        ("其中：作废", str(of.void), "卡纸、重打、撤回；碎纸须有见证人"),
        ("其中：外访人员领用", str(of.with_crews), "已签领，尚未交回"),
        ("其中：在库", str(of.in_custody), "清点人在柜中实际点到的份数"),
        *((f"第{number}号打印文件", "", f"sha256 {grouped(sha256)}") for number, sha256 in of.files),
    )
    at = of.counted_at.astimezone(_SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return TableDocument(
        title=TITLE,
        document_no=of.batch_no,
        heading=(("批次：", of.batch_no), ("机构：", of.branch), ("清点人：", of.counted_by), ("清点时间：", at)),
        columns=COLUMNS,
        pages=tuple(TablePage(page, "差异 0 份") for page in paginate(rows, COLUMNS, landscape=False)),
        grand_total=(
            f"打印 {of.printed} ＝ 交寄 {of.posted} ＋ 面交 {of.handed} ＋ 作废 {of.void} "
            f"＋ 领用 {of.with_crews} ＋ 在库 {of.in_custody}"
        ),
        signatures=SIGNATURES,
        notes=("本证明所列份数以台账与份号记录为准；签字后归档，其后的变动另行清点。",),
        landscape=False,
    )
