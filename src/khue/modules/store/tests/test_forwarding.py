"""What is handed on: files first, the index last, nothing twice, nothing lost after a kill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.cast import NOW, World

from khue.modules.store.data import EndAsked
from khue.modules.store.models import ForwardBatch, ReceivedRequest, StoredRecord
from khue.modules.store.services import deciding, forwarding
from khue.modules.store.tests.conftest import Door
from khue.modules.store.tests.press import Press

pytestmark = pytest.mark.django_db


@pytest.fixture
def outbox(settings: Any, tmp_path: Path) -> Path:
    settings.KHUE_STORE_OUTBOX = tmp_path / "bo"
    return tmp_path / "bo"


def index(folder: Path, number: int) -> list[dict[str, Any]]:
    text = (folder / f"index-{number:08d}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_nothing_is_handed_on_where_nobody_asked(door: Door, press: Press) -> None:
    file = press.transcript()
    door.judge(press.manifest(file), file)
    assert forwarding.hand_on_waiting(NOW) == 0
    assert not ForwardBatch.objects.exists()


def test_what_came_into_force_and_what_ended(world: World, door: Door, press: Press, outbox: Path) -> None:
    first, bad = press.transcript(1), press.transcript(2, slots=())
    door.judge(press.manifest(first, bad), first, bad)
    assert forwarding.hand_on_waiting(NOW) == 1
    assert forwarding.hand_on_waiting(NOW) == 0
    (line,) = index(outbox, 1)
    assert (line["event"], line["code"], line["digest"]) == ("accepted", "HB-0001", first.item.digest)
    assert (outbox / line["file"]).read_bytes() == first.data
    second = press.transcript(1, version=2, replaces=first.item.digest)
    door.judge(press.manifest(second, code="G2"), second)
    asked = EndAsked(str(uuid4()), "cancel", "HB-0001", second.item.digest, "Nhập nhầm kết quả.", "Số 1")
    deciding.receive_request(door.sender, asked, UUID(asked.id))
    key = ReceivedRequest.objects.get().pk
    deciding.decide_request(world.son, request_id=key, approve=True, note="Đồng ý huỷ.")
    assert forwarding.hand_on_waiting(NOW) == 3
    told = [(one["event"], one["version"]) for one in index(outbox, 2)]
    assert sorted(told) == [("accepted", 2), ("cancelled", 2), ("superseded", 1)]
    assert sorted(one.name for one in (outbox / "2025-2026" / "TH").iterdir()) == [
        "HB-0001-1.xml", "HB-0001-2.xml",
    ]  # fmt: skip
    assert not StoredRecord.objects.filter(forwarded_at__isnull=True).exists()


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_batch_that_was_cut_off_is_written_again_the_same(
    door: Door, press: Press, outbox: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    files = [press.transcript(number) for number in (1, 2, 3)]
    door.judge(press.manifest(*files), *files)
    real, written = forwarding.write, []

    def dying(place: Path, data: bytes) -> None:
        if len(written) == after:
            raise KeyboardInterrupt
        written.append(place)
        real(place, data)

    monkeypatch.setattr(forwarding, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        forwarding.hand_on_waiting(NOW)
    assert not list(outbox.glob("index-*"))
    monkeypatch.setattr(forwarding, "write", real)
    assert forwarding.hand_on_waiting(NOW) == 3
    assert [one["digest"] for one in index(outbox, 1)] == [one.item.digest for one in files]
    assert ForwardBatch.objects.get().number == 1
