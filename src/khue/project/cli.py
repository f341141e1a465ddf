"""`khue …`: the command line. Each command loads only what it needs, so that checks start fast."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Command:
    """A command: where its `main(argv) -> int` lives, and what it is for."""

    module: str
    what: str


COMMANDS: dict[str, Command] = {
    "demo": Command("khue.project.demo", "tỉnh minh hoạ trong một tệp tạm / a sample province, served"),
    "init": Command("khue.project.setup", "tạo cơ sở dữ liệu và người quản trị đầu tiên / first set-up"),
    "serve": Command("khue.project.server", "chạy hệ thống / serve"),
    "test": Command("khue.project.check", "chạy mọi kiểm tra / run all tests"),
    "rules": Command("khue.rules.command", "check TỆP: chạy các ví dụ tính điểm / worked cases"),
    "import": Command("khue.modules.importing.command", "check | apply | rehearse: tệp Excel / Excel files"),
    "bench": Command("khue.project.bench", "gradebook: đo tốc độ / measure speed"),
    "verify": Command("khue.project.verify", "kiểm tra lịch sử điểm không bị sửa / verify the mark history"),
    "doctor": Command("khue.project.doctor", "khám hệ thống / check the installation"),
    "config": Command("khue.project.show_config", "cấu hình đang dùng / effective settings"),
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
    command = COMMANDS.get(name)
    if command is None:
        _usage()
        return 0 if name in {"", "-h", "--help", "help"} else 2
    run: Callable[[list[str]], int] = import_module(command.module).main
    try:
        return run(arguments[1:])
    except KeyboardInterrupt:
        return 130


def _usage() -> None:
    print("khue LỆNH …\n")  # noqa: T201
    for name, command in COMMANDS.items():
        print(f"  {name:<8} {command.what}")  # noqa: T201
