"""Teachers who save batches over HTTP, each with an own connection; latencies in milliseconds."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

from khue.core.ids import short, uuid7

MARKS = tuple(f"{number / 2:.1f}" for number in range(8, 20))

@dataclass(frozen=True, slots=True)
class Teacher:
    """A signed-in teacher with a sheet of 45 pupils."""

    cookie: str
    token: str
    sheet: str
    url: str
    pupils: tuple[str, ...]
    versions: dict[tuple[str, str], int] = field(default_factory=dict)  # what this teacher saw last


@dataclass(slots=True)
class Outcome:
    """Latencies and errors of a run."""

    latencies: list[int] = field(default_factory=list)  # microseconds
    errors: int = 0
    seconds: float = 0  # of the whole run

    def percentile(self, share: int) -> float:
        """A percentile in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, len(ordered) * share // 100)] / 1000 if ordered else 0


class Line:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def request(self, head: str, body: bytes) -> tuple[int, bytes]:
        """Send one request, read the whole answer."""
        if self.writer is None or self.writer.is_closing():
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self.reader is not None  # noqa: S101 - opened together
        self.writer.write(head.encode() + body)
        await self.writer.drain()
        status = int((await self.reader.readline()).split(b" ")[1])
        length = 0
        while True:
            line = (await self.reader.readline()).lower()
            if line in {b"\r\n", b""}:
                break
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return status, await self.reader.readexactly(length) if length else b""


def batch(teacher: Teacher, column: str, count: int) -> bytes:
    """A batch over one column that changes each of its marks, on top of what this teacher saw last.

    Written as text: the generator shares its processors with the server that is measured.
    """
    ops = []
    for number, pupil in enumerate(teacher.pupils[:count]):
        base = teacher.versions.get((pupil, column), 0)
        value = MARKS[(base + number) % len(MARKS)]
        ops.append(
            f'{{"op_id":"{short(uuid7())}","pupil":"{pupil}","slot":"{column}","base":{base},"value":"{value}"}}'
        )
    return f'{{"sheet":"{teacher.sheet}","ops":[{",".join(ops)}]}}'.encode()


def seen(teacher: Teacher, column: str, count: int, answer: bytes) -> int:
    """Remember the versions that an answer tells; returns how many operations were not done."""
    pupils = teacher.pupils[:count]
    if answer.count(b'"status":"done"') == len(pupils):
        for pupil in pupils:
            teacher.versions[pupil, column] = teacher.versions.get((pupil, column), 0) + 1
        return 0
    results = json.loads(answer)["results"]
    for pupil, result in zip(pupils, results, strict=True):
        teacher.versions[pupil, column] = result["version"]
    return sum(1 for result in results if result["status"] != "done")


def head_of(teacher: Teacher, length: int) -> str:
    """Request line and headers of a save."""
    return (
        f"POST {teacher.url} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nCookie: {teacher.cookie}\r\nX-CSRFToken: {teacher.token}\r\n"
        f"Content-Length: {length}\r\n\r\n"
    )


async def _teach(
    teacher: Teacher, port: int, outcome: Outcome, *, every: float, until: float, count: int, start_in: float
) -> None:
    line = Line(port)
    await asyncio.sleep(start_in)
    slots = ("tx1", "tx2", "gk", "ck")
    number = 0
    while time.monotonic() < until:
        due = time.monotonic() + every
        column = slots[number % len(slots)]
        number += 1
        body = batch(teacher, column, count)
        began = time.perf_counter_ns()
        try:
            status, answer = await line.request(head_of(teacher, len(body)), body)
        except (OSError, asyncio.IncompleteReadError, IndexError, ValueError):
            outcome.errors += 1
            line = Line(port)
            continue
        outcome.latencies.append((time.perf_counter_ns() - began) // 1000)
        if status != 200:  # noqa: PLR2004 - OK
            outcome.errors += 1
        else:
            outcome.errors += seen(teacher, column, count, answer)
        await asyncio.sleep(max(0, due - time.monotonic()) if every else 0)


def teach(teachers: list[Teacher], port: int, *, every: float, seconds: float, count: int) -> Outcome:
    """All teachers at once for some seconds; `every` 0 means as fast as the answers come."""

    async def run() -> Outcome:
        outcome = Outcome()
        began = time.monotonic()
        until = began + seconds + every
        await asyncio.gather(
            *(
                _teach(
                    teacher, port, outcome, every=every, until=until, count=count,
                    start_in=every * number / max(1, len(teachers)),
                )
                for number, teacher in enumerate(teachers)
            )
        )
        outcome.seconds = time.monotonic() - began
        return outcome

    return asyncio.run(run())


def get(port: int, url: str, cookie: str, times: int) -> list[int]:
    """Fetch a page some times one after the other: microseconds each."""

    async def run() -> list[int]:
        line, found = Line(port), []
        head = f"GET {url} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
        for _ in range(times):
            began = time.perf_counter_ns()
            status, _ = await line.request(head, b"")
            found.append((time.perf_counter_ns() - began) // 1000)
            if status != 200:  # noqa: PLR2004 - OK
                msg = f"{url} answered {status}"
                raise RuntimeError(msg)
        return found

    return asyncio.run(run())
