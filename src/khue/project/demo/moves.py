"""Pupils who change school (chuyển trường): one who did so twice, and one in every state of a transfer.

Lộc Thị Mùi was admitted in Khe Vàng, repeated grade 6, went to Nà Lừa, is called Lộc Khánh Linh since a
summer, and came back to Khe Vàng under her old number.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from khue.modules.people import api as people
from khue.modules.people.data import NewIdentifier, NewPerson, Release
from khue.modules.register import api as register
from khue.modules.transfers import api as transfers
from khue.project.demo import signing
from khue.project.demo.foreign import parcel_from_elsewhere
from khue.project.demo.schools import moment, writing_as

if TYPE_CHECKING:
    from uuid import UUID

    from khue.modules.transfers.api import Transfer
    from khue.project.demo.schools import School

OLD_NAME, NEW_NAME = "Lộc Thị Mùi", "Lộc Khánh Linh"
DAY = dt.timedelta(days=1)


CODE = "2098000001"  # of the Ministry, by which she is found again


def before_the_system(lower: School, hamlet: School, first: int) -> None:
    """What the paper register knew of her: admission, a repeated year, the first change of school."""
    start, end = dt.date(first - 1, 9, 5), dt.date(first, 8, 20)
    clerk = writing_as(lower.clerk, moment(start))
    place = "Thôn Pò Lọi, Xã Lộc Bình, tỉnh Lạng Sơn"
    new = NewPerson(
        OLD_NAME, birth_date=dt.date(first - 12, 3, 27), sex="Nữ", ethnic_code="02", nationality="Việt Nam",
        identifiers=(NewIdentifier("moet", CODE),),
    )  # fmt: skip
    person = people.register_person(clerk, school_id=lower.unit.id, person=new)
    facts: dict[str, object] = {
        "admitted_on": start, "birth_place": "Tỉnh Lạng Sơn", "home_town": place, "current_address": place,
    }  # fmt: skip
    people.admit_pupil(clerk, school_id=lower.unit.id, person_id=person.pk, facts=facts)
    mother = people.register_person(clerk, school_id=lower.unit.id, person=NewPerson("Hứa Thị Nhàn"))
    people.link_guardian(
        clerk, child_id=person.pk, guardian_id=mother.pk, relation="mother", occupation="Làm ruộng"
    )
    entry = register.enter(
        clerk, school_id=lower.unit.id, person_id=person.pk, on=start, kind="admitted",
        facts={"level": "THCS", "grade": 6, "year": first - 1, "class_name": "6A"},
        decision=f"12/QĐ-THCSKV-{first - 1}", decision_on=start,
    )  # fmt: skip
    year = f"{first - 1}-{first}"
    summer = dt.date(first, 5, 31)
    register.record_event(
        writing_as(lower.clerk, moment(summer)), entry_id=entry.id, kind="repeated", on=summer,
        data={"year": year, "class": "6A", "grade": 6, "result": "repeated",
              "reason": "Nghỉ học dài ngày vì ốm"},
    )  # fmt: skip
    decision = f"Giấy giới thiệu chuyển trường số 04/{first}"
    clerk = writing_as(lower.clerk, moment(end))
    register.record_event(
        clerk, entry_id=entry.id, kind="transferred_out", on=end, decision=decision, decision_on=end,
        data={"to_school": hamlet.unit.name},
    )  # fmt: skip
    people.move_pupil(
        clerk, person_id=person.pk, to_school_id=hamlet.unit.id, on=end,
        release=Release(lower.unit.id, decision),
    )  # fmt: skip
    register.enter(
        writing_as(hamlet.clerk, moment(end, 10)), school_id=hamlet.unit.id, person_id=person.pk, on=end,
        kind="transferred_in", decision=decision, decision_on=end,
        facts={"level": "THCS", "grade": 6, "year": first, "class_name": "6B",
               "from_school": lower.unit.name},
    )  # fmt: skip
    hamlet.cohorts["6B"].append(person.pk)


def _mover() -> UUID:
    key: UUID = people.PersonIdentifier.objects.values_list("person_id", flat=True).get(value=CODE)
    return key


def change_name(hamlet: School, first: int) -> None:
    """Her family had the commune correct the name in the summer (cải chính hộ tịch)."""
    day = dt.date(first + 1, 7, 15)
    entry = register.entry_of(hamlet.unit.id, _mover())
    if entry is None:
        return
    register.change_civil_status(
        writing_as(hamlet.clerk, moment(day)), entry_id=entry.id, changes={"full_name": NEW_NAME},
        paper=f"Trích lục cải chính hộ tịch số 07/TLCC-BS, UBND {hamlet.plan.commune}",
        paper_on=day - 3 * DAY, on=day,
    )  # fmt: skip


def come_back(lower: School, hamlet: School, first: int) -> None:
    """The second change of school, from request to class, in the year that begins in `first`."""
    day = dt.date(first, 10, 26)
    transfer = _leave(hamlet, _mover(), lower, moment(day), "Gia đình trở về ở cùng ông bà tại thôn Pò Lọi.")
    _release(hamlet, transfer, moment(day + 2 * DAY))
    transfers.accept(
        writing_as(lower.clerk, moment(day + 4 * DAY)), transfer_id=transfer.id,
        school_class_id=lower.classes["7A", first], decision=f"Phiếu tiếp nhận số 03/{first}",
    )  # fmt: skip


def waiting(lower: School, hamlet: School, first: int, now: dt.datetime) -> None:
    """Transfers of these days: one waits for thầy Minh, one for cô Thu, one was refused, a file has come."""
    leaving, wishing = hamlet.cohorts["7B"][:2]
    _leave(lower, lower.cohorts["8A"][3], hamlet, now - DAY, "Bố mẹ chuyển công tác về xã Na Dương.")
    released = _leave(hamlet, leaving, lower, now - 3 * DAY, "Gia đình chuyển nhà ra thị trấn Lộc Bình.")
    _release(hamlet, released, now - 2 * DAY)
    wish = _leave(hamlet, wishing, lower, now - 6 * DAY, "Muốn học gần nhà bạn, nơi ở không thay đổi.")
    transfers.refuse(
        writing_as(lower.principal, now - 4 * DAY),
        transfer_id=wish.id,
        reason="Nơi cư trú không thay đổi và lớp 7A đã đủ chỗ; đề nghị cho em tiếp tục học tại trường.",
    )
    clerk = writing_as(lower.clerk, now)
    transfers.receive(clerk, school_id=lower.unit.id, file=parcel_from_elsewhere(lower, first, now - DAY))


def _leave(school: School, pupil: UUID, to: School, at: dt.datetime, reason: str) -> Transfer:
    return transfers.request_leaving(
        writing_as(school.clerk, at), person_id=pupil, reason=reason, applicant="Mẹ học sinh",
        to_school_id=to.unit.id,
    )  # fmt: skip


def _release(school: School, transfer: Transfer, at: dt.datetime) -> None:
    head = signing.in_office(writing_as(school.principal, at))
    signing.sign(head, transfers.RELEASE, [transfer.id], 1, school.unit.id)
