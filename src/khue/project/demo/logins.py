"""The people of the demo that a visitor may sign in as."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_noop as _

from khue.modules.access import api as access

PASSWORD = "thu-nghiem-2026"  # noqa: S105 - shown on the first page of the demo, valid nowhere else

# username → role as people say it, what to try
TRIES: dict[str, tuple[str, str]] = {
    "hoa": (_("Giáo viên Toán"), _("Nhập cột điểm bằng bàn phím số; chốt bảng; kí môn Toán trong học bạ")),
    "lan": (_("Giáo viên chủ nhiệm"), _("Xem còn thiếu gì, rèn luyện, chốt học kì; nhận xét và kí học bạ")),
    "minh": (_("Hiệu trưởng"), _("Kí học bạ hàng loạt; cho chuyển trường; khoá sổ đăng bộ; duyệt sửa điểm")),
    "nga": (_("Phó hiệu trưởng"), _("Duyệt và khoá sổ khi được uỷ quyền; xem danh sách cần quan tâm")),
    "thu": (_("Văn thư"), _("Sổ đăng bộ; tiếp nhận học sinh chuyển đến; gửi kho học bạ; nhập tệp Excel")),
    "dung": (_("Cán bộ CNTT"), _("Tạo tài khoản, in mật khẩu lần đầu, xem nhật kí")),
    "binh": (_("Cán bộ UBND xã"), _("Xem các trường của xã, không xem được điểm")),
    "son": (_("Chuyên viên Sở GD&ĐT"), _("Kho học bạ của các trường; xem kết quả, không sửa được điểm")),
    "thao": (_("Hiệu trưởng trường bạn"), _("Phía bên kia của việc chuyển trường")),
    "hanh": (_("Hiệu trưởng tiểu học"), _("Học bạ, sổ đăng bộ tiểu học đã kí; gói đã gửi kho của Sở")),
    "mai": (_("Giáo viên tiểu học"), _("Bảng T/H/C theo thời điểm, phẩm chất và năng lực")),
    "tuan": (_("Giáo viên THPT"), _("Môn có cụm chuyên đề; lớp tổ hợp")),
    "quantri": (_("Quản trị của Sở"), _("Phân quyền, danh mục, nhật kí")),
}


@dataclass(frozen=True, slots=True)
class Login:
    """One login as the first page shows it."""

    username: str
    role: str
    name: str
    unit: str
    what: str
    password: str = PASSWORD


def demo_logins() -> list[Login]:
    """The logins of the demo; none outside the demo or before it is built."""
    if not settings.KHUE_DEMO:
        return []
    accounts = {
        row.username: row
        for row in access.Account.objects.filter(username__in=TRIES).select_related("person")
    }
    units = dict(
        access.Grant.objects.filter(person__in=[row.person_id for row in accounts.values()]).values_list(
            "person_id", "unit__name"
        )
    )
    return [
        Login(name, role, person.full_name, units.get(person.pk, ""), what)
        for name, (role, what) in TRIES.items()
        if name in accounts and (person := accounts[name].person) is not None
    ]
