"""Lists of pupils from any program: vnEdu-like, SMAS-like, the sector database's template, hand-made."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from khue.core.names import fold
from khue.rules.curriculum import level_of_grade
from khue.rules.identifiers import fits_person, personal_id
from khue.sheets import values, wordings
from khue.sheets.banner import CLASS_TEXT, class_name, class_shown, fits_school, grade_in, read_banner
from khue.sheets.data import (
    ERROR,
    INFO,
    WARNING,
    Doubt,
    FileReport,
    Finding,
    ImportAs,
    Known,
    KnownPupil,
    Refuse,
    Table,
)
from khue.sheets.headers import NAME, Header, assign, find_header, key
from khue.sheets.mark_columns import SIGNATURE, STT
from khue.sheets.places import Places, province_name
from khue.sheets.pupil_fields import ALONE, BEFORE, FIELDS
from khue.sheets.pupils_known import Match, Pupils
from khue.sheets.school import codes_of, girl, is_staff, sex
from khue.sheets.values import Read
from khue.sheets.workbook import Book, Cell, Sheet, address, as_text

FLAGS = {"can_ngheo", "doan_vien", "doi_vien"}
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
    "gioi_tinh": sex,
    "nu": girl,
}
INTAKE = "intake"  # a list of newcomers: no class, perhaps of other schools
MINISTRY = re.compile(r"\d{10}")
NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}")
YEAR_MONTHS = 12
_BLOCK = re.compile(
    r"(?:danh sách )?(?:học sinh )?lớp\s*:?\s*(\d{1,2}\S*)(?:\s*\(.*\)|\s*[-–:].*)?", re.IGNORECASE
)
_MARKS = re.compile(
    r"(?:ddg)?(?:tx|gk|ck) ?\d?|ddgtx.*|d?tbm.*|diem (?:tx|gk|ck|tb).*|ket qua hoc tap|muc dat duoc"
)


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
        if is_staff(header) or _is_marks(header):
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
        intake = wanted.kind == INTAKE
        columns = FIELDS | BEFORE if intake else FIELDS
        self.fields = wordings.fill_pupils(header, assign(header, columns), ALONE)
        self._which_code()
        banner = read_banner(sheet, header.top, known.levels[0] if known.levels else "", known)
        self.shown = {class_name(row.name): row.name for row in known.classes}
        named = class_shown(sheet.name, self.shown) if CLASS_TEXT.fullmatch(sheet.name) else ""
        said = str(banner.school_class.value) if banner.school_class else ""
        self.class_name = (
            class_shown(wanted.school_class, self.shown) if wanted.school_class else said or named
        )
        if intake:  # the class of before is a fact of the pupil; there is none here yet
            self.class_name = wanted.grades
            if "lop" in self.fields:
                self.fields["lop_cu"] = self.fields.pop("lop")
        if (
            wanted.school_class
            and said
            and class_name(said) != class_name(self.class_name)
            and "lop" not in self.fields
        ):
            raise Refuse("class_mismatch", sheet=sheet.name,
                cell=banner.school_class.cell if banner.school_class else "",
                         file=said, target=wanted.school_class)  # fmt: skip
        if not intake:
            fits_school(banner, wanted, known, sheet)
        self.blocks = {} if "lop" in self.fields or self.class_name else self._class_rows()
        if not intake:
            self._other_class()
        self.pupils = Pupils(known)
        self.swapped = {name for name in DATES & set(self.fields) if self._day_second(self.fields[name])}
        self.classes = {row.name for row in known.classes}
        self.stt = next((column.index for column in header.columns if column.leaf in STT), None)

    def _class_rows(self) -> dict[int, str]:
        """Rows that only name a class, «Lớp 6A»: whose pupils follow."""
        found = {}
        for row in self.sheet.numbers():
            texts = [text for column in self.sheet.rows[row] if (text := self.sheet.text(row, column))]
            said = _BLOCK.fullmatch(texts[0]) if len(texts) == 1 else None
            if said and CLASS_TEXT.fullmatch(said[1]):
                found[row] = class_shown(said[1], self.shown)
        return found

    def _other_class(self) -> None:
        """Refuse a list whose own column names only other classes than the one chosen."""
        column = self.fields.get("lop")
        if column is None or not self.wanted.school_class:
            return
        rows = [row for row in self.sheet.numbers() if row >= self.header.first]
        said = [(row, text) for row in rows if CLASS_TEXT.fullmatch(text := self.sheet.text(row, column))]
        target = class_name(self.wanted.school_class)
        if said and all(class_name(text) != target for _, text in said):
            row, text = said[0]
            cell = address(row, column)
            other = class_shown(text, self.shown)
            raise Refuse(
                "class_mismatch",
                sheet=self.sheet.name,
                cell=cell,
                file=other,
                target=self.wanted.school_class,
            )

    def usable(self) -> bool:
        """Names, a class from somewhere, and a code or a birth date."""
        has_class = "lop" in self.fields or bool(self.class_name or self.blocks)
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
        if self.blocks:
            order.insert(0, "lop")
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
        if self.class_name:
            about["class"] = self.class_name
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
        if self._doubtful(row, found, match, group):
            return None
        found["ref"] = ref
        if "lop" in fields or self.blocks:
            found["lop"] = group or None
            if self.classes and group not in self.classes:
                column = fields.get("lop", fields["ho_ten"])
                self.say("class_unknown", ERROR, row, column, str(ref or ""), raw=found["lop"])
                return None
        self._about_code(row, found, match.pupil)
        for name, read in reads.items():
            if read.kind:
                self.say(read.kind, read.severity, row, fields[name], str(ref or ""), field=name, **read.info)
        self._look_up(row, found, str(ref or ""))
        return found if self._once(row, found, str(ref or "")) else None

    def _doubtful(self, row: int, found: dict[str, Any], match: Match, group: str) -> bool:
        """Whether only a person can say whom the row means; it is left out until somebody does."""
        birth = found.get("ngay_sinh") or ""
        code = found.get("ma_moet") or found.get("ma_hs")
        known = match.pupil
        if match.problem == "id_name_mismatch" and known is not None and birth and birth != known.birth:
            candidates = [known]
        elif match.problem == "pupil_ambiguous" and not code:
            candidates = list(match.candidates)
        else:
            return False
        ref = str(code or "") if match.problem == "id_name_mismatch" else ""
        column = self.fields["ho_ten"]
        self.say(match.problem, ERROR, row, column, ref, ho_ten=found["ho_ten"])
        facts = {"r": row + 1, "ref": None, **found, "lop": group or None}
        self.report.doubts.append(
            Doubt(
                match.problem, self.sheet.name, row + 1, address(row, column), str(found["ho_ten"]),
                "pupils", list(facts), list(facts.values()), [pupil.ref for pupil in candidates],
            )
        )  # fmt: skip
        return True

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
        if "lop" not in self.fields:
            above = [first for first in self.blocks if first < row]
            return self.blocks[max(above)] if above else self.class_name
        column = self.fields["lop"]
        text = self.sheet.text(row, column)
        for top, left, bottom, right in self.sheet.merges if not text else ():
            if top <= row <= bottom and left <= column <= right:
                text = self.sheet.text(top, left)
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

    def _day_second(self, column: int) -> bool:
        """Whether a column of texts puts the month first: some can only be read so, none the other way."""
        texts = (self.sheet.text(row, column) for row in self.sheet.numbers() if row >= self.header.first)
        pairs = [(int(m[1]), int(m[2])) for text in texts if (m := NUMBERS.fullmatch(text))]
        months = sum(1 for first, second in pairs if first <= YEAR_MONTHS < second)
        days = sum(1 for first, second in pairs if second <= YEAR_MONTHS < first)
        return months >= 2 and not days  # noqa: PLR2004 - one alone is a slip

    def _date(self, name: str, cell: Any, group: str) -> Read:
        read = self._day(name, cell, group)
        said = NUMBERS.fullmatch(as_text(cell.value)) if cell is not None else None
        if name in self.swapped and said and read.value and not read.kind and said[1] != said[2]:
            return Read(read.value, "date_ambiguous", WARNING, {"raw": said[0], "value": read.value})
        return read

    def _day(self, name: str, cell: Any, group: str) -> Read:
        if name != "ngay_sinh":
            return values.date(cell, earliest=1990)
        grade = grade_in(group)
        first = int(self.wanted.school_year[:4]) if self.wanted.school_year[:4].isdigit() else 0
        century = first - grade - 5 if grade and first else None
        low, high = (century - 12, century + 3) if century else (1990, 2100)
        return values.date(cell, earliest=low, latest=high, century_of=century)

    def _subjects(self, cell: Any, group: str) -> Read:
        text = values.text(cell).value
        if not text:
            return Read()
        grade = grade_in(group)
        level = level_of_grade(grade) if grade else "THPT"
        codes, strange = codes_of(text, level)
        if strange:
            return Read(codes or None, "value_invalid", WARNING, {"raw": text})
        return Read(codes or None)

    def _ethnic(self, text: str) -> Read:
        if not self.known.ethnic:
            return Read(text)
        found = self.known.ethnic.get(text) or next(
            (name for alias, name in self.known.ethnic.items() if _letters(alias) == _letters(text)), None
        )
        if found is None:
            return Read(text, "ethnic_unknown", WARNING, {"raw": text})
        if found != text and _letters(found) != _letters(text):
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


def _is_marks(header: Header) -> bool:
    """Whether a table with names holds marks or results."""
    return sum(1 for column in header.columns if _MARKS.fullmatch(column.leaf)) >= 2  # noqa: PLR2004


def _letters(text: str) -> str:
    """Letters alone: «H’Mông», «H'mông» and «HMông» are one."""
    return key(text).replace(" ", "")


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
