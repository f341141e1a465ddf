"""The composition root as an app, so that its commands, pages and templates are found."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Settings, first page, command line."""

    name = "khue.project"
    label = "project"
