"""Layout, styles and page elements."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Templates, static files and template tags of every page."""

    name = "khue.kit.ui"
    label = "ui"
