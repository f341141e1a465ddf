"""Sign-in as this product wants it of django-allauth (đăng nhập)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter

from khue.kit import audit
from khue.modules.access.edge import actor_of
from khue.modules.access.models import Account
from khue.modules.people import api as people

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts are made by a school, never by whoever comes along (không tự đăng kí)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Closed."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """On to the first page, not back to the form."""
        return "/"

    def set_password(self, user: Account, password: str) -> None:
        """A password chosen by its owner replaces the printed one."""
        user.must_change_password = False
        super().set_password(user, password)

    def login(self, request: HttpRequest, user: Account) -> None:
        """Open the session, after all steps; the log says who and from where."""
        super().login(request, user)
        _log(request, user, "access.session.opened")

    def logout(self, request: HttpRequest) -> None:
        """Close the session."""
        if isinstance(request.user, Account):
            _log(request, request.user, "access.session.closed")
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A wrong password is logged for the account it was tried on; what was typed is not kept."""
        name = str(credentials.get("username", ""))[:80]
        account = Account.objects.filter(username=name).first()
        if account is not None:
            _log(request, account, "access.session.refused", stranger=True)


def _log(request: HttpRequest, account: Account, action: str, *, stranger: bool = False) -> None:
    """One line for each place where the person works, so that each school sees its own."""
    actor = actor_of(request, account)
    places: list[UUID | None] = []
    if account.person_id:
        places += people.schools_of_staff(account.person_id, actor.today)
    if stranger:  # whoever typed the name is not known to be its owner
        actor = replace(actor, person_id=None, name=f"«{account.username}»", grants=())
    for unit in places or [None]:
        audit.record(actor, action, subject=account, unit=unit)
