"""Accounts, roles, grants, emergency access."""

from __future__ import annotations

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Tài khoản, vai trò và quyền."""

    name = "khue.modules.access"
    label = "access"

    def ready(self) -> None:
        """Declare the policy and listen to the events of other modules."""
        from khue.modules.access import handlers, policy  # noqa: F401, PLC0415 - apps are loaded only now

        handlers.register()
