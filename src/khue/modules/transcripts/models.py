"""Transcripts, their year pages, comments before they are signed, files of other schools (học bạ).

A page is drafted while the year runs, frozen when the class is sealed, signed as a record of its own
(`records`, subject = the page). What people signed stands in the record's bytes, not here.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_noop as _

from khue.kit.models import Record
from khue.kit.privacy import classify


class Transcript(Record):
    """The transcript of a pupil in a level (học bạ): one code for all its years, in every school."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    level = models.CharField(max_length=10)  # TH, THCS, THPT
    code = models.CharField(max_length=40, unique=True)  # opaque, with a check character
    opened_on = models.DateField()
    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")  # that keeps it now

    class Meta:
        constraints = (models.UniqueConstraint(fields=("person", "level"), name="transcript_once"),)

    def __str__(self) -> str:
        return self.code


class PageState(models.TextChoices):
    """Life of a year page (e-records.md 1.4)."""

    DRAFT = "draft", _("Đang chuẩn bị")
    GENERATED = "generated", _("Đã lập, chờ ký")
    SIGNING = "signing", _("Giáo viên bộ môn đang ký")
    HOMEROOM = "homeroom", _("Giáo viên chủ nhiệm đã ký")
    APPROVED = "approved", _("Hiệu trưởng đã ký, chờ dấu")
    ISSUED = "issued", _("Đã phát hành")
    RECALLED = "recalled", _("Đã thu hồi")


class TranscriptPage(Record):
    """One school year in a transcript (trang học bạ của một năm học).

    `content` is `data.YearPage` as it was frozen, without names of signers: those come from who teaches
    when it is signed. `results` says which versions of the gradebook's results it was made from.
    """

    transcript = models.ForeignKey(Transcript, models.PROTECT, related_name="pages")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    school_class = models.ForeignKey("schooling.SchoolClass", models.PROTECT, related_name="+")
    year = models.ForeignKey("schooling.SchoolYear", models.PROTECT, related_name="+")
    part = models.PositiveSmallIntegerField()  # first calendar year of the school year
    name = models.CharField(max_length=150)  # of the pupil, for lists
    position = models.PositiveSmallIntegerField(default=0)  # in the class list
    state = models.CharField(max_length=10, choices=PageState.choices, default=PageState.DRAFT)
    version = models.PositiveSmallIntegerField(default=0)  # how often it was frozen
    content = models.JSONField(null=True)
    sources = models.JSONField(default=dict)  # section id → class subject
    digest = models.CharField(max_length=64, blank=True)  # of the frozen content
    results = models.CharField(max_length=40, blank=True)  # «0:1 3:2»: term and version
    frozen_at = models.DateTimeField(null=True)
    held = models.CharField(max_length=20, blank=True)  # why nobody signs it now
    unusual = models.JSONField(default=list)  # codes of what a principal looks at first
    facts = models.JSONField(default=dict)  # what the gradebook has no place for

    class Meta:
        ordering = ("school_class", "position", "id")
        constraints = (models.UniqueConstraint(fields=("transcript", "year"), name="transcript_page_once"),)
        indexes = (
            models.Index(fields=("school", "year", "state"), name="transcript_page_state"),
            models.Index(fields=("person", "part"), name="transcript_page_person"),
        )


class CommentSource(models.TextChoices):
    """Where a comment came from."""

    BANK = "bank", _("Kho nhận xét")
    GRADEBOOK = "gradebook", _("Sổ theo dõi")
    TYPED = "typed", _("Tự viết")


class Comment(Record):
    """A comment of a teacher on a page before she signs it (nhận xét): of a subject, or of the year."""

    page = models.ForeignKey(TranscriptPage, models.PROTECT, related_name="comments", db_index=False)
    section = models.CharField(max_length=20)
    text = models.TextField()
    source = models.CharField(max_length=10, choices=CommentSource.choices)
    author = models.UUIDField(null=True)
    author_name = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("page", "section"), name="page_comment_once"),)


class ReceivedFile(Record):
    """A signed year page of another school, byte for byte as it came (tệp học bạ nhận về); append-only."""

    transcript = models.ForeignKey(Transcript, models.PROTECT, related_name="received")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")  # that received it
    year = models.CharField(max_length=9)
    record_code = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64, unique=True)
    content = models.BinaryField()
    verdict = models.CharField(max_length=10)  # of the verification when it came
    signatures = models.JSONField(default=list)  # role, section, name, capacity, at: as it was verified
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("year", "version", "id")


classify(Transcript, internal=("id", "person", "level", "code", "opened_on", "school"))
classify(
    TranscriptPage,
    internal=(
        "id", "transcript", "person", "school", "school_class", "year", "part", "position", "state",
        "version", "sources", "digest", "results", "frozen_at", "held",
    ),
    personal=("name",),
    sensitive=("content", "unusual", "facts"),
)  # fmt: skip
classify(
    Comment,
    internal=("id", "page", "section", "source", "author", "at"),
    personal=("author_name",),
    sensitive=("text",),
)
classify(
    ReceivedFile,
    internal=(
        "id", "transcript", "person", "school", "year", "record_code", "version", "digest", "verdict",
        "received_at",
    ),
    personal=("received_by", "signatures"),
    sensitive=("content",),
)  # fmt: skip

# At the end: it names the tables above.
from khue.modules.transcripts.models_sharing import (  # noqa: E402
    Copy,
    CopyKind,
    CopyOpening,
    CopyRevocation,
    Opened,
    SentRow,
)

__all__ = [
    "Comment",
    "CommentSource",
    "Copy",
    "CopyKind",
    "CopyOpening",
    "CopyRevocation",
    "Opened",
    "PageState",
    "ReceivedFile",
    "SentRow",
    "Transcript",
    "TranscriptPage",
]
