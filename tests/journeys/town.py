"""A small town with one school, for the journeys of signing: built once, copied, served by this program.

    python -m tests.journeys.town build FOLDER
    python -m tests.journeys.town build FOLDER year-end
    python -m tests.journeys.town serve FOLDER PORT AGENT_PORT VGCA_PORT

Cô Hoa teaches Toán in 15 open classes; three of them have gaps. Thầy Minh has 12 classes to approve. Cô
Lan leads 6A and 6B, whose teachers have signed, and keeps her key with a service that rings her phone. Cô
Nhung and thầy Vinh have theirs on a token. 6C is signed, sealed and in the log. Whoever else signs has a
key on the server. The school year is the one of today, so that pages open in the right term by themselves.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

PASSWORD = "khe-vang-2026"
SCHOOL = "Trường THCS Khe Vàng"
TAX_CODE = "4900123456"
OPEN = [f"{grade}{letter}" for grade in (6, 7, 8) for letter in "DEGHK"]
GAPS = ("6D", "7D", "8D")  # of cô Hoa
RUNG = ("6A", "6B")  # cô Lan's phone
ISSUED = "6C"
TO_APPROVE = [f"9{letter}" for letter in "ABCDEGHIKLMN"]
ALIKE = "9B"  # ten pupils with the same final mark
ON_TOKEN = {"nhung": "VAN", "vinh": "LSDL"}  # what they teach in the first three open classes
PEOPLE = {
    "hoa": ("Nông Thị Hoa", "Giáo viên"), "lan": ("Lý Thị Lan", "Giáo viên"),
    "minh": ("Hoàng Văn Minh", "Hiệu trưởng"), "thu": ("Vi Thị Thu", "Nhân viên"),
    "nhung": ("Triệu Thị Nhung", "Giáo viên"), "vinh": ("Đàm Quang Vinh", "Giáo viên"),
    "quy": ("Bế Văn Quý", "Giáo viên"), "dao": ("Mạc Thị Đào", "Giáo viên"),
}  # fmt: skip
ELSEWHERE = ("lan", "nhung", "vinh")  # who holds the own key, as files in KEYS for the journeys
RSA, KEYS = "vinh", "keys"
NUMBERS = {name: f"0200990000{number:02d}" for number, name in enumerate(PEOPLE)}


def use(folder: Path) -> None:
    """Point the settings at a folder, before Django loads."""
    for name in [name for name in os.environ if name.startswith("KHUE_")]:
        del os.environ[name]
    os.environ.update(
        KHUE_DATA_DIR=str(folder), KHUE_DEMO="1", KHUE_SIGNING="required", KHUE_REQUIRE_MFA="0",
        DJANGO_SETTINGS_MODULE="khue.project.settings",
    )  # fmt: skip


def build(folder: Path, what: str = "") -> None:
    """Make the school in an empty folder; `year-end` is another one, see `year_end`."""
    use(folder)
    from khue.project.server import prepare

    prepare()
    if what == "year-end":
        from tests.journeys.year_end import build_year_end

        build_year_end()
        return
    from tests.journeys.school import Builder

    Builder().build()


def serve(folder: Path, port: int, agent: int, vgca: int) -> None:
    """Serve a built folder in threads of this process; programs with a token are met at other ports."""
    use(folder)
    import django

    django.setup()
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    from khue.signing.signers import vgca as local

    local.AGENT_URL = f"ws://127.0.0.1:{agent}/"
    local.VGCA_URL = f"ws://127.0.0.1:{vgca}/SignMsg"
    from khue.project.wsgi import application

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
            """Say nothing of each request."""

    server = ThreadedWSGIServer(("127.0.0.1", port), Quiet)
    server.set_app(_with_worker(application))
    server.serve_forever()


def _with_worker(application: Any) -> Any:
    """The product, and at `/-/work` one round of its worker, when a journey wants it to have happened."""
    lock = threading.Lock()

    def answer(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] != "/-/work":
            return application(environ, start_response)
        from khue.project.work import one_round

        with lock:
            text = ", ".join(f"{name}: {count}" for name, count in one_round().items()).encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
        return [text]

    return answer


if __name__ == "__main__":
    place, rest = Path(sys.argv[2]), sys.argv[3:]
    if sys.argv[1] == "build":
        build(place, *rest)
    else:
        serve(place, *(int(text) for text in rest))
