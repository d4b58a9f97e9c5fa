"""Code 128 and QR as small grey PNGs with whole pixels for each module, so that no viewer smooths an edge away.

Source: ISO/IEC 15417 (Code 128) for the table and the check symbol; QR by segno.
"""

import re
import struct
import zlib

import segno

from letters.errors import FieldRefused

# Widths of bar, space, bar, space, bar, space for values 0 to 105, then the stop's seven
_PATTERNS = (  # noqa: SIM905 - a table to compare with the standard, not a list to edit
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112"
).split()
_CODE_C, _CODE_B, _START_B, _START_C, _STOP = 99, 100, 104, 105, 106
_QUIET_CODE128 = 10  # modules
_QUIET_QR = 4
_MASK = 1  # any mask is decoded; trying all eight for the prettiest takes a twentieth of a letter's time
_PIXELS = 4  # a module, each way
_BLACK, _WHITE = b"\x00" * _PIXELS, b"\xff" * _PIXELS


def code128_values(text: str) -> tuple[int, ...]:
    """Return the symbol values from start to stop, digits in pairs (set C) where that is shorter.

    Raises: FieldRefused when `text` has something other than printable ASCII.
    """
    if not re.fullmatch(r"[ -~]{1,48}", text):
        raise FieldRefused(f"{text!r} cannot stand in Code 128 here: 1 to 48 printable ASCII characters.")
    values: list[int] = []
    position, in_c = 0, False
    while position < len(text):
        run = re.compile(r"[0-9]*").match(text, position)
        digits = len(run[0]) if run else 0
        at_edge = position == 0 or position + digits == len(text)
        if not in_c and digits >= (4 if at_edge else 6):
            if digits % 2 and position:  # an odd digit goes first, in set B
                values.append(ord(text[position]) - 32)
                position += 1
            values.append(_CODE_C if values else _START_C)
            in_c = True
        elif in_c and digits >= 2:  # noqa: PLR2004 - set C writes pairs
            values.append(int(text[position : position + 2]))
            position += 2
        elif in_c or not values:
            values.append(_CODE_B if in_c else _START_B)
            in_c = False
        else:
            values.append(ord(text[position]) - 32)
            position += 1
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % 103
    return (*values, check, _STOP)


def code128_png(text: str) -> bytes:
    """Return one row of modules with quiet zones; stretch it to any height.

    Raises: FieldRefused.
    """
    row = bytearray(b"\xff" * _QUIET_CODE128)
    for value in code128_values(text):
        for index, width in enumerate(_PATTERNS[value]):
            row += (b"\x00" if index % 2 == 0 else b"\xff") * int(width)
    row += b"\xff" * _QUIET_CODE128
    return grey_png([_wide(row)])


def qr_png(text: str) -> bytes:
    """Return a QR code, error correction M, with its quiet zone."""
    matrix = segno.make_qr(text, error="m", boost_error=False, mask=_MASK).matrix
    side = _WHITE * _QUIET_QR
    blank = [_WHITE * (len(matrix) + 2 * _QUIET_QR)] * _QUIET_QR
    rows = (side + b"".join(_BLACK if module else _WHITE for module in row) + side for row in matrix)
    return grey_png([row for row in (*blank, *rows, *blank) for _ in range(_PIXELS)])


def grey_png(rows: list[bytes]) -> bytes:
    """Return rows of 8-bit grey values as a PNG."""
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\x00" + row for row in rows), 6)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _wide(modules: bytes | bytearray) -> bytes:
    return b"".join(bytes((module,)) * _PIXELS for module in modules)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
