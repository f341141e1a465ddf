"""Other voices on our seals: pyHanko with its path validation, pdfsig, qpdf, mutool."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from asn1crypto import crl, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from khue.signing.pades.long_term import add_long_term
from khue.signing.tests.seals import AT, LATER, SCHOOL, evidence, sealed, token, world

MAKE: dict[str, Callable[[], bytes]] = {
    "P-256 B-B": sealed,
    "P-256 B-T": lambda: sealed(stamped=LATER),
    "P-256 B-LT": lambda: add_long_term(sealed(stamped=LATER), evidence()),
    "P-256 B-LTA": lambda: add_long_term(
        sealed(stamped=LATER), evidence(), stamp=lambda digest: token(digest, LATER)
    ),
    "RSA B-B": lambda: sealed(by=world().rsa_school),
    "RSA B-T": lambda: sealed(by=world().rsa_school, stamped=LATER),
}
ALL = pytest.mark.parametrize("kind", MAKE)


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


def run(tmp_path: Path, pdf: bytes, *command: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "paper.pdf").write_bytes(pdf)
    return subprocess.run(
        [*command, "paper.pdf"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )


@ALL
def test_pyhanko_agrees(kind: str) -> None:
    pki = world().pki
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(pki.root)],
        crls=[crl.CertificateList.load(one) for one in (pki.crl(LATER), pki.root_crl(LATER))],
        moment=LATER + dt.timedelta(minutes=1),
        allow_fetching=False,
        revocation_mode="require",
    )
    (seal,) = PdfFileReader(io.BytesIO(MAKE[kind]())).embedded_regular_signatures
    status = validate_pdf_signature(seal, context)
    assert status.bottom_line, status.pretty_print_details()
    assert status.docmdp_ok
    whole = SignatureCoverageLevel.ENTIRE_REVISION if "LT" in kind else SignatureCoverageLevel.ENTIRE_FILE
    assert status.coverage == whole
    stamp = status.timestamp_validity
    assert (stamp is not None and stamp.timestamp == LATER) == (not kind.endswith("B-B"))


@needs("pdfsig")
@ALL
def test_pdfsig_agrees(tmp_path: Path, kind: str) -> None:
    pdf = MAKE[kind]()
    said = run(tmp_path, pdf, "pdfsig", "-nocert").stdout
    assert "Signature #1" in said
    assert f"Signer Certificate Common Name: {SCHOOL}" in said
    assert "Signature Type: ETSI.CAdES.detached" in said
    assert "Signature Validation: Signature is Valid." in said
    if "LT" not in kind:
        assert "Total document signed" in said
        at = pdf.index(b"/MediaBox") + 12
        changed = run(tmp_path, pdf[:at] + b"9" + pdf[at + 1 :], "pdfsig", "-nocert").stdout
        assert "Signature is Valid" not in changed


@needs("qpdf")
@ALL
def test_qpdf_finds_nothing_wrong(tmp_path: Path, kind: str) -> None:
    done = run(tmp_path, MAKE[kind](), "qpdf", "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No syntax or stream encoding errors" in done.stdout


@needs("mutool")
@ALL
def test_mutool_agrees(tmp_path: Path, kind: str) -> None:
    said = run(tmp_path, MAKE[kind](), "mutool", "sign", "-v").stdout
    assert SCHOOL in said
    unchanged = "The document is unchanged since signing." in said
    assert unchanged or ("LT" in kind and "The signature is valid but there have been edits" in said)


def test_the_time_of_the_paper_is_that_of_the_seal() -> None:
    (seal,) = PdfFileReader(io.BytesIO(sealed())).embedded_regular_signatures
    assert seal.self_reported_timestamp == AT
