"""`khue serve`: granian over WSGI, several processes of few threads, static files under hashed names."""

from __future__ import annotations

import argparse
import os
import sys

from khue.project import work

# Threads of one process wait for each other's Python: many processes of two threads save more than
# few of many, and a long page stops nobody. Measured in docs/benchmarks.md.
WORKERS_PER_CORE = 2
THREADS = 2
THREADS_ALONE = 4  # where one process serves


def main(argv: list[str]) -> int:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="khue serve")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=WORKERS_PER_CORE * (os.cpu_count() or 1))
    options = parser.parse_args(argv)
    prepare()
    serve(options.host, options.port, options.workers)
    return 0


def prepare() -> None:
    """Load Django, bring the tables up to date and gather the static files; all for the owner's eyes only."""
    os.umask(0o077)
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)


def serve(host: str, port: int, workers: int) -> None:
    """Run granian in this process; returns when it is stopped."""
    from granian import Granian  # noqa: PLC0415
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    if sys.platform == "win32":
        workers = 1  # granian's workers are processes; one is enough for a school's computer
    let_go()
    worker = work.beside()
    try:
        Granian(
            "khue.project.wsgi:application", address=host, port=port, interface=Interfaces.WSGI,
            workers=workers, blocking_threads=THREADS if workers > 1 else THREADS_ALONE,
            log_level=LogLevels.warning,
        ).serve()  # fmt: skip
    finally:
        worker.terminate()


def let_go() -> None:
    """Close what setting up has opened: two workers must never inherit one connection to the database."""
    from django.db import connections  # noqa: PLC0415 - after the settings are named

    for connection in connections.all():
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()  # type: ignore[attr-defined] # of Django's PostgreSQL alone
