"""Year pages of transcripts signed by everybody, in our own format and in the Ministry's, for measuring."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from khue.modules.transcripts.content import head_text, kind_of, sections_of
from khue.modules.transcripts.forms import ministry
from khue.project.bench.signing_records import AT, TAX
from khue.project.bench.transcripts_pages import HOMEROOM, PRINCIPAL, TEACHERS, teachers
from khue.signing.demo.pki import DemoPki
from khue.signing.signers.pkcs12 import LocalKey
from khue.signing.xades.complete import add, complete
from khue.signing.xades.prepare import prepare
from khue.signing.xades.record import Record, check_shape, signers_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from khue.modules.transcripts.data import YearPage
    from khue.signing.tbs import SlotRef

Ring = dict[str, LocalKey]  # by the number in the certificate
_TBS = "0" * 32


def ring_of(pki: DemoPki, school: str, since: dt.datetime | None = None) -> Ring:
    """Keys of everybody who signs the pages of `transcripts_pages`, and of the school."""
    people = {one.identifier: one.name for place in range(len(TEACHERS)) for one in teachers(place)}
    people |= {HOMEROOM.identifier: HOMEROOM.name, PRINCIPAL.identifier: PRINCIPAL.name}
    pairs = {key: pki.person(name, key, since) for key, name in people.items()}
    pairs[TAX] = pki.school(school, TAX, since)
    return {key: LocalKey(one.key, one.certificate, one.chain) for key, one in pairs.items()}


def record_of(page: YearPage, code: str) -> Record:
    """A year page as a record that nobody has signed yet."""
    head = head_text(page, identifier=TAX, version=1, replaces="")
    return Record(kind_of(page.level), code, head, tuple(sections_of(page, code)))


def signed_record(record: Record, ring: Ring, at: dt.datetime = AT) -> Record:
    """The record with every signature that its type asks for."""
    named = {
        (one.role, section.id, one.number): one.identifier
        for section in record.sections
        for one in signers_of(section)
    }
    for place in sorted(check_shape(record, complete=False), key=lambda one: one.slot.step):
        ref = place.ref
        local = ring[
            named.get(
                (ref.role, ref.section, ref.number), TAX if ref.role == "school" else PRINCIPAL.identifier
            )
        ]
        tbs = prepare(record, ref, local.certificate, local.chain, signing_time=at, tbs_id=_TBS)
        record = add(record, complete(record, tbs, local.sign(tbs.algorithm, tbs.digest)))
    return record


def keys_for(page: YearPage, ring: Ring) -> Callable[[SlotRef], LocalKey]:
    """Whose key fills a slot of the Ministry's layout."""
    teachers_by_id: Mapping[str, str] = {
        key: named.identifier for named, key in ministry.teacher_ids(page).items()
    }
    others = {"homeroom": HOMEROOM.identifier, "principal": PRINCIPAL.identifier, "school": TAX}
    return lambda ref: ring[teachers_by_id[ref.section] if ref.role == "teacher" else others[ref.role]]


@cache
def bench_ring() -> Ring:
    """The keys of the measurement, made once in a process."""
    from khue.project.bench.signing_people import SINCE, pki  # noqa: PLC0415 - keys are made at import

    return ring_of(pki(), "Trường THCS Khe Vàng", SINCE)
