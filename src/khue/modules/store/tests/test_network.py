"""Two installations: a school's machine sends to a department's, which is killed in the middle."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from tests.cast import NOW, World

from khue.core.errors import Refused
from khue.modules.store.http_transport import HttpTransport
from khue.modules.store.models import Package, PackageItem, Receipt, StoredRecord
from khue.modules.store.services import asking, keys, packaging, sending
from khue.modules.store.tests.school import Office

pytestmark = pytest.mark.django_db
SOURCES = Path(__file__).resolve().parents[4]


@dataclass(slots=True)
class Department:
    """The other machine."""

    folder: Path
    port: int = 0
    key: str = ""
    process: subprocess.Popen[str] | None = field(default=None)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/kho-hoc-ba/api/v1"

    def start(self) -> None:
        """It serves at the same address as before, if it was there before."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("KHUE_")}
        environment = kept | {
            "KHUE_DATA_DIR": str(self.folder), "KHUE_DEMO": "1",
            "KHUE_SECRET_KEY": django_settings.SECRET_KEY,
            "DJANGO_SETTINGS_MODULE": "khue.project.settings", "KHUE_ALLOWED_HOSTS": "127.0.0.1",
            "PYTHONPATH": os.pathsep.join([str(SOURCES), *sys.path]),
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "khue.modules.store.tests.department", str(self.folder), str(self.port)],
            env=environment, text=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        self.port, self.key = told["port"], told["key"]

    def kill(self) -> None:
        """Without a word, as when the power goes."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait(20)
        self.process.stdout.close()
        self.process = None


@pytest.fixture
def department(office: Office, settings: Any, tmp_path: Path) -> Iterator[Department]:
    """It trusts the same roots as the school."""
    folder = tmp_path / "department"
    folder.mkdir()
    shutil.copytree(tmp_path / "demo-pki", folder / "demo-pki")
    made = Department(folder)
    made.start()
    settings.KHUE_STORE_URL = made.address
    yield made
    if made.process is not None:
        made.kill()


def test_a_school_sends_to_a_department_that_dies_in_the_middle(
    world: World, office: Office, department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong key, the right one, a kill between two pieces, the answers, a request: all over the line."""
    office.issue(3)
    (package,) = packaging.make(world.thu, school_id=world.school.pk)
    office.settle()
    keys.keep_link(world.thu, school_id=world.school.pk, text="khue-kho-" + "A" * 43)
    sending.send_waiting(NOW)
    package.refresh_from_db()
    assert (package.state, package.trouble) == ("packaged", "STO-012")
    assert package.trouble_params["their"] == "STO-033"
    assert package.trouble_params["text"].startswith("Khoá gửi thiếu, sai, hết hạn")

    keys.keep_link(world.thu, school_id=world.school.pk, text=department.key)
    piece = -(-package.size // 5)
    monkeypatch.setattr(sending, "LARGEST_CHUNK", piece)
    real, sent = HttpTransport.append, []

    def dying(self: HttpTransport, code: str, offset: int, content: bytes) -> Any:
        if len(sent) == 3:
            department.kill()
        sent.append(offset)
        return real(self, code, offset, content)

    monkeypatch.setattr(HttpTransport, "append", dying)
    later = NOW + sending.FIRST_PAUSE
    sending.send_waiting(later)
    package.refresh_from_db()
    assert (package.state, package.trouble, package.sent) == ("packaged", "STO-010", 3 * piece)
    department.start()
    sending.send_waiting(later + sending.FIRST_PAUSE)
    package.refresh_from_db()
    assert (package.state, package.trouble) == ("answered", "")
    assert [offset // piece for offset in sent] == [0, 1, 2, 3, 3, 4]  # one piece twice, no other
    assert set(PackageItem.objects.values_list("state", flat=True)) == {"accepted"}
    # Nothing of it is in the school's own store.
    assert not Receipt.objects.exists()
    assert not StoredRecord.objects.exists()

    _asks_over_the_line(world, package, HttpTransport(department.address, department.key))


def _asks_over_the_line(world: World, package: Package, store: HttpTransport) -> None:
    """A request, and answers as the store tells them."""
    row = asking.ask(
        world.minh, item_id=package.items.first().pk, kind="recall", reason="Nhập nhầm kết quả.",
        authority="Số 1/QĐ",
    )  # fmt: skip
    sending.send_waiting(NOW)
    row.refresh_from_db()
    assert (row.state, row.trouble) == ("sent", "")
    assert store.asked(str(row.pk)).state == "sent"
    assert dict(store.state(package.code).counts) == {"accepted": 3}
    assert [one.state for one in store.answers(package.code, 1).answers] == ["accepted"] * 2
    with pytest.raises(Refused) as refusal:
        store.abandon(package.code)
    assert refusal.value.params["their"] == "STO-031"
