"""Run inside a child: fill a database with teachers and sheets, print what the load needs as JSON."""

from __future__ import annotations

import json
import sys

PUPILS = 45


def main() -> None:
    """Build the school of the measurement; argument: number of teachers."""
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    print(json.dumps(build(int(sys.argv[1]))))  # noqa: T201 - read by the parent


def build(count: int) -> dict[str, object]:  # noqa: PLR0915 - one story, told once
    """Teachers with sessions, each with one sheet of 45 pupils; and one wide page to read."""
    import datetime as dt  # noqa: PLC0415

    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415
    from django.db import transaction  # noqa: PLC0415
    from django.middleware.csrf import _get_new_csrf_string  # noqa: PLC0415 - a token as a browser has it
    from django.utils import timezone  # noqa: PLC0415

    from khue.core.actor import Role, system_actor  # noqa: PLC0415
    from khue.core.ids import short  # noqa: PLC0415
    from khue.modules.access import api as access  # noqa: PLC0415
    from khue.modules.access.sessions import SessionStore  # noqa: PLC0415
    from khue.modules.gradebook import api as gradebook  # noqa: PLC0415
    from khue.modules.orgs import api as orgs  # noqa: PLC0415
    from khue.modules.people import api as people  # noqa: PLC0415
    from khue.modules.people.data import Admission, NewJob, NewPerson  # noqa: PLC0415
    from khue.modules.schooling import api as schooling  # noqa: PLC0415

    now = timezone.now()
    actor = system_actor("khue bench", now)
    first = now.year if now.month >= 8 else now.year - 1  # noqa: PLR2004 - August
    since = dt.date(first, 8, 25)
    with transaction.atomic():
        province = orgs.found_unit(actor, kind="province", name="Tỉnh đo")
        year = schooling.open_year(
            actor, code=f"{first}-{first + 1}", term_starts=(dt.date(first, 9, 5), dt.date(first + 1, 1, 19)),
            ends_on=dt.date(first + 1, 6, 1),
        )
        school = orgs.found_school(
            actor, name="Trường THCS Đo", code="20990001", levels="THCS", parent=province
        )
        staff = people.register_people(
            actor, school_id=school.id, people=[NewPerson(f"Nông Thị Giáo {n}") for n in range(count)]
        )
        people.employ_people(
            actor, school_id=school.id, jobs=[NewJob(person.id, "Giáo viên", since) for person in staff]
        )
        teachers = []
        for number, person in enumerate(staff):
            subject_number = number % 8
            if subject_number == 0:
                names = [NewPerson(f"Hoàng Văn Trò {number}-{n:02d}") for n in range(PUPILS)]
                pupils = people.register_people(actor, school_id=school.id, people=names)
                people.admit_pupils(actor, school_id=school.id, pupils=[Admission(row.id) for row in pupils])
                row = schooling.open_class(
                    actor, school_id=school.id, year=year, name=f"6A{number // 8 + 1}", grade=6
                )
                members = [schooling.NewMember(pupil.id, since) for pupil in pupils]
                schooling.enroll_many(actor, school_class_id=row.id, members=members)
                gradebook.open_sheets(actor, school_class_ids=[row.id])
                subjects = [s for s in schooling.class_subjects(row.id) if s.kind == "score"]
                sheets = gradebook.sheets_of(row.id, 1)
            subject = subjects[subject_number]
            schooling.assign_teachers(
                actor,
                school_id=school.id,
                assignments=[schooling.Assignment(subject.id, person.id)],
                since=since,
            )
            access.grant(
                actor, person_id=person.id, role=Role.TEACHER, unit_id=school.id, source="bench", since=since
            )
            account = access.Account(username=f"gv{number}", person=person)
            account.set_unusable_password()
            account.save()
            session = SessionStore()
            session[SESSION_KEY] = str(account.pk)
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
            session[HASH_SESSION_KEY] = account.get_session_auth_hash()
            session.create()
            token = _get_new_csrf_string()
            sheet = sheets[subject.id]
            teachers.append(
                {
                    "cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}; "
                    f"{settings.CSRF_COOKIE_NAME}={token}",
                    "token": token,
                    "sheet": short(sheet.id),
                    "url": f"/so-diem/bang/{short(sheet.id)}/ghi/",
                    "pupils": [short(pupil.id) for pupil in pupils],
                }
            )
    return {"teachers": teachers}


if __name__ == "__main__":
    main()
