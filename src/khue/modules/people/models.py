"""Persons with their identifiers; the pupil's profile, guardians and staff positions.

A person is one row for life, whatever the person is: pupil, teacher, guardian, or all three.
"""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.kit.models import Dated, Record, not_backwards
from khue.kit.privacy import classify


class Person(Record):
    """A human being known to a school (người). Names are NFC; keys are stored (ADR 0014)."""

    full_name = models.CharField(max_length=150)
    sort_key = models.CharField(max_length=400, db_index=True)
    search_key = models.CharField(max_length=150, db_index=True)
    birth_date = models.DateField(null=True, blank=True)
    birth_text = models.CharField(max_length=10, blank=True)  # "2013" or "2013-05" when not exact
    sex = models.CharField(max_length=10, blank=True)  # "Nam", "Nữ"
    ethnic_code = models.CharField(max_length=10, blank=True)
    nationality = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    email = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ("sort_key", "id")

    def __str__(self) -> str:
        return self.full_name

    @property
    def birth_shown(self) -> str:
        """The birth date as people write it: dd/mm/yyyy, or what is known of it."""
        if self.birth_date:
            return f"{self.birth_date:%d/%m/%Y}"
        return "/".join(reversed(self.birth_text.split("-"))) if self.birth_text else ""


class IdentifierScheme(models.TextChoices):
    """Kinds of identifiers; none is ever a key of ours."""

    MINISTRY = "moet", _("Mã định danh Bộ GD&ĐT")
    PERSONAL = "personal", _("Số định danh cá nhân")
    SOFTWARE = "software", _("Mã của phần mềm cũ")
    STAFF = "staff", _("Mã cán bộ")
    TEMPORARY = "temporary", _("Mã tạm")
    LIFELONG = "lifelong", _("Mã số hồ sơ học tập suốt đời")  # NĐ 88/2026 Điều 9; its form is not known yet


class PersonIdentifier(Dated):
    """An identifier of a person. The personal number is stored sealed, found by a keyed digest."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="identifiers")
    scheme = models.CharField(max_length=20, choices=IdentifierScheme.choices)
    value = models.CharField(max_length=300)  # in the clear, or sealed for PERSONAL
    lookup = models.CharField(max_length=64)  # the value itself, or its keyed digest for PERSONAL
    issuer = models.UUIDField(null=True)  # the school whose software gave a SOFTWARE code

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("scheme", "lookup"),
                condition=Q(valid_to__isnull=True) & ~Q(scheme="software"),
                name="identifier_open_once",
            ),
            models.UniqueConstraint(
                fields=("issuer", "lookup"),
                condition=Q(valid_to__isnull=True, scheme="software"),
                name="software_code_once_per_school",
            ),
            not_backwards("identifier_period"),
        )
        indexes = (models.Index(fields=("lookup",), name="identifier_lookup"),)


class PupilProfile(Record):
    """What the enrolment register asks of a pupil (sơ yếu lí lịch), assessment.md 4.2 and 4.3."""

    person = models.OneToOneField(Person, models.PROTECT, related_name="pupil")
    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    register_number = models.CharField(max_length=40, blank=True)  # số đăng bộ
    status = models.CharField(max_length=30, default=_("Đang học"))  # danh mục student-status
    admitted_on = models.DateField(null=True, blank=True)
    religion = models.CharField(max_length=60, blank=True)
    policy_groups = models.CharField(max_length=200, blank=True)  # đối tượng chính sách
    disability = models.CharField(max_length=100, blank=True)
    birth_place = models.CharField(max_length=250, blank=True)
    home_town = models.CharField(max_length=250, blank=True)
    current_address = models.CharField(max_length=300, blank=True)
    permanent_address = models.CharField(max_length=300, blank=True)
    commune_code = models.CharField(max_length=10, blank=True)
    contact_phone = models.CharField(max_length=30, blank=True)
    note = models.TextField(blank=True)
    # The rest of the columns of the pupil list as imported, by field name, so that nothing is lost.
    imported = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = (models.Index(fields=("school", "status"), name="pupil_school_status"),)


class IdentifierMerge(Record):
    """Two rows of one child: the codes went from one to the other, with a reason, and can go back."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    kept = models.ForeignKey(Person, models.PROTECT, related_name="+")
    other = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    moved = models.JSONField(default=list)  # pairs of identifiers: ended at the other, given to the kept
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-made_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("other",), condition=Q(undone_at__isnull=True), name="merged_once"
            ),
        )


class Guardianship(Dated):
    """A guardian of a child (cha, mẹ, người giám hộ)."""

    child = models.ForeignKey(Person, models.PROTECT, related_name="guardianships")
    guardian = models.ForeignKey(Person, models.PROTECT, related_name="wards")
    relation = models.CharField(max_length=20)  # father, mother, guardian
    occupation = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = (not_backwards("guardianship_period"),)


class Employment(Dated):
    """A person works at a unit in a position from a day to a day (cán bộ, giáo viên, nhân viên)."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="employments")
    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    position = models.CharField(max_length=80)  # Hiệu trưởng, Phó Hiệu trưởng, Giáo viên, Nhân viên
    title_code = models.CharField(max_length=30, blank=True)  # hạng chức danh, e.g. V.07.04.32
    qualification = models.CharField(max_length=80, blank=True)
    subject_codes = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=60, default=_("Đang làm việc"))
    joined_sector_on = models.DateField(null=True, blank=True)
    imported = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = (not_backwards("employment_period"),)
        indexes = (models.Index(fields=("school", "person"), name="employment_school_person"),)

    def is_current(self, day: dt.date) -> bool:
        """Whether the position is held on that day."""
        return self.is_in_force(day)


classify(
    Person,
    internal=("id",),
    personal=(
        "full_name",
        "sort_key",
        "search_key",
        "birth_date",
        "birth_text",
        "sex",
        "nationality",
        "phone",
        "email",
    ),
    sensitive=("ethnic_code",),
)
classify(
    PersonIdentifier,
    internal=("id", "person", "scheme", "issuer", "valid_from", "valid_to"),
    sensitive=("value", "lookup"),
)
classify(
    IdentifierMerge,
    internal=("id", "school", "kept", "other", "moved", "made_at", "undone_at"),
    personal=("reason", "made_by"),
)
classify(
    PupilProfile,
    internal=("id", "person", "school", "register_number", "status", "admitted_on"),
    personal=(
        "birth_place",
        "home_town",
        "current_address",
        "permanent_address",
        "commune_code",
        "contact_phone",
        "note",
    ),
    sensitive=("religion", "policy_groups", "disability", "imported"),
)
classify(
    Guardianship,
    internal=("id", "child", "guardian", "relation", "valid_from", "valid_to"),
    personal=("occupation",),
)
classify(
    Employment,
    internal=(
        "id",
        "person",
        "school",
        "position",
        "title_code",
        "qualification",
        "subject_codes",
        "status",
        "joined_sector_on",
        "valid_from",
        "valid_to",
    ),
    personal=("imported",),
)
