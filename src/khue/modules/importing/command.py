"""`khue import check | apply | rehearse`."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt

    from khue.core.actor import Actor
    from khue.sheets.data import ImportAs

UNREADABLE = 2  # exit code where a file could not be opened
FILE_ITSELF = {
    "not_an_xlsx", "file_damaged", "file_too_large", "inflated_size_exceeded", "password_protected",
    "dtd_forbidden", "extension_mismatch",
}  # fmt: skip
KINDS = (
    "auto",
    "school",
    "staff",
    "classes",
    "pupils",
    "gradebook",
    "results",
    "term_summary",
    "primary_results",
    "equipment_and_certificates",
)


def main(argv: list[str]) -> int:
    """Run one of the import commands."""
    parser = argparse.ArgumentParser(prog="khue import")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (("check", "kiểm tra, không ghi gì"), ("apply", "kiểm tra rồi nhập")):
        sub = commands.add_parser(name, help=what)
        sub.add_argument("files", nargs="+", type=Path)
        sub.add_argument("--as", dest="kind", choices=KINDS, default="auto")
        sub.add_argument("--school", default="", help="mã trường")
        sub.add_argument("--year", default="", help="năm học, ví dụ 2025-2026")
        sub.add_argument("--class", dest="school_class", default="")
        sub.add_argument("--term", type=int, default=0)
        sub.add_argument("--subject", default="", help="mã môn")
        sub.add_argument("--moment", default="", help="GK1, CK1, GK2, CN")
        sub.add_argument("--json", action="store_true")
        if name == "apply":
            by = "tên đăng nhập của người nhập; nhập theo quyền của người đó"
            sub.add_argument("--by", default="", metavar="TÊN", help=by)
    rehearse = commands.add_parser("rehearse", help="thử cả thư mục có đáp án")
    rehearse.add_argument("folder", type=Path)
    rehearse.add_argument("--only", default="", help="chỉ so các tệp có tên chứa đoạn này")
    options = parser.parse_args(argv)
    if options.command == "rehearse":
        return _rehearse(options)
    return _check(options, apply=options.command == "apply")


def _actor(username: str, now: dt.datetime) -> Actor | None:
    """Who acts: the named person with the person's own rights, else the system with the name of its user."""
    from khue.core.actor import system_actor  # noqa: PLC0415 - after set-up
    from khue.modules.access.api import Account, actor_for  # noqa: PLC0415

    if not username:
        return system_actor(f"khue import ({getpass.getuser()})", now)
    account = Account.objects.filter(username=username, is_active=True).first()
    return actor_for(account, now) if account else None


def _check(options: argparse.Namespace, *, apply: bool) -> int:
    _ready(apply=apply)
    from django.utils import timezone  # noqa: PLC0415 - after set-up

    from khue.core.errors import KhueError  # noqa: PLC0415
    from khue.kit.errors import sentence  # noqa: PLC0415
    from khue.modules.importing import guess, services  # noqa: PLC0415

    actor = _actor(getattr(options, "by", ""), timezone.now())
    if actor is None:
        print(f"Không có tài khoản {options.by} đang dùng.", file=sys.stderr)  # noqa: T201
        return UNREADABLE
    worst = 0
    answers: list[dict[str, Any]] = []
    for path in options.files:
        try:
            data = path.read_bytes()
        except OSError as error:
            worst = UNREADABLE
            answers.append(_failed(path, "unreadable", f"Không mở được tệp: {_why(error)}."))
            continue
        wanted = guess.wanted(data, path.name, options)
        try:
            run = services.start_run(actor, data=data, filename=path.name, wanted=wanted)
            report = services.report_of(run)
            if apply and report.refusal is None:
                services.apply_run(actor, run_id=run.id)
        except KhueError as error:
            worst = max(worst, 1)
            said = f"{sentence(error.code, error.params)} ({error.code})"
            answers.append(_without_school(path, data, wanted) or _failed(path, error.code, said))
            continue
        worst = max(worst, 1 if report.refusal else 0)
        answers.append({"file": path.name, "import_as": _chosen(run.wanted)} | report.to_json())
        if not options.json:
            _print(path.name, report, run.plan, applied=apply and report.refusal is None)
    if options.json:
        print(json.dumps(answers if len(answers) != 1 else answers[0], ensure_ascii=False, default=str))  # noqa: T201
    else:
        for answer in answers:
            if answer["outcome"] == "refuse" and "message" in answer["refusal"]:
                print(f"{answer['file']}: {answer['refusal']['message']}", file=sys.stderr)  # noqa: T201
    return worst


def _chosen(wanted: dict[str, Any]) -> dict[str, Any]:
    """What was chosen, in the words of a folder with truth."""
    return {"class" if name == "school_class" else name: value for name, value in wanted.items()}


def _why(error: OSError) -> str:
    """Why a path cannot be read, in the words of a clerk."""
    if isinstance(error, FileNotFoundError):
        return "không có tệp này"
    if isinstance(error, IsADirectoryError):
        return "đây là thư mục"
    return "không có quyền đọc" if isinstance(error, PermissionError) else str(error.strerror)


def _failed(path: Path, kind: str, message: str) -> dict[str, Any]:
    """A file that could not be checked, in the structure of a refusal."""
    refusal = {"kind": kind, "message": message}
    return {"file": str(path), "outcome": "refuse", "refusal": refusal, "warnings": [], "tables": []}


def _without_school(path: Path, data: bytes, wanted: ImportAs) -> dict[str, Any] | None:
    """What is wrong with a file itself, where no school or year is there to check it against."""
    from khue.modules.importing.errors import KINDS as WORDS  # noqa: PLC0415
    from khue.sheets.child import check_in_child  # noqa: PLC0415
    from khue.sheets.data import Known  # noqa: PLC0415

    report = check_in_child(data, path.name, wanted, Known())
    if report.refusal is None or report.refusal["kind"] not in FILE_ITSELF:
        return None
    kind = report.refusal["kind"]
    refusal = report.refusal | {"message": WORDS.get(kind, kind)}
    return {"file": path.name} | report.to_json() | {"refusal": refusal}


def _print(name: str, report: Any, plan: dict[str, Any], *, applied: bool) -> None:
    """The report as a clerk reads it: in the words of the pages, what was found under each kind."""
    from khue.modules.importing import pages  # noqa: PLC0415 - after set-up

    said = [f"{name}: {pages.OUTCOMES[report.outcome][0]}."]
    if report.refusal:
        said.append(f"  ✗ {pages.refusal(report.refusal)}")
    for group in pages.groups(finding for finding in report.findings if finding.severity != "info"):
        said.append(f"  {'✗' if group.tag == 'tag-bad' else '!'} {group.what} {group.count}")
        said += [f"      {line.where:<16} {line.detail}" for line in group.lines]
        said += [f"      … {group.more}"] if group.more else []
    if not report.refusal:
        counts = ", ".join(
            f"{plan.get(key, 0)} {word}"
            for key, word in (("new", "mới"), ("changed", "đổi"), ("unchanged", "giữ nguyên"))
        )
        said.append(f"  {'Đã ghi' if applied else 'Sẽ ghi'}: {counts}.")
    print("\n".join(said))  # noqa: T201


def _ready(*, apply: bool) -> None:
    """Load Django; an installation without tables gets them, a check without one an empty temporary one."""
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    name = str(connection.settings_dict["NAME"])
    if not apply and connection.vendor == "sqlite" and not Path(name).exists():
        folder = tempfile.mkdtemp(prefix="khue-check-")
        connection.settings_dict["NAME"] = str(Path(folder) / "khue.sqlite3")
    call_command("migrate", verbosity=0, interactive=False)


def _rehearse(options: argparse.Namespace) -> int:
    if not (options.folder / "expected.json").exists():
        print(f"Không thấy expected.json trong {options.folder}.", file=sys.stderr)  # noqa: T201
        return 2
    with tempfile.TemporaryDirectory(prefix="khue-rehearse-") as folder:
        os.environ.update(KHUE_DATA_DIR=folder, KHUE_DATABASE_URL="", KHUE_SECRET_KEY="rehearsal")  # noqa: S106
        import django  # noqa: PLC0415

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connections  # noqa: PLC0415

        call_command("migrate", verbosity=0, interactive=False)
        from django.utils import timezone  # noqa: PLC0415

        from khue.core.actor import system_actor  # noqa: PLC0415
        from khue.modules.importing.rehearsal import rehearse  # noqa: PLC0415

        report = rehearse(system_actor("khue import rehearse", timezone.now()), options.folder, options.only)
        connections.close_all()
    for line in report.lines:
        print(line)  # noqa: T201
    print(f"{report.passed} passed, {report.failed} failed")  # noqa: T201
    return 1 if report.failed else 0
