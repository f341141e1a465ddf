"""The enrolment register: who entered the school, under which number, and what became of them."""

from __future__ import annotations

from django.apps import AppConfig


class RegisterConfig(AppConfig):
    """Sổ đăng bộ."""

    name = "khue.modules.register"
    label = "register"
