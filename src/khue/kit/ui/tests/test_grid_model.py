"""The pure parts of the grid's script, tested by Node where it is installed; its size everywhere."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
STATIC = HERE.parent / "static" / "ui"
KILOBYTE = 1024


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node: the grid's pure parts are tested with it")
def test_the_model_of_the_grid() -> None:
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(HERE / "grid-model.test.mjs")],
        capture_output=True, text=True, encoding="utf-8", check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 10" in done.stdout


@pytest.mark.parametrize(
    ("names", "limit"),
    [(("grade-grid.js", "grid-model.js"), 12), (("khue.css",), 10), (("passkey-errors.js",), 1)],
)
def test_what_a_first_visit_loads_stays_small(names: tuple[str, ...], limit: int) -> None:
    assert sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names) <= limit * KILOBYTE
