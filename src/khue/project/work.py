"""`khue work`: what nobody waits for at a page: seals, time-stamps, the log, phones, the nightly proof.

All state is in tables, so a round may be killed anywhere and the next goes on; two workers do no harm.
`khue serve` starts one beside the server.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)
ROUND = 20.0  # seconds between two rounds
NIGHT = 2  # the hour, in Vietnam, after which the nightly proof runs once
REVOCATION = dt.timedelta(hours=6)  # lists are fetched so often


def main(argv: list[str]) -> int:
    """Work until stopped, or one round with --once."""
    parser = argparse.ArgumentParser(prog="khue work", description=__doc__)
    parser.add_argument("--once", action="store_true", help="one round, then stop")
    parser.add_argument("--parent", type=int, default=0, help="stop when this process is gone")
    options = parser.parse_args(argv)
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    while True:
        done = one_round()
        if options.once:
            print(", ".join(f"{name}: {count}" for name, count in done.items()))  # noqa: T201
            return 0
        time.sleep(ROUND)
        if options.parent and not _alive(options.parent):
            return 0


def one_round() -> dict[str, int]:
    """Everything that is due; what fails is logged and waits for the next round."""
    from django.db import close_old_connections  # noqa: PLC0415 - after Django is set up
    from django.utils import timezone  # noqa: PLC0415

    from khue.kit import outbox  # noqa: PLC0415
    from khue.modules.records import api as records  # noqa: PLC0415
    from khue.modules.store import api as store  # noqa: PLC0415
    from khue.modules.transfers import api as transfers  # noqa: PLC0415

    now = timezone.now()
    jobs: dict[str, Callable[[], int]] = {
        "announced": outbox.deliver,
        "records": lambda: sum(records.settle(now).values()),
        "store": lambda: store.work(now),
        "reminded": lambda: transfers.remind(now),
        "lists": lambda: records.refresh_revocation(now, REVOCATION),
        "proofs": lambda: prove(now),
    }
    done = {}
    for name, job in jobs.items():
        try:
            done[name] = job()
        except Exception:
            log.exception("%s failed in this round", name)
            done[name] = 0
        close_old_connections()
    return done


def prove(now: dt.datetime) -> int:
    """Once a night: do database, history, signed records and log agree? The outcome is kept."""
    from django.utils import timezone  # noqa: PLC0415 - after Django is set up

    from khue.modules.gradebook import api as gradebook  # noqa: PLC0415
    from khue.modules.records import api as records  # noqa: PLC0415
    from khue.project.verify import examine  # noqa: PLC0415

    local = timezone.localtime(now)
    if local.hour < NIGHT or records.examined_on(local.date()):
        return 0
    began = time.monotonic()
    found = list(examine())
    records.keep_examination(
        now, sheets=gradebook.Sheet.objects.count(), faults=found, seconds=time.monotonic() - began
    )
    for text in found:
        log.error("nightly proof: %s", text)
    return 1


def beside() -> subprocess.Popen[bytes]:
    """A worker beside this process, which ends with it."""
    command = [sys.executable, "-m", "khue", "work", "--parent", str(os.getpid())]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


def _alive(process: int) -> bool:
    return os.getppid() == process if os.name != "nt" else True
