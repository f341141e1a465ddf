"""Years of every kind: summer, personal plan, changed class, renamed school, primary, THPT, other schools."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from tests.cast import NOW, SINCE, SYSTEM, World, make_actor, make_class, make_pupils, make_staff, write
from tests.signers import SINCE as KEYS_SINCE
from tests.signers import Signers

from khue.core.actor import Role
from khue.core.errors import NotFound, Refused
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.tests.acts import close_subjects, fill_term, seal, seal_term
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.people.data import NewPerson, PersonChange
from khue.modules.records import demo_keys
from khue.modules.records.models import Document
from khue.modules.records.services import settling
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import api as transcripts
from khue.modules.transcripts import averages
from khue.modules.transcripts.compose import Composed, compose_class, unpack
from khue.modules.transcripts.models import PageState, ReceivedFile, TranscriptPage
from khue.modules.transcripts.services.keeping import open_transcripts
from khue.modules.transcripts.tests.acts import PART, deliver, refused, sign_class
from khue.modules.transcripts.tests.test_content import written

pytestmark = pytest.mark.django_db


def weaken(world: World, pupil: UUID, code: str, term: int, value: str = "2.0") -> None:
    """A pupil is weak in one subject of a term."""
    sheet = world.sheet("6A", code, term)
    for slot in gradebook.slots_of(sheet):
        if slot.required:
            assert write(SYSTEM, sheet, pupil, slot.code, value).status == "done"


def composed(world: World, name: str = "6A") -> dict[UUID, Composed]:
    found = compose_class(world.classes[name].id, world.thu.today, world.thu.now)
    return {one.pupil_id: one for one in found}


def test_whoever_must_pass_the_summer_waits_for_it(world: World, signers: Signers) -> None:
    weak, other, *_ = world.pupils["6A"]
    for term in (1, 2):
        fill_term(world, "6A", term)
        for code in ("TOAN", "VAN"):
            weaken(world, weak, code, term)
        close_subjects(world, "6A", term)
        seal(world, "6A", term)
    seal(world, "6A", 0)
    deliver()
    done = transcripts.generate(world.thu, school_class_id=world.classes["6A"].id)
    assert len(done.new) == 2
    assert [(one.pupil_id, one.waits) for one in done.waiting] == [(weak, "summer")]
    for code in ("TOAN", "VAN"):
        assert write(SYSTEM, world.sheet("6A", code, 3), weak, "retest", "6.5").status == "done"
    for one in gradebook.sheets_of(world.classes["6A"].id, 3).values():
        gradebook.close_sheet(SYSTEM, sheet_id=one.id)
    seal(world, "6A", 3)
    deliver()
    done = transcripts.generate(world.thu, school_class_id=world.classes["6A"].id)
    assert (len(done.new), done.same, done.changed) == (1, 2, ())
    page = unpack(TranscriptPage.objects.get(person=weak).content or {})
    line = next(one for one in page.subjects if one.code == "TOAN")
    assert (line.year, line.retest) == ("2.0", "6.5")
    assert page.learning[2] == "CĐ"
    assert page.learning_after not in {"", "CĐ"}
    assert page.decision == "Được lên lớp sau khi kiểm tra, đánh giá lại các môn học"
    assert TranscriptPage.objects.get(person=weak).unusual == ["summer"]
    unchanged = unpack(TranscriptPage.objects.get(person=other).content or {})
    assert (unchanged.learning_after, unchanged.decision) == ("", "Được lên lớp")


def test_modes_names_of_the_time_and_where_a_pupil_ended(world: World, signers: Signers) -> None:
    first, second, third = world.pupils["6A"]
    school_class = world.classes["6A"]
    sixth = make_pupils(world.school, ("Dương Thị Sáu", "Bàn Văn Bảy"), 2105000000)
    world.classes["6B"] = make_class(world.school, world.year, "6B", 6, sixth)
    fill_term(world, "6B", 1)
    deliver()
    moved = sixth[0]
    schooling.move_class(
        SYSTEM, school_class_id=world.classes["6B"].id, pupil_id=moved, to_class_id=school_class.id,
        on=world.thu.today,
    )  # fmt: skip
    deliver()  # the marks come along
    schooling.leave_class(
        SYSTEM, school_class_id=school_class.id, pupil_id=third, on=world.thu.today, status="Chuyển trường"
    )
    mode = {"mode": "EXEMPT", "decision": "Quyết định 5/QĐ"}
    schooling.set_mode(SYSTEM, class_subject_id=world.subject("6A", "TIN").id, pupil_id=second, **mode)
    for term in (1, 2):
        fill_term(world, "6A", term)
        close_subjects(world, "6A", term)
        seal(world, "6A", term)
    seal(world, "6A", 0)
    orgs.rename_unit(SYSTEM, unit=world.school, name="Trường THCS Khe Vàng Mới", on=dt.date(2026, 8, 1))
    deliver()
    found = composed(world)
    assert set(found) == {first, second, moved}
    assert {one.page.place.school for one in found.values() if one.page} == {"Trường THCS Khe Vàng"}
    own = found[second].page
    assert own is not None
    line = next(one for one in own.subjects if one.code == "TIN")
    assert (line.mode, found[second].unusual) == ("EXEMPT", ("doubtful", "plan"))
    came = found[moved].page
    assert came is not None
    assert next(one for one in came.subjects if one.code == "TOAN").term1 == "7.5"
    assert moved not in composed(world, "6B")


def test_primary_is_signed_by_the_homeroom_teacher_first(world: World, signers: Signers) -> None:
    person = make_staff(world.primary, "Hứa Thị Nga")
    head = make_staff(world.primary, "Lộc Văn Tâm", "Hiệu trưởng")
    nga = make_actor(person, (Role.TEACHER, world.primary))
    tam = make_actor(head, (Role.PRINCIPAL, world.primary))
    demo_keys.give_keys(
        NOW, KEYS_SINCE,
        people=[
            (nga.person_id, nga.name, "CCCD:020099001101"), (tam.person_id, tam.name, "CCCD:020099001102"),
        ],
        schools=[(world.primary.pk, world.primary.name, "MST:4900654321")],
    )  # fmt: skip
    key = world.classes["4A"].id
    schooling.assign_homeroom(SYSTEM, school_class_id=key, person_id=person.pk, since=SINCE)
    for term in (1, 2):
        seal_term(world, "4A", term)
    seal(world, "4A", 0)
    deliver()
    transcripts.generate(nga, school_class_id=key)
    facts = {pupil: transcripts.Facts(height="130", weight="28") for pupil in world.pupils["4A"]}
    transcripts.write_facts(nga, school_class_id=key, facts=facts)
    assert transcripts.accept_proposals(nga, school_class_id=key) > 0
    page = TranscriptPage.objects.filter(school_class=key).order_by("position")[0]
    assert page.sources == {}
    signers.sign(nga, transcripts.SIGN_YEAR, page.id, part=PART)
    signers.sign(tam, transcripts.APPROVE, page.id, part=PART)
    settling.after_signing(tam.now, world.primary.pk)
    deliver()
    (issued,) = transcripts.issued(page.person_id)
    said = issued.pages[0].page
    assert (issued.level, said.regime) == ("TH", "TT27")
    assert all(line.year == "T" and line.comment for line in said.subjects)
    assert next(line for line in said.subjects if line.code == "TV").test == "8"
    assert {(one.group, one.level) for one in said.traits} == {
        ("quality", "T"), ("general", "T"), ("specific", "T"),
    }  # fmt: skip
    assert (said.height, said.weight, said.completion) == ("130", "28", "Hoàn thành chương trình lớp 4")
    assert (said.absences_excused, said.absences_unexcused) == ("2", "2")
    assert [one.role for one in issued.pages[0].signatures] == ["homeroom", "principal", "school"]
    assert Document.objects.get(subject=page.id).kind == "transcript-primary"


def test_the_averages_of_thpt_go_to_graduation(world: World, signers: Signers) -> None:
    head = make_staff(world.upper, "Vũ Văn Long", "Hiệu trưởng")
    long = make_actor(head, (Role.PRINCIPAL, world.upper))
    for term in (1, 2):
        seal_term(world, "10A1", term)
    seal(world, "10A1", 0)
    for one in composed(world, "10A1").values():
        assert one.page is not None
        marks = [Decimal(line.year) for line in one.page.subjects if line.kind == "score"]
        assert len(marks) >= 8
        assert Decimal(one.page.average) == (sum(marks) / len(marks)).quantize(Decimal("0.01"))
        assert (one.page.completion, one.waits) == ("", "homeroom")
    rows = averages.average_rows(long, world.upper.pk, world.year)
    assert rows == []  # nobody is in grade 12
    with pytest.raises(NotFound):
        averages.average_rows(world.minh, world.upper.pk, world.year)
    leaving = leave_from_twelve(world)
    (row,) = averages.average_rows(long, world.upper.pk, world.year)
    assert (row.person_id, row.class_name, row.averages) == (leaving, "12A1", ("7.52", "8.01", ""))
    assert averages.as_csv([row]).decode("utf-8-sig").splitlines()[1].endswith(",12A1,7.52,8.01,")
    with zipfile.ZipFile(io.BytesIO(averages.as_xlsx([row]))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>7.52</v>" in sheet
    assert "<v>8.01</v>" in sheet


def leave_from_twelve(world: World) -> UUID:
    """A pupil of grade 12 whose years before came from another school."""
    pupil = make_pupils(world.upper, ("Hoàng Thị Mười Hai",), 2109000000)[0]
    made = make_class(world.upper, world.year, "12A1", 12, [pupil], electives=("VL", "HH", "SH", "TIN"))
    (one,) = compose_class(made.id, world.thu.today, world.thu.now)
    assert one.page is not None
    owned = open_transcripts(SYSTEM, school_id=world.upper.pk, level="THPT", person_ids=[pupil])[pupil]
    TranscriptPage.objects.create(
        transcript=owned, person_id=pupil, school=world.upper, school_class=made, year=world.year, part=2025,
        name=one.name,
    )  # fmt: skip
    for year, grade, average in (("2023-2024", 10, "7.52"), ("2024-2025", 11, "8.01")):
        page = replace(one.page, year=year, grade=grade, average=average, transcript=owned.code)
        ReceivedFile.objects.create(
            transcript=owned, person_id=pupil, school=world.upper, year=year, record_code=f"C-{grade}",
            version=1, digest=f"{grade:064d}", content=written(page), verdict="valid",
            received_at=NOW, received_by="",
        )  # fmt: skip
    return pupil


def test_a_file_of_another_school_is_kept_as_it_came(closed: World, signers: Signers) -> None:
    page = sign_class(closed, signers)[0]
    document = Document.objects.get(subject=page.id)
    file = bytes(document.file.content)
    clerk = make_actor(make_staff(closed.elsewhere, "Ma Thị Ngân"), (Role.CLERK, closed.elsewhere))
    arrived = make_pupils(closed.elsewhere, ("Lý Tiến Bình",), 2108000000)[0]
    people.change_people(
        SYSTEM, school_id=closed.elsewhere.pk,
        changes=[PersonChange(arrived, person={"birth_date": dt.date(2014, 1, 5)})],
    )  # fmt: skip
    received = transcripts.keep_file(clerk, school_id=closed.elsewhere.pk, person_id=arrived, file=file)
    again = transcripts.keep_file(clerk, school_id=closed.elsewhere.pk, person_id=arrived, file=file)
    assert received == again
    assert (bytes(received.content), received.digest) == (file, document.digest)
    (transcript,) = transcripts.issued(arrived)
    assert transcript.pages[0].page == transcripts.read_page(file)
    wrong = make_pupils(closed.elsewhere, ("Ngô Văn Khác",), 2108000100)[0]
    with refused(Refused, "TRANS-018"):
        transcripts.keep_file(clerk, school_id=closed.elsewhere.pk, person_id=wrong, file=file)
    forged = file.replace(b'result="7.5"', b'result="9.5"', 1)
    with refused(Refused, "TRANS-017"):
        transcripts.keep_file(clerk, school_id=closed.elsewhere.pk, person_id=arrived, file=forged)
    with refused(NotFound, "KIT-001"):
        transcripts.keep_file(closed.lan, school_id=closed.elsewhere.pk, person_id=arrived, file=file)
    assert ReceivedFile.objects.count() == 1
    assert TranscriptPage.objects.get(pk=page.id).state == PageState.ISSUED


def test_a_year_of_an_older_regulation_stands_before_a_new_one(world: World, signers: Signers) -> None:
    old = schooling.open_year(
        SYSTEM, code="2023-2024", term_starts=(dt.date(2023, 9, 5), dt.date(2024, 1, 15)),
        ends_on=dt.date(2024, 6, 1),
    )  # fmt: skip
    pupil = world.pupils["6A"][0]
    last = schooling.open_class(SYSTEM, school_id=world.school.pk, year=old, name="9Z", grade=9)
    member = schooling.NewMember(pupil, dt.date(2023, 9, 1), dt.date(2024, 6, 1))
    schooling.enroll_many(SYSTEM, school_class_id=last.id, members=[member])
    gradebook.open_sheets(SYSTEM, school_class_ids=[last.id])
    world.classes["9Z"] = last
    day = dt.date(2023, 9, 1)
    nhung = people.register_person(SYSTEM, school_id=world.school.pk, person=NewPerson("Đinh Thị Nhung"))
    people.employ(SYSTEM, school_id=world.school.pk, person_id=nhung.pk, position="Giáo viên", since=day)
    schooling.assign_homeroom(SYSTEM, school_class_id=last.id, person_id=nhung.pk, since=day)
    subjects = schooling.class_subjects(last.id)
    schooling.assign_teachers(
        SYSTEM, school_id=world.school.pk, since=day,
        assignments=[schooling.Assignment(one.id, nhung.pk) for one in subjects],
    )  # fmt: skip
    for name in ("9Z", "6A"):
        for term in (1, 2):
            seal_term(world, name, term)
        seal(world, name, 0)
    deliver()
    for name in ("9Z", "6A"):
        transcripts.generate(world.thu, school_class_id=world.classes[name].id)
    before, after = (
        unpack(row.content or {}) for row in TranscriptPage.objects.filter(person=pupil).order_by("part")
    )
    assert (before.regime, after.regime) == ("TT58+26", "TT22")
    assert before.learning == ("K", "K", "K")
    assert (before.title, before.completion) == (
        "Học sinh tiên tiến", "Hoàn thành chương trình trung học cơ sở",
    )  # fmt: skip
    assert before.transcript == after.transcript
    assert after.earlier == (("2023-2024", "9Z", "Trường THCS Khe Vàng"),)
