"""What waits to be stamped and logged, and what was (dấu thời gian, nhật kí bằng chứng)."""

from __future__ import annotations

from django.db import models

from khue.kit.models import Record
from khue.kit.privacy import classify


class StampRequest(Record):
    """A signature that waits for its time-stamp; a lost line delays it, it never stops signing."""

    signature = models.OneToOneField("records.DocumentSignature", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    next_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=12, blank=True)


class LogEntry(Record):
    """A finished file in the evidence log: its place in the tree; append-only once it has one."""

    document = models.OneToOneField("records.Document", models.PROTECT, related_name="log_entry")
    leaf = models.CharField(max_length=64)  # SHA-256 of the file
    index = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField()  # of the checkpoint that first covers it

    class Meta:
        ordering = ("index",)


class Examination(Record):
    """One run of the nightly examination: what was compared, and the first thing that does not hold."""

    at = models.DateTimeField(db_index=True)
    sheets = models.PositiveIntegerField(default=0)
    documents = models.PositiveIntegerField(default=0)
    log_size = models.PositiveBigIntegerField(default=0)
    faults = models.PositiveIntegerField(default=0)
    first = models.TextField(blank=True)
    seconds = models.FloatField(default=0)

    class Meta:
        ordering = ("-at",)


class KeptSecret(Record):
    """What a request to a signing service must find again, sealed, for a while (bí mật của phiên ký)."""

    name = models.CharField(max_length=200, unique=True)
    value = models.TextField()  # sealed
    until = models.DateTimeField(db_index=True)


classify(KeptSecret, internal=("id", "name", "until"), sensitive=("value",))
classify(StampRequest, internal=("id", "signature", "made_at", "next_at", "attempts", "trouble"))
classify(LogEntry, internal=("id", "document", "leaf", "index", "at"))
classify(
    Examination,
    internal=("id", "at", "sheets", "documents", "log_size", "faults", "seconds"),
    personal=("first",),
)
