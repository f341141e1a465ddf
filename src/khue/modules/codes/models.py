"""Code lists of exchange and law (danh mục): data with dates and sources, never constants."""

from __future__ import annotations

from django.db import models

from khue.kit.models import Dated, not_backwards
from khue.kit.privacy import classify


class CodeItem(Dated):
    """One entry of a code list, e.g. ethnic group 02 «Tày» (mục của danh mục)."""

    code_list = models.CharField(max_length=60)
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=300)
    search_key = models.CharField(max_length=300, db_index=True)
    official_code = models.CharField(max_length=60, blank=True)
    position = models.PositiveIntegerField(default=0)
    extra = models.JSONField(default=dict)
    source = models.TextField(blank=True)

    class Meta:
        ordering = ("code_list", "position", "code")
        constraints = (
            models.UniqueConstraint(
                fields=("code_list", "code", "valid_from"), name="code_item_once_per_date"
            ),
            not_backwards("code_item_period"),
        )

    def __str__(self) -> str:
        return f"{self.code_list}:{self.code} {self.name}"


classify(
    CodeItem,
    public=(
        "id",
        "valid_from",
        "valid_to",
        "code_list",
        "code",
        "name",
        "search_key",
        "official_code",
        "position",
        "extra",
        "source",
    ),
)
