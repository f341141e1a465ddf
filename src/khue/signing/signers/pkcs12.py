"""Keys in a file or in memory (tệp khoá PKCS#12): for the demo, tests, and a school that seals by itself.

They answer at once. The parsed key is kept, because reading it again costs more than signing. ECDSA takes
the number k that OpenSSL draws, from its generator together with key and digest, so that a poor generator
alone gives nothing away; asking twice for the same digest gives two values, and the first is in the handle.
Who asks for a steady value gets that of RFC 6979, which takes a little longer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives import hashes as digests
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from khue.core.errors import Invalid, NotFound
from khue.signing.algorithms import RULES, Algorithm, xml_value
from khue.signing.signers.base import Answer, Credential, HashToSign, Progress
from khue.signing.signers.handles import Request, asked, read, without_root

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_HASHES: dict[str, digests.HashAlgorithm] = {
    "sha256": digests.SHA256(), "sha384": digests.SHA384(), "sha512": digests.SHA512(),
}  # fmt: skip
_PREHASHED = {name: utils.Prehashed(algorithm) for name, algorithm in _HASHES.items()}
_ECDSA = {
    Algorithm.ECDSA_P256_SHA256: ec.ECDSA(_PREHASHED["sha256"]),
    Algorithm.ECDSA_P384_SHA384: ec.ECDSA(_PREHASHED["sha384"]),
}
_STEADY = {
    Algorithm.ECDSA_P256_SHA256: ec.ECDSA(_PREHASHED["sha256"], deterministic_signing=True),
    Algorithm.ECDSA_P384_SHA384: ec.ECDSA(_PREHASHED["sha384"], deterministic_signing=True),
}
_PKCS1 = padding.PKCS1v15()
_PSS = padding.PSS(padding.MGF1(digests.SHA256()), digests.SHA256.digest_size)


@dataclass(frozen=True, slots=True)
class LocalKey:
    """A private key in this process, with its certificate and intermediates (DER)."""

    key: PrivateKey
    certificate: bytes
    chain: tuple[bytes, ...] = ()

    def sign(self, algorithm: Algorithm, digest: bytes, *, steady: bool = False) -> bytes:
        """The value over a digest; ECDSA in DER, RSA with its DigestInfo or PSS with a 32-byte salt."""
        ecdsa = (_STEADY if steady else _ECDSA).get(algorithm)
        if ecdsa is not None:
            return cast("ec.EllipticCurvePrivateKey", self.key).sign(digest, ecdsa)
        key, hashed = cast("rsa.RSAPrivateKey", self.key), _PREHASHED[RULES[algorithm].digest]
        return key.sign(digest, _PSS if algorithm is Algorithm.RSA_PSS_SHA256 else _PKCS1, hashed)


class KeySigner:
    """Signs with keys in memory; several credentials, each under the name of its key."""

    kind = "key"

    def __init__(self, keys: Mapping[str, LocalKey], *, plain: bool = False) -> None:
        self._keys = dict(keys)
        self._plain = plain  # ECDSA as r‖s, as tokens give it, instead of DER

    def credentials(self) -> Sequence[Credential]:
        """One for each key."""
        return [Credential(name, local.certificate, local.chain) for name, local in self._keys.items()]

    def begin(self, credential: str, hashes: Sequence[HashToSign], description: str) -> Answer:
        """Sign at once."""
        local = self._keys.get(credential)
        if local is None:
            raise NotFound("SIGN-305", credential=credential)
        request = asked(self.kind, Credential(credential, local.certificate, local.chain), hashes)
        values = {one.id: local.sign(one.algorithm, one.digest, steady=one.steady) for one in request.hashes}
        if self._plain:
            public = local.key.public_key()
            values = {id_: xml_value(public, value) for id_, value in values.items()}
        return request.ended(Progress.DONE, values)

    def poll(self, handle: Mapping[str, Any]) -> Answer:
        """The same answer again; it stands in the handle."""
        return _end_of(read(handle, self.kind))

    def cancel(self, handle: Mapping[str, Any]) -> None:
        """Nothing to give up: it is signed already."""
        read(handle, self.kind)


class Pkcs12Signer(KeySigner):
    """Signs with the key of a .p12 or .pfx file (PKCS#12), opened once; its one credential is «p12»."""

    name = "p12"

    def __init__(self, source: Path | bytes, password: str | Callable[[], str]) -> None:
        secret = password if isinstance(password, str) else password()
        data = source if isinstance(source, bytes) else source.read_bytes()
        try:
            key, certificate, others = pkcs12.load_key_and_certificates(data, secret.encode() or None)
        except ValueError as error:
            raise Invalid("SIGN-310") from error
        if not isinstance(key, PrivateKey) or certificate is None:
            raise Invalid("SIGN-311")
        chain = without_root(other.public_bytes(Encoding.DER) for other in others)
        super().__init__({self.name: LocalKey(key, certificate.public_bytes(Encoding.DER), chain)})


def _end_of(request: Request) -> Answer:
    """The end that a request of a local key always carries (`SIGN-304`)."""
    end = request.end()
    if end is None:
        raise Invalid("SIGN-304")
    return end
