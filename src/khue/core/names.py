"""Vietnamese text: normal form, accent-free search, and the order of names by given name.

The keys are stored in columns, because SQLite has no ICU and PostgreSQL's `unaccent` and
SQLite's FTS5 disagree about đ. The sort key is plain ASCII, so that a bytewise comparison in
either database gives Vietnamese order: a ă â, d đ, e ê, o ô ơ, u ư are different letters; the
tone (ngang, huyền, hỏi, ngã, sắc, nặng) decides only between otherwise equal texts.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_SHAPES = {"\u0306": "b", "\u0302": "c", "\u031b": "d"}  # ă, â ê ô, ơ ư
_PLAIN = "a"
# Letters that look like Đ and đ and come from foreign keyboards and old fonts: eth, African d.
_D_ALIKE = str.maketrans({"\u00d0": "Đ", "\u0189": "Đ", "\u00f0": "đ", "\u0256": "đ"})
TONE_BREAK = "!"  # sorts before every letter and digit


def nfc(text: str) -> str:
    """Composed Unicode with a real Đ, outer blanks cut, inner blanks single."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_D_ALIKE).split())


def fold(text: str) -> str:
    """Lower case without marks, đ as d: what a search compares («duc» finds Đức)."""
    decomposed = unicodedata.normalize("NFD", text.translate(_D_ALIKE).lower())
    bare = "".join(ch for ch in decomposed if not unicodedata.combining(ch))
    return " ".join(bare.replace("đ", "d").split())


def split_name(full_name: str) -> tuple[str, str]:
    """Family and middle names, and the given name: the last word (họ đệm, tên)."""
    words = nfc(full_name).split(" ")
    return " ".join(words[:-1]), words[-1]


def sort_key(full_name: str) -> str:
    """Order of a class list: by given name, then family and middle names (tên, rồi họ đệm)."""
    rest, given = split_name(full_name)
    return f"{_key([given])} {_key(rest.split() or [''])}"


def _key(words: list[str]) -> str:
    letters, tones = zip(*(_syllable(word) for word in words), strict=True)
    return " ".join(letters) + TONE_BREAK + "".join(tones)


def text_key(text: str) -> str:
    """Vietnamese order of any text, e.g. of units and subjects; numbers by their value."""
    words = nfc(text).split() or [""]
    letters, tones = zip(*(_syllable(word) for word in words), strict=True)
    return " ".join(_number_padded(word) for word in letters) + TONE_BREAK + "".join(tones)


@lru_cache(maxsize=20_000)
def _syllable(word: str) -> tuple[str, str]:
    """Letters of a syllable as ASCII pairs, and its one tone: Hoà and Hòa are the same."""
    letters: list[str] = []
    tone = "0"
    for ch in unicodedata.normalize("NFD", word.lower()):
        if ch in _TONES:
            tone = _TONES[ch]
        elif ch in _SHAPES and letters:
            letters[-1] = letters[-1][0] + _SHAPES[ch]
        elif ch == "đ":
            letters.append("db")
        elif unicodedata.combining(ch):
            continue
        else:
            letters.append((ch if ch.isascii() else f"~{ord(ch):06x}") + _PLAIN)
    return "".join(letters), tone


def _number_padded(word: str) -> str:
    digits = word.replace(_PLAIN, "") if word[:1].isdigit() else ""
    return digits.zfill(6) if digits.isdigit() else word


def class_key(name: str) -> str:
    """Natural order of class names: 6A, 6B, 10A1, 10A2, 10A10."""
    parts: list[str] = []
    number = ""
    for ch in fold(name):
        if ch.isdigit():
            number += ch
            continue
        if number:
            parts.append(number.zfill(4))
            number = ""
        parts.append(ch)
    if number:
        parts.append(number.zfill(4))
    return "".join(parts)[:60]
