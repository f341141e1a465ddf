"""`khue import check`: one answer per file, whatever the file is; an exit code that says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cast import World, sign_in

from khue.modules.importing import command
from khue.modules.importing.models import ImportRun, RunState
from khue.modules.importing.tests.files import marks
from khue.modules.importing.tests.test_services import rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's database is ready already."""
    monkeypatch.setattr(command, "_ready", lambda **_: None)


def put(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def told(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, Any]:
    code = command.main(["check", "--json", *argv])
    return code, json.loads(capsys.readouterr().out)


def test_a_mark_sheet_is_told_in_the_structure_of_the_truth(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = put(tmp_path, "toan.xlsx", marks(rows(lambda n: [85 if n == 0 else 8, 7, 9, 8, 7, 8, None])))
    chosen = (
        "--as",
        "gradebook",
        "--school",
        "20180001",
        "--year",
        "2025-2026",
        "--class",
        "6A",
        "--term",
        "1",
    )
    code, answer = told(capsys, file, *chosen)
    assert (code, answer["outcome"], answer["refusal"]) == (0, "import_partly", None)
    assert answer["import_as"]["class"] == "6A"
    finding = next(w for w in answer["warnings"] if w["severity"] == "error")
    assert (finding["kind"], finding["suggest"]) == ("mark_out_of_range", "8.5")
    assert answer["tables"][0]["table"] == "marks"


def test_several_files_give_several_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(tmp_path / "none.xlsx"), str(tmp_path), put(tmp_path, "a.xlsx", b"<html><table>")]
    code, answers = told(capsys, *files)
    assert code == command.UNREADABLE
    assert [answer["refusal"]["kind"] for answer in answers] == ["unreadable", "unreadable", "not_an_xlsx"]
    assert "không có tệp này" in answers[0]["refusal"]["message"]


def test_a_file_of_no_school_is_refused_with_its_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = put(tmp_path, "toan.xlsx", marks(rows()))
    code, answer = told(capsys, file, "--as", "gradebook")
    assert (code, answer["outcome"], answer["refusal"]["kind"]) == (1, "refuse", "IMP-011")
    assert command.main(["check", file]) == 1
    assert "toan.xlsx" in capsys.readouterr().err


def test_apply_writes_in_the_name_and_with_the_rights_of_the_person(world: World, tmp_path: Path) -> None:
    file = put(tmp_path, "toan.xlsx", marks(rows()))
    chosen = ["--school", "20180001", "--year", "2025-2026"]
    for actor, code in ((world.quang, 1), (world.thu, 0)):
        sign_in(actor)
        username = f"u.{actor.person_id}"
        assert command.main(["apply", file, *chosen, "--by", username]) == code
    (run,) = ImportRun.objects.all()
    assert (run.person, run.state) == (world.thu.person_id, RunState.APPLIED)
    assert command.main(["apply", file, *chosen, "--by", "nobody"]) == command.UNREADABLE
    assert ImportRun.objects.count() == 1
