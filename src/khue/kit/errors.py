"""Sentences of the kit's refusals (code → Vietnamese), and the catalogue of all modules."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps
from django.utils.translation import gettext as _

CODES: dict[str, str] = {
    "KIT-001": "Không tìm thấy trang hoặc hồ sơ này. Hãy quay lại trang trước và chọn lại.",
    "KIT-002": "Bạn xem được hồ sơ này nhưng không có quyền «{action}». Hãy nhờ người có quyền.",
    "KIT-003": "Dữ liệu gửi lên không đọc được. Hãy tải lại trang rồi thử lại.",
    "KIT-004": "Tệp hoặc dữ liệu gửi lên quá lớn. Hãy chia nhỏ rồi gửi lại.",
}


def catalogue() -> dict[str, str]:
    """Every refusal of every installed module."""
    found: dict[str, str] = dict(CODES)
    for app in apps.get_app_configs():
        if not app.name.startswith("khue.modules."):
            continue
        try:
            module = import_module(f"{app.name}.errors")
        except ModuleNotFoundError:
            continue
        found.update(module.CODES)
    return found


def sentence(code: str, params: dict[str, object]) -> str:
    """The sentence a person reads: what happened, why, what to do."""
    template = catalogue().get(code)
    if template is None:
        return _("Thao tác bị từ chối (mã {code}).").format(code=code)
    return _(template).format(**params)
