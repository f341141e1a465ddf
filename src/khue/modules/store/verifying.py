"""Verifying many files at once, in processes where it is worth it (kiểm tra hàng loạt).

What comes back is small and plain, so that it can cross processes: the verdict, what the head says, and
a report short enough to keep for each record for ever. The chain of a certificate is judged once in each
process and then taken from memory (`khue.signing.trust.store`).
"""

from __future__ import annotations

import datetime as dt
import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from khue.signing.report import Finding, Indication

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from khue.signing.report import Report

MANY = 300  # from so many files on, processes are worth their start
SHARE = 25  # files that go to a process at once
KEPT_FINDINGS = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """What a file is and what its verification found."""

    verdict: str
    digest: str
    kind: str
    code: str
    facts: dict[str, str]
    conclusion: str  # the sentence, in Vietnamese
    report: dict[str, Any]


def verify(files: Sequence[bytes], now: dt.datetime) -> list[Judged]:
    """Verify files in this process."""
    from khue.modules.records import api as records  # noqa: PLC0415 - a process of its own loads it late

    return [judged(records.report_on(data, now)) for data in files]


def judged(report: Report) -> Judged:
    """What is kept of a report."""
    return Judged(
        report.verdict.value, report.digest, report.record_type, report.record_code, dict(report.facts),
        report.text, _kept(report),
    )  # fmt: skip


@contextmanager
def verifier(
    count: int, workers: int = 0
) -> Iterator[Callable[[Sequence[bytes], dt.datetime], list[Judged]]]:
    """The way to verify so many files: in this process, or in as many as there are processors."""
    workers = workers or (os.cpu_count() or 1)
    if count < MANY or workers == 1:
        yield verify
        return
    # Started afresh: a copy of this process would share its connections.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin)
    try:
        yield partial(_spread, pool)
    finally:
        pool.shutdown(cancel_futures=True)


def _spread(pool: ProcessPoolExecutor, files: Sequence[bytes], now: dt.datetime) -> list[Judged]:
    shares = [files[start : start + SHARE] for start in range(0, len(files), SHARE)]
    return [one for found in pool.map(partial(_verify, now), shares) for one in found]


def _verify(now: dt.datetime, files: Sequence[bytes]) -> list[Judged]:
    return verify(files, now)


def _begin() -> None:
    import django  # noqa: PLC0415 - in the new process

    django.setup()


def _kept(report: Report) -> dict[str, Any]:
    """The report without what the file says itself: who signed, what was found, by which policy."""
    signatures = [
        {
            "id": one.signature_id, "role": one.role, "signer": one.signer, "serial": one.serial,
            "set": one.anchor_set, "result": one.indication.value, "sub": one.sub.value,
            "time": _moment(one.best_time or one.claimed_time), "found": _found(one.findings),
        }
        for one in report.signatures
    ]  # fmt: skip
    bad = [one for one in signatures if one["result"] != Indication.PASSED.value]
    return {
        "policy": report.policy, "sub": report.sub.value, "found": _found(report.findings),
        "missing": list(report.missing), "signatures": signatures, "bad": len(bad),
    }  # fmt: skip


def _found(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [{"code": one.code, "params": plain(one.params)} for one in findings[:KEPT_FINDINGS]]


def plain(params: Any) -> dict[str, Any]:
    """Parameters of a finding as JSON: a finding inside one becomes its sentence."""
    return {name: value if isinstance(value, str | int) else str(value) for name, value in params.items()}


def _moment(at: dt.datetime | None) -> str:
    return at.astimezone(dt.UTC).isoformat() if at is not None else ""
