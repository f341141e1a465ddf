"""Vietnamese names: order by given name, search without accents, one normal form."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.core import names

SYLLABLES = (
    "An", "Ánh", "Ân", "Bình", "Bế", "Cường", "Châu", "Đức", "Dung", "Dũng", "Đặng", "Hoà", "Hòa", "Hoa",
    "Lý", "Lăng", "Nông", "Ngọc", "Nguyễn", "Oanh", "Ơn", "Phương", "Thị", "Thuý", "Tư", "Tú", "Văn", "Vi",
    "Xuân", "Ý",
)  # fmt: skip
NAMES = st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=5).map(" ".join)


def shuffled(texts: list[str]) -> list[str]:
    return random.Random(7).sample(texts, len(texts))


def test_a_class_list_goes_by_given_name_then_by_family_and_middle_names() -> None:
    ordered = [
        "Nông Văn An", "Vi Thị Ánh", "Trần Thị Ân", "Lý Tiến Bình", "Hoàng Ngọc Châu", "Lăng Minh Cường",
        "Bế Thị Dung", "Lê Văn Dũng", "Nông Văn Đức", "Hoàng Thị Hoa", "Lý Thị Hoa", "Nguyễn Thị Hoa",
        "Đỗ Minh Hoà", "Trần Ơn", "Vũ Tú", "Vũ Tư",
    ]  # fmt: skip
    assert sorted(shuffled(ordered), key=names.sort_key) == ordered


def test_letters_come_before_tones_and_tones_in_their_order() -> None:
    tones = ["Ma", "Mà", "Mả", "Mã", "Má", "Mạ"]
    assert sorted(shuffled(tones), key=names.sort_key) == tones
    letters = ["A", "Ă", "Â", "Da", "Đa", "E", "Ê", "O", "Ô", "Ơ", "U", "Ư", "Y"]
    assert sorted(shuffled(letters), key=names.text_key) == letters
    # Another letter decides before any tone does.
    assert names.sort_key("Lạ") < names.sort_key("Lan")


def test_the_two_ways_of_placing_a_tone_are_the_same_name() -> None:
    assert names.sort_key("Hoà") == names.sort_key("Hòa")
    assert names.sort_key("Thuý") == names.sort_key("Thúy")


@given(NAMES)
def test_keys_do_not_depend_on_how_unicode_is_composed(name: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        other = unicodedata.normalize(form, name)
        assert names.sort_key(other) == names.sort_key(name)
        assert names.fold(other) == names.fold(name)
        assert names.nfc(other) == name


@given(NAMES)
def test_keys_are_plain_ascii_so_that_every_database_sorts_alike(name: str) -> None:
    assert names.sort_key(name).isascii()
    assert names.fold(name).isascii()
    assert names.fold(name) == names.fold(names.fold(name).upper())


@given(st.text(max_size=40))
def test_any_text_has_keys(text: str) -> None:
    assert isinstance(names.text_key(text), str)
    assert isinstance(names.sort_key(text), str)
    assert len(names.class_key(text)) <= 60
    assert names.nfc(names.nfc(text)) == names.nfc(text)


@given(NAMES, NAMES)
def test_a_different_given_name_decides(first: str, second: str) -> None:
    one, two = names.split_name(first)[1], names.split_name(second)[1]
    if names.sort_key(one) != names.sort_key(two):
        assert (names.sort_key(first) < names.sort_key(second)) == (names.sort_key(one) < names.sort_key(two))


def test_search_finds_without_accents() -> None:
    assert names.fold("Nông Văn  Đức") == "nong van duc"
    assert "duc" in names.fold("ĐỨC")


def test_the_given_name_is_the_last_word() -> None:
    assert names.split_name("  Nông  Thị Hoa ") == ("Nông Thị", "Hoa")
    assert names.split_name("Ý") == ("", "Ý")


@pytest.mark.parametrize(
    "ordered",
    [["6A", "6B", "7A", "10A1", "10A2", "10A10", "11A1"], ["6/1", "6/2", "6/10"], ["9A", "10A"]],
)
def test_classes_are_in_natural_order(ordered: list[str]) -> None:
    assert sorted(shuffled(ordered), key=names.class_key) == ordered


def test_units_are_in_the_order_of_their_numbers() -> None:
    ordered = ["Trường số 2", "Trường số 10", "Trường Tiểu học"]
    assert sorted(shuffled(ordered), key=names.text_key) == ordered


@pytest.mark.parametrize("letter", ["\u00d0", "\u0189", "Đ"])
def test_letters_that_look_like_d_with_a_stroke_are_it(letter: str) -> None:
    """An eth or an African d, from a foreign keyboard or an old font, is typed for Đ."""
    name = f"Nông Văn {letter}ức"
    assert names.nfc(name) == "Nông Văn Đức"
    assert names.fold(name) == names.fold(name.lower()) == "nong van duc"
    assert names.sort_key(name) == names.sort_key("Nông Văn Đức")


@pytest.mark.parametrize(
    "typed", ["duc", "Đức", "\u00d0\u1ee9c", "đu\u031b\u0301c", "Du\u031b\u0301c", "ĐỨC "]
)
def test_whatever_is_typed_for_duc_is_the_same_search(typed: str) -> None:
    assert names.fold(typed) == "duc"
