"""The bank of phrases: one's own, the school's, and that nobody touches another's."""

from __future__ import annotations

import pytest
from tests.cast import World

from khue.core.errors import Invalid, NotFound
from khue.core.ids import short
from khue.kit.models import AuditEvent
from khue.modules.gradebook import queries
from khue.modules.gradebook.models import Phrase
from khue.modules.gradebook.services.phrases import add_phrase, remove_phrase
from khue.modules.gradebook.tests.browsers import Browsers, url

pytestmark = pytest.mark.django_db
TEXT = "Em trình bày bài sạch và rõ."


def bank(world: World, name: str) -> list[str]:
    """What this person is offered in a sheet of 6A."""
    return [row.text for row in queries.phrases(getattr(world, name), world.school.pk, "THCS")]


def test_an_own_phrase_is_offered_to_its_teacher_only(world: World) -> None:
    before = bank(world, "lan")
    phrase = add_phrase(world.hoa, text=f"  {TEXT} ")
    assert (phrase.person_id, phrase.school_id, phrase.text) == (world.hoa.person_id, None, TEXT)
    assert bank(world, "hoa")[-1] == TEXT
    assert bank(world, "lan") == before
    assert add_phrase(world.hoa, text=TEXT) == phrase
    assert AuditEvent.objects.filter(action="gradebook.phrase.added").count() == 1


def test_the_bank_of_the_school_is_offered_to_all_its_teachers(world: World) -> None:
    add_phrase(world.thu, text=TEXT, school_id=world.school.pk)
    assert TEXT in bank(world, "hoa")
    assert TEXT in bank(world, "lan")
    elsewhere = queries.phrases(world.quang, world.elsewhere.pk, "THCS")
    assert TEXT not in [row.text for row in elsewhere]


@pytest.mark.parametrize("text", ["", "Tốt", "x" * 301])
def test_too_short_or_too_long_is_refused(world: World, text: str) -> None:
    count = Phrase.objects.count()
    with pytest.raises(Invalid) as refusal:
        add_phrase(world.hoa, text=text)
    assert refusal.value.code == "GRADE-040"
    assert Phrase.objects.count() == count


def test_nobody_changes_what_is_not_theirs(world: World) -> None:
    own = add_phrase(world.hoa, text=TEXT)
    schools = add_phrase(world.minh, text=TEXT, school_id=world.school.pk)
    shipped = Phrase.objects.create(slot="remark", text="Câu có sẵn cho mọi trường.")
    rows = list(Phrase.objects.order_by("pk").values_list())
    for actor, phrase in (
        (world.lan, own), (world.minh, own), (world.hoa, schools), (world.quang, schools),
        (world.hoa, shipped), (world.minh, shipped),
    ):
        with pytest.raises(NotFound):
            remove_phrase(actor, phrase_id=phrase.id)
    for actor in (world.hoa, world.son, world.quang):
        with pytest.raises(NotFound):
            add_phrase(actor, text="Câu của trường khác.", school_id=world.school.pk)
    with pytest.raises(NotFound):
        add_phrase(world.minh, text="Câu của xã.", school_id=world.department.pk)
    assert list(Phrase.objects.order_by("pk").values_list()) == rows
    remove_phrase(world.hoa, phrase_id=own.id)
    remove_phrase(world.thu, phrase_id=schools.id)
    assert Phrase.objects.count() == len(rows) - 2


def test_the_page(world: World, browsers: Browsers) -> None:
    address = url("phrases")
    page = browsers.hoa.get(address).content.decode()
    assert "Chưa có câu nào." in page
    assert "Dùng cho" not in page
    answer = browsers.hoa.post(address, {"step": "add", "text": TEXT}, follow=True)
    assert "Đã thêm câu nhận xét." in answer.content.decode()
    assert TEXT in answer.content.decode()
    assert TEXT not in browsers.lan.get(address).content.decode()
    answer = browsers.hoa.post(address, {"step": "add", "text": "ok"})
    assert answer.status_code == 422
    assert "Câu nhận xét phải có từ 5 đến 300 kí tự." in answer.content.decode()
    school = short(world.school.pk)
    page = browsers.thu.post(address, {"step": "add", "text": TEXT, "school": school}, follow=True)
    assert "Trường THCS Khe Vàng" in page.content.decode()
    mine = Phrase.objects.get(person=world.hoa.person_id)
    assert browsers.lan.post(address, {"step": "remove", "phrase": short(mine.id)}).status_code == 404
    answer = browsers.hoa.post(address, {"step": "remove", "phrase": short(mine.id)}, follow=True)
    assert TEXT not in answer.content.decode()
    sheet = browsers.hoa.get(url("sheet", world.sheet("6A", "TOAN").id)).content.decode()
    assert address in sheet
