"""What is written about a person, checked and put into its stored form before any service writes."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop as _

from khue.core.errors import Invalid
from khue.core.names import fold, nfc, sort_key
from khue.kit.crypto import blind_index, seal, unseal
from khue.modules.people.models import Employment, IdentifierScheme, Person, PersonIdentifier, PupilProfile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Model

    from khue.modules.people.data import NewIdentifier

PERSON_FIELDS = (
    "full_name", "birth_date", "birth_text", "sex", "ethnic_code", "nationality", "phone", "email",
)
PUPIL_FIELDS = (
    "register_number", "status", "admitted_on", "religion", "policy_groups", "disability", "birth_place",
    "home_town", "current_address", "permanent_address", "commune_code", "contact_phone", "note", "imported",
)
JOB_FIELDS = (
    "position", "title_code", "qualification", "subject_codes", "status", "joined_sector_on", "imported",
)
FIELDS: dict[type[Model], tuple[str, ...]] = {
    Person: PERSON_FIELDS,
    PupilProfile: PUPIL_FIELDS,
    Employment: JOB_FIELDS,
}
LABELS = {
    "full_name": _("Họ và tên"),
    "birth_date": _("Ngày sinh"),
    "birth_text": _("Ngày sinh"),
    "sex": _("Giới tính"),
    "ethnic_code": _("Dân tộc"),
    "nationality": _("Quốc tịch"),
    "phone": _("Điện thoại"),
    "email": _("Thư điện tử"),
    "register_number": _("Số đăng bộ"),
    "status": _("Trạng thái"),
    "admitted_on": _("Ngày vào trường"),
    "religion": _("Tôn giáo"),
    "policy_groups": _("Đối tượng chính sách"),
    "disability": _("Khuyết tật"),
    "birth_place": _("Nơi sinh"),
    "home_town": _("Quê quán"),
    "current_address": _("Nơi ở hiện nay"),
    "permanent_address": _("Nơi thường trú"),
    "commune_code": _("Mã xã"),
    "contact_phone": _("Điện thoại liên hệ"),
    "note": _("Ghi chú"),
    "position": _("Chức vụ"),
    "title_code": _("Hạng chức danh"),
    "qualification": _("Trình độ"),
    "subject_codes": _("Môn dạy"),
    "joined_sector_on": _("Ngày vào ngành"),
}
SEXES = {"nam": _("Nam"), "nu": _("Nữ"), "": ""}
# Positions as most schools write them; others stay as they were typed.
POSITIONS = (
    _("Hiệu trưởng"), _("Phó Hiệu trưởng"), _("Phó hiệu trưởng"), _("Giáo viên"), _("Nhân viên"),
    _("Văn thư"), _("Kế toán"), _("Thủ thư"), _("Y tế học đường"), _("Chuyên viên"), _("Giám đốc"),
)  # fmt: skip
# Of pupils and staff, as the Ministry's lists name them (danh mục student-status, staff-status).
STATUSES = (
    _("Chuyển đến kỳ"), _("Nghỉ học xin học lại kỳ"), _("Chuyển đi kỳ"), _("Thôi học kỳ"),
    _("Chuyển đến trong hè"), _("Chuyển đi trong hè"), _("Thôi học trong hè"), _("Bỏ học"), _("Nghỉ học"),
    _("Chuyển đến"), _("Đã chuyển đi"), _("Đã điều động"), _("Chờ nghỉ hưu"), _("Đã nghỉ hưu"),
    _("Đã biệt phái"), _("Thôi việc"),
)  # fmt: skip
OLDEST = dt.date(1900, 1, 1)
_PERSONAL = re.compile(r"\d{9}|\d{12}")
_BIRTH_TEXT = re.compile(r"(\d{4}(-\d{2})?)?")
_CODE = re.compile(r"[\w.\-/]{1,60}")


def cleaned(model: type[Model], facts: Mapping[str, object], *, today: dt.date) -> dict[str, Any]:
    """The facts in the form they are stored in; an unknown or unreadable one is refused."""
    return {name: _value(model, name, value, today) for name, value in facts.items()}


def _value(model: type[Model], name: str, value: object, today: dt.date) -> Any:
    if name not in FIELDS[model]:
        raise Invalid("PEO-005", field=name, item=name)
    if name == "imported":
        return dict(value) if isinstance(value, dict) else {}
    if name in {"birth_date", "admitted_on", "joined_sector_on"}:
        return _day(name, value, today)
    text = nfc(str(value or ""))
    if name == "full_name" and not text:
        raise Invalid("PEO-001", field=name)
    if name == "sex":
        if fold(text) not in SEXES:
            raise Invalid("PEO-007", field=name, value=text[:40])
        return SEXES[fold(text)]
    if name == "birth_text" and not _BIRTH_TEXT.fullmatch(text):
        raise Invalid("PEO-002", field="birth_date", day=text[:40])
    limit = getattr(model._meta.get_field(name), "max_length", None)
    if limit and len(text) > limit:
        raise Invalid("PEO-015", field=name, item=LABELS[name], limit=limit)
    return text


def _day(name: str, value: object, today: dt.date) -> dt.date | None:
    if value in (None, ""):
        return None
    if not isinstance(value, dt.date) or value < OLDEST or (name == "birth_date" and value > today):
        shown = f"{value:%d/%m/%Y}" if isinstance(value, dt.date) else str(value)[:40]
        raise Invalid("PEO-002", field=name, day=shown)
    return value


def keys_of(full_name: str) -> dict[str, str]:
    """The stored keys of a name: class-list order and accent-free search."""
    return {"sort_key": sort_key(full_name)[:400], "search_key": fold(full_name)[:150]}


def put(row: Model, facts: Mapping[str, object], today: dt.date) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set cleaned facts on a row; what really changed, before and after, ready for the audit."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in cleaned(type(row), facts, today=today).items():
        old = getattr(row, name)
        if old == value:
            continue
        before[name], after[name] = plain(old), plain(value)
        setattr(row, name, value)
        if name == "full_name":
            for key, text in keys_of(value).items():
                setattr(row, key, text)
    return before, after


def plain(value: object) -> Any:
    """A value as JSON keeps it."""
    return value.isoformat() if isinstance(value, dt.date) else value


def lookup_of(scheme: str, value: str) -> str:
    """By what an identifier is found: itself, or the keyed digest of a personal number."""
    text = nfc(value).replace(" ", "")
    return blind_index(text) if scheme == IdentifierScheme.PERSONAL else text


def identifier_row(new: NewIdentifier, *, person: Person, since: dt.date) -> PersonIdentifier:
    """An unsaved identifier, the personal number sealed; a wrong form is refused (`PEO-004`)."""
    text = nfc(new.value).replace(" ", "")
    scheme = IdentifierScheme(new.scheme)
    pattern = _PERSONAL if scheme is IdentifierScheme.PERSONAL else _CODE
    if not pattern.fullmatch(text):
        raise Invalid("PEO-004", field=scheme.value, scheme=scheme.label, name=person.full_name)
    return PersonIdentifier(
        person=person,
        scheme=scheme.value,
        value=seal(text) if scheme is IdentifierScheme.PERSONAL else text,
        lookup=lookup_of(scheme, text),
        issuer=new.issuer if scheme is IdentifierScheme.SOFTWARE else None,
        valid_from=since,
    )


def shown(identifier: PersonIdentifier, *, full: bool) -> str:
    """An identifier for a page: the personal number in the clear only for those allowed, else masked."""
    if identifier.scheme != IdentifierScheme.PERSONAL:
        return identifier.value
    number = unseal(identifier.value)
    return number if full else "•" * (len(number) - 3) + number[-3:]
