"""Forms on paper: the same bytes, PDF/A, letters of no font, and tables that fit their pages."""

from __future__ import annotations

import datetime as dt
import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import typst

from khue.kit import paper
from khue.kit.paper.ruled import Cell, Column, ruled
from khue.kit.paper.widths import width

AT = dt.datetime(2027, 5, 28, 9, 30, tzinfo=dt.UTC)
COLUMNS = [Column("TT", 7), Column("Họ và tên", 44, left=True), Column("Giáo dục thể chất", 12, turned=True)]
TEMPLATE = """
#import "/kit/paper/ruled.typ": ruled
#let paper(d) = [
#set page(paper: "a4", margin: 14mm)
#set text(font: ("Khue Serif", "Liberation Serif"), top-edge: "ascender", bottom-edge: "descender")
#d.title
#if "table" in d { set text(size: 8pt); ruled(d.table, 255mm, 269mm) }
]
"""


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A form of its own, in a package of its own with the fonts and parts of ours."""
    (tmp_path / "kit").symlink_to(Path(paper.__file__).parents[1])
    (tmp_path / "form.typ").write_text(TEMPLATE)
    monkeypatch.setattr(paper, "ROOT", tmp_path)
    monkeypatch.setattr(paper, "_kept", type(paper._kept)())
    return tmp_path / "form.typ"


def streams(pdf: bytes) -> bytes:
    """All that a PDF says, with what it compressed."""
    said = pdf
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            said += zlib.decompress(stream)
        except zlib.error:
            continue
    return said


def fonts(pdf: bytes) -> set[bytes]:
    return {font.split(b"+")[-1] for font in re.findall(rb"/BaseFont\s*/([\w+-]+)", streams(pdf))}


def render(template: Path, archival: dt.datetime | None = None, **data: Any) -> bytes:
    return paper.render(template, data, title=data["title"], archival=archival)


def table(count: int, name: str = "Nguyễn Thị Ánh") -> dict[str, Any]:
    return ruled(COLUMNS, [[str(n), name, "9,5"] for n in range(1, count + 1)], size=8)


def test_the_same_data_give_the_same_bytes_in_every_thread(template: Path) -> None:
    every = [{"title": f"Bản {number}", "table": table(number)} for number in range(1, 9)]
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda data: render(template, **data), every))
    assert len(set(made)) == len(every)
    assert made == [render(template, **data) for data in every]


@pytest.mark.parametrize("archival", [None, AT])
def test_what_is_archival_says_so_and_when_it_was_made(template: Path, archival: dt.datetime | None) -> None:
    pdf = render(template, title="Học bạ", table=table(3), archival=archival)
    assert pdf == render(template, title="Học bạ", table=table(3), archival=archival)
    said = streams(pdf)
    marks = (b"<pdfaid:part>2</pdfaid:part>", b"<pdfaid:conformance>B</pdfaid:conformance>", b"/GTS_PDFA1")
    assert [mark in said for mark in marks] == [archival is not None] * 3
    assert (b"20270528093000" in said) == (archival is not None)
    assert fonts(pdf) == {b"KhueSerif", b"KhueSerif-Bold"}


@pytest.mark.parametrize("text", ['"', "\\", '\\")) #panic("no"', "#panic()", "a\nb", "$x$ */ // `", "{}[]"])
def test_no_text_is_taken_for_a_command(template: Path, text: str) -> None:
    made = render(template, title=text)
    assert made.startswith(b"%PDF-")
    title = text.encode("utf-16-be").hex().upper().encode()
    assert b"<FEFF" + title + b">" in made or b"/Title(" in made


def test_letters_that_are_rare_come_from_the_full_font(template: Path) -> None:
    assert fonts(render(template, title="Ầy")) == {b"KhueSerif"}
    assert fonts(render(template, title="Ầy Ж", archival=AT)) == {b"KhueSerif", b"LiberationSerif"}
    with pytest.raises(typst.TypstError):
        render(template, title="中", archival=AT)


@pytest.mark.parametrize("text", ["Nguyễn Thị Hương Giang", "AVAVAV", "WMwm", "0,5", "ỰỪẦ ương", "č ñ ơ̆"])
def test_no_line_is_wider_than_was_reckoned(text: str) -> None:
    line = f'text(font: "Khue Serif", size: 10pt, "{text}")'
    measured = typst.query(
        f"#context [#metadata(measure({line}).width.mm())<w>]".encode(), "<w>",
        field="value", one=True, font_paths=[str(paper.FONTS)], ignore_system_fonts=True,
    )  # fmt: skip
    assert float(measured) <= width(text, 10) <= float(measured) * 1.3


@pytest.mark.parametrize("count", [0, 1, 61, 62, 126, 127])
def test_a_table_goes_on_on_the_next_page_with_its_heads(template: Path, count: int) -> None:
    made = render(template, title="Bảng", table=table(count))
    pages = int(re.search(rb"/Count (\d+)", made)[1])
    assert pages == (1 if count <= 61 else 2 if count <= 61 + 65 else 3)


def test_what_does_not_fit_is_measured_and_what_fits_is_not() -> None:
    long = "Nguyễn Thị Hoàng Hương Giang Thuỷ Tiên"
    rows = [["1", "Lý An", "9,5"], ["2", long, "9,5"], ["3", Cell("Vi Hà", note="rời lớp"), "Được lên lớp"]]
    assert [row["tall"] for row in ruled(COLUMNS, rows, size=8)["rows"]] == [[], [1], [1, 2]]


def test_a_row_higher_than_a_page_does_not_stop_the_table(template: Path) -> None:
    made = render(template, title="Bảng", table=table(3, "Rất dài " * 600))
    assert int(re.search(rb"/Count (\d+)", made)[1]) >= 3
