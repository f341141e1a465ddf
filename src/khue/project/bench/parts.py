"""The parts of the measurement, each with the promise it is held against."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from khue.project.bench.load import Teacher, get, teach

SOURCE = str(Path(__file__).resolve().parents[3])


@dataclass(frozen=True, slots=True)
class Result:
    """One number and what was promised."""

    name: str
    value: float
    unit: str
    promise: str
    note: str = ""
    ratio: float | None = None  # to the bare key of the same run, where there is one

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Part:
    """A named part that yields results."""

    title: str
    run: Callable[[], list[Result]]


def plan(chosen: Sequence[str], database: str, *, quick: bool) -> Iterator[Part]:
    """The parts to run, in order."""
    if "rules" in chosen:
        yield Part("year results of a class (pure rules)", class_results)
    if "import" in chosen:
        yield Part("import check of one class sheet", import_check)
    if "province" in chosen:
        yield Part("year results of a province", lambda: province_results(15_000 if quick else 150_000))
    databases = ["sqlite", "postgres"] if database == "both" else [database]
    for name in databases:
        wanted = [part for part in ("save", "page", "browser") if part in chosen]
        if name != "sqlite" and "browser" in wanted:
            wanted.remove("browser")  # the database does not change what a browser sees
        if wanted:
            yield Part(f"server on {name}: {', '.join(wanted)}", partial(served, name, wanted, quick=quick))
    if "demo" in chosen:
        yield Part("first page of the demo", demo_start)


def as_table(report: dict[str, Any]) -> str:
    """The report as people read it."""
    lines = ["  ".join(f"{key} {value}" for key, value in report["machine"].items()), ""]
    width = max(len(row["name"]) for row in report["results"]) if report["results"] else 0
    for row in report["results"]:
        value = f"{row['value']:,.1f} {row['unit']}"
        lines.append(
            f"{row['name']:<{width}}  {value:>16}   promised: {row['promise']}  {row['note']}".rstrip()
        )
    return "\n".join(lines)


# --- pure rules --------------------------------------------------------------------------------


def class_results() -> list[Result]:
    """45 pupils × 13 subjects with reasons, median of 30 runs."""
    from khue.project.bench.facts import pupils  # noqa: PLC0415
    from khue.rules.secondary import assess_year  # noqa: PLC0415

    facts = pupils(45, seed=1)
    times = []
    for _ in range(30):
        began = time.perf_counter()
        results = [assess_year(fact) for fact in facts]
        times.append(time.perf_counter() - began)
    reasons = sum(
        len(r.learning.reasons) + len(r.promotion.reasons) + sum(len(s.year.reasons) for s in r.subjects)
        for r in results
    )
    note = f"{reasons} reasons"
    return [Result("year results, 45 pupils × 13 subjects", sorted(times)[15] * 1000, "ms", "≤ 20 ms", note)]


def province_results(count: int) -> list[Result]:
    """The whole province on all cores, with progress."""
    from khue.project.bench.facts import assess_many  # noqa: PLC0415

    began = time.perf_counter()
    workers = min(2, os.cpu_count() or 1)
    done = assess_many(count, workers, lambda n: print(f"\r  {n * 100 // count} %", end="", file=sys.stderr))  # noqa: T201
    took = time.perf_counter() - began
    print("\r", end="", file=sys.stderr)  # noqa: T201
    return [Result(f"year results, {done:,} pupils", took, "s", "150,000 in ≤ 180 s", f"{workers} processes")]


def import_check() -> list[Result]:
    """A class sheet of 45 rows, child process included, median of 15."""
    from khue.project.bench.facts import mark_sheet  # noqa: PLC0415
    from khue.sheets.child import check_in_child  # noqa: PLC0415

    data, wanted, known = mark_sheet(45)
    times = []
    for _ in range(15):
        began = time.perf_counter()
        report = check_in_child(data, "bang-diem.xlsx", wanted, known)
        times.append(time.perf_counter() - began)
    note = f"{report.outcome}, starts a child process"
    return [Result("import check of one class sheet", sorted(times)[7] * 1000, "ms", "≤ 300 ms", note)]


# --- the server --------------------------------------------------------------------------------


def on_sqlite(folder: Path, *, demo: bool = False) -> dict[str, str]:
    """The environment of a child with a database of its own in this folder."""
    return os.environ | {
        "KHUE_DATA_DIR": str(folder),
        "KHUE_SECRET_KEY": "bench",
        "KHUE_REQUIRE_MFA": "0",
        "KHUE_DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "khue.project.settings",
        "PYTHONPATH": SOURCE,
        "KHUE_DEMO": "1" if demo else "0",
    }


@contextmanager
def _database(name: str, folder: Path) -> Iterator[dict[str, str] | None]:
    environment = on_sqlite(folder)
    if name == "sqlite":
        yield environment
        return
    from khue.project.check import postgres_binaries, temporary_postgres  # noqa: PLC0415

    binaries = postgres_binaries()
    if binaries is None:
        yield None
        return
    # Durable as in service: fsync stays on.
    with temporary_postgres(binaries, settings=()) as url:
        yield environment | {"KHUE_DATABASE_URL": url}


@contextmanager
def _server(environment: dict[str, str], port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "khue", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/", 60)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).read()  # noqa: S310 - our own server
        except (urllib.error.URLError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def served(name: str, wanted: list[str], *, quick: bool) -> list[Result]:
    """Saving and reading against a real server with its processes."""
    teachers_needed = 400 if "save" in wanted else 8
    with (
        tempfile.TemporaryDirectory(prefix="khue-bench-") as folder,
        _database(name, Path(folder)) as environment,
    ):
        if environment is None:
            return [Result(f"{name}: not measured", 0, "", "", "PostgreSQL is not installed")]
        made = subprocess.run(
            [sys.executable, "-m", "khue.project.bench.prepare", str(teachers_needed)], env=environment,
            capture_output=True, text=True, check=False,
        )
        if made.returncode:
            raise RuntimeError(made.stderr[-2000:])
        teachers = [
            Teacher(t["cookie"], t["token"], t["sheet"], t["url"], tuple(t["pupils"]))
            for t in json.loads(made.stdout.splitlines()[-1])["teachers"]
        ]
        port = _free_port()
        results: list[Result] = []
        with _server(environment, port):
            if "page" in wanted:
                results += _page(name, teachers[0], port)
            if "save" in wanted:
                results += _saves(name, teachers, port, quick=quick)
            if "browser" in wanted:
                results += _browser(teachers[0], port)
    return results


def _saves(name: str, teachers: list[Teacher], port: int, *, quick: bool) -> list[Result]:
    seconds = 8 if quick else 20
    teach(teachers[:20], port, every=0.5, seconds=2, count=10)  # warm
    some = teach(teachers[20:120], port, every=2, seconds=seconds, count=10)
    many = teach(teachers, port, every=2, seconds=seconds, count=10)
    flat = teach(teachers[120:136], port, every=0, seconds=seconds, count=45)
    rate = len(flat.latencies) / flat.seconds
    return [
        Result(
            f"{name}: 100 teachers, a batch every 2 s, p99",
            some.percentile(99),
            "ms",
            "≤ 150 ms",
            f"p50 {some.percentile(50):.0f} ms, {len(some.latencies)} saves, {some.errors} errors",
        ),
        Result(
            f"{name}: 400 teachers, a batch every 2 s, p99",
            many.percentile(99),
            "ms",
            "≤ 500 ms",
            f"p50 {many.percentile(50):.0f} ms, {len(many.latencies)} saves, {many.errors} errors",
        ),
        Result(
            f"{name}: durable one-column batches (45 marks)",
            rate,
            "/s",
            "≥ 150/s (PostgreSQL)",
            f"16 connections, p99 {flat.percentile(99):.0f} ms, {flat.errors} errors; load on the same cores",
        ),
    ]


def _page(name: str, teacher: Teacher, port: int) -> list[Result]:
    url = f"/so-diem/bang/{teacher.sheet}/"
    get(port, url, teacher.cookie, 20)
    times = get(port, url, teacher.cookie, 100)
    ordered = sorted(times)
    note = f"p95 {ordered[95] / 1000:.1f} ms, whole answer"
    return [Result(f"{name}: gradebook page 45 × 12, p50", ordered[50] / 1000, "ms", "≤ 25 ms", note)]


def _browser(teacher: Teacher, port: int) -> list[Result]:
    """What a browser fetches for the sheet, and how soon its grid takes keys on a slow processor."""
    from khue.project.check import chromium  # noqa: PLC0415

    path = chromium()
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where tests are installed
    except ImportError:
        path = None
    if path is None:
        return [Result("in a browser: not measured", 0, "", "", "no Chromium or playwright")]
    url = f"http://127.0.0.1:{port}/so-diem/bang/{teacher.sheet}/"
    name, value = teacher.cookie.split("; ")[0].split("=", 1)
    times = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        context = browser.new_context()
        context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{port}"}])
        page = context.new_page()
        wire = context.new_cdp_session(page)
        weights: list[float] = []
        wire.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
        wire.send("Network.enable")
        visits = []
        for _ in range(2):
            weights.clear()
            page.goto(url, wait_until="networkidle")
            visits.append(sum(weights) / 1024)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        for _ in range(7):
            page.goto(url)
            page.wait_for_selector("grade-grid[data-ready]")
            times.append(page.evaluate("performance.getEntriesByName('grid-ready')[0].startTime"))
        browser.close()
    what, ready = "bytes on the wire, with headers", sorted(times)[3]
    return [
        Result("first visit of the sheet, all assets", visits[0], "KB", "≤ 60 KB", what),
        Result("later visits of the sheet", visits[1], "KB", "≤ 10 KB", what),
        Result("grid takes keys at 4× slower CPU", ready, "ms", "≤ 500 ms", "median of 7 navigations"),
    ]


def demo_start() -> list[Result]:
    """From the command to the first page."""
    port = _free_port()
    environment = os.environ | {"PYTHONPATH": SOURCE}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "khue", "demo", "--port", str(port)], env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/", 120)
        took = time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(20)
    return [Result("first page of the demo, after set-up", took, "s", "≤ 20 s")]
