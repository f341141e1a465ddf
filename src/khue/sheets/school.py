"""The school's own workbook: about the school, staff, classes, who teaches what (tệp trường)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from khue.core.names import fold
from khue.rules.curriculum import level_of_grade, part_of
from khue.sheets import values, wordings
from khue.sheets.assignments import (
    LEVELS,
    Staff,
    Teacher,
    any_subject,
    is_class_head,
    is_matrix,
    is_plan,
    is_subject_head,
    level_of,
    no_teacher,
    read_plan,
)
from khue.sheets.banner import CLASS_TEXT, GRADES, class_shown, grade_in
from khue.sheets.data import ERROR, WARNING, FileReport, Finding, ImportAs, Known, Refuse, Table
from khue.sheets.headers import NAME, Header, Matcher, assign, find_header, key, one_of
from khue.sheets.mark_columns import SIGNATURE, STT
from khue.sheets.places import Places
from khue.sheets.pupils_known import name_key
from khue.sheets.subjects import subject_of
from khue.sheets.values import Read
from khue.sheets.workbook import Book, Cell, Sheet, address, as_text

STAFF_CODE = one_of("Mã cán bộ", "Mã CB", "Mã giáo viên", "Mã GV", "Mã định danh", "Mã CBGV",
    "Mã định danh Bộ", "Mã nhân sự", "Mã CBGVNV",
                    "Mã định danh cán bộ", "Mã số cán bộ")  # fmt: skip
STAFF: dict[str, Matcher] = {
    "ho_ten": lambda column: column.leaf in NAME,
    "ma_cb": STAFF_CODE,
    "ngay_sinh": one_of("Ngày sinh", "Ngày tháng năm sinh", "Sinh ngày", "Năm sinh", "Ngày, tháng, năm sinh"),
    "gioi_tinh": one_of("Giới tính", "Nam/nữ", "Phái", "Giới"),
    "dan_toc": one_of("Dân tộc"),
    "so_dinh_danh": one_of("Số CCCD", "CCCD", "Số định danh cá nhân", "Số CMND/CCCD", "Căn cước",
    "Số căn cước", "Số định danh", "CMND/CCCD",
                           "Căn cước công dân", "Số căn cước công dân", "CCCD/CMND"),
    "dien_thoai": one_of("Điện thoại", "Số điện thoại", "SĐT", "ĐT", "Di động", "Điện thoại di động", "Số ĐT",
    "Số ĐTDĐ", "ĐTDĐ"),
    "email": one_of("Email", "E-mail", "Thư điện tử", "Địa chỉ email"),
    "hang_ma": one_of("Mã số CDNN", "Mã hạng", "Mã ngạch", "Mã CDNN", "Mã số chức danh",
    "Mã chức danh nghề nghiệp", "Mã số chức danh nghề nghiệp"),
    "hang": one_of("Chức danh nghề nghiệp", "Hạng chức danh", "Hạng CDNN", "CDNN", "Ngạch, hạng",
    "Hạng chức danh nghề nghiệp", "Tên CDNN"),
    "chuc_vu": one_of("Chức vụ", "Vị trí", "Chức danh", "Nhóm chức vụ"),
    "trinh_do": one_of("Trình độ chuyên môn", "Trình độ", "Trình độ đào tạo", "TĐCM", "Bằng cấp",
    "Trình độ CM"),
    "mon": one_of("Môn dạy", "Môn", "Bộ môn", "Môn giảng dạy", "Chuyên môn", "Môn dạy chính",
    "Môn học giảng dạy"),
    "viec": one_of("Vị trí việc làm", "Công việc", "Nhiệm vụ", "Việc được giao", "VTVL"),
    "ngay_vao_nganh": one_of("Ngày vào ngành", "Ngày tuyển dụng", "Vào ngành", "Ngày vào biên chế",
    "Năm vào ngành"),
    "trang_thai": one_of("Trạng thái CB", "Trạng thái", "Tình trạng", "Trạng thái cán bộ",
    "Tình trạng công tác", "Trạng thái làm việc"),
}  # fmt: skip
CLASSES: dict[str, Matcher] = {
    "lop": one_of("Lớp", "Tên lớp", "Lớp học", "Mã lớp"),
    "khoi": one_of("Khối", "Khối lớp", "Khối học"),
    "gvcn_ma_cb": one_of("Giáo viên chủ nhiệm", "GVCN", "Chủ nhiệm", "Họ tên GVCN", "Tên GVCN",
    "GV chủ nhiệm", "Giáo viên CN"),
    "si_so": one_of("Sĩ số", "Số học sinh", "Số HS", "Tổng số học sinh", "SS"),
    "phong": one_of("Phòng học", "Phòng"),
    "buoi": one_of("Buổi học", "Buổi", "Ca học"),
    "diem_truong": one_of("Điểm trường", "Phân hiệu", "Điểm lẻ", "Tên điểm trường"),
    "combo": one_of("Môn lựa chọn", "Môn học lựa chọn", "Tổ hợp", "Tổ hợp môn", "Các môn lựa chọn",
    "Tổ hợp môn lựa chọn", "4 môn lựa chọn", "Môn tự chọn"),
    "cluster": one_of("Cụm chuyên đề", "Chuyên đề", "Chuyên đề học tập", "Cụm chuyên đề học tập",
    "Chuyên đề lựa chọn", "Các chuyên đề học tập",
                      "3 cụm chuyên đề", "Cụm CĐHT", "CĐHT"),
}  # fmt: skip
INFO_KEYS = {
    "ten": {"ten truong", "ten don vi", "truong", "ten co so giao duc", "don vi"},
    "ma": {"ma truong", "ma don vi", "ma so truong", "ma co so", "ma dinh danh truong", "ma truong csdl",
    "ma csgd", "ma co so giao duc"},
    "xa": {"xa phuong", "xa", "phuong", "dia ban xa phuong", "xa phuong dac khu", "dia ban",
    "thuoc xa phuong", "xa phuong thi tran"},
    "nam_hoc": {"nam hoc", "nam hoc hien tai"},
    "so_lop": {"so lop", "tong so lop", "tong so lop hoc"},
    "so_hs": {"so hoc sinh", "tong so hoc sinh", "so hs", "tong so hs"},
}  # fmt: skip
_LIST = re.compile(r"\s*(?:;|\n|\+|/|,)\s*")
_SPLIT = re.compile(r"\s*(?:;|\n|\+|/|,| và |-|–)\s*")
_BRACKET = re.compile(r"\((.*?)\)")
# «Tổ hợp 1», «Ban KHTN»: the name of a combination, not a subject.
_COMBINATION = re.compile(
    r"(?:to hop|th|lua chon|nhom|ban|cum)?(?: mon| chuyen de)?(?: (?:khtn|khxh|tu nhien|xa hoi|so))?"
    r" ?[\da-z]{0,2}"
)


LABELS = {label: name for name, labels in INFO_KEYS.items() for label in labels}


def check(book: Book, wanted: ImportAs, known: Known, report: FileReport) -> None:
    """Read the school's workbook; single lists (staff, classes) are read the same way."""
    staff = Staff.known(known.staff)
    sheets = [sheet for sheet in book.sheets if sheet.visible]
    info = next((found for sheet in sheets if (found := _info(sheet, known, report))), None)
    if info and wanted.school and info.get("ma") and info["ma"] != wanted.school:
        raise Refuse("school_mismatch", file=info["ma"], target=wanted.school)
    read = {"school": bool(info), "staff": False, "classes": False, "assignments": False}
    said = str(info.get("nam_hoc") or "") if info else ""
    if said and wanted.school_year and said != wanted.school_year:
        raise Refuse("year_mismatch", file=said, target=wanted.school_year)
    levels = _levels(sheets, known)
    listed: set[str] = set()
    for sheet in sheets:
        header = find_header(sheet)
        if header is not None and is_staff(header):
            _staff(sheet, header, staff, levels, known, report)
            read["staff"] = True
            listed.add(sheet.name)
    names: list[str] = [row.name for row in known.classes]
    for sheet in sheets:
        header = find_header(sheet, is_class_head)
        if header is not None and not is_plan(header) and _classes_fields(header):
            names = _classes(sheet, header, staff, report)
            read["classes"] = True
    for sheet in sheets:
        if sheet.name not in listed and read_plan(sheet, staff, levels, names, report):
            read["assignments"] = True
    others = any((header := find_header(sheet)) and len(header.columns) > FEW for sheet in sheets)
    _complete(wanted.kind, read, others=others)


FEW = 3


def _complete(kind: str, read: dict[str, bool], *, others: bool) -> None:
    """Refuse a file that lacks what was asked for; a good table of something else is of another kind."""
    wanted = ("school", "staff", "classes") if kind == "school" else (kind,)
    if not any(read.values()) or not all(read.get(part, True) for part in wanted):
        raise Refuse("wrong_kind_of_file" if any(read.values()) or others else "required_columns_missing")


def _info(sheet: Sheet, known: Known, report: FileReport) -> dict[str, Any]:
    """«Tên trường: …» in two columns."""
    found = _facts(sheet)
    if "ten" not in found or "ma" not in found:
        return {}
    if "nam_hoc" in found:
        found["nam_hoc"] = re.sub(r"\s*[-–—/]\s*", "-", str(found["nam_hoc"]))
    rows: list[list[Any]] = []
    for name in ("ten", "ma", "ma_xa", "nam_hoc", "so_lop", "so_hs"):
        if name == "ma_xa":
            rows.append([name, Places(known).find(str(found.get("xa", ""))).code or None])
        elif name in found:
            rows.append([name, found[name]])
    report.tables.append(Table(sheet.name, "school", ["key", "value"], rows))
    return found


def _facts(sheet: Sheet) -> dict[str, Any]:
    """What the labels of a sheet say, the first of each kind."""
    found: dict[str, Any] = {}
    for row in sheet.numbers()[:60]:
        for column in sorted(sheet.rows[row]):
            name, cell = _labeled(sheet, row, column)
            if cell is None or name in found:
                continue
            counted = values.number(cell) if name in {"so_lop", "so_hs"} else values.text(cell)
            if name and counted.value is not None:
                found[name] = counted.value
    return found


def _label(text: str) -> str:
    """The fact that a label announces; nothing if it is none."""
    plain = key(text)
    return LABELS.get(plain) or next(iter(wordings.names_of(wordings.INFO, [plain])), "")


def _labeled(sheet: Sheet, row: int, column: int) -> tuple[str, Cell | None]:
    """A fact of the school with its cell: «Mã trường» and «2019…» in two cells, or both in one."""
    text = sheet.text(row, column)
    name = _label(text)
    if name:
        return name, _beside(sheet, row, column)
    label, colon, value = text.partition(":")
    return (_label(label), Cell(value.strip())) if colon and value.strip() else ("", None)


def _beside(sheet: Sheet, row: int, column: int) -> Cell | None:
    """What a label labels: the next cell, or the one below where labels stand side by side."""
    spot = next((c for c in range(column + 1, column + 4) if sheet.text(row, c)), None)
    if spot is not None and not _label(sheet.text(row, spot)):
        return sheet.cell(row, spot)
    left = next((c for c in range(column - 1, -1, -1) if sheet.text(row, c)), None)
    if spot is not None or (left is not None and _label(sheet.text(row, left))):
        return sheet.cell(row + 1, column)
    return None


def _levels(sheets: list[Sheet], known: Known) -> tuple[str, ...]:
    """The levels whose subject names are meant, the one with most classes first."""
    grades = [row.grade for row in known.classes]
    for sheet in sheets:
        header = None if known.classes else find_header(sheet, is_class_head)
        if header is not None:
            column = next(column.index for column in header.columns if is_class_head(column.leaf))
            grades += _grades(sheet.text(row, column) for row in sheet.numbers() if row >= header.first)
    for sheet in sheets:
        header = None if grades else find_header(sheet, is_subject_head)
        if header is not None and is_matrix(header):
            grades += _grades(column.written for column in header.columns)
    found = [level_of_grade(grade) for grade in grades]
    return tuple(sorted(set(found), key=lambda level: -found.count(level))) or known.levels


def _grades(texts: Iterable[str]) -> list[int]:
    names = (text for text in texts if CLASS_TEXT.fullmatch(text) and level_of(text))
    return [grade_in(class_shown(name)) for name in names]


STAFF_ONLY = ("ma_cb", "hang_ma", "hang", "chuc_vu", "trinh_do", "mon", "viec", "ngay_vao_nganh")
CODE_OF_ANYBODY = {"ma dinh danh", "mon", "trinh do", "chuyen mon"}


def is_staff(header: Header) -> bool:
    """Whether a table with names lists staff: what only staff have stands in two columns or more."""
    columns = [column for column in header.columns if column.path and column.leaf not in CODE_OF_ANYBODY]
    signs = {name for name in STAFF_ONLY for column in columns if STAFF[name](column)}
    signs |= wordings.names_of(wordings.STAFF, (column.leaf for column in columns)) & set(STAFF_ONLY)
    return len(signs) >= 2  # noqa: PLR2004 - one alone may be chance


def _staff(
    sheet: Sheet, header: Header, staff: Staff, levels: tuple[str, ...], known: Known, report: FileReport
) -> None:
    fields = wordings.fill(header.columns, wordings.STAFF, assign(header, STAFF))
    given = set(fields) | ({"gioi_tinh"} if "nu" in fields else set())
    names = ["r", *(name for name in ("ma_cb", *(n for n in STAFF if n != "ma_cb")) if name in given)]
    stt = next((column.index for column in header.columns if column.leaf in STT), None)
    rows: list[list[Any]] = []
    seen: dict[str, str] = {}
    for row in sheet.numbers():
        if row < header.first or header.repeats(row):
            continue
        name = sheet.text(row, fields["ho_ten"])
        code = sheet.text(row, fields["ma_cb"]) if "ma_cb" in fields else ""
        numbered = stt is not None and sheet.text(row, stt).isdigit()
        if not name or not (code or numbered) or SIGNATURE.search(key(name)):
            continue
        read = _staff_row(header, row, code or name, known, report, seen)
        if "nu" in read:
            read.setdefault("gioi_tinh", "Nữ" if read["nu"] else "Nam")
        written = str(read.get("mon") or "")
        if written:
            read["mon"] = _subject(written, levels)
        rows.append([row + 1, *(read[field_name] for field_name in names[1:])])
        subjects = {code for level in levels for code in codes_of(written, level)[0]}
        parts = {p for text in _SPLIT.split(written) for level in levels if (p := part_of(text, level))}
        teaches = fold(str(read.get("chuc_vu") or "")) not in {"nhan vien"}
        if not any(t.ref == code for t in staff.by_name.get(name_key(name), ())):
            staff.add(Teacher(code or name, name, subjects, parts, teaches))
    report.tables.append(Table(sheet.name, "staff", names, rows))


MANY_SUBJECTS = "TIEUHOC"  # a primary teacher of most subjects of the own class


def _subject(text: str, levels: tuple[str, ...]) -> str:
    """The code of the subject a person teaches; the text itself where no list has it."""
    joint = next((code for level in levels if (code := part_of(text, level))), None)
    found = any_subject(text, levels) or joint
    if found:
        return found
    plain = fold(text)
    many = any(word in plain for word in ("tieu hoc", "nhieu mon", "van hoa", "cac mon", "gvcn"))
    return MANY_SUBJECTS if many and "TH" in (levels or LEVELS) else text


def codes_of(text: str, level: str) -> tuple[list[str], list[str]]:
    """The subjects a text lists, and what of it is none.

    «Giáo dục kinh tế và pháp luật» is one subject, «Toán và Vật lí» are two; «Tổ hợp 1: …» and
    remarks in brackets are no subjects.
    """
    listed = text
    if not subject_of(text, level):
        listed = _BRACKET.sub(r" , \1 ", text.rsplit(":", maxsplit=1)[-1])
    found: list[str] = []
    strange: list[str] = []
    for part in [listed] if subject_of(listed, level) else _LIST.split(listed):
        pieces = [part] if subject_of(part, level) else _SPLIT.split(part)
        for piece in pieces:
            code = subject_of(piece, level) if piece else None
            if code:
                found.append(code)
            elif piece and not _COMBINATION.fullmatch(key(piece)):
                strange.append(piece)
    return list(dict.fromkeys(found)), strange


SEXES = {
    **dict.fromkeys(("nam", "trai", "m", "male"), "Nam"),
    **dict.fromkeys(("nu", "gai", "f", "female"), "Nữ"),
}


def sex(cell: Cell | None) -> Read:
    """Nam or Nữ in any spelling."""
    read = values.text(cell)
    if not read.value:
        return read
    found = SEXES.get(fold(str(read.value)).strip(". "))
    return Read(found) if found else Read(None, "value_invalid", ERROR, {"raw": read.value})


def girl(cell: Cell | None) -> Read:
    """A tick for women and girls, or the word itself."""
    text = "" if cell is None else fold(as_text(cell.value))
    return Read(True) if text == "nu" else Read(False) if text == "nam" else values.flag(cell)


def _born(cell: Cell | None) -> Read:
    return values.date(cell, earliest=1930, century_of=1980)


def _hired(cell: Cell | None) -> Read:
    return values.date(cell, earliest=1930, century_of=2005)


READERS: dict[str, Callable[[Cell | None], Read]] = {
    "ngay_sinh": _born,
    "ngay_vao_nganh": _hired,
    "so_dinh_danh": values.personal_id,
    "dien_thoai": values.phone,
    "gioi_tinh": sex,
    "nu": girl,
}


def _staff_row(
    header: Header, row: int, ref: str, known: Known, report: FileReport, seen: dict[str, str]
) -> dict[str, Any]:
    """The cells of one person, and what there is to say about them."""
    sheet = header.sheet
    found: dict[str, Any] = {}

    def say(kind: str, severity: str, column: int, info: dict[str, Any]) -> None:
        report.findings.append(Finding(kind, severity, sheet.name, address(row, column), ref, info))

    for name, column in header.fields.items():
        cell = sheet.cell(row, column)
        read = READERS.get(name, values.text)(cell)
        found[name] = read.value
        if read.kind:
            say(read.kind, read.severity, column, {"field": name} | read.info)
        if name == "dan_toc":
            found[name] = known.ethnic.get(str(read.value), read.value)
        if name == "so_dinh_danh" and read.value:
            if read.value in seen and seen[read.value] != ref:
                say("personal_id_duplicate", WARNING, column, {"field": name, "value": read.value})
            seen[read.value] = ref
    return found


def _classes_fields(header: Header) -> bool:
    fields = wordings.fill(header.columns, wordings.CLASSES, assign(header, CLASSES))
    return "lop" in fields and ("gvcn_ma_cb" in fields or "si_so" in fields)


def _classes(sheet: Sheet, header: Header, staff: Staff, report: FileReport) -> list[str]:
    fields = header.fields
    names = ["r", *(name for name in CLASSES if name in fields or name == "khoi")]
    rows: list[list[Any]] = []
    for row in sheet.numbers():
        name = sheet.text(row, fields["lop"])
        if row < header.first or not CLASS_TEXT.fullmatch(name) or not level_of(name):
            continue
        name = class_shown(name)
        grade = values.number(sheet.cell(row, fields["khoi"])).value if "khoi" in fields else None
        if grade is None or not 1 <= grade <= GRADES:
            grade = grade_in(name)
        level = level_of_grade(grade)
        line: list[Any] = [row + 1]
        for field_name in names[1:]:
            if field_name in {"lop", "khoi"}:
                line.append(name if field_name == "lop" else grade)
                continue
            column = fields[field_name]
            cell = sheet.cell(row, column)
            if field_name == "gvcn_ma_cb":
                line.append(_homeroom(sheet, row, column, staff, name, report))
            elif field_name == "si_so":
                line.append(values.number(cell).value)
            elif field_name in {"combo", "cluster"}:
                line.append(codes_of(sheet.text(row, column), level)[0] or None)
            else:
                line.append(values.text(cell).value)
        rows.append(line)
    report.tables.append(Table(sheet.name, "classes", names, rows))
    return [str(row[names.index("lop")]) for row in rows]


def _homeroom(sheet: Sheet, row: int, column: int, staff: Staff, name: str, report: FileReport) -> str | None:
    text = sheet.text(row, column)
    if not text:
        return None
    teacher, same = staff.find(text)
    if teacher is None:
        no_teacher(report, sheet.name, address(row, column), text, same, **{"class": name})
        return None
    return teacher.ref
