"""The record of a year page: its kind, its subject, its head (hồ sơ của một trang học bạ)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from khue.modules.records import api as records
from khue.modules.transcripts import content

if TYPE_CHECKING:
    from khue.modules.transcripts.data import YearPage
    from khue.modules.transcripts.models import TranscriptPage


def spec_of(page: TranscriptPage, value: YearPage, now: dt.datetime) -> records.DocumentSpec:
    """The document of a page; its head is written when a version of it is made."""
    school_id = page.school_id

    def head(version: int, replaces: str) -> str:
        identifier = records.school_identifier(school_id, now)
        return content.head_text(value, identifier=identifier, version=version, replaces=replaces)

    return records.DocumentSpec(
        content.kind_of(value.level), page.id, page.part, school_id, content.title_of(value), head
    )
