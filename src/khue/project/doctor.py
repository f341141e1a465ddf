"""`khue doctor`: what an operator should know before something breaks."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from khue.core.dates import VIETNAM
from khue.kit.ledger import AppendOnly, is_guarded
from khue.project.sqlite import SAFE_SQLITE, library_version

if TYPE_CHECKING:
    from collections.abc import Iterator

LOW_DISK = 2 * 1024**3
OLDEST_PYTHON = (3, 11)
SQLITE_FULL = "2"
CLOCK_SLIP = dt.timedelta(minutes=10)
OUTBOX_DELAY = dt.timedelta(minutes=10)
EXAMINED_WITHIN = dt.timedelta(days=2)
LOCAL = {"localhost", "127.0.0.1", "[::1]", "testserver"}


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
    """All examinations; those of data only when the tables are up to date."""
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    yield Finding(sys.version_info >= OLDEST_PYTHON, f"Python {sys.version.split()[0]}")
    yield from _database()
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield Finding(not waiting, f"{len(waiting)} bước nâng cấp cơ sở dữ liệu chưa chạy")
    yield from _place()
    yield from _access()
    if waiting:
        return
    guarded = [
        operation.table
        for migration in executor.loader.disk_migrations.values()
        for operation in migration.operations
        if isinstance(operation, AppendOnly)
    ]
    bare = sorted(table for table in guarded if not is_guarded(table))
    named = f": {', '.join(bare)}" if bare else ""
    kept = f"{len(guarded) - len(bare)}/{len(guarded)}"
    yield Finding(not bare, f"{kept} bảng lịch sử có khoá chống sửa{named}")
    yield from _records()


def _database() -> Iterator[Finding]:
    """Does the database keep what it said it saved, also through a power cut?"""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:

        def ask(statement: str) -> str:
            cursor.execute(statement)
            return str(cursor.fetchone()[0])

        if connection.vendor == "sqlite":
            version = library_version()
            shown = ".".join(str(part) for part in version)
            needed = ".".join(str(part) for part in SAFE_SQLITE)
            yield Finding(version >= SAFE_SQLITE, f"SQLite {shown} (cần từ {needed}; bản cũ hơn bị tắt WAL)")
            mode, sync = ask("PRAGMA journal_mode"), ask("PRAGMA synchronous")
            kept = mode in {"wal", "delete", "memory"} and sync == SQLITE_FULL
            yield Finding(kept, f"SQLite ghi chắc chắn xuống đĩa (journal_mode {mode}, synchronous {sync})")
            return
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            value = ask(f"SHOW {name}")
            yield Finding(value != "off", f"PostgreSQL {name} = {value}")


def _place() -> Iterator[Finding]:
    """The folder: whose eyes, how much room."""
    from django.conf import settings  # noqa: PLC0415

    folder = settings.CONFIG.data_dir
    secret = settings.CONFIG_SECRET_FILE
    if os.name != "nt":
        if secret is not None and secret.exists():
            closed = secret.stat().st_mode & 0o077 == 0
            yield Finding(closed, f"chỉ chủ sở hữu đọc được tệp bí mật ({secret})")
        if folder.exists():
            closed = folder.stat().st_mode & 0o077 == 0
            yield Finding(closed, f"chỉ chủ sở hữu vào được thư mục dữ liệu ({folder}); sửa bằng chmod 700")
    free = shutil.disk_usage(folder if folder.exists() else ".").free
    yield Finding(free > LOW_DISK, f"còn {free // 1024**3} GiB trống trên đĩa")


def _access() -> Iterator[Finding]:
    """How people come in."""
    from django.conf import settings  # noqa: PLC0415

    yield Finding(not settings.DEBUG, "không chạy ở chế độ gỡ lỗi")
    wanted = settings.KHUE_REQUIRE_MFA or settings.KHUE_DEMO
    yield Finding(wanted, "cán bộ phải có lớp bảo mật thứ hai (KHUE_REQUIRE_MFA)")
    outside = sorted(set(settings.ALLOWED_HOSTS) - LOCAL)
    safe = settings.CONFIG.https or not outside
    names = ", ".join(outside) or "chỉ máy này"
    yield Finding(safe, f"qua mạng thì dùng HTTPS (KHUE_HTTPS); tên máy: {names}")


def _records() -> Iterator[Finding]:
    """Clock, key, outbox, history."""
    from django.utils import timezone  # noqa: PLC0415

    from khue.kit.models import AuditEvent, OutboxEvent  # noqa: PLC0415
    from khue.modules.people import api as people  # noqa: PLC0415

    now = timezone.now()
    last = AuditEvent.objects.order_by("-at").values_list("at", flat=True).first()
    back = last is not None and last > now + CLOCK_SLIP
    told = f"; nhật kí đã có dòng lúc {timezone.localtime(last):%H:%M %d/%m/%Y}" if back and last else ""
    yield Finding(not back, f"đồng hồ {timezone.localtime(now):%H:%M %d/%m/%Y}{told}")
    yield Finding(people.sealed_numbers_readable(), "khoá bí mật mở được số định danh đã lưu")
    stuck = OutboxEvent.objects.filter(delivered_at__isnull=True, at__lt=now - OUTBOX_DELAY).count()
    yield Finding(stuck == 0, f"{stuck} thông báo nội bộ chưa chuyển được")
    yield from _signed(now)


def _signed(now: dt.datetime) -> Iterator[Finding]:
    """Histories, signed records and the evidence log: they agree, and somebody looked last night."""
    from khue.modules.records import api as records  # noqa: PLC0415 - after Django is set up
    from khue.project.verify import examine  # noqa: PLC0415

    found = list(examine())
    first = f"; đầu tiên: {found[0]}" if found else ""
    yield Finding(not found, f"{len(found)} sai lệch giữa lịch sử điểm, hồ sơ đã ký và nhật kí{first}")
    late = records.waiting_stamps(now - OUTBOX_DELAY)
    yield Finding(late == 0, f"{late} chữ ký chờ dấu thời gian quá lâu (KHUE_TSA_URL)")
    last = records.last_examination()
    if records.Document.objects.exists():
        recent = last is not None and now - last.at < EXAMINED_WITHIN
        told = f"lần cuối {timezone_text(last.at)}" if last else "chưa có lần nào"
        yield Finding(recent, f"đối chiếu hằng đêm ({told}); chạy bởi khue serve hoặc khue work")


def timezone_text(at: dt.datetime) -> str:
    """A moment as people in Vietnam read it."""
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
