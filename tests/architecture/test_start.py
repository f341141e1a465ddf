"""The start script `./khue`: plain words on an old Python, one set-up at a time, stale environments."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

SCRIPT = ROOT / "khue"


@pytest.fixture
def script(tmp_path: Path) -> dict[str, object]:
    """The script's functions, working in a folder of their own."""
    found = runpy.run_path(str(SCRIPT), run_name="khue_start")
    home = tmp_path / ".khue"
    # Functions look their names up in the module they were made in.
    place = found["digest"].__globals__
    place.update(HOME=str(home), ENV=str(home / "env"), PYTHON=sys.executable)
    return place


def test_it_needs_the_standard_library_only() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert names <= sys.stdlib_module_names


def test_an_old_python_can_parse_it() -> None:
    """It must get as far as its sentence: the grammar of Python 3.7 suffices."""
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 7))
    assert not any(
        isinstance(node, ast.JoinedStr) for node in ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8")))
    )


def test_an_environment_is_ready_until_its_lock_changes(script: dict, tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text("a==1")
    assert not script["ready"](str(lock))
    (tmp_path / ".khue" / "env").mkdir(parents=True)
    Path(script["stamp_of"](str(lock))).write_text(script["digest"](str(lock)))
    assert script["ready"](str(lock))
    lock.write_text("a==2")
    assert not script["ready"](str(lock))


def test_two_starts_prepare_one_after_the_other(script: dict) -> None:
    order: list[str] = []

    def second() -> None:
        with script["OneAtATime"]():
            order.append("second")

    with script["OneAtATime"]():
        other = threading.Thread(target=second)
        other.start()
        other.join(0.8)
        order.append("first")
    other.join(5)
    assert order == ["first", "second"]


def test_a_missing_venv_is_said_in_a_sentence(script: dict, monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit):
        script["make_environment"](None)
    assert "python3-venv" in capsys.readouterr().err


def test_ci_runs_the_test_command() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert text.rstrip().endswith('exec ./khue test "$@"')
    assert subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=False).returncode == 0
