"""The demo holds what its first page promises: registers, transcripts, changes of school, the store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

ROOT = Path(__file__).parents[4]
LOOK = """
import json, sys
from collections import Counter
from pathlib import Path
from khue.project.demo import build
build(Path(sys.argv[1]))
from khue.kit.models import OutboxEvent
from khue.modules.people.models import Person, PersonIdentifier
from khue.modules.records.models import Document
from khue.modules.register import api as register
from khue.modules.register.models import RegisterClosing
from khue.modules.store.models import PackageItem
from khue.modules.transcripts.models import TranscriptPage
from khue.modules.transcripts.models_sharing import Copy
from khue.modules.transfers.models import ReceivedParcel, Transfer
from khue.project.demo.logins import TRIES, demo_logins
from khue.project.demo.moves import CODE, NEW_NAME
mover = PersonIdentifier.objects.get(value=CODE).person
pages = TranscriptPage.objects.values_list("school_class__name", "state")
print(json.dumps({
    "people": Person.objects.count(),
    "logins": len(demo_logins()) == len(TRIES),
    "pages": sorted([*key, n] for key, n in Counter(pages).items()),
    "transfers": Counter(Transfer.objects.values_list("state", flat=True)),
    "parcels": list(ReceivedParcel.objects.values_list("verdict", flat=True)),
    "closings": RegisterClosing.objects.exclude(document=None).count(),
    "closed": Document.objects.filter(kind="register-year", state="issued").count(),
    "store": Counter(PackageItem.objects.values_list("state", flat=True)),
    "copies": Copy.objects.count(),
    "named": mover.full_name == NEW_NAME,
    "path": [one.kind for one in register.path_of(mover.pk)],
    "numbers": sorted({(one.school, one.number) for one in register.path_of(mover.pk)}),
    "breaks": len(list(register.verify_register())),
    "waiting": OutboxEvent.objects.filter(delivered_at=None).count(),
}))
"""


def look(folder: Path) -> dict[str, Any]:
    """Build the demo in a program of its own, or find it there, and say what it holds."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith(("KHUE_", "DJANGO_"))}
    kept |= {"PYTHONPATH": str(ROOT / "src"), "DJANGO_SETTINGS_MODULE": "khue.project.settings"}
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(folder)], env=kept, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the demo is one SQLite file")
def test_the_demo_shows_a_pupils_whole_path(tmp_path: Path) -> None:
    """Every state that a visitor should meet is there, everything announced was heard, every chain holds."""
    said = look(tmp_path / "demo")
    assert said["logins"]
    states = {(name, state): count for name, state, count in said["pages"]}
    assert states["7A", "issued"] >= 5
    assert states["7A", "homeroom"] == 1, "one waits for the principal"
    assert states["5A", "issued"] == 8
    assert states["4A", "homeroom"] == 8
    assert states["6A", "generated"] > 10
    assert said["transfers"] == {"requested": 1, "released": 2, "accepted": 1, "refused": 1}
    assert said["parcels"] == ["valid"]
    assert said["closings"] == said["closed"] == 4
    assert said["store"] == {"accepted": 13, "rejected": 1}
    assert said["copies"] == 1
    assert said["named"]
    assert [kind for kind in said["path"] if kind != "class_placed"] == [
        "admitted", "repeated", "transferred_out", "transferred_in", "promoted", "civil_change",
        "transferred_out", "transferred_in", "civil_change",  # the first school's book learns the new name
    ]  # fmt: skip
    assert len(said["numbers"]) == 2, "who comes back keeps the number"
    assert said["breaks"] == said["waiting"] == 0
    assert look(tmp_path / "demo") == said, "a folder that holds a demo is left as it is"
