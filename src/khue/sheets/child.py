"""Check an untrusted file in a child process: little memory, little time, nothing shared.

A hostile file can at worst end the child; the person gets a refusal either way.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from khue.sheets.data import FileReport, ImportAs, Known, Limits

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 20
WAIT_SECONDS = 40
_SOURCE = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from khue.sheets.child import serve; serve()"


class Job(msgspec.Struct):
    """What the child is given."""

    data: bytes
    filename: str
    wanted: ImportAs
    known: Known
    limits: Limits


def check_in_child(
    data: bytes, filename: str, wanted: ImportAs, known: Known, limits: Limits | None = None
) -> FileReport:
    """The report on a file, made in a child process."""
    import subprocess  # noqa: PLC0415 - the child itself starts faster without it

    limits = limits or Limits()
    if len(data) > limits.file_bytes:
        return _refused("file_too_large", limit_mib=limits.file_bytes // 1024**2)
    job = msgspec.msgpack.encode(Job(data, filename, wanted, known, limits))
    command = [sys.executable, "-E", "-s", "-c", _START, _SOURCE]
    try:
        done = subprocess.run(command, input=job, capture_output=True, timeout=WAIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return _refused("file_damaged", why="timeout")
    if done.returncode != 0:
        return _refused("file_damaged", why="stopped")
    try:
        return msgspec.msgpack.decode(done.stdout, type=FileReport)
    except msgspec.MsgspecError:
        return _refused("file_damaged", why="stopped")


def serve() -> None:
    """The child: limits first, then one job from standard input."""
    _limit()
    from khue.sheets.check import check  # noqa: PLC0415 - after the limits

    try:
        job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
        report = check(job.data, job.filename, job.wanted, job.known, job.limits)
    except MemoryError:
        report = _refused("inflated_size_exceeded")
    sys.stdout.buffer.write(msgspec.msgpack.encode(report))


def _limit() -> None:
    if sys.platform == "win32":
        return  # no such limits there; the time limit of the parent and the caps of the reader hold
    import resource  # noqa: PLC0415 - not on every system

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _refused(kind: str, **info: object) -> FileReport:
    return FileReport("refuse", {"kind": kind, **info}, [], [])
