"""What the columns of a mark sheet are called, whoever's program wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from khue.sheets.headers import NAME, Column, Header

CODE = {
    "ma hoc sinh", "ma hs", "ma dinh danh", "ma dinh danh hoc sinh", "ma so hoc sinh", "ma so", "ma moet",
    "ma", "id", "mahs",
    "ma dinh danh bo", "ma dinh danh bo gd dt", "ma bo", "ma bo gd dt", "ma hoc sinh moet",
    "so dinh danh hoc sinh", "ma hssv", "student id",
    "id hoc sinh", "id hs", "student code", "so dinh danh hs", "ma id",
    "ma so hs", "ma hoc sinh bo", "ma csdl", "ma nganh", "ma dinh danh hs",
}  # fmt: skip
BIRTH = {
    "ngay sinh",
    "ngay thang nam sinh",
    "nam sinh",
    "sinh ngay",
    "ngay thang sinh",
    "ns",
    "ngay sinh hs",
    "ngay sinh hoc sinh",
    "ngay sinh dd mm yyyy",
    "date of birth",
    "birthday",
    "dob",
}
STT = {"stt", "tt", "t t", "so tt", "so thu tu", "no", "s tt"}
REMARK = {"nhan xet", "ghi chu", "nhan xet cua giao vien", "loi nhan xet", "nhan xet gv", "nhan xet cua gv",
    "nhan xet su tien bo",
          "nhan xet cua giao vien bo mon", "nx", "comment", "comments", "remark", "remarks"}  # fmt: skip
_ONGOING = re.compile(
    r"\b(?:\w*tx ?\d{0,2}|thuong xuyen|t ?xuyen|he so 1|hs ?1|kttx|mieng|15 ?(?:phut|p)|regular|continuous)\b"
)
_COUNT = re.compile(
    r"(?:d|lan|cot|so|bai|diem|l|c|kt)? ?\d{1,2}"
)  # «Đ1», «Lần 2», «3»: regular marks if nothing else is
_MIDTERM = re.compile(
    r"\b(?:\w*g[hk]k\w{0,2}|\w*gk(?:i{1,2}|[12])?|giua (?:hoc )?(?:k[iy]|hk)\w{0,2}|giua k|g k[iy]?"
    r"|he so 2|hs ?2|mid ?term)\b"
)
_FINAL = re.compile(
    r"\b(?:\w*c[hk]k\w{0,2}|\w*ck(?:i{1,2}|[12])?|cuoi (?:hoc )?(?:k[iy]|hk)\w{0,2}|cuoi k|c k[iy]?"
    r"|thi (?:hoc )?(?:k[iy]|hk)\w{0,2}|he so 3|hs ?3|final|end ?term)\b"
)
_AVERAGE = re.compile(
    r"\b(?:d?tb\w*|trung binh|t ?binh|xl\w*|xep loai|kq\w*|ket qua|tong ket|tk\w*|muc"
    r"|danh gia (?:chung|hk|hoc k[iy])\w*|average|mean)\b"
)
_MEAN = re.compile(r"\b(?:d?tb\w*|trung binh|t ?binh|tong ket|tk|average|mean)\b")
_YEAR = re.compile(r"\b(?:ca nam|\w*cn|year|annual)\b")
_TERM = re.compile(r"\b(?:hoc k[iy]|\w*hk) ?(i|ii|1|2)?\b|\b\w*hk(i|ii|1|2)\b")
_LAST_NUMBER = re.compile(r"(\d{1,2})$")
_TOPIC = re.compile(r"^(?:diem )?(?:cum )?chuyen de(?: hoc tap)?$|^cdht$|^dcd$")
_NOT_MARK = re.compile(r"\b(?:nhan xet|ghi chu|ngay|giao vien|gv|so lan|so bai|vang|nghi)\b")
ROMAN = {"i": 1, "ii": 2, "1": 1, "2": 2}
SIGNATURE = re.compile(
    r"\b(?:ky ghi ro|ki ghi ro|ky ten|ki ten|nguoi lap|hieu truong|giao vien bo mon|giao vien chu nhiem"
    r"|ngay \d|tong so|danh sach nay|lap bang|xac nhan)\b"
)


@dataclass(slots=True)
class Columns:
    """Where things stand in one mark sheet."""

    name: int
    code: int | None = None
    birth: int | None = None
    stt: int | None = None
    ongoing: list[int] = field(default_factory=list)
    midterm: int | None = None
    final: int | None = None
    term: int | None = None
    year: int | None = None
    topic: int | None = None
    remark: int | None = None

    def marks(self) -> list[tuple[str, int]]:
        """Mark columns with their field names."""
        named = [(f"tx{number}", column) for number, column in enumerate(self.ongoing)]
        named += [("gk", self.midterm)] if self.midterm is not None else []
        named += [("ck", self.final)] if self.final is not None else []
        return named + ([("cd", self.topic)] if self.topic is not None else [])


def columns_of(header: Header, term: int) -> Columns | None:
    """What each column holds; nothing if this is no mark sheet."""
    name = next((c for c in header.columns if c.leaf in NAME or c.whole in NAME), None)
    if name is None:
        return None
    found = Columns(name.index)
    both = {number for column in header.columns if (number := _term_of(column))} >= {1, 2}
    ongoing: list[tuple[int, int]] = []
    for column in header.columns:
        if column.index == found.name or not column.path:
            continue
        number = _term_of(column)
        if both and term and number not in {0, term} and not _says_year(column):
            continue  # a file with both terms: the other one's columns
        _place(found, column, ongoing, term)
    if not ongoing and (found.midterm is not None or found.final is not None):
        ongoing = [(c.index, _counted(c.leaf)) for c in header.columns if _COUNT.fullmatch(c.leaf)]
    numbers = [number for _, number in ongoing]
    if 0 not in numbers and len(set(numbers)) == len(numbers):
        ongoing.sort(key=lambda item: item[1])
    found.ongoing = [index for index, _ in ongoing]
    return found if found.ongoing or found.midterm is not None or found.final is not None else None


def _term_of(column: Column) -> int:
    """The term a column names somewhere in its header; 0 for none."""
    for text in reversed(column.path):
        match = _TERM.search(text)
        if match and (match[1] or match[2]):
            return ROMAN[match[1] or match[2]]
    return 0


def _says_year(column: Column) -> bool:
    return bool(_YEAR.search(column.leaf))


def _place(found: Columns, column: Column, ongoing: list[tuple[int, int]], term: int) -> None:
    """Give a column its meaning: by its lowest text, else by all its texts."""
    leaf, index = column.leaf, column.index
    whole = " ".join(column.path)
    plain = {"stt": STT, "code": CODE, "birth": BIRTH}
    for name, words in plain.items():
        if leaf in words or whole in words:
            if getattr(found, name) is None:
                setattr(found, name, index)
            return
    if leaf in REMARK or leaf.startswith("nhan xet"):
        found.remark = index if found.remark is None or leaf.startswith("nhan xet") else found.remark
        return
    if _TOPIC.match(leaf):
        found.topic = index
        return
    role = _role(leaf) or _role(whole)
    if role == "tx":
        ongoing.append((index, _counted(leaf)))
    elif role and (role != "tb" or _term_of(column) in {0, term}):
        name = ROLES[role]
        if getattr(found, name) is None:
            setattr(found, name, index)


ROLES = {"gk": "midterm", "ck": "final", "cn": "year", "tb": "term"}


def _counted(text: str) -> int:
    """The number at the end of a header: «TX3»."""
    found = _LAST_NUMBER.search(text)
    return int(found[1]) if found else 0


def _role(text: str) -> str:
    """What a mark column's text says: tx, gk, ck, tb, cn, or nothing."""
    if _NOT_MARK.search(text):
        return ""
    mean = _MEAN.search(text)
    if not mean:
        for role, pattern in (("gk", _MIDTERM), ("ck", _FINAL), ("tx", _ONGOING)):
            if pattern.search(text):
                return role
    elif _ONGOING.search(text) or _MIDTERM.search(text):
        return ""  # an average of regular marks is no mark
    if _YEAR.search(text):
        return "cn"
    return "tb" if _AVERAGE.search(text) or _TERM.fullmatch(text) else ""
