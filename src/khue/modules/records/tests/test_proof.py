"""The proof names what was changed behind everybody's back: parts, signatures, files, states, the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.cast import World
from tests.signers import Signers
from tests.tampering import forge, remove

from khue.modules.records import proof, verification
from khue.modules.records.acts import text_digest
from khue.modules.records.content import digest_of
from khue.modules.records.data import RecordFault
from khue.modules.records.models import (
    Document,
    DocumentEvent,
    DocumentFile,
    DocumentSection,
    DocumentSignature,
    DocumentState,
    Examination,
    LogEntry,
    SignatureStamp,
    SigningItem,
)
from khue.modules.records.services import evidence
from khue.modules.records.tests.acts import PAGE, document_of, issued, pages
from khue.project import doctor, verify, work
from khue.signing.report import Verdict

pytestmark = pytest.mark.django_db


@pytest.fixture
def victim(world: World, signers: Signers) -> Document:
    """The second of three issued records, all in the log; a fourth is just being signed."""
    issued(signers, 3)
    evidence.publish(world.minh.now)
    signers.sign(world.lan, PAGE, pages(4)[3])
    assert list(proof.verify_documents()) == []
    return Document.objects.order_by("made_at", "id")[1]


def first() -> RecordFault:
    """The first fault, if there is one."""
    return next(iter(proof.verify_documents()))


def named(document: Document) -> str:
    return f"{document.code} bản {document.version}"


def part(document: Document) -> DocumentSection:
    return DocumentSection.objects.get(document=document)


def seal(document: Document) -> DocumentSignature:
    return DocumentSignature.objects.get(document=document, role="school")


def other_text(document: Document) -> str:
    return part(document).text.replace("Nội dung", "Nội dụng")


def all_of_the_file(document: Document, content: bytes) -> None:
    """A forger who knows every table: the part, the file, and the digests of both."""
    text = other_text(document)
    forge(part(document), text=text, digest=text_digest(text))
    forge(document.file, content=content, digest=digest_of(content), size=len(content))
    forge(document, digest=digest_of(content))


def erase_signature(document: Document) -> None:
    """The principal's, with what refers to it."""
    row = DocumentSignature.objects.get(document=document, role="principal")
    SigningItem.objects.filter(signature=row).update(signature=None)
    remove(row)


Tamper = Callable[[Document], Any]
CHANGES: dict[str, tuple[str, Tamper]] = {
    "a part": ("section", lambda d: forge(part(d), text=other_text(d))),
    "a part and its digest": (
        "file", lambda d: forge(part(d), text=other_text(d), digest=text_digest(other_text(d))),
    ),
    "a part beyond reading": (
        "file", lambda d: forge(part(d), text="<kr:Section>", digest=text_digest("<kr:Section>")),
    ),
    "the kind of a part": ("section", lambda d: forge(part(d), kind="letter")),
    "a part removed": ("file", lambda d: remove(part(d))),
    "a signature": (
        "signature", lambda d: forge(seal(d), text=seal(d).text.replace("SignatureValue", "SignatureVaIue")),
    ),
    "a signature beyond reading": ("section", lambda d: forge(seal(d), text="", digest=text_digest(""))),
    "a signature removed": ("file", erase_signature),
    "a time-stamp removed": ("file", lambda d: remove(SignatureStamp.objects.get(signature=seal(d)))),
    "the head": ("file", lambda d: forge(d, head=d.head.replace("Trang", "Trạng"))),
    "the kind": ("section", lambda d: forge(d, kind="letter")),
    "the file": ("file", lambda d: forge(d.file, content=bytes(d.file.content).replace(b"N", b"M", 1))),
    "the size": ("file", lambda d: forge(d.file, size=7)),
    "the digest of the file": ("file", lambda d: forge(d.file, digest="0" * 64)),
    "the digest": ("file", lambda d: forge(d, digest="0" * 64)),
    "the file removed": ("state", lambda d: remove(d.file)),
    "the state to cancelled": ("state", lambda d: forge(d, state=DocumentState.CANCELLED)),
    "the state to recalled": ("state", lambda d: forge(d, state=DocumentState.RECALLED)),
    "the state to superseded": ("state", lambda d: forge(d, state=DocumentState.SUPERSEDED)),
    "the state to partial": ("state", lambda d: forge(d, state=DocumentState.PARTIAL)),
    "a step of its life removed": (
        "state", lambda d: remove(DocumentEvent.objects.get(document=d, state=DocumentState.ISSUED)),
    ),
    "its line of the log": ("log", lambda d: forge(d.log_entry, leaf="0" * 64)),
    "its line of the log beyond reading": ("log", lambda d: forge(d.log_entry, leaf="xin chào")),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_named(victim: Document, change: str) -> None:
    kind, tamper = CHANGES[change]
    tamper(victim)
    found = first()
    assert (found.kind, found.document) == (kind, named(victim))
    assert verify.FAULTS[kind] in verify._of_document(found)
    suspected = {fault.document for fault in proof.verify_documents() if " bản " in fault.document}
    assert suspected == {named(victim)}


@pytest.mark.parametrize("state", ["complete", "issued", "cancelled", "prepared"])
def test_the_state_of_what_is_being_signed(victim: Document, state: str) -> None:
    document = document_of(pages(4)[3])
    forge(document, state=state)
    assert first() == RecordFault("state", named(document), state)


def test_a_signature_over_what_is_being_signed(victim: Document) -> None:
    document = document_of(pages(4)[3])
    text = other_text(document)
    forge(part(document), text=text, digest=text_digest(text))
    found = first()
    assert (found.kind, found.document) == ("signature", named(document))


def test_a_forger_who_changes_everything_but_cannot_sign(victim: Document) -> None:
    """Part, file and digests agree; no key has signed them, and the log has another leaf."""
    content = bytes(victim.file.content).replace("Nội dung".encode(), "Nội dụng".encode())
    all_of_the_file(victim, content)
    found = [fault for fault in proof.verify_documents() if fault.document == named(victim)]
    assert [fault.kind for fault in found] == ["signature", "log"]
    assert verification.check(content)[0].verdict is Verdict.INVALID


def test_a_line_of_the_log_removed(victim: Document) -> None:
    remove(victim.log_entry)
    assert (first().kind, first().document) == ("log", "1")
    assert evidence.publish(victim.made_at) == 1  # it is issued and not noted: a fault that stays visible
    assert (first().kind, first().document) == ("log", "1")


def test_lines_of_the_log_exchanged(victim: Document) -> None:
    one, other = victim.log_entry, LogEntry.objects.get(index=2)
    forge(one, leaf=other.leaf)
    forge(other, leaf=one.leaf)
    assert {(fault.kind, fault.document) for fault in proof.verify_documents()} >= {("log", named(victim))}


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("tile/entries/000.p/3", "changed"), ("tile/entries/000.p/3", "removed"),
        ("tile/0/000.p/3", "changed"), ("tile/0/000.p/3", "removed"), ("checkpoint", "changed"),
        ("checkpoint", "removed"), ("checkpoints/3", "changed"),
    ],
)  # fmt: skip
def test_a_file_of_the_log(victim: Document, name: str, how: str) -> None:
    place = evidence.log_store().folder / name
    data = place.read_bytes()
    if how == "removed":
        place.unlink()
    else:
        place.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
    assert first().kind == "log"
    place.write_bytes(data)
    assert list(proof.verify_documents()) == []


def test_a_log_that_is_gone(victim: Document) -> None:
    evidence.log_store().folder.rename(evidence.log_store().folder.with_name("elsewhere"))
    assert first().kind == "log"


def test_the_command_tells_and_counts(victim: Document, capsys: Any) -> None:
    assert verify.main([]) == 0
    assert "4 hồ sơ đã ký: 0 sai lệch" in capsys.readouterr().out
    forge(part(victim), text=other_text(victim))
    assert verify.main([]) == 1
    told = capsys.readouterr().out
    assert f"Hồ sơ {named(victim)}: một phần đã ký bị sửa trong cơ sở dữ liệu: summary" in told


def test_the_doctor_tells_the_first(world: World, victim: Document) -> None:
    def told() -> dict[str, bool]:
        return {finding.text.split(" ", 1)[1]: finding.good for finding in doctor._signed(world.minh.now)}

    good = "sai lệch giữa lịch sử điểm, hồ sơ đã ký và nhật kí"
    assert told()[good]
    forge(victim, state=DocumentState.RECALLED)
    (text,) = (text for text, fine in told().items() if not fine and text.startswith(good))
    assert text.endswith(f"đầu tiên: Hồ sơ {named(victim)}: tình trạng không khớp với tệp: recalled")


def test_the_night_keeps_what_it_found(world: World, victim: Document) -> None:
    night = world.minh.now.replace(hour=1)
    assert work.prove(night) == 0  # not before the hour
    assert work.prove(night.replace(hour=3)) == 1
    kept = Examination.objects.get()
    assert (kept.documents, kept.log_size, kept.faults, kept.first) == (4, 3, 0, "")
    assert work.prove(night.replace(hour=4)) == 0  # once a night
    forge(DocumentFile.objects.get(document=victim), content=b"khac")
    assert work.prove(night.replace(day=16, hour=3)) == 1
    kept = Examination.objects.order_by("at").last()
    assert (kept.faults, kept.first.startswith(f"Hồ sơ {named(victim)}: tệp đã phát hành khác")) == (1, True)
