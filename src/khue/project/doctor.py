"""`khue doctor`: what an operator should know before something breaks."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.project.sqlite import SAFE_SQLITE, library_version

if TYPE_CHECKING:
    from collections.abc import Iterator

LOW_DISK = 2 * 1024**3
OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Finding:
    """One examined thing."""

    good: bool
    text: str


def main(argv: list[str]) -> int:
    """Examine the installation; exit code 1 if something must be done."""
    argparse.ArgumentParser(prog="khue doctor", description=__doc__).parse_args(argv)
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    findings = list(examine())
    for finding in findings:
        print(("  tốt   " if finding.good else "  CẦN LÀM ") + finding.text)  # noqa: T201
    bad = sum(1 for finding in findings if not finding.good)
    print(f"{len(findings) - bad} tốt, {bad} cần làm")  # noqa: T201
    return 1 if bad else 0


def examine() -> Iterator[Finding]:
    """All examinations."""
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    from khue.kit.models import OutboxEvent  # noqa: PLC0415

    if connection.vendor == "sqlite":
        version = library_version()
        shown = ".".join(str(part) for part in version)
        needed = ".".join(str(part) for part in SAFE_SQLITE)
        yield Finding(version >= SAFE_SQLITE, f"SQLite {shown} (cần từ {needed}; bản cũ hơn bị tắt WAL)")
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield Finding(not waiting, f"{len(waiting)} bước nâng cấp cơ sở dữ liệu chưa chạy")
    if waiting:
        return
    secret = settings.CONFIG_SECRET_FILE
    if secret is not None and secret.exists() and os.name != "nt":
        yield Finding(secret.stat().st_mode & 0o077 == 0, "tệp bí mật chỉ chủ sở hữu đọc được")
    yield Finding(not settings.DEBUG, "không chạy ở chế độ gỡ lỗi")
    free = shutil.disk_usage(settings.CONFIG.data_dir if settings.CONFIG.data_dir.exists() else ".").free
    yield Finding(free > LOW_DISK, f"còn {free // 1024**3} GiB trống trên đĩa")
    stuck = OutboxEvent.objects.filter(delivered_at__isnull=True, attempts__gt=0).count()
    yield Finding(stuck == 0, f"{stuck} thông báo nội bộ chưa chuyển được")
    from khue.modules.gradebook import api as gradebook  # noqa: PLC0415

    broken = sum(1 for _ in gradebook.verify_history(gradebook.Sheet.objects.iterator()))
    yield Finding(broken == 0, f"{broken} bảng điểm có lịch sử sai lệch")
    wrong = sum(1 for _ in gradebook.verify_records())
    yield Finding(wrong == 0, f"{wrong} lần chốt hoặc kết quả đã lưu sai lệch")
    yield Finding(sys.version_info >= OLDEST_PYTHON, f"Python {sys.version.split()[0]}")
