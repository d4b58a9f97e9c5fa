"""The packs that ship, and copies of them with something changed."""

from pathlib import Path

from letters.pack import MANIFEST, Pack, load_house_fonts, pack_from_files

PACKS = Path(__file__).resolve().parents[2] / "templates" / "letters"
CODES = ("payment-notice", "dunning", "lawyer", "settled")
_NAMES = {"html": "letter.html", "css": "letter.css", "manifest": MANIFEST}


def files_of(code: str) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in (PACKS / code).iterdir()}


def changed(code: str = "payment-notice", **replacements: tuple[str, str]) -> Pack:
    """Return a pack with words replaced: html=("old", "new"), css=…, manifest=…"""
    files = files_of(code)
    for part, (old, new) in replacements.items():
        text = files[_NAMES[part]].decode()
        assert old in text
        files[_NAMES[part]] = text.replace(old, new).encode()
    return pack_from_files(files, load_house_fonts())
