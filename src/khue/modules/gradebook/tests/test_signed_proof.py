"""A signed gradebook against whoever holds the database: marks, results, acts, histories made anew."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cast import World, write
from tests.signers import Signers
from tests.tampering import forge, remove

from khue.modules.gradebook import history
from khue.modules.gradebook.attestation import ClosingStatement, attest
from khue.modules.gradebook.models import Cell, CellChange, ClosingAct, FrozenResult, Sheet
from khue.modules.gradebook.services.closing import digest_of_sheet
from khue.modules.gradebook.signed import acts
from khue.modules.gradebook.tests.acts import fill_term
from khue.modules.records.models import Document, DocumentSignature, Examination
from khue.modules.records.services import evidence
from khue.project import doctor, verify, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(world: World, signers: Signers) -> Document:
    """Class 6A, signed by everybody, in the log; nothing is wrong."""
    fill_term(world)
    write(world.hoa, world.sheet("6A", "TOAN"), world.pupils["6A"][0], "ck", "5")
    document = signers.sign_class()
    evidence.publish(world.minh.now)
    assert list(verify.examine()) == []
    return document


def toan(world: World) -> ClosingAct:
    """Cô Hoa's act over Toán."""
    return ClosingAct.objects.get(sheet=world.sheet("6A", "TOAN"))


def told(world: World) -> list[str]:
    """What the proof says; the doctor says the first of it, and the night keeps it."""
    found = list(verify.examine())
    shown = [one.text for one in doctor._signed(world.minh.now) if not one.good]
    assert any(text.startswith(f"{len(found)} sai lệch") and found[0] in text for text in shown)
    assert work.prove(world.minh.now) == 1
    kept = Examination.objects.get()
    assert (kept.faults, kept.first) == (len(found), found[0])
    return found


def better(world: World) -> None:
    """Somebody makes a five a nine."""
    cells = Cell.objects.filter(sheet=world.sheet("6A", "TOAN"), pupil=world.pupils["6A"][0], slot="ck")
    assert cells.update(value="9.0") == 1


def test_a_mark_changed_after_it_was_signed(world: World, book: Document) -> None:
    better(world)
    (only,) = told(world)
    assert only.startswith("Trường THCS Khe Vàng, lớp 6A, Toán, học kì I: sai lệch ở thay đổi thứ ")
    assert "ô điểm khác lần thay đổi cuối của nó" in only


def test_a_kept_result_changed(world: World, book: Document) -> None:
    row = FrozenResult.objects.order_by("id")[0]
    forge(row, content=row.content | {"level": "T"})
    (only,) = told(world)
    assert only == f"Lớp 6A: một kết quả đã lưu khi khoá bị sửa. [{row.id}]"


@pytest.mark.parametrize(
    ("column", "value"),
    [("person_name", "Người khác"), ("content_digest", "0" * 64), ("term", 2), ("step", "principal")],
)
def test_an_act_changed(world: World, book: Document, column: str, value: Any) -> None:
    act = toan(world)
    forge(act, **{column: value})
    assert told(world)[0] == f"Lớp 6A: một lần chốt bị sửa sau khi chứng nhận. [{act.id}]"


def test_an_act_of_another_signature(world: World, book: Document) -> None:
    """The proof points at a signature that exists, of another sheet or another person, or at none."""
    act = toan(world)
    others = (
        DocumentSignature.objects.filter(person=world.hoa.person_id).exclude(section_id__contains="toan")[0],
        DocumentSignature.objects.get(role="principal"),
    )
    own = act.attestation["proof"]
    proofs = [own | {"signature": str(row.id), "sha256": row.digest} for row in others]
    proofs += [own | {"sha256": "0" * 64}, own | {"signature": "khong"}, own | {"kind": "khac"}, {}]
    for proof in proofs:
        forge(act, attestation=act.attestation | {"proof": proof})
        found = list(verify.examine())
        assert found[0] == f"Lớp 6A: một lần chốt có chứng nhận không khớp. [{act.id}]", proof


def test_an_act_taken_out_of_the_signature(world: World, book: Document) -> None:
    """A forger cannot sign, so he attests by a digest, as where a school does not sign."""
    act = toan(world)
    statement = ClosingStatement(**(act.attestation["statement"] | {"person_name": "Người khác"}))
    signature = act.attestation["proof"]["signature"]
    forge(act, person_name="Người khác", attestation=attest(statement))
    assert told(world) == [f"Lớp 6A: một chữ ký không còn lần chốt của nó. [{signature}]"]


def test_an_act_removed(world: World, book: Document) -> None:
    act = toan(world)
    remove(act)
    assert told(world) == [
        f"Lớp 6A: một chữ ký không còn lần chốt của nó. [{act.attestation['proof']['signature']}]"
    ]


def test_a_history_made_anew_after_it_was_signed(world: World, book: Document) -> None:
    """The last mark, its digest, the head, the cell and the act agree; the signed text does not."""
    sheet, act = world.sheet("6A", "TOAN"), toan(world)
    last = CellChange.objects.get(sheet=sheet, sequence=sheet.history_length)
    before = CellChange.objects.get(sheet=sheet, sequence=sheet.history_length - 1)
    last.value = "9.0"
    digest = history.link(before.digest, last)
    forge(CellChange.objects.get(pk=last.pk), value="9.0", digest=digest)
    Sheet.objects.filter(pk=sheet.pk).update(history_head=digest)
    Cell.objects.filter(sheet=sheet, pupil=last.pupil, slot="ck").update(value="9.0")
    assert list(verify.examine()) == [f"Lớp 6A: một lần chốt không khớp với lịch sử điểm lúc đó. [{act.id}]"]
    content = digest_of_sheet(Sheet.objects.get(pk=sheet.pk))
    statement = act.attestation["statement"] | {"content_digest": content, "history_head": digest}
    kept = json.loads(json.dumps(act.attestation | {"statement": statement}))
    forge(act, content_digest=content, attestation=kept)
    assert list(verify.examine()) == [f"Lớp 6A: một lần chốt có chứng nhận không khớp. [{act.id}]"]


def test_a_version_made_behind_the_back(world: World, book: Document, signers: Signers) -> None:
    """Somebody sets the newest record back to take other signatures: its life says what it was."""
    forge(book, state="partial", digest="", issued_at=None)
    assert told(world)[0] == f"Hồ sơ {book.code} bản 1: tình trạng không khớp với tệp: partial"
    (left,) = signers.check(world.minh, acts.SEAL, world.classes["6A"].id, part=1).left_out
    assert left.refusal.code == "GRADE-021"


def test_two_faults_are_both_told_the_history_first(world: World, book: Document, capsys: Any) -> None:
    better(world)
    forge(book.file, content=b"khac")
    assert verify.main([]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "Trường THCS Khe Vàng, lớp 6A, Toán, học kì I", f"Hồ sơ {book.code} bản 1",
        f"{Sheet.objects.count()} bảng điểm, 1 hồ sơ đã ký",
    ]  # fmt: skip
