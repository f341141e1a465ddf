"""`khue bench transcripts`: what transcripts cost, beside what the bare key costs in the same run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from khue.project.bench.parts import SOURCE, Part, Result, on_sqlite

if TYPE_CHECKING:
    from khue.modules.transcripts.data import Transcript

PROVINCE = 200_000  # pupils whose year page is made at the end of a year
LEAVES = 20_000
MINUTE, MILLI, MICRO = 60, 1000, 1_000_000


def plan(chosen: Sequence[str], *, quick: bool) -> Iterator[Part]:
    """The parts to run, in order."""
    parts: dict[str, tuple[str, Callable[[], list[Result]]]] = {
        "compose": ("composing and freezing a class, on SQLite", partial(in_school, "compose", quick=quick)),
        "sign": ("a province's transcripts in the Ministry's layout", partial(mass, 60 if quick else 1500)),
        "paper": ("transcripts on paper", partial(papers, 10 if quick else 80)),
        "store": ("verifying complete transcripts", partial(store, 6 if quick else 60)),
        "digest": ("a principal's page, on SQLite", partial(in_school, "digest", quick=quick)),
    }
    for name in chosen:
        yield Part(*parts[name])


# --- signing a province -----------------------------------------------------------------------------


def mass(count: int) -> list[Result]:
    """Year pages of THCS written, signed in every slot and digested, in two processes; then the log."""
    answers = _workers("sign", count)
    signatures, done = answers[0]["signatures"], sum(one["count"] for one in answers)
    each = sum(one["busy"] for one in answers) / done
    rate = sum(one["count"] / one["seconds"] for one in answers)
    bare = sum(one["bare"] for one in answers) / len(answers)
    logged = _into_log(LEAVES) * PROVINCE
    # By processor: what else runs on the machine is not in it. The clock stands beside it.
    whole, clock = PROVINCE * each / len(answers) + logged, PROVINCE / rate + logged
    ratio = each / (bare * signatures)
    note = (
        f"{signatures} signatures, {answers[0]['size']:,} bytes, {ratio:.1f}× the bare key; "
        f"writing it {answers[0]['written'] * MILLI:.2f} ms; every {answers[0]['sample']}th verified"
    )
    return [
        Result("P-256: the bare key, p50", bare * MICRO, "µs", ""),
        Result("a year page written and signed in every slot", each * MILLI, "ms", "", note, ratio),
        Result(
            f"{PROVINCE:,} transcripts written, signed and logged", whole / MINUTE, "min", "≤ 20 min",
            f"on {len(answers)} free cores, reckoned from the processor's time of {done:,}; "
            f"{clock / MINUTE:.1f} min by the clock of this run; the log {logged:.1f} s of it",
        ),
    ]  # fmt: skip


def _into_log(count: int) -> float:
    """Seconds for a leaf of the evidence log, in a folder, with fsync."""
    import hashlib  # noqa: PLC0415

    from khue.signing.log.note import NoteSigner  # noqa: PLC0415
    from khue.signing.log.store import FolderStore  # noqa: PLC0415
    from khue.signing.log.writer import writing  # noqa: PLC0415

    entries = [hashlib.sha256(b"%d" % number).digest() for number in range(count)]
    with tempfile.TemporaryDirectory(prefix="khue-bench-") as folder:
        began = time.perf_counter()
        with writing(FolderStore(Path(folder)), NoteSigner.create("bench.khue.invalid/log")) as writer:
            writer.append(entries, at=0)
        return (time.perf_counter() - began) / count


# --- what the store does ----------------------------------------------------------------------------


def store(count: int) -> list[Result]:
    """Complete THCS transcripts (four signed years) verified in two processes, the chain judged before."""
    found = []
    for kind, name, promise in (
        ("verify", "complete THCS transcripts verified, our records", "≥ 500/s on two cores"),
        ("verify-ministry", "the same in the Ministry's layout", ""),
    ):
        answers = _workers(kind, count)
        busy = sum(one["busy"] for one in answers) / sum(one["count"] for one in answers)
        clock = sum(one["count"] / one["seconds"] for one in answers)
        bare, signatures = answers[0]["bare"], answers[0]["signatures"]
        ratio, most = busy / (bare * signatures), len(answers) / (bare * signatures)
        note = (
            f"on {len(answers)} free cores; 4 files, {signatures} signatures, "
            f"{answers[0]['size'] / 1024:.0f} KB each; {busy * MILLI:.1f} ms of processor, {ratio:.1f}× the "
            f"bare key, which alone allows {most:.0f}/s; {clock:.0f}/s by the clock"
        )
        found.append(Result(name, len(answers) / busy, "/s", promise, note, ratio))
    return found


def _workers(kind: str, count: int) -> list[dict[str, float]]:
    """Two processes do the same work at the same time; each prepares first, and all begin at one word."""
    command = [sys.executable, "-m", "khue.project.bench.transcripts_workers", kind, str(count)]
    environment = os.environ | {"PYTHONPATH": SOURCE, "DJANGO_SETTINGS_MODULE": "khue.project.settings"}
    started = [
        subprocess.Popen(
            [*command, str(number)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for number in range(min(2, os.cpu_count() or 1))
    ]
    try:
        for one in started:
            _heard(one)
        for one in started:
            _tell(one)
        return [json.loads(_heard(one)) for one in started]
    finally:
        for one in started:
            one.kill()
            one.communicate()


def _heard(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        msg = f"a worker ended with {process.wait()}"
        raise RuntimeError(msg)
    return line


def _tell(process: subprocess.Popen[str]) -> None:
    if process.stdin:
        process.stdin.write("go\n")
        process.stdin.flush()


# --- paper ------------------------------------------------------------------------------------------


def papers(count: int) -> list[Result]:
    """PDF/A for one core: seconds of processor, whatever the clock says; each twice for the same bytes."""
    from khue.modules.transcripts.forms import paper  # noqa: PLC0415 - Typst is loaded only now
    from khue.project.bench.transcripts_pages import transcript  # noqa: PLC0415

    found = []
    for level in ("THCS", "TH"):
        wholes = [transcript(level, number) for number in range(2, count + 3)]
        promise = "≥ 35/s for one core" if level == "THCS" else ""
        name = f"PDF/A of a {level} year"
        found.append(_rate(name, lambda one: paper.year_pdf(one.pages[2], "ABCD2345"), wholes, promise))
        found.append(_rate(f"PDF/A of a whole {level} transcript", paper.transcript_pdf, wholes, ""))
    return found


def _rate(
    name: str, make: Callable[[Transcript], bytes], items: Sequence[Transcript], promise: str
) -> Result:
    first = make(items[0])  # what is read once in a process is read now: fonts, the template
    began, busy = time.perf_counter(), time.process_time()
    made = [make(item) for item in items[1:]]
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    if make(items[0]) != first or not all(b"pdfaid" in one for one in made):
        msg = "not the same bytes twice, or no PDF/A"
        raise RuntimeError(msg)
    note = f"{len(first) / 1024:.0f} KB, the same bytes twice; {len(made) / seconds:.1f}/s on the clock"
    return Result(name, len(made) / busy, "/s", promise, note)


# --- the services -----------------------------------------------------------------------------------


def in_school(what: str, *, quick: bool) -> list[Result]:
    """A part that needs a database, in a child process with a folder of its own."""
    command = [sys.executable, "-m", "khue.project.bench.transcripts_school", what]
    with tempfile.TemporaryDirectory(prefix="khue-bench-") as folder:
        made = subprocess.run(
            [*command, "quick" if quick else "full"],
            env=on_sqlite(Path(folder), demo=True), capture_output=True, text=True, check=False,
        )  # fmt: skip
    if made.returncode:
        raise RuntimeError(made.stderr)
    return [Result(**row) for row in json.loads(made.stdout.splitlines()[-1])]
