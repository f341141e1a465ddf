"""Who may grant roles and see who may do what."""

from __future__ import annotations

from khue.core.actor import Role
from khue.kit.permissions import Action, holds, register

LEADERS = (Role.PRINCIPAL, Role.DEPARTMENT_ADMIN)
READERS = (Role.VICE_PRINCIPAL, Role.CLERK, Role.IT_STAFF, Role.DEPARTMENT_OFFICER)

SEE_GRANTS = register(
    Action(
        "access.grant.see",
        "Xem phân quyền",
        (holds(*LEADERS, *READERS, unit="unit"),),
    )
).code
GRANT = register(
    Action("access.grant.change", "Phân quyền", (holds(*LEADERS, unit="unit"),))
).code
