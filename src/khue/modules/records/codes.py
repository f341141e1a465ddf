"""Codes of documents and prints: opaque, short enough to read aloud, with a check character (mã hồ sơ)."""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
CODE_LENGTH, PRINT_LENGTH = 15, 8
_MODULUS = 37  # Crockford's check character, over five more signs
_CHECK = ALPHABET + "*~$=U"


def new_code() -> str:
    """A document's code: «K5T2-…», random, with a check character."""
    body = _random(CODE_LENGTH)
    text = body + check_of(body)
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def new_print_code() -> str:
    """The eight characters on a print that open its content to whoever holds the paper."""
    return _random(PRINT_LENGTH)


def read(text: str) -> str:
    """What a person typed, in the alphabet: case, spaces and look-alikes do not matter."""
    plain = text.upper().replace(" ", "").replace("-", "")
    return plain.translate(str.maketrans("OIL", "011"))


def check_of(body: str) -> str:
    """The check character of a body."""
    number = 0
    for char in body:
        number = number * len(ALPHABET) + ALPHABET.index(char)
    return _CHECK[number % _MODULUS]


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
