"""A parcel as another system would send it: signed by keys that no table here knows (gói từ nơi khác).

The keys come from the demo's own authority, so that the signatures verify and yet nobody here holds them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from khue.core.ids import uuid7
from khue.modules.records import api as records
from khue.modules.records import trust
from khue.modules.transcripts import content as pages
from khue.modules.transcripts.data import Identity, Named, Place, Relative, SubjectLine, Trait, YearPage
from khue.modules.transfers import content, packing
from khue.modules.transfers.data import Enclosed, Mark, Parcel, Step, SubjectTaken
from khue.signing.signers.pkcs12 import LocalKey
from khue.signing.tbs import SlotRef
from khue.signing.xades.complete import add, complete
from khue.signing.xades.prepare import prepare
from khue.signing.xades.record import Record, Section, assemble

if TYPE_CHECKING:
    from collections.abc import Callable

    from khue.project.demo.schools import School
    from khue.signing.demo.pki import KeyPair

PLACE = Place("Trường THCS Chợ Chu", "19000001", "Xã Định Hoá", "Tỉnh Thái Nguyên")
BEFORE = Place("Trường Tiểu học Chợ Chu", "19000002", "Xã Định Hoá", "Tỉnh Thái Nguyên")
HEADS = {
    PLACE.school: ("MST:4600100001", "Ma Văn Thuận", "CCCD:019070000001"),
    BEFORE.school: ("MST:4600100002", "Lường Thị Xuân", "CCCD:019070000002"),
}
TEACHER = Named("Hoàng Thị Thắm", "CCCD:019080000003")
SUBJECTS = (
    ("TOAN", "Toán", "8.5"), ("VAN", "Ngữ văn", "7.5"), ("NN1", "Ngoại ngữ 1", "8.0"),
    ("KHTN", "Khoa học tự nhiên", "8.0"), ("LSDL", "Lịch sử và Địa lí", "7.0"),
)  # fmt: skip


def parcel_from_elsewhere(lower: School, first: int, at: dt.datetime) -> bytes:
    """The file of Dương Thị Sen, who comes from Thái Nguyên with her last primary year."""
    identity = Identity(
        name="Dương Thị Sen", sex="Nữ", born=f"14/03/{first - 11}", birth_place="Tỉnh Thái Nguyên",
        ethnic="Tày", nationality="Việt Nam", home_town="Xã Định Hoá, tỉnh Thái Nguyên",
        address="Thôn Bản Chang, Xã Định Hoá, tỉnh Thái Nguyên", policy="", ministry_code="1900000123",
        lifelong_code="", relatives=(Relative("mother", "Ma Thị Hiền", "Công nhân"),),
    )  # fmt: skip
    page = _page(identity, first)
    file = _signed(
        pages.PRIMARY, BEFORE, at - dt.timedelta(days=150),
        lambda code: (
            pages.head_text(page, identifier=HEADS[BEFORE.school][0], version=1, replaces=""),
            Section(pages.YEAR, pages.YEAR, pages.year_text(page, code, TEACHER)),
        ),
        homeroom=True,
    )  # fmt: skip
    name = f"hoc-ba/{page.year}.xml"
    enclosed = Enclosed(name, pages.title_of(page), hashlib.sha256(file).hexdigest(), len(file))
    parcel = replace(_parcel(identity, lower, first, at), files=(enclosed,))
    record = _signed(
        content.KIND, PLACE, at,
        lambda code: (
            content.head_text(parcel, identifier=HEADS[PLACE.school][0], version=1, replaces=""),
            Section(content.SECTION, content.SECTION, content.parcel_text(parcel, code)),
        ),
    )  # fmt: skip
    return packing.pack(record, [(name, file)])


def _page(identity: Identity, first: int) -> YearPage:
    """Her last year in primary school, as its homeroom teacher signed it."""
    names = (("TOAN", "Toán", "T", "9"), ("TV", "Tiếng Việt", "T", "8"), ("KH", "Khoa học", "H", "7"))
    subjects = tuple(
        SubjectLine(code, name, "level_THC", number, year=level, test=mark, comment="Nắm chắc bài.")
        for number, (code, name, level, mark) in enumerate(names, 1)
    )
    traits = tuple(
        Trait("quality", code, name, "T", comment)
        for code, name, comment in (
            ("YN", "Yêu nước", "Em mến trường, mến bạn, chăm việc nhà."),
            ("CC", "Chăm chỉ", ""),
            ("TN", "Trách nhiệm", ""),
        )
    )
    return YearPage(
        transcript=records.new_code(), level="TH", year=f"{first - 1}-{first}", grade=5, class_name="5B",
        regime="TT27", place=BEFORE, identity=identity, register_number="17/TH", subjects=subjects,
        homeroom=TEACHER, traits=traits, height="138", weight="31", absences="2",
        decision="Hoàn thành chương trình lớp học", completion="Hoàn thành chương trình tiểu học",
        comment="Em ngoan, chăm đọc sách, giúp đỡ bạn.",
    )  # fmt: skip


def _parcel(identity: Identity, lower: School, first: int, at: dt.datetime) -> Parcel:
    """What the school writes when it lets her go."""
    day = f"{at:%d/%m/%Y}"
    marks = tuple(Mark(code, 1, "tx1", mark, on=f"02/10/{first}") for code, _, mark in SUBJECTS)
    return Parcel(
        code="TN19-0417-0032", made_on=day, leaves_on=day, reason="Theo gia đình chuyển nơi ở",
        to_school=lower.plan.name, to_code=lower.plan.code, place=PLACE, identity=identity, level="THCS",
        grade=6, year=f"{first}-{first + 1}", class_name="6B", regime="TT22", register_number="31/THCS",
        subjects=tuple(SubjectTaken(code, name, "score") for code, name, _ in SUBJECTS),
        marks=(*marks, Mark("", 1, "absent_excused", "1")),
        path=(
            Step(f"05/09/{first - 5}", "Tuyển sinh, vào trường", "1B", "", BEFORE.school),
            Step(f"05/09/{first}", "Tuyển sinh, vào trường", "6B", "", PLACE.school),
        ),
    )  # fmt: skip


def _signed(
    kind: str, place: Place, at: dt.datetime, parts: Callable[[str], tuple[str, Section]], *,
    homeroom: bool = False,
) -> bytes:  # fmt: skip
    """A record with the signatures of a school: homeroom teacher if asked for, principal, seal."""
    pki = trust.demo_pki()
    if pki is None:
        msg = "only the demo signs for others"
        raise ValueError(msg)
    number, principal, identifier = HEADS[place.school]
    since = at - dt.timedelta(days=90)
    code = records.new_code()
    head, section = parts(code)
    record = Record(kind, code, head, (section,))
    if homeroom:
        slot = SlotRef("homeroom", section.id, 1)
        record = _sign(record, slot, pki.person(TEACHER.name, TEACHER.identifier, since), at)
    head_slot = SlotRef("principal")
    record = _sign(record, head_slot, pki.person(principal, identifier, since), at, "Hiệu trưởng")
    return assemble(_sign(record, SlotRef("school"), pki.school(place.school, number, since), at))


def _sign(record: Record, slot: SlotRef, pair: KeyPair, at: dt.datetime, office: str = "") -> Record:
    local = LocalKey(pair.key, pair.certificate, pair.chain)
    moment = at.astimezone(dt.UTC).replace(microsecond=0)
    tbs = prepare(
        record, slot, local.certificate, local.chain, signing_time=moment, tbs_id=uuid7().hex,
        claimed_role=office,
    )  # fmt: skip
    return add(record, complete(record, tbs, local.sign(tbs.algorithm, tbs.digest)))
