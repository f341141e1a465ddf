"""Whether a sealed PDF is what its school sealed (kiểm tra con dấu trên PDF): one seal, no surprises.

In this order: what the bytes cover (`layout`), the CMS by our own reader, time-stamps and certificate by
`Trust` (`cades`), then contents, later changes and the value once more by pyHanko (`second`). Where the
two voices differ nothing is certain. Nothing is ever raised.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from khue.core.errors import KhueError
from khue.signing.cades import Check, merged
from khue.signing.cms import Cms, read_cms
from khue.signing.pades.layout import Gap, Layout, read_gaps, read_revisions
from khue.signing.pades.long_term import read_evidence
from khue.signing.pades.seal import rendition_of
from khue.signing.pades.second import Opinion, Said, SecondVoice, moment_of
from khue.signing.report import Finding, Report, Sub
from khue.signing.trust.base import Evidence, Trust
from khue.signing.trust.certificates import identity_of

ROLE, ROLE_NAME = "school", "Nhà trường"
_SUBFILTER = "/ETSI.CAdES.detached"
_LEVEL = 1
_FOREIGN = "SIGN-530"
# Of a certificate that no root known here vouches for
_NOBODY = frozenset(
    {Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE, Sub.NO_CERTIFICATE_CHAIN_FOUND, Sub.NO_SIGNING_CERTIFICATE_FOUND}
)


def verify_pdf(
    data: bytes,
    *,
    trust: Trust | None,
    now: dt.datetime,
    expected_school: str = "",
    evidence: Evidence | None = None,
) -> Report:
    """The report on a PDF (kind «pdf»); `facts` has code and digest of the record that the seal names.

    Without `trust` no certificate is judged, so the best verdict is uncertain. `expected_school` is an
    identifier that the certificate must carry, «MST:0101234567»; `evidence` is revocation data that came
    beside the file, for instance in a bundle.
    """
    check = Check(data, trust, now, "pdf")
    try:
        _verify(check, expected_school, evidence)
    except Exception as error:  # whatever a file makes a library raise: the file stays unproved
        check.doubt(Finding("SIGN-538", {"what": type(error).__name__}))
    return check.report()


def _verify(check: Check, expected: str, evidence: Evidence | None) -> None:
    """All steps; each needs what the one before found."""
    try:
        gaps = read_gaps(check.data)
        cms = read_cms(gaps[0].cms)
        check.signed_by(cms, _digest(check.data, gaps[0], cms.digest_name))
        check.note(role=ROLE, role_name=ROLE_NAME, level="B")
        _owner(check, cms, expected)
        layout = Layout(gaps, read_revisions(check.data, gaps[0].covered))
    except KhueError as error:
        found = Finding(error.code, error.params)
        if error.code == _FOREIGN:
            check.doubt(found)
        else:
            check.fail(Sub.FORMAT_FAILURE, found)
        return
    if not check.genuine:
        return  # what a file says that nobody sealed is not even read
    known = merged(read_evidence(layout.document), evidence)
    check.note(level=_reached(layout, cms))
    best = check.proved_time(_stamps(check.data, layout, cms), known)
    check.certificate(cms, best, known)
    if check.signature and check.signature.trusted is False and check.sub in _NOBODY:
        return  # the same, and strangers cannot keep a slow parser busy
    _contents(check, layout)
    check.order(best)


def _owner(check: Check, cms: Cms, expected: str) -> None:
    """The seal must be of an organization, and of the school that is expected."""
    owner = identity_of(cms.certificate)
    if not owner.organization:
        check.fail(Sub.SIGNER_MISMATCH, Finding("SIGN-535", {"name": owner.name}))
    elif expected and expected not in owner.identifiers:
        check.fail(Sub.SIGNER_MISMATCH, Finding("SIGN-536", {"name": owner.name, "expected": expected}))
    else:
        check.note(role_ok=True)


def _stamps(data: bytes, layout: Layout, cms: Cms) -> list[tuple[bytes, bytes]]:
    """All time-stamps, each with what it must stamp: those in the seal, those over the document."""
    inside = [(token, cms.stamp_digest) for token in cms.tokens]
    return inside + [(gap.cms, _digest(data, gap, "sha256")) for gap in layout.gaps[1:]]


def _contents(check: Check, layout: Layout) -> None:
    """The second voice: what the file holds, what the seal says, what came after it."""
    voice = SecondVoice(check.data)
    said = voice.said()
    if said.seals > 1:
        check.fail(Sub.FORMAT_FAILURE, Finding("SIGN-526", {"count": said.seals}))
    if said.active:
        check.fail(Sub.SIG_CONSTRAINTS_FAILURE, Finding("SIGN-527", {"what": said.active}))
    if said.seals == 0 or not _same_places(layout, said):
        check.doubt(Finding("SIGN-537", {"what": "vị trí chữ ký"}))
        return
    if said.subfilter != _SUBFILTER:
        check.doubt(Finding(_FOREIGN, {"what": said.subfilter.removeprefix("/") or "?"}))
    if said.level != _LEVEL or not said.certifies:
        check.fail(Sub.SIG_CONSTRAINTS_FAILURE, Finding("SIGN-528", {"what": _level(said)}))
    _say(check, said)
    _compare(check, voice.opinion())


def _compare(check: Check, opinion: Opinion) -> None:
    own = check.signature
    if not opinion.unchanged:
        check.fail(Sub.HASH_FAILURE, Finding("SIGN-529"))
    elif not check.wrong:
        check.note(position_ok=True)
    if own is not None and (opinion.intact, opinion.valid) != (own.intact, own.valid):
        check.doubt(Finding("SIGN-537", {"what": "chữ ký"}))


def _say(check: Check, said: Said) -> None:
    check.note(claimed_time=moment_of(said.claimed))
    words = {"reason": said.reason, "school": said.name, "location": said.location}
    check.facts.update((name, text) for name, text in words.items() if text)
    found = rendition_of(said.reason)
    if found is None:
        check.doubt(Finding("SIGN-539"))
    else:
        check.facts["record_code"], check.facts["record_digest"] = found


def _digest(data: bytes, gap: Gap, name: str) -> bytes:
    hashed = hashlib.new(name)
    for part in gap.parts(data):
        hashed.update(part)
    return hashed.digest()


def _same_places(layout: Layout, said: Said) -> bool:
    """Whether both readers see the same signatures, in the same places, with the same contents."""
    own = [((0, gap.start, gap.end, gap.covered - gap.end), gap.cms.rstrip(b"\x00")) for gap in layout.gaps]
    other = [(places, contents.rstrip(b"\x00")) for places, contents in said.places]
    return sorted(own) == sorted(other)


def _level(said: Said) -> str:
    if said.level is None:
        return "không có mức"
    return f"mức {said.level}" if said.level != _LEVEL else "danh mục không chỉ đến con dấu"


def _reached(layout: Layout, cms: Cms) -> str:
    """The level of EN 319 142-1 that the file's parts make up, before they are judged."""
    stored = read_evidence(layout.document)
    archived = len(layout.gaps) > 1
    if not cms.tokens and not archived:
        return "B"
    if not (stored.crls or stored.ocsps):
        return "T"
    return "LTA" if archived else "LT"
