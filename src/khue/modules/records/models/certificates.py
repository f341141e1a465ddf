"""Certificates of persons and schools, as they were registered (chứng thư số)."""

from __future__ import annotations

import base64
import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_noop as _

from khue.kit.models import Record
from khue.kit.privacy import classify
from khue.signing.signers.base import Credential


class Provider(models.TextChoices):
    """Where the key of a certificate is, and so how it is asked to sign."""

    AGENT = "agent", _("USB token, qua chương trình ký của Khuê trên máy của bạn")
    VGCA = "vgca", _("USB token, qua VGCA Sign Service trên máy của bạn")
    SMARTCA = "smartca", _("VNPT SmartCA trên điện thoại")
    MYSIGN = "mysign", _("Viettel MySign trên điện thoại")
    CSC = "csc", _("Dịch vụ ký từ xa (CSC)")
    PKCS12 = "pkcs12", _("Tệp khoá trên máy chủ (.p12)")
    PKCS11 = "pkcs11", _("Thiết bị HSM của máy chủ")
    DEMO = "demo", _("Khoá thử của bản minh hoạ")


ON_COMPUTER = (Provider.AGENT, Provider.VGCA)
ON_SERVER = (Provider.PKCS12, Provider.PKCS11, Provider.DEMO)


class Certificate(Record):
    """A certificate with which a person or a school signs here; it ends, it is never deleted."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+", null=True)
    school = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+", null=True)  # a school's seal
    provider = models.CharField(max_length=10, choices=Provider.choices)
    provider_key = models.CharField(max_length=200, blank=True)  # how the provider names it
    name = models.CharField(max_length=200)
    identifier = models.CharField(max_length=60, blank=True)  # «CCCD:…», «MST:…»
    issuer = models.CharField(max_length=200)
    serial = models.CharField(max_length=64)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    content = models.BinaryField()  # DER
    chain = models.JSONField(default=list)  # intermediates, base64 of DER
    fingerprint = models.CharField(max_length=64)  # SHA-256 of the DER
    registered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-registered_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(person__isnull=False, school__isnull=True)
                | Q(person__isnull=True, school__isnull=False),
                name="certificate_of_one",
            ),
            models.UniqueConstraint(
                fields=("fingerprint",), condition=Q(ended_at__isnull=True), name="certificate_once"
            ),
        )
        indexes = (models.Index(fields=("person",), name="certificate_person"),)

    def is_usable(self, now: dt.datetime) -> bool:
        """Whether it may sign at that moment: registered, not ended, within its validity."""
        return self.ended_at is None and self.not_before <= now <= self.not_after

    @property
    def intermediates(self) -> tuple[bytes, ...]:
        """The certificates between this one and its root, DER."""
        return tuple(base64.b64decode(item) for item in self.chain)

    def as_credential(self) -> Credential:
        """The certificate as signers know it."""
        return Credential(self.provider_key, bytes(self.content), self.intermediates)


classify(
    Certificate,
    internal=(
        "id", "person", "school", "provider", "issuer", "serial", "not_before", "not_after", "chain",
        "fingerprint", "registered_at", "ended_at",
    ),
    personal=("name", "identifier", "provider_key", "content"),
)  # fmt: skip
