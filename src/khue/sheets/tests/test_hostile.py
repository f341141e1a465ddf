"""Files that want to harm or are not what they say: refused by name, quickly, also in the child process."""

from __future__ import annotations

import io
import re
import struct
import sys
import zipfile

import pytest

from khue.sheets import check, child
from khue.sheets.data import ImportAs, Limits
from khue.sheets.tests.make import FULL, HEAD, KNOWN, MARKS, cells, line, report, rezip, said, sheet

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SHEET = "xl/worksheets/sheet1.xml"
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def part(xml: str) -> bytes:
    """A good mark sheet with other content."""
    return rezip(sheet(), {SHEET: xml.encode()})


def refusal(data: bytes, name: str = "tep.xlsx") -> str:
    found = report(data, name=name)
    assert (found.outcome, found.tables) == ("refuse", [])
    return str(found.refusal["kind"]) if found.refusal else ""


def test_a_zip_bomb_is_refused_by_what_its_directory_says() -> None:
    assert refusal(rezip(sheet(), {"xl/media/a.bin": b"\0" * 150_000_000})) == "inflated_size_exceeded"


def test_a_zip_whose_directory_lies_is_refused_while_unpacking() -> None:
    bomb = rezip(sheet(), {SHEET: b"<worksheet>" + b" " * 120_000_000 + b"</worksheet>"})
    # the directory's size fields are at 24 bytes after each central header's signature
    data = bytearray(bomb)
    spot = 0
    while (spot := data.find(b"PK\x01\x02", spot)) >= 0:
        struct.pack_into("<I", data, spot + 24, 1000)
        spot += 4
    assert refusal(bytes(data)) in {"inflated_size_exceeded", "file_damaged"}


def test_too_many_parts() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as out:
        for number in range(3000):
            out.writestr(f"xl/{number}", b"")
    assert refusal(target.getvalue()) == "inflated_size_exceeded"


def test_entities_are_refused() -> None:
    bomb = (
        '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        f'<worksheet xmlns="{SPACE}"><sheetData>'
        '<row r="1"><c r="A1" t="str"><v>&b;</v></c></row></sheetData></worksheet>'
    )
    assert refusal(part(bomb)) == "dtd_forbidden"


@pytest.mark.parametrize("share", [0.1, 0.6, 0.95])
def test_a_broken_upload_is_refused(share: float) -> None:
    data = sheet()
    assert refusal(data[: int(len(data) * share)]) in {"file_damaged", "not_an_xlsx"}


def test_broken_xml_is_refused() -> None:
    assert refusal(part("<worksheet><sheetData><row>")) == "file_damaged"


def test_bytes_turned_over_are_refused_or_read_but_never_break() -> None:
    data = bytearray(sheet())
    for spot in range(0, len(data), 97):
        changed = bytearray(data)
        changed[spot] ^= 0xFF
        report(bytes(changed))  # no exception leaves the engine


@pytest.mark.parametrize(
    "ref",
    [
        'r="XFD1048576"',
        "r='XFD1048576'",
        'r="xfd1048576"',
        'r="ZZZ9999999"',
        'r="A99999999999"',
        "",
        'r="&#65;1"',
    ],
)
def test_far_cells_cost_nothing(ref: str) -> None:
    head = "".join(f'<c t="str"><v>{text}</v></c>' for text in HEAD)
    row = "".join(f'<c t="str"><v>{text}</v></c>' for text in map(str, line(1, *FULL)))
    xml = (
        f'<x:worksheet xmlns:x="{SPACE}" xmlns="{SPACE}"><x:dimension ref="A1:XFD1048576"/><x:sheetData>'
        f'<row r="1">{head}</row><row r="2">{row}</row><row r="1048576"><c {ref} t="str"><v>x</v></c></row>'
        "</x:sheetData></x:worksheet>"
    )
    found = report(part(xml))
    assert [len(table.rows) for table in found.tables] == [1]


def test_far_merges_and_columns_cost_nothing() -> None:
    xml = (
        f'<worksheet xmlns="{SPACE}"><cols><col min="1" max="16384" hidden="1"/></cols><sheetData/>'
        '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>'
    )
    assert refusal(part(xml)) == "required_columns_missing"


def rows(xml: str) -> str:
    return f'<worksheet xmlns="{SPACE}"><sheetData>{xml}</sheetData></worksheet>'


@pytest.mark.parametrize(
    "bomb",
    [
        rows('<row r="1">' + "<c/>" * 2_500_000 + "</row>"),
        rows("".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(20_001, 22_000))),
    ],
)
def test_more_cells_than_a_school_has_are_refused(bomb: str) -> None:
    assert refusal(part(bomb)) == "inflated_size_exceeded"


def test_a_million_shared_strings_are_refused_before_they_are_parsed() -> None:
    many = f'<sst xmlns="{SPACE}">' + "<si><t>a</t></si>" * 1_000_000 + "</sst>"
    assert refusal(rezip(sheet(), {"xl/sharedStrings.xml": many.encode()})) == "inflated_size_exceeded"


def test_a_sheet_named_a_thousand_times_is_refused() -> None:
    data = sheet()
    book = zipfile.ZipFile(io.BytesIO(data)).read("xl/workbook.xml").decode()
    more = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="rId1"/>' for n in range(2, 1000))
    changed = rezip(data, {"xl/workbook.xml": book.replace("</sheets>", more + "</sheets>").encode()})
    assert refusal(changed) == "inflated_size_exceeded"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_of_one_name_are_refused() -> None:
    target = io.BytesIO(sheet())
    with zipfile.ZipFile(target, "a") as out:
        out.writestr(SHEET, rows(""))
    assert refusal(target.getvalue()) == "file_damaged"


@pytest.mark.parametrize("index", ["999999", "-1", "9" * 5000, "x"])
def test_a_string_that_is_not_there_is_refused(index: str) -> None:
    xml = zipfile.ZipFile(io.BytesIO(sheet())).read(SHEET).decode()
    assert refusal(part(re.sub(r't="s"><v>\d+', f't="s"><v>{index}', xml, count=1))) == "file_damaged"


@pytest.mark.parametrize(
    "number", ["1e308", "-1e308", "1e400", "NaN", "INF", "9" * 400, "0x10", "1_0", "--8"]
)
def test_numbers_that_are_no_marks(number: str) -> None:
    xml = zipfile.ZipFile(io.BytesIO(sheet())).read(SHEET).decode()
    found = report(part(xml.replace("<v>7.5</v>", f"<v>{number}</v>", 1)))
    assert said(found)[0] in {
        ("mark_out_of_range", "error", "F2"), ("mark_not_a_number", "error", "F2"),
    }  # fmt: skip


def test_a_sheet_in_utf_16_is_read() -> None:
    xml = zipfile.ZipFile(io.BytesIO(sheet())).read(SHEET).decode()
    assert report(part(xml.replace("UTF-8", "UTF-16"))).outcome == "refuse"  # it is not what it says
    utf16 = rezip(sheet(), {SHEET: xml.replace("UTF-8", "UTF-16").encode("utf-16")})
    assert report(utf16).outcome == "import"


def test_a_long_csv_is_refused_not_cut() -> None:
    assert refusal(b"1;2\n" * 30_000, "tep.csv") == "inflated_size_exceeded"


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"", "tep.xlsx", "not_an_xlsx"),
        (b"STT;Ten\n1;a\n", "tep.xlsx", "not_an_xlsx"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "tep.xls", "not_an_xlsx"),
        (b"%PDF-1.7 ...", "tep.xlsx", "not_an_xlsx"),
        (b"\x00\x01\x02\x03" * 50, "tep.xlsx", "not_an_xlsx"),
        (OLE + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"), "tep.xlsx", "password_protected"),
        (OLE + b"\0" * 512 + "WordDocument".encode("utf-16-le"), "tep.xls", "not_an_xlsx"),
        (OLE + b"\0" * 512 + "Workbook".encode("utf-16-le"), "tep.xls", "file_damaged"),
        (OLE + b"\0" * 512, "tep.xls", "file_damaged"),
        (OLE + b"\0" * 512, "tep.xlsx", "not_an_xlsx"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:x"/>', "tep.xls", "not_an_xlsx"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "tep.xls", "not_an_xlsx"),
    ],
)
def test_what_is_no_workbook_is_refused(data: bytes, name: str, kind: str) -> None:
    assert refusal(data, name) == kind


def test_a_zip_of_something_else_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as out:
        out.writestr("word/document.xml", b"<w/>")
    assert refusal(target.getvalue()) == "not_an_xlsx"


def test_an_encrypted_zip_is_refused() -> None:
    data = bytearray(sheet())
    spot = 0
    while (spot := data.find(b"PK\x01\x02", spot)) >= 0:
        data[spot + 8] |= 1
        spot += 4
    assert refusal(bytes(data)) == "password_protected"


def test_an_over_size_file_is_refused() -> None:
    found = check.check(sheet(), "tep.xlsx", MARKS, KNOWN, Limits(file_bytes=100))
    assert found.refusal is not None
    assert found.refusal["kind"] == "file_too_large"


def test_the_child_gives_the_same_report() -> None:
    data = sheet(line(1, 85, 7.5, 7, 8, 7.6))
    assert child.check_in_child(data, "tep.xlsx", MARKS, KNOWN).to_json() == report(data).to_json()


def test_a_child_that_dies_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_START", "import os; os.abort()")
    found = child.check_in_child(sheet(), "tep.xlsx", MARKS, KNOWN)
    assert found.refusal == {"kind": "file_damaged", "why": "stopped"}


def test_a_child_that_takes_too_long_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_START", "import time; time.sleep(30)")
    monkeypatch.setattr(child, "WAIT_SECONDS", 0.3)
    found = child.check_in_child(sheet(), "tep.xlsx", MARKS, KNOWN)
    assert found.refusal == {"kind": "file_damaged", "why": "timeout"}


def test_a_child_that_answers_nonsense_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_START", "print('hello')")
    found = child.check_in_child(sheet(), "tep.xlsx", MARKS, KNOWN)
    assert found.refusal == {"kind": "file_damaged", "why": "stopped"}


@pytest.mark.skipif(sys.platform == "win32", reason="no count of the child's processor time there")
def test_the_child_starts_in_an_instant() -> None:
    import resource

    data = cells(("Toán", [HEAD, *(line(n, *FULL) for n in range(1, 6))]))
    times = []
    for _ in range(5):
        begun = resource.getrusage(resource.RUSAGE_CHILDREN)
        child.check_in_child(data, "tep.xlsx", ImportAs("gradebook", "", "", "6A", 1, "TOAN"), KNOWN)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime)
    assert min(times) < 0.3
