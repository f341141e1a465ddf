"""Sealed columns: identity numbers are stored encrypted, found through a keyed digest."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet
from django.conf import settings


@lru_cache(maxsize=4)
def _keys(secret: str) -> tuple[Fernet, bytes]:
    root = hashlib.sha256(b"khue sealed column" + secret.encode()).digest()
    index = hashlib.sha256(b"khue blind index" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(root)), index


def seal(text: str) -> str:
    """Encrypt a short text for storage."""
    return _keys(settings.SECRET_KEY)[0].encrypt(text.encode()).decode("ascii")


def unseal(token: str) -> str:
    """The text of a sealed column."""
    return _keys(settings.SECRET_KEY)[0].decrypt(token.encode("ascii")).decode()


def blind_index(text: str) -> str:
    """A keyed digest by which an exact value can be found without storing it in the clear."""
    return hmac.new(_keys(settings.SECRET_KEY)[1], text.encode(), hashlib.sha256).hexdigest()
