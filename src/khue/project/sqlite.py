"""Put a current SQLite under Django before Django loads.

Debian 12 links 3.40.1, which is in the range of the WAL-reset bug (3.7.0 to 3.51.2): two
connections can lose commits in a race between a checkpoint and a commit. The wheel
`pysqlite3` carries a fixed library; `khue doctor` refuses WAL on an older one.
"""

from __future__ import annotations

import sys

SAFE_SQLITE = (3, 51, 3)


def use_bundled_sqlite() -> None:
    """Replace the standard library's sqlite3 by the wheel's, if the wheel is installed."""
    if "django.db.backends.sqlite3.base" in sys.modules:
        return
    try:
        import pysqlite3  # noqa: PLC0415 - must run before Django binds sqlite3
        from pysqlite3 import dbapi2  # noqa: PLC0415
    except ImportError:
        return
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = dbapi2


def library_version() -> tuple[int, ...]:
    """Version of the SQLite library that Django will use."""
    import sqlite3  # noqa: PLC0415 - after the swap above

    return tuple(int(part) for part in sqlite3.sqlite_version.split("."))
