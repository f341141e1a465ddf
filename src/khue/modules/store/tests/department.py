"""A department's installation in a process of its own: its store behind HTTP, over a database of its own.

Run as a program with a folder and a port, it makes its tables and schools once, prints a line of JSON with
the key of the school, and serves until it is killed.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django

KEY = "key.txt"


class Server(ThreadingMixIn, WSGIServer):
    """One thread for each connection, as a server has."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Says nothing."""

    def log_message(self, *args: Any) -> None:
        """Nothing."""


def main() -> None:
    """Make it if it is not there, then serve."""
    django.setup()
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    if not (folder / KEY).is_file():
        call_command("migrate", verbosity=0, interactive=False)
        (folder / KEY).write_text(_make(), encoding="ascii")
    with make_server("127.0.0.1", port, get_wsgi_application(), Server, Quiet) as server:
        told = {"port": server.server_port, "key": (folder / KEY).read_text(encoding="ascii")}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        server.serve_forever()


def _make() -> str:
    """A province with the school, which may send."""
    from django.utils import timezone

    from khue.core.actor import system_actor
    from khue.modules.orgs import api as orgs
    from khue.modules.store.services import keys

    now = timezone.now()
    actor = system_actor("Sở", now)
    province = orgs.found_unit(actor, kind="province", name="Tỉnh Lạng Sơn")
    school = orgs.found_school(
        actor, name="Trường THCS Khe Vàng", code="20180001", levels="TH,THCS", parent=province,
        since=now.date() - dt.timedelta(days=900),
    )  # fmt: skip
    keys.set_seals(actor, school_id=school.pk, seals=["MST:4900123456"])
    return keys.give(actor, school_id=school.pk, label="Máy của trường", days=30)[1]


if __name__ == "__main__":
    main()
