"""What a request for signatures leaves behind (phiếu chờ ký): plain values, to store and to ask again with.

A handle holds the ids and digests that were asked for, never a record and never a secret. Its transaction
number is computed from the ids and digests, so that asking twice for the same thing is the same
transaction. A request that has ended carries its end with it: whoever asks again with that handle gets
the same values, and nobody is contacted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography import x509

from khue.core.errors import Invalid, NotFound
from khue.signing.algorithms import RULES, Algorithm, describe, fits
from khue.signing.signers.base import Answer, Credential, HashToSign, Progress

_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}
LARGEST_VALUE = 1024  # bytes of one signature value; RSA 8192 would fill it


@dataclass(frozen=True, slots=True)
class Request:
    """One request for signatures, as it stands in a handle."""

    signer: str  # kind of the signer that made it
    transaction: str  # 32 hex digits
    credential: str
    hashes: tuple[HashToSign, ...]  # in the order of their ids
    state: Mapping[str, Any] = field(default_factory=dict)  # what this kind of signer must remember

    def handle(self) -> dict[str, Any]:
        """The request as plain JSON values."""
        hashes = [[one.id, encoded(one.digest), one.algorithm.value] for one in self.hashes]
        return {
            "signer": self.signer, "transaction": self.transaction, "credential": self.credential,
            "hashes": hashes, "state": dict(self.state),
        }  # fmt: skip

    def having(self, **more: Any) -> Request:
        """The same request with more to remember."""
        return replace(self, state={**self.state, **more})

    def waiting(self, code: str = "", **params: object) -> Answer:
        """The answer while the request is open."""
        return Answer(Progress.WAITING, handle=self.handle(), code=code, params=params)

    def ended(
        self, progress: Progress, values: Mapping[str, bytes] | None = None, code: str = "", **params: object
    ) -> Answer:
        """The last answer of this request; the same comes for its handle ever after."""
        values = values or {}
        end = {
            "progress": progress.value, "code": code,
            "params": {key: item if isinstance(item, int) else str(item) for key, item in params.items()},
            "values": {key: encoded(value) for key, value in values.items()},
        }  # fmt: skip
        return Answer(progress, values, self.having(end=end).handle(), code, params)

    def end(self) -> Answer | None:
        """The last answer, if there was one."""
        found = self.state.get("end")
        if found is None:
            return None
        values = {key: decoded(value) for key, value in found["values"].items()}
        return Answer(
            Progress(found["progress"]), values, self.handle(), found["code"], dict(found["params"])
        )

    def collected(self, values: Mapping[str, bytes], trouble: str) -> Answer:
        """The end when values came: all of them, or what there is with the reason why the rest is missing."""
        if not trouble and len(values) == len(self.hashes):
            return self.ended(Progress.DONE, values)
        return self.ended(
            Progress.FAILED, values, trouble or "SIGN-336", got=len(values), count=len(self.hashes)
        )


def read(handle: Mapping[str, Any], signer: str) -> Request:
    """The request in a handle; refuses a handle of another kind of signer or a damaged one (`SIGN-304`)."""
    try:
        hashes = tuple(
            HashToSign(one, decoded(digest), Algorithm(kind)) for one, digest, kind in handle["hashes"]
        )
        request = Request(
            str(handle["signer"]), str(handle["transaction"]), str(handle["credential"]), hashes,
            dict(handle["state"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("SIGN-304") from error
    if request.signer != signer:
        raise Invalid("SIGN-304")
    return request


def asked(signer: str, credential: Credential, hashes: Sequence[HashToSign]) -> Request:
    """A new request, checked before anybody is bothered with it (`SIGN-300` to `SIGN-303`, `SIGN-306`)."""
    if not hashes:
        raise Invalid("SIGN-300")
    twice = next((one for one, count in Counter(one.id for one in hashes).items() if count > 1), None)
    if twice is not None:
        raise Invalid("SIGN-301", id=twice)
    key = x509.load_der_x509_certificate(credential.certificate).public_key()
    for one in hashes:
        if len(one.digest) != _SIZES[RULES[one.algorithm].digest]:
            raise Invalid("SIGN-302", length=len(one.digest), algorithm=one.algorithm.value)
    for algorithm in {one.algorithm for one in hashes}:
        if not fits(algorithm, key):
            raise Invalid("SIGN-306", algorithm=algorithm.value, key=describe(key))
    if credential.batch_limit and len(hashes) > credential.batch_limit:
        raise Invalid("SIGN-303", count=len(hashes), limit=credential.batch_limit)
    ordered = tuple(sorted(hashes, key=lambda one: one.id))
    return Request(signer, transaction_of(credential.key, ordered), credential.key, ordered)


def transaction_of(credential: str, hashes: Iterable[HashToSign]) -> str:
    """The number of a transaction: the same for the same credential, ids and digests, in any order."""
    summed = hashlib.sha256(credential.encode())
    for one in sorted(hashes, key=lambda one: one.id):
        summed.update(b"\0" + one.id.encode() + b"\0" + one.digest + one.algorithm.encode())
    return summed.hexdigest()[:32]


def batches(hashes: Sequence[HashToSign], limit: int) -> list[Sequence[HashToSign]]:
    """The hashes in parts that one confirmation may carry; 0 is no limit."""
    size = limit or max(len(hashes), 1)
    return [hashes[at : at + size] for at in range(0, len(hashes), size)]


def chosen(credentials: Iterable[Credential], key: str) -> Credential:
    """The credential of that name (`SIGN-305`)."""
    for credential in credentials:
        if credential.key == key:
            return credential
    raise NotFound("SIGN-305", credential=key)


def by_position(hashes: Sequence[HashToSign], texts: object) -> tuple[dict[str, bytes], str]:
    """Values that came as a list in the order of the hashes, and what was wrong with them.

    A list of another length cannot be told apart, so nothing of it is used.
    """
    if not isinstance(texts, list) or len(texts) != len(hashes):
        return {}, "SIGN-336"
    values = {one.id: value for one, text in zip(hashes, texts, strict=True) if (value := value_of(text))}
    return values, "" if len(values) == len(hashes) else "SIGN-338"


def by_name(
    hashes: Sequence[HashToSign], pairs: Iterable[tuple[object, object]]
) -> tuple[dict[str, bytes], str]:
    """Values that came with their ids, and what was wrong: foreign or repeated ids are not used."""
    wanted = {one.id for one in hashes}
    named = list(pairs)
    counts = Counter(str(name) for name, _text in named)
    values = {
        str(name): value
        for name, text in named
        if str(name) in wanted and counts[str(name)] == 1 and (value := value_of(text))
    }
    if set(counts) - wanted or any(count > 1 for count in counts.values()):
        return values, "SIGN-337"
    if wanted - set(counts):
        return values, "SIGN-336"
    return values, "" if len(values) == len(hashes) else "SIGN-338"


def value_of(text: object) -> bytes:
    """A signature value from base64, with or without line breaks; empty if it is none."""
    if not isinstance(text, str) or len(text) > 2 * LARGEST_VALUE:
        return b""
    try:
        return base64.b64decode("".join(text.split()), validate=True)[: LARGEST_VALUE + 1]
    except (binascii.Error, ValueError):
        return b""


def certificate_of(text: object) -> bytes | None:
    """A certificate as services write it: base64 of DER, or PEM; nothing if it is not one."""
    if not isinstance(text, str):
        return None
    lines = (line for line in text.splitlines() if not line.startswith("-----"))
    try:
        der = base64.b64decode("".join("".join(lines).split()), validate=True)
        x509.load_der_x509_certificate(der)
    except (binascii.Error, ValueError):
        return None
    return der


def without_root(certificates: Iterable[bytes]) -> tuple[bytes, ...]:
    """Certificates without those that signed themselves: roots come from the reader's own store."""
    loaded = ((der, x509.load_der_x509_certificate(der)) for der in certificates)
    return tuple(der for der, certificate in loaded if certificate.issuer != certificate.subject)


def encoded(value: bytes) -> str:
    """Base64."""
    return base64.b64encode(value).decode()


def decoded(text: str) -> bytes:
    """From base64, strictly."""
    return base64.b64decode(text, validate=True)
