"""Runs of imports: what came, what was found in it, what was written, how to undo it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_noop as _

from khue.kit.models import Record
from khue.kit.privacy import classify


class RunState(models.TextChoices):
    """Life of a run."""

    CHECKED = "checked", _("Đã kiểm tra, chờ xác nhận")
    REFUSED = "refused", _("Tệp bị từ chối")
    APPLIED = "applied", _("Đã nhập")
    UNDONE = "undone", _("Đã hoàn tác")


class ImportRun(Record):
    """One file: checked first, written only after a person confirms, undone as a whole (lần nhập)."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+", null=True)
    kind = models.CharField(max_length=40)
    wanted = models.JSONField()
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=RunState.choices)
    report = models.JSONField()  # outcome, refusal, findings, tables as the engine gave them
    plan = models.JSONField(default=dict)  # counts and changes, as the person saw them
    plan_digest = models.CharField(max_length=64, blank=True)
    decisions = models.JSONField(default=dict)  # whom doubtful rows mean, by row
    undo = models.JSONField(default=dict)  # what was there before, by kind
    batch = models.UUIDField(null=True)  # files that were sent together
    person = models.UUIDField(null=True)
    person_name = models.CharField(max_length=200)
    checked_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-checked_at", "-id")
        indexes = (
            models.Index(fields=("school", "state"), name="import_school_state"),
            models.Index(fields=("batch",), name="import_batch"),
        )


classify(
    ImportRun,
    internal=(
        "id",
        "school",
        "kind",
        "wanted",
        "filename",
        "sha256",
        "size",
        "state",
        "plan_digest",
        "batch",
        "person",
        "checked_at",
        "applied_at",
        "undone_at",
    ),
    personal=("person_name",),
    sensitive=("report", "plan", "decisions", "undo"),
)
