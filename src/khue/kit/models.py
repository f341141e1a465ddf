"""Bases of all tables, and the two tables of the kit itself: audit and outbox."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from khue.core.ids import uuid7
from khue.kit.privacy import classify


class Record(models.Model):
    """A row with one identity, made off-line or on-line alike: a UUIDv7 (ADR 0005)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    objects: ClassVar[models.Manager[Any]]

    class Meta:
        abstract = True


class DatedQuerySet(models.QuerySet[Any]):
    """Rows with a half-open period of validity."""

    def on(self, day: dt.date) -> Self:
        """The rows in force on that day."""
        return self.filter(in_force(day))


def in_force(day: dt.date, prefix: str = "") -> Q:
    """Condition «valid on that day» over `[valid_from, valid_to)`, through an optional path."""
    return Q(**{f"{prefix}valid_from__lte": day}) & (
        Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gt": day})
    )


class Dated(Record):
    """A relation that begins and ends; it is never deleted, it ends (valid_to)."""

    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = DatedQuerySet.as_manager()  # type: ignore[misc] # the stubs want a class variable

    class Meta:
        abstract = True

    def is_in_force(self, day: dt.date) -> bool:
        """Whether the row is valid on that day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def not_backwards(name: str) -> models.CheckConstraint:
    """A period may not end before it begins."""
    return models.CheckConstraint(
        condition=Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")), name=name
    )


class AuditEvent(Record):
    """Who did what, when, why, from where (nhật kí). No foreign keys; append-only by trigger."""

    at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=80)
    actor_person = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200)
    unit = models.UUIDField(null=True, db_index=True)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=64, db_index=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=45, null=True)  # noqa: DJ001 - added without rebuilding the table
    emergency_reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-at", "-id")


class OutboxEvent(Record):
    """An announcement written in the same transaction as its cause, delivered after commit."""

    at = models.DateTimeField()
    name = models.CharField(max_length=120)
    unit = models.UUIDField(null=True)
    payload = models.JSONField()
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(
                fields=("id",), condition=Q(delivered_at__isnull=True), name="outbox_waiting"
            ),
        )


classify(
    AuditEvent,
    internal=("id", "at", "action", "unit", "subject_type", "subject_id", "request_id"),
    personal=("actor_person", "actor_name", "reason", "emergency_reason", "address"),
    sensitive=("before", "after"),
)
classify(
    OutboxEvent,
    internal=("id", "at", "name", "unit", "delivered_at", "attempts"),
    sensitive=("payload",),
)
