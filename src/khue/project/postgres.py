"""A private PostgreSQL for tests and benchmarks: made in a temporary folder, gone afterwards.

It listens on a socket in that folder only, so that it meets no other server of the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# For tests: nothing has to survive. A benchmark asks for none of these.
FORGETFUL = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
UNPRIVILEGED = ("postgres", "nobody")  # Debian's package makes the first; the second is everywhere


def postgres_binaries() -> Path | None:
    """The folder of initdb and pg_ctl: Debian's newest, or that of the one on PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_series)
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _series(initdb: Path) -> int:
    return int(initdb.parts[-3].split(".")[0])


@contextmanager
def temporary_postgres(binaries: Path, settings: tuple[str, ...] = FORGETFUL) -> Iterator[str]:
    """A private cluster in a temporary folder; gives its address for KHUE_DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="khue-pg-") as name:
        folder = Path(name)
        prefix: list[str | Path] = [*_without_privilege(folder)]
        data = folder / "data"
        likeness = ("-U", "khue", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        _quietly([*prefix, binaries / "initdb", "-D", data, *likeness], folder)
        options = f"-k {folder} -c listen_addresses= -c max_connections=200"
        options += "".join(f" -c {setting}" for setting in settings)
        control = [*prefix, binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-w"]
        _quietly([*control, "-o", options, "start"], folder)
        try:
            yield f"postgres://khue@/postgres?host={folder}"
        finally:
            _quietly([*control, "-m", "immediate", "stop"], folder, must=False)


def _without_privilege(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: hand the folder to another user and run as that one."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return []
    import pwd  # noqa: PLC0415 - not on Windows

    known = {entry.pw_name for entry in pwd.getpwall()}
    user = next(name for name in UNPRIVILEGED if name in known)
    shutil.chown(folder, user)
    return ["runuser", "-u", user, "--"]


def _quietly(command: list[str | Path], folder: Path, *, must: bool = True) -> None:
    done = subprocess.run(
        command, cwd=folder, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if must and done.returncode:
        log = folder / "log"
        told = log.read_text(errors="replace")[-2000:] if log.exists() else done.stdout[-2000:]
        msg = f"PostgreSQL did not start:\n{told}"
        raise RuntimeError(msg)
