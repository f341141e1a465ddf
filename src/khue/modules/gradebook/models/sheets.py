"""Sheets, their cells, and the history of each cell that nothing can edit.

One mechanism serves every table of the gradebook: a subject's marks or comments, the primary
table, and the homeroom teacher's own sheet (conduct, absences, remarks). A sheet is a class, a
term and (but for the homeroom sheet) a subject; its columns are `slots` (see slots.py).
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.kit.models import Record
from khue.kit.privacy import classify


class SheetKind(models.TextChoices):
    """Which columns a sheet has."""

    SCORE = "score", _("Môn đánh giá bằng nhận xét kết hợp điểm số")
    COMMENT = "comment", _("Môn đánh giá bằng nhận xét")
    PRIMARY = "primary", _("Môn học tiểu học theo thời điểm")
    TRAITS = "traits", _("Phẩm chất và năng lực (tiểu học)")
    HOMEROOM = "homeroom", _("Rèn luyện, ngày nghỉ, nhận xét của giáo viên chủ nhiệm")


class SheetState(models.TextChoices):
    """Life of a sheet (assessment.md 4.6)."""

    OPEN = "open", _("Đang nhập")
    CLOSED = "closed", _("Giáo viên đã chốt")
    SEALED = "sealed", _("Đã khoá cùng lớp")


class Sheet(Record):
    """Marks of one subject, or the homeroom sheet, of one class in one term (bảng điểm)."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    school_class = models.ForeignKey("schooling.SchoolClass", models.PROTECT, related_name="+")
    class_subject = models.ForeignKey(
        "schooling.ClassSubject", models.PROTECT, related_name="+", null=True, blank=True
    )
    term = models.PositiveSmallIntegerField()  # 1, 2; 3 = after summer
    kind = models.CharField(max_length=12, choices=SheetKind.choices)
    state = models.CharField(max_length=10, choices=SheetState.choices, default=SheetState.OPEN)
    history_length = models.PositiveIntegerField(default=0)
    history_head = models.CharField(max_length=64, blank=True)  # digest of the last change
    correction_count = models.PositiveIntegerField(default=0)  # «sửa chữa ở … chỗ»
    layout = models.JSONField(null=True, blank=True)  # layout of the file it came in, for Excel out

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("school_class", "term", "class_subject"),
                condition=Q(class_subject__isnull=False),
                name="sheet_once_per_subject",
            ),
            models.UniqueConstraint(
                fields=("school_class", "term", "kind"),
                condition=Q(class_subject__isnull=True),
                name="sheet_once_per_class",
            ),
        )
        indexes = (models.Index(fields=("school", "state"), name="sheet_school_state"),)


class CellState(models.TextChoices):
    """State of a cell; EMPTY is never 0 (Điều 7 TT 22, assessment.md 1.3)."""

    EMPTY = "EMPTY", _("Trống")
    PENDING_MAKEUP = "PENDING_MAKEUP", _("Vắng, chờ kiểm tra bù")
    MARK = "MARK", _("Có kết quả")
    ZERO_NO_MAKEUP = "ZERO_NO_MAKEUP", _("Không kiểm tra bù")


class Cell(Record):
    """The present content of one cell. The value is exact text: "7.5", "Đ", "T", a remark."""

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="cells", db_index=False)
    pupil = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    slot = models.CharField(max_length=20)
    state = models.CharField(max_length=16, choices=CellState.choices)
    value = models.TextField(blank=True)
    version = models.PositiveIntegerField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("sheet", "pupil", "slot"), name="cell_once"),
        )


class ChangeSource(models.TextChoices):
    """By which way a change came."""

    GRID = "grid", _("Nhập trên bảng")
    IMPORT = "import", _("Nhập từ Excel")
    UNDO = "undo", _("Hoàn tác lần nhập")
    CORRECTION = "correction", _("Sửa sau khi chốt")
    CLOSING = "closing", _("Chốt sổ")
    TRANSFER = "transfer", _("Mang theo khi chuyển lớp")


class CellChange(Record):
    """One change of one cell: append-only by database trigger, chained by digest per sheet."""

    op_id = models.UUIDField(unique=True)
    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="+", db_index=False)
    sequence = models.PositiveIntegerField()  # 1, 2, 3 … within the sheet
    pupil = models.UUIDField()
    slot = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=16)
    value = models.TextField(blank=True)
    old_state = models.CharField(max_length=16)
    old_value = models.TextField(blank=True)
    at = models.DateTimeField()
    actor_person = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200)
    source = models.CharField(max_length=12, choices=ChangeSource.choices)
    origin = models.UUIDField(null=True)  # import run or correction
    reason = models.TextField(blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("sheet", "sequence")
        constraints = (
            models.UniqueConstraint(fields=("sheet", "sequence"), name="change_sequence_once"),
        )
        indexes = (models.Index(fields=("sheet", "pupil", "slot"), name="change_of_cell"),)


classify(
    Sheet,
    internal=(
        "id",
        "school",
        "school_class",
        "class_subject",
        "term",
        "kind",
        "state",
        "history_length",
        "history_head",
        "correction_count",
        "layout",
    ),
)
classify(
    Cell,
    internal=("id", "sheet", "pupil", "slot", "version", "changed_at", "changed_by"),
    sensitive=("state", "value"),
)
classify(
    CellChange,
    internal=(
        "id",
        "op_id",
        "sheet",
        "sequence",
        "pupil",
        "slot",
        "version",
        "at",
        "actor_person",
        "actor_name",
        "source",
        "origin",
        "digest",
    ),
    sensitive=("state", "value", "old_state", "old_value", "reason"),
)
