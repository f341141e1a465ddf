"""The glossary is true: each identifier is in the source, each term has one identifier."""

from __future__ import annotations

import ast
import tomllib

import pytest

from tests.architecture.sources import PACKAGE, ROOT

TERMS = tomllib.loads((ROOT / "docs" / "glossary.toml").read_text(encoding="utf-8"))["term"]
ENOUGH = 60


def _names(path: str) -> set[str]:
    """Everything that a file defines: classes, functions, fields, constants."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((PACKAGE / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


@pytest.mark.parametrize("entry", TERMS, ids=lambda entry: entry["identifier"])
def test_identifiers_exist(entry: dict[str, str]) -> None:
    assert entry["identifier"] in _names(entry["where"])


def test_one_idea_one_word() -> None:
    terms = [entry["vi"] for entry in TERMS]
    assert len(terms) >= ENOUGH
    assert len(set(terms)) == len(terms)
    places = [(entry["identifier"], entry["where"]) for entry in TERMS]
    assert len(set(places)) == len(places)


def test_entries_have_known_fields_only() -> None:
    for entry in TERMS:
        assert {"vi", "identifier", "where"} <= set(entry) <= {"vi", "identifier", "where", "source", "note"}
