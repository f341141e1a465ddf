"""Every code of CMS, seals and short codes has a sentence that takes exactly the values that come with it."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from khue.signing import cades, cms, pades, qr
from khue.signing.pades.sentences import CODES
from khue.signing.report import Finding

SOURCES = [
    Path(cms.__file__),
    Path(cades.__file__),
    Path(qr.__file__),
    *Path(pades.__file__).parent.glob("*.py"),
]
CODE = re.compile(r"SIGN-5\d\d")


def used() -> Iterator[tuple[str, tuple[str, ...]]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            literals = [one.value for one in node.args if isinstance(one, ast.Constant)]
            for code in (one for one in literals if isinstance(one, str) and CODE.fullmatch(one)):
                told = {word.arg for word in node.keywords} - {"sub"}
                for one in node.args:
                    if isinstance(one, ast.Dict):
                        told |= {key.value for key in one.keys if isinstance(key, ast.Constant)}
                yield code, tuple(sorted(map(str, told)))


USED = sorted(set(used()))


@pytest.mark.parametrize(("code", "params"), USED)
def test_each_code_has_its_sentence(code: str, params: tuple[str, ...]) -> None:
    fields = {name for _, name, _, _ in string.Formatter().parse(CODES[code]) if name}
    assert fields == set(params)
    text = Finding(code, dict.fromkeys(params, "x")).text
    assert text.endswith(".")
    assert "{" not in text


def test_no_sentence_without_a_use() -> None:
    assert {code for code, _ in USED} == set(CODES)
