"""Every refusal raised by people and access has a sentence, and every sentence is raised."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

from khue.modules.access import errors as access_errors
from khue.modules.people import errors as people_errors

MODULES = Path(__file__).resolve().parents[2]
# Sentences of the gate are looked up, not raised.
LOOKED_UP = {"ACC-001", "ACC-002", "ACC-032"}


def raised(folder: str) -> dict[str, list[set[str]]]:
    """Codes in the source of a module with the parameters given to each."""
    found: dict[str, list[set[str]]] = {}
    for path in (MODULES / folder).rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            first = node.args[0]
            if isinstance(first, ast.Constant) and str(first.value)[:4] in {"ACC-", "PEO-"}:
                found.setdefault(first.value, []).append({word.arg or "" for word in node.keywords})
    return found


@pytest.mark.parametrize(
    ("folder", "codes"), [("people", people_errors.CODES), ("access", access_errors.CODES)]
)
def test_sentences_and_refusals_fit(folder, codes):
    used = raised(folder)
    assert set(used) - set(codes) == set()
    assert set(codes) - set(used) - LOOKED_UP == set()
    for code, calls in used.items():
        wanted = {name for _, name, _, _ in string.Formatter().parse(codes[code]) if name}
        for given in calls:
            assert wanted <= given or code in LOOKED_UP, code
    for sentence in codes.values():
        assert sentence.endswith("."), sentence
