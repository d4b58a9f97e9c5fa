"""Amounts of money in figures and in capitals (人民币大写).

Source: 《正确填写票据和结算凭证的基本规定》 (annex of 《支付结算办法》, 银发〔1997〕393号). Where it leaves
a choice this writes the fuller form: 零 before 角 when the yuan end in 0, 整 after 角.
"""

from letters.errors import AmountRefused

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿")
GROUP = 10_000
MAX_FEN = GROUP**3 * 100 - 1  # below 万亿 yuan: three groups of four digits


def in_figures(fen: int) -> str:
    """Return yuan with two decimals and thousands separators.

    Units: fen. Raises: AmountRefused for anything but a whole number of fen within bounds.
    Example:
        >>> in_figures(123456789)
        '1,234,567.89'
    """
    yuan, rest = divmod(_checked(fen), 100)
    return f"{yuan:,}.{rest:02d}"


def in_capitals(fen: int) -> str:
    """Return the amount in capitals, 人民币 first.

    Units: fen. Raises: AmountRefused for anything but a whole number of fen within bounds.
    Example:
        >>> in_capitals(10700053)
        '人民币壹拾万柒仟元零伍角叁分'
        >>> in_capitals(100)
        '人民币壹元整'
    """
    yuan, rest = divmod(_checked(fen), 100)
    if fen == 0:
        return "人民币零元整"
    whole = f"{_yuan_in_capitals(yuan)}元" if yuan else ""
    return f"人民币{whole}{_cents_in_capitals(*divmod(rest, 10), yuan=yuan)}"


def _checked(fen: int) -> int:
    if isinstance(fen, bool) or not isinstance(fen, int):
        raise AmountRefused(f"{fen!r} is not a whole number of fen: give money as an int in fen, never as a decimal.")
    if not 0 <= fen <= MAX_FEN:
        raise AmountRefused(f"{fen} fen is outside 0 to {MAX_FEN}: a letter states no negative or larger amount.")
    return fen


def _yuan_in_capitals(yuan: int) -> str:
    """Return 1 and more in capitals; a run of zeros inside the number, over a group's edge too, is one 零."""
    text, zero_owed = "", False
    for index in range(len(GROUPS) - 1, -1, -1):
        group = yuan // GROUP**index % GROUP
        if group == 0:
            zero_owed = bool(text)
            continue
        leading_place_empty = group < GROUP // 10
        if text and (zero_owed or leading_place_empty):
            text += "零"
        text += _group_in_capitals(group) + GROUPS[index]
        zero_owed = False
    return text


def _group_in_capitals(group: int) -> str:
    text, zero_owed = "", False
    for place in range(len(PLACES) - 1, -1, -1):
        digit = group // 10**place % 10
        if digit == 0:
            zero_owed = bool(text)
            continue
        text += ("零" if zero_owed else "") + DIGITS[digit] + PLACES[place]
        zero_owed = False
    return text


def _cents_in_capitals(jiao: int, cents: int, *, yuan: int) -> str:
    if not jiao and not cents:
        return "整"
    zero = "零" if yuan and (not jiao or yuan % 10 == 0) else ""
    return zero + (f"{DIGITS[jiao]}角" if jiao else "") + (f"{DIGITS[cents]}分" if cents else "整")
