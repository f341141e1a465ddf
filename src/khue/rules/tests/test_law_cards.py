"""The law cards are true: what they name is in the code, and what the law of the code is, they name."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from khue.rules.regimes import RegimeId
from khue.rules.settings import CHOICES
from khue.rules.tests.worked import ALL, FILES

ROOT = Path(__file__).parents[4]
PACKAGE, CARDS = ROOT / "src" / "khue", ROOT / "docs" / "law"
FOLDERS = (PACKAGE, PACKAGE / "rules" / "parameters", PACKAGE / "rules" / "tests")
WRITTEN = {path.stem: path.read_text(encoding="utf-8") for path in sorted(CARDS.glob("*.md"))}
LAW = (
    "attendance", "averages", "graduation", "legacy", "levels", "primary", "promotion", "regimes",
    "secondary",
)  # fmt: skip
FUNCTION = re.compile(r"`([a-z]+)\.([A-Za-z_]+)`")
FILE = re.compile(r"`([\w/.-]+\.(?:py|toml|json))`")
CASE = re.compile(r"\b(?:KH-)?(?:TX|MK|TA|YA|CS|LL|CD|TI|PR|RT|AT|PL|PT|PM|PA|PC|L58|58|GR|ID)-\d+\b")
# Named in the text of a card by what they do, not one by one: parts of a rule that the card names whole.
PARTS = {
    "averages": {"parameters", "no_average", "no_result", "ongoing_of", "periodic_of", "passed_of"},
    "levels": {"demands", "named"},
    "promotion": {"open_subjects", "replaced_reason"},
    "secondary": {"subject_term"},
}


def module(name: str) -> ModuleType:
    return import_module(f"khue.core.{name}" if name == "decimals" else f"khue.rules.{name}")


@pytest.mark.parametrize("card", WRITTEN)
def test_functions_and_files_that_a_card_names_exist(card: str) -> None:
    for name, function in FUNCTION.findall(WRITTEN[card]):
        if function not in {"py", "toml", "json"}:
            assert hasattr(module(name), function), f"{card} names {name}.{function}"
    for name in FILE.findall(WRITTEN[card]):
        assert any((folder / name).is_file() for folder in (*FOLDERS, ROOT)), f"{card} names {name}"
    for link in re.findall(r"\]\(([\w.-]+\.md)\)", WRITTEN[card]):
        assert (CARDS / link).is_file(), f"{card} links to {link}"


@pytest.mark.parametrize("card", WRITTEN)
def test_cases_that_a_card_names_exist(card: str) -> None:
    known = {case["id"] for case in ALL}
    assert set(CASE.findall(WRITTEN[card])) <= known


@pytest.mark.parametrize("name", LAW)
def test_every_function_of_the_law_is_on_a_card(name: str) -> None:
    public = {
        key
        for key, value in vars(module(name)).items()
        if callable(value) and not isinstance(value, type) and not key.startswith("_")
        and getattr(value, "__module__", "") == f"khue.rules.{name}"
    }  # fmt: skip
    named = [pair for text in WRITTEN.values() for pair in FUNCTION.findall(text)]
    carded = {function for where, function in named if where == name}
    assert public - carded == PARTS.get(name, set())


def test_every_reading_every_regime_and_every_file_of_cases_is_on_a_card() -> None:
    everything = "\n".join(WRITTEN.values())
    for name, ways in CHOICES.items():
        assert f"`{name}`: {ways[0]}" in everything, name
        assert all(way in everything for way in ways)
    for path in FILES:
        assert f"rules/tests/data/{path.name}" in everything
    for regime in RegimeId:
        words = regime.value.removeprefix("TT").split("+")[0]
        assert f"TT {words}/" in everything
    for card in set(WRITTEN) - {"README"}:
        assert f"({card}.md)" in WRITTEN["README"]
