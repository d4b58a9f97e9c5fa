"""A template is parsed once for each shape and filled in; the tree is the one a parser would have made of the letter."""

import pytest

from letters.letter import printed_values
from letters.markup import compile_template, fill_slots
from letters.pack import load_pack
from letters.render import Renderer
from letters.samples import sample_letters
from tests.letters.shipped import CODES, PACKS


def flat(tree):
    return [(one.tag, dict(one.items()), one.text, one.tail) for one in tree.iter()]


@pytest.mark.parametrize("code", CODES)
def test_a_filled_shape_is_the_tree_of_the_whole_letter(code):
    pack = load_pack(PACKS / code)
    renderer = Renderer(pack)
    for letter in sample_letters(pack.kind).values():
        assert flat(renderer._tree(letter)) == flat(renderer._engine.parse(renderer.html_of(letter)))


def test_a_value_is_text_wherever_it_stands(notice):
    engine = Renderer(notice)._engine
    template = compile_template('<p class="a {{ serial }}">{{ product }}<b>x</b>{{ product }}</p>')
    values = {"serial": '"><img src=x>', "product": "<i>&amp;</i>"}
    tree = engine.parse(template.slotted(template.shape_of(values)))
    fill_slots(tree, values)
    (shown,) = tree.iter("p")
    assert (shown.get("class"), shown.text, shown[0].tail) == ('a "><img src=x>', "<i>&amp;</i>", "<i>&amp;</i>")
    assert [one.tag for one in tree.iter() if one.tag in {"i", "img"}] == []


def test_letters_that_have_other_values_have_another_shape(renderer, letter):
    lacking = sample_letters(renderer.pack.kind)["shortest"]
    with_postcode, without = (flat(renderer._tree(one)) for one in (letter, lacking))
    assert len(with_postcode) > len(without)
    assert printed_values(lacking)["postcode"] is None
