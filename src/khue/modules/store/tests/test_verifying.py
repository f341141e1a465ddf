"""Verification in several processes finds the same as in one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cast import NOW

from khue.modules.store import verifying
from khue.modules.store.tests.press import Press, flipped

pytestmark = pytest.mark.django_db


def test_processes_find_the_same(press: Press, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "MANY", 4)
    monkeypatch.setattr(verifying, "SHARE", 2)
    monkeypatch.setenv("KHUE_DEMO", "1")
    monkeypatch.setenv("KHUE_DATA_DIR", str(settings.CONFIG.data_dir))
    good = [press.transcript(number) for number in range(5)]
    files = [one.data for one in (*good, flipped(good[0]))]
    alone = verifying.verify(files, NOW)
    assert [one.verdict for one in alone] == ["valid"] * 5 + ["invalid"]
    with verifying.verifier(len(files), workers=2) as verify:
        assert verify is not verifying.verify
        assert verify(files, NOW) == alone


def test_few_files_need_no_processes() -> None:
    with verifying.verifier(verifying.MANY - 1, workers=2) as verify:
        assert verify is verifying.verify
    with verifying.verifier(10_000, workers=1) as verify:
        assert verify is verifying.verify
