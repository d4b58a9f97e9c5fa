"""Build the letter fonts: subsets of Noto Sans SC, reproducible to the byte.

The committed fonts in ``templates/letters/fonts`` are the output of::

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3 && tar xzf *.tgz
    python -m letters.fonts build package templates/letters/fonts

`FACES` holds the sha256 of the source faces: another edition of the source is refused.
"""

import argparse
import hashlib
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from letters.errors import FontSourceChanged

COMMON_EDITION = "GB/T 2312-1980, with ASCII, general punctuation, CJK punctuation and full-width forms"
RARE_EDITION = "《通用规范汉字表》 2013 beyond GB/T 2312-1980"
RARE_LIST = "rare-hanzi.txt"
SOURCE_PACKAGE = "@expo-google-fonts/noto-sans-sc 0.4.3 (Noto Sans SC 2.004-H2)"


@dataclass(frozen=True)
class Face:
    """One weight of the source package."""

    source: str
    source_sha256: str
    weight: int


FACES = (
    Face(
        "400Regular/NotoSansSC_400Regular.ttf",
        "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16",
        400,
    ),
    Face(
        "700Bold/NotoSansSC_700Bold.ttf",
        "9a38ae0ab28cd5a256f9ea8e00dedc688aac17f7915fcb000572990afa956b96",
        700,
    ),
)

# Ranges a letter may use beside GB/T 2312: Latin and its punctuation, the yen sign, the middle dots of names.
EXTRA_RANGES = (
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x00FF),  # Latin-1: ¥ · × ÷ and the letters of foreign names
    (0x2010, 0x2027),  # dashes, quotation marks, bullet, ellipsis
    (0x2030, 0x203B),  # per mille, primes, reference mark
    (0x2190, 0x2193),  # arrows
    (0x25A0, 0x25CF),  # boxes of a form: □ ■ ○ ●
    (0x3000, 0x3017),  # CJK punctuation with 〔 〕 〇 of letter numbers
    (0xFF01, 0xFF5E),  # full-width forms
    (0xFFE0, 0xFFE5),  # full-width currency signs
)


def gb2312() -> frozenset[int]:
    """Return the 7,445 code points of GB/T 2312-1980, as Python's own codec maps them."""
    found = set()
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((row, cell)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return frozenset(found)


def common_charset() -> frozenset[int]:
    """Return every code point the everyday faces hold."""
    extra = {point for low, high in EXTRA_RANGES for point in range(low, high + 1)}
    return gb2312() | extra


def rare_charset(listed: Path) -> frozenset[int]:
    """Return the hanzi of names and places that only the rare faces hold."""
    lines = listed.read_text(encoding="utf-8").splitlines()
    return frozenset(ord(char) for line in lines if not line.startswith("#") for char in line)


def subset_face(source: bytes, points: frozenset[int]) -> bytes:
    """Return a static TrueType font with only `points`, kerning kept, the same bytes each time."""
    font = TTFont(io.BytesIO(source), recalcTimestamp=False)
    options = Options()
    options.layout_features = ["kern"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # the licence travels inside the file
    options.notdef_outline = True
    options.hinting = False
    options.drop_tables += ["BASE", "STAT", "vhea", "vmtx", "gasp", "prep"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    return out.getvalue()


def build(source: Path, out: Path) -> dict[str, object]:
    """Write the subset fonts, their licence and a record of both into `out`; return the record.

    `out` holds the list of rare hanzi already.
    Raises: FontSourceChanged when a face of `source` is not the edition this file names.
    """
    sets = (
        ("GB2312", COMMON_EDITION, common_charset()),
        ("Rare", RARE_EDITION, rare_charset(out / RARE_LIST)),
    )
    fonts = []
    for face in FACES:
        data = _source_of(face, source)
        for name, edition, points in sets:
            built = subset_face(data, points)
            target = f"NotoSansSC-{name}-{face.weight}.ttf"
            (out / target).write_bytes(built)
            fonts.append(
                {
                    "file": target,
                    "charset": edition,
                    "code_points": len(TTFont(io.BytesIO(built), lazy=True).getBestCmap()),
                    "weight": face.weight,
                    "sha256": hashlib.sha256(built).hexdigest(),
                    "source": face.source,
                }
            )
    (out / "OFL.txt").write_bytes((source / "LICENSE_FONT").read_bytes())
    record: dict[str, object] = {"source": SOURCE_PACKAGE, "fonts": fonts}
    (out / "fonts.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return record


def _source_of(face: Face, source: Path) -> bytes:
    data = (source / face.source).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != face.source_sha256:
        raise FontSourceChanged(
            f"{face.source} has sha256 {digest}; this build names {face.source_sha256}. "
            f"Unpack {SOURCE_PACKAGE}, or change FACES and record why in docs/adr/0003-fonts-in-the-tree.md."
        )
    return data


def main(arguments: list[str] | None = None) -> int:
    """Run ``python -m letters.fonts build SRC OUT``."""
    parser = argparse.ArgumentParser(prog="python -m letters.fonts", description="Build the letter fonts.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("build", help="subset the faces of an unpacked source package")
    command.add_argument("source", type=Path)
    command.add_argument("out", type=Path)
    given = parser.parse_args(arguments)
    try:
        record = build(given.source, given.out)
    except (FontSourceChanged, FileNotFoundError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
