"""Transfers: a pupil goes from school to school as a signed parcel."""

from __future__ import annotations

from django.apps import AppConfig


class TransfersConfig(AppConfig):
    """Chuyển trường."""

    name = "khue.modules.transfers"
    label = "transfers"
