"""Lists of pupils from any program: vnEdu-like, SMAS-like, the sector database's template, hand-made."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from khue.core.names import fold
from khue.rules.curriculum import level_of_grade
from khue.rules.identifiers import fits_person, personal_id
from khue.sheets import values
from khue.sheets.banner import CLASS_TEXT, class_name, class_shown, read_banner
from khue.sheets.data import (
    ERROR,
    INFO,
    WARNING,
    FileReport,
    Finding,
    ImportAs,
    Known,
    KnownPupil,
    Refuse,
    Table,
)
from khue.sheets.gradebook import SIGNATURE, STT
from khue.sheets.headers import NAME, Header, Matcher, assign, find_header, key, one_of, under
from khue.sheets.places import Places, province_name
from khue.sheets.pupils_known import Pupils
from khue.sheets.school import is_staff
from khue.sheets.subjects import subject_of
from khue.sheets.values import Read
from khue.sheets.workbook import Book, Cell, Sheet, address

NOW = (
    "Chỗ ở hiện nay",
    "Nơi ở hiện nay",
    "Chỗ ở",
    "Địa chỉ hiện nay",
    "Nơi ở",
    "Chỗ ở hiện tại",
    "Địa chỉ nơi ở hiện nay",
)
HOME = (
    "Hộ khẩu thường trú",
    "Thường trú",
    "Nơi thường trú",
    "Địa chỉ thường trú",
    "Hộ khẩu",
    "Nơi đăng kí thường trú",
    "HKTT",
    "Nơi ĐKTT",
)
BORN = ("Nơi sinh",)
ROOTS = ("Quê quán",)
REGISTERED = ("Nơi khai sinh", "Nơi đăng kí khai sinh", "Nơi ĐKKS")
CARD = (
    "Căn cước",
    "CCCD",
    "Căn cước công dân",
    "CMND/CCCD",
    "Thẻ căn cước",
    "Số định danh",
    "Giấy tờ tuỳ thân",
)
FATHER = ("Cha", "Bố", "Thông tin cha", "Thông tin bố", "Họ tên cha", "Cha học sinh", "Thông tin về cha")
MOTHER = ("Mẹ", "Thông tin mẹ", "Mẹ học sinh", "Thông tin về mẹ")
WARD = (
    "Người giám hộ",
    "Giám hộ",
    "Người đỡ đầu",
    "Thông tin người giám hộ",
    "NGH",
    "Thông tin về người giám hộ",
)
HAMLET = ("SN/Xóm", "Số nhà/Xóm", "Xóm", "Số nhà, xóm", "Số nhà", "SN, xóm", "Số nhà/đường")
AREA = (
    "Khu dân cư",
    "Thôn/Khu",
    "Thôn",
    "Thôn/Xóm",
    "Thôn, khu",
    "Thôn/bản",
    "Bản",
    "Thôn/Tổ dân phố",
    "Thôn, bản",
    "Thôn/Khu phố",
    "Tổ dân phố",
)
PROVINCE = ("Tỉnh/Tp", "Tỉnh", "Tỉnh/Thành phố", "Tỉnh, thành phố", "Tỉnh/TP", "Tỉnh thành")
COMMUNE = (
    "Xã/Phường",
    "Xã",
    "Xã, phường",
    "Phường/Xã",
    "Xã/Phường/Đặc khu",
    "Xã/Phường/Thị trấn",
    "Xã phường",
)
YEAR = ("Năm sinh",)
JOB = ("Nghề nghiệp", "Nghề", "Công việc")
PHONE = ("Điện thoại", "SĐT", "Số điện thoại", "Số ĐTDĐ", "ĐT", "Số ĐT", "Di động", "ĐTDĐ")
NAMES = ("Tên", *NAME)


def _parent(groups: tuple[str, ...], short: tuple[str, ...]) -> tuple[Matcher, Matcher, Matcher, Matcher]:
    """Name, birth year, job and telephone of a parent."""

    def joined(words: tuple[str, ...]) -> list[str]:
        return [f"{word} {who}" for word in words for who in short] + [
            f"{word} của {who}" for word in words for who in short
        ]

    return (
        under(groups, NAMES, [*joined(("Họ tên", "Họ và tên", "Tên")), *groups]),
        under(groups, YEAR, joined(("Năm sinh", "NS"))),
        under(groups, JOB, joined(("Nghề nghiệp", "Nghề"))),
        under(
            groups,
            PHONE,
            joined(("Điện thoại", "SĐT", "Số điện thoại", "Số ĐTDĐ", "ĐT", "Số ĐT", "Di động", "ĐTDĐ")),
        ),
    )


def _address(groups: tuple[str, ...]) -> tuple[Matcher, Matcher, Matcher, Matcher]:
    """Hamlet, area, province and commune of an address."""
    by = ["theo " + fold(group) for group in groups] + [fold(group) for group in groups]

    def joined(words: tuple[str, ...]) -> list[str]:
        return [f"{word} {tail}" for word in words for tail in by] + [
            f"{word} ({group})" for word in words for group in groups
        ]

    return (
        under(groups, HAMLET, joined(HAMLET)), under(groups, AREA, joined(AREA)),
        under(groups, PROVINCE, joined(PROVINCE)), under(groups, COMMUNE, joined(COMMUNE)),
    )  # fmt: skip


_father, _mother, _ward = (
    _parent(FATHER, ("cha", "bố")), _parent(MOTHER, ("mẹ",)), _parent(WARD, ("người giám hộ", "giám hộ",
        "NGH", "người đỡ đầu")),
)  # fmt: skip
_now, _home = _address(NOW), _address(HOME)
FIELDS: dict[str, Matcher] = {
    "ho_ten": lambda column: (len(column.path) <= 1 and column.leaf in NAME) or (column.group in {"hoc sinh",
    "thong tin hoc sinh", "thong tin chung"} and column.leaf in NAME),
    "cha": _father[0], "cha_nam": _father[1], "cha_nghe": _father[2], "cha_dt": _father[3],
    "me": _mother[0], "me_nam": _mother[1], "me_nghe": _mother[2], "me_dt": _mother[3],
    "gh": _ward[0], "gh_nam": _ward[1], "gh_nghe": _ward[2], "gh_dt": _ward[3],
    "ma_moet": one_of("Mã MOET", "Mã định danh Bộ", "Mã Bộ", "Mã định danh Bộ GD&ĐT", "Mã định danh học sinh",
    "Mã CSDL", "Mã HS CSDL ngành", "Mã định danh",
                      "Mã CSDL ngành", "Mã học sinh (Bộ)", "Mã Bộ GD&ĐT", "Mã học sinh Bộ", "Mã HS Bộ",
                      "Mã định danh HS", "Mã học sinh MOET", "Mã định danh (Bộ GD&ĐT)"),
    "ma_hs": one_of("Mã học sinh", "Mã HS", "Mã số học sinh", "Mã số HS", "Mã số", "ID", "Mã",
    "Mã học sinh phần mềm", "Mã HSSV"),
    "lop": one_of("Lớp", "Mã lớp", "Tên lớp", "Lớp học"),
    "so_dang_bo": one_of("Số đăng bộ", "Sổ đăng bộ", "Số ĐB", "Số sổ đăng bộ", "Số thứ tự sổ đăng bộ"),
    "ngay_sinh": one_of("Ngày sinh", "Ngày tháng năm sinh", "Ngày, tháng, năm sinh", "Sinh ngày",
    "Ngày sinh HS", "Ngày sinh học sinh", "NTNS"),
    "gioi_tinh": one_of("Giới tính", "Nam/nữ", "Phái", "Giới"),
    "nu": one_of("Nữ"),  # a tick for girls instead of the sex in words
    "quoc_tich": one_of("Quốc tịch"), "dan_toc": one_of("Dân tộc"), "ton_giao": one_of("Tôn giáo"),
    "co_xom": _now[0], "co_khu": _now[1], "co_tinh": _now[2], "co_xa": _now[3],
    "tt_xom": _home[0], "tt_khu": _home[1], "tt_tinh": _home[2], "tt_xa": _home[3],
    "noi_sinh": under(BORN, ("Thông tin nơi sinh", "Nơi sinh", "Chi tiết", "Địa chỉ", "Cơ sở y tế",
    "Chi tiết nơi sinh"), ("Nơi sinh", "Thông tin nơi sinh", "Nơi sinh (bệnh viện)", "Nơi sinh chi tiết")),
    "ns_tinh": under(BORN, PROVINCE, ("Tỉnh nơi sinh", "Nơi sinh (tỉnh)")), "ns_xa": under(BORN, COMMUNE,
    ("Xã nơi sinh", "Xã/Phường nơi sinh")),
    "que_quan": under(ROOTS, ("Thông tin quê quán", "Quê quán", "Chi tiết", "Địa chỉ", "Chi tiết quê quán"),
    ("Quê quán", "Nguyên quán", "Thông tin quê quán")),
    "qq_tinh": under(ROOTS, PROVINCE, ("Tỉnh quê quán",)), "qq_xa": under(ROOTS, COMMUNE, ("Xã quê quán",
    "Xã/Phường quê quán")),
    "ks_tinh": under(REGISTERED, PROVINCE), "ks_xa": under(REGISTERED, COMMUNE),
    "so_dinh_danh": under(CARD, ("Số", "Số CCCD", "Số định danh", "Số căn cước", "Số thẻ"),
    ("Số định danh cá nhân", "Số CCCD", "CCCD", "Số định danh", "Căn cước", "Số căn cước", "SĐDCN", "Số ĐDCN",
    "Mã định danh cá nhân", "CCCD/Số định danh", "Số căn cước công dân", "Số định danh cá nhân/CCCD",
    "Số CCCD/ĐDCN", "Số ĐDCN/CCCD")),
    "ngay_cap": under(CARD, ("Ngày cấp",), ("Ngày cấp", "Ngày cấp CCCD", "Ngày cấp căn cước")),
    "noi_cap": under(CARD, ("Nơi cấp",), ("Nơi cấp", "Nơi cấp CCCD", "Nơi cấp căn cước")),
    "chinh_sach": one_of("Diện chính sách", "Đối tượng chính sách", "Chế độ chính sách", "Chính sách",
    "Đối tượng ưu tiên", "Diện CS", "ĐTCS", "Đối tượng CS"),
    "can_ngheo": one_of("Cận nghèo", "Hộ cận nghèo"), "doan_vien": one_of("Đoàn viên"),
    "doi_vien": one_of("Đội viên"),
    "khuyet_tat": one_of("Khuyết tật", "Loại khuyết tật", "Dạng khuyết tật", "HS khuyết tật",
    "Học sinh khuyết tật"),
    "noi_tru": one_of("N.trú, B.trú", "Nội trú, bán trú", "Bán trú", "Nội trú", "Nội trú/Bán trú",
    "Bán trú/Nội trú", "Nội trú, B.trú"),
    "dt_hs": one_of("Điện thoại HS", "SĐT học sinh", "Điện thoại học sinh", "SĐT HS", "ĐT học sinh"),
    "dt_sll": one_of("Điện thoại SLL", "Số điện thoại liên hệ", "Số điện thoại", "Điện thoại liên hệ",
    "SĐT liên hệ", "Điện thoại", "SĐT", "SĐT SLL", "Số ĐT liên hệ", "ĐT liên hệ", "Điện thoại sổ liên lạc",
    "SĐT liên lạc", "Điện thoại liên lạc"),
    "email": one_of("Email SLL", "Email", "E-mail", "Email liên hệ", "Thư điện tử", "Địa chỉ email"),
    "trang_thai": one_of("Trạng thái", "Trạng thái HS", "Tình trạng", "Trạng thái học sinh", "Tình trạng học",
    "Tình trạng HS"),
    "ngay_vao": one_of("Ngày vào trường", "Ngày nhập trạng thái", "Ngày nhập học", "Ngày vào",
    "Ngày tiếp nhận", "Ngày trạng thái", "Ngày nhập trường"),
    "mon_lc": one_of("Môn học lựa chọn", "Môn lựa chọn", "Tổ hợp môn", "Các môn lựa chọn", "Môn tự chọn",
    "Tổ hợp môn lựa chọn", "Tổ hợp"),
    "chuyen_de": one_of("Cụm chuyên đề", "Chuyên đề", "Chuyên đề học tập", "Cụm chuyên đề học tập",
    "Các chuyên đề"),
    "ghi_chu": one_of("Ghi chú", "Chú thích", "GC"),
    "tt_tinh_1": one_of("Tỉnh/thành phố theo địa chỉ thường trú", "Tỉnh thường trú"),
    "tt_xa_1": one_of("Xã/phường theo địa chỉ thường trú", "Xã thường trú"),
    "tt_khu_1": one_of("Thôn/Xóm", "Thôn", "Thôn, xóm", "Thôn/bản", "Thôn, bản", "Bản/thôn", "Thôn/Tổ"),
    "co_khu_1": one_of(*NOW, "Địa chỉ", "Chỗ ở hiện nay (thôn)"),
    "co_xa_1": one_of(*COMMUNE), "co_tinh_1": one_of(*PROVINCE),
}  # fmt: skip
FLAGS = {"can_ngheo", "doan_vien", "doi_vien", "nu"}
YEARS = {"cha_nam", "me_nam", "gh_nam"}
PHONES = {"cha_dt", "me_dt", "gh_dt", "dt_sll", "dt_hs"}
DATES = {"ngay_sinh", "ngay_cap", "ngay_vao"}
COMMUNES = {
    "co_xa": "co_ma_xa",
    "tt_xa": "tt_ma_xa",
    "ns_xa": "ns_ma_xa",
    "qq_xa": "qq_ma_xa",
    "ks_xa": "ks_ma_xa",
}
PROVINCES = {
    "co_xa": "co_tinh",
    "tt_xa": "tt_tinh",
    "ns_xa": "ns_tinh",
    "qq_xa": "qq_tinh",
    "ks_xa": "ks_tinh",
}
SUBJECT_LISTS = {"mon_lc", "chuyen_de"}
READERS: dict[str, Callable[[Cell | None], Read]] = {
    **dict.fromkeys(PHONES, values.phone),
    **dict.fromkeys(FLAGS, values.flag),
    **dict.fromkeys(YEARS, values.number),
    "so_dinh_danh": values.personal_id,
}
MINISTRY = re.compile(r"\d{10}")


def check(book: Book, wanted: ImportAs, known: Known, report: FileReport) -> None:
    """Read all lists of pupils of the file."""
    read = 0
    seen: dict[str, tuple[str, int]] = {}
    reason = "required_columns_missing"
    for sheet in book.sheets:
        if not sheet.visible:
            continue
        header = find_header(sheet)
        if header is None:
            continue
        if is_staff(header):
            reason = "wrong_kind_of_file"
            continue
        reader = _Reader(sheet, header, wanted, known, report, seen)
        if reader.usable():
            reader.run()
            read += 1
    if not read:
        raise Refuse(reason)


class _Reader:
    """One sheet of pupils on its way to a table."""

    def __init__(
        self,
        sheet: Sheet,
        header: Header,
        wanted: ImportAs,
        known: Known,
        report: FileReport,
        seen: dict[str, tuple[str, int]],
    ) -> None:
        self.sheet, self.header, self.wanted, self.known, self.report, self.seen = (
            sheet,
            header,
            wanted,
            known,
            report,
            seen,
        )
        self.places = Places(known)
        self.fields = _merged(assign(header, FIELDS))
        self._which_code()
        banner = read_banner(sheet, header.top, known.levels[0] if known.levels else "", known)
        self.shown = {class_name(row.name): row.name for row in known.classes}
        named = class_shown(sheet.name, self.shown) if CLASS_TEXT.fullmatch(sheet.name) else ""
        said = str(banner.school_class.value) if banner.school_class else ""
        self.class_name = (
            class_shown(wanted.school_class, self.shown) if wanted.school_class else said or named
        )
        if (
            wanted.school_class
            and said
            and class_name(said) != class_name(self.class_name)
            and "lop" not in self.fields
        ):
            raise Refuse("class_mismatch", sheet=sheet.name,
                cell=banner.school_class.cell if banner.school_class else "",
                         file=said, target=wanted.school_class)  # fmt: skip
        if banner.year and wanted.school_year and banner.year.value != wanted.school_year:
            raise Refuse("year_mismatch", sheet=sheet.name, cell=banner.year.cell, file=banner.year.value,
                         target=wanted.school_year)  # fmt: skip
        self.pupils = Pupils(known)
        self.classes = {row.name for row in known.classes}
        self.stt = next((column.index for column in header.columns if column.leaf in STT), None)

    def usable(self) -> bool:
        """Names, a class from somewhere, and a code or a birth date."""
        has_class = "lop" in self.fields or bool(self.class_name)
        return (
            "ho_ten" in self.fields
            and has_class
            and bool({"ma_hs", "ma_moet", "ngay_sinh"} & set(self.fields))
        )

    def _which_code(self) -> None:
        """«Mã học sinh» holds the software's code, or in the sector's templates the Ministry's."""
        if "ma_hs" not in self.fields or "ma_moet" in self.fields:
            return
        column = self.fields["ma_hs"]
        texts = [self.sheet.text(row, column) for row in self.sheet.numbers() if row >= self.header.first]
        texts = [text for text in texts if text]
        if texts and sum(1 for text in texts if MINISTRY.fullmatch(text)) * 2 > len(texts):
            self.fields["ma_moet"] = self.fields.pop("ma_hs")

    def run(self) -> None:
        """Read every row."""
        ticked = "nu" in self.fields and "gioi_tinh" not in self.fields
        order = [name for name in (*ORDER, *self.fields) if name in self.fields or name in COMMUNES.values()]
        order = [name for name in dict.fromkeys(order) if name in self.fields or self._code_of(name)]
        if ticked:
            order = [name if name != "nu" else "gioi_tinh" for name in order]
        names = ["r", "ref", *order]
        rows: list[list[Any]] = []
        for row in self.sheet.numbers():
            if row < self.header.first or self.header.repeats(row) or not self._is_pupil(row):
                continue
            read = self._read(row)
            if read is None:
                continue
            rows.append([row + 1, read["ref"], *(read.get(name) for name in order)])
        used = set(self.fields.values()) | ({self.stt} if self.stt is not None else set())
        for column in self.header.unknown(used):
            self.say("unknown_column", INFO, column.row, column.index, header=column.written)
        about: dict[str, Any] = {}
        if CLASS_TEXT.fullmatch(self.sheet.name) and "lop" in self.fields:
            about["class"] = class_shown(self.sheet.name, self.shown)
        layout = {"columns": {"name": self.fields["ho_ten"]}}
        self.report.tables.append(Table(self.sheet.name, "pupils", names, rows, about, layout))

    def _code_of(self, name: str) -> bool:
        return any(code == name and commune in self.fields for commune, code in COMMUNES.items())

    def say(self, kind: str, severity: str, row: int, column: int, ref: str = "", **info: Any) -> None:
        """Note a finding."""
        self.report.findings.append(Finding(kind, severity, self.sheet.name, address(row, column), ref, info))

    def _is_pupil(self, row: int) -> bool:
        name = self.sheet.text(row, self.fields["ho_ten"])
        if not name or key(name) in NAME:
            return False
        number = self.sheet.text(row, self.stt) if self.stt is not None else ""
        code = any(
            self.sheet.text(row, self.fields[f])
            for f in ("ma_hs", "ma_moet", "ngay_sinh")
            if f in self.fields
        )
        return (number.isdigit() or code) and not (SIGNATURE.search(key(name)) and not code)

    def _read(self, row: int) -> dict[str, Any] | None:
        fields = self.fields
        found: dict[str, Any] = {}
        reads: dict[str, Read] = {}
        group = self._class_of(row)
        for name, column in fields.items():
            reads[name] = self._cell(name, row, column, group)
            found[name] = reads[name].value
        if "nu" in found and "gioi_tinh" not in found:
            found["gioi_tinh"] = "Nữ" if found["nu"] else "Nam"
        code = found.get("ma_moet") or found.get("ma_hs") or ""
        birth = found.get("ngay_sinh") or ""
        match = self.pupils.find(str(code), found["ho_ten"] or "", birth)
        if match.pupil is None and found.get("ma_hs"):
            match = self.pupils.find(str(found["ma_hs"]), found["ho_ten"] or "", birth)
        ref = found.get("ma_moet") or (match.pupil.ref if match.pupil else None) or found.get("ma_hs")
        if (
            match.problem == "id_name_mismatch"
            and match.pupil is not None
            and birth
            and birth != match.pupil.birth
        ):
            self.say("id_name_mismatch", ERROR, row, fields["ho_ten"], str(ref), ho_ten=found["ho_ten"])
            return None
        if match.problem == "pupil_ambiguous" and not code:
            self.say("pupil_ambiguous", ERROR, row, fields["ho_ten"], "", ho_ten=found["ho_ten"])
            return None
        found["ref"] = ref
        if "lop" in fields:
            found["lop"] = group or None
            if self.classes and group not in self.classes:
                self.say("class_unknown", ERROR, row, fields["lop"], str(ref or ""), raw=found["lop"])
                return None
        self._about_code(row, found, match.pupil)
        for name, read in reads.items():
            if read.kind:
                self.say(read.kind, read.severity, row, fields[name], str(ref or ""), field=name, **read.info)
        self._look_up(row, found, str(ref or ""))
        return found if self._once(row, found, str(ref or "")) else None

    def _about_code(self, row: int, found: dict[str, Any], pupil: KnownPupil | None) -> None:
        """A pupil still without the Ministry's code, or one who gets it with this file."""
        column = self.fields.get("ma_moet")
        if column is None:
            return
        code, ref = found["ma_moet"], str(found["ref"] or "")
        if not code:
            self.say("temporary_code", INFO, row, column, ref)
        elif pupil is not None and pupil.ref != code and MINISTRY.fullmatch(str(code)):
            self.say("code_assigned", INFO, row, column, ref, value=code)

    def _class_of(self, row: int) -> str:
        text = self.sheet.text(row, self.fields["lop"]) if "lop" in self.fields else ""
        return class_shown(text, self.shown) if text else self.class_name

    def _cell(self, name: str, row: int, column: int, group: str) -> Read:
        cell = self.sheet.cell(row, column)
        if name in DATES:
            return self._date(name, cell, group)
        if name in READERS:
            return READERS[name](cell)
        if name in SUBJECT_LISTS:
            return self._subjects(cell, group)
        read = values.text(cell)
        if name.endswith("_tinh") and read.value:
            return Read(province_name(read.value))
        if name == "dan_toc" and read.value:
            return self._ethnic(str(read.value))
        return read

    def _date(self, name: str, cell: Any, group: str) -> Read:
        if name != "ngay_sinh":
            return values.date(cell, earliest=1990)
        grade = re.match(r"\d{1,2}", group)
        first = int(self.wanted.school_year[:4]) if self.wanted.school_year[:4].isdigit() else 0
        century = first - int(grade[0]) - 5 if grade and first else None
        low, high = (century - 12, century + 3) if century else (1990, 2100)
        return values.date(cell, earliest=low, latest=high, century_of=century)

    def _subjects(self, cell: Any, group: str) -> Read:
        text = values.text(cell).value
        if not text:
            return Read()
        grade = re.match(r"\d{1,2}", group)
        level = level_of_grade(int(grade[0])) if grade else "THPT"
        parts = [part for part in re.split(r"\s*[,;+/]\s*", text) if part]
        codes = [subject_of(part, level) for part in parts]
        if None in codes:
            return Read([code for code in codes if code] or None, "value_invalid", WARNING, {"raw": text})
        return Read(codes)

    def _ethnic(self, text: str) -> Read:
        if not self.known.ethnic:
            return Read(text)
        found = self.known.ethnic.get(text) or next(
            (name for alias, name in self.known.ethnic.items() if fold(alias) == fold(text)), None
        )
        if found is None:
            return Read(text, "ethnic_unknown", WARNING, {"raw": text})
        if found != text and fold(found) != fold(text):
            return Read(found, "ethnic_alias", INFO, {"raw": text, "value": found})
        return Read(found)

    def _look_up(self, row: int, found: dict[str, Any], ref: str) -> None:
        """Communes to codes; the personal number against sex and birth year."""
        for name, code in COMMUNES.items():
            if name not in self.fields:
                continue
            text = found.get(name)
            found[code] = None
            province = found.get(PROVINCES[name])
            if (
                not text
                or not self.known.communes
                or (province and fold(str(province)) != fold(self.known.province))
            ):
                continue
            place = self.places.find(str(text))
            found[code] = place.code or None
            column = self.fields[name]
            if place.old:
                self.say(
                    "commune_old_name",
                    WARNING,
                    row,
                    column,
                    ref,
                    field=name,
                    raw=text,
                    candidates=list(place.candidates),
                )
            elif not place.known:
                self.say("commune_unknown", WARNING, row, column, ref, field=name, raw=text)
        number = found.get("so_dinh_danh")
        if number:
            sex = {"nam": "NAM", "nu": "NU"}.get(fold(str(found.get("gioi_tinh") or "")))
            birth = str(found.get("ngay_sinh") or "")
            wrong = fits_person(personal_id(number), int(birth[:4]) if birth[:4].isdigit() else None, sex)
            if wrong:
                self.say(
                    "personal_id_mismatch",
                    WARNING,
                    row,
                    self.fields["so_dinh_danh"],
                    ref,
                    field="so_dinh_danh",
                    value=number,
                )

    def _once(self, row: int, found: dict[str, Any], ref: str) -> bool:
        """A pupil has one row; a personal number one bearer."""
        number = found.get("so_dinh_danh")
        if number:
            bearer = self.seen.setdefault(f"id:{number}", (ref, row))
            if bearer[0] != ref:
                self.say(
                    "personal_id_duplicate",
                    WARNING,
                    row,
                    self.fields["so_dinh_danh"],
                    ref,
                    field="so_dinh_danh",
                    value=number,
                )
        if not ref:
            return True
        group = found.get("lop") or self.class_name
        first = self.seen.setdefault(f"pupil:{ref}:{group}", (ref, row))
        if first[1] != row:
            self.say("pupil_duplicate_row", ERROR, row, self.fields["ho_ten"], ref, ho_ten=found["ho_ten"])
            return False
        return True


ORDER = (
    "lop", "ma_hs", "ma_moet", "so_dang_bo", "ho_ten", "ngay_sinh", "gioi_tinh", "quoc_tich", "dan_toc",
    "ton_giao",
    "co_xom", "co_khu", "co_tinh", "co_xa", "co_ma_xa", "tt_xom", "tt_khu", "tt_tinh", "tt_xa", "tt_ma_xa",
    "noi_sinh", "ns_tinh",
    "ns_xa", "ns_ma_xa", "que_quan", "qq_tinh", "qq_xa", "qq_ma_xa", "ks_tinh", "ks_xa", "ks_ma_xa",
    "so_dinh_danh", "ngay_cap",
    "noi_cap", "chinh_sach", "can_ngheo", "doan_vien", "doi_vien", "khuyet_tat", "noi_tru", "cha", "cha_nam",
    "cha_nghe", "cha_dt",
    "me", "me_nam", "me_nghe", "me_dt", "gh", "gh_nam", "gh_nghe", "gh_dt", "dt_sll", "email", "trang_thai",
    "ngay_vao", "ghi_chu",
    "mon_lc", "chuyen_de", "dt_hs",
)  # fmt: skip


def _merged(fields: dict[str, int]) -> dict[str, int]:
    """Single columns outside any group («Thôn/Xóm») stand in where no group gave the field."""
    found = dict(fields)
    for name, column in fields.items():
        if name.endswith("_1"):
            del found[name]
            found.setdefault(name[:-2], column)
    return found
