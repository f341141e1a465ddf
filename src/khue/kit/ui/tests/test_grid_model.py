"""The pure parts of the grid's script, tested by Node where it is installed; its size everywhere."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

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
    assert "# pass 18" in done.stdout


def test_a_script_imports_its_parts_by_their_hashed_names(tmp_path: Path, settings) -> None:
    """Or a browser would keep the old part beside the new script for as long as it caches."""
    settings.STATIC_ROOT = str(tmp_path)
    call_command("collectstatic", interactive=False, verbosity=0)
    made = {path.name for path in (tmp_path / "ui").glob("*.js")}
    (script,) = (name for name in made if name.startswith("grade-grid.") and name != "grade-grid.js")
    text = (tmp_path / "ui" / script).read_text(encoding="utf-8")
    plain = {path.name for path in STATIC.glob("grid-*.js")}
    parts = re.findall(r'from ["\']\./([^"\']+)["\']', text)
    assert len(parts) > 1
    assert not plain & set(parts)
    assert set(parts) <= made


@pytest.mark.parametrize(("pattern", "limit"), [("gr*.js", 24), ("khue.css", 10), ("passkey-errors.js", 1)])
def test_what_a_first_visit_loads_stays_small(pattern: str, limit: int) -> None:
    files = list(STATIC.glob(pattern))
    assert files
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in files) <= limit * KILOBYTE
