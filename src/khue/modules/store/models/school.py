"""What a school sends to the department's store (gói học bạ), and how each record was answered."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from khue.kit.models import Record
from khue.kit.privacy import classify
from khue.modules.store.states import ItemState, PackageState, RequestKind, RequestState


class Package(Record):
    """Issued transcripts of a school, year and level that are sent together (gói học bạ).

    Its manifest is a record of its own in `records`, sealed by the school; it names every file with its
    digest, so that what arrives can be nothing else.
    """

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    year = models.CharField(max_length=9)  # «2025-2026»
    level = models.CharField(max_length=4)  # TH, THCS, THPT
    document = models.ForeignKey("records.Document", models.PROTECT, related_name="+")  # the manifest
    code = models.CharField(max_length=40, unique=True)  # of the manifest
    state = models.CharField(max_length=10, choices=PackageState.choices, default=PackageState.PACKAGED)
    count = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField()  # bytes of all files together
    sent = models.PositiveBigIntegerField(default=0)  # bytes that the store has, as it said last
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    submitted_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)  # in a row, without progress
    next_at = models.DateTimeField()  # not before this moment is it sent or asked again
    working_since = models.DateTimeField(null=True)  # one process at a time speaks to the store
    trouble = models.CharField(max_length=12, blank=True)  # code of the last refusal
    trouble_params = models.JSONField(default=dict)

    class Meta:
        ordering = ("-made_at", "-id")
        indexes = (
            models.Index(fields=("school", "made_at"), name="package_school"),
            models.Index(fields=("state", "next_at"), name="package_due"),
        )


class PackageItem(Record):
    """One transcript of a package with the store's answer."""

    package = models.ForeignKey(Package, models.PROTECT, related_name="items", db_index=False)
    position = models.PositiveIntegerField()
    document = models.ForeignKey("records.Document", models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=ItemState.choices, default=ItemState.WAITING)
    reasons = models.JSONField(default=list)  # [{code, params, text}]
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("package", "position"), name="package_position_once"),
            # A record is in one unanswered package at a time, or settled once.
            models.UniqueConstraint(
                fields=("document",), condition=Q(state__in=("waiting", "held", "accepted", "already")),
                name="package_document_once",
            ),
        )  # fmt: skip


class OutgoingRequest(Record):
    """A school asks the store to cancel or recall a record (đề nghị huỷ, thu hồi)."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    item = models.ForeignKey(PackageItem, models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=8, choices=RequestKind.choices)
    reason = models.TextField()
    authority = models.CharField(max_length=200)  # số, ngày quyết định
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.WAITING)
    note = models.TextField(blank=True)  # what the department wrote
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    decided_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    trouble = models.CharField(max_length=12, blank=True)
    trouble_params = models.JSONField(default=dict)

    class Meta:
        ordering = ("-made_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("item",), condition=Q(state__in=("waiting", "sent")), name="request_open_once"
            ),
        )


class StoreLink(Record):
    """The key with which a school sends to a store elsewhere, sealed (khoá gửi)."""

    school = models.OneToOneField("orgs.Unit", models.PROTECT, related_name="+")
    key = models.TextField()  # sealed column
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=200)


classify(
    Package,
    internal=(
        "id", "school", "year", "level", "document", "code", "state", "count", "size", "sent", "made_at",
        "submitted_at", "answered_at", "attempts", "next_at", "working_since", "trouble", "trouble_params",
    ),
    personal=("made_by",),
)  # fmt: skip
classify(
    PackageItem,
    internal=(
        "id", "package", "position", "document", "code", "version", "digest", "size", "state", "answered_at",
    ),
    personal=("reasons",),
)  # fmt: skip
classify(
    OutgoingRequest,
    internal=(
        "id", "school", "item", "kind", "authority", "state", "made_at", "decided_at", "attempts", "next_at",
        "trouble", "trouble_params",
    ),
    personal=("reason", "note", "made_by"),
)  # fmt: skip
classify(StoreLink, internal=("id", "school", "set_at"), personal=("set_by",), sensitive=("key",))
