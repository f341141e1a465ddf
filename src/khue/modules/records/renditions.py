"""What people read of a signed document (bản thể hiện): a PDF, rendered from the record alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from khue.core.errors import Refused
from khue.modules.records import proof, providers
from khue.modules.records.content import file_of
from khue.modules.records.models import ON_SERVER, Certificate, Document, DocumentState
from khue.modules.records.services import certificates
from khue.signing.pades.seal import complete_seal, prepare_seal
from khue.signing.qr import qr_svg, short_code
from khue.signing.report import Verdict
from khue.signing.signers.base import HashToSign, Progress

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from khue.signing.report import Report

ENDED = {
    DocumentState.SUPERSEDED: "BẢN NÀY ĐÃ ĐƯỢC THAY THẾ, CHỈ ĐỂ TRA CỨU",
    DocumentState.CANCELLED: "HỒ SƠ ĐÃ HUỶ, CHỈ ĐỂ TRA CỨU",
    DocumentState.RECALLED: "HỒ SƠ ĐÃ THU HỒI, CHỈ ĐỂ TRA CỨU",
}
UNFINISHED = "HỒ SƠ CHƯA ĐỦ CHỮ KÝ"


@dataclass(frozen=True, slots=True)
class Printed:
    """What stands on a print beside the record: where and how to check it."""

    address: str
    qr: str  # SVG
    print_code: str
    warning: str = ""


_RENDERERS: dict[str, Callable[[Report, Printed], bytes]] = {}


def register_renderer(kind: str, render: Callable[[Report, Printed], bytes]) -> None:
    """Declare how documents of a kind are put on paper; called once at start-up by their module."""
    _RENDERERS[kind] = render


def pdf_of(document: Document, base: str) -> bytes:
    """A4 PDF of a document; sealed by the school where the server holds its key.

    An issued document gives the same bytes every time: text, time and signature are all determined. Of
    one that nobody has signed as a whole yet what is there is shown, under a warning.
    """
    content = file_of(document)
    report = proof.verified(document, content)
    if report.verdict is Verdict.INVALID:
        raise Refused("REC-048", record=document.code)
    if not report.content:
        report = replace(report, content=content)
    issued = bool(document.digest)
    address = f"{base}/k/{short_code(bytes.fromhex(report.digest))}"
    warning = ENDED.get(DocumentState(document.state), "" if issued else UNFINISHED)
    printed = Printed(address, qr_svg(address), document.print_code, warning)
    pdf = _RENDERERS[document.kind](report, printed)
    if document.issued_at is None or warning:
        return pdf
    return _sealed(document, pdf, document.issued_at)


def _sealed(document: Document, pdf: bytes, at: dt.datetime) -> bytes:
    held = [row for row in certificates.of_school(document.school_id, at) if row.provider in ON_SERVER]
    if not held:
        return pdf
    certificate: Certificate = held[0]
    tbs = prepare_seal(
        pdf, record_code=document.code, record_digest=document.digest, school=certificate.name, at=at,
        certificate=bytes(certificate.content), chain=certificate.intermediates,
    )  # fmt: skip
    request = HashToSign(document.id.hex, tbs.digest, tbs.algorithm, steady=True)
    answer = providers.signer_for(certificate).begin(certificate.provider_key, [request], document.title)
    if answer.progress is not Progress.DONE:
        return pdf
    return complete_seal(tbs, answer.values[request.id])
