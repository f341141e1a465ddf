"""Who is signed in, as every request asks it: Django's sessions in the database, their reads prepared."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from khue.core.errors import Invalid
from khue.core.ids import from_short
from khue.kit.prepared import Prepared
from khue.modules.access.models import Account

_stored: Prepared[str] = Prepared(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now).values_list(
        "session_data", flat=True
    )
)
_account: Prepared[Account] = Prepared(lambda key: Account.objects.filter(pk=key))


class SessionStore(db.SessionStore):
    """The sessions of django.contrib.sessions; only the read of every request is our own."""

    def load(self) -> dict[str, Any]:
        """What the session holds; empty, and without a key, if it is unknown or over."""
        data = _stored.first(key=self.session_key, now=timezone.now()) if self.session_key else None
        if data is None:
            self._session_key = None
            return {}
        return self.decode(data)


class AccountBackend(AuthenticationBackend):  # type: ignore[misc] # allauth has no types
    """Signs in as allauth does; only the read of every request is our own."""

    def get_user(self, user_id: Any) -> Account | None:
        """The account of a session with its person, or None if there is none or it is closed."""
        try:
            account = _account.first(key=from_short(str(user_id)))
        except Invalid:
            return None
        return account if account is not None and self.user_can_authenticate(account) else None
