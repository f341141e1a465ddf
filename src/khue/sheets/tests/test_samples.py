"""Every file of the shared sample folder gives exactly its truth; skipped where the folder is not there."""

from __future__ import annotations

import json

import pytest

from khue.sheets import check, compare
from khue.sheets.tests import samples

WHERE = samples.folder()
CASES = list(samples.cases(WHERE)) if WHERE else []
pytestmark = pytest.mark.skipif(WHERE is None, reason="the folder of sample files is not here")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_sample_gives_its_truth(case: samples.Case) -> None:
    report = check.check(case.path.read_bytes(), case.path.name, case.wanted, case.known).to_json()
    plain = json.loads(json.dumps(report, ensure_ascii=False))
    assert compare.differences(plain, case.entry, case.rows) == []
