"""Pages of the store: who reaches which, every act from its page, what strangers find out."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.cast import World, make_actor, sign_in
from tests.unchanged import unchanged

from khue.core.actor import Role
from khue.core.ids import short, uuid7
from khue.modules.people.api import Person
from khue.modules.store import work
from khue.modules.store.models import (
    OutgoingRequest,
    Package,
    PackageItem,
    ReceivedRequest,
    StoredRecord,
    StoreKey,
    StoreLink,
    StoreSchool,
)
from khue.modules.store.services import asking, keys, packaging
from khue.modules.store.tests.conftest import Door
from khue.modules.store.tests.press import Press
from khue.modules.store.tests.school import Office

pytestmark = pytest.mark.django_db
CAST = ("hoa", "lan", "minh", "thu", "son", "quang")
WHY, PAPER = "Nhập nhầm kết quả của học sinh.", "Số 12/QĐ-THCS"


class Windows:
    """A browser for each of the cast, signed in once; the attacker has every role of another school."""

    def __init__(self, world: World) -> None:
        person = Person.objects.get(pk=world.quang.person_id)
        roles = (Role.PRINCIPAL, Role.VICE_PRINCIPAL, Role.CLERK, Role.TEACHER, Role.IT_STAFF)
        world.quang = make_actor(person, *((role, world.elsewhere) for role in roles))
        self.open = {name: sign_in(getattr(world, name)) for name in CAST} | {"stranger": Client()}

    def __getitem__(self, name: str) -> Client:
        return self.open[name]

    def statuses(self, address: str, method: str = "get") -> dict[str, int]:
        return {name: getattr(client, method)(address).status_code for name, client in self.open.items()}


@pytest.fixture
def windows(world: World) -> Windows:
    return Windows(world)


def url(name: str, *args: Any) -> str:
    return reverse(f"store:{name}", args=[short(arg) if hasattr(arg, "bytes") else arg for arg in args])


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_the_clerk_sends_by_one_act(world: World, office: Office, windows: Windows) -> None:
    office.issue(3)
    page = text(windows["thu"], url("home"))
    assert "Gửi 3 học bạ" in page
    answer = windows["thu"].post(url("send", world.school.pk), follow=True)
    page = answer.content.decode()
    assert "Đã đóng gói 3 học bạ." in page
    package = Package.objects.get()
    assert (package.state, PackageItem.objects.filter(state="accepted").count()) == ("answered", 3)
    assert "Mọi học bạ đã phát hành đều đã gửi" in page
    again = windows["thu"].post(url("send", world.school.pk), follow=True).content.decode()
    assert "Không có học bạ nào chờ gửi" in again
    detail = text(windows["minh"], url("package", package.pk))
    assert detail.count("Đã nhận vào kho") >= 3
    assert text(windows["minh"], url("package", package.pk) + "?tt=rejected").count("tag-bad") == 0


def test_who_reaches_which_page(world: World, office: Office, windows: Windows) -> None:
    office.issue(1)
    windows["thu"].post(url("send", world.school.pk))
    package = Package.objects.get()
    school = reach(hoa=404, lan=404, quang=404)
    assert windows.statuses(url("package", package.pk)) == school
    home = reach(hoa=404, lan=404)
    assert windows.statuses(url("home")) == home
    of_school = url("home") + f"?truong={short(world.school.pk)}"
    assert windows.statuses(of_school) == reach(hoa=404, lan=404, quang=404, son=404)
    officer = dict.fromkeys(CAST, 404) | {"son": 200, "stranger": 302}
    for page in (url("doubtful"), url("requests"), url("watched", world.school.pk)):
        assert windows.statuses(page) == officer


def reach(**codes: int) -> dict[str, int]:
    return dict.fromkeys(CAST, 200) | {"stranger": 302} | codes


def test_strangers_find_and_change_nothing(world: World, office: Office, windows: Windows) -> None:
    """Every address that takes a key, as GET and POST: what is there and what is not are told alike."""
    office.issue(1)
    windows["thu"].post(url("send", world.school.pk))
    package, record = Package.objects.get(), StoredRecord.objects.get()
    asking.ask(world.minh, item_id=package.items.get().pk, kind="recall", reason=WHY, authority=PAPER)
    work.work(timezone.now())
    row, _ = keys.give(world.son, school_id=world.school.pk, label="Máy", days=9)
    known = [world.school.pk, package.pk, record.pk, row.pk, ReceivedRequest.objects.get().pk]
    names = (
        "send", "connect", "package", "hurry", "cancel", "ask", "decide_request", "watched", "give_key",
        "set_seals", "revoke_key",
    )  # fmt: skip

    def told(client: Client, key: Any) -> list[int]:
        return [
            getattr(client, method)(url(name, key)).status_code
            for name in names
            for method in ("get", "post")
        ]

    for name in ("hoa", "quang"):
        with unchanged({"kit.AuditEvent"}):
            unknown = told(windows[name], uuid7())
            assert set(unknown) <= {302, 404, 405}  # 302: on to a page that tells nothing
            for key in known:
                assert told(windows[name], key) == unknown
            answer = windows[name].post(
                url("decide"), {"hoc-ba": short(record.pk), "viec": "nhan", "reason": WHY}
            )
            assert answer.status_code == 404
    page = text(windows["quang"], url("home"))
    assert package.document.title not in page
    assert "Trường THCS Khe Vàng" not in page


def test_a_principal_asks_and_the_officer_agrees(world: World, office: Office, windows: Windows) -> None:
    office.issue(1)
    windows["thu"].post(url("send", world.school.pk))
    package = Package.objects.get()
    item = package.items.get()
    address = url("package", package.pk)
    assert "Đề nghị với Sở" not in text(windows["thu"], f"{address}?chon={short(item.pk)}")
    assert "Đề nghị với Sở" in text(windows["minh"], f"{address}?chon={short(item.pk)}")
    given = {"hoc-ba": short(item.pk), "kind": "recall", "reason": WHY, "authority": PAPER}
    short_one = windows["minh"].post(url("ask", package.pk), given | {"reason": "Vì"}, follow=True)
    assert "phải có lí do từ 10 kí tự" in short_one.content.decode()
    windows["minh"].post(url("ask", package.pk), given)
    assert OutgoingRequest.objects.get().state == "waiting"
    work.work(timezone.now())
    page = text(windows["son"], url("requests"))
    assert WHY in page
    assert PAPER in page
    row = ReceivedRequest.objects.get()
    windows["son"].post(url("decide_request", row.pk), {"viec": "dong-y", "note": "Đồng ý, số 3/SGD."})
    assert StoredRecord.objects.get().state == "recalled"
    assert "Không có đề nghị nào chờ duyệt" in text(windows["son"], url("requests"))
    late = windows["son"].post(
        url("decide_request", row.pk), {"viec": "khong", "note": "Không đồng ý nữa."}, follow=True
    )
    assert "Đề nghị này đã được quyết định" in late.content.decode()


def test_the_officer_decides_doubtful_records_in_bulk(
    world: World, door: Door, press: Press, windows: Windows
) -> None:
    own = Press()
    own.expired()
    files = [own.transcript(number) for number in (1, 2, 3)]
    door.judge(press.manifest(*files), *files)
    page = text(windows["son"], url("doubtful"))
    assert "HB-0001" in page
    assert "Chưa kiểm tra được hết" in page
    assert "Hoàng Văn Minh (principal)" in page
    found = {row.code: short(row.pk) for row in StoredRecord.objects.all()}
    nothing = windows["son"].post(url("decide"), {"viec": "nhan", "reason": WHY}, follow=True)
    assert "Hãy chọn ít nhất một dòng" in nothing.content.decode()
    told = windows["son"].post(
        url("decide"),
        {"hoc-ba": [found["HB-0001"], found["HB-0002"]], "viec": "nhan", "reason": WHY}, follow=True,
    )  # fmt: skip
    assert "Đã quyết định 2 học bạ." in told.content.decode()
    windows["son"].post(url("decide"), {"hoc-ba": found["HB-0003"], "viec": "tu-choi", "reason": WHY})
    assert dict(StoredRecord.objects.values_list("code", "state")) == {
        "HB-0001": "accepted", "HB-0002": "accepted", "HB-0003": "rejected",
    }  # fmt: skip


def test_the_table_shows_late_schools_first(world: World, office: Office, windows: Windows) -> None:
    office.issue(3)
    packaging.make(world.thu, school_id=world.school.pk)
    page = text(windows["son"], url("home"))
    assert page.index("Trường THCS Khe Vàng") < page.index("Trường THCS Nà Lầu")
    assert "1 trường còn thiếu học bạ trong kho" in page
    office.settle()
    work.work(timezone.now())
    page = text(windows["son"], url("home"))
    assert "trường còn thiếu học bạ" not in page
    assert "Đã phát hành 3, kho đã nhận 3, không nhận 0, đang chờ 0." in page


def test_the_queries_of_the_table_do_not_grow(
    world: World, office: Office, windows: Windows, django_assert_max_num_queries: Any
) -> None:
    office.issue(2)
    windows["thu"].post(url("send", world.school.pk))
    windows["son"].get(url("home"))
    with django_assert_max_num_queries(32):
        windows["son"].get(url("home"))


def test_a_key_is_shown_once(world: World, windows: Windows) -> None:
    answer = windows["son"].post(url("give_key", world.school.pk), {"label": "Máy văn phòng", "days": "400"})
    page = answer.content.decode()
    shown = page[page.index("khue-kho-") :][:52]
    assert "no-store" in answer["Cache-Control"]
    assert keys.holder_of(shown, StoreKey.objects.get().made_at).label == "Máy văn phòng"
    later = text(windows["son"], url("watched", world.school.pk))
    assert shown not in later
    assert "Máy văn phòng" in later
    windows["son"].post(url("revoke_key", StoreKey.objects.get().pk))
    assert StoreKey.objects.get().revoked_at is not None
    wrong = windows["son"].post(
        url("give_key", world.school.pk), {"label": "Máy", "days": "nhiều"}, follow=True
    )
    assert "từ 1 đến 800 ngày" in wrong.content.decode()
    windows["son"].post(url("set_seals", world.school.pk), {"seals": "MST:4900123456\n"})
    assert StoreSchool.objects.get().seals == ["MST:4900123456"]


def test_a_school_puts_in_its_key(world: World, office: Office, windows: Windows, settings: Any) -> None:
    assert "Kết nối với Sở" not in text(windows["thu"], url("home"))
    settings.KHUE_STORE_URL = "https://kho.example/kho-hoc-ba/api/v1"
    assert "Chưa nhập khoá gửi" in text(windows["thu"], url("home"))
    key = "khue-kho-" + "A" * 43
    windows["thu"].post(url("connect", world.school.pk), {"key": key})
    page = text(windows["thu"], url("home"))
    assert "Khoá gửi do Vi Thị Thu nhập" in page
    assert key not in page
    assert StoreLink.objects.count() == 1


def test_trouble_is_told_in_words(world: World, office: Office, windows: Windows, settings: Any) -> None:
    office.issue(1)
    settings.KHUE_STORE_URL = "http://127.0.0.1:1/kho-hoc-ba/api/v1"
    windows["thu"].post(url("send", world.school.pk))
    work.work(timezone.now())
    package = Package.objects.get()
    page = text(windows["thu"], url("package", package.pk))
    assert "Trường chưa nhập khoá gửi do Sở cấp" in page
    hurried = windows["thu"].post(url("hurry", package.pk), follow=True)
    assert "Khuê sẽ gửi lại ngay" in hurried.content.decode()
    given_up = windows["thu"].post(url("cancel", package.pk), follow=True)
    assert "Đã bỏ gói" in given_up.content.decode()
    assert "Gửi 1 học bạ" in text(windows["thu"], url("home"))
