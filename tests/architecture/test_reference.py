"""The pages that are made from the code are up to date."""

from __future__ import annotations

import pytest

from khue.project.reference import PAGES
from tests.architecture.sources import ROOT


@pytest.mark.parametrize("name", PAGES)
def test_reference_pages_are_up_to_date(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), "run ./khue manage reference"
