"""Who may see and change classes, subjects, enrolment in classes and assignments."""

from __future__ import annotations

from khue.core.actor import Role
from khue.kit.permissions import Action, holds, register

LEADERS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
OFFICE = (*LEADERS, Role.CLERK)
READERS = (*OFFICE, Role.TEACHER, Role.IT_STAFF, Role.EMERGENCY_READER, Role.DEPARTMENT_OFFICER)

SEE_CLASS = register(Action("schooling.class.see", "Xem lớp", (holds(*READERS),))).code
CHANGE_CLASS = register(Action("schooling.class.change", "Sửa lớp", (holds(*OFFICE),))).code
SEE_SUBJECT = register(Action("schooling.subject.see", "Xem môn của lớp", (holds(*READERS),))).code
CHANGE_SUBJECT = register(Action("schooling.subject.change", "Sửa môn của lớp", (holds(*OFFICE),))).code
ASSIGN = register(Action("schooling.teaching.assign", "Phân công giảng dạy", (holds(*OFFICE),))).code
# Asked of the school itself, for acts that have no row yet.
SEE_SCHOOL = register(Action("schooling.school.see", "Xem lớp của trường", (holds(*READERS, unit="id"),))).code
OPEN_CLASS = register(Action("schooling.class.open", "Mở lớp", (holds(*OFFICE, unit="id"),))).code
ASSIGN_ALL = register(
    Action("schooling.teaching.assign_all", "Phân công giảng dạy cả trường", (holds(*OFFICE, unit="id"),))
).code
