"""What a line of the book says of a pupil who left and came back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from tests.cast import NOW, SYSTEM, World

from khue.core.ids import short
from khue.kit import outbox
from khue.modules.gradebook.tests.browsers import Browsers
from khue.modules.people import api as people
from khue.modules.people.data import PersonChange
from khue.modules.register import api as register
from khue.modules.register.lines import lines_of
from khue.modules.register.models import RegisterEntry
from khue.modules.schooling import api as schooling

pytestmark = pytest.mark.django_db
DAY = NOW.date()


def days_ago(count: int) -> dt.date:
    return DAY - dt.timedelta(days=count)


def test_every_coming_and_every_leaving_is_told_in_order(
    world: World, entries: list[RegisterEntry], browsers: Browsers
) -> None:
    entry = entries[0]
    happened = (
        ("transferred_out", 6, "3/GT", {"to_school": "Trường THCS Bản Lầu"}),
        ("transferred_in", 4, "8/QĐ", {"from_school": "Trường THCS Bản Lầu"}),
        ("suspended", 3, "9/QĐ", {"reason": "Chữa bệnh"}),
        ("returned", 1, "11/QĐ", {}),
        ("dropped_out", 0, "12/BB", {}),
    )
    for kind, ago, decision, data in happened:
        register.record_event(
            world.thu, entry_id=entry.id, kind=kind, on=days_ago(ago), decision=decision, data=data
        )
    entry.refresh_from_db()
    line = lines_of([entry])[0]
    assert line.entered == [
        f"{entry.entered_on:%d/%m/%Y}, lớp 6",
        f"{days_ago(4):%d/%m/%Y}: Chuyển đến, từ Trường THCS Bản Lầu, 8/QĐ",
        f"{days_ago(1):%d/%m/%Y}: Học lại, tiếp nhận trở lại, 11/QĐ",
    ]  # fmt: skip
    assert line.left == [
        f"{days_ago(6):%d/%m/%Y}: Chuyển đi, đến Trường THCS Bản Lầu, 3/GT",
        f"{days_ago(3):%d/%m/%Y}: Bảo lưu, nghỉ dài, Chữa bệnh, 9/QĐ",
        f"{DAY:%d/%m/%Y}: Thôi học, 12/BB",
    ]  # fmt: skip
    page = browsers.thu.get(reverse("register:entry", args=[short(entry.id)])).content.decode()
    for text in (*line.entered, *line.left):
        assert f"<dd>{text}</dd>" in page


def test_a_leaving_that_was_taken_back_is_not_told_as_one(world: World, entries: list[RegisterEntry]) -> None:
    person, key = entries[0].person_id, world.classes["6A"].id
    assert person is not None
    schooling.leave_class(world.thu, school_class_id=key, pupil_id=person, on=DAY, status="Thôi học")
    outbox.deliver()
    entries[0].refresh_from_db()
    assert len(lines_of(entries[:1])[0].left) == 1
    schooling.restore_stays(SYSTEM, school_class_id=key, stays={person: (None, "Đang học")})
    change = PersonChange(person, pupil={"status": "Đang học"})
    people.change_person(SYSTEM, person_id=person, changes=change)
    outbox.deliver()
    entries[0].refresh_from_db()
    assert lines_of(entries[:1])[0].left == []
