"""Accounts that sign in, dated grants of roles over subtrees, and emergency access."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from khue.core.ids import uuid7
from khue.kit.models import Dated, Record, not_backwards
from khue.kit.privacy import classify


class AccountQuerySet(models.QuerySet["Account"]):
    """Accounts come with their person, who may be absent."""

    def select_for_update(
        self,
        nowait: bool = False,  # noqa: FBT001, FBT002 - Django's own signature
        skip_locked: bool = False,  # noqa: FBT001, FBT002 - the same
        of: Sequence[str] = ("self",),
        no_key: bool = False,  # noqa: FBT001, FBT002 - the same
    ) -> Self:
        """Lock the account alone: PostgreSQL locks no row that an outer join may not find."""
        return super().select_for_update(nowait, skip_locked, of, no_key)


class AccountStore(BaseUserManager["Account"]):
    """Creates accounts for Django's own tools; the product uses access.services."""

    def get_queryset(self) -> AccountQuerySet:
        """With the person, so that a request loads both in one query."""
        return AccountQuerySet(self.model, using=self._db).select_related("person")

    def create_user(self, username: str, password: str | None = None, **extra: Any) -> Account:
        """An account with a hashed password."""
        account = self.model(username=username, **extra)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """A sign-in of one person (tài khoản). There is no superuser; all power comes from grants."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(max_length=80, unique=True)
    email = models.EmailField(blank=True)
    person = models.OneToOneField(
        "people.Person", models.PROTECT, related_name="+", null=True, blank=True
    )
    is_active = models.BooleanField(default=True)
    is_staff_member = models.BooleanField(default=True)  # MFA is required of staff, not of families
    must_change_password = models.BooleanField(default=False)  # signed in with a printed one-time password
    session_version = models.PositiveIntegerField(default=0)  # grown: every session of before is over
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[AccountStore] = AccountStore()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.username

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must carry: it changes with the password and when all sessions are ended."""
        said = f"{self.password}{self.session_version}"
        return salted_hmac("khue.access.session", said, secret=secret, algorithm="sha256").hexdigest()


class Grant(Dated):
    """A role over a unit and all below it, from a day to a day, by a decision (phân quyền)."""

    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    role = models.CharField(max_length=40)
    unit = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    source = models.CharField(max_length=200, blank=True)  # quyết định số …

    class Meta:
        constraints = (not_backwards("grant_period"),)
        indexes = (models.Index(fields=("person", "valid_to"), name="grant_person"),)


class EmergencyAccess(Record):
    """A short, reasoned, loudly logged access outside one's grants (truy cập khẩn cấp)."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    unit = models.ForeignKey("orgs.Unit", models.PROTECT, related_name="+")
    reason = models.TextField()
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-opened_at", "-id")


classify(
    Account,
    internal=(
        "id",
        "is_active",
        "is_staff_member",
        "must_change_password",
        "session_version",
        "created_at",
        "last_login",
        "person",
    ),
    personal=("username", "email"),
    sensitive=("password",),
)
classify(Grant, internal=("id", "person", "role", "unit", "source", "valid_from", "valid_to"))
classify(
    EmergencyAccess,
    internal=("id", "account", "unit", "opened_at", "expires_at", "closed_at"),
    personal=("reason",),
)
