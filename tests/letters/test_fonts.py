import hashlib
import io
import json

import pytest
from fontTools.ttLib import TTFont

from letters.errors import FontSourceChanged
from letters.fonts import FACES, RARE_LIST, build, common_charset, gb2312, rare_charset, subset_face
from letters.glyphs import characters_by_weight, unprintable
from letters.pack import load_house_fonts
from letters.system import HOUSE_FONTS


def test_gb2312_has_its_7445_characters():
    assert len(gb2312()) == 7445


def test_the_committed_fonts_are_those_of_their_record():
    record = json.loads((HOUSE_FONTS / "fonts.json").read_text(encoding="utf-8"))
    held = {name: hashlib.sha256(data).hexdigest() for name, data in load_house_fonts().items()}
    assert held == {font["file"]: font["sha256"] for font in record["fonts"]}
    assert "SIL OPEN FONT LICENSE" in (HOUSE_FONTS / "OFL.txt").read_text(encoding="utf-8")


def test_both_weights_hold_every_character_of_gb2312_and_of_the_2013_table():
    held = characters_by_weight(load_house_fonts())
    assert set(held) == {400, 700}
    for points in held.values():
        assert points >= gb2312() - {0x2015}
        assert points >= rare_charset(HOUSE_FONTS / RARE_LIST)
    assert len(rare_charset(HOUSE_FONTS / RARE_LIST)) == 1467
    assert not rare_charset(HOUSE_FONTS / RARE_LIST) & gb2312()


def test_the_fonts_are_static_and_carry_their_licence():
    for data in load_house_fonts().values():
        with TTFont(io.BytesIO(data), lazy=True) as font:
            assert "fvar" not in font
            assert "Open Font License" in font["name"].getDebugName(13)


def test_a_subset_holds_what_was_asked_and_is_the_same_each_time():
    source = load_house_fonts()["NotoSansSC-Rare-400.ttf"]
    points = frozenset(map(ord, "堃喆"))
    once = subset_face(source, points)
    assert subset_face(source, points) == once
    assert set(TTFont(io.BytesIO(once)).getBestCmap()) == points


def test_another_edition_of_the_source_is_refused(tmp_path):
    for face in FACES:
        (tmp_path / face.source).parent.mkdir()
        (tmp_path / face.source).write_bytes(b"another edition")
    (tmp_path / RARE_LIST).write_text("堃", encoding="utf-8")
    with pytest.raises(FontSourceChanged, match="400Regular"):
        build(tmp_path, tmp_path)


def test_what_no_face_holds_is_named_once():
    held = characters_by_weight(load_house_fonts())
    assert unprintable("张三 ¥1,234.50\n堃〔2026〕", held) == ()
    assert unprintable("한a한", held) == ("한",)
    assert common_charset() > gb2312()
