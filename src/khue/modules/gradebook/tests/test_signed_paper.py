"""The paper of a signed record: the same bytes every time, whoever else renders at that moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from khue.modules.gradebook.paper.signed import signed_pdf
from khue.modules.records.renditions import Printed
from khue.project.bench.signing_people import keys, pki
from khue.project.bench.signing_records import AT, YEAR_SLOTS, another, signed, year_mould
from khue.signing.qr import qr_svg
from khue.signing.xades.record import assemble
from khue.signing.xades.verify import verify_record

PRINTED = Printed("https://khue.example/k/ABC", qr_svg("https://khue.example/k/ABC"), "ABCD-EFGH")


def file(number: int) -> bytes:
    return assemble(signed(another(year_mould(3), number), keys(), *YEAR_SLOTS))


def paper(data: bytes) -> bytes:
    report = verify_record(data, trust=pki().trust(at=AT), now=AT)
    assert report.verdict == "valid", report.text
    return signed_pdf(report, PRINTED)


def test_papers_are_rendered_in_several_threads_at_once() -> None:
    files = [file(number) for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(paper, files))
    assert len(set(made)) == 12
    assert made == [paper(data) for data in files]
