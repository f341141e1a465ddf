"""Import of the schools' own Excel files."""

from __future__ import annotations

from django.apps import AppConfig


class ImportingConfig(AppConfig):
    """Nhập dữ liệu từ Excel."""

    name = "khue.modules.importing"
    label = "importing"
