"""A transcript as a value (học bạ): what is composed, frozen, signed, read back and rendered.

One `YearPage` becomes one signed record (assessment.md 4.4, page A and B of a year). A `Transcript` is
all year pages of one pupil and level. Every text is exactly as it stands on paper: marks as «7.5»,
levels as «T», «K», «Đ», «CĐ», days as dd/mm/yyyy. Nothing here knows the database: `forms` renders these
values, `content` writes them as signed text and reads them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Place:
    """School with its commune and province as they were called in that year (nơi học)."""

    school: str
    school_code: str  # the Ministry's, empty if unknown
    commune: str
    province: str


@dataclass(frozen=True, slots=True)
class Relative:
    """Father, mother or guardian on page 1 (cha, mẹ, người giám hộ)."""

    relation: str  # father, mother, guardian
    name: str
    occupation: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Page 1: who the pupil is, as known when the page was composed (sơ yếu lí lịch)."""

    name: str
    sex: str  # «Nam», «Nữ»
    born: str  # dd/mm/yyyy, or what is known of it
    birth_place: str
    ethnic: str  # name, e.g. «Tày»
    nationality: str
    home_town: str
    address: str
    policy: str  # đối tượng chính sách, as text
    ministry_code: str  # mã định danh học sinh
    lifelong_code: str  # mã số hồ sơ học tập suốt đời, opaque
    relatives: tuple[Relative, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A person who signs (người ký): name, and the number in the certificate if it is known."""

    name: str
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class SubjectLine:
    """One subject or activity in a year (môn học, HĐGD).

    Secondary: `term1`, `term2`, `year` are marks or «Đ»/«CĐ», `retest` the result after re-assessment.
    Primary: `year` is the level T/H/C of the end of the year, `test` the mark of the end-of-year test.
    """

    code: str
    name: str
    kind: str  # score, comment, level_THC
    position: int
    term1: str = ""
    term2: str = ""
    year: str = ""
    retest: str = ""
    test: str = ""
    mode: str = ""  # REDUCED, PERSONAL_PLAN, EXEMPT; empty = as others (Điều 11 TT 22)
    comment: str = ""  # nhận xét
    corrections: int = 0  # «sửa chữa ở … chỗ» of this pupil's cells in the subject
    teachers: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Trait:
    """A quality or competence in primary (phẩm chất, năng lực): level T/Đ/C."""

    group: str  # quality, general, specific
    code: str
    name: str
    level: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class YearPage:
    """One school year of a pupil in a transcript: what is signed."""

    transcript: str  # code of the transcript, the same in all years (madinhdanhhocba)
    level: str  # TH, THCS, THPT
    year: str  # «2025-2026»
    grade: int
    class_name: str
    regime: str  # RegimeId the year was assessed by
    place: Place
    identity: Identity
    register_number: str  # số đăng bộ, «12/THCS»
    subjects: tuple[SubjectLine, ...]
    homeroom: Named
    conduct: tuple[str, str, str] = ("", "", "")  # term 1, term 2, year (kết quả rèn luyện)
    learning: tuple[str, str, str] = ("", "", "")  # kết quả học tập
    conduct_after: str = ""  # after summer training (Điều 13)
    learning_after: str = ""  # after re-assessment (Điều 14)
    absences: str = ""  # buổi nghỉ cả năm
    absences_excused: str = ""
    absences_unexcused: str = ""
    traits: tuple[Trait, ...] = ()  # primary
    height: str = ""
    weight: str = ""
    decision: str = ""  # in words: «Được lên lớp», «Được lên lớp sau khi …», «Không được lên lớp»
    decision_code: str = ""
    completion: str = ""  # last grade: «Hoàn thành chương trình trung học cơ sở», or that it is not
    title: str = ""  # danh hiệu, khen thưởng by law
    awards: tuple[str, ...] = ()  # other awards, contests (kết quả các cuộc thi)
    certificates: tuple[str, ...] = ()  # chứng chỉ + loại
    comment: str = ""  # of the homeroom teacher
    summer_comment: str = ""  # nhận xét rèn luyện hè
    average: str = ""  # THPT: ĐTB of the mark subjects, two decimals, for graduation (7.4)
    reasons: tuple[tuple[str, str], ...] = ()  # (clause, text): why this decision
    earlier: tuple[tuple[str, str, str], ...] = ()  # quá trình học tập: (year, class, school) before


@dataclass(frozen=True, slots=True)
class SignatureFact:
    """A signature of an issued page, for forms people read (chữ ký)."""

    role: str  # teacher, homeroom, principal, school
    section: str  # subject code, or empty
    name: str
    capacity: str
    at: str  # dd/mm/yyyy HH:MM, empty if unknown


@dataclass(frozen=True, slots=True)
class IssuedPage:
    """A year page as it was issued: its content, its signatures, where it can be checked."""

    page: YearPage
    record_code: str
    version: int
    state: str  # issued, superseded, recalled …
    issued: str  # dd/mm/yyyy
    digest: str  # SHA-256 of the signed file, hex
    signatures: tuple[SignatureFact, ...] = ()
    check_url: str = ""  # what the QR holds; empty: no QR
    print_code: str = ""  # opens this year's content to whoever holds the print


@dataclass(frozen=True, slots=True)
class Transcript:
    """All issued year pages of one pupil and level, oldest first (học bạ)."""

    code: str
    level: str
    pages: tuple[IssuedPage, ...]
    print_code: str = ""  # opens the content to a stranger who holds the print


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """A signed year page as other modules find it: whose it is, which record holds it."""

    page_id: UUID
    document_id: UUID
    person_id: UUID
    school_class_id: UUID
    transcript: str  # its code
    level: str
    year: str
    record_code: str
    version: int
    state: str  # issued, superseded, recalled
    digest: str  # SHA-256 of the file, hex


@dataclass(frozen=True, slots=True)
class AverageRow:
    """The averages of the THPT years that graduation needs (ĐTB10, ĐTB11, ĐTB12; assessment.md 7.4)."""

    person_id: UUID
    name: str
    born: str
    class_name: str
    ministry_code: str
    averages: tuple[str, str, str]  # with two decimals; empty where no page is issued


@dataclass(frozen=True, slots=True)
class PageFile:
    """A signed year page as a file (tệp một trang học bạ)."""

    title: str
    level: str
    year: str
    digest: str  # SHA-256 of the file, hex
    content: bytes
