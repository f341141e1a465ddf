"""Texts of the two year pages of THCS and THPT, by the regime of that year (TT 22/2021, TT 58/2011)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from khue.kit.paper.ruled import Cell, Column, ruled
from khue.modules.transcripts.forms.words import levels_in_words, mark

if TYPE_CHECKING:
    from khue.modules.transcripts.data import IssuedPage, SignatureFact, SubjectLine, YearPage

OLD = ("TT58", "TT58+26")
MODES = {"REDUCED": "giảm nhẹ yêu cầu", "PERSONAL_PLAN": "theo kế hoạch cá nhân", "EXEMPT": "không đánh giá"}
HEAD = (
    "Môn học/ Hoạt động giáo dục", "HK I", "HK II", "Cả năm", "Sau đánh giá lại",
    "Nhận xét sự tiến bộ, ưu điểm nổi bật, hạn chế chủ yếu (nếu có)", "Giáo viên ký, ghi rõ họ tên",
)  # fmt: skip
WIDTHS = (34, 11, 11, 12, 15, 62, 35)  # millimeters
CENTERED = {1, 2, 3, 4}
SIZE = 10
OLD_HEAD = (
    "Môn học/ Hoạt động giáo dục", "HK I", "HK II", "Cả năm", "Sau KT lại (nếu có)", "Nhận xét (nếu có)",
    "Giáo viên bộ môn ký xác nhận",
)  # fmt: skip


def pages_of(issued: IssuedPage) -> dict[str, Any]:
    """Page A and page B of a year."""
    page = issued.page
    old = page.regime in OLD
    corrected = [line for line in page.subjects if line.corrections]
    return {
        "table": ruled(_columns(OLD_HEAD if old else HEAD), _rows(issued), size=SIZE),
        "corrections": str(sum(line.corrections for line in corrected)),
        "corrected": ", ".join(line.name for line in corrected) or "không có",
        **_page_b(page, old=old),
    }  # fmt: skip


def _columns(heads: tuple[str, ...]) -> list[Column]:
    return [
        Column(head, width, left=number not in CENTERED)
        for number, (head, width) in enumerate(zip(heads, WIDTHS, strict=True))
    ]


def _rows(issued: IssuedPage) -> list[list[str | Cell]]:
    signed: dict[str, list[SignatureFact]] = defaultdict(list)
    for one in issued.signatures:
        if one.role == "teacher":
            signed[one.section].append(one)
    lines = sorted(issued.page.subjects, key=lambda line: line.position)
    return [_row(line, signed.get(line.code, [])) for line in lines]


def _row(line: SubjectLine, signed: list[SignatureFact]) -> list[str | Cell]:
    mode = f" ({MODES.get(line.mode, line.mode)})" if line.mode else ""
    return [
        line.name + mode, mark(line.term1), mark(line.term2), mark(line.year), mark(line.retest),
        line.comment, _teachers(line, signed),
    ]  # fmt: skip


def _teachers(line: SubjectLine, signed: list[SignatureFact]) -> str | Cell:
    """Who signed the subject, and when; names alone where nobody has yet."""
    if not signed:
        return ", ".join(one.name for one in line.teachers)
    days = dict.fromkeys(one.at[:10] for one in signed if one.at)
    return Cell(", ".join(one.name for one in signed), note=f"đã ký số {', '.join(days)}" if days else "")


def _page_b(page: YearPage, *, old: bool) -> dict[str, Any]:
    titles = ("Hạnh kiểm", "Học lực") if old else ("Kết quả rèn luyện", "Kết quả học tập")
    words = levels_in_words(page.regime)
    after = "sau kiểm tra lại các môn học hoặc rèn luyện thêm trong hè" if old else "sau kì nghỉ hè"
    rows = [
        [title, *(words.get(one, one) for one in (*terms, replaced))]
        for title, terms, replaced in (
            (titles[0], page.conduct, page.conduct_after), (titles[1], page.learning, page.learning_after),
        )
    ]  # fmt: skip
    return {
        "result-head": ["", "Học kì I", "Học kì II", "Cả năm", f"Kết quả {after} (nếu có)"],
        "results": rows, "facts": _facts(page, old=old),
        "comment-title": "NHẬN XÉT CỦA GIÁO VIÊN CHỦ NHIỆM", "comment": page.comment,
        "summer": page.summer_comment or None, "approval": _approval(page),
    }  # fmt: skip


def _facts(page: YearPage, *, old: bool) -> list[tuple[str, str]]:
    absences = f"{page.absences} buổi" if page.absences else ""
    if page.absences_excused or page.absences_unexcused:
        absences += f" (có phép {page.absences_excused or 0}, không phép {page.absences_unexcused or 0})"
    facts = [("Tổng số buổi nghỉ học cả năm học", absences), ("Kết luận", page.decision)]
    if page.completion:
        facts.append(("Hoàn thành hay không hoàn thành chương trình", page.completion))
    if page.average and not old:
        facts.append(("Điểm trung bình các môn học", mark(page.average)))
    contests = "Giải thưởng trong các kì thi" if old else "Kết quả tham gia các cuộc thi (nếu có)"
    facts += [
        ("Chứng chỉ (nếu có), loại", "; ".join(page.certificates)), (contests, "; ".join(page.awards)),
        ("Khen thưởng (nếu có)", page.title),
    ]  # fmt: skip
    return facts


def _approval(page: YearPage) -> str:
    """What the principal approves, in one line: the decision and the completion of the level."""
    return ". ".join(text for text in (page.decision, page.completion) if text)
