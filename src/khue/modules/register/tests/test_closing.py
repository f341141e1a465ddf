"""Closing a year: what a page holds, each refusal, the signed record and what comes after it."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.cast import NOW, SYSTEM, World
from tests.signers import Signers

from khue.core.actor import Actor
from khue.core.dates import VIETNAM
from khue.core.errors import Invalid, NotAllowed, NotFound, Refused
from khue.kit import outbox
from khue.modules.gradebook.tests.acts import seal, seal_term
from khue.modules.people import api as people
from khue.modules.people.data import PersonChange
from khue.modules.records import models as records
from khue.modules.records import proof
from khue.modules.records.content import file_of
from khue.modules.records.renditions import Printed
from khue.modules.records.services import settling
from khue.modules.register import api as register
from khue.modules.register.models import RegisterClosing, RegisterEntry
from khue.modules.register.page import is_finished, load_page
from khue.modules.register.paper.signed import data_of
from khue.modules.register.signed import acts, content, reading
from khue.modules.register.tests.acts import refused
from khue.signing.profile import LARGEST
from khue.signing.report import Verdict

pytestmark = pytest.mark.django_db
SUMMER = dt.datetime(2026, 6, 10, 8, 0, tzinfo=VIETNAM)
WHY = "Kết quả còn nằm ở sổ giấy."


def at(world: World, actor: Actor, now: dt.datetime = SUMMER) -> Actor:
    """The same person in the summer."""
    return world.at(actor, now)


def test_a_year_closes_once_in_its_turn(world: World, entries: list[RegisterEntry]) -> None:
    book, minh = entries[0].book, at(world, world.minh)

    def close(actor: Actor = minh, year: int = 2025, why: str = WHY) -> RegisterClosing:
        return register.close_book(actor, book_id=book.id, year=year, accept_missing=why)

    with refused(Invalid, "REG-024"):
        close(year=2024)
    with refused(Refused, "REG-021"):
        close(world.minh)
    with refused(Refused, "REG-023"):
        close(why="")
    with refused(Refused, "REG-028"):
        close(year=2031)
    with refused(NotAllowed, "KIT-002"):
        close(at(world, world.thu))
    with refused(NotFound, "KIT-001"):
        close(at(world, world.quang))
    first = close()
    assert (first.number, first.entries, first.events) == (1, 5, 10)
    with refused(Refused, "REG-020"):
        close()
    with refused(Refused, "REG-022"):
        close(year=2027)
    later = register.record_event(
        at(world, world.thu), entry_id=entries[0].id, kind="award", on=NOW.date(), decision="9/QĐ"
    )
    page = load_page(book, 2026)
    assert [event.id for events in page.events.values() for event in events] == [later.id]
    assert list(register.verify_register()) == []


def test_with_all_results_nothing_needs_a_reason(world: World, entries: list[RegisterEntry]) -> None:
    for term in (1, 2):
        seal_term(world, term=term)
    seal(world)
    outbox.deliver()
    row = register.close_book(at(world, world.minh), book_id=entries[0].book.id, year=2025)
    assert row.events == 15


def test_where_a_school_signs_a_book_is_closed_by_signing(
    world: World, entries: list[RegisterEntry], settings: object
) -> None:
    settings.KHUE_SIGNING = "required"  # type: ignore[attr-defined]
    with refused(Refused, "REG-025"):
        register.close_book(at(world, world.minh), book_id=entries[0].book.id, year=2025, accept_missing=WHY)
    assert register.close_book(
        world.at(SYSTEM, SUMMER), book_id=entries[0].book.id, year=2025, accept_missing=WHY
    ).events


def test_a_book_of_whom_nobody_is_left_is_finished(world: World, entries: list[RegisterEntry]) -> None:
    book = entries[0].book
    for entry in entries:
        register.record_event(
            world.thu, entry_id=entry.id, kind="transferred_out", on=NOW.date(), decision="3/GT"
        )
    assert not is_finished(book)
    register.close_book(at(world, world.minh), book_id=book.id, year=2025, accept_missing=WHY)
    assert is_finished(book)


def test_the_principal_signs_and_the_school_seals(
    world: World, entries: list[RegisterEntry], signers: Signers
) -> None:
    book, minh = entries[0].book, at(world, world.minh)
    register.change_civil_status(
        world.thu, entry_id=entries[0].id, paper="45/TLCC", paper_on=NOW.date(),
        changes={"full_name": "Lý <Tiến> & Bằng", "religion": "Phật giáo"},
    )  # fmt: skip
    signers.sign(minh, acts.CLOSE, book.id, part=2025, accept_missing=WHY)
    settling.after_signing(minh.now, world.school.pk)
    document = records.Document.objects.get(kind="register-year")
    assert document.state == records.DocumentState.ISSUED
    assert proof.verified(document).verdict is Verdict.VALID
    closing = RegisterClosing.objects.get()
    assert (closing.document, closing.person) == (document.id, world.minh.person_id)
    page = reading.read(file_of(document))
    assert (page.head["book"], page.facts["entries"], page.facts["accepted"]) == (book.code, "5", WHY)
    first = page.entries[0]
    assert first.facts["name"] == "Lý <Tiến> & Bằng"
    change = next(event for event in first.events if event.facts["kind"] == "civil_change")
    assert change.changes == (
        ("full_name", entries[0].name, "Lý <Tiến> & Bằng"), ("religion", "", ""),
    )  # fmt: skip
    assert change.facts["paperNumber"] == "45/TLCC"
    printed = data_of(proof.verified(document), Printed("https://khue.test/h/x", "", "", ""))
    assert (printed["year"], printed["cohort"]) == ("2025-2026", "2025-2026")
    assert not [*register.verify_register(), *proof.verify_documents()]
    checked = signers.check(minh, acts.CLOSE, book.id, part=2025, accept_missing=WHY)
    assert [left.refusal.code for left in checked.left_out] == ["REG-020"]


def test_a_page_too_large_for_a_record_is_signed_in_brief(
    world: World, entries: list[RegisterEntry], signers: Signers, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, minh = entries[0].book, at(world, world.minh)
    assert entries[0].person_id is not None
    change = PersonChange(
        entries[0].person_id, pupil={"current_address": "Thôn Pò Lọi", "home_town": "Na Sầm"}
    )
    people.change_person(world.thu, person_id=entries[0].person_id, changes=change)
    outbox.deliver()
    page = load_page(book, 2025)
    whole, brief = (
        len(content.page_text(page, "K", (minh.name, ""), WHY, brief=brief).encode())
        for brief in (False, True)
    )
    assert brief < whole
    monkeypatch.setattr(content, "LARGEST_PAGE", brief - 1)
    checked = signers.check(minh, acts.CLOSE, book.id, part=2025, accept_missing=WHY)
    assert [left.refusal.code for left in checked.left_out] == ["REG-029"]
    assert not RegisterClosing.objects.exists()
    monkeypatch.setattr(content, "LARGEST_PAGE", whole - 1)
    signers.sign(minh, acts.CLOSE, book.id, part=2025, accept_missing=WHY)
    settling.after_signing(minh.now, world.school.pk)
    document = records.Document.objects.get(kind="register-year", state=records.DocumentState.ISSUED)
    assert proof.verified(document).verdict is Verdict.VALID
    signed = reading.read(file_of(document))
    entries[0].refresh_from_db()
    assert (signed.facts["brief"], signed.entries[0].facts["historyHead"]) == ("yes", entries[0].history_head)
    assert signed.entries[0].facts["name"] == entries[0].name
    assert b"P\xc3\xb2 L\xe1\xbb\x8di" not in file_of(document)
    changes = [one for event in signed.entries[0].events for one in event.changes]
    assert changes == [("current_address", "", ""), ("home_town", "", "Na Sầm")]
    assert data_of(proof.verified(document), Printed("https://khue.test/h/x", "", "", ""))["brief"]


def test_a_record_with_all_its_signatures_stays_within_what_is_read(
    world: World, entries: list[RegisterEntry], signers: Signers
) -> None:
    minh = at(world, world.minh)
    signers.sign(minh, acts.CLOSE, entries[0].book.id, part=2025, accept_missing=WHY)
    settling.after_signing(minh.now, world.school.pk)
    size = len(file_of(records.Document.objects.get(kind="register-year")))
    text = content.page_text(load_page(entries[0].book, 2025), "K", (minh.name, ""))
    assert size - len(text.encode()) < LARGEST - content.LARGEST_PAGE


def test_what_changed_between_looking_and_signing_is_not_signed(
    world: World, entries: list[RegisterEntry], signers: Signers
) -> None:
    book, minh = entries[0].book, at(world, world.minh)
    checked = signers.check(minh, acts.CLOSE, book.id, part=2025, accept_missing=WHY)
    register.record_event(world.thu, entry_id=entries[0].id, kind="award", on=NOW.date(), decision="9/QĐ")
    batch = signers.confirm(minh, checked)
    assert [item.refusal for item in batch.items.all()] == ["REC-010"]
    assert not RegisterClosing.objects.exists()


def test_only_who_may_sign_for_the_school_signs(
    world: World, entries: list[RegisterEntry], signers: Signers
) -> None:
    for actor, code in ((world.thu, "KIT-002"), (world.quang, "KIT-001"), (world.lan, "KIT-002")):
        checked = signers.check(at(world, actor), acts.CLOSE, entries[0].book.id, part=2025)
        assert [left.refusal.code for left in checked.left_out] == [code]


def test_a_closing_that_was_removed_is_found(world: World, entries: list[RegisterEntry]) -> None:
    row = register.close_book(
        at(world, world.minh), book_id=entries[0].book.id, year=2025, accept_missing=WHY
    )
    forged = RegisterClosing(
        **{field.attname: getattr(row, field.attname) for field in row._meta.local_fields} | {
            "id": entries[0].id, "year": 2026, "number": 2,
        }
    )  # fmt: skip
    forged.save(force_insert=True)
    assert [broken.what for broken in register.verify_register()] == ["closing"]
