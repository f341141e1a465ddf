"""Documents with a life: their frozen parts, their signatures, the finished file (hồ sơ điện tử đã ký).

What was frozen or signed is never edited: sections, signatures, files and events are append-only by
trigger. A correction makes a new version that takes over the parts it did not touch.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.kit.models import Record
from khue.kit.privacy import classify


class DocumentState(models.TextChoices):
    """Life of a document (e-records.md 1.4)."""

    PREPARED = "prepared", _("Đã lập, chưa có chữ ký")
    PARTIAL = "partial", _("Đang ký")
    COMPLETE = "complete", _("Đủ chữ ký cá nhân, chờ dấu của trường")
    ISSUED = "issued", _("Đã phát hành")
    SUPERSEDED = "superseded", _("Đã được bản mới thay thế")
    CANCELLED = "cancelled", _("Đã huỷ")
    RECALLED = "recalled", _("Đã thu hồi")


OPEN_STATES = (DocumentState.PREPARED, DocumentState.PARTIAL, DocumentState.COMPLETE)
ENDED_STATES = (DocumentState.SUPERSEDED, DocumentState.CANCELLED, DocumentState.RECALLED)


class Document(Record):
    """One version of a signed record of one subject, such as a class's term (hồ sơ).

    `subject` and `part` say of what: for the gradebook the class and the term. The head is frozen
    with the document; sections come when their signers close them.
    """

    kind = models.CharField(max_length=30)  # record type: «gradebook-term»
    code = models.CharField(max_length=40, db_index=True)  # of all versions; in the file and on paper
    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    subject = models.UUIDField()
    part = models.PositiveSmallIntegerField()
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=200)  # «Sổ theo dõi và đánh giá, lớp 6A, học kì I»
    head = models.TextField()  # canonical kr:Head
    state = models.CharField(max_length=12, choices=DocumentState.choices, default=DocumentState.PREPARED)
    replaces = models.ForeignKey("self", models.PROTECT, related_name="+", null=True)
    print_code = models.CharField(max_length=12)  # stands on the print; opens the marks to a stranger
    made_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True, db_index=True)  # SHA-256 of the finished file

    class Meta:
        ordering = ("-made_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("kind", "subject", "part", "version"), name="document_version"),
            models.UniqueConstraint(
                fields=("kind", "subject", "part"),
                condition=Q(state__in=("prepared", "partial", "complete")),
                name="document_open_once",
            ),
        )
        indexes = (models.Index(fields=("school", "state"), name="document_school_state"),)


class DocumentSection(Record):
    """A section as it was frozen (phần của hồ sơ): canonical text, and from what it was made."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="sections", db_index=False)
    section_id = models.CharField(max_length=20)  # «s03», «summary»: Id in the file
    kind = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField()
    text = models.TextField()
    signers = models.PositiveSmallIntegerField(default=1)  # how many the text names
    source = models.UUIDField()  # the sheet or class it was made from
    digest = models.CharField(max_length=64)  # SHA-256 of the text
    frozen_at = models.DateTimeField()

    class Meta:
        ordering = ("position", "section_id")
        constraints = (
            models.UniqueConstraint(fields=("document", "section_id"), name="document_section_once"),
        )


class DocumentSignature(Record):
    """A signature in its slot (chữ ký): who, with which certificate, when; the XML as it is embedded."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="signatures", db_index=False)
    role = models.CharField(max_length=20)
    section_id = models.CharField(max_length=20, blank=True)
    number = models.PositiveSmallIntegerField(default=1)
    person = models.UUIDField(null=True)  # empty for the seal
    signer_name = models.CharField(max_length=200)
    capacity = models.CharField(max_length=200, blank=True)  # «Phó Hiệu trưởng, uỷ quyền số …»
    certificate = models.ForeignKey("records.Certificate", models.PROTECT, related_name="+")
    request = models.CharField(max_length=32)  # id of the ToBeSigned
    text = models.TextField()
    digest = models.CharField(max_length=64)  # SHA-256 of the text
    signed_at = models.DateTimeField()
    carried = models.BooleanField(default=False)  # taken over from the version before

    class Meta:
        ordering = ("signed_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("document", "role", "section_id", "number"), name="document_slot_once"
            ),
        )
        indexes = (models.Index(fields=("request",), name="signature_request"),)


class SignatureStamp(Record):
    """An RFC 3161 token over one signature's value (dấu thời gian)."""

    signature = models.OneToOneField(DocumentSignature, models.PROTECT, related_name="stamp")
    token = models.BinaryField()
    at = models.DateTimeField()  # the time it proves


class DocumentFile(Record):
    """The finished file, byte for byte, from the moment of issue (tệp hồ sơ)."""

    document = models.OneToOneField(Document, models.PROTECT, related_name="file")
    content = models.BinaryField()
    digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()


class DocumentEvent(Record):
    """A step in a document's life: its state, by whom, why, on what authority (vòng đời)."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="events")
    state = models.CharField(max_length=12, choices=DocumentState.choices)
    at = models.DateTimeField()
    person = models.UUIDField(null=True)
    person_name = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    authority = models.CharField(max_length=200, blank=True)  # số, ngày quyết định

    class Meta:
        ordering = ("at", "id")


classify(
    Document,
    internal=(
        "id", "kind", "code", "school", "subject", "part", "version", "title", "state", "replaces",
        "made_at", "issued_at", "digest",
    ),
    personal=("head",),
    sensitive=("print_code",),
)  # fmt: skip
classify(
    DocumentSection,
    internal=(
        "id", "document", "section_id", "kind", "position", "signers", "source", "digest", "frozen_at",
    ),
    sensitive=("text",),
)
classify(
    DocumentSignature,
    internal=(
        "id", "document", "role", "section_id", "number", "person", "certificate", "request", "digest",
        "signed_at", "carried",
    ),
    personal=("signer_name", "capacity", "text"),
)  # fmt: skip
classify(SignatureStamp, internal=("id", "signature", "token", "at"))
classify(DocumentFile, internal=("id", "document", "digest", "size"), sensitive=("content",))
classify(
    DocumentEvent,
    internal=("id", "document", "state", "at", "person", "reason", "authority"),
    personal=("person_name",),
)
