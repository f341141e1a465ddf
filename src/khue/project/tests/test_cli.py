"""The command line: what it lists, how fast a check starts, how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from khue.core.errors import Invalid
from khue.project import cli, show_config
from khue.project.config import Config, sqlite_options

SOURCE = Path(__file__).resolve().parents[3]


def _python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, encoding="utf-8",
        env={"PYTHONPATH": str(SOURCE), "PYTHONUTF8": "1", **environment},
    )  # fmt: skip


def test_every_command_has_its_module() -> None:
    missing = [name for name, command in cli.COMMANDS.items() if find_spec(command.module) is None]
    assert set(missing) <= {"bench", "import", "demo"}  # each is written by the module that owns it


def test_without_a_command_the_list_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in cli.COMMANDS)


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["chay"]) == 2
    assert "Không có lệnh «chay»" in capsys.readouterr().out


def test_checking_rules_does_not_load_django() -> None:
    done = _python(
        "import sys; from khue.project.cli import main; main(['rules', 'check', 'missing.json'])\n"
        "assert 'django' not in sys.modules and 'pydantic' not in sys.modules\n"
    )
    assert "AssertionError" not in done.stderr


def test_a_wrong_setting_is_a_sentence() -> None:
    done = _python(
        "import sys; from khue.project.cli import main; sys.exit(main(['config']))", KHUE_PROFILE="village"
    )
    assert done.returncode == 2
    assert "KHUE_PROFILE='village'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refusal_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: list[str]) -> int:
        raise Invalid("CORE-002", value="11")

    monkeypatch.setattr(show_config, "main", refuse)
    assert cli.main(["config"]) == 1
    assert "«11» nằm ngoài thang điểm 10" in capsys.readouterr().err


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KHUE_SECRET_KEY", "very secret")
    monkeypatch.setenv("KHUE_DATABASE_URL", "postgres://khue:hidden@db.example/khue")
    show_config.main([])
    shown = capsys.readouterr().out
    assert "very secret" not in shown
    assert "hidden" not in shown
    assert "db.example" in shown


@pytest.mark.parametrize(
    ("url", "engine", "name"),
    [
        ("postgres://u:p%40ss@h:5433/school", "postgresql", "school"),
        ("postgres://u@/postgres?host=%2Frun%2Fpg", "postgresql", "postgres"),
        ("sqlite:////data/a.sqlite3", "queued_sqlite", "/data/a.sqlite3"),
    ],
)
def test_database_addresses(url: str, engine: str, name: str) -> None:
    found = Config(database_url=url).database()
    assert str(found["ENGINE"]).endswith(engine)
    assert found["NAME"] == name


def test_wal_is_left_off_on_a_library_with_the_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("khue.project.config.library_version", lambda: (3, 40, 1))
    assert "journal_mode=DELETE" in str(sqlite_options()["init_command"])
    monkeypatch.setattr("khue.project.config.library_version", lambda: (3, 53, 4))
    assert "journal_mode=WAL" in str(sqlite_options()["init_command"])


def test_the_secret_is_made_once_for_its_owner(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path, secret_key="")
    first = config.secret()
    assert config.secret() == first
    assert len(first) > 40
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0 or sys.platform == "win32"


def test_a_vector_file_closes_with_its_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"meta": {}, "vectors": []}), encoding="utf-8")
    cli.main(["rules", "check", str(path)])
    assert "0 passed, 0 failed" in capsys.readouterr().out


def test_a_wrong_address_does_not_print_its_password() -> None:
    done = _python(
        "import sys; from khue.project.cli import main; sys.exit(main(['config']))",
        KHUE_DATABASE_URL="mysql://khue:hidden@db/khue",
    )
    assert done.returncode == 2
    assert "KHUE_DATABASE_URL" in done.stderr
    assert "hidden" not in done.stderr


def test_secrets_come_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Docker and systemd hand them over."""
    address, key = tmp_path / "address", tmp_path / "key"
    address.write_text("postgres://khue:hidden@db.example/khue\n", encoding="utf-8")
    key.write_text("very secret\n", encoding="utf-8")
    config = Config(database_url="", database_url_file=address, secret_key="", secret_key_file=key)
    assert config.database()["PASSWORD"] == "hidden"
    assert config.secret() == "very secret"
    monkeypatch.setenv("KHUE_DATABASE_URL_FILE", str(address))
    monkeypatch.delenv("KHUE_DATABASE_URL", raising=False)
    show_config.main([])
    shown = capsys.readouterr().out
    assert "hidden" not in shown
    assert "[KHUE_DATABASE_URL_FILE]" in shown


@pytest.mark.parametrize("name", ["secret_key_file", "database_url_file"])
def test_a_secret_file_that_is_missing_or_empty_stops_the_start(tmp_path: Path, name: str) -> None:
    """A key made anew in its place would leave every sealed number unreadable."""
    path = tmp_path / "typed-wrong"
    for _ in range(2):
        with pytest.raises(ValueError, match="tệp rỗng"):
            Config(**{name: path})
        path.write_text(" \n", encoding="utf-8")
    path.write_text("http://x", encoding="utf-8")
    if name == "database_url_file":
        with pytest.raises(ValueError, match="KHUE_DATABASE_URL"):
            Config(database_url="", database_url_file=path)
