"""The roots this installation trusts, with what is known of revocation (gốc tin cậy).

Anchors come from the folder `anchors` of the data folder if an operator made one, else from the
package. In demo mode the demo's own root joins as the set TEST; nowhere else is it trusted.
"""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from khue.signing.demo.pki import DemoPki
from khue.signing.trust.anchors import AnchorSets, load_anchors
from khue.signing.trust.revocation import Revocations
from khue.signing.trust.store import TrustStore

DEMO_FOLDER, ANCHORS, REVOCATION = "demo-pki", "anchors", "revocation"
FRESH = dt.timedelta(hours=6)  # the demo's own lists are made again so often


@dataclass(slots=True)
class _Kept:
    store: TrustStore
    made_at: dt.datetime


_lock = threading.Lock()
_kept: list[_Kept] = []


def current() -> TrustStore:
    """The trust of this process, made when it is first asked for and again after some hours."""
    with _lock:
        if not _kept or timezone.now() - _kept[0].made_at > FRESH:
            _kept[:] = [_Kept(_made(), timezone.now())]
        return _kept[0].store


def forget() -> None:
    """After anchors or revocation data have changed."""
    with _lock:
        _kept.clear()
    demo_pki.cache_clear()


def folder(name: str) -> Path:
    """A folder of the data folder."""
    return Path(settings.CONFIG.data_dir) / name


@lru_cache(maxsize=1)
def demo_pki() -> DemoPki | None:
    """The demo's PKI, if this is a demo that has one."""
    place = folder(DEMO_FOLDER)
    if not settings.KHUE_DEMO or not (place / "pki.json").is_file():
        return None
    return DemoPki.load(place, settings.SECRET_KEY)


def _made() -> TrustStore:
    own = folder(ANCHORS)
    anchors = load_anchors(own if own.is_dir() else None)
    revocations = Revocations(folder=folder(REVOCATION))
    pki = demo_pki()
    if pki is not None:
        anchors += AnchorSets.test(pki.root, pki.issuing)
        now = timezone.now()
        revocations.add_crl(pki.crl(now))
        revocations.add_crl(pki.root_crl(now))
    return TrustStore(anchors, revocations, allow_test=settings.KHUE_DEMO)
