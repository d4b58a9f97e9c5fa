"""What this machine must have before a letter is rendered: named one by one, with the package that brings it."""

import ctypes
from dataclasses import dataclass
from pathlib import Path

from letters.errors import SystemIncomplete

HOUSE = Path(__file__).resolve().parent.parent / "templates" / "letters"
HOUSE_FONTS = HOUSE / "fonts"
# hb_set_add_sorted_array, which the subsetting of fonts needs, came with this version
HARFBUZZ_MINIMUM = (4, 1, 0)


@dataclass(frozen=True)
class Library:
    """A shared library, the names it goes by, and where it comes from."""

    title: str
    names: tuple[str, ...]
    debian: str
    homebrew: str
    why: str


LIBRARIES = (
    Library(
        "Pango", ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0.0.dylib"), "libpango-1.0-0", "pango",
        "it lays out text",
    ),
    Library(
        "PangoFT2", ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib", "libpangoft2-1.0.0.dylib"), "libpangoft2-1.0-0",
        "pango", "it finds the fonts of a pack",
    ),
    Library("HarfBuzz", ("libharfbuzz.so.0", "libharfbuzz.0.dylib"), "libharfbuzz0b", "harfbuzz", "it shapes text"),
    Library(
        "HarfBuzz subsetter", ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib"), "libharfbuzz-subset0",
        "harfbuzz", "without it each letter takes seconds longer, silently",
    ),
    Library("Fontconfig", ("libfontconfig.so.1", "libfontconfig.1.dylib"), "libfontconfig1", "fontconfig",
            "it registers the fonts of a pack"),
)  # fmt: skip


def require_system() -> None:
    """Refuse, by name, a machine where letters could not be rendered, or only slowly.

    Raises: SystemIncomplete.
    """
    require_libraries()
    require_fonts()


def missing_libraries(libraries: tuple[Library, ...] = LIBRARIES) -> tuple[Library, ...]:
    """Return the libraries that this machine cannot load."""
    return tuple(library for library in libraries if _load(library) is None)


def require_libraries(libraries: tuple[Library, ...] = LIBRARIES) -> None:
    """Refuse a machine that cannot render letters.

    Raises: SystemIncomplete, naming each library and its package.
    """
    if missing := missing_libraries(libraries):
        lines = "; ".join(f"{one.title} ({one.debian}): {one.why}" for one in missing)
        debian = " ".join(one.debian for one in missing)
        brew = " ".join(sorted({one.homebrew for one in missing}))
        raise SystemIncomplete(f"missing {lines}. On Debian: apt-get install {debian}; on macOS: brew install {brew}.")
    harfbuzz = _load(LIBRARIES[2])
    if harfbuzz is not None and not harfbuzz.hb_version_atleast(*HARFBUZZ_MINIMUM):
        wanted = ".".join(map(str, HARFBUZZ_MINIMUM))
        raise SystemIncomplete(f"HarfBuzz is older than {wanted}, which cannot subset fonts; upgrade libharfbuzz0b.")


def require_fonts(folder: Path = HOUSE_FONTS) -> None:
    """Refuse an installation without the house's fonts.

    Raises: SystemIncomplete.
    """
    for name in ("NotoSansSC-GB2312-400.ttf", "NotoSansSC-GB2312-700.ttf"):
        if not (folder / name).is_file():
            raise SystemIncomplete(
                f"the font {name} is not in {folder.name}: restore it from the repository or build it with "
                "python -m letters.fonts."
            )


def _load(library: Library) -> ctypes.CDLL | None:
    for name in library.names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None
