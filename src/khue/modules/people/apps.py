"""Persons: pupils, staff, guardians."""

from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Con người: học sinh, cán bộ, cha mẹ."""

    name = "khue.modules.people"
    label = "people"

    def ready(self) -> None:
        """Declare the policy and listen to the events of other modules."""
        from khue.modules.people import handlers, policy  # noqa: F401, PLC0415 - apps are loaded only now

        handlers.register()
