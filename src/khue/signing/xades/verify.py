"""Verifying a record (kiểm tra hồ sơ): every byte, every position, every signer, every role.

The verifier is bound to positions. It knows from the record type which signatures there must be, in
which order, over what, by whom; it computes what each must cover and compares. Only content that all
signatures left intact is handed on, and only as the bytes that were digested.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple

from khue.core.errors import Invalid
from khue.signing.algorithms import POLICY_VERSION
from khue.signing.canonical import digest
from khue.signing.report import Finding, Report, Sub, Verdict
from khue.signing.trust.base import Evidence, Trust
from khue.signing.xades import grammar
from khue.signing.xades.check import Checked, Earlier, Scope, Subject, broken, check
from khue.signing.xades.judgement import Judgement, worst
from khue.signing.xades.keys import encode
from khue.signing.xades.reading import Source, read, signature_id
from khue.signing.xades.record import CONTENT_ID, Place, Types, check_complete, head_of
from khue.signing.xades.references import countersigned, value_element
from khue.signing.xades.signature import Parts, parts_of

TOLERANCE = dt.timedelta(minutes=5)  # between the clock of a signer and that of a time-stamp


class _Found(NamedTuple):
    """One ds:Signature in file order: its place and parts, or why it has none."""

    id: str
    place: Place | None
    parts: Parts | None = None
    value: str = ""  # base64 of the SignatureValue, also where the rest cannot be read
    finding: Finding | None = None
    sub: Sub = Sub.NONE


def verify_record(
    data: bytes,
    *,
    trust: Trust | None,
    now: dt.datetime,
    types: Types | None = None,
    complete: bool = True,
    tolerance: dt.timedelta = TOLERANCE,
    evidence: Evidence | None = None,
    proved_at: dt.datetime | None = None,
) -> Report:
    """The report on a record file (báo cáo kiểm tra).

    `trust` None: the certificates are not judged, and the verdict is at best uncertain. `complete`
    False: a record that is still being signed may be valid so far; its content is handed on only when
    a signature covers all of it. `evidence` and `proved_at` come from outside the file: from a bundle,
    and from a checkpoint of the evidence log that proves when the whole file existed at the latest.
    Never raises for what a file holds.
    """
    try:
        source = read(data, types, complete=complete)
        found = _find(source)
        if any(one.place is not None and not one.place.ref.section for one in found):
            check_complete(source.record, types)
    except Invalid as error:
        finding = Finding(error.code, error.params)
        return _report(data, now, Verdict.INVALID, sub=Sub.FORMAT_FAILURE, findings=(finding,))
    scope = Scope(now, tolerance, trust, _evidence(found, evidence), head_of(source.record))
    checked = _check_all(source, found, scope, proved_at)
    missing = _missing(source, found)
    overall = _overall(found, missing, complete=complete)
    verdict = worst([overall.verdict, *(one.verdict for one in checked)])
    shown = verdict is not Verdict.INVALID and _covers_content(checked)
    kind = source.layout.kind
    return _report(
        data,
        now,
        verdict,
        sub=overall.sub,
        record_type=kind.code,
        record_name=kind.name,
        record_code=source.record.code if any(one.covers for one in checked) else "",
        facts=dict(scope.head) if shown else {},
        signatures=tuple(one.report for one in checked),
        missing=missing,
        findings=tuple(overall.findings),
        content=source.content if shown else b"",
    )


class _Scenery:
    """What the signatures of a file cover, digested once however many of them cover it."""

    def __init__(self, source: Source, found: Sequence[_Found]) -> None:
        self._source = source
        self._values = {
            one.place.ref: one
            for one in found
            if one.place is not None and one.value and one.sub is not Sub.ORDER_FAILURE
        }
        self._digests: dict[str, str] = {}
        self._before = self._steps()

    def subject(self, place: Place) -> Subject:
        """What a signature in a place must cover."""
        section = place.ref.section
        data = self._source.sections[section] if section else self._source.content
        data_id = section or CONTENT_ID
        before = self._before[place.slot.step]
        return Subject(place, place.signer, data_id, data, self._digest(data_id, data), before)

    def _steps(self) -> dict[int, Earlier]:
        """The signatures before each step; the signers of a step all cover the same."""
        found: dict[int, Earlier] = {}
        elements: list[bytes] = []
        references: list[str] = []
        lacking: list[str] = []
        for place in self._source.layout.places:  # in the order of their steps
            step = place.slot.step
            if step not in found:
                found[step] = Earlier(tuple(elements), "".join(references), tuple(lacking))
            one = self._values.get(place.ref)
            if one is not None:
                element = value_element(one.id, one.value)
                elements.append(element)
                references.append(countersigned(one.id, encode(digest(element))))
            elif place.slot.required:
                lacking.append(place.ref.signature_id)
        return found

    def _digest(self, key: str, data: bytes) -> str:
        known = self._digests.get(key)
        if known is None:
            known = self._digests[key] = encode(digest(data))
        return known


def _find(source: Source) -> list[_Found]:
    """Each signature with its place, in file order, which must be the order of the record type."""
    order = source.layout.named
    found: list[_Found] = []
    last = -1
    for text, parts in zip(source.signatures, source.taken or repeat(None), strict=False):
        whole = grammar.SIGNATURE.read(text) if parts is None else None
        name = parts.id if parts else whole["id"] if whole else signature_id(text)
        index, place = order.get(name, (-1, None))
        if place is None:
            finding = Finding("SIGN-151", {"signature": name})
            found.append(_Found(name, None, finding=finding, sub=Sub.FORMAT_FAILURE))
        elif index <= last:
            finding = Finding("SIGN-172", {"signature": name})
            found.append(_Found(name, place, finding=finding, sub=Sub.ORDER_FAILURE))
        elif parts is not None:
            found.append(_Found(name, place, parts, parts.value))
        else:
            found.append(_take(whole, name, place))
        last = max(last, index)
    return found


def _take(whole: Mapping[str, str] | None, name: str, place: Place) -> _Found:
    if whole is None:
        finding = Finding("SIGN-150", {"signature": name})
        return _Found(name, place, finding=finding, sub=Sub.FORMAT_FAILURE)
    try:
        return _Found(name, place, parts_of(whole), whole["value"])
    except Invalid as error:
        finding = Finding(error.code, error.params)
        return _Found(name, place, value=whole["value"], finding=finding, sub=Sub.FORMAT_FAILURE)


def _check_all(
    source: Source, found: Sequence[_Found], scope: Scope, proved_at: dt.datetime | None
) -> list[Checked]:
    """Judge from the last step to the first: a stamp on a later signature proves the earlier ones too.

    It covers their `SignatureValue`, so they existed when it was stamped. One stamp on the seal of
    the school dates the whole record.
    """
    scenery = _Scenery(source, found)
    outside = [proved_at] if proved_at is not None else []
    proofs: list[tuple[int, dt.datetime]] = []
    checked: list[Checked] = []
    for one in reversed(found):
        if one.parts is None or one.place is None:
            checked.append(broken(one.id, one.place, one.finding, one.sub))
            continue
        step = one.place.slot.step
        covering = [proof for after, proof in proofs if after > step]
        later = min([*covering, *outside], default=None)
        result = check(one.parts, scenery.subject(one.place), scope, later)
        if result.proof is not None:
            proofs.append((step, result.proof))
        checked.append(result)
    return checked[::-1]


def _missing(source: Source, found: Sequence[_Found]) -> tuple[str, ...]:
    """The required places without a signature, by the name of the role and the section."""
    present = {one.place.ref for one in found if one.place is not None}
    return tuple(
        f"{one.slot.name} ({one.ref.section}, {one.ref.number})" if one.ref.section else one.slot.name
        for one in source.layout.places
        if one.slot.required and one.ref not in present
    )


def _overall(found: Sequence[_Found], missing: Sequence[str], *, complete: bool) -> Judgement:
    judgement = Judgement()
    if missing and complete:
        judgement.fail(Sub.ROLE_MISSING, Finding("SIGN-173", {"roles": ", ".join(missing)}))
    elif not found:
        judgement.doubt(Sub.ROLE_MISSING, Finding("SIGN-174"))
    return judgement


def _covers_content(checked: Sequence[Checked]) -> bool:
    """Whether every signature is intact and one of them covers the whole content."""
    return all(one.covers for one in checked) and any(not one.report.section for one in checked)


def _evidence(found: Sequence[_Found], given: Evidence | None) -> Evidence | None:
    """The certificates and revocation data of all signatures together; each speaks for itself."""
    read_parts = [one.parts.unsigned for one in found if one.parts is not None]
    every = [one.evidence for one in read_parts if one.certificate_values]
    every += [given] if given is not None else []
    if not every:
        return None
    return Evidence(
        tuple(dict.fromkeys(item for one in every for item in one.certificates)),
        tuple(dict.fromkeys(item for one in every for item in one.crls)),
        tuple(dict.fromkeys(item for one in every for item in one.ocsps)),
    )


def _report(data: bytes, now: dt.datetime, verdict: Verdict, **facts: Any) -> Report:
    return Report(
        kind="xml",
        verdict=verdict,
        digest=hashlib.sha256(data).hexdigest(),
        size=len(data),
        checked_at=now,
        policy=POLICY_VERSION,
        **facts,
    )
