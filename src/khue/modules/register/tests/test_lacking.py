"""What the book lacks of each pupil: found by the database, shown a page at a time."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import SYSTEM, World, make_class, make_pupils

from khue.kit import outbox
from khue.modules.gradebook.tests.browsers import Browsers
from khue.modules.people import api as people
from khue.modules.people.data import NewIdentifier, PersonChange
from khue.modules.register import pages
from khue.modules.register.models import RegisterEntry
from khue.modules.register.services import papers
from khue.modules.register.tests.test_pages import url

pytestmark = pytest.mark.django_db


def test_what_is_missing_is_listed(world: World, entries: list[RegisterEntry], browsers: Browsers) -> None:
    page = browsers.thu.get(url("lacking", world.school)).content.decode()
    assert "nơi sinh" in page
    assert "số định danh cá nhân" in page
    person = entries[0].person_id
    assert person is not None
    codes = [(person, NewIdentifier("personal", "020214000001"))]
    people.add_identifiers(SYSTEM, school_id=world.school.pk, identifiers=codes)
    found = pages.lacking_of(world.thu, entries)
    assert "số định danh cá nhân" not in found[0].items
    assert "số định danh cá nhân" in found[1].items


def test_what_is_missing_is_asked_of_a_page_at_a_time(
    world: World, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    pupils = make_pupils(world.school, tuple(f"Học Sinh {n}" for n in range(60)), 2096000000)
    make_class(world.school, world.year, "6C", 6, pupils[:55])
    outbox.deliver()
    address, clerk = url("lacking", world.school), browsers.thu
    clerk.get(address)
    queries = []
    for size in (5, 50):
        monkeypatch.setattr(pages, "A_PAGE", size)
        with CaptureQueriesContext(connection) as asked:
            page = clerk.get(address).content.decode()
        assert page.count('<th scope="row">') == size
        queries.append(len(asked))
    assert 0 < queries[0] == queries[1] <= 20
    assert "70 trong 70 học sinh" in page
    page = clerk.get(address, {"lop": "6C", "trang": "2"}).content.decode()
    assert "55 trong 55 học sinh" in page
    assert page.count('<th scope="row">') == 5
    assert clerk.get(address, {"lop": "6C", "trang": "3"}).status_code == 302


def said(entry: RegisterEntry, **facts: object) -> None:
    """The book says everything of a pupil, but for these facts."""
    whole = {name: "x" for name, _ in pages.WANTED} | {"family": [{"relation": "father", "name": "Lý A"}]}
    RegisterEntry.objects.filter(pk=entry.pk).update(now=entry.now | whole | facts)


def test_who_lacks_nothing_is_not_listed_and_who_lacks_one_thing_is(
    world: World, entries: list[RegisterEntry]
) -> None:
    for number, entry in enumerate(entries):
        assert entry.person_id is not None
        codes = [(entry.person_id, NewIdentifier("personal", f"02021400000{number}"))]
        people.add_identifiers(SYSTEM, school_id=world.school.pk, identifiers=codes)
    change = PersonChange(entries[1].person_id, pupil={"status": "Nghỉ học tạm thời"})
    people.change_person(world.thu, person_id=entries[1].person_id, changes=change)
    outbox.deliver()

    def lacking() -> set[object]:
        found = pages.lacking_rows(world.thu, world.school)[1]
        return set(found.filter(class_name="6A").values_list("pk", flat=True))

    for entry in entries:
        said(entry)
    assert lacking() == {entries[1].pk}  # the paper of her suspension
    for name, nothing in (("family", []), ("birth_place", ""), ("code", None)):
        said(entries[0], **{name: nothing})
        assert lacking() == {entries[0].pk, entries[1].pk}, name
    said(entries[0])
    RegisterEntry.objects.filter(pk=entries[0].pk).update(now={"full_name": "Lý Tiến Bình"})
    assert lacking() == {entries[0].pk, entries[1].pk}
    said(entries[0])
    people.PersonIdentifier.objects.filter(person=entries[2].person_id, scheme="personal").delete()
    assert lacking() == {entries[1].pk, entries[2].pk}
    papers.add_paper(world.thu, entry_id=entries[1].pk, sequence=3, decision="5/QĐ", decision_on=None)
    assert lacking() == {entries[2].pk}
