"""The enrolment register (sổ đăng bộ): books of cohorts, entries with a number for ever, events, closings.

What happened is only ever added: events and closings are append-only by trigger, and an entry cannot be
deleted because its events cannot. What the entry says now is derived from them and proved against them.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.kit.models import Record
from khue.kit.privacy import classify
from khue.rules.enrollment import Kind


class EventKind(models.TextChoices):
    """Events of the register (biến động); what each may follow stands in khue.rules.enrollment."""

    ADMITTED = Kind.ADMITTED, _("Tuyển sinh, vào trường")
    TRANSFERRED_IN = Kind.TRANSFERRED_IN, _("Chuyển đến")
    TRANSFERRED_OUT = Kind.TRANSFERRED_OUT, _("Chuyển đi")
    CLASS_PLACED = Kind.CLASS_PLACED, _("Xếp lớp")
    CLASS_MOVED = Kind.CLASS_MOVED, _("Chuyển lớp")
    PROMOTED = Kind.PROMOTED, _("Lên lớp")
    REPEATED = Kind.REPEATED, _("Ở lại lớp")
    SKIPPED_GRADE = Kind.SKIPPED_GRADE, _("Học vượt lớp")
    COMPLETED = Kind.COMPLETED, _("Hoàn thành cấp học")
    GRADUATED = Kind.GRADUATED, _("Tốt nghiệp")
    DROPPED_OUT = Kind.DROPPED_OUT, _("Thôi học")
    SUSPENDED = Kind.SUSPENDED, _("Bảo lưu, nghỉ dài")
    RETURNED = Kind.RETURNED, _("Học lại, tiếp nhận trở lại")
    CIVIL_CHANGE = Kind.CIVIL_CHANGE, _("Cải chính hộ tịch")
    CORRECTED = Kind.CORRECTED, _("Bổ sung, sửa sổ")
    IDENTIFIER_ADDED = Kind.IDENTIFIER_ADDED, _("Ghi mã định danh")
    IDENTIFIER_MERGED = Kind.IDENTIFIER_MERGED, _("Nhập hai hồ sơ làm một")
    IDENTIFIER_UNMERGED = Kind.IDENTIFIER_UNMERGED, _("Tách hồ sơ đã nhập")
    DISCIPLINE = Kind.DISCIPLINE, _("Kỉ luật")
    AWARD = Kind.AWARD, _("Khen thưởng")
    DECEASED = Kind.DECEASED, _("Qua đời")
    VOIDED = Kind.VOIDED, _("Gạch bỏ, ghi nhầm")


class EntryState(models.TextChoices):
    """Where a pupil of the register stands (trạng thái trong sổ)."""

    STUDYING = "studying", _("Đang học")
    SUSPENDED = "suspended", _("Bảo lưu")
    TRANSFERRED = "transferred", _("Đã chuyển đi")
    LEFT = "left", _("Thôi học")
    COMPLETED = "completed", _("Hoàn thành cấp học")
    GRADUATED = "graduated", _("Tốt nghiệp")
    DECEASED = "deceased", _("Qua đời")
    VOID = "void", _("Gạch bỏ")


class RegisterBook(Record):
    """The register of one cohort of a school and level (sổ của một khoá), e.g. «20180001HS2529»."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    level = models.CharField(max_length=10)  # TH, THCS, THPT
    first_year = models.PositiveSmallIntegerField()  # 2025 for the cohort that began in 2025-2026
    code = models.CharField(max_length=60)
    opened_at = models.DateTimeField()

    class Meta:
        ordering = ("-first_year", "level")
        constraints = (
            models.UniqueConstraint(fields=("school", "level", "first_year"), name="register_book_once"),
        )

    def __str__(self) -> str:
        return self.code


class RegisterEntry(Record):
    """A pupil in a book, under a number given once (dòng trong sổ đăng bộ).

    `facts` is what the book said when the pupil was entered, under the seed of the chain of events;
    `now` what it says after them. `person` is empty once an entry was struck out.
    """

    book = models.ForeignKey(RegisterBook, models.PROTECT, related_name="entries")
    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", null=True)
    entered_on = models.DateField()
    facts = models.JSONField()
    now = models.JSONField()
    name = models.CharField(max_length=150)
    sort_key = models.CharField(max_length=400)
    search_key = models.CharField(max_length=150)
    class_name = models.CharField(max_length=30, blank=True)  # the last class in the school
    state = models.CharField(max_length=12, choices=EntryState.choices, default=EntryState.STUDYING)
    state_on = models.DateField()
    history_head = models.CharField(max_length=64)
    history_length = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("book", "number")
        constraints = (
            models.UniqueConstraint(fields=("book", "number"), name="register_number_once"),
            models.UniqueConstraint(fields=("book", "person"), name="register_person_once"),
        )
        indexes = (models.Index(fields=("school", "state"), name="register_school_state"),)

    def __str__(self) -> str:
        return f"{self.number}/{self.book.level}"


class RegisterEvent(Record):
    """Something that happened to a pupil of the register (biến động); append-only, chained in its entry."""

    entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=24, choices=EventKind.choices)
    on = models.DateField()
    decision = models.CharField(max_length=200, blank=True)  # số quyết định, giấy tờ
    decision_on = models.DateField(null=True)
    paper = models.CharField(max_length=300, blank=True)  # đơn, giấy giới thiệu, trích lục …
    author = models.UUIDField(null=True)
    author_name = models.CharField(max_length=200)
    at = models.DateTimeField()
    data = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("entry", "sequence")
        constraints = (models.UniqueConstraint(fields=("entry", "sequence"), name="register_event_sequence"),)
        indexes = (models.Index(fields=("kind", "on"), name="register_event_kind"),)


class RegisterClosing(Record):
    """A book's school year, frozen (khoá sổ năm): how far each entry's events stand on its page."""

    book = models.ForeignKey(RegisterBook, models.PROTECT, related_name="closings")
    year = models.PositiveSmallIntegerField()  # 2025 for 2025-2026
    number = models.PositiveSmallIntegerField()  # 1, 2 … within the book
    at = models.DateTimeField()
    person = models.UUIDField(null=True)
    person_name = models.CharField(max_length=200)
    entries = models.PositiveIntegerField()
    events = models.PositiveIntegerField()
    lengths = models.JSONField()  # entry → number of events up to here
    text_digest = models.CharField(max_length=64)  # of all that was frozen
    digest = models.CharField(max_length=64)  # of this row, over the closing before
    document = models.UUIDField(null=True)  # the signed record; empty where a school does not sign yet
    signature = models.UUIDField(null=True)

    class Meta:
        ordering = ("book", "number")
        constraints = (
            models.UniqueConstraint(fields=("book", "year"), name="register_year_once"),
            models.UniqueConstraint(fields=("book", "number"), name="register_closing_number"),
        )


PRESENT = Q(state__in=(EntryState.STUDYING, EntryState.SUSPENDED))

classify(RegisterBook, internal=("id", "school", "level", "first_year", "code", "opened_at"))
classify(
    RegisterEntry,
    internal=(
        "id", "book", "school", "number", "person", "entered_on", "class_name", "history_head",
        "history_length",
    ),
    personal=("name", "sort_key", "search_key"),
    sensitive=("facts", "now", "state", "state_on"),
)  # fmt: skip
classify(
    RegisterEvent,
    internal=("id", "entry", "sequence", "on", "decision_on", "author", "at", "digest"),
    personal=("author_name",),
    sensitive=("kind", "decision", "paper", "data"),
)
classify(
    RegisterClosing,
    internal=(
        "id", "book", "year", "number", "at", "person", "entries", "events", "lengths", "text_digest",
        "digest", "document", "signature",
    ),
    personal=("person_name",),
)  # fmt: skip
