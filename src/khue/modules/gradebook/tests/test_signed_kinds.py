"""Every kind of class is signed: primary with traits, upper secondary with electives, year and summer."""

from __future__ import annotations

import pytest
from tests import cast
from tests.cast import SYSTEM, World, make_actor, make_staff
from tests.signers import SINCE, Signers

from khue.core.actor import Role
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.services import closing
from khue.modules.gradebook.signed import acts, reading
from khue.modules.gradebook.tests.acts import fill_term
from khue.modules.records import demo_keys, proof, renditions
from khue.modules.records.content import file_of
from khue.modules.records.services import settling
from khue.modules.schooling import api as schooling
from khue.signing.report import Verdict


@pytest.mark.parametrize(("name", "school"), [("4A", "primary"), ("10A1", "upper")])
def test_a_year_of_every_level_is_signed(world: World, signers: Signers, name: str, school: str) -> None:
    unit, row = getattr(world, school), world.classes[name]
    people = [make_staff(unit, "Bế Thị Mai"), make_staff(unit, "Chu Văn Thắng", "Hiệu trưởng")]
    teacher, head = make_actor(people[0], (Role.TEACHER, unit)), make_actor(people[1], (Role.PRINCIPAL, unit))
    demo_keys.give_keys(
        cast.NOW, SINCE,
        people=[(one.person_id, one.name, f"CCCD:03009900000{n}") for n, one in enumerate((teacher, head))],
        schools=[(unit.pk, unit.name, "MST:4900999999")],
    )  # fmt: skip
    every = [schooling.Assignment(one.id, people[0].pk) for one in schooling.class_subjects(row.id)]
    schooling.assign_teachers(SYSTEM, school_id=unit.pk, assignments=every, since=cast.SINCE)
    schooling.assign_homeroom(SYSTEM, school_class_id=row.id, person_id=people[0].pk, since=cast.SINCE)
    for term in (1, 2):
        fill_term(world, name, term)
        sheets = gradebook.sheets_of(row.id, term).values()
        own = [sheet.id for sheet in sheets if sheet.class_subject_id is not None]
        signers.sign(teacher, acts.SHEET, *own, part=term)
        signers.sign(teacher, acts.CLASS, row.id, part=term)
        signers.sign(head, acts.SEAL, row.id, part=term)
    signers.sign(teacher, acts.CLASS, row.id, part=0)
    signers.sign(head, acts.SEAL, row.id, part=0)
    settling.after_signing(head.now, unit.pk)
    for term in (1, 2, 0):
        document = signers.document(name, term)
        report = proof.verified(document)
        assert report.verdict is Verdict.VALID, report.text
        assert closing.class_state(row.id, term).state == "sealed"
        record = reading.read(file_of(document))
        kinds = {section.kind for section in record.sections}
        assert kinds == ({"sheet", "summary"} if term else {"summary"})
        assert all(len(section.lines) == 5 for section in record.sections if section.kind == "summary")
        assert renditions.pdf_of(document, "https://khue.example").startswith(b"%PDF")
    assert list(proof.verify_documents()) == []
    assert list(gradebook.verify_records()) == []
