"""Pages of transfers: what each office sees and does; files; strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.cast import NOW, make_actor, make_staff, sign_in

from khue.core.actor import Role
from khue.core.ids import short
from khue.modules.people import api as people
from khue.modules.transfers import api as transfers
from khue.modules.transfers.models import Transfer
from khue.modules.transfers.tests.parcels import packed

if TYPE_CHECKING:
    from django.test import Client
    from tests.signers import Signers

    from khue.modules.transfers.tests.conftest import Move

pytestmark = pytest.mark.django_db
WHY = "Gia đình chuyển nơi ở"


@pytest.fixture(autouse=True)
def winter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages are opened on the day of the cast."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def text(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, answer.content.decode()[:600]
    return answer.content.decode()


def asked(move: Move) -> Transfer:
    return transfers.request_leaving(
        move.world.thu, person_id=move.pupil, to_school_id=move.world.elsewhere.pk, reason=WHY
    )


def test_a_clerk_finds_the_pupil_and_writes_the_request(move: Move) -> None:
    clerk = sign_in(move.world.thu)
    name = people.Person.objects.get(pk=move.pupil).full_name
    link = f"/chuyen-truong/di/?hs={short(move.pupil)}"
    assert link in text(clerk, f"/chuyen-truong/?tim={name.split()[-1].lower()}")
    form = text(clerk, link)
    assert move.world.elsewhere.name in form
    assert move.world.primary.name not in form
    posted = {"hs": short(move.pupil), "to_school": move.world.elsewhere.name, "reason": WHY}
    wrong = clerk.post("/chuyen-truong/di/", posted | {"to_school": "Trường không có"})
    assert wrong.status_code == 422
    done = clerk.post("/chuyen-truong/di/", posted, follow=True)
    assert WHY in done.content.decode()
    assert Transfer.objects.get().to_school_id == move.world.elsewhere.pk


def test_each_office_has_its_own_step(move: Move) -> None:
    transfer = asked(move)
    url = f"/chuyen-truong/{short(transfer.id)}/"
    principal, receiver = sign_in(move.world.minh), sign_in(move.clerk)
    assert 'value="release"' in text(principal, url)
    page = text(receiver, url)
    assert 'value="release"' not in page
    assert 'value="accept"' not in page
    assert "Mang theo" not in page  # nothing of the pupil before she is released
    principal.post(url, {"step": "release"})
    page = text(receiver, url)
    assert "Mang theo" in page
    assert "6X" in page
    done = receiver.post(url, {"step": "accept", "school_class": short(move.new_class.id)}, follow=True)
    assert "Đã tiếp nhận vào lớp 6X" in done.content.decode()


def test_a_refusal_is_printed_for_the_family(move: Move) -> None:
    transfer = asked(move)
    url = f"/chuyen-truong/{short(transfer.id)}/"
    head = sign_in(move.head)
    assert head.get(f"{url}tu-choi.pdf").status_code == 404
    assert head.post(url, {"step": "refuse", "reason": "không"}).status_code == 422
    head.post(url, {"step": "refuse", "reason": "Trường đã đủ học sinh khối 6."})
    pdf = head.get(f"{url}tu-choi.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert head.get(f"{url}tu-choi.pdf").content == pdf.content


def test_the_other_school_asks_by_code(move: Move) -> None:
    person = people.Person.objects.get(pk=move.pupil)
    receiver = sign_in(move.clerk)
    posted = {
        "code": person.identifiers.get().value, "name": person.full_name, "born": person.birth_shown,
        "reason": WHY,
    }  # fmt: skip
    assert receiver.post("/chuyen-truong/den/", posted | {"born": "01/01/2001"}).status_code == 422
    assert receiver.post("/chuyen-truong/den/", posted | {"born": "hôm nay"}).status_code == 422
    assert receiver.post("/chuyen-truong/den/", posted).status_code == 302
    assert Transfer.objects.get().side == "to"


def test_a_parcel_is_sent_up_and_taken_in(move: Move, signers: Signers) -> None:
    receiver = sign_in(move.clerk)
    assert receiver.post("/chuyen-truong/goi/", {}).status_code == 422
    bad = SimpleUploadedFile("a.zip", b"PK\x03\x04")
    assert receiver.post("/chuyen-truong/goi/", {"file": bad}).status_code == 422
    good = SimpleUploadedFile("a.zip", packed(signers))
    page = receiver.post("/chuyen-truong/goi/", {"file": good}, follow=True).content.decode()
    assert "TX1: 9,0" in page
    assert "Số buổi nghỉ có phép: 1" in page
    assert "<dt>Mẹ</dt>" in page, "codes of the parcel are for programs"
    assert "Dương Thị Sen" in page
    assert "hợp lệ" in page
    assert "1 kết quả không có chỗ" in page  # Russian is not taught in 6X


def test_strangers_find_nothing(move: Move) -> None:
    transfer = asked(move)
    stranger = sign_in(
        make_actor(make_staff(move.world.primary, "Người Lạ"), (Role.CLERK, move.world.primary))
    )
    for url in ("", "ky/", "goi.zip", "tu-choi.pdf"):
        address = f"/chuyen-truong/{short(transfer.id)}/{url}"
        answer = stranger.post(address) if url == "ky/" else stranger.get(address)
        assert answer.status_code == 404, url
    assert stranger.get(f"/chuyen-truong/di/?hs={short(move.pupil)}").status_code == 404
    assert transfer.pupil_name not in text(stranger, "/chuyen-truong/")
    teacher = sign_in(move.world.quang)
    assert teacher.get("/chuyen-truong/den/").status_code == 404
