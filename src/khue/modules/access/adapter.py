"""Sign-in as this product wants it of django-allauth (đăng nhập)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import DefaultAccountAdapter

if TYPE_CHECKING:
    from django.http import HttpRequest

    from khue.modules.access.models import Account


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
