"""`khue test`: style, types, tiers, templates, migrations, the suite on SQLite and on PostgreSQL.

Needs neither PostgreSQL nor Chromium: uses them when they are there and says what it left out.
The last line is «N passed, N failed», over all steps.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

from khue.project.postgres import postgres_binaries, temporary_postgres

__all__ = ["chromium", "main", "postgres_binaries", "temporary_postgres"]

ROOT = Path(__file__).resolve().parents[3]
# Suites that use the database run a second time on PostgreSQL.
DATABASE_SUITES = ("src/khue/kit", "src/khue/modules", "src/khue/project")
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
PYTHON_SOURCES = ("src", "tests", "conftest.py", "khue")
# How tests say that they wait for the other database: no reason to call them left out.
ONLY_POSTGRES = "runs on PostgreSQL only"
NO_TESTS = 5


@dataclass(slots=True)
class Tally:
    """Counts over all steps, and what could not be done here."""

    passed: int = 0
    failed: int = 0
    left_out: list[str] = field(default_factory=list)

    def note(self, step: str, *, good: bool, seconds: float) -> None:
        """Count a step that is one check."""
        _say(f"{'ok    ' if good else 'FAILED'} {step} ({seconds:.1f} s)")
        self.passed += good
        self.failed += not good

    def close(self) -> int:
        """Say what was left out and close; the exit code."""
        for text in self.left_out:
            _say(f"left out: {text}")
        _say(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


@dataclass(frozen=True, slots=True)
class Counts:
    """What one run of pytest counted; why tests skipped themselves, each reason once per test."""

    passed: int
    failed: int
    skipped: tuple[str, ...]


def main(argv: list[str]) -> int:
    """Run everything, or only the tests that the arguments name (they go to pytest)."""
    parser = argparse.ArgumentParser(
        prog="khue test", description=__doc__, epilog="Other arguments go to pytest: src/khue/rules -k half"
    )
    parser.add_argument("--sqlite-only", action="store_true", help="not a second time on PostgreSQL")
    parser.add_argument("--postgres-only", action="store_true", help="the named tests on PostgreSQL only")
    options, rest = parser.parse_known_args(argv)
    if not (ROOT / "pyproject.toml").exists():
        print("khue test chạy trong bản mã nguồn, không trong bản cài đặt.", file=sys.stderr)  # noqa: T201
        return 2
    tally = Tally()
    if not rest:
        _static_checks(tally)
        if chromium() is None:
            tally.left_out.append("the journeys in a browser: no Chromium found (set KHUE_CHROMIUM)")
    if not options.postgres_only:
        _pytest("SQLite", rest or ["src", "tests"], tally, {"KHUE_DATABASE_URL": ""})
    if options.postgres_only or (not rest and not options.sqlite_only):
        _on_postgres(rest or list(DATABASE_SUITES), tally)
    elif not rest:
        tally.left_out.append("the suite on PostgreSQL: asked for SQLite only")
    return tally.close()


def chromium() -> str | None:
    """The browser for journeys: KHUE_CHROMIUM, or where Debian puts it."""
    named = os.environ.get("KHUE_CHROMIUM")
    return next((path for path in (named, *CHROMIUM) if path and Path(path).exists()), None)


def _static_checks(tally: Tally) -> None:
    python = [sys.executable, "-m"]
    steps = {
        "style (ruff)": [*python, "ruff", "check", "--quiet", "--output-format=concise", *PYTHON_SOURCES],
        "types (mypy, strict)": [*python, "mypy", "--no-error-summary"],
        "tiers (import-linter)": [str(Path(sys.executable).with_name("lint-imports"))],
        "templates (djlint)": [*python, "djlint", "--lint", "--quiet", "src"],
        "migrations match the models": [*python, "khue", "manage", "makemigrations", "--check", "-v0"],
    }
    with tempfile.TemporaryDirectory() as folder:
        extra = {"KHUE_DATA_DIR": folder, "KHUE_SECRET_KEY": "test", "PYTHONPATH": str(ROOT / "src")}
        for step, command in steps.items():
            began = time.monotonic()
            good = _run(command, extra)
            tally.note(step, good=good, seconds=time.monotonic() - began)


def _on_postgres(suites: list[str], tally: Tally) -> None:
    given = os.environ.get("KHUE_TEST_POSTGRES")
    if given:
        _pytest("PostgreSQL", suites, tally, {"KHUE_DATABASE_URL": given})
        return
    binaries = postgres_binaries()
    if binaries is None:
        tally.left_out.append("the suite on PostgreSQL: no PostgreSQL found (set KHUE_TEST_POSTGRES)")
        return
    with temporary_postgres(binaries) as url:
        _pytest("PostgreSQL", suites, tally, {"KHUE_DATABASE_URL": url})


def _run(command: list[str], extra: dict[str, str]) -> bool:
    """Run a step; what it says is shown only if it fails."""
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | extra, check=False, text=True, encoding="utf-8", errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        _say(done.stdout)
    return done.returncode == 0


def _pytest(name: str, arguments: list[str], tally: Tally, extra: dict[str, str]) -> None:
    _say(f"-- tests on {name}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "--color=no", f"--junitxml={report}", *arguments]
        if not any(argument in {"-x", "--pdb", "-n0"} for argument in arguments):
            command += ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile"]
        # The root conftest.py names the settings, after it has made the test world.
        environment = {key: text for key, text in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
        finished = subprocess.run(command, cwd=ROOT, env=environment | extra, check=False).returncode
        counts = _counts(report)
    if counts is None:
        tally.note(f"tests on {name} did not run to the end", good=False, seconds=time.monotonic() - began)
        return
    tally.passed += counts.passed
    tally.failed += counts.failed or finished not in {0, NO_TESTS}
    for reason in sorted(set(counts.skipped) - {ONLY_POSTGRES}):
        tally.left_out.append(f"{counts.skipped.count(reason)} tests on {name}: {reason}")


def _counts(report: Path) -> Counts | None:
    if not report.exists():
        return None
    root = ET.parse(report).getroot()  # noqa: S314 - our own file
    suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
    total = sum(int(suite.get("tests", 0)) for suite in suites)
    failed = sum(int(suite.get("failures", 0)) + int(suite.get("errors", 0)) for suite in suites)
    reasons = tuple((found.get("message") or "no reason given").strip() for found in root.iter("skipped"))
    return Counts(total - failed - len(reasons), failed, reasons)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201
