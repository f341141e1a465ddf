"""School years with terms, classes, their subjects, pupils and teachers, all with dates."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.kit.models import Dated, Record, not_backwards
from khue.kit.privacy import classify


class SchoolYear(Record):
    """A school year, e.g. 2025-2026 (năm học)."""

    code = models.CharField(max_length=9, unique=True)  # "2025-2026"
    starts_on = models.DateField()
    ends_on = models.DateField()  # exclusive

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class Term(Record):
    """A term of a year as a province or a school plans it (học kì): 1, 2, or 3 for the summer."""

    year = models.ForeignKey(SchoolYear, models.PROTECT, related_name="terms")
    unit = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+", null=True, blank=True)
    number = models.PositiveSmallIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField()  # exclusive
    weeks = models.PositiveSmallIntegerField(default=18)

    class Meta:
        ordering = ("year", "number")
        constraints = (
            models.UniqueConstraint(
                fields=("year", "number"), condition=Q(unit__isnull=True), name="term_once_for_all"
            ),
            models.UniqueConstraint(
                fields=("year", "unit", "number"), condition=Q(unit__isnull=False), name="term_once_per_unit"
            ),
        )


class SchoolClass(Record):
    """A class in one school year (lớp). The regime of assessment law is bound to it (rule 0.1)."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    year = models.ForeignKey(SchoolYear, models.PROTECT, related_name="+")
    campus = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+", null=True, blank=True)
    name = models.CharField(max_length=30)
    sort_key = models.CharField(max_length=60)
    grade = models.PositiveSmallIntegerField()
    level = models.CharField(max_length=10)  # TH, THCS, THPT
    regime = models.CharField(max_length=20)  # khue.rules.regimes.RegimeId
    combination = models.CharField(max_length=200, blank=True)  # tổ hợp lựa chọn cố định, mã môn

    class Meta:
        ordering = ("year", "grade", "sort_key", "id")
        constraints = (
            models.UniqueConstraint(fields=("school", "year", "name"), name="class_name_once"),
        )

    def __str__(self) -> str:
        return self.name


class Subject(Record):
    """A subject or educational activity of the curriculum (môn học, hoạt động giáo dục)."""

    level = models.CharField(max_length=10)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("level", "position")
        constraints = (models.UniqueConstraint(fields=("level", "code"), name="subject_once"),)

    def __str__(self) -> str:
        return self.name


class ClassSubject(Record):
    """A subject as one class learns it in its year: kind, periods, number of ĐĐGtx (môn của lớp)."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    school_class = models.ForeignKey(SchoolClass, models.PROTECT, related_name="subjects")
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)  # score, comment, level_THC
    periods_per_year = models.PositiveSmallIntegerField()
    ongoing_required = models.PositiveSmallIntegerField()  # số ĐĐGtx mỗi học kì, Điều 6 TT 22
    has_topic = models.BooleanField(default=False)  # cụm chuyên đề
    topic_term = models.PositiveSmallIntegerField(default=2)  # học kì ghi điểm chuyên đề
    elective = models.BooleanField(default=False)  # only the pupils who chose it
    tested_midterm = models.BooleanField(default=False)  # tiểu học: có bài KTĐK giữa kì
    tested_endterm = models.BooleanField(default=False)  # tiểu học: có bài KTĐK cuối kì
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(fields=("school_class", "subject"), name="class_subject_once"),
        )


class TeachingAssignment(Dated):
    """A person teaches a class's subject from a day to a day (phân công giảng dạy); several may."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    class_subject = models.ForeignKey(ClassSubject, models.PROTECT, related_name="teachers")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")

    class Meta:
        constraints = (not_backwards("teaching_period"),)
        indexes = (models.Index(fields=("person", "valid_to"), name="teaching_person"),)


class HomeroomAssignment(Dated):
    """A person leads a class from a day to a day (giáo viên chủ nhiệm)."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    school_class = models.ForeignKey(SchoolClass, models.PROTECT, related_name="homerooms")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")

    class Meta:
        constraints = (not_backwards("homeroom_period"),)
        indexes = (models.Index(fields=("person", "valid_to"), name="homeroom_person"),)


class AssessmentMode(models.TextChoices):
    """How a pupil is assessed in a subject (Điều 10, 11 TT 22)."""

    NORMAL = "NORMAL", _("Như các học sinh khác")
    REDUCED = "REDUCED", _("Giảm yêu cầu")
    PERSONAL_PLAN = "PERSONAL_PLAN", _("Theo kế hoạch giáo dục cá nhân")
    EXEMPT = "EXEMPT", _("Miễn")


class ClassMembership(Dated):
    """A pupil is in a class from a day to a day (học sinh của lớp); marks stay with this row's pupil."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    school_class = models.ForeignKey(SchoolClass, models.PROTECT, related_name="memberships")
    pupil = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)  # số thứ tự trong sổ
    status = models.CharField(max_length=30, default=_("Đang học"))

    class Meta:
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("school_class", "pupil"),
                condition=Q(valid_to__isnull=True),
                name="membership_open_once",
            ),
            not_backwards("membership_period"),
        )
        indexes = (models.Index(fields=("pupil", "valid_to"), name="membership_pupil"),)


class SubjectChoice(Record):
    """A pupil's own relation to a subject of the class: chosen elective, topic, assessment mode."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    class_subject = models.ForeignKey(ClassSubject, models.PROTECT, related_name="choices")
    pupil = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    takes_subject = models.BooleanField(default=True)
    takes_topic = models.BooleanField(default=False)
    mode = models.CharField(
        max_length=20, choices=AssessmentMode.choices, default=AssessmentMode.NORMAL
    )
    decision = models.CharField(max_length=200, blank=True)  # quyết định, kế hoạch cá nhân

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("class_subject", "pupil"), name="subject_choice_once"),
        )


class SplitState(models.TextChoices):
    """Life of a split."""

    DRAFT = "draft", _("Đang chia thử")
    APPLIED = "applied", _("Đã xếp lớp")
    UNDONE = "undone", _("Đã hoàn tác")


class ClassSplit(Record):
    """Pupils of a grade on their way into classes: tried, moved by hand, confirmed, undone (chia lớp)."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    year = models.ForeignKey(SchoolYear, models.PROTECT, related_name="+")
    grade = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=SplitState.choices, default=SplitState.DRAFT)
    # Pupil → what the list said: score, combination, village, family. Sex and ethnicity stay with the person.
    pupils = models.JSONField()
    rooms = models.JSONField()  # [{"name": "6A", "combinations": ["VL,HH,SH,TIN"]}, …]
    rules = models.JSONField()
    places = models.JSONField(default=dict)  # pupil → name of the class
    by_hand = models.JSONField(default=dict)  # of these, the ones a person chose
    undo = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    applied_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("-made_at", "-id")
        indexes = (models.Index(fields=("school", "year", "state"), name="split_school_year"),)


classify(
    ClassSplit,
    internal=(
        "id",
        "school",
        "year",
        "grade",
        "state",
        "rooms",
        "places",
        "by_hand",
        "undo",
        "made_at",
        "applied_at",
        "version",
    ),
    personal=("rules", "made_by"),
    sensitive=("pupils",),
)
classify(SchoolYear, public=("id", "code", "starts_on", "ends_on"))
classify(Term, public=("id", "year", "unit", "number", "starts_on", "ends_on", "weeks"))
classify(
    SchoolClass,
    internal=(
        "id",
        "school",
        "year",
        "campus",
        "name",
        "sort_key",
        "grade",
        "level",
        "regime",
        "combination",
    ),
)
classify(Subject, public=("id", "level", "code", "name", "name_en", "position"))
classify(
    ClassSubject,
    internal=(
        "id",
        "school",
        "school_class",
        "subject",
        "kind",
        "periods_per_year",
        "ongoing_required",
        "has_topic",
        "topic_term",
        "elective",
        "tested_midterm",
        "tested_endterm",
        "position",
    ),
)
classify(
    TeachingAssignment,
    internal=("id", "school", "class_subject", "person", "valid_from", "valid_to"),
)
classify(
    HomeroomAssignment,
    internal=("id", "school", "school_class", "person", "valid_from", "valid_to"),
)
classify(
    ClassMembership,
    internal=("id", "school", "school_class", "pupil", "position", "valid_from", "valid_to"),
    personal=("status",),
)
classify(
    SubjectChoice,
    internal=("id", "school", "class_subject", "pupil", "takes_subject", "takes_topic"),
    sensitive=("mode", "decision"),
)
