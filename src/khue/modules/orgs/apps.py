"""The dated organization tree."""

from __future__ import annotations

from django.apps import AppConfig


class OrgsConfig(AppConfig):
    """Đơn vị: tỉnh, Sở, xã, trường, điểm trường."""

    name = "khue.modules.orgs"
    label = "orgs"

    def ready(self) -> None:
        """Plug the tree into the permission engine."""
        from khue.kit import permissions  # noqa: PLC0415 - apps are loaded only now
        from khue.modules.orgs import policy, queries  # noqa: F401, PLC0415

        permissions.use_subtree(queries.reach_ids)
