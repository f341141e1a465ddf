"""How far entry has come: on the pages of those who lead, and nowhere for others."""

from __future__ import annotations

import re

import pytest
from tests.cast import World, sign_in, write

from khue.core.names import fold
from khue.modules.gradebook import progress, queries
from khue.modules.gradebook.book import load_book
from khue.modules.gradebook.missing import gaps_of
from khue.modules.gradebook.tests.acts import fill_term
from khue.modules.gradebook.tests.browsers import Browsers, url
from khue.modules.schooling import api as schooling


def _classes(world: World) -> list[schooling.SchoolClass]:
    rows = schooling.SchoolClass.objects.filter(pk__in=[row.pk for row in world.classes.values()])
    return list(rows.select_related("school").order_by("sort_key"))


def test_percents_by_class_and_subject(world: World) -> None:
    """Only a class with every result is full; one mark is more than none."""
    classes, key = _classes(world), world.classes["6A"].pk
    empty = progress.progress_of(classes, 1)
    assert empty is not None
    assert set(empty.classes.values()) == {0}
    fill_term(world)
    full = progress.progress_of(classes, 1)
    assert full is not None
    assert full.classes[key] == 100
    write(world.hoa, world.sheet("6A", "TOAN"), world.pupils["6A"][0], "tx1", "")
    less = progress.progress_of(classes, 1)
    assert less is not None
    assert less.classes[key] == 99
    before, after = ({str(bar["label"]): bar["value"] for bar in one.subjects} for one in (full, less))
    assert {name for name in before if before[name] != after[name]} == {"Toán"}
    assert len(full.schools) == len({row.school_id for row in classes})


def test_nothing_to_enter_and_too_much_to_count_are_no_chart(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    classes = _classes(world)
    assert progress.progress_of([], 1) is None
    monkeypatch.setattr(progress, "LIMIT", len(classes) - 1)
    assert progress.progress_of(classes, 1) is None


def test_the_principal_sees_progress_and_a_subject_teacher_does_not(world: World, browsers: Browsers) -> None:
    address = url("home") + "?nam=2025-2026&ky=1"
    page = browsers.minh.get(address).content.decode()
    assert "Tiến độ nhập điểm" in page
    assert re.search(r'role="img" aria-label="Theo môn: [^"]*Toán: 0 %', page)
    assert "Tiến độ nhập điểm" not in browsers.hoa.get(address).content.decode()


def test_the_department_reads_classes_page_by_page(
    world: World, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A province has thousands of classes; a part of the school's name finds the few that are wanted."""
    monkeypatch.setattr(queries, "A_PAGE", 2)
    every = [line.school_class.name for line in queries.class_lines(world.son, world.year, 1)]
    assert len(every) > 2
    shown, number = [], 1
    while number:
        page = browsers.son.get(f"{url('home')}?nam=2025-2026&ky=1&trang={number}").content.decode()
        found = re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', page)
        assert 0 < len(found) <= 2
        shown += found
        assert ("Trang trước" in page) is (number > 1)
        assert "Tiến độ nhập điểm" not in page
        number = number + 1 if "Trang sau" in page else 0
    assert shown == every


def test_classes_are_found_by_their_school_without_accents(world: World, browsers: Browsers) -> None:
    school = world.classes["6A"].school
    address = f"{url('home')}?nam=2025-2026&ky=1&tim="
    found = browsers.son.get(address + fold(school.name)[-8:]).content.decode()
    assert ">6A</a>" in found
    other = browsers.son.get(address + "khong co").content.decode()
    assert "Không có lớp nào ở trường có tên «khong co»" in other
    for wrong in ("0", "-1", "x", "99", "9" * 30):
        page = browsers.son.get(f"{url('home')}?nam=2025-2026&ky=1&trang={wrong}").content.decode()
        assert ">6A</a>" in page


def test_a_sheet_lists_its_gaps_column_by_column(world: World, browsers: Browsers) -> None:
    """A whole empty column is one line with its pupils, not thirty lines."""
    sheet = world.sheet("6A", "TOAN")
    write(world.hoa, sheet, world.pupils["6A"][0], "tx1", "7")
    gaps = gaps_of(load_book(world.classes["6A"].pk), sheet, world.hoa.today)
    columns = gaps.by_column
    assert sum(len(column.names) for column in columns) == len(gaps.gaps)
    assert len({(column.slot.code, column.pending) for column in columns}) == len(columns)
    page = sign_in(world.hoa).get(url("close_sheet", sheet.id)).content.decode()
    assert page.count('<tr><th scope="row">') == len(columns)
    size, others = len(world.pupils["6A"]), ", ".join(f"TX{number}" for number in (2, 3, 4))
    assert f"{others}, ĐĐGgk, ĐĐGck của {size} học sinh" in gaps.in_words()
    assert gaps.in_words(limit=1).endswith(" và 5 cột khác")
