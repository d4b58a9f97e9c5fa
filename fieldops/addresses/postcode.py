"""The postcode somebody wrote into an address 邮编: printed as written, never looked up or invented."""

from __future__ import annotations

import re
import unicodedata

_WRITTEN = re.compile(
    r"(?:邮编|邮政编码)[:;]? ?(?P<named>\d{6})(?!\d)"
    r"|^[ (]*(?P<first>\d{6})(?=[ )]*[一-龥]{2})"
    r"|(?<=[室户房省市区县镇乡村道])[ (]*(?P<last>\d{6})(?:[ _-]+(?P=last))*[ )]*$"  # behind a building it is a door
)
_PROVINCES = range(1, 87)  # the first two digits: 01 is in Inner Mongolia, 86 in Xinjiang


def postcode_in(raw: str) -> str | None:
    """The one postcode an address names, before it, behind it or by that word; None when it names none, or two.

    >>> postcode_in("北京市海淀区示范路12号院3号楼502室 邮编：100080")
    '100080'
    """
    found = _WRITTEN.finditer(unicodedata.normalize("NFKC", raw))
    codes = {match[match.lastgroup or 0] for match in found}
    likely = {code for code in codes if int(code[:2]) in _PROVINCES}
    return likely.pop() if len(likely) == 1 else None
