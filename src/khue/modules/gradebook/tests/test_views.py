"""The pages in a browser: who reaches what, and every act from its page."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tests.cast import SYSTEM, World, fill, make_actor, make_staff, sign_in, write

from khue.core.actor import Role
from khue.core.ids import short, uuid7
from khue.modules.gradebook import api as gradebook
from khue.modules.gradebook.models import Correction, Sheet
from khue.modules.gradebook.tests.acts import close_subjects, fill_term, snapshot
from khue.modules.gradebook.tests.browsers import CAST, Browsers, reach, statuses, url
from khue.modules.schooling import api as schooling

pytestmark = pytest.mark.django_db
WHY = "Cộng nhầm điểm bài tự luận của em."


def test_who_reaches_which_page(world: World, browsers: Browsers) -> None:
    toan, own, key = world.sheet("6A", "TOAN"), world.sheet("6A", "homeroom"), world.classes["6A"].id
    pupil = world.pupils["6A"][0]
    cell = f"?pupil={short(pupil)}&slot=tx1"
    nobody = {"hoa": 404, "quang": 404}
    for address, wanted in {
        url("home"): reach(),
        url("sheet", toan.id): reach(quang=404),
        url("sheet", own.id): reach(**nobody),
        url("sheet", uuid7()): reach(**dict.fromkeys(CAST, 404)),
        url("sheet", "khong-co"): reach(**dict.fromkeys(CAST, 400)),
        url("history", toan.id) + cell: reach(quang=404),
        url("close_sheet", toan.id): reach(lan=403, minh=403, thu=403, son=403, quang=404),
        url("request_correction", toan.id) + cell: reach(lan=403, minh=403, thu=403, son=403, quang=404),
        url("corrections"): reach(),
        url("class", key): reach(**nobody),
        url("results", key, 1): reach(**nobody),
        url("results", key, 0): reach(**nobody),
        url("results", key, 9): reach(**dict.fromkeys(CAST, 404)),
        url("why", key, pupil): reach(**nobody),
        url("why", key, world.pupils["7A"][0]): reach(**dict.fromkeys(CAST, 404)),
        url("book_xlsx", key, 1): reach(**nobody),
        url("book_xlsx", key, 3): reach(**dict.fromkeys(CAST, 404)),
    }.items():
        assert statuses(browsers, address) == wanted, address


def test_what_is_posted_is_not_fetched_and_the_other_way_round(world: World, browsers: Browsers) -> None:
    toan, key = world.sheet("6A", "TOAN"), world.classes["6A"].id
    posted = (url("operations", toan.id), url("close_many"), url("seal_many"), url("close_class", key, 1))
    for address in posted:
        assert browsers.lan.get(address).status_code == 405
    for address in (url("home"), url("sheet", toan.id), url("class", key), url("results", key, 1)):
        assert browsers.lan.post(address).status_code == 405
    assert browsers.hoa.put(url("close_sheet", toan.id)).status_code == 405


def test_the_sheet_page_shows_the_grid(world: World, browsers: Browsers) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    write(world.hoa, sheet, pupil, "tx1", "7")
    write(world.hoa, sheet, pupil, "remark", "<script>alert(1)</script>")
    page = browsers.hoa.get(url("sheet", sheet.id)).content.decode()
    assert f'data-sheet="{short(sheet.id)}"' in page
    assert 'data-state="open"' in page
    assert 'data-slot="tx1" data-kind="mark" data-editable="1"' in page
    assert '<td data-b="1">7,0</td>' in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert f"ma={short(sheet.id)}&amp;hanh-dong=gradebook.sheet.enter" in page
    assert 'data-state="readonly"' in browsers.lan.get(url("sheet", sheet.id)).content.decode()


def test_why_somebody_may_or_may_not_enter(world: World, browsers: Browsers) -> None:
    asked = {"loai": "gradebook.Sheet", "hanh-dong": "gradebook.sheet.enter"}
    asked["ma"] = short(world.sheet("6A", "TOAN").id)
    mine = browsers.hoa.get(reverse("access:explain"), asked).content.decode()
    assert "Toán, lớp 6A, học kì 1" in mine
    assert "Được phân công dạy môn này của lớp." in mine
    assert "không được «Nhập điểm»" in browsers.lan.get(reverse("access:explain"), asked).content.decode()


def test_closing_a_sheet_on_its_page(world: World, browsers: Browsers) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    fill(sheet)
    write(world.hoa, sheet, pupil, "ck", "", state="PENDING_MAKEUP")
    write(world.hoa, sheet, pupil, "tx1", "")
    page = browsers.hoa.get(url("close_sheet", sheet.id))
    assert "Còn thiếu 2 kết quả" in page.content.decode()
    seen = page.context["seen"]
    refusal = browsers.hoa.post(url("close_sheet", sheet.id), {"seen": seen})
    assert refusal.status_code == 422
    assert "Chưa chốt được vì còn thiếu: Toán (TX1, ĐĐGck (chờ kiểm tra bù) của" in refusal.content.decode()
    write(world.hoa, sheet, pupil, "tx1", "8")
    stale = browsers.hoa.post(url("close_sheet", sheet.id), {"seen": seen, "zero_pending": "1"})
    assert (stale.status_code, "Nội dung đã thay đổi" in stale.content.decode()) == (422, True)
    done = browsers.hoa.post(
        url("close_sheet", sheet.id), {"seen": stale.context["seen"], "zero_pending": "1"}
    )
    assert (done.status_code, done["Location"]) == (302, url("sheet", sheet.id))
    assert Sheet.objects.get(pk=sheet.id).state == "closed"
    closed = browsers.hoa.get(url("sheet", sheet.id)).content.decode()
    assert 'data-state="closed"' in closed
    assert "data-correct-url" in closed
    assert "data-correct-url" not in browsers.lan.get(url("sheet", sheet.id)).content.decode()


def test_closing_many_sheets_from_the_first_page(world: World, browsers: Browsers) -> None:
    sheets = [world.sheet(name, "TOAN") for name in ("6A", "7A")]
    fill(sheets[0])
    page = browsers.hoa.get(url("home") + "?nam=2025-2026&ky=1")
    assert "Chốt 1 bảng đã đủ" in page.content.decode()
    done = browsers.hoa.post(url("close_many"), {"sheet": [short(sheet.id) for sheet in sheets]}, follow=True)
    assert "Đã chốt 1 bảng." in done.content.decode()
    assert "còn thiếu" in done.content.decode()


def test_a_sheet_without_required_results_is_not_called_full(world: World, browsers: Browsers) -> None:
    gradebook.summer_sheet(world.classes["6A"].id, world.school.pk, world.subject("6A", "TOAN"))
    page = browsers.hoa.get(url("home") + "?nam=2025-2026&ky=3").content.decode()
    assert "Đã nhập 0 %" in page
    assert "bảng đã đủ" not in page


def test_how_full_counts_only_who_is_waited_for(world: World) -> None:
    from khue.modules.gradebook.queries import lines_of

    sheet, (first, second, *_) = world.sheet("6A", "GDTC"), world.pupils["6A"]
    fill(sheet)
    for slot in ("tx1", "tx2", "gk", "ck"):
        write(SYSTEM, sheet, first, slot, "")
        write(SYSTEM, sheet, second, slot, "")
    assert lines_of([world.sheet("6A", "GDTC")])[0].percent == 60
    schooling.set_mode(
        world.thu, class_subject_id=sheet.class_subject_id, pupil_id=first, mode="EXEMPT", decision="03/QĐ"
    )
    schooling.leave_class(
        world.thu, school_class_id=sheet.school_class_id, pupil_id=second, on=world.thu.today,
        status="Chuyển trường",
    )
    assert lines_of([world.sheet("6A", "GDTC")])[0].percent == 100


def test_closing_and_sealing_a_class_on_its_page(world: World, browsers: Browsers) -> None:
    key = world.classes["6A"].id
    fill_term(world)
    close_subjects(world)
    results, act = url("results", key, 1), url("close_class", key, 1)
    page = browsers.lan.get(results)
    assert "Giáo viên chủ nhiệm chốt" in page.content.decode()
    for name, status in {"minh": 403, "thu": 403, "son": 403, "hoa": 404, "quang": 404}.items():
        before = snapshot()
        assert browsers.of(name).post(act, {"step": "close"}).status_code == status
        assert snapshot() == before
    closed = browsers.lan.post(act, {"step": "close", "seen": page.context["seen"]}, follow=True)
    assert "Đã chốt học kì I." in closed.content.decode()
    stale = browsers.minh.post(act, {"step": "seal", "seen": "0" * 64}, follow=True)
    assert "Nội dung đã thay đổi" in stale.content.decode()
    sealed = browsers.minh.post(act, {"step": "seal", "seen": stale.context["seen"]}, follow=True)
    assert "Đã khoá học kì I." in sealed.content.decode()
    assert gradebook.class_state(key, 1).state == "sealed"
    empty = browsers.minh.post(act, {"step": "reopen"}, follow=True)
    assert "Mở lại sau khi khoá phải có lí do" in empty.content.decode()
    opened = browsers.minh.post(
        act, {"step": "reopen", "reason": "Nhập nhầm cột điểm.", "decision": "12/QĐ"}, follow=True
    )
    assert "Đã mở lại học kì I." in opened.content.decode()
    assert browsers.minh.post(url("close_class", key, 7), {"step": "seal"}).status_code == 404
    nonsense = browsers.minh.post(act, {"step": "khác"}, follow=True)
    assert "Dữ liệu gửi lên không đọc được" in nonsense.content.decode()


def test_sealing_many_names_no_class_of_another_school(world: World, browsers: Browsers) -> None:
    fill_term(world)
    close_subjects(world)
    gradebook.close_class(world.lan, school_class_id=world.classes["6A"].id, term=1)
    keys = [short(world.classes[name].id) for name in ("6A", "7A", "10A1")]
    told = {
        name: [
            str(message)
            for message in browsers.of(name)
            .post(url("seal_many"), {"term": "1", "class": keys}, follow=True)
            .context["messages"]
        ]
        for name in ("quang", "minh")
    }
    assert told["quang"] == []
    assert [text.split(" Hãy")[0] for text in told["minh"]] == [
        "Đã khoá 1 lớp: 6A.",
        "7A: Giáo viên chủ nhiệm chưa chốt. Hiệu trưởng duyệt sau giáo viên chủ nhiệm.",
    ]
    assert browsers.minh.post(url("seal_many"), {"term": "một"}).status_code == 400


def test_a_correction_in_the_browser(world: World, browsers: Browsers) -> None:
    sheet, pupil = world.sheet("6A", "TOAN"), world.pupils["6A"][0]
    fill(sheet)
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    address = url("request_correction", sheet.id)
    form = browsers.hoa.get(address, {"pupil": short(pupil), "slot": "ck"})
    assert "giá trị hiện tại <strong>7,5</strong>" in form.content.decode()
    wish = {"pupil": short(pupil), "slot": "ck", "value": "9", "base": str(form.context["base"])}
    short_reason = browsers.hoa.post(address, wish | {"reason": "nhầm"})
    assert (short_reason.status_code, "từ 10 kí tự" in short_reason.content.decode()) == (422, True)
    assert browsers.hoa.post(address, wish | {"reason": WHY, "base": "x"}).status_code == 422
    stale = browsers.hoa.post(address, wish | {"reason": WHY, "base": "0"})
    assert (stale.status_code, "kiểm thử" in stale.content.decode()) == (422, True)
    assert browsers.lan.post(address, wish | {"reason": WHY}).status_code == 403
    assert not Correction.objects.exists()
    sent = browsers.hoa.post(address, wish | {"reason": WHY})
    row = Correction.objects.get()
    page = url("correction", row.id)
    assert (sent.status_code, sent["Location"]) == (302, page)
    assert statuses(browsers, page) == reach(quang=404)
    assert browsers.quang.get(url("corrections")).content.decode().count("Chờ giáo viên") == 0
    assert browsers.lan.get(url("corrections")).content.decode().count("Chờ giáo viên") == 1
    for name, step, status in (("hoa", "confirm", 403), ("minh", "confirm", 403), ("quang", "confirm", 404)):
        assert browsers.of(name).post(page, {"step": step}).status_code == status
    assert "Chủ nhiệm xác nhận</button>" in browsers.lan.get(page).content.decode()
    assert "Chủ nhiệm xác nhận</button>" not in browsers.hoa.get(page).content.decode()
    assert browsers.lan.post(page, {"step": "confirm"}).status_code == 302
    assert "yêu cầu sửa điểm đang chờ bạn" in browsers.minh.get(url("home")).content.decode()
    done = browsers.minh.post(page, {"step": "approve"}, follow=True).content.decode()
    assert "Đã duyệt và sửa điểm." in done
    assert browsers.minh.post(page, {"step": "approve"}).status_code == 422
    assert browsers.minh.post(page, {"step": "xoá"}).status_code == 422
    assert gradebook.cells_of(sheet.id)[pupil, "ck"].value == "9.0"
    assert "Sửa chữa ở 1 chỗ" in browsers.hoa.get(url("sheet", sheet.id)).content.decode()


def test_a_request_that_ran_out_says_so_and_offers_nothing(world: World, browsers: Browsers) -> None:
    from khue.modules.gradebook.services.corrections import request_correction

    sheet = world.sheet("6A", "TOAN")
    fill(sheet)
    gradebook.close_sheet(world.hoa, sheet_id=sheet.id)
    row = request_correction(
        world.hoa, sheet_id=sheet.id, pupil_id=world.pupils["6A"][0], slot="ck", value="9", reason=WHY,
        base_version=1,
    )  # of December 2025; the browser's day is much later
    page = browsers.lan.get(url("correction", row.id)).content.decode()
    assert "Hết hạn" in page
    assert "tự hết hạn" not in page
    assert "xác nhận</button>" not in page
    late = browsers.lan.post(url("correction", row.id), {"step": "confirm"})
    assert (late.status_code, "Yêu cầu đã hết hạn lúc" in late.content.decode()) == (422, True)


def test_results_and_why_with_clauses(world: World, browsers: Browsers) -> None:
    key, pupil = world.classes["6A"].id, world.pupils["6A"][0]
    for term in (1, 2):
        fill_term(world, term=term)
    write(SYSTEM, world.sheet("6A", "homeroom"), pupil, "absent_excused", "43")
    page = browsers.lan.get(url("results", key, 0)).content.decode()
    assert "Được lên lớp" in page
    assert "46 buổi" in page
    assert "xếp hạng" not in page.lower()
    why = browsers.lan.get(url("why", key, pupil)).content.decode()
    for text in (
        "Điều 9 khoản 1 TT 22/2021", "Điều 12 khoản 1 điểm c TT 22/2021",
        "Nghỉ 46 buổi, quá 45 buổi trong năm học.", "Điều 15", "Điều 8 khoản 2",
    ):  # fmt: skip
        assert text in why
    primary = sign_in(make_actor(make_staff(world.primary, "Đàm Văn Hà"), (Role.PRINCIPAL, world.primary)))
    for term in (1, 2):
        fill_term(world, "4A", term)
    small = primary.get(url("why", world.classes["4A"].id, world.pupils["4A"][0])).content.decode()
    assert "Điều 9 khoản 2 điểm a TT 27/2020" in small


def test_doubtful_results_are_shown_to_the_principal(world: World, browsers: Browsers) -> None:
    fill_term(world)
    schooling.set_mode(
        world.thu, class_subject_id=world.subject("6A", "GDTC").id, pupil_id=world.pupils["6A"][0],
        mode="EXEMPT", decision="03/QĐ, 10/9/2025",
    )
    page = browsers.minh.get(url("results", world.classes["6A"].id, 1)).content.decode()
    assert "1 học sinh có hai cách hiểu quy định" in page


def test_arts_say_that_both_parts_must_be_passed(world: World, browsers: Browsers) -> None:
    arts, sport = world.sheet("6A", "NT"), world.sheet("6A", "GDTC")
    assert "cả Âm nhạc và Mĩ thuật đều Đạt" in browsers.lan.get(url("sheet", arts.id)).content.decode()
    assert "Mĩ thuật đều Đạt" not in browsers.lan.get(url("sheet", sport.id)).content.decode()
