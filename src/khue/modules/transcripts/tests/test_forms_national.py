"""Rows for the National Data Centre: envelope, fields of the tables, nothing guessed, the same bytes."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import replace

import pytest
from python_calamine import CalamineWorkbook

from khue.core.errors import Invalid
from khue.modules.transcripts.data import Transcript
from khue.modules.transcripts.forms import national
from khue.project.bench.transcripts_pages import transcript

AT = dt.datetime(2026, 6, 1, 1, 30, tzinfo=dt.UTC)
EVENT = national.Event(national.NEW, 1, AT)
TABLES = national.shipped()
LEVELS = ("TH", "THCS", "THPT")


@pytest.mark.parametrize("level", LEVELS)
def test_rows_have_the_fields_of_their_table_and_an_envelope(level: str) -> None:
    export = national.rows_of(transcript(level), EVENT)
    entity = TABLES.entity(level)
    assert export.entity == entity.name
    assert set(export.row) <= {*TABLES.envelope, *entity.fields, *entity.children}
    rows = [(export.row, entity.fields)]
    rows += [(row, fields) for name, fields in entity.children.items() for row in export.row[name]]
    for row, fields in rows:
        own = {key: value for key, value in row.items() if not key.startswith("_")}
        national.check(own, TABLES.envelope | fields, "thử")
        assert own["idbanghi"].startswith(export.row["madinhdanhhocba"])
        assert (own["sukien"], own["phienban"]) == ("NEW", 1)
        assert (own["thoigiancapnhat"], own["ngaycapnhat"]) == ("2026-06-01T08:30:00", "2026-06-01")
    keys = [row["idbanghi"] for row, _fields in rows]
    assert len(set(keys)) == len(keys)


def test_what_the_rows_say() -> None:
    whole = transcript("THCS")
    row = national.rows_of(whole, EVENT).row
    years = row["_quatrinhhoctap"]
    assert [one["makhoi"] for one in years] == ["06", "07", "08", "09"]
    assert {one["canam"] for one in years} == {"T"}
    assert {one["duoclenlop"] for one in years} == {1}
    marks = {one["idbanghi"]: one for one in row["_bangdiem"]}
    for issued in whole.pages:
        for line in issued.page.subjects:
            said = marks[f"{whole.code}/{issued.page.year}/{line.code}"]
            assert (said["hocky1"], said["hocky2"], said["canam"]) == (line.term1, line.term2, line.year)
    assert row["macaphoc"] == "03"
    assert row["chucvugiamhieu"] == "Hiệu trưởng"


def test_after_the_summer_the_new_result_counts() -> None:
    whole = transcript("THCS")
    last = whole.pages[-1]
    line = replace(last.page.subjects[0], year="4.5", retest="5.5")
    page = replace(
        last.page, learning=("CĐ", "CĐ", "CĐ"), learning_after="Đ",
        subjects=(line, *last.page.subjects[1:]),
    )  # fmt: skip
    row = national.rows_of(replace(whole, pages=(*whole.pages[:-1], replace(last, page=page))), EVENT).row
    assert row["_quatrinhhoctap"][-1]["canam"] == "Đ"
    key = f"{whole.code}/{page.year}/{line.code}"
    assert next(one for one in row["_bangdiem"] if one["idbanghi"] == key)["canam"] == "5.5"


def test_codes_are_taken_from_lists_and_never_guessed() -> None:
    bare = national.rows_of(transcript("THCS"), EVENT)
    assert "dantoc" not in bare.row
    assert "dantoc: Tày" in bare.gaps
    lists = national.Lists("20", {"dantoc": {"Tày": "02"}, "mamonhoc": {"TOAN": "M01"}})
    full = national.rows_of(transcript("THCS"), EVENT, lists)
    assert (full.row["dantoc"], full.row["masogd"]) == ("02", "20")
    assert "dantoc: Tày" not in full.gaps
    assert {one["mamonhoc"] for one in full.row["_bangdiem"]} >= {"M01", "VAN"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"phienban": 0}, "wrong"), ({"sukien": "DELETE"}, "wrong"), ({"ngaycapnhat": "01/06/2026"}, "wrong"),
        ({"thoigiancapnhat": "2026-06-01"}, "wrong"), ({"idbanghi": "x" * 151}, "wrong"),
        ({"idbanghi": ""}, "missing"), ({"diemthi": "10"}, "unknown"), ({"matruong": "x" * 21}, "wrong"),
        ({"cokhuyettatkhongdanhgia": 2}, "wrong"), ({"madinhdanhhocba": ""}, "missing"),
    ],
)  # fmt: skip
def test_rows_that_the_tables_forbid(change: dict[str, object], why: str) -> None:
    entity = TABLES.entity("THCS")
    export = national.rows_of(transcript("THCS"), EVENT)
    row = {key: value for key, value in export.row.items() if not key.startswith("_")} | change
    with pytest.raises(Invalid) as refusal:
        national.check(row, TABLES.envelope | entity.fields, entity.name)
    assert refusal.value.code == "TRANS-113"
    assert refusal.value.params["why"] == why


def test_json_and_excel_say_the_same_twice() -> None:
    whole = transcript("THPT")
    export = national.rows_of(whole, EVENT)
    data = national.to_json(export)
    assert data == national.to_json(national.rows_of(whole, EVENT))
    assert json.loads(data) == {export.entity: [export.row]}
    book = national.to_xlsx([export])
    assert book == national.to_xlsx([export])
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book))
    children = [f"sothcsthpt{name}" for name in TABLES.entity("THPT").children]
    assert sheets.sheet_names == ["sothcsthpt", *children]
    head, first = sheets.get_sheet_by_name("sothcsthpt").to_python()
    said = {name: value for name, value in zip(head, first, strict=True) if value != ""}
    assert said == {key: str(value) for key, value in export.row.items() if not key.startswith("_")}
    marks = sheets.get_sheet_by_name("sothcsthpt_bangdiem").to_python()
    assert len(marks) == len(export.row["_bangdiem"]) + 1


def test_nothing_to_say_and_tables_that_are_wrong() -> None:
    with pytest.raises(Invalid) as refusal:
        national.rows_of(Transcript("HB-1", "THCS", ()), EVENT)
    assert refusal.value.code == "TRANS-112"
    with pytest.raises(Invalid) as refusal:
        national.read_tables("code = 'x'")
    assert refusal.value.code == "TRANS-111"
    with pytest.raises(Invalid) as refusal:
        TABLES.entity("MN")
    assert refusal.value.code == "TRANS-110"
