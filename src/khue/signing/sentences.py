"""Sentences of this package (code → Vietnamese): what happened, why, what to do.

They stand here and not at the edge, because the verifier also runs alone, without Django. Each part
keeps its own table in its `sentences` module; the numbers say which: 0 values, 1 XML, 2 trust and
time, 3 keys and services, 4 evidence log, 5 PDF, 6 the Ministry's layout, 7 files and commands.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec


def _(text: str) -> str:
    """Marks a sentence for the catalogue; translated where it is shown."""
    return text


CODES: dict[str, str] = {
    "SIGN-001": _(
        "Khoá «{key}» không thuộc loại được chấp nhận. "
        "Hãy dùng chứng thư ECDSA P-256, P-384 hoặc RSA từ 2048 bit."
    ),
    "SIGN-002": _(
        "Giá trị chữ ký trả về dài {length} byte, phải là {expected}. "
        "Hãy ký lại; nếu vẫn lỗi, báo nhà cung cấp."
    ),
    "SIGN-003": _("Dữ liệu nhị phân (DER) hỏng: {what}. Hãy lấy lại tệp gốc hoặc ký lại."),
    "SIGN-700": _("Tệp này không phải hồ sơ .xml, bản in .pdf hay gói bằng chứng .zip. Hãy chọn đúng tệp."),
    "SIGN-701": _("Không có tệp «{name}». Hãy xem lại đường dẫn."),
    "SIGN-702": _("Tệp «{name}» lớn quá {limit} MB nên không được đọc. Hãy kiểm tra lại tệp."),
    "SIGN-703": _("Không tải được danh sách thu hồi từ {url}: {reason}. Kết quả có thể chưa chắc chắn."),
    "SIGN-V-valid": _("Hợp lệ: nội dung nguyên vẹn, đủ {count} chữ ký đúng người, đúng thứ tự."),
    "SIGN-V-uncertain": _("Chưa thể kết luận. {reason}"),
    "SIGN-V-invalid": _("Không hợp lệ. {reason}"),
}
PARTS = ("xades", "trust", "tsa", "signers", "log", "pades", "foreign")


@cache
def catalogue() -> dict[str, str]:
    """All sentences of the package."""
    found = dict(CODES)
    for part in PARTS:
        name = f"{__package__}.{part}.sentences"
        if find_spec(f"{__package__}.{part}") is not None and find_spec(name) is not None:
            found.update(import_module(name).CODES)
    return found


def sentence(code: str, params: Mapping[str, object]) -> str:
    """The sentence of a code, filled; a code without one is shown as it is."""
    template = catalogue().get(code)
    return f"Mã {code}." if template is None else template.format(**params).strip()
