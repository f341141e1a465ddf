"""Year pages of a real size with invented people, for the measurement of transcripts and for tests."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from khue.modules.transcripts.data import (
    Identity,
    IssuedPage,
    Named,
    Place,
    Relative,
    SignatureFact,
    SubjectLine,
    Trait,
    Transcript,
    YearPage,
)

HOMEROOM = Named("Lý Thị Lan", "CCCD:020188000077")
PRINCIPAL = Named("Hoàng Văn Minh", "CCCD:020177000011")
COMMENTS = (
    "Nắm chắc kiến thức, vận dụng tốt vào bài tập; cần trình bày cẩn thận hơn.",
    "Có nhiều tiến bộ so với học kì I, tích cực phát biểu xây dựng bài.",
    "Hoàn thành các yêu cầu cần đạt; cần đọc thêm ở nhà để mở rộng vốn từ.",
    "Chăm chỉ, biết hợp tác với bạn; cần mạnh dạn nêu ý kiến riêng.",
)
SUBJECTS = {
    "THCS": (
        ("TOAN", "Toán", "score"), ("LSDL", "Lịch sử và Địa lí", "score"),
        ("KHTN", "Khoa học tự nhiên", "score"), ("TIN", "Tin học", "score"), ("VAN", "Ngữ văn", "score"),
        ("NN1", "Ngoại ngữ 1 (Tiếng Anh)", "score"), ("GDCD", "Giáo dục công dân", "score"),
        ("CN", "Công nghệ", "score"), ("GDTC", "Giáo dục thể chất", "comment"),
        ("NT", "Nghệ thuật", "comment"), ("NN2", "Ngoại ngữ 2", "score"),
        ("GDDP", "Nội dung giáo dục của địa phương", "comment"),
        ("HDTNHN", "Hoạt động trải nghiệm, hướng nghiệp", "comment"),
    ),
    "THPT": (
        ("VAN", "Ngữ văn", "score"), ("TOAN", "Toán", "score"), ("NN1", "Ngoại ngữ 1 (Tiếng Anh)", "score"),
        ("SU", "Lịch sử", "score"), ("GDQPAN", "Giáo dục quốc phòng và an ninh", "score"),
        ("VL", "Vật lí", "score"), ("HH", "Hoá học", "score"), ("SH", "Sinh học", "score"),
        ("TIN", "Tin học", "score"), ("GDTC", "Giáo dục thể chất", "comment"),
        ("GDDP", "Nội dung giáo dục của địa phương", "comment"),
        ("HDTNHN", "Hoạt động trải nghiệm, hướng nghiệp", "comment"),
    ),
    "TH": (
        ("TV", "Tiếng Việt", "test"), ("TOAN", "Toán", "test"), ("NN1", "Ngoại ngữ 1 (Tiếng Anh)", "test"),
        ("LSDL", "Lịch sử và Địa lí", "test"), ("KH", "Khoa học", "test"),
        ("TIN", "Tin học và Công nghệ (Tin học)", "test"),
        ("CN", "Tin học và Công nghệ (Công nghệ)", "test"), ("DD", "Đạo đức", ""),
        ("GDTC", "Giáo dục thể chất", ""), ("AN", "Nghệ thuật (Âm nhạc)", ""),
        ("MT", "Nghệ thuật (Mĩ thuật)", ""), ("HDTN", "Hoạt động trải nghiệm", ""),
        ("TDT", "Tiếng dân tộc thiểu số (Tiếng Tày)", "test"),
    ),
}  # fmt: skip
OLD_SUBJECTS = (
    ("TOAN", "Toán học", "score"), ("VL", "Vật lí", "score"), ("HH", "Hoá học", "score"),
    ("SH", "Sinh học", "score"), ("TIN", "Tin học", "score"), ("VAN", "Ngữ văn", "score"),
    ("SU", "Lịch sử", "score"), ("DL", "Địa lí", "score"), ("NN1", "Ngoại ngữ (Tiếng Anh)", "score"),
    ("GDCD", "Giáo dục công dân", "score"), ("CN", "Công nghệ", "score"), ("TD", "Thể dục", "comment"),
    ("AN", "Âm nhạc", "comment"), ("MT", "Mĩ thuật", "comment"),
)  # fmt: skip
TRAITS = (
    ("quality", "YN", "Yêu nước"), ("quality", "NA", "Nhân ái"), ("quality", "CC", "Chăm chỉ"),
    ("quality", "TT", "Trung thực"), ("quality", "TN", "Trách nhiệm"),
    ("general", "TCTH", "Tự chủ và tự học"), ("general", "GTHT", "Giao tiếp và hợp tác"),
    ("general", "GQVD", "Giải quyết vấn đề và sáng tạo"),
    ("specific", "NGON", "Ngôn ngữ"), ("specific", "TINH", "Tính toán"), ("specific", "KHOA", "Khoa học"),
    ("specific", "CONG", "Công nghệ"), ("specific", "TINH_HOC", "Tin học"),
    ("specific", "THAM", "Thẩm mĩ"), ("specific", "THE", "Thể chất"),
)  # fmt: skip
GRADES = {"TH": (1, 5), "THCS": (6, 9), "THPT": (10, 12)}
NAMES = {"TH": "Trường Tiểu học Bản Pè", "THCS": "Trường THCS Khe Vàng", "THPT": "Trường THPT Đèo Khách"}
COMPLETED = {
    "TH": "Hoàn thành chương trình tiểu học", "THCS": "Hoàn thành chương trình trung học cơ sở",
    "THPT": "Hoàn thành chương trình trung học phổ thông",
}  # fmt: skip
TEACHERS = ("Nông Thị Hoa", "Vi Văn Thắng", "Hoàng Thị Mai", "Lăng Văn Tú", "Triệu Thị Yến", "Lương Văn Bách")
NOTE = (
    "Ngoan, lễ phép, có ý thức kỉ luật tốt; hoàn thành nhiệm vụ học tập, tham gia đầy đủ các hoạt động "
    "của lớp. Cần mạnh dạn hơn khi phát biểu."
)


def teachers(number: int) -> tuple[Named, ...]:
    """Who teaches the subject at this place; the third subject has two teachers."""
    first = Named(TEACHERS[number % len(TEACHERS)], f"CCCD:0201900000{number % len(TEACHERS):02d}")
    second = Named(TEACHERS[3], "CCCD:020190000003")
    return (first, second) if number == 2 and first != second else (first,)  # noqa: PLR2004


def transcript(level: str = "THCS", number: int = 1, *, old_first: bool = False) -> Transcript:
    """A whole transcript of one level; `old_first`: its first year was assessed by TT 58."""
    low, high = GRADES[level]
    pages = tuple(
        issued(year_page(level, grade, number, old=old_first and grade == low), number)
        for grade in range(low, high + 1)
    )
    return Transcript(pages[0].page.transcript, level, pages, "7K3M9QWX")


def issued(page: YearPage, number: int = 1) -> IssuedPage:
    """The page as if it had been issued."""
    digest = f"{number:04x}{page.grade:02x}" + "c3a9" * 14 + "00"
    at = f"28/05/{page.year[5:]} 09:15"
    signed = [
        SignatureFact("teacher", line.code, one.name, "", at)
        for line in (page.subjects if page.level != "TH" else ())
        for one in line.teachers
    ]
    signed += [
        SignatureFact("homeroom", "year", page.homeroom.name, "", at),
        SignatureFact("principal", "", PRINCIPAL.name, "Hiệu trưởng", at),
        SignatureFact("school", "", page.place.school, "", f"29/05/{page.year[5:]} 07:30"),
    ]
    code = f"K5T2-9M4X-{number:04d}-{page.grade:03d}Z"
    return IssuedPage(
        page, code, 1, "issued", f"29/05/{page.year[5:]}", digest, tuple(signed),
        "https://hocba.langson.example/k/7ZK-3M9-QWX-4T2-9M4-XAB-CDE-FGH-JK2",
    )  # fmt: skip


def year_page(level: str, grade: int, number: int = 1, *, old: bool = False) -> YearPage:
    """One year of an invented pupil, with everything that the forms print."""
    low, high = GRADES[level]
    first = 2025 - (high - grade)
    last = grade == high
    base = YearPage(
        transcript=f"HB{number:08d}-{level}", level=level, year=f"{first}-{first + 1}", grade=grade,
        class_name=f"{grade}A" if level != "THPT" else f"{grade}A1", regime=_regime(level, old=old),
        place=_place(level, first), identity=_identity(number), register_number=f"{number}/{level}",
        subjects=_primary_lines(number) if level == "TH" else _lines(level, grade + number, old=old),
        homeroom=HOMEROOM, absences=str(3 + grade % 3), absences_excused="3",
        absences_unexcused=str(grade % 3), decision="Được lên lớp", decision_code="LEN_LOP",
        completion=COMPLETED[level] if last else "", comment=NOTE,
        earlier=tuple(
            (f"{first - back}-{first - back + 1}", f"{grade - back}A", NAMES[level])
            for back in range(grade - low, 0, -1)
        ),
        reasons=(("Điều 12(1) TT 22/2021", "Rèn luyện, học tập từ mức Đạt, nghỉ không quá 45 buổi."),),
    )  # fmt: skip
    return _primary(base) if level == "TH" else _secondary(base, old=old)


def _regime(level: str, *, old: bool) -> str:
    if level == "TH":
        return "TT27"
    return "TT58+26" if old else "TT22"


def _secondary(page: YearPage, *, old: bool) -> YearPage:
    last = page.completion != ""
    return replace(
        page,
        conduct=("Tốt", "Tốt", "Tốt") if old else ("T", "T", "T"),
        learning=("Khá", "Giỏi", "Giỏi") if old else ("K", "T", "T"),
        title="Học sinh giỏi" if old else "Học sinh Giỏi",
        awards=("Giải Ba môn Toán, kì thi học sinh giỏi cấp tỉnh",) if last else (),
        certificates=("Nghề phổ thông, loại Giỏi",) if page.level == "THPT" else (),
        average="7.85" if page.level == "THPT" else "",
    )


def _primary(page: YearPage) -> YearPage:
    groups = {"quality": "Yêu quê hương, thân thiện với bạn.", "general": "Biết tự học, tự giác.",
              "specific": "Diễn đạt rõ ràng, tính toán nhanh."}  # fmt: skip
    first = {group: next(code for kind, code, _ in TRAITS if kind == group) for group in groups}
    traits = tuple(
        Trait(group, code, name, "T" if number % 4 else "Đ", groups[group] if first[group] == code else "")
        for number, (group, code, name) in enumerate(TRAITS, 1)
    )
    return replace(
        page, traits=traits, height="132 cm", weight="28 kg", learning=("", "", "Hoàn thành tốt"),
        title="Học sinh Tiêu biểu hoàn thành tốt trong học tập và rèn luyện",
        decision=page.completion or f"Hoàn thành chương trình lớp {page.grade}",
    )  # fmt: skip


def _lines(level: str, seed: int, *, old: bool) -> tuple[SubjectLine, ...]:
    found = []
    for place, (code, name, kind) in enumerate(OLD_SUBJECTS if old else SUBJECTS[level]):
        marks = ("Đ", "Đ", "Đ")
        if kind == "score":
            marks = (f"{6 + (seed + place) % 4}.{place % 10}", f"{6 + (seed + place) % 3}.5",
                     f"{6 + (seed + place) % 4}.{(place + 3) % 10}")  # fmt: skip
        found.append(
            SubjectLine(
                code, name, kind, place + 1, *marks, comment=COMMENTS[(seed + place) % len(COMMENTS)],
                corrections=1 if code == "VAN" else 0, teachers=teachers(place),
            )
        )  # fmt: skip
    return tuple(found)


def _primary_lines(seed: int) -> tuple[SubjectLine, ...]:
    return tuple(
        SubjectLine(
            code, name, "level_THC", place + 1, year="T" if (seed + place) % 3 else "H",
            test=str(8 + (seed + place) % 3) if kind == "test" else "",
            comment=COMMENTS[(seed + place) % len(COMMENTS)], teachers=(HOMEROOM,),
        )
        for place, (code, name, kind) in enumerate(SUBJECTS["TH"])
    )  # fmt: skip


@cache
def _place(level: str, first: int) -> Place:
    renamed = 2025  # communes were merged on 1 July 2025: each year keeps the names of its time
    commune = "Xã Lộc Bình" if first >= renamed else "Xã Khánh Xuân, huyện Lộc Bình"
    return Place(NAMES[level], "20180001", commune, "Tỉnh Lạng Sơn")


def _identity(number: int) -> Identity:
    return Identity(
        name="Nông Thị Bích Ngọc" if number == 1 else f"Nông Thị Trò {number}", sex="Nữ", born="05/09/2011",
        birth_place="Trạm y tế xã Khánh Xuân, huyện Lộc Bình, tỉnh Lạng Sơn", ethnic="Tày",
        nationality="Việt Nam", home_town="Xã Khánh Xuân, huyện Lộc Bình, tỉnh Lạng Sơn",
        address="Thôn Khuổi Lầy, xã Lộc Bình, tỉnh Lạng Sơn", policy="Con hộ cận nghèo",
        ministry_code=str(2_097_000_000 + number), lifelong_code=f"HT{number:012d}",
        relatives=(
            Relative("father", "Nông Văn Sáng", "Làm ruộng"), Relative("mother", "Lý Thị Hạnh", "Buôn bán"),
            Relative("guardian", "Nông Văn Phúc", "Cán bộ hưu trí"),
        ),
    )  # fmt: skip
