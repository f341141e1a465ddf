"""`khue …`: the command line. Each command loads only what it needs, so that checks start fast."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from khue.core.errors import KhueError

if TYPE_CHECKING:
    from collections.abc import Callable

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Command:
    """A command: where its `main(argv) -> int` lives, and what it is for."""

    module: str
    what: str


COMMANDS: dict[str, Command] = {
    "demo": Command("khue.project.demo", "tỉnh minh hoạ trong một tệp tạm / a sample province, served"),
    "init": Command("khue.project.setup", "tạo cơ sở dữ liệu và người quản trị đầu tiên / first set-up"),
    "serve": Command("khue.project.server", "chạy hệ thống / serve"),
    "import": Command("khue.modules.importing.command", "check | apply | rehearse: tệp Excel / Excel files"),
    "rules": Command("khue.rules.command", "check TỆP: chạy các ví dụ tính điểm / worked cases"),
    "verify": Command("khue.project.verify", "[TỆP…] kiểm tra chữ ký, lịch sử / verify files, histories"),
    "verifier": Command("khue.project.verifier", "khue verify trong một tệp .pyz / the verifier as one file"),
    "agent": Command("khue.signing.signers.agent", "chương trình ký trên máy có token / sign with a token"),
    "work": Command("khue.project.work", "việc chạy nền: dấu thời gian, nhật kí / background work"),
    "doctor": Command("khue.project.doctor", "khám hệ thống / check the installation"),
    "config": Command("khue.project.show_config", "cấu hình đang dùng / effective settings"),
    "test": Command("khue.project.check", "chạy mọi kiểm tra / run all tests"),
    "bench": Command("khue.project.bench", "gradebook | signing | transcripts: đo tốc độ / measure speed"),
    "manage": Command("khue.project.manage", "lệnh của Django / Django's own commands"),
}


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "khue.project.settings")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    name = arguments[0] if arguments else ""
    if name in {"--version", "version"}:
        print(f"khue {_version()}")  # noqa: T201
        return 0
    command = COMMANDS.get(name)
    if command is None:
        _usage(name)
        return 0 if name in {"", "-h", "--help", "help"} else 2
    return run(command, arguments[1:])


def run(command: Command, arguments: list[str]) -> int:
    """Load the command and run it; a refusal or a wrong setting becomes a sentence."""
    try:
        start: Callable[[list[str]], int] = import_module(command.module).main
        return start(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except KhueError as error:
        print(_sentence(error), file=sys.stderr)  # noqa: T201
        return 1
    except Exception as error:
        if type(error).__name__ != "ValidationError" or not hasattr(error, "errors"):
            raise
        print(_wrong_settings(error.errors()), file=sys.stderr)  # noqa: T201
        return 2


def _sentence(error: KhueError) -> str:
    from django.apps import apps  # noqa: PLC0415 - only when something is refused

    if not apps.ready:
        return str(error)
    from khue.kit.errors import sentence  # noqa: PLC0415 - the same

    return f"{sentence(error.code, error.params)} [{error.code}]"


def _wrong_settings(errors: list[dict[str, object]]) -> str:
    """Which settings cannot be used, by the name an operator knows; pydantic's own words follow."""
    lines = ["Cấu hình sai nên chưa chạy được. Hãy sửa rồi chạy lại; `khue config` cho xem cấu hình."]
    for item in errors:
        place = item.get("loc") or ("?",)
        name = str(place[0]) if isinstance(place, tuple) else str(place)
        private = any(word in name for word in ("secret", "database_url")) and not name.endswith("_file")
        given = "••••" if private else repr(item.get("input"))
        lines.append(f"  KHUE_{name.upper()}={given}: {item.get('msg')}")
    return "\n".join(lines)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - one command needs it

    try:
        return version("khue")
    except PackageNotFoundError:
        return "từ mã nguồn / from source"


def _usage(name: str) -> None:
    if name and not name.startswith("-") and name != "help":
        print(f"Không có lệnh «{name}».\n")  # noqa: T201
    print("khue LỆNH …\n")  # noqa: T201
    for known, command in COMMANDS.items():
        print(f"  {known:<8} {command.what}")  # noqa: T201
    print("\nMỗi lệnh có --help. Tài liệu: README.vi.md")  # noqa: T201
