"""The worked cases beside the tests, one file per circular, in the form of `khue rules check`."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

FILES = sorted((Path(__file__).parent / "data").glob("*.json"))


def read(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)["vectors"]


ALL = [case for path in FILES for case in read(path)]


def of(engine: str) -> list[dict[str, Any]]:
    """The cases of one engine; a name without any is a mistake."""
    chosen = [case for case in ALL if case["engine"] == engine]
    assert chosen, engine
    return chosen


def cases(engine: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", of(engine), ids=lambda case: case["id"])
