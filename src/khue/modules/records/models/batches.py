"""Signing in bulk: a batch is what one person confirms in one act, an item is one signature of it.

A batch lives in the database from the moment it was checked: it survives a restart, is resumed where
it stopped, and its items are signed once (the request id is the idempotency key everywhere).
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_noop as _

from khue.kit.models import Record
from khue.kit.privacy import classify


class BatchState(models.TextChoices):
    """Where a batch stands."""

    CHECKED = "checked", _("Đã kiểm, chờ xác nhận")
    WAITING = "waiting", _("Đang chờ khoá ký")
    DONE = "done", _("Đã ký xong")
    STOPPED = "stopped", _("Dừng giữa chừng")  # may be resumed
    CANCELLED = "cancelled", _("Đã bỏ")


class ItemState(models.TextChoices):
    """Where one signature of a batch stands."""

    WAITING = "waiting", _("Chờ ký")
    SIGNED = "signed", _("Đã ký")
    REFUSED = "refused", _("Không ký được")


class SigningBatch(Record):
    """Many signatures that one holder of a certificate gives in one act (đợt ký)."""

    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=200)
    certificate = models.ForeignKey("records.Certificate", models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)  # «Chốt và ký 15 bảng điểm học kì I»
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.CHECKED)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # what was checked is signed until then, or checked again
    token_digest = models.CharField(max_length=64)  # the one-use token that starts it; empty once used
    handle = models.JSONField(default=dict)  # what the provider needs to be asked again
    trouble = models.CharField(max_length=12, blank=True)  # code of the last trouble with the key
    trouble_params = models.JSONField(default=dict)
    asked_at = models.DateTimeField(null=True)
    talking_since = models.DateTimeField(null=True)  # one process at a time speaks to the key
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-made_at", "-id")
        indexes = (models.Index(fields=("person", "state"), name="batch_person_state"),)


class SigningItem(Record):
    """One signature of a batch: what was checked, what is to be signed, what became of it."""

    batch = models.ForeignKey(SigningBatch, models.PROTECT, related_name="items", db_index=False)
    position = models.PositiveIntegerField()
    act = models.CharField(max_length=30)  # «gradebook.sheet»: which module said what is signed
    subject = models.UUIDField()
    part = models.PositiveSmallIntegerField(default=0)
    options = models.JSONField(default=dict)  # what the person added: why results are missing
    title = models.CharField(max_length=200)
    document = models.ForeignKey("records.Document", models.PROTECT, related_name="+")
    checked = models.CharField(
        max_length=64
    )  # digest of all that was checked: it must be the same when signed
    request = models.CharField(max_length=32, unique=True)  # id of the ToBeSigned
    to_sign = models.JSONField()  # the ToBeSigned, stored
    state = models.CharField(max_length=10, choices=ItemState.choices, default=ItemState.WAITING)
    refusal = models.CharField(max_length=12, blank=True)
    refusal_params = models.JSONField(default=dict)
    signature = models.OneToOneField("records.DocumentSignature", models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("batch", "position"), name="item_position_once"),)


classify(
    SigningBatch,
    internal=(
        "id", "school", "person", "certificate", "title", "state", "made_at", "expires_at", "trouble",
        "trouble_params", "asked_at", "talking_since", "ended_at",
    ),
    personal=("person_name",),
    sensitive=("token_digest", "handle"),
)  # fmt: skip
classify(
    SigningItem,
    internal=(
        "id", "batch", "position", "act", "subject", "part", "options", "title", "document", "checked",
        "request", "state", "refusal", "refusal_params", "signature",
    ),
    personal=("to_sign",),
)  # fmt: skip
