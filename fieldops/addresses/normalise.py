"""One spelling for every address: width, characters, numerals, separators, and what is no address taken out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from fieldops.addresses.numerals import numerals_to_digits

LONGEST = 200

_REMARK = re.compile(r"[(\[{<【〔《「『〈]([^()\[\]{}<>【】〔〕《》「」『』〈〉]*)[)\]}>】〕》」』〉]")
_REMARK_IS_PART = re.compile(
    r"(?:[A-Z]?\d+[A-Z]?(?:-\d+)*(?:号院|号楼|号|弄|幢|栋|座|单元|楼|层|室|组|户|门|#)|[A-Z甲乙丙丁东南西北][座栋区幢])+"
    r"\d*|[一-龥]{1,8}(?:区|县|市|街道|镇|乡)"
    r"|(?!近|靠|原|旧|旁|对|临|邻)[一-龥]{2,10}(?:小区|花园|新村|公寓|大厦|广场|家园|花苑|苑)"
)
_LABEL = re.compile(
    r"(?:详细|家庭|居住|现居|现住|住宅|户籍|户口|通讯|联系|收货|收件|邮寄|单位|公司|工作)?(?:所在)?(?:地址|住址)(?:是|为)?[:;]?"
    r"|(?:收件人|收货人|联系人|姓名|户主)[:;]? ?[一-龥]{2,4}(?![一-龥])"
    r"|(?:邮编|邮政编码)[:;]? ?\d{6}"
    r"|(?:联系)?(?:电话|手机)(?:号码|号)?[:;.]? ?(?=[\d+])|TEL[:;.]? ?(?=[\d+])"
    r"|(?:电话联系|电联|请打电话|派送前电话|派前电联|勿放[一-龥]{0,6}|谢谢)[。.!! ]*$"
    r"|NO\.? ?(?=\d)"
)
_LABEL_HINT = re.compile(r"址|收|人|姓名|户主|邮编|邮政编码|电|手机|TEL|NO|勿|谢")
_ADDRESSEE = re.compile(
    r"(?<=[室号户房层楼0-9])[,;: ]*(?![室号户房层楼])"
    r"(?:[一-龥]{1,4}(?:先生|女士|小姐)(?:\(?收\)?)?|[一-龥]{2,4}\(?收\)?)$"
)
_DIGIT_RUN = re.compile(r"\d{6}|\d{3}-\d{4}")
_NAMED_PHONE = r"(?:(?<=[室号户房层])[,;: -]*[一-龥]{2,3}[,;: -]*(?=\+?(?:86-?)?1[3-9]\d{9}$))?"
_PHONE = re.compile(
    _NAMED_PHONE
    + r"(?:(?:\+?86-?)?(?<!\d)1[3-9]\d-?\d{4}-?\d{4}(?!\d)|(?<![\d-])0\d{2,3}-\d{7,8}(?:-\d{1,5})?(?!\d)"
    + r"|(?<!\d)400-?\d{3}-?\d{4}(?!\d)|(?<![\dA-Z])\d{17}[\dX](?![\dA-Z])"
    + r"|^\d{6}(?=[一-龥]{2})|(?<=[省市区县镇乡村道])\d{6}(?:-\d{6})*$)"
)
_BETWEEN_NUMBERS = re.compile(r"(?<=[0-9])[\s,./\\]+(?=[0-9])")
_DROPPED = re.compile(r"[^0-9A-Z㐀-鿿\U00020000-\U0003ffff#*-]+")
_HYPHENS = re.compile(r"-{2,}")
_LOOSE_HYPHEN = re.compile(r"(?<![0-9A-Z])-|-(?![0-9A-Z])")
_HASH_BUILDING = re.compile(r"(?<=[0-9A-Z])#-?(?:号?楼|[幢栋])|(?<=[A-Z])#")
_HASH = re.compile(r"(?<=[0-9])#")
_ORDINAL = re.compile(r"第(?=\d+(?:号|幢|栋|座|单元|室|层|楼|组))")
_COUNTRY = re.compile(r"^(?:中国|中华人民共和国|CHINA)+(?=[一-龥])(?!人|银|工|农|建|移|电|联|石|邮|太|平|建|科|大)")
_PLAIN = re.compile(r"[0-9A-Z㐀-鿿]+(?:(?<=[0-9A-Z])-[0-9A-Z][0-9A-Z㐀-鿿]*)*")


@dataclass(frozen=True, slots=True)
class Normalised:
    """The text every later step reads; what was taken out of the raw one, in order; whether it was too long."""

    text: str
    noise_removed: tuple[str, ...] = ()
    cut: bool = False


@lru_cache(maxsize=1)
def character_map() -> dict[int, str]:
    """Map every character that has a plainer twin: traditional to simplified, dashes, full stops, crosses.

    乾 stays: it is 干 in some words and itself in 乾县.

    Source: OpenCC's TSCharacters, as shipped in the Apache-2.0 package opencc-python-reimplemented.
    """
    lines = files("opencc").joinpath("dictionary/TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split() for line in lines if line]
    simpler = {pair[0]: pair[1] for pair in pairs if pair[0] != "乾"}
    table = {ord(char): simpler.get(plain, plain) for char, plain in simpler.items()}  # 薴 → 苧 → 苎
    table |= dict.fromkeys(map(ord, "‐‑‒–—―−─━﹘﹣~～"), "-")
    table |= {ord(c): c.upper() for c in "abcdefghijklmnopqrstuvwxyz"}
    table |= {ord(c): " " for c in "\t\r\n\v\f_|"} | {ord("、"): ",", ord("。"): "."}
    table |= {ord(c): "*" for c in "×✕╳※"} | {ord("°"): "#", ord("＃"): "#"}
    return table


_CHARACTERS = character_map()


def normalise(raw: str) -> Normalised:
    """Give the one spelling of an address: NFKC, simplified, digits for numerals, no remarks, phones or names.

    Giving the text back in changes nothing. Text beyond 200 characters is cut: no address is so long.

    >>> normalise("（近地铁）文三路３９８号 五幢二单元301").text
    '文三路398号5幢2单元301'
    """
    noise: list[str] = []
    text = unicodedata.normalize("NFKC", raw[: LONGEST + 1]).translate(_CHARACTERS)
    cut = len(raw) > LONGEST or len(text) > LONGEST
    for _ in range(LONGEST):  # each pass takes something out, so this is far more than ever needed
        before = text = text[:LONGEST]
        if not _PLAIN.fullmatch(text):
            text = _without_remarks(text, noise)
        if _LABEL_HINT.search(text):
            text = _taken_out(_ADDRESSEE, _taken_out(_LABEL, text, noise), noise)
        text = _one_line(text)
        if _DIGIT_RUN.search(text):
            text = _one_line(_taken_out(_PHONE, text, noise))
        text = _ORDINAL.sub("", numerals_to_digits(_COUNTRY.sub("", text)))
        if text == before:
            break
    return Normalised(text, tuple(noise), cut)


def _without_remarks(text: str, noise: list[str]) -> str:
    """Open brackets that hold a part of the address; take the others out, the innermost first."""

    def opened(match: re.Match[str]) -> str:
        inner = match[1].strip()
        if _REMARK_IS_PART.fullmatch(inner):
            return inner
        if inner:
            noise.append(inner)
        return " "

    return _REMARK.sub(opened, text)


def _taken_out(pattern: re.Pattern[str], text: str, noise: list[str]) -> str:
    def removed(match: re.Match[str]) -> str:
        noise.append(match[0].strip(" ,;:"))
        return " "

    return pattern.sub(removed, text)


def _one_line(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    text = _DROPPED.sub("", _BETWEEN_NUMBERS.sub("-", text))
    text = _HASH.sub("号", _HASH_BUILDING.sub("号楼", text)).replace("#", "")
    return _LOOSE_HYPHEN.sub("", _HYPHENS.sub("-", text))
