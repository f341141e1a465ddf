"""Nothing that comes back is believed (kiểm tra giá trị ký trả về): each value against its own digest.

Batches have come back swapped, cut short and twice. One bad value must not lose the other 44, and no
value may end under the wrong record: what does not fit the digest of its id is dropped and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from khue.core.errors import Invalid
from khue.signing.algorithms import PublicKey, fits, is_genuine, xml_value
from khue.signing.signers.base import Answer, Credential, HashToSign, Progress


def verified(credential: Credential, hashes: Sequence[HashToSign], answer: Answer) -> Answer:
    """The answer with only those values that sign the digest of their id under this certificate.

    If some of a finished answer had to go, or never came, `code` says how many are good (`SIGN-350`);
    the caller asks again for the ids without a value. If none is good, the request has failed (`SIGN-351`).
    """
    if not answer.values and answer.progress is not Progress.DONE:
        return answer
    key = x509.load_der_x509_certificate(credential.certificate).public_key()
    wanted = {one.id: one for one in hashes}
    good = {
        id_: value for id_, value in answer.values.items() if id_ in wanted and _fits(key, wanted[id_], value)
    }
    if len(good) == len(wanted) == len(answer.values):
        return answer
    if not good:
        ended = Progress.FAILED if answer.progress is Progress.DONE else answer.progress
        return replace(answer, progress=ended, values={}, code="SIGN-351", params={"count": len(wanted)})
    if answer.progress is not Progress.DONE and len(good) == len(answer.values):
        return answer  # what is missing has its reason already
    return replace(answer, values=good, code="SIGN-350", params={"good": len(good), "count": len(wanted)})


def missing(hashes: Sequence[HashToSign], answer: Answer) -> list[HashToSign]:
    """What must be asked for again."""
    return [one for one in hashes if one.id not in answer.values]


def _fits(key: object, one: HashToSign, value: bytes) -> bool:
    """Whether a raw value (DER or r‖s) signs a digest."""
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) or not fits(one.algorithm, key):
        return False
    public: PublicKey = key
    try:
        return is_genuine(public, one.algorithm, one.digest, xml_value(public, value))
    except Invalid:
        return False
