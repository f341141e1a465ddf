"""One process of the measurement of transcripts: signs year pages, or verifies complete transcripts.

Arguments: what, how many, which of the processes. It prepares, says that it is ready, waits for a line,
works, and answers with a line of JSON.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from khue.modules.transcripts.forms import ministry
from khue.project.bench.measure import each
from khue.project.bench.signing_people import pki
from khue.project.bench.signing_records import AT, bare_key
from khue.project.bench.transcripts_keys import bench_ring, keys_for, record_of, signed_record
from khue.project.bench.transcripts_pages import transcript, year_page
from khue.signing.algorithms import Algorithm, is_genuine, xml_value
from khue.signing.foreign.verify import verify_foreign
from khue.signing.report import Verdict
from khue.signing.xades.record import assemble
from khue.signing.xades.verify import verify_record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from khue.modules.transcripts.data import YearPage

GRADE, YEARS, BARE, SAMPLE = 9, 4, 500, 50


def sign(count: int, number: int) -> Callable[[], dict[str, Any]]:
    """Year pages of THCS: written, signed in every slot, digested; some of them verified afterwards."""
    ring, layout, trust = bench_ring(), ministry.layout_of("2025-2026"), pki().trust(at=AT)
    pages = [year_page("THCS", GRADE, number * count + one) for one in range(1, count + 1)]
    made_once(pages[0])
    local = ring[pages[0].homeroom.identifier]
    bare = each(bare_key(local), [bytes(32)] * BARE)

    def work() -> dict[str, Any]:
        kept, signatures = [], 0
        began, busy = time.perf_counter(), time.process_time()
        for place, page in enumerate(pages):
            data = ministry.sign_form(ministry.write_form(page), layout, keys_for(page, ring), at=AT)
            if place % SAMPLE == 0:
                kept.append(data)
        seconds, busy = time.perf_counter() - began, time.process_time() - busy
        for data in kept:
            report = verify_foreign(data, trust=trust, now=AT, layouts=(layout,))
            _require(report.verdict is Verdict.VALID)
            signatures = len(report.signatures)
        again = each(bare_key(local), [bytes(32)] * BARE)
        return {
            "count": count, "seconds": seconds, "busy": busy, "bare": median(bare + again),
            "signatures": signatures, "size": len(kept[0]), "sample": SAMPLE,
            "written": median(each(ministry.write_form, pages[:SAMPLE])),
        }  # fmt: skip

    return work


def made_once(page: YearPage) -> None:
    """What a process reads once is read before the clock runs."""
    layout = ministry.layout_of(page.year)
    ministry.sign_form(ministry.write_form(page), layout, keys_for(page, bench_ring()), at=AT)


def verify(count: int, number: int, *, official: bool) -> Callable[[], dict[str, Any]]:
    """Complete THCS transcripts: every year's file from bytes to report."""
    trust, layout, ring = pki().trust(at=AT), ministry.layout_of("2025-2026"), bench_ring()

    def made(page: YearPage, code: str) -> bytes:
        if official:
            return ministry.sign_form(ministry.write_form(page), layout, keys_for(page, ring), at=AT)
        return assemble(signed_record(record_of(page, code), ring))

    def verified(file: bytes) -> Any:
        if official:
            return verify_foreign(file, trust=trust, now=AT, layouts=(layout,))
        return verify_record(file, trust=trust, now=AT)

    wholes: list[Sequence[bytes]] = []
    for one in range(count + 1):
        pages = transcript("THCS", number * count + one + 1).pages[-YEARS:]
        # The Ministry's layout begins in 2023: the years of the measurement are all after it.
        years = [year_page("THCS", GRADE, number * count + one + 1)] * YEARS if official else None
        wholes.append([
            made(years[place] if years else issued.page, f"KT-{number}-{one}-{place}")
            for place, issued in enumerate(pages)
        ])  # fmt: skip
    first = [verified(file) for file in wholes.pop()]  # certificates are judged, templates made
    signatures = sum(len(report.signatures) for report in first)

    def work() -> dict[str, Any]:
        began, busy = time.perf_counter(), time.process_time()
        valid = all(verified(file).verdict is Verdict.VALID for files in wholes for file in files)
        seconds, busy = time.perf_counter() - began, time.process_time() - busy
        _require(valid)
        return {
            "count": count, "seconds": seconds, "busy": busy, "bare": _bare_check(),
            "signatures": signatures, "size": sum(map(len, wholes[0])),
        }  # fmt: skip

    return work


def _bare_check() -> float:
    """What OpenSSL alone needs to check one P-256 signature."""
    local, digest = next(iter(bench_ring().values())), bytes(32)
    public = local.key.public_key()
    value = xml_value(public, local.sign(Algorithm.ECDSA_P256_SHA256, digest))
    checks = each(lambda one: is_genuine(public, Algorithm.ECDSA_P256_SHA256, one, value), [digest] * BARE)
    return median(checks)


def _require(holds: bool) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        msg = "something that was signed here is not valid"
        raise RuntimeError(msg)


def main() -> None:
    """One worker."""
    kind, count, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    work = sign(count, number) if kind == "sign" else verify(count, number, official=kind != "verify")
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # as the server's processes have it (`project/wsgi.py`)
    print("ready", flush=True)  # noqa: T201 - read by the parent
    sys.stdin.readline()
    print(json.dumps(work()), flush=True)  # noqa: T201 - the same


if __name__ == "__main__":
    main()
