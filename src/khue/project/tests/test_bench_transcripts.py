"""`khue bench transcripts`: what it measures is whole and valid, and a short run of everything."""

from __future__ import annotations

import json
from typing import Any

import pytest

from khue.modules.transcripts.content import read_page
from khue.project import bench
from khue.project.bench import transcripts_pages as pages
from khue.project.bench.signing_people import pki
from khue.project.bench.signing_records import AT
from khue.project.bench.transcripts_keys import bench_ring, record_of, signed_record
from khue.signing.report import Verdict
from khue.signing.xades.record import assemble
from khue.signing.xades.verify import verify_record


@pytest.mark.parametrize(("level", "signatures"), [("THCS", 17), ("THPT", 16), ("TH", 3)])
def test_a_page_of_the_measurement_is_a_whole_record(level: str, signatures: int) -> None:
    page = pages.transcript(level).pages[-1].page
    file = assemble(signed_record(record_of(page, "KT-1"), bench_ring()))
    report = verify_record(file, trust=pki().trust(at=AT), now=AT)
    assert report.verdict is Verdict.VALID, report.text
    assert len(report.signatures) == signatures
    said = read_page(file)
    assert (said.identity, said.learning, said.decision) == (page.identity, page.learning, page.decision)


def test_pupils_and_years_differ() -> None:
    every = [one.page for number in (1, 2) for one in pages.transcript("THCS", number).pages]
    assert len({(page.transcript, page.year) for page in every}) == 8
    assert len({page.identity.ministry_code for page in every}) == 2
    assert {len(page.subjects) for page in every} == {13}


@pytest.mark.slow
@pytest.mark.parametrize("part", ["compose", "sign", "paper", "store", "digest"])
def test_a_short_run(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["transcripts", "--quick", "--json", "--only", part]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert report["machine"]["cores"]
    assert report["results"]
    for row in report["results"]:
        assert row["value"] > 0, row
        assert row["unit"]
