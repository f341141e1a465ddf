"""The processes of the kill test: one that starts others, which sign until they are done or killed.

Run as a program it reads orders, one a line, and answers each by a line of JSON:

    sign BATCH SECONDS    sign in a process of its own; after so many seconds it is killed (0: never)
    report                what is in the tables
    faults                what does not hold
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any
from uuid import UUID

import django


def main() -> None:
    """Take orders until there are none."""
    django.setup()
    from khue.modules.records.tests import acts

    acts.register()
    for line in sys.stdin:
        order, *words = line.split()
        answer = _sign(UUID(words[0]), float(words[1])) if order == "sign" else _apart(ORDERS[order])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _sign(batch: UUID, seconds: float) -> dict[str, Any]:
    """Let a process sign and kill it; it opens a connection of its own, as this one has none."""
    process = os.fork()
    if not process:
        _poll(batch)
        os._exit(0)
    if seconds:
        time.sleep(seconds)
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    return {"killed": os.WIFSIGNALED(status), "code": os.waitstatus_to_exitcode(status)}


def _poll(batch: UUID) -> None:
    from khue.modules.access import api as access
    from khue.modules.records.models import SigningBatch
    from khue.modules.records.services import batches

    row = SigningBatch.objects.get(pk=batch)
    # Later than the process before may be waited for, if it was killed while it spoke to the key.
    now = (row.talking_since or row.made_at) + batches.PATIENCE * 1.01
    batches.poll(access.actor_for(row.person_id, now), batch_id=batch)


def _apart(work: Any) -> Any:
    """What a function gives in a process of its own."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        os.write(writing, json.dumps(work()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        answer = json.load(stream)
    os.waitpid(process, 0)
    return answer


def _report() -> dict[str, Any]:
    from khue.kit.models import AuditEvent, OutboxEvent
    from khue.modules.records import models

    return {
        "signatures": models.DocumentSignature.objects.count(),
        "sections": models.DocumentSection.objects.count(),
        "signed": models.SigningItem.objects.filter(state="signed").count(),
        "waiting": models.SigningItem.objects.filter(state="waiting").count(),
        "embedded": AuditEvent.objects.filter(action="records.signature.embedded").count(),
        "announced": OutboxEvent.objects.filter(name="DocumentSigned").count(),
        "started": models.Document.objects.filter(state="partial").count(),
        "batch": models.SigningBatch.objects.get().state,
    }


def _faults() -> list[str]:
    from khue.modules.records import proof

    return [f"{fault.document} {fault.what}" for fault in proof.verify_documents()]


ORDERS = {"report": _report, "faults": _faults}

if __name__ == "__main__":
    main()
