"""`khue bench signing`: its own arithmetic, and a short run of everything that it measures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from khue.project import bench
from khue.project.bench import parts, signing, signing_records, signing_workers
from khue.project.bench.measure import Times, each, in_rounds
from khue.project.bench.signing_people import keys, pairs, pki, rsa_key
from khue.signing.profile import record_types
from khue.signing.xades.reading import parse
from khue.signing.xades.record import assemble, check_shape, content_text
from khue.signing.xades.verify import verify_record

UNCHECKED = "P-256: B-B without the check"
ASIDE = "P-256: B-B without the check, SHA of the content aside"
TRANSCRIPT = "documents of 2 pages, 102 results, with seal"


def test_times_are_taken_over_all_rounds() -> None:
    times = Times(((3.0, 1.0, 9.0), (5.0, 4.0)))
    assert (times.p50, times.best) == (4.0, 1.0)
    assert times.shown == "best 1,000,000.0 µs"


def test_a_ratio_is_the_median_of_the_rounds_so_that_a_slow_round_does_no_harm() -> None:
    key = Times(((1.0, 1.0, 1.0), (10.0, 10.0, 10.0), (2.0, 2.0, 2.0)))
    act = Times(((3.0, 3.0, 90.0), (31.0, 30.0, 29.0), (8.0, 8.0, 8.0)))
    assert act.over(key) == 3.0
    assert key.over(key) == 1.0


def test_each_act_of_a_round_is_measured_in_every_round() -> None:
    seen: list[int] = []

    def one_round(number: int) -> tuple[tuple[float, ...], ...]:
        return (number + 1.0,), each(seen.append, [number, number])

    first, second = in_rounds(3, one_round)
    assert first.rounds == ((1.0,), (2.0,), (3.0,))
    assert seen == [0, 0, 1, 1, 2, 2]
    assert [len(values) for values in second.rounds] == [2, 2, 2]
    assert second.best > 0


def test_the_records_have_the_size_that_was_promised_for_and_the_roles_of_the_table() -> None:
    year, term = signing_records.year_mould(), signing_records.term_mould()
    assert 12_800 < len(content_text(year).encode()) < 13_500
    assert len(term.sections) == 14
    roles = [slot.role for slot in record_types()["gradebook-year"].slots]
    assert [place.ref for place in check_shape(year)] == list(signing_records.YEAR_SLOTS)
    assert [slot.role for slot in signing_records.YEAR_SLOTS] == roles
    assert {place.ref.role for place in check_shape(term)} == set(keys())


def test_a_record_made_from_a_mould_is_another_one_and_verifies() -> None:
    made = [signing_records.another(signing_records.year_mould(), number) for number in (7, 8)]
    assert made[0].code != made[1].code
    whole = signing_records.signed(made[0], keys(), *signing_records.YEAR_SLOTS)
    report = verify_record(assemble(whole), trust=pki().trust(at=signing_records.AT), now=signing_records.AT)
    assert (report.verdict, report.record_code) == ("valid", made[0].code)
    assert content_text(signing_records.year_mould()).count(signing_records.MOULD) == 2  # code and section


def test_rsa_signs_the_same_record() -> None:
    homeroom = signing_records.YEAR_SLOTS[0]
    record = signing_records.another(signing_records.year_mould(), 1)
    one = signing_records.signed(record, {"homeroom": rsa_key()}, homeroom)
    found = verify_record(
        assemble(one), trust=None, now=signing_records.AT, complete=False
    ).signatures[0]
    assert (found.intact, found.valid, found.algorithm) == (True, True, "rsa-sha256")


def test_workers_share_the_records_and_tell_their_memory() -> None:
    files = {role: pair.pkcs12("x", rounds=1) for role, pair in pairs().items()}
    worked = signing_workers.run_workers(5, 2, files, "x")
    codes = [parse(data).code for data in worked.files]
    assert codes == ["do-000002", "do-000004"]  # three and two of them
    assert all(10_000_000 < peak < 200_000_000 for peak in worked.peaks)
    assert 0 < worked.bare < worked.check < 1
    assert worked.seconds > 0
    assert worked.busy > 0


def test_a_worker_that_ends_early_is_noticed() -> None:
    with pytest.raises(RuntimeError, match="a worker ended"):
        signing_workers.run_workers(2, 1, {"school": b"no key"}, "x")


def test_only_the_chosen_parts_are_planned() -> None:
    chosen = [part.title for part in signing.plan(["log", "sign"], quick=True)]
    assert chosen == ["the evidence log", "signing a record of 13 KB"]
    assert len(list(signing.plan(bench.ALL["signing"], quick=False))) == len(bench.ALL["signing"])


def test_the_table_says_a_ratio_and_json_gives_it_as_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["signing", "--quick", "--only", "log"]) == 0
    table = capsys.readouterr().out
    assert "5,000 leaves into the log" in table
    assert "promised: 200,000 in ≤ 6 s" in table
    row = parts.Result("x", 2.0, "µs", "≤ 3", "2.00× the bare key", 2.0)
    assert row.to_json()["ratio"] == 2.0


@pytest.mark.slow
def test_a_quick_run_measures_everything(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "A_ROUND", 3)
    monkeypatch.setattr(signing_workers, "BARE", 20)
    assert bench.main(["signing", "--quick", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    found: dict[str, dict[str, Any]] = {row["name"]: row for row in report["results"]}
    assert report["machine"]["python"]
    for name in (
        "P-256: the key within the act, p50", "P-256: SHA-256 of the content, p50",
        "P-256: the check of the returned value, p50", "P-256: XAdES B-B of 13 KB, p50", UNCHECKED, ASIDE,
        "RSA-2048: XAdES B-B of 13 KB, p50", "verifying 13 KB with one signature, p50",
        "preparing 60 class records for one signer", "4,000 records × 3 signatures",
        "most memory of a worker", "5,000 leaves into the log", "a proof verified, p50",
        "3 of one teacher's sheets, check and sign", "2 of a principal's classes, check and sign",
        "verify_documents, one document", TRANSCRIPT, "class documents with seal",
    ):  # fmt: skip
        assert found[name]["value"] > 0, name
    rows = [found[name] for name in ("P-256: XAdES B-B of 13 KB, p50", UNCHECKED, ASIDE)]
    assert rows[0]["ratio"] > rows[1]["ratio"] > rows[2]["ratio"] > 1
    assert found["P-256: the bare key, p50"]["ratio"] == 1
    parts = [found[name] for name in ("processor time of a record", "of it 3 checks of returned values")]
    assert parts[0]["value"] > parts[1]["value"] > 0
    assert "2 pages" in found[TRANSCRIPT]["note"]
    assert "0 faults" in found["verify_documents, one document"]["note"]
