"""Each code of this part has a sentence with the parameters that are given, and each sentence is used."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from khue.signing.xades.sentences import CODES

FOLDER = Path(__file__).parents[1]
FILES = [FOLDER / "canonical.py", *sorted((FOLDER / "xades").glob("*.py"))]
RAISING = {"Invalid", "Refused", "Conflict", "Finding"}
SOURCES = {one.name: one.read_text(encoding="utf-8") for one in FILES if one.name != "sentences.py"}


def given(call: ast.Call, scope: ast.AST) -> set[str]:
    """The names of the parameters of a refusal or a finding; a dict may stand in a variable just before."""
    if not call.args[1:]:
        return {one.arg for one in call.keywords}
    value = call.args[1]
    if isinstance(value, ast.Name):
        before = [
            one.value
            for one in ast.walk(scope)
            if isinstance(one, ast.Assign)
            and getattr(one.targets[0], "id", "") == value.id
            and one.lineno < call.lineno
        ]
        value = before[-1]
    return {key.value for key in value.keys}


def uses():
    for name, source in SOURCES.items():
        for scope in ast.walk(ast.parse(source)):
            if not isinstance(scope, ast.FunctionDef):
                continue
            for call in ast.walk(scope):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") in RAISING and call.args:
                    code = call.args[0]
                    if isinstance(code, ast.Constant):
                        yield name, code.value, given(call, scope)


USES = list(uses())


@pytest.mark.parametrize(("file", "code", "params"), USES, ids=[f"{one[0]}-{one[1]}" for one in USES])
def test_each_code_has_its_sentence(file, code, params):
    wanted = {name for _, name, _, _ in Formatter().parse(CODES[code]) if name}
    assert wanted == params, file


def test_each_sentence_is_used():
    named = {code for source in SOURCES.values() for code in re.findall(r"SIGN-1\d\d", source)}
    assert set(CODES) == named


def test_each_sentence_is_a_whole_one():
    for code, text in CODES.items():
        assert re.fullmatch(r"SIGN-1\d\d", code)
        assert text.endswith(".")
        assert "  " not in text
