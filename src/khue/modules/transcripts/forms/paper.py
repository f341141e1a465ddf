"""A transcript on paper (học bạ bản in), PDF/A, in the pages of TT 22, TT 27 and the older regimes (4.4).

Texts are composed here, set by `transcript.typ`; the form of the state is always in Vietnamese. The same
transcript gives the same bytes: the only date in the file is that of the newest page's issue.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

from khue.core.dates import VIETNAM
from khue.core.errors import Invalid
from khue.kit import paper
from khue.modules.transcripts.data import Transcript
from khue.modules.transcripts.forms import primary, secondary
from khue.signing.qr import qr_svg

if TYPE_CHECKING:
    from khue.modules.transcripts.data import Identity, IssuedPage, SignatureFact

_STRANGE = re.compile(r"[^\n\u0020-\u007e\u00a0-\u024f\u0300-\u0309\u0323\u1e00-\u1eff\u2013-\u2026]")
TEMPLATE = Path(__file__).parent / "transcript.typ"
LEVEL_NAMES = {"TH": "Tiểu học", "THCS": "Trung học cơ sở", "THPT": "Trung học phổ thông"}
WARNINGS = {
    "superseded": "BẢN NÀY ĐÃ ĐƯỢC THAY THẾ, CHỈ ĐỂ TRA CỨU",
    "cancelled": "HỌC BẠ ĐÃ HUỶ, CHỈ ĐỂ TRA CỨU",
    "recalled": "HỌC BẠ ĐÃ THU HỒI, CHỈ ĐỂ TRA CỨU",
}


def transcript_pdf(transcript: Transcript) -> bytes:
    """Cover, page 1 and every year."""
    return _pdf(transcript, whole=True)


def year_pdf(issued: IssuedPage, print_code: str = "", *, warning: str = "") -> bytes:
    """The pages of one year alone; `warning` stands above both instead of what the state says."""
    code = print_code or issued.print_code
    alone = Transcript(issued.page.transcript, issued.page.level, (issued,), code)
    return _pdf(alone, whole=False, warning=warning)


def _pdf(transcript: Transcript, *, whole: bool, warning: str = "") -> bytes:
    data = data_of(transcript, whole=whole)
    if warning:
        data["years"] = [year | {"warning": warning} for year in data["years"]]
    newest = transcript.pages[-1]
    day = _day(newest.issued) or dt.date(int(newest.page.year[5:]), 1, 1)
    at = dt.datetime(day.year, day.month, day.day, tzinfo=VIETNAM)
    title = f"Học bạ {LEVEL_NAMES[transcript.level]} {transcript.code}"
    try:
        return paper.render(TEMPLATE, data, title=title, archival=at)
    except typst.TypstError:
        # PDF/A takes no character that its fonts lack. The record keeps it; the print shows that it is there.
        return paper.render(TEMPLATE, _printable(data), title=title, archival=at)


def _printable(value: Any) -> Any:
    """The same texts, with «?» for signs that are neither Latin letters nor common marks."""
    if isinstance(value, str):
        return _STRANGE.sub("?", value)
    if isinstance(value, dict):
        return {key: _printable(one) for key, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list | tuple) else value


def data_of(transcript: Transcript, *, whole: bool) -> dict[str, Any]:
    """All texts, in the order of the pages."""
    if not transcript.pages:
        raise Invalid("TRANS-112", transcript=transcript.code)
    years = [_year(one, transcript.print_code) for one in transcript.pages]
    found: dict[str, Any] = {"whole": whole, "years": years}
    return found | (_front(transcript) if whole else {})


def _front(transcript: Transcript) -> dict[str, Any]:
    """Cover and page 1: the school of today, who signed the first page, the years so far."""
    oldest, newest = transcript.pages[0], transcript.pages[-1]
    page, is_primary = newest.page, transcript.level == "TH"
    return {
        "level": LEVEL_NAMES[transcript.level], "name": page.identity.name, "school": page.place.school,
        "commune": page.place.commune, "province": page.place.province, "number": page.register_number,
        "code": transcript.code, "warning": "", "opened": _dated(oldest), "head": "HIỆU TRƯỞNG",
        "principal": _signed(oldest, "principal"), "seal": _signed(oldest, "school"),
        "person": _person(page.identity, is_primary=is_primary), **_path(transcript, is_primary=is_primary),
    }  # fmt: skip


def _person(pupil: Identity, *, is_primary: bool) -> list[tuple[str, str]]:
    kin = {one.relation: one for one in pupil.relatives}
    rows = [("Họ và tên:", pupil.name), ("Giới tính:", pupil.sex), ("Ngày, tháng, năm sinh:", pupil.born),
            ("Dân tộc:", pupil.ethnic)]  # fmt: skip
    if is_primary:
        rows += [("Quốc tịch:", pupil.nationality), ("Nơi sinh:", pupil.birth_place),
                 ("Quê quán:", pupil.home_town), ("Nơi ở hiện nay:", pupil.address)]  # fmt: skip
    else:
        rows += [("Nơi sinh:", pupil.birth_place), ("Đối tượng:", pupil.policy), ("Chỗ ở:", pupil.address)]
    for relation, title in (
        ("father", "Họ và tên cha:"), ("mother", "Họ và tên mẹ:"), ("guardian", "Họ và tên người giám hộ:"),
    ):  # fmt: skip
        one = kin.get(relation)
        name, work = (one.name, one.occupation) if one else ("", "")
        rows.append((title, name if is_primary or not work else f"{name}    Nghề nghiệp: {work}"))
    return [*rows, ("Mã định danh học sinh:", pupil.ministry_code)]


def _path(transcript: Transcript, *, is_primary: bool) -> dict[str, Any]:
    """Quá trình học tập: years of which there is no page (before this system) stand first."""
    seen = {one.page.year for one in transcript.pages}
    rows = [
        [year, name, school, "", ""]
        for year, name, school in sorted(transcript.pages[-1].page.earlier)
        if year not in seen
    ]
    for one in transcript.pages:
        signed = _signed(one, "principal")
        who = f"{signed['name']}\nđã ký số {signed['at']}" if signed else ""
        place = one.page.place
        where = ", ".join(text for text in (place.school, place.commune, place.province) if text)
        rows.append([one.page.year, one.page.class_name, where, one.page.register_number, who])
    head = ["Năm học", "Lớp", "Tên trường, xã/phường/đặc khu, tỉnh/thành phố", "Số đăng bộ",
            "Hiệu trưởng (ký, đóng dấu)"]  # fmt: skip
    if is_primary:
        head[3] = "Số đăng bộ, ngày nhập học/chuyển đến"
    return {"path-head": head, "path-widths": [23, 15, 76, 24, 42], "path": rows}


def _year(issued: IssuedPage, print_code: str) -> dict[str, Any]:
    page = issued.page
    place = ", ".join(text for text in (page.place.commune, page.place.province) if text)
    common = {
        "primary": page.level == "TH", "name": page.identity.name, "class": page.class_name,
        "year": page.year.replace("-", " – "), "school": page.place.school, "place": place,
        "warning": WARNINGS.get(issued.state, ""), "code": issued.record_code,
        "version": str(issued.version), "issued": issued.issued, "digest": issued.digest,
        "print-code": issued.print_code or print_code, "address": issued.check_url,
        "qr": qr_svg(issued.check_url) if issued.check_url else "",
        "day": _dated(issued),
        "homeroom": _signed(issued, "homeroom") or _plain(page.homeroom.name),
        "principal": _signed(issued, "principal"), "seal": _signed(issued, "school"),
    }  # fmt: skip
    return common | (primary.parts_of(page) if page.level == "TH" else secondary.pages_of(issued))


def _signed(issued: IssuedPage, role: str) -> dict[str, str] | None:
    """Whose signature stands for a role; the last, if several signed."""
    found: list[SignatureFact] = [one for one in issued.signatures if one.role == role]
    if not found:
        return None
    return {"name": found[-1].name, "capacity": found[-1].capacity, "at": found[-1].at}


def _plain(name: str) -> dict[str, str] | None:
    return {"name": name, "capacity": "", "at": ""} if name else None


def _dated(issued: IssuedPage) -> str:
    """Place and day of issue; dots where it is not issued yet."""
    day = _day(issued.issued)
    said = f"ngày {day.day} tháng {day.month} năm {day.year}" if day else "ngày …… tháng …… năm ………"
    return f"{issued.page.place.commune}, {said}"


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    day, month, year = (int(part) for part in text.split("/"))
    return dt.date(year, month, day)
