"""Code lists: loading again and again, people's changes, finding entries as people write them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from khue.core.actor import Actor, GrantFact, Role, system_actor
from khue.core.dates import VIETNAM
from khue.core.errors import Invalid, NotAllowed, Refused
from khue.core.ids import uuid7
from khue.kit import permissions
from khue.kit.models import AuditEvent
from khue.modules.codes import api as codes
from khue.modules.codes import queries, services, shipped
from khue.modules.codes.errors import CODES
from khue.modules.codes.models import CodeItem
from khue.rules import curriculum

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 10, 5, 8, 0, tzinfo=VIETNAM)
TODAY = NOW.date()
SYSTEM = system_actor("kiểm thử", NOW)
BEFORE_MERGER = dt.date(2025, 6, 30)


def actor(role: Role) -> Actor:
    return Actor(uuid7(), "Nguyễn Văn An", TODAY, NOW, (GrantFact(uuid7(), role, uuid7()),))


ADMIN = actor(Role.DEPARTMENT_ADMIN)
CLERK = actor(Role.CLERK)


@pytest.fixture
def loaded() -> services.LoadCounts:
    return codes.load_shipped(SYSTEM)


def one(code_list: str, code: str) -> CodeItem:
    return CodeItem.objects.get(code_list=code_list, code=code, valid_to=None)


def test_every_shipped_entry_is_loaded_with_its_source(loaded: services.LoadCounts) -> None:
    assert loaded.added == len(shipped.items()) == CodeItem.objects.count() > 600
    assert not CodeItem.objects.filter(source="").exists()
    assert AuditEvent.objects.filter(action="codes.loaded").count() == 1


def test_shipped_entries_have_unique_keys_and_dates_that_follow() -> None:
    keys = [item.key for item in shipped.items()]
    assert len(keys) == len(set(keys))
    assert all(item.valid_to is None or item.valid_from < item.valid_to for item in shipped.items())
    for meta in shipped.lists().values():
        assert meta["sources"]
        assert meta["license"]
        assert meta["title"]


def test_loading_again_changes_nothing(loaded: services.LoadCounts) -> None:
    again = codes.load_shipped(SYSTEM)
    assert again == services.LoadCounts(unchanged=loaded.added)
    assert AuditEvent.objects.filter(action="codes.loaded").count() == 1


def test_loading_needs_few_queries(django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(20):
        codes.load_shipped(SYSTEM)
    with django_assert_max_num_queries(5):
        codes.load_shipped(SYSTEM)


def test_a_new_version_of_the_data_updates_and_ends_untouched_rows(
    loaded: services.LoadCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = [
        replace(item, name="Tày (mới)") if item.key[:2] == ("ethnic-groups", "02") else item
        for item in shipped.items()
        if item.key[:2] != ("ethnic-groups", "03")
    ]
    monkeypatch.setattr(shipped, "items", lambda: newer)
    counts = codes.load_shipped(SYSTEM)
    assert (counts.updated, counts.ended, counts.added, counts.kept) == (1, 1, 0, 0)
    assert one("ethnic-groups", "02").name == "Tày (mới)"
    assert CodeItem.objects.get(code_list="ethnic-groups", code="03").valid_to == TODAY
    monkeypatch.undo()
    back = codes.load_shipped(SYSTEM)
    assert back.updated == 2
    assert one("ethnic-groups", "03").name == "Thái"


def test_a_persons_change_survives_loading(loaded: services.LoadCounts) -> None:
    codes_item = one("ethnic-groups", "08")
    services.change_item(ADMIN, item_id=codes_item.pk, name="Mông", aliases=["HMông", "H'Mông"])
    ended = one("leave-reasons", "THIEN_TAI")
    services.end_item(ADMIN, item_id=ended.pk, on=TODAY)
    added = services.add_item(ADMIN, code_list="leave-reasons", code="DI_LAM", name="Đi làm xa")
    counts = codes.load_shipped(SYSTEM)
    assert (counts.kept, counts.added, counts.updated, counts.ended) == (2, 0, 0, 0)
    assert one("ethnic-groups", "08").name == "Mông"
    assert not codes.items("leave-reasons", TODAY).filter(code="THIEN_TAI").exists()
    assert codes.find("leave-reasons", "di lam xa", TODAY) == added


def test_only_administrators_of_the_department_change(loaded: services.LoadCounts) -> None:
    row = one("religions", "01")
    for refused in (
        lambda: services.change_item(CLERK, item_id=row.pk, name="Đạo Phật"),
        lambda: services.end_item(CLERK, item_id=row.pk, on=TODAY),
        lambda: services.add_item(CLERK, code_list="religions", code="99", name="Khác"),
        lambda: codes.load_shipped(CLERK),
    ):
        with pytest.raises(NotAllowed, match="KIT-002"):
            refused()
    assert permissions.can(CLERK, "codes.item.see", row)
    assert not permissions.can(CLERK, "codes.item.change", row)
    assert permissions.can(ADMIN, "codes.item.change", row)


def test_changes_are_audited_with_before_and_after(loaded: services.LoadCounts) -> None:
    row = one("religions", "01")
    services.change_item(ADMIN, item_id=row.pk, name="  Phật   giáo Việt Nam ", reason="theo danh mục mới")
    event = AuditEvent.objects.get(action="codes.item.changed")
    assert (event.before["name"], event.after["name"]) == ("Phật giáo", "Phật giáo Việt Nam")
    assert event.reason == "theo danh mục mới"


def test_a_change_from_a_day_on_leaves_older_days_as_they_were(loaded: services.LoadCounts) -> None:
    row = one("school-kinds", "MN")
    since = dt.date(2027, 1, 1)
    services.change_item(ADMIN, item_id=row.pk, name="Trường mầm non mới", since=since)
    assert codes.name_of("school-kinds", "MN", TODAY) == "Trường mầm non"
    assert codes.name_of("school-kinds", "MN", since) == "Trường mầm non mới"
    assert codes.load_shipped(SYSTEM).kept == 1
    with pytest.raises(Invalid, match="COD-003"):
        services.change_item(ADMIN, item_id=one("school-kinds", "MN").pk, name="X", since=since)


def test_refusals(loaded: services.LoadCounts) -> None:
    row = one("religions", "02")
    with pytest.raises(Invalid, match="COD-002"):
        services.change_item(ADMIN, item_id=row.pk, name=" ")
    with pytest.raises(Invalid, match="COD-007"):
        services.change_item(ADMIN, item_id=row.pk, name="x", official_code="1" * 61)
    with pytest.raises(Invalid, match="COD-001"):
        services.add_item(ADMIN, code_list="nowhere", code="1", name="x")
    with pytest.raises(Invalid, match="COD-005"):
        services.add_item(ADMIN, code_list="religions", code="02", name="x")
    with pytest.raises(Invalid, match="COD-006"):
        services.add_item(ADMIN, code_list="religions", code=" ", name="x")
    with pytest.raises(Invalid, match="COD-003"):
        services.end_item(ADMIN, item_id=row.pk, on=dt.date(1970, 1, 1))
    services.end_item(ADMIN, item_id=row.pk, on=TODAY)
    with pytest.raises(Refused, match="COD-004"):
        services.change_item(ADMIN, item_id=row.pk, name="x")
    assert all(sentence.endswith(".") for sentence in CODES.values())


@pytest.mark.parametrize(
    ("code_list", "text", "code"),
    [
        ("ethnic-groups", "Tày", "02"),
        ("ethnic-groups", "tay", "02"),
        ("ethnic-groups", "Mông", "08"),
        ("ethnic-groups", "H’Mông", "08"),
        ("ethnic-groups", "NÙNG", "07"),
        ("ethnic-groups", "Cao Lan", "15"),
        ("ethnic-groups", "Khơ Me", "05"),
        ("ethnic-groups", "02", "02"),
        ("ethnic-groups", "Sao Hỏa", None),
        ("ethnic-groups", "", None),
        ("religions", "Không", "00"),
        ("religions", "Tin lành", "08"),
        ("gender", "nữ", "2"),
        ("student-status", "Chuyển đi kỳ 1", "04"),
        ("provinces", "Tỉnh Lạng Sơn", "20"),
        ("provinces", "lang son", "20"),
        ("policy-groups", "hộ nghèo", "HO_NGHEO"),
    ],
)
def test_entries_are_found_as_people_write_them(
    loaded: services.LoadCounts, code_list: str, text: str, code: str | None
) -> None:
    found = codes.find(code_list, text, TODAY)
    assert (found.code if found else None) == code


def test_every_name_is_found_again(loaded: services.LoadCounts) -> None:
    for code_list in ("ethnic-groups", "religions", "communes", "provinces", "policy-groups", "staff-titles"):
        finder = codes.finder(code_list, TODAY)
        for row in codes.items(code_list, TODAY):
            assert finder.find(row.name) == row


@pytest.mark.parametrize(
    ("text", "code", "old"),
    [
        ("Xã Lộc Bình", "06529", False),
        ("loc binh", "06529", False),
        ("06529", "06529", False),
        ("Đồng Đăng", "06184", False),
        ("Xã Văn Quan", "06253", False),
        ("Xã Mai Pha", "05977", True),
        ("xa mai pha", "05977", True),
        ("Phường Vĩnh Trại", "05977", True),
        ("TT Lộc Bình", "06529", True),
        ("Thị trấn Lộc Bình", "06529", True),
        ("Xã Thuỵ Hùng", "06148", False),
    ],
)
def test_communes_of_today_and_of_before_the_merger(
    loaded: services.LoadCounts, text: str, code: str, old: bool
) -> None:
    found = codes.commune_by_name(text, TODAY)
    assert found is not None
    assert found.item is not None
    assert found.item.code == code
    assert (found.old is not None) == old


def test_a_divided_or_ambiguous_commune_is_a_question(loaded: services.LoadCounts) -> None:
    divided = codes.commune_by_name("Xã Bính Xá", TODAY)
    assert divided is not None
    assert divided.item is None
    assert {row.code for row in divided.choices} == {"06613", "06625"}
    assert codes.commune_by_name("Xã Không Có", TODAY) is None
    assert codes.commune_by_name("", TODAY) is None


def test_before_the_merger_the_old_communes_hold(loaded: services.LoadCounts) -> None:
    found = codes.commune_by_name("Xã Mai Pha", BEFORE_MERGER)
    assert found is not None
    assert found.item is not None
    assert found.item.code == "05992"
    assert codes.items("communes", BEFORE_MERGER).count() == 194
    assert codes.items("communes", dt.date(2025, 7, 1)).count() == 65
    assert codes.items("provinces", BEFORE_MERGER).count() == 63
    assert codes.items("provinces", TODAY).count() == 34


def test_every_old_commune_leads_somewhere(loaded: services.LoadCounts) -> None:
    now = {row.code for row in codes.items("communes", TODAY)}
    for row in codes.items("communes", BEFORE_MERGER):
        assert set(row.extra["new_codes"]) <= now
        assert row.extra["new_codes"]


def test_search_and_lists(loaded: services.LoadCounts) -> None:
    assert [row.code for row in queries.search("communes", "bac son", TODAY)]
    assert len(queries.search("ethnic-groups", "", TODAY)) == 55
    infos = {info.code: info for info in queries.code_lists(TODAY)}
    assert infos["communes"].count == 65
    assert sum(info.count for info in infos.values()) == sum(
        1 for row in CodeItem.objects.all() if row.is_in_force(TODAY)
    )


LEVELS = {"TH": range(1, 6), "THCS": range(6, 10), "THPT": range(10, 13)}


def test_the_list_of_subjects_has_every_subject_of_the_curriculum() -> None:
    """One subject, one code: the list that is exchanged and the curriculum that is calculated agree."""
    listed = {item.code for item in shipped.items() if item.code_list == "subjects"}
    taught = {
        f"{level}.{item.code}"
        for level, grades in LEVELS.items()
        for grade in grades
        for item in curriculum.subjects(level, grade)
    }
    assert taught <= listed
    assert listed - taught == {"THPT.CD"}  # topic clusters belong to their subjects in the curriculum


def test_the_slots_of_signing_come_in_their_order() -> None:
    slots = [item for item in shipped.items() if item.code_list == "hocba-sign-slots"]
    assert [item.code for item in slots] == ["GVBM", "GVCN", "CBQL", "KY_PHAT_HANH"]
    assert [item.facts["order"] for item in slots] == [1, 2, 3, 4]
