"""Sealed values open for their own row and column only; a blind index meets equal values and tells nothing."""

import os
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.vault import Vault, VaultError, derive_key, mask_card, mask_name

SECRET = b"s" * 32
ROW, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
vault = Vault(SECRET)


@given(st.text())
def test_what_was_sealed_opens_for_its_row(text):
    assert vault.open(vault.seal(text, row=ROW, column="card_no"), row=ROW, column="card_no") == text


@pytest.mark.parametrize(("row", "column"), [(OTHER, "card_no"), (ROW, "id_no")])
def test_a_value_moved_to_another_row_or_column_is_refused(row, column):
    sealed = vault.seal("6222028033561339212", row=ROW, column="card_no")
    with pytest.raises(VaultError, match="does not open: is FIELDOPS_SECRET the one"):
        vault.open(sealed, row=row, column=column)


def test_another_secret_opens_nothing():
    sealed = vault.seal("6222028033561339212", row=ROW, column="card_no")
    with pytest.raises(VaultError):
        Vault(b"t" * 32).open(sealed, row=ROW, column="card_no")


@given(st.data())
def test_one_altered_bit_is_noticed(data):
    sealed = bytearray(vault.seal("6222028033561339212", row=ROW, column="card_no"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(VaultError):
        vault.open(bytes(sealed), row=ROW, column="card_no")


def test_a_value_cut_short_is_refused_as_such():
    sealed = vault.seal("6222028033561339212", row=ROW, column="card_no")
    for length in (0, 1, 13, len(sealed) - 1):
        with pytest.raises(VaultError):
            vault.open(sealed[:length], row=ROW, column="card_no")


def test_the_refusal_does_not_tell_what_was_sealed():
    sealed = vault.seal("6222028033561339212", row=ROW, column="card_no")
    with pytest.raises(VaultError) as refused:
        vault.open(sealed, row=OTHER, column="card_no")
    assert "6222" not in str(refused.value)


def test_the_same_text_is_never_sealed_the_same_way_twice():
    assert len({vault.seal("1", row=ROW, column="c") for _ in range(100)}) == 100


@given(st.text(), st.text())
def test_equal_texts_of_one_kind_meet_and_others_do_not(one, two):
    assert (vault.index(one, kind="card") == vault.index(two, kind="card")) == (one == two)


def test_a_kind_is_never_mistaken_for_the_beginning_of_a_text():
    assert vault.index("b", kind="a") != vault.index("", kind="ab")
    assert vault.index("1", kind="card") != vault.index("1", kind="id")


def test_an_index_made_with_another_secret_meets_nothing():
    assert vault.index("1", kind="card") != Vault(os.urandom(32)).index("1", kind="card")


def test_keys_for_two_purposes_differ():
    assert derive_key(SECRET, "field encryption") != derive_key(SECRET, "blind index")
    assert derive_key(SECRET, "blind index") == derive_key(SECRET, "blind index")


def test_a_card_shows_four_digits_and_a_name_its_first_character():
    assert mask_card("6222028033561339212") == "**** 9212"
    assert (mask_name("刘泽杰"), mask_name("刘"), mask_name("欧阳")) == ("刘**", "刘*", "欧*")
