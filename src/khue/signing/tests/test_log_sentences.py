"""Every code of the log has a sentence that takes exactly the values that come with it."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from khue.signing import log
from khue.signing.log.sentences import CODES
from khue.signing.report import Finding

RAISED = {"Refused", "Invalid", "Conflict", "NotFound"}


def used() -> Iterator[tuple[str, set[str]]]:
    for path in Path(log.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            code = node.args[0]
            if not isinstance(code, ast.Constant) or node.func.id not in {*RAISED, "Finding"}:
                continue
            if node.func.id in RAISED:
                yield code.value, {str(word.arg) for word in node.keywords}
            else:
                told = node.args[1].keys if len(node.args) > 1 and isinstance(node.args[1], ast.Dict) else []
                yield code.value, {key.value for key in told if isinstance(key, ast.Constant)}


USED = sorted({(code, tuple(sorted(params))) for code, params in used()})


@pytest.mark.parametrize(("code", "params"), USED)
def test_each_code_has_its_sentence(code: str, params: tuple[str, ...]) -> None:
    fields = {name for _, name, _, _ in string.Formatter().parse(CODES[code]) if name}
    assert fields <= set(params)
    text = Finding(code, dict.fromkeys(params, "x")).text
    assert text.endswith((".", "x"))


def test_no_sentence_without_a_use() -> None:
    literal = {code for code, _ in USED} | {"SIGN-476", "SIGN-477"}  # chosen by a condition in bundle.py
    assert set(CODES) == literal
