"""Dated, editable code lists."""

from __future__ import annotations

from django.apps import AppConfig


class CodesConfig(AppConfig):
    """Mã danh mục."""

    name = "khue.modules.codes"
    label = "codes"
