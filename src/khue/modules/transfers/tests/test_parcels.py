"""A parcel is signed, packed, read back, verified; a pupil from elsewhere is made from it."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.cast import NOW, SYSTEM

from khue.core.errors import Invalid, KhueError, NotFound, Refused
from khue.kit import outbox
from khue.modules.codes import api as codes
from khue.modules.gradebook import api as gradebook
from khue.modules.people import api as people
from khue.modules.people.data import PersonChange
from khue.modules.records import api as records
from khue.modules.records.services import settling
from khue.modules.register import api as register
from khue.modules.schooling import api as schooling
from khue.modules.transfers import api as transfers
from khue.modules.transfers import content, packing
from khue.modules.transfers.data import Elsewhere, Step
from khue.modules.transfers.models import ReceivedParcel, Transfer
from khue.modules.transfers.queries import parcel_file
from khue.modules.transfers.tests.parcels import PARCEL, PUPIL, packed

if TYPE_CHECKING:
    from tests.signers import Signers

    from khue.modules.transfers.tests.conftest import Move

pytestmark = pytest.mark.django_db


def receive(move: Move, file: bytes, **more: Any) -> Transfer:
    return transfers.receive(move.clerk, school_id=move.world.elsewhere.pk, file=file, **more)


def refused(move: Move, file: bytes, code: str, kind: type[KhueError] = Refused) -> KhueError:
    with pytest.raises(kind) as refusal:
        receive(move, file)
    assert refusal.value.code == code
    assert not Transfer.objects.exists()
    assert not ReceivedParcel.objects.exists()
    return refusal.value


def test_the_principal_signs_the_school_seals_and_the_file_says_everything(
    move: Move, signers: Signers
) -> None:
    world = move.world
    transfer = transfers.request_leaving(
        world.thu, person_id=move.pupil, reason="Gia đình chuyển nơi ở",
        elsewhere=Elsewhere("Trường THCS Chợ Chu", "19000001"),
    )  # fmt: skip
    signers.sign(world.minh, transfers.RELEASE, transfer.id)
    transfer.refresh_from_db()
    assert transfer.state == "released"
    with pytest.raises(Refused) as early:
        transfers.hand_over(world.thu, transfer_id=transfer.id, received_by="bố")
    assert early.value.code == "XFER-012"
    settling.after_signing(world.minh.now, world.school.pk)
    file = parcel_file(world.thu, transfer.id, "https://khue.test")
    assert parcel_file(world.thu, transfer.id, "https://khue.test") == file
    with zipfile.ZipFile(io.BytesIO(file)) as inside:
        assert inside.read(packing.PAPER).startswith(b"%PDF")
    unpacked = packing.unpack(file)
    report, _ = records.verify_file(unpacked.record, world.minh.now)
    assert report.verdict.value == "valid", report.conclusion.text
    parcel = content.read_parcel(report.content)
    assert (parcel.code, parcel.to_school, parcel.class_name) == (transfer.code, "Trường THCS Chợ Chu", "6A")
    assert parcel.identity.name == people.Person.objects.get(pk=move.pupil).full_name
    assert ("TOAN", "tx1", "8.0", "15/12/2025") in {
        (one.subject, one.column, one.value, one.on) for one in parcel.marks
    }
    assert [one.what for one in parcel.path][:1] == ["Tuyển sinh, vào trường"]
    assert {one.code for one in parcel.subjects} >= {"TOAN", "VAN"}


def test_a_pupil_from_elsewhere_is_made_from_the_parcel(move: Move, signers: Signers) -> None:
    codes.load_shipped(SYSTEM)
    transfer = receive(move, packed(signers))
    assert (transfer.state, transfer.pupil_name, transfer.from_name) == (
        "released", "Dương Thị Sen", "Trường THCS Chợ Chu",
    )  # fmt: skip
    assert not people.Person.objects.filter(full_name=PUPIL.name).exists()
    done = transfers.accept(move.clerk, transfer_id=transfer.id, school_class_id=move.new_class.id)
    outbox.deliver()
    person = people.Person.objects.get(full_name=PUPIL.name)
    assert done.pupil_id == person.pk
    assert (person.birth_shown, person.sex, person.ethnic_code != "") == ("14/03/2014", "Nữ", True)
    assert person.identifiers.get(scheme="moet").value == PUPIL.ministry_code
    assert [one.guardian.full_name for one in person.guardianships.all()] == ["Ma Thị Hiền"]
    entry = register.entry_of(move.world.elsewhere.pk, person.pk)
    assert entry is not None
    assert entry.state == "studying"
    results = {
        (one.subject, one.column): one.value
        for one in gradebook.pupil_results(move.new_class.id, person.pk)
    }
    assert results == {("TOAN", "tx1"): "9.0", ("GDTC", "tx1"): "Đ", ("", "absent_excused"): "1"}
    choice = schooling.SubjectChoice.objects.get(pupil=person.pk, class_subject__subject__code="GDTC")
    assert (choice.mode, choice.decision) == ("REDUCED", "QĐ 12/2025")


def test_who_comes_back_under_another_name_has_changed_it_and_nobody_corrected_the_book(
    move: Move, signers: Signers
) -> None:
    codes.load_shipped(SYSTEM)
    first = receive(move, packed(signers))
    person = transfers.accept(move.clerk, transfer_id=first.id, school_class_id=move.new_class.id).who
    outbox.deliver()
    leave = {"pupil_id": person, "on": move.clerk.today + dt.timedelta(days=1), "status": "Chuyển đi"}
    schooling.leave_class(move.clerk, school_class_id=move.new_class.id, **leave)
    people.change_person(
        move.clerk, person_id=person, changes=PersonChange(person, pupil={"status": "Chuyển đi"})
    )
    outbox.deliver()
    entry = register.entry_of(move.world.elsewhere.pk, person)
    assert entry is not None
    assert entry.state == "transferred"
    step = Step("02/12/2025", "Cải chính hộ tịch", "", "Trích lục 9/2025", "Trường THCS Chợ Chu")
    identity = replace(PUPIL, name="Dương Thị Hương Sen", address="")
    parcel = replace(PARCEL, code="TN19-0000-0002", identity=identity, path=(*PARCEL.path, step))
    later = move.world.at(move.clerk, NOW + dt.timedelta(days=2))
    again = transfers.receive(later, school_id=move.world.elsewhere.pk, file=packed(signers, parcel))
    transfers.accept(later, transfer_id=again.id, school_class_id=move.new_class.id)
    outbox.deliver()
    events = list(entry.events.order_by("sequence"))
    change = next(one for one in events if one.kind == "civil_change")
    assert change.data["changes"] == {"full_name": [PUPIL.name, identity.name]}
    assert change.decision == "Trích lục 9/2025"
    assert not [one for one in events if one.kind == "corrected" and "full_name" in one.data["changes"]]
    entry.refresh_from_db()
    assert (entry.name, entry.state) == (identity.name, "studying")
    assert entry.now["current_address"] == PUPIL.address
    assert list(register.verify_register()) == []


def test_the_same_parcel_is_received_once(move: Move, signers: Signers) -> None:
    file = packed(signers)
    receive(move, file)
    for again in (file, packed(signers)):  # the same bytes, and the same transfer signed once more
        with pytest.raises(Refused) as refusal:
            receive(move, again)
        assert refusal.value.code == "XFER-025"
    assert Transfer.objects.count() == 1


def test_forged_and_foreign_parcels_are_refused_by_name(move: Move, signers: Signers) -> None:
    good = packing.unpack(packed(signers))
    forged = good.record.replace(b">9.0<", b">9.5<")
    assert forged != good.record
    assert "chuyen-truong.xml" in str(refused(move, packing.pack(forged, ()), "XFER-023").params)
    unsealed = good.record[: good.record.rindex(b"<ds:Signature ")] + b"</kr:Signatures></kr:Record>"
    with pytest.raises(KhueError):
        receive(move, packing.pack(unsealed, ()))
    elsewhere = packed(signers, replace(PARCEL, to_code="20180099", to_school="Trường khác"))
    refused(move, elsewhere, "XFER-024")
    assert not Transfer.objects.exists()


def test_an_enclosed_file_must_be_the_one_that_was_signed(move: Move, signers: Signers) -> None:
    file = packed(signers, files=[("hoc-ba/a.xml", b"<a/>")])
    parts = packing.unpack(file)
    refused(move, packing.pack(parts.record, [("hoc-ba/a.xml", b"<b/>")]), "XFER-022")
    refused(move, packing.pack(parts.record, []), "XFER-022")
    refused(move, file, "XFER-023")  # it is the signed one, but no record


def test_what_is_no_parcel_is_refused(move: Move, signers: Signers) -> None:
    for file in (b"", b"PK\x03\x04", b"<xml/>", packing.pack(b"<a/>", ()), _zip({"x": b""})):
        refused(move, file, "XFER-020", Invalid)
    bomb = _zip({packing.RECORD: b" " * (packing.ONE_FILE + 1)})
    refused(move, bomb, "XFER-021", Invalid)
    refused(move, b"0" * (packing.LIMIT + 1), "XFER-021", Invalid)
    many = _zip({packing.RECORD: b"<a/>"} | {str(n): b"" for n in range(packing.MOST_FILES)})
    refused(move, many, "XFER-020", Invalid)
    with pytest.raises(NotFound):
        transfers.receive(move.world.thu, school_id=move.world.elsewhere.pk, file=packed(signers))


def test_a_pupil_who_learns_here_needs_the_release_of_her_school(move: Move, signers: Signers) -> None:
    person = people.Person.objects.get(pk=move.pupil)
    identity = replace(PUPIL, name=person.full_name, ministry_code=person.identifiers.get().value)
    refused(move, packed(signers, replace(PARCEL, identity=identity)), "XFER-026")


def test_the_parcel_is_kept_byte_for_byte_and_shown_with_who_signed(move: Move, signers: Signers) -> None:
    file = packed(signers)
    transfer = receive(move, file)
    kept = ReceivedParcel.objects.get(transfer=transfer)
    assert bytes(kept.content) == file
    [[name, verdict, _, signed_by]] = kept.findings
    assert (name, verdict) == (packing.RECORD, "valid")
    assert any("Hoàng Văn Minh" in one for one in signed_by)


def _zip(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in parts.items():
            out.writestr(name, data)
    return target.getvalue()
