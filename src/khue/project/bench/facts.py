"""Invented pupils for the measurement of pure rules, and an invented mark sheet."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal

from khue.rules.curriculum import ongoing_required, subjects
from khue.rules.secondary import (
    LearningLevel,
    PupilFacts,
    SubjectFacts,
    TermComments,
    TermMarks,
    assess_year,
)
from khue.sheets.data import ImportAs, Known, KnownClass, KnownPupil, KnownSubject

CHUNK = 2500


def pupils(count: int, seed: int) -> list[PupilFacts]:
    """Pupils of grade 10 with 13 subjects, both terms complete."""
    rng = random.Random(seed)  # noqa: S311 - a measurement
    offered = [
        s
        for s in subjects("THPT", 10)
        if not s.optional and (not s.elective or s.code in {"VL", "HH", "SH", "TIN"})
    ]
    return [_pupil(rng, offered[:13]) for _ in range(count)]


def _pupil(rng: random.Random, offered: list) -> PupilFacts:  # type: ignore[type-arg]
    usual = rng.randint(50, 90)

    def mark() -> Decimal:
        return Decimal(max(20, min(100, usual + rng.randrange(-20, 21, 5)))).scaleb(-1)

    def term(subject: object, count: int) -> TermMarks | TermComments:
        if getattr(subject, "kind", "") == "score":
            return TermMarks(tuple(mark() for _ in range(count)), mark(), mark())
        return TermComments(("Đ",) * count, "Đ", "Đ")

    facts = []
    for subject in offered:
        count = ongoing_required(subject.kind, subject.periods_per_year)
        terms = (term(subject, count), term(subject, count))
        facts.append(SubjectFacts(subject.code, subject.name, subject.kind, count, terms))
    conduct = rng.choice((LearningLevel.TOT, LearningLevel.TOT, LearningLevel.KHA))
    return PupilFacts(tuple(facts), (conduct, conduct), rng.randrange(12), grade=10)


def _chunk(seed: int, count: int) -> int:
    return sum(1 for fact in pupils(count, seed) if assess_year(fact).learning.value is not None)


def assess_many(count: int, workers: int, progress: Callable[[int], None]) -> int:
    """Assess so many pupils in processes; making the facts is part of the time."""
    done = 0
    sizes = [min(CHUNK, count - start) for start in range(0, count, CHUNK)]
    with ProcessPoolExecutor(workers) as pool:
        for size in pool.map(_chunk, range(len(sizes)), sizes):
            done += size
            progress(done)
    return done


def mark_sheet(count: int) -> tuple[bytes, ImportAs, Known]:
    """A sheet of one subject as a file, and what is known of its class."""
    import xlsxwriter  # noqa: PLC0415 - only here

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("Toán")
    sheet.write_row(0, 0, ["TRƯỜNG THCS ĐO"])
    sheet.write_row(1, 4, ["Môn: Toán - Lớp 6A - (Học kỳ 1)"])
    sheet.write_row(
        3, 0, ["STT", "Mã học sinh", "Họ và tên", "TX1", "TX2", "TX3", "TX4", "ĐĐGgk", "ĐĐGck", "ĐTBmhk"]
    )
    known = []
    for number in range(count):
        code, name = str(2097000000 + number), f"Nông Văn Trò {number}"
        sheet.write_row(4 + number, 0, [number + 1, code, name, 7, 8, 7.5, 8, 7, 8, 7.6])
        known.append(KnownPupil(code, name, class_name="6A"))
    book.close()
    classes = (KnownClass("6A", 6, "THCS", {"TOAN": KnownSubject("score", 4)}),)
    facts = Known(school="1", school_name="Trường THCS Đo", classes=classes, pupils=tuple(known))
    return stream.getvalue(), ImportAs("gradebook", "1", "", "6A", 1), facts
