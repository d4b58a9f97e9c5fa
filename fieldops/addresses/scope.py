"""What is no address to judge: empty, placeholders, masked text, abroad, post-office boxes."""

from __future__ import annotations

import re

from fieldops.addresses.words import alternatives, any_of, words

_PLACEHOLDER = frozenset(words()["placeholder"])
_MASK = re.compile(
    r"\*{2,}|(?<![A-Z])X{2,}(?=$|[省市区县镇乡街路村号栋幢楼室])|(?:某某?|X{2,})(?:路|街|小区|号|(?:省|市|区|县|镇)(?!人民|公安|法院|检察))|[?？]{2,}|(?<=[一-龥])\*(?=[一-龥])"
)
_HAN = re.compile(r"[㐀-鿿]")
_LATIN_WORD = re.compile(r"[A-Z]{2,}")
_FOREIGN_LATIN = re.compile(r"\b" + any_of("foreign_latin") + r"\b")
_HKMOTW_LATIN = re.compile(r"\b" + any_of("latin_hkmotw") + r"\b")
_PINYIN = re.compile(r"\b" + any_of("pinyin") + r"\b")
_NOT_A_ROAD = (
    r"(?![东南西北中]?[一二三四五六七八九十]?[东南西北中]?(?:路|街|道|大道|花园|城|大厦|广场|酒店|村|新村|小区))"
)
_OVERSEAS = {
    province: re.compile(r"(?:中国|中华人民共和国)?" + alternatives(names) + _NOT_A_ROAD)
    for province, names in words()["overseas"].items()
}
_FOREIGN = re.compile(any_of("foreign") + r"(?!城|街|路|村|小镇|风情|花园|广场|大厦)")
_PO_BOX = re.compile(r"(?:\d|[一-龥])号?(?:邮政)?(?:专用)?信箱(?!厂)|邮政信箱|P\.? ?O\.? ?BOX|邮箱\d")


def not_an_address(raw: str, text: str) -> str:
    """Give EMPTY, PLACEHOLDER, MASKED or NOT_CHINESE, "" if the text may be an address."""
    plain = raw.strip().upper()
    if not plain:
        return "EMPTY"
    if plain in _PLACEHOLDER or text in _PLACEHOLDER or not text:
        return "PLACEHOLDER"
    if _MASK.search(text) or _MASK.search(plain):
        return "MASKED"
    if not _HAN.search(text):
        return "NOT_CHINESE"
    return ""


def outside(raw: str, text: str) -> tuple[str, str]:
    """Give the out-of-scope code of the text and the province it names, ("", "") if it is in scope."""
    for province, pattern in _OVERSEAS.items():
        if pattern.match(text):
            return "OUT_OF_SCOPE_HKMOTW", province
    if _PO_BOX.search(text) or _PO_BOX.search(raw.upper()):
        return "PO_BOX", ""
    if _FOREIGN.match(text):
        return "FOREIGN", ""
    if not _HAN.search(text):
        upper = raw.upper()
        if _HKMOTW_LATIN.search(upper):
            return "OUT_OF_SCOPE_HKMOTW", ""
        if not _PINYIN.search(upper) and _FOREIGN_LATIN.search(upper) and len(_LATIN_WORD.findall(upper)) > 1:
            return "FOREIGN", ""
    return "", ""
