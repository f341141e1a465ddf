"""`khue test`: style, migrations, the suite on SQLite, again on PostgreSQL, journeys in Chromium.

Needs neither PostgreSQL nor Chromium: uses them when they are there and says what it left out.
The last line is «N passed, N failed».
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
# Suites that use the database run a second time on PostgreSQL.
DATABASE_SUITES = ("src/khue/kit/tests", "src/khue/modules", "src/khue/project")
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


@dataclass(slots=True)
class Tally:
    """Counts over all steps."""

    passed: int = 0
    failed: int = 0
    left_out: list[str] = field(default_factory=list)

    def note(self, step: str, *, good: bool) -> None:
        """Count a step that is one check."""
        print(f"{'ok    ' if good else 'FAILED'} {step}", flush=True)  # noqa: T201
        self.passed += good
        self.failed += not good


def main(argv: list[str]) -> int:
    """Run everything, or only what the arguments name (they go to pytest)."""
    parser = argparse.ArgumentParser(prog="khue test", add_help=False)
    parser.add_argument("--sqlite-only", action="store_true")
    options, rest = parser.parse_known_args(argv)
    if not (ROOT / "pyproject.toml").exists():
        print("khue test chạy trong bản mã nguồn, không trong bản cài đặt.", file=sys.stderr)  # noqa: T201
        return 2
    tally = Tally()
    if not rest:
        tally.note("style (ruff)", good=_run([sys.executable, "-m", "ruff", "check", "src", "tests"]))
        tally.note("migrations match models", good=_migrations_match())
    if chromium() is None:
        tally.left_out.append("journeys in a browser: no Chromium found")
    _pytest("SQLite", rest or ["src", "tests"], tally, {})
    if not rest and not options.sqlite_only:
        _on_postgres(tally)
    for text in tally.left_out:
        print(f"left out: {text}")  # noqa: T201
    print(f"{tally.passed} passed, {tally.failed} failed")  # noqa: T201
    return 1 if tally.failed else 0


def chromium() -> str | None:
    """The browser for journeys: KHUE_CHROMIUM, or where Debian puts it."""
    named = os.environ.get("KHUE_CHROMIUM")
    return next((path for path in (named, *CHROMIUM) if path and Path(path).exists()), None)


def _on_postgres(tally: Tally) -> None:
    given = os.environ.get("KHUE_TEST_POSTGRES")
    if given:
        _pytest("PostgreSQL", list(DATABASE_SUITES), tally, {"KHUE_DATABASE_URL": given})
        return
    binaries = postgres_binaries()
    if binaries is None:
        tally.left_out.append("the suite on PostgreSQL: no PostgreSQL found")
        return
    with temporary_postgres(binaries) as url:
        _pytest("PostgreSQL", list(DATABASE_SUITES), tally, {"KHUE_DATABASE_URL": url})


def _run(command: list[str], extra: dict[str, str] | None = None) -> bool:
    return subprocess.run(command, cwd=ROOT, env=os.environ | (extra or {}), check=False).returncode == 0


def _migrations_match() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        extra = {"KHUE_DATA_DIR": folder, "KHUE_SECRET_KEY": "test"}
        return _run([sys.executable, "-m", "khue", "manage", "makemigrations", "--check", "--dry-run", "-v0"], extra)


def _pytest(name: str, arguments: list[str], tally: Tally, extra: dict[str, str]) -> None:
    print(f"-- tests on {name}", flush=True)  # noqa: T201
    workers = min(os.cpu_count() or 1, 4)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable, "-m", "pytest", "-p", "xdist", "-n", str(workers), "--dist", "loadfile", f"--junitxml={report}",
            *arguments,
        ]  # fmt: skip
        finished = subprocess.run(command, cwd=ROOT, env=os.environ | extra, check=False).returncode
        counted = _counts(report)
    if counted is None:
        tally.note(f"tests on {name} did not run to the end", good=False)
        return
    passed, failed, skipped = counted
    tally.passed += passed
    tally.failed += failed or (1 if finished not in {0, 5} else 0)
    if skipped:
        tally.left_out.append(f"{skipped} tests on {name} skipped themselves (see above)")


def _counts(report: Path) -> tuple[int, int, int] | None:
    if not report.exists():
        return None
    suite = ET.parse(report).getroot()  # noqa: S314 - our own file
    found = suite if suite.tag == "testsuite" else suite.find("testsuite")
    if found is None:
        return None
    total, failed = int(found.get("tests", 0)), int(found.get("failures", 0)) + int(found.get("errors", 0))
    skipped = int(found.get("skipped", 0))
    return total - failed - skipped, failed, skipped


def postgres_binaries() -> Path | None:
    """The folder of initdb and pg_ctl: Debian's newest, or that of the one on PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3].split(".")[0]))
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def temporary_postgres(binaries: Path, settings: tuple[str, ...] = ("fsync=off", "full_page_writes=off")) -> Iterator[str]:
    """A private cluster on a socket in a temporary folder; gives its address."""
    with tempfile.TemporaryDirectory(prefix="khue-pg-") as name:
        folder = Path(name)
        as_user: list[str] = []
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # PostgreSQL refuses to run as root; Debian's package makes the user postgres.
            as_user = ["runuser", "-u", "postgres", "--"]
            shutil.chown(folder, "postgres")
        data = folder / "data"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(
            [*as_user, binaries / "initdb", "-D", data, "-U", "khue", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
            check=True, cwd=folder, **quiet,
        )  # fmt: skip
        options = f"-k {folder} -c listen_addresses= -c max_connections=120 " + " ".join(f"-c {s}" for s in settings)
        control = [*as_user, binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-w"]
        subprocess.run([*control, "-o", options, "start"], check=True, cwd=folder, **quiet)
        try:
            yield f"postgres://khue@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=False, cwd=folder, **quiet)
