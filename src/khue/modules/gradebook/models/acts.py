"""Acts upon the gradebook: closing and reopening, corrections, frozen results, phrases."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.kit.models import Record
from khue.kit.privacy import classify
from khue.modules.gradebook.models.sheets import Sheet


class ClosingScope(models.TextChoices):
    """What an act closes."""

    SHEET = "sheet", _("Bảng điểm môn")
    CLASS_TERM = "class_term", _("Học kì của lớp")
    CLASS_YEAR = "class_year", _("Năm học của lớp")


class ClosingAct(Record):
    """A closing or reopening by a named person (chốt sổ); append-only; later digitally signed."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    school_class = models.ForeignKey("schooling.SchoolClass", models.PROTECT, related_name="+")
    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="+", null=True)
    scope = models.CharField(max_length=12, choices=ClosingScope.choices)
    term = models.PositiveSmallIntegerField()  # 0 = year
    step = models.CharField(max_length=12)  # teacher, homeroom, principal
    closes = models.BooleanField()  # False = reopening
    at = models.DateTimeField()
    person = models.UUIDField(null=True)
    person_name = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    decision = models.CharField(max_length=200, blank=True)  # số, ngày quyết định mở lại
    content_digest = models.CharField(max_length=64)  # of the frozen content the person saw
    attestation = models.JSONField(null=True)  # what the attestor returned: the seam of signatures

    class Meta:
        ordering = ("at", "id")
        indexes = (models.Index(fields=("school_class", "scope", "term"), name="closing_of_class"),)


class CorrectionState(models.TextChoices):
    """Life of a correction request."""

    REQUESTED = "requested", _("Chờ giáo viên chủ nhiệm xác nhận")
    CONFIRMED = "confirmed", _("Chờ hiệu trưởng duyệt")
    APPLIED = "applied", _("Đã sửa")
    REJECTED = "rejected", _("Bị từ chối")
    EXPIRED = "expired", _("Hết hạn")


class Correction(Record):
    """A mark changed after closing: reason, confirmation, approval (sửa chữa điểm, Điều 18-20 TT 22)."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="+")
    pupil = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    slot = models.CharField(max_length=20)
    base_version = models.PositiveIntegerField()
    old_state = models.CharField(max_length=16)
    old_value = models.TextField(blank=True)
    new_state = models.CharField(max_length=16)
    new_value = models.TextField(blank=True)
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=CorrectionState.choices)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("people.Person", models.PROTECT, related_name="+", null=True)
    decision = models.CharField(max_length=200, blank=True)  # sau khi khoá lớp: số, ngày quyết định
    refusal = models.TextField(blank=True)

    class Meta:
        ordering = ("-requested_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("sheet", "pupil", "slot"),
                condition=Q(state__in=("requested", "confirmed")),
                name="correction_open_once",
            ),
        )
        indexes = (models.Index(fields=("school", "state"), name="correction_school_state"),)

    def state_on(self, now: dt.datetime) -> CorrectionState:
        """The state as it is at a moment: a window that ran out is closed, though nobody wrote it down."""
        waiting = self.state in {CorrectionState.REQUESTED, CorrectionState.CONFIRMED}
        return CorrectionState.EXPIRED if waiting and self.expires_at <= now else CorrectionState(self.state)


class FrozenResult(Record):
    """A pupil's result as it stood at a closing: append-only, versioned, never recomputed."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    school_class = models.ForeignKey("schooling.SchoolClass", models.PROTECT, related_name="+")
    pupil = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    term = models.PositiveSmallIntegerField()  # 1, 2, 0 = year, 3 = after summer
    version = models.PositiveIntegerField()
    regime = models.CharField(max_length=20)
    closing = models.ForeignKey(ClosingAct, models.PROTECT, related_name="+")
    level = models.CharField(max_length=30, blank=True)
    conduct = models.CharField(max_length=30, blank=True)
    title = models.CharField(max_length=120, blank=True)
    decision = models.CharField(max_length=120, blank=True)
    content = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("school_class", "pupil", "term", "version"), name="frozen_result_version"
            ),
        )


class Phrase(Record):
    """A phrase of the remark bank (kho nhận xét) of a school, or of a teacher."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+", null=True)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", null=True)
    slot = models.CharField(max_length=20)  # remark, or a group of traits: traits-quality
    band = models.CharField(max_length=20, blank=True)  # mark band or level it fits
    level = models.CharField(max_length=10, blank=True)  # TH, THCS, THPT
    text = models.CharField(max_length=300)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")


classify(
    ClosingAct,
    internal=(
        "id",
        "school",
        "school_class",
        "sheet",
        "scope",
        "term",
        "step",
        "closes",
        "at",
        "person",
        "reason",
        "decision",
        "content_digest",
        "attestation",
    ),
    personal=("person_name",),
)
classify(
    Correction,
    internal=(
        "id",
        "school",
        "sheet",
        "pupil",
        "slot",
        "base_version",
        "state",
        "requested_at",
        "requested_by",
        "expires_at",
        "confirmed_at",
        "confirmed_by",
        "decided_at",
        "decided_by",
        "decision",
        "refusal",
    ),
    sensitive=("old_state", "old_value", "new_state", "new_value", "reason"),
)
classify(
    FrozenResult,
    internal=("id", "school", "school_class", "pupil", "term", "version", "regime", "closing", "digest"),
    sensitive=("level", "conduct", "title", "decision", "content"),
)
classify(Phrase, internal=("id", "school", "person", "slot", "band", "level", "text", "position"))
