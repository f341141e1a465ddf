"""The curriculum of 2018 (Chương trình giáo dục phổ thông 2018): subjects, numbers of regular assessments,
qualities and competences, and the names by which school files call subjects.

All of it is data below `parameters/`, with its source; nothing of it is compiled in.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from khue.core.errors import Invalid
from khue.core.names import fold
from khue.rules.reasons import Judged, Reason

PARAMETERS = Path(__file__).parent / "parameters"
PRIMARY, LOWER, UPPER = "TH", "THCS", "THPT"
_LAST_GRADE = ((5, PRIMARY), (9, LOWER), (12, UPPER))
_HALF = {"GK1": "mid", "CK1": "end", "GK2": "mid", "CN": "end"}
_WORD = re.compile(r"[a-z0-9]+")
_BRACKETS = re.compile(r"\s*\(([^()]*)\)\s*$")
_SILENT = {"va", "mon"}  # «Môn Lịch sử và Địa lí» is «Lịch sử Địa lí»


@dataclass(frozen=True, slots=True)
class CurriculumSubject:
    """A subject as a grade has it in the record books (môn học, hoạt động giáo dục)."""

    code: str
    name: str
    name_en: str
    kind: str  # score | comment | level_THC
    periods_per_year: int
    optional: bool  # môn tự chọn
    elective: bool  # môn lựa chọn: four of nine in THPT
    topic_allowed: bool  # may have a cluster of learning topics (cụm chuyên đề)
    position: int
    programme: str = ""  # code in the programme where one subject of it has two rows: THCN, NT


@lru_cache(maxsize=1)
def _curriculum() -> dict[str, Any]:
    return json.loads((PARAMETERS / "curriculum-2018.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=4)
def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((PARAMETERS / name).read_text(encoding="utf-8"))


def level_of_grade(grade: int) -> str:
    """TH, THCS or THPT: the level of schooling of a grade (cấp học); `CORE-008` outside 1-12."""
    for last, level in _LAST_GRADE:
        if 1 <= grade <= last:
            return level
    raise Invalid("CORE-008", grade=grade)


@lru_cache(maxsize=16)
def subjects(level: str, grade: int) -> tuple[CurriculumSubject, ...]:
    """The subjects and activities of a grade, as rows of its record books, in the order of the curriculum.

    In primary schools Tin học và Công nghệ and Nghệ thuật are one subject of the programme each but two
    rows with their own level and mark (TT 27/2020, form of the class table): here TIN, CN, AN and MT.
    """
    found: list[CurriculumSubject] = []
    for entry in _curriculum()["subjects"]:
        periods = entry["periods"].get(str(grade))
        if entry["level"] != level or periods is None:
            continue
        rows = entry.get("record_rows")
        programme = entry["code"] if rows else ""
        for row in rows or (entry,):
            found.append(
                CurriculumSubject(
                    code=row["code"],
                    name=row["name"],
                    name_en=row["name_en"],
                    kind=entry["kind"],
                    periods_per_year=periods // len(rows) if rows else periods,
                    optional=entry["role"] == "optional",
                    elective=entry["role"] == "elective",
                    topic_allowed=bool(entry.get("topics")),
                    position=len(found) + 1,
                    programme=programme,
                )
            )
    return tuple(found)


@lru_cache(maxsize=4)
def _names(level: str) -> dict[str, str]:
    """Code to full name of every subject of a level, programme subjects and rows alike."""
    names: dict[str, str] = {}
    for entry in _curriculum()["subjects"]:
        if entry["level"] == level:
            names[entry["code"]] = entry["name"]
            names.update((row["code"], row["name"]) for row in entry.get("record_rows", ()))
    return names


def subject_name(level: str, code: str) -> str:
    """The full name of a subject; the code itself where the curriculum does not know it."""
    return _names(level).get(code, code)


def short_name(level: str, code: str) -> str:
    """The short name for narrow columns: «Ng.ngữ», «LS&ĐL» (tên viết tắt)."""
    known = _toml("subject-names.toml")["subjects"].get(code)
    return known["short"] if known else subject_name(level, code)


def record_codes(level: str, code: str) -> tuple[str, ...]:
    """The rows that a subject of the programme has in the books: THCN is TIN and CN in primary schools."""
    for entry in _curriculum()["subjects"]:
        if entry["level"] == level and entry["code"] == code and "record_rows" in entry:
            return tuple(row["code"] for row in entry["record_rows"])
    return (code,)


def ongoing_required(kind: str, periods: int) -> int:
    """How many regular assessments are recorded each term (số ĐĐGtx, Điều 6 khoản 2 TT 22/2021)."""
    limits = _toml("ongoing-tt22.toml")
    if kind != "score":
        return int(limits[kind])
    return next(int(step["count"]) for step in limits["score"] if periods <= step.get("up_to", periods))


def explain_ongoing(kind: str, periods: int) -> Judged[int]:
    """The number of regular assessments with its reason."""
    count = ongoing_required(kind, periods)
    if kind == "level_THC":
        text = "Tiểu học đánh giá thường xuyên bằng nhận xét, không quy định số lần ghi."
        return Judged(count, (Reason("Điều 6 TT 27/2020", text),))
    if kind == "comment":
        text = f"Môn đánh giá bằng nhận xét: mỗi học kì {count} lần, không phụ thuộc số tiết."
        return Judged(count, (Reason("Điều 6 khoản 2 TT 22/2021", text),))
    lower = 0
    for step in _toml("ongoing-tt22.toml")["score"]:
        upper = step.get("up_to")
        if upper is None or periods <= upper:
            break
        lower = upper
    if not lower:
        band = f"không quá {upper} tiết"
    else:
        band = f"trên {lower}" + (f" đến {upper} tiết" if upper is not None else " tiết")
    text = f"Môn có {periods} tiết/năm ({band}): mỗi học kì {count} điểm đánh giá thường xuyên."
    return Judged(count, (Reason("Điều 6 khoản 2 TT 22/2021", text, None, (("Số tiết/năm", str(periods)),)),))


@lru_cache(maxsize=16)
def trait_groups(grade: int) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Qualities, general and specific competences of a primary grade, by group (TT 27 Điều 7 khoản 2)."""
    return tuple(
        (
            group["name"],
            tuple((t["code"], t["name"]) for t in group["traits"] if grade >= t.get("from_grade", 1)),
        )
        for group in _toml("traits-tt27.toml")["groups"]
    )


def traits(grade: int) -> tuple[tuple[str, str], ...]:
    """Code and name of every quality and competence of a primary grade; 13 in grades 1-2, else 15."""
    return tuple(trait for _, group in trait_groups(grade) for trait in group)


def is_quality(code: str) -> bool:
    """Whether a trait is a quality (phẩm chất), not a competence (năng lực)."""
    return code.startswith("pc_")


@lru_cache(maxsize=32)
def primary_tests(grade: int, moment: str) -> tuple[str, ...]:
    """Codes of the rows with a periodic test at GK1, CK1, GK2 or CN (TT 27 Điều 7 khoản 1 điểm b)."""
    half = _HALF[moment]
    tested: list[str] = []
    for entry in _curriculum()["subjects"]:
        if entry["level"] == PRIMARY and grade in entry.get("tests", {}).get(half, ()):
            tested += record_codes(PRIMARY, entry["code"])
    return tuple(tested)


@lru_cache(maxsize=32)
def primary_test_programme(grade: int, moment: str) -> tuple[str, ...]:
    """The same as codes of the programme: THCN instead of its rows TIN and CN."""
    half = _HALF[moment]
    return tuple(
        entry["code"]
        for entry in _curriculum()["subjects"]
        if entry["level"] == PRIMARY and grade in entry.get("tests", {}).get(half, ())
    )


def name_key(text: str) -> str:
    """What is compared of a subject's name: no case, marks, punctuation, «và», «môn»; y as i."""
    words = _WORD.findall(fold(text))
    kept = [word for word in words if word not in _SILENT] or words
    return "".join(kept).replace("y", "i")


@lru_cache(maxsize=4)
def _keys(level: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    written = _toml("subject-names.toml")["subjects"]
    for code, name in _names(level).items():
        spellings = written.get(code, {"short": code, "aliases": []})
        for text in (code, name, spellings["short"], *spellings["aliases"]):
            # The first wins: NN1 before NN1TC, which share a short name.
            keys.setdefault(name_key(text), code)
    return keys


def subject_code_of(text: str, level: str) -> str | None:
    """The code of a subject as a school file names it at that level, or None where it is not one.

    Parts of a joint subject (Lịch sử, Vật lí … in THCS) are not the subject: their marks must not
    be taken for its marks. `part_of` names the joint subject they belong to.
    """
    found = _keys(level).get(name_key(text))
    if found is None and (bracket := _BRACKETS.search(text)) and part_of(bracket[1], level) is None:
        found = _keys(level).get(name_key(text[: bracket.start()]))
    return found


def part_of(text: str, level: str) -> str | None:
    """The joint subject of which this is only a part: LSDL for «Lịch sử» in THCS (phân môn)."""
    keys = _keys(level)
    wanted = name_key(text)
    if wanted in keys:
        return None
    for code, parts in _toml("subject-names.toml")["parts"].items():
        joint = name_key(subject_name(level, code).partition("(")[0])
        known = {name_key(part) for part in parts}
        if code in _names(level) and (wanted in known or wanted in {joint + part for part in known}):
            return code
    return None
