"""Chinese numerals that stand before a unit of an address: 一千六百零一号 → 1601号, 五幢 → 5幢."""

from __future__ import annotations

import re

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3}
_DIGITS |= {"肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_NUMERAL = "零〇○一二三四五六七八九十百千两壹贰叁肆伍陆柒捌玖拾佰仟"
_UNIT = r"号院|号楼|号|弄|幢|栋|座|单元|楼|层|室|组|社|队|排|梯|委(?=[0-9一二三四五六七八九十]{1,3}组)"
_NOT_A_COUNT = r"[村庄镇乡路街巷桥店沟湾房区道大小堡台塔坊胡站区小会]"
_BEFORE_UNIT = re.compile(rf"(?<!\d)第?([{_NUMERAL}]+)(?=(?:{_UNIT})(?!{_NOT_A_COUNT}))")
_IN_A_BUILDING = re.compile(
    rf"(?<=[栋幢座楼号院])([{_NUMERAL}]+)(?=门[{_NUMERAL}0-9])|(?<=[栋幢座元门])([{_NUMERAL}]{{3,4}})$"
)
"""三门 is a county and 一零二 a word, but behind a building they are its third door and its last room."""


def spell_out(numeral: str) -> str:
    """Write a Chinese numeral in digits; 一二三 without tens is read digit by digit.

    >>> spell_out("一千六百零一"), spell_out("三十八"), spell_out("十二"), spell_out("一二〇三")
    ('1601', '38', '12', '1203')
    """
    if not any(c in _TENS for c in numeral):
        return "".join(str(_DIGITS[c]) for c in numeral)
    total = digit = 0
    for c in numeral:
        if c in _TENS:
            total += (digit or 1) * _TENS[c]
            digit = 0
        else:
            digit = _DIGITS[c]
    return str(total + digit)


def numerals_to_digits(text: str) -> str:
    """Replace Chinese numerals before 号, 栋, 幢, 单元, 层, 楼, 室, 组 and their like by digits."""
    text = _BEFORE_UNIT.sub(lambda match: spell_out(match[1]), text)
    return _IN_A_BUILDING.sub(lambda match: spell_out(match[1] or match[2]), text)
