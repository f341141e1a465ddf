"""What columns mean whose exact words no list has: by the words that carry the meaning.

Lists of known wordings come first (`headers.assign`); what they leave is read here. A text is a key
of `headers.key`: words without accents, case or punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from khue.sheets.headers import NAME, Column, Header, Matcher

Patterns = Mapping[str, str]

_PHONE = r"(?:so )?(?:dien thoai|sdt|dt|dtdd|di dong)(?: di dong)?"
_CARD = (
    r"(?:so |ma )?(?:the )?(?:(?:so )?dinh danh (?:ca nhan|cong dan)|so dinh danh|cccd|cmnd|cmtnd"
    r"|can cuoc|s?ddcn)"
)
_BIRTH = r"(?:ngay(?: thang)?(?: nam)? sinh|sinh ngay|ntns)(?: (?!cha|bo|me|nguoi|cua).*)?"
_PEOPLE = r"(?:can bo|cb|giao vien|gv|nhan su|nhan vien|nv|vien chuc|cong chuc|cbgv|cbgvnv|cbnv|cbccvc|gvnv)"
_SEX = r"gioi(?: tinh)?|nam nu|phai|gt"
_MAIL = r"(?:(?:dia chi|hop thu|tai khoan) )?(?:e ?mail|thu dien tu|gmail|hop thu dien tu)"

STAFF: Patterns = {
    "ma_cb": rf"(?:ma|ma so|so hieu)(?: dinh danh)?(?: cua)? {_PEOPLE}\b.*|ma (?:dinh danh )?(?:moet|bo"
        rf"|csdl|nganh)\b.*"
        r"|ma dinh danh(?: tren| theo).*",
    "ngay_sinh": _BIRTH,
    "gioi_tinh": _SEX,
    "nu": r"nu",
    "dan_toc": r"(?:thanh phan )?dan toc",
    "so_dinh_danh": rf"{_CARD}\b(?!.*\b(?:ngay|noi|cap)\b).*",
    "hang_ma": r"ma(?: so| hang| ngach)*(?: hang| ngach)?(?: cdnn| chuc danh(?: nghe nghiep)?| ngach"
        r"| hang)(?: .*)?",
    "hang": r"(?:ten |hang |ngach )*(?:cdnn|chuc danh nghe nghiep|hang vien chuc)(?: .*)?|(?:ten )?"
        r"(?:ngach|hang)(?: luong)?",
    "chuc_vu": r"(?:nhom )?chuc vu(?: .*)?|chuc danh(?: chuc vu)?|vi tri(?: cong tac)?",
    "trinh_do": r"(?:trinh do|bang cap|hoc vi|tdcm|van bang)(?! (?:ngoai ngu|tin hoc|ly luan|li luan"
        r"|chinh tri|quan ly|quan li"
        r"|llct|tieng)).*",
    "mon": r"(?:bo )?mon(?: day| hoc| giang day| phu trach| duoc| phan cong| chinh)*|day mon|phan mon"
        r"|giang day mon"
        r"|chuyen mon(?: giang day| dao tao| day)?|giang day",
    "viec": r"(?:vi tri viec lam|vtvl)(?: .*)?|(?:cong viec|nhiem vu|viec)(?: chinh| duoc giao| dam nhiem"
        r"| phu trach| hien tai)*",
    "ngay_vao_nganh": r"(?:ngay |nam |thoi gian |thoi diem )(?:thang nam )?(?:vao nganh|tuyen dung"
        r"|vao bien che|bien che)(?: .*)?",
    "trang_thai": r"(?:trang thai|tinh trang)(?: cb| can bo| cong tac| lam viec| nhan su| lao dong"
        r"| hien tai| hoat dong)*",
    "dien_thoai": rf"{_PHONE}(?: ca nhan| lien he| lien lac| chinh)*",
    "email": rf"{_MAIL}(?: .*)?",
}  # fmt: skip

CLASSES: Patterns = {
    "lop": r"(?:ten |ma )?lop(?: hoc)?",
    "khoi": r"khoi(?: lop| hoc)?",
    "gvcn_ma_cb": r"(?!.*\b(?:dien thoai|sdt|ma|email|ngay)\b).*\b(?:gvcn|chu nhiem|giao vien cn|gv cn)\b.*",
    "si_so": r"(?:si so|ss|(?:tong )?so(?: luong)? (?:hoc sinh|hs))(?: (?:lop|thuc te|hien tai|dau nam"
        r"|tong|tong so))*",
    "phong": r"(?:ten |so )?phong(?: hoc| so)*",
    "buoi": r"(?:buoi|ca)(?: hoc)?",
    "diem_truong": r"(?:ten )?(?:diem truong|diem le|phan hieu|co so)(?: .*)?",
    "cluster": r".*\b(?:chuyen de|cdht)\b.*",
    "combo": r"(?!.*\b(?:chuyen de|cdht)\b).*\b(?:lua chon|tu chon|to hop)\b.*",
}  # fmt: skip

INFO: Patterns = {
    "ma": r"ma(?: so| dinh danh)? (?:truong|don vi|co so|csgd|nha truong)(?! .*(?:ngan sach|qhns|thue)).*",
    "ten": r"ten (?:truong|don vi|co so giao duc|co so gd|csgd|nha truong|day du)(?!.*(?:tieng|viet tat"
        r"|hieu truong)).*",
    "xa": r"(?:ten |thuoc |dia ban |dia chi )*(?:xa|phuong)(?: xa| phuong| thi tran| dac khu)*",
    "nam_hoc": r"nam hoc(?: hien tai| hien hanh)?",
    "so_lop": r"(?:tong )?so(?: luong)? lop(?: hoc)?",
    "so_hs": r"(?:tong )?so(?: luong)? (?:hoc sinh|hs)",
}  # fmt: skip

PUPILS: Patterns = {
    "ma_moet": r"ma .*\b(?:moet|bo|csdl)\b.*|ma dinh danh(?! (?:ca nhan|cong dan|truong|lop))(?: .*)?",
    "ma_suot_doi": r"ma(?: so)?(?: ho so)?(?: hoc tap)? suot doi(?: .*)?",
    "ma_hs": r"ma(?: so| dinh danh)? (?:hoc sinh|hs|hssv|hoc vien)(?: .*)?|ma (?:phan mem|smas|vnedu"
        r"|ca nhan hs)(?: .*)?|id(?: .*)?",
    "lop": r"(?:ten |ma )?lop(?: hoc| dang hoc| hien tai| hien nay| chinh khoa)*",
    "so_dang_bo": r"(?:so )*(?:dang bo|db)(?: .*)?",
    "ngay_sinh": _BIRTH,
    "gioi_tinh": rf"(?:{_SEX})(?: hs| hoc sinh)?",
    "nu": r"(?:hoc sinh |hs |la )?nu(?: x)?|(?:gioi tinh|nam nu|phai) nu",
    "dan_toc": r"(?:thanh phan |ten )?dan toc(?: hs| hoc sinh)?",
    "quoc_tich": r"quoc tich(?: .*)?",
    "ton_giao": r"ton giao(?: .*)?",
    "so_dinh_danh": rf"{_CARD}\b(?!.*\b(?:ngay|noi|cap|cha|bo|me|giam ho)\b).*|ma dinh danh (?:ca nhan"
        rf"|cong dan)(?: .*)?",
    "ngay_cap": r"ngay cap(?: .*)?",
    "noi_cap": r"noi cap(?: .*)?",
    "chinh_sach": r"(?:thuoc )?(?:(?:dien|doi tuong|che do)(?: huong)? )+(?:chinh sach|uu tien|cs|ut)"
        r"(?: .*)?|chinh sach(?: .*)?|dtcs",
    "can_ngheo": r"(?:thuoc |la |dien )*(?:ho |hs |hoc sinh )*(?:thuoc ho )?can ngheo(?: .*)?",
    "doan_vien": r"(?:la )?doan vien(?: .*)?",
    "doi_vien": r"(?:la )?doi vien(?: .*)?",
    "khuyet_tat": r"(?:loai |dang |hs |hoc sinh |tinh trang |thong tin )*(?:khuyet tat|tat)(?: .*)?",
    "noi_tru": r"(?:hinh thuc |hs |hoc sinh |o |thuoc dien |dien )*(?:(?:noi|ban|n|b) tru ?)+",
    "dt_hs": rf"{_PHONE} (?:cua )?(?:hoc sinh|hs|ca nhan)(?: .*)?",
    "dt_sll": rf"{_PHONE}(?: (?:cua )?(?:lien he|lien lac|sll|so lien lac|nhan tin|phu huynh|ph|phhs|cmhs"
        rf"|gia dinh|chinh)(?: .*)?)?",
    "email": rf"{_MAIL}(?! .*(?:cha|bo|me|giam ho))(?: .*)?",
    "trang_thai": r"(?:trang thai|tinh trang)(?: hoc sinh| hs| hoc tap| hoc| hien tai| hien nay| theo hoc"
        r"| dang hoc)*",
    "ngay_vao": r"ngay (?:vao(?: truong| hoc| lop)?|nhap(?: hoc| truong| trang thai)|tiep nhan|tuyen sinh"
        r"|trang thai)(?! .*(?:doan|doi"
        r"|dang)\b)(?: .*)?",
    "ghi_chu": r"(?:ghi chu|chu thich)(?: .*)?",
    "chuyen_de": CLASSES["cluster"],
    "mon_lc": CLASSES["combo"],
}  # fmt: skip

# Whom or what a column is about, wherever the header says it.
ABOUT: Patterns = {
    "cha": r"\b(?:cha|bo)\b",
    "me": r"\bme\b",
    "gh": r"\b(?:nguoi )?(?:giam ho|do dau|nuoi duong)\b|\bngh\b",
    "tt": r"\b(?:(?:dia chi|noi|ho khau)(?: dang ky| dang ki)? )?(?:thuong tru|ho khau|hktt|dktt)\b",
    "ks": r"\b(?:noi )?(?:dang ky |dang ki )?khai sinh\b",
    "ns": r"\bnoi sinh\b",
    "qq": r"\b(?:que quan|nguyen quan)\b",
    "co": r"\b(?:(?:dia chi|noi|cho)(?: o| cu tru)?(?: hien nay| hien tai)|cho o|noi o|tam tru"
        r"|noi tam tru|hien nay|hien tai|lien he)\b",
}  # fmt: skip
PARENT, PLACE = ("cha", "me", "gh"), ("tt", "ks", "ns", "qq", "co")
FAMILY_PARTS: Patterns = {
    "": r"(?:ho )?(?:va )?(?:chu )?(?:dem )?(?:va )?ten|ho ten",
    "_nam": r"(?:nam|ngay|ngay thang nam) sinh",
    "_nghe": r"(?:nghe(?: nghiep)?|cong viec)(?: hien nay| hien tai)?",
    "_dt": rf"{_PHONE}(?: lien he| lien lac)?",
}  # fmt: skip
_COMMUNE = r"(?:xa|phuong|thi tran|dac khu)"
PLACE_PARTS: Patterns = {
    "_tinh": r"(?:ten )?(?:tinh|thanh pho|tp)(?: (?:tinh|thanh pho|thanh|tp))*",
    "_xa": rf"(?:ten )?{_COMMUNE}(?: {_COMMUNE})*",
    "_xom": r"(?:so nha|sn)(?: .*)?|xom",
    "_khu": r"(?:khu dan cu|thon|ban|to|khu|khoi|xom|ap|buon|tdp)\b(?: .*)?|dia chi(?: chi tiet)?|chi tiet|",
}  # fmt: skip
NOWHERE = {"ks_xom", "ks_khu", "ns_xom", "ns_khu", "qq_xom", "qq_khu"}
WHOLE_PLACE = {"ns": "noi_sinh", "qq": "que_quan", "co": "co_khu", "tt": "tt_khu"}
_LINKS = re.compile(r"\b(?:cua|theo|ve|la|thong tin|dia chi|noi|hoc sinh|hs|gia dinh|x)\b")


def fill(columns: Iterable[Column], patterns: Patterns, fields: dict[str, int]) -> dict[str, int]:
    """Give fields that have no column yet the first free column that means them."""
    taken = set(fields.values())
    free = [column for column in columns if column.path and column.index not in taken]
    for name, pattern in patterns.items():
        meant = next((column for column in free if _means(column, pattern)), None)
        if name not in fields and meant is not None:
            fields[name] = meant.index
            free.remove(meant)
    return fields


def fill_pupils(header: Header, fields: dict[str, int], alone: Mapping[str, Matcher]) -> dict[str, int]:
    """The same for a list of pupils, where parents and addresses have columns of the same words.

    `alone` are fields that a column outside any group may give where no group gave them.
    """
    theirs = {column.index for column in header.columns if _of_parents(column)}
    for name in [name for name, index in fields.items() if index in theirs]:
        if not name.startswith(PARENT):
            del fields[name]  # «Dân tộc» below «Cha» is not the pupil's
    taken = set(fields.values())
    own: list[Column] = []
    for column in header.columns:
        if not column.path or column.index in taken:
            continue
        found = _of_family_or_place(column)
        if found and found not in fields and found not in NOWHERE:
            fields[found] = column.index
        elif not found and not _of_parents(column):
            own.append(column)
    for name, matches in alone.items():
        single = next((c for c in own if len(c.path) == 1 and matches(c)), None)
        if single is not None and name not in fields:
            fields[name] = single.index
            own.remove(single)
    name_column = next((column for column in own if column.leaf in NAME), None)
    if name_column is not None:
        fields.setdefault("ho_ten", name_column.index)
    return fill(own, PUPILS, fields)


def _means(column: Column, pattern: str) -> bool:
    return re.fullmatch(pattern, column.leaf) is not None


def _of_family_or_place(column: Column) -> str:
    """The field of a parent's or an address's column; nothing if it is about neither."""
    text = " ".join(column.path)
    for who in PARENT:
        if re.search(ABOUT[who], text):
            part = _part(_rest(text, ABOUT[who]), FAMILY_PARTS)
            return "" if part is None else who + part
    for place in PLACE:
        if re.search(ABOUT[place], text):
            rest = _rest(text, ABOUT[place])
            if not rest and place in WHOLE_PLACE:
                return WHOLE_PLACE[place]
            part = _part(rest, PLACE_PARTS)
            return "" if part is None else place + part
    return ""


def _of_parents(column: Column) -> bool:
    """Whether a column stands in a group about father, mother or guardian."""
    return any(re.search(ABOUT[who], group) for who in PARENT for group in column.path[:-1])


def _rest(text: str, about: str) -> str:
    return " ".join(_LINKS.sub(" ", re.sub(about, " ", text)).split())


def _part(rest: str, parts: Patterns) -> str | None:
    return next((name for name, pattern in parts.items() if re.fullmatch(pattern, rest)), None)


def names_of(patterns: Patterns, texts: Iterable[str]) -> set[str]:
    """The fields that some of these texts mean."""
    return {name for text in texts for name, pattern in patterns.items() if re.fullmatch(pattern, text)}
