"""The installation's own Ed25519 keys, made once and sealed with its secret (khoá của nhật kí)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.conf import settings

from khue.kit.crypto import seal, unseal
from khue.modules.records import trust
from khue.signing.log.note import Kind, NoteSigner


def note_signer(file: str, kind: Kind = Kind.NOTE, part: str = "") -> NoteSigner:
    """The key in a file of the data folder; two processes that start together agree on one."""
    place = trust.folder(file)
    if not place.exists():
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{settings.KHUE_LOG_ORIGIN}/{part}" if part else settings.KHUE_LOG_ORIGIN
        handle, path = tempfile.mkstemp(prefix=f".{file}-", dir=place.parent)  # for its owner alone
        fresh = Path(path)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(seal(NoteSigner.create(name, kind).skey))
        try:
            os.link(fresh, place)  # never over a key that another process made meanwhile
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return NoteSigner.parse(unseal(place.read_text(encoding="ascii")))
