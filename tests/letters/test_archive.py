"""A zip is read without believing what it says of itself."""

import io
import stat
import struct
import zipfile

import pytest

from letters import archive
from letters.archive import files_from_zip, zip_of
from letters.errors import PackRefused
from tests.letters.shipped import files_of


def zip_with(*entries, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, body in entries:
            made.writestr(name, body)
    return out.getvalue()


def test_a_pack_comes_out_as_it_went_in_and_always_as_the_same_bytes():
    files = files_of("settled")
    assert files_from_zip(zip_of(files)) == files
    assert zip_of(files) == zip_of(dict(reversed(files.items())))


@pytest.mark.parametrize(
    "name",
    ["../evil.html", "a/b.html", "/etc/passwd", "C:\\x.html", "..\\x", "folder/", ".hidden", "x" * 65, "坏.html"],
)
def test_a_path_that_leads_elsewhere_is_refused(name):
    with pytest.raises(PackRefused, match="not a plain file name"):
        files_from_zip(zip_with((name, b"x")))


def test_a_zip_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(archive, "MAX_FONT_BYTES", 1000)
    with pytest.raises(PackRefused, match=r"bomb\.ttf unpacks to more than 1000 bytes"):
        files_from_zip(zip_with(("bomb.ttf", b"\0" * 10_000_000)))
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1500)
    with pytest.raises(PackRefused, match=r"b\.ttf unpacks"):
        files_from_zip(zip_with(("a.ttf", b"\0" * 900), ("b.ttf", b"\0" * 900)))


def test_a_zip_that_lies_about_a_size_is_refused():
    data = bytearray(zip_with(("a.html", b"\0" * 100_000)))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<I", 10)
    with pytest.raises(PackRefused, match="not a whole zip"):
        files_from_zip(bytes(data))


def test_too_many_files_a_name_twice_a_link_and_odd_packing_are_refused():
    with pytest.raises(PackRefused, match="at most 40"):
        files_from_zip(zip_with(*((f"f{number}.txt", b"x") for number in range(41))))
    with pytest.raises(PackRefused, match="twice"):
        files_from_zip(zip_with(("seal.png", b"x"), ("SEAL.png", b"y")))
    link = zipfile.ZipInfo("seal.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(PackRefused, match="link to another file"):
        files_from_zip(zip_with((link, b"/etc/passwd")))
    with pytest.raises(PackRefused, match="unusual way"):
        files_from_zip(zip_with(("a.html", b"x"), method=zipfile.ZIP_LZMA))
    locked = bytearray(zip_with(("a.html", b"x")))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + place] |= 1
    with pytest.raises(PackRefused, match="password"):
        files_from_zip(bytes(locked))


@pytest.mark.parametrize("cut", [0, 10, 500])
def test_a_zip_that_is_cut_off_or_altered_is_refused(cut):
    whole = zip_of(files_of("settled"))
    with pytest.raises(PackRefused, match="not a whole zip"):
        files_from_zip(whole[:cut])
    place = whole.index(b"seal.png") + 200
    with pytest.raises(PackRefused, match="not a whole zip"):
        files_from_zip(whole[:place] + bytes((whole[place] ^ 0xFF,)) + whole[place + 1 :])


def test_a_zip_over_its_size_is_refused_before_it_is_opened(monkeypatch):
    monkeypatch.setattr(archive, "MAX_ZIP_BYTES", 10)
    with pytest.raises(PackRefused, match="at most 10"):
        files_from_zip(zip_of(files_of("settled")))
