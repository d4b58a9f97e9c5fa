import zlib

import pytest

from letters import pack as packs
from letters.codes import grey_png
from letters.errors import PackRefused
from letters.pack import MANIFEST, check_png, load_house_fonts, load_pack, pack_from_files
from tests.letters.shipped import CODES, PACKS, changed, files_of


@pytest.mark.parametrize("code", CODES)
def test_each_shipped_pack_loads_and_is_marked_a_specimen(code):
    pack = load_pack(PACKS / code)
    assert pack.code == code
    assert pack.specimen
    assert pack.approval.number.startswith("样张")
    assert "样张" in pack.html


def test_the_hash_covers_text_styles_images_fonts_and_manifest(notice):
    files = files_of("payment-notice")
    assert pack_from_files(files, load_house_fonts()).sha256 == notice.sha256
    assert changed(html=("查询", "询问")).sha256 != notice.sha256
    assert changed(css=("9.2pt", "9.3pt")).sha256 != notice.sha256
    assert changed(manifest=("version = 3", "version = 4")).sha256 != notice.sha256
    other_seal = files | {"seal.png": grey_png([b"\0" * 4] * 4)}
    assert pack_from_files(other_seal, load_house_fonts()).sha256 != notice.sha256
    fonts = dict(load_house_fonts())
    fonts["NotoSansSC-Rare-400.ttf"] = fonts["NotoSansSC-Rare-700.ttf"]
    assert pack_from_files(files, fonts).sha256 != notice.sha256


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        (('kind = "PAYMENT_NOTICE"', 'kind = "POSTER"'), "POSTER"),
        (("version = 3", 'version = "2"'), "version"),
        (("valid_from = 2026-01-01", 'valid_from = "2026-01-01"'), "valid_from"),
        (('number = "样张备案2026-001"', 'number = ""'), "number"),
        (('source = "HQ_FILED"', 'source = "ME"'), "ME"),
        (('html = "letter.html"', 'html = "../letter.html"'), "not in the pack"),
        (('seal = "seal.png"', 'seal = "other.png"'), "carries its seal"),
        (('images = ["seal.png"]', 'images = ["../seal.png"]'), "plain file name"),
        (('images = ["seal.png"]', 'images = ["seal.png", "logo.png"]'), "logo.png"),
        (('    "NotoSansSC-GB2312-400.ttf",', '    "Arial.ttf",'), "Arial.ttf"),
        (('size = "DL"', 'size = "B9"'), "envelope size"),
        (("[envelope]", "[envelope"), "not TOML"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_by_name(manifest, why):
    with pytest.raises(PackRefused, match=why):
        changed(manifest=manifest)


@pytest.mark.parametrize("name", ["../evil.html", "a/b.png", ".hidden", "notes.txt"])
def test_a_file_that_is_not_plainly_named_in_the_manifest_is_refused(name):
    with pytest.raises(PackRefused, match=r"plain file name|name it there"):
        pack_from_files(files_of("payment-notice") | {name: b"x"}, load_house_fonts())


def test_a_missing_manifest_is_refused(tmp_path):
    with pytest.raises(PackRefused, match=MANIFEST):
        load_pack(tmp_path)
    with pytest.raises(PackRefused, match=MANIFEST):
        pack_from_files({}, {})


def test_text_over_its_size_and_text_that_is_not_utf8_are_refused():
    files = files_of("payment-notice")
    with pytest.raises(PackRefused, match="at most"):
        pack_from_files(files | {"letter.html": b"x" * (packs.MAX_TEXT_BYTES + 1)}, load_house_fonts())
    with pytest.raises(PackRefused, match="UTF-8"):
        pack_from_files(files | {"letter.html": "缴款".encode("gb18030")}, load_house_fonts())


def seal_of(data: bytes):
    return pack_from_files(files_of("payment-notice") | {"seal.png": data}, load_house_fonts())


def test_an_oversize_image_is_refused_by_bytes_and_by_pixels():
    with pytest.raises(PackRefused, match="bytes; at most"):
        seal_of(b"\x89PNG\r\n\x1a\n" + b"\0" * packs.MAX_IMAGE_BYTES)
    with pytest.raises(PackRefused, match="pixels; at most"):
        seal_of(grey_png([b"\0" * 4001] * 1000))
    assert seal_of(grey_png([b"\0" * 4000] * 1000))


def test_a_cut_or_damaged_image_is_refused_before_anything_is_drawn():
    whole = files_of("payment-notice")["seal.png"]
    for broken in (whole[:-12], whole[: len(whole) // 2], b"GIF89a", whole[:60] + b"\xff" + whole[61:]):
        with pytest.raises(PackRefused, match=r"seal\.png"):
            seal_of(broken)


def test_an_image_with_too_few_pixels_inside_is_refused():
    import struct

    header = struct.pack(">IIBBBBB", 10, 10, 8, 0, 0, 0, 0)

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    short = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 50)) + chunk(b"IEND", b"")
    )
    with pytest.raises(PackRefused, match="50 bytes of pixels"):
        check_png("x.png", short)


def test_a_font_that_is_not_static_truetype_is_refused():
    files = files_of("payment-notice")
    with pytest.raises(PackRefused, match="not static TrueType"):
        pack_from_files(files | {"NotoSansSC-GB2312-400.ttf": b"wOF2" + b"\0" * 50}, load_house_fonts())
    variable = b"\x00\x01\x00\x00\x00\x01" + b"\0" * 6 + b"fvar" + b"\0" * 12
    with pytest.raises(PackRefused, match="variable"):
        pack_from_files(files | {"NotoSansSC-GB2312-400.ttf": variable}, load_house_fonts())
