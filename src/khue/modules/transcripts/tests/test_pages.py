"""The pages: what each role finds and does there, what strangers find out, what they cost."""

from __future__ import annotations

import datetime as dt
import gzip
import re
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.cast import SYSTEM, World, make_pupils, sign_in
from tests.signers import Signers

from khue.core.dates import VIETNAM
from khue.core.ids import short
from khue.modules.records.services import settling
from khue.modules.schooling import api as schooling
from khue.modules.transcripts import api as transcripts
from khue.modules.transcripts.models import Comment, CommentSource, PageState, TranscriptPage
from khue.modules.transcripts.services.keeping import open_transcripts
from khue.modules.transcripts.signed import tray
from khue.modules.transcripts.tests.acts import deliver, prepare, sign_class

pytestmark = pytest.mark.django_db
HOME = "transcripts:home"


def confirm(client: Client, response: object) -> None:
    """Press «Xác nhận» on the page of the batch that was checked."""
    address = response.headers["Location"]  # type: ignore[attr-defined]
    page = client.get(address).content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token, page[:2000]
    start = reverse("records:start", args=[address.rstrip("/").rpartition("/")[2]])
    assert client.post(start, {"token": token[1]}).status_code == 302


def test_a_year_from_an_empty_page_to_the_seal(closed: World, signers: Signers) -> None:
    key = short(closed.classes["6A"].id)
    clerk, hoa, lan, minh = (sign_in(one) for one in (closed.thu, closed.hoa, closed.lan, closed.minh))
    assert "Lập học bạ" in clerk.get(reverse(HOME)).content.decode()
    made = clerk.post(reverse("transcripts:generate", args=[key]), follow=True).content.decode()
    assert "Đã lập 3 học bạ." in made
    for client in (hoa, lan):
        page = client.get(reverse(HOME)).content.decode()
        assert "chưa có nhận xét" in page
        client.post(reverse("transcripts:accept"), {"class": [key]})
        page = client.get(reverse(HOME)).content.decode()
        assert "chưa có nhận xét" not in page
        chosen = re.findall(r'name="key" value="([^"]+/[^"]+)"', page)
        assert chosen
        sent = {"part": "subjects", "year": "2025-2026", "key": chosen}
        confirm(client, client.post(reverse("transcripts:sign"), sent))
    deliver()
    sent = {"part": "years", "year": "2025-2026", "key": [key]}
    confirm(lan, lan.post(reverse("transcripts:sign"), sent))
    page = minh.get(reverse(HOME)).content.decode()
    assert "Ký duyệt 3 học bạ" in page
    held = TranscriptPage.objects.order_by("position").last()
    assert held is not None
    sent = {"part": "approve", "year": "2025-2026", "key": [key], "hold": [short(held.id)]}
    confirm(minh, minh.post(reverse("transcripts:sign"), sent))
    settling.after_signing(closed.minh.now, closed.school.pk)
    deliver()
    states = TranscriptPage.objects.order_by("position").values_list("state", flat=True)
    assert list(states) == [PageState.ISSUED, PageState.ISSUED, PageState.HOMEROOM]
    page = minh.get(reverse(HOME)).content.decode()
    assert "Ký duyệt 1 học bạ" in page


def test_last_years_transcripts_are_found_where_they_wait(closed: World, signers: Signers) -> None:
    schooling.SchoolYear.objects.create(
        code="2026-2027", starts_on=dt.date(2026, 9, 1), ends_on=dt.date(2027, 6, 1)
    )
    later = dt.datetime(2026, 10, 1, 8, tzinfo=VIETNAM)
    thu, minh, quang = (closed.at(one, later) for one in (closed.thu, closed.minh, closed.quang))
    assert tray.unfinished_years(thu) == []
    prepare(closed)
    assert tray.unfinished_years(closed.thu) == []  # the year still runs
    assert [tray.unfinished_years(one) for one in (thu, minh, quang)] == [[("2025-2026", 3)]] * 2 + [[]]
    clerk = sign_in(closed.thu)
    assert "3 học bạ của năm học 2025-2026 chưa xong" in clerk.get("/").content.decode()
    page = clerk.get(reverse(HOME)).content.decode()
    assert "Học bạ · 2025-2026" in page
    page = clerk.get(reverse(HOME), {"nam": "2026-2027"}).content.decode()
    assert "Học bạ · 2026-2027" in page
    assert "3 học bạ của năm học 2025-2026 chưa xong" in page
    sign_class(closed, signers)
    assert tray.unfinished_years(thu) == []


def test_a_year_that_still_runs_asks_for_no_results(world: World) -> None:
    address = reverse("transcripts:class", args=[short(world.classes["6A"].id)])
    page = sign_in(world.thu).get(address).content.decode()
    assert "Năm học của lớp chưa khoá" in page
    assert "Thiếu nơi sinh" in page
    assert "Thiếu nhận xét" not in page
    assert "Lập học bạ" not in page


def test_comments_are_edited_by_exception(closed: World) -> None:
    key = closed.classes["6A"].id
    transcripts.generate(closed.thu, school_class_id=key)
    page = TranscriptPage.objects.order_by("position")[0]
    section = next(one for one in page.sources if one.endswith("toan"))
    address = reverse("transcripts:comments", args=[short(key), section])
    hoa = sign_in(closed.hoa)
    shown = hoa.get(address).content.decode()
    proposed = dict(re.findall(r'<textarea name="(text-[^"]+)"[^>]*>([^<]+)</textarea>', shown))
    assert len(proposed) == 3
    first = f"text-{short(page.person_id)}"
    hoa.post(address, proposed | {first: "Em tính nhanh, cần trình bày rõ hơn."})
    sources = dict(Comment.objects.values_list("page__person_id", "source"))
    assert sources.pop(page.person_id) == CommentSource.TYPED
    assert set(sources.values()) == {CommentSource.BANK}
    again = hoa.post(address, {first: "abc"}, follow=True).content.decode()
    assert "từ 5 đến 1000 kí tự" in again
    assert sign_in(closed.lan).get(address).status_code == 403
    assert sign_in(closed.quang).get(address).status_code == 404


def test_what_the_gradebook_has_no_place_for(closed: World, signers: Signers) -> None:
    key = closed.classes["6A"].id
    prepare(closed)
    page = TranscriptPage.objects.order_by("position")[0]
    who = short(page.person_id)
    address = reverse("transcripts:facts", args=[short(key)])
    lan = sign_in(closed.lan)
    refused = lan.post(address, {f"height-{who}": "cao"}).content.decode()
    assert "Chiều cao «cao» không hợp lệ" in refused
    lan.post(
        address,
        {f"height-{who}": "142", f"weight-{who}": "35,5", f"awards-{who}": "Đội viên giỏi\nLiên đội xuất sắc",
         f"contests-{who}": "Giải Ba Toán cấp trường"},
    )  # fmt: skip
    page.refresh_from_db()
    assert page.content is not None
    assert (page.content["height"], page.content["weight"]) == ("142", "35.5")
    assert page.content["awards"] == ["Đội viên giỏi", "Liên đội xuất sắc", "Giải Ba Toán cấp trường"]
    assert "Giải Ba Toán" in lan.get(address).content.decode()
    assert sign_in(closed.hoa).get(address).status_code == 404


def test_a_page_is_read_by_those_who_may(closed: World, signers: Signers) -> None:
    page = sign_class(closed, signers)[0]
    address = reverse("transcripts:page", args=[short(page.id)])
    lan, quang = sign_in(closed.lan), sign_in(closed.quang)
    for client in (lan, *(sign_in(actor) for actor in (closed.minh, closed.thu, closed.son))):
        shown = client.get(address).content.decode()
        assert "Lý Tiến Bình" in shown
        assert "Được lên lớp" in shown
        assert "bản 1, phát hành" in shown
        copies = reverse("copies:home", args=[short(page.transcript_id)])
        assert re.search(r"Nông Thị Hoa\s*· Toán ", shown), "a subject is named, not its code"
        assert (copies in shown) is (client.get(copies).status_code == 200), "no link leads nowhere"
    assert sign_in(closed.hoa).get(address).status_code == 404  # she signs her subject, not the page
    assert quang.get(address).status_code == 404
    assert lan.post(reverse("transcripts:renew", args=[short(page.id)]), follow=True).status_code == 200
    shown = lan.get(reverse("transcripts:class", args=[short(page.school_class_id)])).content.decode()
    assert "Thiếu nơi sinh" in shown
    of_class = reverse("transcripts:class", args=[short(page.school_class_id)])
    assert quang.get(of_class).status_code == 404


def test_a_principal_with_six_hundred(world: World, signers: Signers) -> None:
    many_pages(world)
    with CaptureQueriesContext(connection) as asked:
        started = time.process_time()
        lines = tray.principal_digest(world.minh, world.year)
        took = time.process_time() - started
    assert sum(line.waits_for_principal for line in lines) == 600
    assert sum(len(line.unusual) for line in lines) == 60
    assert len(asked) <= 6
    client = sign_in(world.minh)
    client.get(reverse(HOME))
    with CaptureQueriesContext(connection) as asked:
        started = time.process_time()
        page = client.get(reverse(HOME)).content
        whole = time.process_time() - started
    assert "Ký duyệt 600 học bạ" in page.decode()
    print(f"digest {took:.3f} s, page {whole:.3f} s, {len(gzip.compress(page))} bytes, {len(asked)} queries")
    assert len(gzip.compress(page)) <= 40 * 1024
    assert len(asked) <= 30


def many_pages(world: World) -> None:
    """Fifteen classes of forty pupils whose pages wait for the principal; every tenth is unusual."""
    for number in range(15):
        names = tuple(f"Nông Văn Số {number} {one}" for one in range(40))
        pupils = make_pupils(world.school, names, 2100000000 + number * 1000)
        row = schooling.open_class(
            SYSTEM, school_id=world.school.pk, year=world.year, name=f"8A{number}", grade=8
        )
        members = [schooling.NewMember(key, world.minh.today) for key in pupils]
        schooling.enroll_many(SYSTEM, school_class_id=row.id, members=members)
        owned = open_transcripts(SYSTEM, school_id=world.school.pk, level="THCS", person_ids=pupils)
        TranscriptPage.objects.bulk_create(
            TranscriptPage(
                transcript=owned[key], person_id=key, school=world.school, school_class=row, year=world.year,
                part=2025, name=names[at], position=at + 1, state=PageState.HOMEROOM, version=1, content={},
                unusual=["corrections", "summer"] if at % 10 == 0 else [],
            )
            for at, key in enumerate(pupils)
        )  # fmt: skip
