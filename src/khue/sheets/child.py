"""Check an untrusted file in a child process: little memory, little time, nothing shared.

A hostile file can at worst end the child; the person gets a refusal either way.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from khue.sheets.data import FileReport, ImportAs, Known, Limits, Look

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 20
WAIT_SECONDS = 40
_SOURCE = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from khue.sheets.child import serve; serve()"


class Job(msgspec.Struct):
    """What the child is given; without a choice it only looks what the file is."""

    data: bytes
    filename: str
    wanted: ImportAs | None
    known: Known
    limits: Limits


def check_in_child(
    data: bytes, filename: str, wanted: ImportAs, known: Known, limits: Limits | None = None
) -> FileReport:
    """The report on a file, made in a child process."""
    limits = limits or Limits()
    if len(data) > limits.file_bytes:
        return _refused("file_too_large", limit_mib=limits.file_bytes // 1024**2)
    answer = _run(Job(data, filename, wanted, known, limits))
    if isinstance(answer, str):
        return _refused("file_damaged", why=answer)
    try:
        return msgspec.msgpack.decode(answer, type=FileReport)
    except msgspec.MsgspecError:
        return _refused("file_damaged", why="stopped")


def look_in_child(data: bytes, filename: str, limits: Limits | None = None) -> Look:
    """What a file says of itself, read in a child process; nothing of a file that harms."""
    limits = limits or Limits()
    answer = _run(Job(data, filename, None, Known(), limits)) if len(data) <= limits.file_bytes else ""
    if isinstance(answer, str):
        return Look()
    try:
        return msgspec.msgpack.decode(answer, type=Look)
    except msgspec.MsgspecError:
        return Look()


def _run(job: Job) -> bytes | str:
    """What the child wrote, or why it wrote nothing."""
    import subprocess  # noqa: PLC0415 - the child itself starts faster without it

    command = [sys.executable, "-E", "-s", "-c", _START, _SOURCE]
    sent = msgspec.msgpack.encode(job)
    try:
        done = subprocess.run(command, input=sent, capture_output=True, timeout=WAIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "timeout"
    return done.stdout if done.returncode == 0 else "stopped"


def serve() -> None:
    """The child: limits first, then one job from standard input."""
    _limit()
    answer: FileReport | Look
    try:
        job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
        if job.wanted is None:
            from khue.sheets.look import look  # noqa: PLC0415 - after the limits

            answer = look(job.data, job.filename, job.limits)
        else:
            from khue.sheets.check import check  # noqa: PLC0415 - after the limits

            answer = check(job.data, job.filename, job.wanted, job.known, job.limits)
    except MemoryError:
        answer = _refused("inflated_size_exceeded")
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))


def _limit() -> None:
    if sys.platform == "win32":
        return  # no such limits there; the time limit of the parent and the caps of the reader hold
    import resource  # noqa: PLC0415 - not on every system

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _refused(kind: str, **info: object) -> FileReport:
    return FileReport("refuse", {"kind": kind, **info}, [], [])
