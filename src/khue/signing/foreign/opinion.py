"""A second opinion on foreign signatures (ý kiến thứ hai): `xmlsec1`, in a child process with limits.

It answers only what is cryptography: whether digests and value fit the certificate that we name. It trusts
nobody, follows no address, and knows only the Ids that we tell it.
"""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from khue.signing.foreign.verify import Question

SECONDS = 10
MEMORY = 512 * 1024 * 1024
_OK, _FAILED = "OK", "FAIL"
_JUDGED = re.compile(r"SignedInfo References \(ok/all\): \d+/[1-9]")


def xmlsec1_opinion(
    data: bytes, questions: Sequence[Question], program: str = "xmlsec1"
) -> list[bool | None]:
    """Whether `xmlsec1` finds each signature genuine; None where it cannot say or is not installed."""
    path = shutil.which(program)
    if path is None:
        return [None] * len(questions)
    with tempfile.TemporaryDirectory(prefix="khue-") as folder:
        document = Path(folder, "document.xml")
        document.write_bytes(data)
        return [_ask(path, document, question) for question in questions]


def _ask(program: str, document: Path, question: Question) -> bool | None:
    certificate = document.with_name("signer.pem")
    certificate.write_text(_pem(question.certificate), encoding="ascii")
    ids = [part for tag in question.id_tags for part in ("--id-attr:Id", tag)]
    command = [
        program, "--verify", "--enabled-reference-uris", "same-doc", "--enabled-key-data", "rsa,ecdsa",
        "--pubkey-cert-pem", str(certificate), *ids, "--node-xpath", question.path, str(document),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            [*_limits(), *command], capture_output=True, timeout=SECONDS, check=False, encoding="utf-8",
            errors="replace",
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError):
        return None
    said = {line.strip() for line in (done.stdout + done.stderr).splitlines()}
    if done.returncode == 0 and _OK in said:
        return True
    judged = any(_JUDGED.match(line) for line in said)  # it got as far as digests and value
    return False if judged and _FAILED in said else None


def _limits() -> list[str]:
    """`prlimit` in front of the program where the system has it: memory, processor time, no files written."""
    found = None if sys.platform == "win32" else shutil.which("prlimit")
    if found is None:
        return []
    return [found, f"--as={MEMORY}", f"--cpu={SECONDS}", "--core=0", "--fsize=0", "--"]


def _pem(certificate: bytes) -> str:
    body = base64.encodebytes(certificate).decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"
