"""Who may see and change classes, subjects, enrolment in classes and assignments."""

from __future__ import annotations

from khue.core.actor import Role
from khue.kit.permissions import Action, holds, register

LEADERS = (Role.PRINCIPAL, Role.VICE_PRINCIPAL)
OFFICE = (*LEADERS, Role.CLERK)
READERS = (*OFFICE, Role.TEACHER, Role.IT_STAFF, Role.EMERGENCY_READER, Role.DEPARTMENT_OFFICER)

SEE_CLASS = register(Action("schooling.class.see", "Xem lớp", (holds(*READERS),))).code
CHANGE_CLASS = register(Action("schooling.class.change", "Sửa lớp", (holds(*OFFICE),))).code
ASSIGN = register(Action("schooling.teaching.assign", "Phân công giảng dạy", (holds(*OFFICE),))).code
