"""The print of a record of a year page, made from the verified file alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from khue.modules.records import renditions
from khue.modules.records.api import Printed
from khue.modules.transcripts.content import KINDS
from khue.modules.transcripts.printed import page_pdf
from khue.modules.transcripts.tests.test_forms_paper import pages_of, text_of
from khue.project.bench.signing_people import pki
from khue.project.bench.signing_records import AT
from khue.project.bench.transcripts_keys import bench_ring, record_of, signed_record
from khue.project.bench.transcripts_pages import year_page
from khue.signing.qr import qr_svg
from khue.signing.xades.record import assemble
from khue.signing.xades.verify import verify_record

ADDRESS = "https://khue.example/k/ABC"
PRINTED = Printed(ADDRESS, qr_svg(ADDRESS), "ABCD2345")


def test_records_print_transcripts_so() -> None:
    assert {renditions._RENDERERS[kind] for kind in KINDS} == {page_pdf}


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
@pytest.mark.parametrize("level", ["THCS", "TH"])
def test_what_the_file_says_stands_on_paper(tmp_path: Path, level: str) -> None:
    page = year_page(level, 9 if level == "THCS" else 5)
    file = assemble(signed_record(record_of(page, "KT-1"), bench_ring()))
    report = verify_record(file, trust=pki().trust(at=AT), now=AT)
    pdf = page_pdf(report, PRINTED)
    assert pdf == page_pdf(report, PRINTED)
    assert pages_of(pdf) == 2
    said = text_of(pdf, tmp_path)
    for word in (page.identity.name, page.homeroom.name, "Hoàng Văn Minh", "ABCD2345", "KT-1", report.digest,
                 "Đã ký số lúc 28/05/2027 09:30", page.comment[:20]):  # fmt: skip
        assert word in said


def test_a_record_that_nobody_has_signed_is_shown_under_its_warning(tmp_path: Path) -> None:
    record = record_of(year_page("THCS", 9), "KT-1")
    report = verify_record(assemble(record), trust=pki().trust(at=AT), now=AT, complete=False)
    bare = replace(report, content=assemble(record))
    pdf = page_pdf(bare, replace(PRINTED, warning="HỒ SƠ CHƯA ĐỦ CHỮ KÝ"))
    if shutil.which("pdftotext"):
        assert "CHƯA ĐỦ CHỮ KÝ" in text_of(pdf, tmp_path)
    assert pages_of(pdf) == 2
