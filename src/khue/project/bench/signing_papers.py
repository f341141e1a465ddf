"""How many sealed papers one core makes: verified, rendered by typst and sealed as the product does it.

Imported by the child that has Django: the renderer belongs to the gradebook.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import count, pairwise
from statistics import median
from typing import TypeVar

from khue.modules.gradebook.paper.signed import signed_pdf
from khue.modules.records import renditions
from khue.modules.records.models import Document
from khue.project.bench.parts import Result
from khue.project.bench.signing_people import keys, pki
from khue.project.bench.signing_records import AT, MOULD, SCHOOL, YEAR_SLOTS, signed, year_mould
from khue.signing.pades.seal import complete_seal, prepare_seal
from khue.signing.qr import qr_svg, short_code
from khue.signing.trust.store import TrustStore
from khue.signing.xades.record import Record, assemble
from khue.signing.xades.verify import verify_record

T = TypeVar("T")
BASE = "https://khue.invalid"
MARK = re.compile(r">\d+\.\d<")
PAGES = re.compile(rb"/Type */Pages */Count (\d+)")
CELLS = 17  # of a pupil in a summary: 13 subjects, and what the law concluded
TRANSCRIPT, DENSE = 6, 17  # pupils: as much as a year of a transcript holds; a record of 13 KB
STEPS = ("verify", "QR", "render", "seal")


def papers(many: int) -> list[Result]:
    """So many papers of two pages, and the book of each class in the database."""
    found = []
    for pupils, promise in ((TRANSCRIPT, "≥ 35/s for one core"), (DENSE, "")):
        files = [_file(number, pupils) for number in range(many + 1)]
        steps: list[tuple[float, ...]] = []
        _paper(files.pop(), [])  # what is read once in a process is read now: fonts, templates
        name = f"documents of 2 pages, {pupils * CELLS} results, with seal"
        result = _rate(name, partial(_paper, steps=steps), files, promise)
        parts = zip(STEPS, zip(*steps, strict=True), strict=True)
        said = ", ".join(f"{step} {median(times) * 1000:.1f}" for step, times in parts)
        found.append(Result(result.name, result.value, "/s", promise, f"{result.note}; ms: {said}"))
    documents = list(Document.objects.order_by("made_at"))
    name = "class documents with seal"
    return [*found, _rate(name, lambda one: renditions.pdf_of(one, BASE), documents, "")]


@cache
def _trust() -> TrustStore:
    return pki().trust(at=AT)


def _file(number: int, pupils: int) -> bytes:
    """A year's record of so many pupils with its three signatures; names and marks are its own.

    Typst recognizes what stood on the papers before; among papers that are alike that would be everything.
    """
    mould = year_mould(pupils)
    code, marks = f"do-{number:06d}", count(number * 37)
    texts = (one.text.replace(MOULD, code, 1).replace("Trò", f"Trò {number}") for one in mould.sections)
    sections = tuple(
        replace(one, text=MARK.sub(lambda _: f">{next(marks) * 29 % 101 / 10}<", text))
        for one, text in zip(mould.sections, texts, strict=True)
    )
    record = Record(mould.type, code, mould.head_text, sections)
    return assemble(signed(record, keys(), *YEAR_SLOTS))


def _paper(file: bytes, steps: list[tuple[float, ...]]) -> bytes:
    """What `renditions.pdf_of` does, for a record that is in no database; how long each step took."""
    clock = [time.perf_counter()]
    report = verify_record(file, trust=_trust(), now=AT)
    clock.append(time.perf_counter())
    address = f"{BASE}/k/{short_code(bytes.fromhex(report.digest))}"
    printed = renditions.Printed(address, qr_svg(address), "ABCD-EFGH")
    clock.append(time.perf_counter())
    pdf = signed_pdf(report, printed)
    clock.append(time.perf_counter())
    local = keys()["school"]
    tbs = prepare_seal(
        pdf, record_code=report.record_code, record_digest=report.digest, school=SCHOOL, at=AT,
        certificate=local.certificate, chain=local.chain,
    )  # fmt: skip
    sealed = complete_seal(tbs, local.sign(tbs.algorithm, tbs.digest))
    clock.append(time.perf_counter())
    steps.append(tuple(after - before for before, after in pairwise(clock)))
    return sealed


def _rate(name: str, make: Callable[[T], bytes], items: Sequence[T], promise: str) -> Result:
    """How many papers a second of processor gives, whatever the clock says."""
    began, busy = time.perf_counter(), time.process_time()
    made = [make(item) for item in items]
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    pages = PAGES.search(made[0])
    number, size = pages[1].decode() if pages else "?", len(made[0]) / 1024
    note = f"{number} pages, {size:.0f} KB; {len(made) / seconds:.1f}/s on the clock"
    return Result(name, len(made) / busy, "/s", promise, note)
