"""The shared sample folder, if it is there, replayed without a database.

What the program would know after each file is taken from the truth of that file, so that a
mistake in one file does not hide or make another.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from khue.rules import curriculum
from khue.sheets.data import ImportAs, Known, KnownClass, KnownPupil, KnownStaff, KnownSubject, Place

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[4]
CODES = ROOT / "src" / "khue" / "modules" / "codes" / "data"
LEFT = ("Chuyển đi", "Thôi học")
FIRST = {"school": 0, "pupils": 1}


def folder() -> Path | None:
    """The sample folder: KHUE_SAMPLES, or `../shared/samples` beside the repository."""
    path = Path(os.environ.get("KHUE_SAMPLES") or ROOT.parent / "shared" / "samples")
    return path if (path / "expected.json").is_file() else None


@dataclass
class Case:
    """A file of the folder, with all that is known when it is imported."""

    entry: Json
    rows: Json | None
    path: Path
    wanted: ImportAs
    known: Known

    @property
    def name(self) -> str:
        """The path inside the folder."""
        return str(self.entry["file"])


@dataclass
class School:
    """What the files read so far have said of one school."""

    facts: Json = field(default_factory=dict)
    levels: tuple[str, ...] = ()
    classes: list[KnownClass] = field(default_factory=list)
    pupils: list[KnownPupil] = field(default_factory=list)
    staff: list[KnownStaff] = field(default_factory=list)
    averages: dict[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1)
def lists() -> tuple[tuple[Place, ...], dict[str, str]]:
    """Communes and ethnic groups as the product ships them."""
    today = _items("communes-lang-son.json")
    before = _items("communes-lang-son-old.json")
    places = [Place(item["code"], item["name"]) for item in today]
    places += [Place(i["code"], i["name"], True, tuple(i["extra"].get("new_codes", ()))) for i in before]
    ethnic = {}
    for item in _items("ethnic-groups.json"):
        for name in (item["name"], *item.get("aliases", ())):
            ethnic[name] = item["name"]
    return tuple(places), ethnic


def _items(name: str) -> list[Json]:
    return list(json.loads((CODES / name).read_text(encoding="utf-8"))["items"])


def cases(where: Path) -> Iterator[Case]:
    """Every file in the order of import."""
    truth = json.loads((where / "expected.json").read_text(encoding="utf-8"))
    schools: dict[str, School] = {}
    for entry in sorted(truth["files"], key=_order):
        said = entry["import_as"]
        code = said.get("school") or ""
        school = schools.setdefault(code, School())
        rows_in = entry.get("rows_in")
        rows = json.loads((where / rows_in).read_text(encoding="utf-8")) if rows_in else None
        yield Case(entry, rows, where / entry["file"], wanted_of(said), known_of(code, school, schools))
        if "traps/" not in entry["file"] and rows:
            _learn(school, rows)


def _order(entry: Json) -> tuple[bool, int, int, str]:
    said = entry["import_as"]
    return "traps/" in entry["file"], FIRST.get(said["kind"], 2), _term(said), entry["file"]


def _term(said: Json) -> int:
    return int(str(said.get("term") or "0").replace("HK", ""))


def wanted_of(said: Json) -> ImportAs:
    """What the user chose."""
    return ImportAs(
        kind=said["kind"], school=said.get("school") or "", school_year=said.get("school_year") or "",
        school_class=said.get("class") or "", term=_term(said), subject=said.get("subject") or "",
        moment=said.get("moment") or "", grades=str(said.get("grades") or ""),
    )  # fmt: skip


def known_of(code: str, school: School, schools: dict[str, School]) -> Known:
    """What the program knows of the school."""
    places, ethnic = lists()
    return Known(
        school=code, school_name=school.facts.get("ten", ""), school_year=school.facts.get("nam_hoc", ""),
        levels=school.levels, classes=tuple(school.classes), pupils=tuple(school.pupils),
        staff=tuple(school.staff), averages=dict(school.averages), communes=places, ethnic=ethnic,
        schools={key: value.facts["ten"] for key, value in schools.items() if value.facts},
    )  # fmt: skip


def _learn(school: School, rows: Json) -> None:
    for table in rows["tables"]:
        found = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
        kind = table["table"]
        if kind == "school":
            school.facts = {row["key"]: row["value"] for row in found}
        elif kind == "staff":
            school.staff = [KnownStaff(row["ma_cb"], row["ho_ten"]) for row in found]
        elif kind == "classes":
            school.classes = [_class(row) for row in found]
            school.levels = tuple(dict.fromkeys(row.level for row in school.classes))
        elif kind == "pupils":
            school.pupils += [_pupil(row) for row in found]
        elif kind == "marks" and table["term"] == 1:
            right = "tb" if "tb" in table["columns"] else "kq"
            school.averages |= {f"{row['ref']}|{table['subject']}": row[right] for row in found if row[right]}


def _class(row: Json) -> KnownClass:
    level = curriculum.level_of_grade(row["khoi"])
    subjects = {}
    for item in curriculum.subjects(level, row["khoi"]):
        if item.code in (row.get("combo") or ()) or not (item.elective or item.optional):
            count = curriculum.ongoing_required(item.kind, item.periods_per_year)
            subjects[item.code] = KnownSubject(item.kind, count)
    return KnownClass(row["lop"], row["khoi"], level, subjects)


def _pupil(row: Json) -> KnownPupil:
    state = row.get("trang_thai") or ""
    return KnownPupil(
        ref=row["ref"], name=row["ho_ten"], birth=row["ngay_sinh"] or "", class_name=row["lop"],
        software=row.get("ma_hs") or "", personal=row.get("so_dinh_danh") or "",
        active=not state.startswith(LEFT),
    )  # fmt: skip
