"""Parcels as another system would send them: signed here by keys of the test, known to no table."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.cast import NOW

from khue.core.ids import uuid7
from khue.modules.records import codes, providers
from khue.modules.transcripts.data import Identity, Place, Relative
from khue.modules.transfers import content, packing
from khue.modules.transfers.data import Enclosed, Mark, Parcel, Step, SubjectTaken
from khue.signing.signers.base import HashToSign
from khue.signing.tbs import SlotRef
from khue.signing.xades.complete import complete
from khue.signing.xades.prepare import prepare
from khue.signing.xades.record import Record, Section, assemble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.signers import Signers

    from khue.modules.records.models import Certificate

SEAL = "MST:4900123456"
PUPIL = Identity(
    name="Dương Thị Sen", sex="Nữ", born="14/03/2014", birth_place="Thái Nguyên", ethnic="Tày",
    nationality="Việt Nam", home_town="Định Hoá", address="Thôn Bản Chang", policy="",
    ministry_code="1900000123", lifelong_code="", relatives=(Relative("mother", "Ma Thị Hiền", "Nông dân"),),
)  # fmt: skip
PARCEL = Parcel(
    code="TN19-0000-0001", made_on="10/12/2025", leaves_on="10/12/2025", reason="Theo gia đình chuyển nơi ở",
    to_school="Trường THCS Nà Lầu", to_code="20180004",
    place=Place("Trường THCS Chợ Chu", "19000001", "Xã Định Hoá", "Tỉnh Thái Nguyên"), identity=PUPIL,
    level="THCS", grade=6, year="2025-2026", class_name="6B", regime="TT22", register_number="31/THCS",
    subjects=(
        SubjectTaken("TOAN", "Toán", "score"), SubjectTaken("GDTC", "Giáo dục thể chất", "comment",
        mode="REDUCED", decision="QĐ 12/2025"),
    ),
    marks=(
        Mark("TOAN", 1, "tx1", "9.0", on="01/10/2025"), Mark("GDTC", 1, "tx1", "Đ", on="02/10/2025"),
        Mark("TIENGNGA", 1, "tx1", "7.0"), Mark("", 1, "absent_excused", "1"),
    ),
    path=(Step("01/09/2025", "Tuyển sinh, vào trường", "6B", "QĐ 01", "Trường THCS Chợ Chu"),),
)  # fmt: skip


def signed(signers: Signers, parcel: Parcel = PARCEL) -> bytes:
    """The record of a parcel with the principal's signature and the seal."""
    code = codes.new_code()
    head = content.head_text(parcel, identifier=SEAL, version=1, replaces="")
    section = Section(content.SECTION, content.SECTION, content.parcel_text(parcel, code))
    record = Record(content.KIND, code, head, (section,))
    for role, name in (("principal", "minh"), ("school", "school")):
        record = _sign(record, SlotRef(role), signers.certificates[name])
    return assemble(record)


def packed(
    signers: Signers, parcel: Parcel = PARCEL, files: Sequence[tuple[str, bytes]] = ()
) -> bytes:
    """The file of a parcel that names these files."""
    named = tuple(
        Enclosed(name, name, hashlib.sha256(data).hexdigest(), len(data)) for name, data in files
    )
    return packing.pack(signed(signers, replace(parcel, files=named)), files)


def _sign(record: Record, slot: SlotRef, certificate: Certificate) -> Record:
    moment = (NOW - dt.timedelta(days=1)).astimezone(dt.UTC).replace(microsecond=0)
    tbs = prepare(
        record, slot, bytes(certificate.content), certificate.intermediates, signing_time=moment,
        tbs_id=uuid7().hex, claimed_role="Hiệu trưởng" if slot.role == "principal" else "",
    )  # fmt: skip
    asked = [HashToSign(tbs.id, tbs.digest, tbs.algorithm)]
    answer = providers.signer_for(certificate).begin(certificate.provider_key, asked, "gói")
    return replace(
        record, signatures=(*record.signatures, complete(record, tbs, answer.values[tbs.id]))
    )
