"""Changes of school: what was asked, released and accepted, and what came from elsewhere (chuyển trường)."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.kit.models import Record
from khue.kit.privacy import classify


class TransferState(models.TextChoices):
    """Life of a transfer (assessment.md 7.3)."""

    REQUESTED = "requested", _("Chờ trường đang học cho chuyển")
    RELEASED = "released", _("Chờ trường mới tiếp nhận")
    ACCEPTED = "accepted", _("Đã tiếp nhận")
    HANDED_OVER = "handed_over", _("Đã giao gói hồ sơ cho trường ngoài hệ thống")
    REFUSED = "refused", _("Bị từ chối")
    WITHDRAWN = "withdrawn", _("Đã rút đơn")


OPEN_STATES = (TransferState.REQUESTED, TransferState.RELEASED)


class Side(models.TextChoices):
    """Where the request was written down."""

    FROM = "from", _("Trường đang học")
    TO = "to", _("Trường sẽ đến")


class Transfer(Record):
    """A pupil goes from one school to another (chuyển trường).

    Either school may run another system: then it has a name here and no row. `pupil` is empty until a
    pupil who comes from elsewhere is accepted.
    """

    code = models.CharField(max_length=40, unique=True)
    pupil = models.ForeignKey("people.Person", models.PROTECT, related_name="+", null=True)
    pupil_name = models.CharField(max_length=150)
    from_school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+", null=True)
    from_name = models.CharField(max_length=200)
    to_school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+", null=True)
    to_name = models.CharField(max_length=200)
    to_code = models.CharField(max_length=40, blank=True)  # the Ministry's, of a school elsewhere
    same_province = models.BooleanField(default=True)
    from_class = models.ForeignKey("schooling.SchoolClass", models.PROTECT, related_name="+", null=True)
    grade = models.PositiveSmallIntegerField()
    level = models.CharField(max_length=10)
    reason = models.TextField()
    applicant = models.CharField(max_length=200, blank=True)  # who of the family applied
    state = models.CharField(max_length=12, choices=TransferState.choices)
    side = models.CharField(max_length=4, choices=Side.choices)
    requested_at = models.DateTimeField()
    requested_by = models.UUIDField(null=True)
    release_due = models.DateField()
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=200, blank=True)
    document = models.UUIDField(null=True)  # the signed parcel, if it was signed here
    decision_due = models.DateField(null=True)  # the receiving school decides
    placement_due = models.DateField(null=True)
    reminded_on = models.DateField(null=True)  # the last day on which a deadline was told
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=200, blank=True)
    decision = models.CharField(max_length=200, blank=True)  # số, ngày văn bản tiếp nhận
    refusal = models.TextField(blank=True)
    to_class = models.ForeignKey("schooling.SchoolClass", models.PROTECT, related_name="+", null=True)
    accepted_on = models.DateField(null=True)

    class Meta:
        ordering = ("-requested_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("pupil",),
                condition=Q(state__in=("requested", "released"), pupil__isnull=False),
                name="transfer_open_once",
            ),
        )
        indexes = (
            models.Index(fields=("from_school", "state"), name="transfer_from_state"),
            models.Index(fields=("to_school", "state"), name="transfer_to_state"),
        )

    def __str__(self) -> str:
        return self.code

    @property
    def origin(self) -> UUID:
        """The school that the pupil leaves, of this installation."""
        return _here(self.from_school_id)

    @property
    def destination(self) -> UUID:
        """The school that the pupil goes to, of this installation."""
        return _here(self.to_school_id)

    @property
    def who(self) -> UUID:
        """The pupil, once known here."""
        return _here(self.pupil_id)


def _here(key: UUID | None) -> UUID:
    if key is None:
        msg = "this side of the transfer is elsewhere"
        raise ValueError(msg)
    return key


class TransferStep(Record):
    """A step of a transfer: which state, by whom, why (các bước); append-only."""

    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="steps")
    state = models.CharField(max_length=12, choices=TransferState.choices)
    at = models.DateTimeField()
    person = models.UUIDField(null=True)
    person_name = models.CharField(max_length=200)
    school = models.UUIDField(null=True)  # for which school the person acted
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("at", "id")


class ReceivedParcel(Record):
    """A parcel that came as a file, byte for byte, with what its verification said; append-only."""

    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="parcel")
    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, db_index=True)  # SHA-256 of the file
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    verdict = models.CharField(max_length=12)  # valid, uncertain
    findings = models.JSONField()  # per file: name, verdict, sentence
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("-received_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("school", "digest"), name="parcel_once_per_school"),
        )


classify(
    Transfer,
    internal=(
        "id", "code", "pupil", "from_school", "from_name", "to_school", "to_name", "to_code", "same_province",
        "from_class", "grade", "level", "state", "side", "requested_at", "requested_by", "release_due",
        "released_at", "document", "decision_due", "placement_due", "reminded_on", "decided_at", "decision",
        "to_class", "accepted_on",
    ),
    personal=("pupil_name", "applicant", "released_by", "decided_by"),
    sensitive=("reason", "refusal"),
)  # fmt: skip
classify(
    TransferStep,
    internal=("id", "transfer", "state", "at", "person", "school"),
    personal=("person_name",),
    sensitive=("note",),
)
classify(
    ReceivedParcel,
    internal=("id", "transfer", "school", "digest", "size", "verdict", "received_at"),
    personal=("received_by",),
    sensitive=("content", "findings"),
)
