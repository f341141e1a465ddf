"""The life of a document: cancelled or recalled by whom, with what reason, in which state; never deleted."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from tests.cast import World, make_actor, make_staff
from tests.signers import Signers
from tests.unchanged import refused

from khue.core.actor import Role
from khue.core.errors import Invalid, NotAllowed, NotFound, Refused
from khue.core.ids import uuid7
from khue.kit.models import AuditEvent, OutboxEvent
from khue.modules.records import codes, proof, queries, verification
from khue.modules.records.content import file_of
from khue.modules.records.models import (
    Document,
    DocumentEvent,
    DocumentFile,
    DocumentSection,
    DocumentSignature,
    DocumentState,
    LogEntry,
    SignatureStamp,
)
from khue.modules.records.services import documents, evidence
from khue.modules.records.tests.acts import PAGE, complete, document_of, issued, pages, spec_of

pytestmark = pytest.mark.django_db
WHY, BY = "Ký nhầm hồ sơ của lớp khác.", "Số 21/QĐ-THCS, 16/12/2025"


def partial(signers: Signers) -> Document:
    signers.sign(signers.world.lan, PAGE, *pages(1))
    return document_of(pages()[0])


def prepared(signers: Signers) -> Document:
    signers.check(signers.world.lan, PAGE, *pages(1))
    return document_of(pages()[0])


MADE: dict[str, Any] = {
    "prepared": prepared, "partial": partial, "complete": lambda signers: complete(signers)[0],
    "issued": lambda signers: issued(signers)[0],
}  # fmt: skip


@pytest.mark.parametrize("state", MADE)
def test_what_is_not_wanted_any_more_is_given_up(world: World, signers: Signers, state: str) -> None:
    document: Document = MADE[state](signers)
    assert document.state == state
    content = file_of(document)
    documents.cancel(world.minh, document_id=document.id, reason=f"  {WHY} ", authority=f" {BY}")
    document.refresh_from_db()
    ended = "recalled" if state == "issued" else "cancelled"
    assert document.state == ended
    last = DocumentEvent.objects.order_by("id").last()
    assert last is not None
    assert (last.state, last.reason, last.authority, last.person) == (ended, WHY, BY, world.minh.person_id)
    assert (last.person_name, last.at) == ("Hoàng Văn Minh", world.minh.now)
    event = AuditEvent.objects.get(action=f"records.document.{ended}")
    assert event.reason == WHY
    told = OutboxEvent.objects.get(name="DocumentEnded")
    assert (told.payload["state"], told.payload["authority"]) == (ended, BY)
    assert file_of(document) == content  # nothing of it is gone
    assert list(proof.verify_documents()) == []


def test_the_version_of_a_recalled_record_stays_in_the_log(world: World, signers: Signers) -> None:
    (document,) = issued(signers)
    documents.cancel(world.minh, document_id=document.id, reason=WHY, authority=BY)
    assert evidence.publish(world.minh.now) == 1  # it was issued; when it was shows in the log
    document.refresh_from_db()
    assert verification.known(bytes(document.file.content)) == document
    assert verification.newer(document) is None


@pytest.mark.parametrize(
    ("reason", "authority"), [("", BY), ("sai", BY), ("    ngắn      ", BY), (WHY, ""), (WHY, "   ")]
)
def test_not_without_reason_and_authority(
    world: World, signers: Signers, reason: str, authority: str
) -> None:
    document = partial(signers)
    with refused(Invalid, "REC-021") as refusal:
        documents.cancel(world.minh, document_id=document.id, reason=reason, authority=authority)
    assert refusal.value.params == {"length": 10}


@pytest.mark.parametrize("state", ["superseded", "cancelled", "recalled"])
def test_not_twice(world: World, signers: Signers, state: str) -> None:
    document = partial(signers)
    Document.objects.filter(pk=document.pk).update(state=state)  # however it came to this
    with refused(Refused, "REC-020") as refusal:
        documents.cancel(world.minh, document_id=document.id, reason=WHY, authority=BY)
    assert refusal.value.params == {"state": DocumentState(state).label}


def test_who_may(world: World, signers: Signers) -> None:
    document = partial(signers)
    for actor in (world.lan, world.thu, world.son):  # they see it: she signed, it is their office
        with refused(NotAllowed, "KIT-002"):
            documents.cancel(actor, document_id=document.id, reason=WHY, authority=BY)
    for actor in (world.hoa, world.quang):
        with refused(NotFound, "KIT-001"):
            documents.cancel(actor, document_id=document.id, reason=WHY, authority=BY)
    with refused(NotFound, "KIT-001"):
        documents.cancel(world.minh, document_id=uuid7(), reason=WHY, authority=BY)
    deputy = make_actor(make_staff(world.school, "Lộc Thị Vân"), (Role.VICE_PRINCIPAL, world.school))
    assert documents.cancel(deputy, document_id=document.id, reason=WHY, authority=BY).state == "cancelled"


def test_who_sees(world: World, signers: Signers) -> None:
    partial(signers)
    seen = {
        name: [row.subject for row in queries.visible_documents(getattr(world, name))]
        for name in ("hoa", "lan", "minh", "thu", "son", "quang")
    }
    (key,) = pages()
    assert seen == {"hoa": [], "lan": [key], "minh": [key], "thu": [key], "son": [key], "quang": []}
    for actor in (world.hoa, world.quang):
        with pytest.raises(NotFound):
            queries.load_document(actor, document_of(key).id)


def test_a_list_finds_by_title_code_and_state(world: World, signers: Signers) -> None:
    first, second = issued(signers, 2)
    documents.cancel(world.minh, document_id=second.id, reason=WHY, authority=BY)

    def found(text: str = "", state: str = "") -> set[Any]:
        return {row.id for row in queries.visible_documents(world.lan, text, state)}

    assert found() == {first.id, second.id}  # each once, though several have signed
    assert found(first.code[:9]) == found(str(first.subject)) == {first.id}
    assert found(state="recalled") == {second.id}
    assert found("không có") == set()


def test_slots_say_who_must_and_who_has(world: World, signers: Signers) -> None:
    document = partial(signers)
    told = [(slot.role, slot.name, slot.signed_by, slot.ready) for slot in queries.slots_of(document)]
    assert told == [
        ("homeroom", "Lý Thị Lan", "Lý Thị Lan", False), ("principal", "", "", True),
        ("school", "", "", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "model", [DocumentSection, DocumentSignature, DocumentFile, DocumentEvent, SignatureStamp, LogEntry]
)
def test_the_database_refuses_to_edit_what_was_signed(world: World, signers: Signers, model: Any) -> None:
    issued(signers)
    evidence.publish(world.minh.now)
    rows = model._default_manager.order_by("pk")
    before = [str(row) for row in rows.values_list()]
    assert before
    field = next(one.attname for one in model._meta.concrete_fields if not one.primary_key)
    for act in (lambda: rows.update(**{field: None}), lambda: rows._raw_delete("default")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()
    assert [str(row) for row in rows.values_list()] == before


def test_only_one_version_is_in_work(world: World, signers: Signers) -> None:
    document = partial(signers)
    with pytest.raises(DatabaseError), transaction.atomic():
        documents._new_version(world.minh, spec_of(document.subject), document)
    assert Document.objects.count() == 1


def test_codes_are_read_however_they_are_typed() -> None:
    code = codes.new_code()
    body = code.replace("-", "")
    assert (len(body), codes.check_of(body[:-1])) == (16, body[-1])
    assert codes.read(f" {code.lower()} ") == body
    assert codes.read("o0-iIlL") == "001111"
    assert len({codes.new_code() for _ in range(200)}) == 200
    assert {len(codes.new_print_code()) for _ in range(50)} == {8}
