"""Copies and extracts of transcripts, who opened them, and rows sent to the nation (bản sao, trích lục).

All of it is append-only by trigger: a copy is never edited, it is revoked by a row of its own. Neither the
link nor the code that opens a copy is stored: both are worked out from its id with the server's key.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_noop as _

from khue.kit.models import Record
from khue.kit.privacy import classify


class CopyKind(models.TextChoices):
    """What is given out."""

    COPY = "copy", _("Bản sao cả học bạ")
    EXTRACT = "extract", _("Trích lục một năm học")


class Copy(Record):
    """A copy or an extract that was given out (cấp bản sao): of which files, for what, for whom, how long."""

    transcript = models.ForeignKey("transcripts.Transcript", models.PROTECT, related_name="+")
    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")  # that gave it out
    kind = models.CharField(max_length=10, choices=CopyKind.choices)
    form = models.CharField(max_length=30)  # code and version of the exporter: «hoc-ba-pdf 2026.1»
    sources = models.JSONField()  # [record code, version, SHA-256 of the signed file] of each year in it
    purpose = models.CharField(max_length=200)
    recipient = models.CharField(max_length=200)
    issued_by = models.UUIDField(null=True)
    issued_by_name = models.CharField(max_length=200)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    digest = models.CharField(max_length=64)  # SHA-256 of the rendition as it was given out
    token_digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token in the link

    class Meta:
        ordering = ("-issued_at", "-id")
        indexes = (models.Index(fields=("transcript", "issued_at"), name="copy_transcript"),)


class CopyRevocation(Record):
    """A copy is not valid any more (thu hồi bản sao)."""

    copy = models.OneToOneField(Copy, models.PROTECT, related_name="revocation")
    at = models.DateTimeField()
    person = models.UUIDField(null=True)
    person_name = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)


class Opened(models.TextChoices):
    """What somebody who has the link saw."""

    FACTS = "facts", _("Xem trạng thái và người ký")
    CONTENT = "content", _("Mở nội dung")
    REFUSED = "refused", _("Nhập sai mã mở")


class CopyOpening(Record):
    """Somebody followed the link of a copy (lượt mở): when, what was seen, with what kind of device.

    No address: who shares a copy learns that it was opened, not where its reader lives.
    """

    copy = models.ForeignKey(Copy, models.PROTECT, related_name="openings", db_index=False)
    at = models.DateTimeField()
    what = models.CharField(max_length=10, choices=Opened.choices)
    device = models.CharField(max_length=20)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("copy", "at"), name="copy_opening_copy"),)


class SentRow(Record):
    """A version of a transcript's rows for the National Data Centre (bản ghi gửi TTDLQG); only grows."""

    transcript = models.ForeignKey("transcripts.Transcript", models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveIntegerField()  # phienban
    event = models.CharField(max_length=10)  # sukien: NEW, UPDATE, CANCEL
    digest = models.CharField(max_length=64)  # SHA-256 of the content, whatever its envelope
    at = models.DateTimeField()
    person_name = models.CharField(max_length=200)

    class Meta:
        ordering = ("transcript", "version")
        constraints = (models.UniqueConstraint(fields=("transcript", "version"), name="sent_row_version"),)


classify(
    Copy,
    internal=(
        "id", "transcript", "school", "kind", "form", "sources", "issued_by", "issued_at", "expires_at",
        "digest", "token_digest",
    ),
    personal=("purpose", "recipient", "issued_by_name"),
)  # fmt: skip
classify(CopyRevocation, internal=("id", "copy", "at", "person"), personal=("person_name", "reason"))
classify(CopyOpening, internal=("id", "copy", "at", "what", "device"))
classify(
    SentRow,
    internal=("id", "transcript", "version", "event", "digest", "at"),
    personal=("person_name",),
)
