"""A year page in the Ministry's layout of the digital transcript (XML học bạ số, e-records.md 1.4–1.6).

The schema is not published: places, Ids and slots follow `khue.signing.foreign`, the names of fields those
of the National Data Centre (docs/records/transcript-forms.md). The text is its own canonical form, so that
`open_form` takes it as it is and nothing is serialized twice; the same page gives the same bytes.

Primary pages have no slot for subject teachers. A secondary subject that nobody assessed, because the pupil
is exempt from it (Điều 11 TT 22), stands with the year, which the homeroom teacher signs.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING, Protocol

from khue.core.errors import Invalid
from khue.signing.canonical import escape_attribute, escape_text
from khue.signing.foreign.layout import available
from khue.signing.foreign.prepare import complete, open_form, prepare
from khue.signing.tbs import SlotRef

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from khue.modules.transcripts.data import IssuedPage, Named, SubjectLine, Trait, YearPage
    from khue.signing.algorithms import Algorithm
    from khue.signing.foreign.layout import Layout

PRIMARY = "TH"
LEVEL_CODES = {"TH": "02", "THCS": "03", "THPT": "04", "GDTX": "05"}  # nhóm cấp học, e-records.md 3.3
EXEMPT = "EXEMPT"
TERMS = ("HOC_KY_1", "HOC_KY_2", "CA_NAM")
RELATIVES = {"father": "CHA", "mother": "ME", "guardian": "NGUOI_GIAM_HO"}
GROUPS = {"quality": "PHAM_CHAT", "general": "NANG_LUC_CHUNG", "specific": "NANG_LUC_DAC_THU"}


class Key(Protocol):
    """A key at hand with its certificate, such as `khue.signing.signers.pkcs12.LocalKey`."""

    @property
    def certificate(self) -> bytes:
        """The leaf, DER."""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """Intermediates, DER."""

    def sign(self, algorithm: Algorithm, digest: bytes) -> bytes:
        """The value over a digest."""


def write_form(page: YearPage, issued: IssuedPage | None = None) -> bytes:
    """The unsigned form of a year page, with empty slots; `issued` says of which record it is a form."""
    secondary = page.level != PRIMARY
    assessed = [line for line in page.subjects if not _is_exempt(line)]
    teachers = teacher_ids(page) if secondary else {}
    if secondary and (bare := [line.name for line in assessed if not line.teachers]):
        raise Invalid("TRANS-101", subjects=", ".join(bare))
    slots = "".join(_open("GVBM", key) + "</GVBM>" for key in teachers.values())
    content = _node(
        "DU_LIEU_HOC_BA", _year(page, issued), *(_subject(line, teachers) for line in assessed), id_="data"
    )
    listed = _node("DANH_SACH_GVBM", slots) if secondary else ""
    text = _node(
        "HOC_BA",
        content,
        f"<DANH_SACH_THONG_TIN_KY>{listed}<GVCN></GVCN></DANH_SACH_THONG_TIN_KY>",
        "<PHAT_HANH_HOC_BA><CBQL></CBQL><KY_PHAT_HANH></KY_PHAT_HANH></PHAT_HANH_HOC_BA>",
    )
    return unicodedata.normalize("NFC", text).encode()


def teacher_ids(page: YearPage) -> dict[Named, str]:
    """The Id of each subject teacher in a form, the same in every form of that teacher (GVBM Id).

    It is worked out from the number in the certificate, or from the name: the number of an identity card
    is nobody's business who reads the file.
    """
    found: dict[Named, str] = {}
    for line in page.subjects:
        for teacher in () if _is_exempt(line) else line.teachers:
            text = unicodedata.normalize("NFC", teacher.identifier or teacher.name)
            found[teacher] = f"gv-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return found


def layout_of(year: str, folder: Path | None = None) -> Layout:
    """The newest known layout of transcripts that holds in a school year (`TRANS-102`)."""
    first = int(year[:4])
    for layout in available(folder):
        if layout.slots and layout.kind == "HOC_BA" and layout.holds_in(first):
            return layout
    raise Invalid("TRANS-102", year=year)


def sign_form(
    data: bytes, layout: Layout, keys: Callable[[SlotRef], Key], *, at: dt.datetime, level: str = ""
) -> bytes:
    """The form with every empty slot signed, in order, by keys that are at hand (kí mọi ô).

    `keys` gives the key of a slot; the section of a teacher's slot is the Id of the GVBM. Each value is
    checked before it is embedded; a school whose people hold their keys themselves signs through records.
    """
    form = open_form(data, layout, level=level)
    waiting = [
        cell for cell in form.cells
        if not cell.signature and cell.covers and form.level in cell.slot.levels
    ]  # fmt: skip
    for cell in sorted(waiting, key=lambda one: one.slot.step):
        key = keys(cell.ref)
        tbs = prepare(
            form, cell.ref, certificate=key.certificate, chain=key.chain, signing_time=at,
            tbs_id=hashlib.sha256(f"{form.code}/{cell.ref.signature_id}".encode()).hexdigest()[:32],
        )  # fmt: skip
        form = complete(form, tbs, key.sign(tbs.algorithm, tbs.digest))
    return form.data


# --- the year: what the homeroom teacher signs ------------------------------------------------------


def _year(page: YearPage, issued: IssuedPage | None) -> str:
    return _node(
        "THONG_TIN_HOC_BA",
        _text("MA_DINH_DANH_HOC_BA", page.transcript),
        _text("MA_CAP_HOC", LEVEL_CODES[page.level]),
        _text("NAM_HOC", page.year),
        _text("MA_KHOI", str(page.grade)),
        _text("TEN_LOP", page.class_name),
        _text("QUY_CHE", page.regime),
        _source(issued),
        _school(page),
        _pupil(page),
        _path(page),
        _result(page),
        id_="thongtinhocba",
    )


def _source(issued: IssuedPage | None) -> str:
    """Of which signed record this is a form: whoever has both can compare."""
    if issued is None:
        return ""
    return _node(
        "HO_SO_GOC",
        _text("MA_HO_SO", issued.record_code),
        _text("PHIEN_BAN", str(issued.version)),
        _text("SHA256", issued.digest),
        _text("NGAY_PHAT_HANH", issued.issued),
    )


def _school(page: YearPage) -> str:
    place = page.place
    return _node(
        "TRUONG",
        _text("MA_TRUONG", place.school_code),
        _text("TEN_TRUONG", place.school),
        _text("XA", place.commune),
        _text("TINH", place.province),
    )


def _pupil(page: YearPage) -> str:
    pupil = page.identity
    relatives = (
        _node(RELATIVES[one.relation], _text("HO_VA_TEN", one.name), _text("NGHE_NGHIEP", one.occupation))
        for one in pupil.relatives
        if one.relation in RELATIVES
    )
    return _node(
        "HOC_SINH",
        _text("MA_HOC_SINH", pupil.ministry_code),
        _text("MA_HO_SO_HOC_TAP_SUOT_DOI", pupil.lifelong_code),
        _text("SO_DANG_BO", page.register_number),
        _text("HO_VA_TEN", pupil.name),
        _text("GIOI_TINH", pupil.sex),
        _text("NGAY_SINH", pupil.born),
        _text("NOI_SINH", pupil.birth_place),
        _text("DAN_TOC", pupil.ethnic),
        _text("QUOC_TICH", pupil.nationality),
        _text("QUE_QUAN", pupil.home_town),
        _text("CHO_O", pupil.address),
        _text("DOI_TUONG_CHINH_SACH", pupil.policy),
        *relatives,
    )


def _path(page: YearPage) -> str:
    """Years before this one (quá trình học tập); NAM_HOC is the name of this page's year alone."""
    return _list(
        "QUA_TRINH_HOC_TAP",
        (
            _node("NAM_TRUOC", _text("NAM", year), _text("LOP", name), _text("NOI_HOC", school))
            for year, name, school in page.earlier
        ),
    )


def _result(page: YearPage) -> str:
    exempt = (
        _node("MON_HOC", _text("MA_MON_HOC", line.code), _text("TEN_MON_HOC", line.name))
        for line in page.subjects
        if _is_exempt(line)
    )
    return _node(
        "KET_QUA_NAM_HOC",
        _terms("KET_QUA_REN_LUYEN", page.conduct, page.conduct_after),
        _terms("KET_QUA_HOC_TAP", page.learning, page.learning_after),
        _text("SO_BUOI_NGHI", page.absences),
        _text("NGHI_CO_PHEP", page.absences_excused),
        _text("NGHI_KHONG_PHEP", page.absences_unexcused),
        *(_traits(page.traits, group, tag) for group, tag in GROUPS.items()),
        _text("CHIEU_CAO", page.height),
        _text("CAN_NANG", page.weight),
        _list("MON_KHONG_DANH_GIA", exempt),
        _text("DIEM_TRUNG_BINH", page.average),
        _text("MA_KET_LUAN", page.decision_code),
        _text("KET_LUAN", page.decision),
        _text("HOAN_THANH_CHUONG_TRINH", page.completion),
        _text("DANH_HIEU", page.title),
        _list("KHEN_THUONG", (_text("NOI_DUNG", one) for one in page.awards)),
        _list("CHUNG_CHI", (_text("TEN_CHUNG_CHI", one) for one in page.certificates)),
        _text("NHAN_XET_GVCN", page.comment),
        _text("NHAN_XET_REN_LUYEN_HE", page.summer_comment),
        _text("TEN_GVCN", page.homeroom.name),
    )


def _terms(tag: str, values: tuple[str, str, str], after: str) -> str:
    inner = [*map(_text, TERMS, values), _text("SAU_HE", after)]
    return _list(tag, inner)


def _traits(traits: Sequence[Trait], group: str, tag: str) -> str:
    return _list(
        tag,
        (
            _node(
                "TIEU_CHI", _text("MA", one.code), _text("TEN", one.name), _text("MUC_DAT", one.level),
                _text("NHAN_XET", one.comment),
            )
            for one in traits
            if one.group == group
        ),
    )  # fmt: skip


# --- subjects: what their teachers sign -------------------------------------------------------------


def _subject(line: SubjectLine, teachers: dict[Named, str]) -> str:
    """One DIEM_TONG_KET; the GVBM in it say whose part it is."""
    signers = (
        _open("GVBM", teachers[one]) + _text("HO_VA_TEN", one.name) + "</GVBM>"
        for one in dict.fromkeys(line.teachers)
        if one in teachers
    )
    return _node(
        "DIEM_TONG_KET",
        _text("MA_MON_HOC", line.code),
        _text("TEN_MON_HOC", line.name),
        _text("THU_TU", str(line.position)),
        _text("HINH_THUC_DANH_GIA", line.mode),
        *map(_text, TERMS, (line.term1, line.term2, line.year)),
        _text("DIEM_KTDK", line.test),
        _text("DANH_GIA_LAI", line.retest),
        _text("NHAN_XET", line.comment),
        _text("SO_CHO_SUA", str(line.corrections) if line.corrections else ""),
        *signers,
        id_=section_id(line),
    )


def section_id(line: SubjectLine) -> str:
    """The Id of a subject's part; codes of subjects are the project's own, letters and digits."""
    return f"mon-{line.code}"


def _is_exempt(line: SubjectLine) -> bool:
    return line.mode == EXEMPT and not (line.term1 or line.term2 or line.year)


# --- text that is its own canonical form ------------------------------------------------------------


def _node(name: str, *children: str, id_: str = "") -> str:
    inner = "".join(children)
    return f"{_open(name, id_)}{inner}</{name}>"


def _open(name: str, id_: str = "") -> str:
    return f'<{name} Id="{escape_attribute(id_)}">' if id_ else f"<{name}>"


def _text(name: str, value: str) -> str:
    """A field; one that says nothing is left out."""
    return f"<{name}>{escape_text(value)}</{name}>" if value else ""


def _list(name: str, items: Iterable[str]) -> str:
    inner: Iterator[str] = (item for item in items if item)
    text = "".join(inner)
    return f"<{name}>{text}</{name}>" if text else ""
