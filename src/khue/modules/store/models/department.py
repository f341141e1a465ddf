"""What the department receives and keeps (kho học bạ): packages, records byte for byte, decisions."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q

from khue.kit.models import Record
from khue.kit.privacy import classify
from khue.modules.store.states import ItemState, ReceiptState, RequestKind, RequestState, StoredState


class StoreSchool(Record):
    """A school that may send: the numbers in the certificates with which it seals (trường gửi)."""

    school = models.OneToOneField("orgs.Unit", models.PROTECT, related_name="+")
    seals = models.JSONField(default=list)  # «MST:…», as the department knows them
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=200)


class StoreKey(Record):
    """A key with which a school's machine speaks to the store (khoá gửi); shown once, kept as a digest."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    label = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=200, blank=True)
    used_on = models.DateField(null=True)  # the last day; not each request

    class Meta:
        ordering = ("-made_at", "-id")

    def is_usable(self, now: dt.datetime) -> bool:
        """Whether it opens at that moment."""
        return self.revoked_at is None and self.made_at <= now < self.expires_at


class Receipt(Record):
    """A package at the department: its manifest, how much has come, when it was answered (lượt nhận)."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)  # SHA-256 of the manifest file
    manifest = models.BinaryField()
    year = models.CharField(max_length=9)
    level = models.CharField(max_length=4)
    issued = models.PositiveIntegerField()  # transcripts the school had issued then, as it says
    count = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)  # bytes that have come
    state = models.CharField(max_length=10, choices=ReceiptState.choices, default=ReceiptState.OPEN)
    opened_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    working_since = models.DateTimeField(null=True)  # one process at a time verifies it

    class Meta:
        ordering = ("-opened_at", "-id")
        constraints = (models.UniqueConstraint(fields=("school", "code"), name="receipt_code_once"),)
        indexes = (models.Index(fields=("state", "opened_at"), name="receipt_state"),)


class ReceivedChunk(Record):
    """A piece of a package that has come and is not verified yet; it goes when all is answered."""

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="chunks", db_index=False)
    offset = models.PositiveBigIntegerField()
    size = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ("offset",)
        constraints = (models.UniqueConstraint(fields=("receipt", "offset"), name="chunk_offset_once"),)


class ReceivedItem(Record):
    """One record that a manifest names, and the answer it got."""

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="items", db_index=False)
    position = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=30)
    digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=ItemState.choices, default=ItemState.WAITING)
    reasons = models.JSONField(default=list)  # [{code, params}]
    record = models.ForeignKey("store.StoredRecord", models.PROTECT, related_name="+", null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("receipt", "position"), name="received_position_once"),
        )


class ItemReport(Record):
    """What the verification of a received record found, kept for ever (biên bản kiểm tra)."""

    item = models.OneToOneField(ReceivedItem, models.PROTECT, related_name="report")
    verdict = models.CharField(max_length=10)
    checked_at = models.DateTimeField()
    report = models.JSONField()


class StoredRecord(Record):
    """A transcript in the store, one row for each version (học bạ trong kho)."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")  # who sent it
    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=30)
    year = models.CharField(max_length=9)
    level = models.CharField(max_length=4)
    transcript = models.CharField(max_length=60, blank=True)  # code of the pupil's transcript
    digest = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=StoredState.choices)
    replaces = models.ForeignKey("self", models.PROTECT, related_name="+", null=True)
    stored_at = models.DateTimeField()
    forwarded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-stored_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("school", "code"), condition=Q(state="accepted"), name="stored_accepted_once"
            ),
        )
        indexes = (
            models.Index(fields=("school", "state"), name="stored_school_state"),
            models.Index(fields=("code",), name="stored_code"),
            models.Index(fields=("transcript", "year"), name="stored_transcript"),
        )


class StoredFile(Record):
    """The bytes of a stored record as they came; nobody edits or deletes them (tệp trong kho)."""

    record = models.OneToOneField(StoredRecord, models.PROTECT, related_name="file")
    content = models.BinaryField()
    digest = models.CharField(max_length=64)


class StoredEvent(Record):
    """A step in the life of a stored record: by whom, why, on what authority; append-only."""

    record = models.ForeignKey(StoredRecord, models.PROTECT, related_name="events")
    state = models.CharField(max_length=10, choices=StoredState.choices)
    at = models.DateTimeField(db_index=True)
    person = models.UUIDField(null=True)
    person_name = models.CharField(max_length=200)
    reasons = models.JSONField(default=list)  # [{code, params}]
    reason = models.TextField(blank=True)
    authority = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("at", "id")


class ReceivedRequest(Record):
    """A school's request to cancel or recall a stored record, and the department's decision."""

    record = models.ForeignKey(StoredRecord, models.PROTECT, related_name="requests")
    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    sent_id = models.UUIDField()  # the sender's own id: sent twice it is one request
    kind = models.CharField(max_length=8, choices=RequestKind.choices)
    reason = models.TextField()
    authority = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.SENT)
    note = models.TextField(blank=True)
    received_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("received_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("school", "sent_id"), name="store_request_once"),
            models.UniqueConstraint(
                fields=("record",), condition=Q(state="sent"), name="store_request_open_once"
            ),
        )


class ForwardBatch(Record):
    """What is handed on together; made again it is the same (đợt chuyển tiếp)."""

    number = models.PositiveIntegerField(unique=True)
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)


class ForwardItem(Record):
    """One event of a stored record in a batch."""

    batch = models.ForeignKey(ForwardBatch, models.PROTECT, related_name="items")
    event = models.OneToOneField(StoredEvent, models.PROTECT, related_name="forwarded")


classify(StoreSchool, internal=("id", "school", "seals", "set_at"), personal=("set_by",))
classify(
    StoreKey,
    internal=("id", "school", "label", "made_at", "expires_at", "revoked_at", "used_on"),
    personal=("made_by", "revoked_by"),
    sensitive=("digest",),
)
classify(
    Receipt,
    internal=(
        "id", "school", "code", "digest", "manifest", "year", "level", "issued", "count", "size", "offset",
        "state", "opened_at", "received_at", "answered_at", "working_since",
    ),
)  # fmt: skip
classify(ReceivedChunk, internal=("id", "receipt", "offset", "size"), sensitive=("content",))
classify(
    ReceivedItem,
    internal=(
        "id", "receipt", "position", "code", "version", "kind", "digest", "size", "state", "record",
        "answered_at",
    ),
    personal=("reasons",),
)  # fmt: skip
classify(ItemReport, internal=("id", "item", "verdict", "checked_at"), personal=("report",))
classify(
    StoredRecord,
    internal=(
        "id", "school", "code", "version", "kind", "year", "level", "digest", "size", "state", "replaces",
        "stored_at", "forwarded_at",
    ),
    personal=("transcript",),
)  # fmt: skip
classify(StoredFile, internal=("id", "record", "digest"), sensitive=("content",))
classify(
    StoredEvent,
    internal=("id", "record", "state", "at", "person", "authority"),
    personal=("person_name", "reasons", "reason"),
)
classify(
    ReceivedRequest,
    internal=(
        "id", "record", "school", "sent_id", "kind", "authority", "state", "received_at", "decided_at",
    ),
    personal=("reason", "note", "decided_by"),
)  # fmt: skip
classify(ForwardBatch, internal=("id", "number", "made_at", "done_at"))
classify(ForwardItem, internal=("id", "batch", "event"))
