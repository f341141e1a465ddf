"""How requests and answers of the CSC API look, versions 1 and 2 (giao thức Cloud Signature Consortium).

Version 2.0.0.2 renamed what version 1.0.4.0 called `hash`, `hashAlgo`, `authMode`, `PIN`, `OTP`. Both are
read; what is sent follows the version that the service is set to. Nothing here speaks to a network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from khue.signing.algorithms import Algorithm
from khue.signing.signers.base import Credential, HashToSign
from khue.signing.signers.handles import certificate_of, encoded, without_root

HASH_OIDS = {
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
# Object identifiers of key.algo with which an algorithm can be asked for, the most exact first: those that
# name the hash, then the bare key, for which hashAlgorithmOID says the rest (CSC 2.0.0.2, 11.10).
RSA, RSA_PSS, EC = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1"
SIGN_OIDS: dict[Algorithm, tuple[str, ...]] = {
    Algorithm.ECDSA_P256_SHA256: ("1.2.840.10045.4.3.2", EC),
    Algorithm.ECDSA_P384_SHA384: ("1.2.840.10045.4.3.3", EC),
    Algorithm.RSA_SHA256: ("1.2.840.113549.1.1.11", RSA),
    Algorithm.RSA_SHA384: ("1.2.840.113549.1.1.12", RSA),
    Algorithm.RSA_SHA512: ("1.2.840.113549.1.1.13", RSA),
    Algorithm.RSA_PSS_SHA256: (RSA_PSS,),
}
# RSASSA-PSS-params (RFC 4055, 3.1): SHA-256, MGF1 with SHA-256, salt of 32 bytes.
PSS_PARAMETERS = bytes.fromhex(
    "3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120"
)
# The standard leaves open how a refusal on the phone is told: these words were seen in OAuth (RFC 6749,
# 4.1.2.1) and in products. Whatever else comes is passed on in the service's own words.
REFUSED = frozenset({"access_denied", "authorization_denied", "user_refused", "rejected"})
EXPIRED = frozenset({"authorization_expired", "expired_token", "timeout"})
BAD_SECRET = frozenset({"invalid_otp", "invalid_pin", "invalid_authentication_data"})


@dataclass(frozen=True, slots=True)
class Known:
    """What a service told of one credential."""

    credential: Credential
    algorithms: tuple[str, ...]
    mode: str  # implicit, explicit, oauth2code
    secrets: tuple[str, ...]  # what the holder must type: «PIN», «OTP»
    others: tuple[str, ...]  # what the service asks the holder itself: a phone
    enabled: bool

    @property
    def multisign(self) -> int:
        """Most signatures of one authorisation."""
        return self.credential.batch_limit


def known(id_: str, info: Mapping[str, Any]) -> Known | None:
    """A credential from `credentials/info` or one of `credentialInfos`; nothing if it has no certificate."""
    key, cert = _object(info.get("key")), _object(info.get("cert"))
    certificates = [certificate_of(text) for text in _list(cert.get("certificates"))]
    if not certificates or any(der is None for der in certificates):
        return None
    leaf, *others = (der for der in certificates if der is not None)
    auth = _object(info.get("auth"))
    typed, other = _authentication(auth, info)
    credential = Credential(id_, leaf, without_root(others), max(_number(info.get("multisign")), 1))
    return Known(
        credential,
        tuple(str(item) for item in _list(key.get("algo"))),
        str(auth.get("mode") or info.get("authMode") or "implicit"),
        typed, other,
        key.get("status") != "disabled" and cert.get("status", "valid") == "valid",
    )  # fmt: skip


def _authentication(
    auth: Mapping[str, Any], info: Mapping[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is asked for: the objects of version 2, or PIN and OTP of version 1."""
    objects = [_object(item) for item in _list(auth.get("objects"))]
    typed = tuple(str(item.get("id")) for item in objects if item.get("type") == "Password")
    other = tuple(str(item.get("id")) for item in objects if item.get("type") != "Password")
    if auth or info.get("authMode") != "explicit":
        return typed, other
    asked = (name for name in ("PIN", "OTP") if str(_object(info.get(name)).get("presence")) == "true")
    return tuple(asked), ()


def sign_oid(algorithm: Algorithm, offered: Sequence[str]) -> str:
    """The identifier to ask with; empty if the key cannot."""
    return next((oid for oid in SIGN_OIDS[algorithm] if oid in offered), "")


def authorization(
    version: int, known_: Known, hashes: Sequence[HashToSign], count: int, secrets: Mapping[str, str]
) -> dict[str, Any]:
    """Body of `credentials/authorize`: `count` signatures, of which these hashes come first."""
    body: dict[str, Any] = {"credentialID": known_.credential.key, "numSignatures": count}
    if version == 1:
        return body | {"hash": [encoded(one.digest) for one in hashes]} | dict(secrets)
    body |= bound(version, hashes)
    if known_.mode == "explicit":
        typed = [{"id": id_, "value": value} for id_, value in secrets.items()]
        body["authData"] = [*typed, *({"id": id_} for id_ in known_.others)]
    return body


def bound(version: int, hashes: Sequence[HashToSign]) -> dict[str, Any]:
    """The hashes as a part of a body, under the names of the version."""
    many, algorithm = ("hash", "hashAlgo") if version == 1 else ("hashes", "hashAlgorithmOID")
    return {
        many: [encoded(one.digest) for one in hashes],
        algorithm: HASH_OIDS[hashes[0].algorithm.value.rpartition("-")[2]],
    }


def signing(version: int, hashes: Sequence[HashToSign], sad: str, oid: str) -> dict[str, Any]:
    """Body of `signatures/signHash`, but for what the mode of operation adds."""
    body = {"SAD": sad, "signAlgo": oid, **bound(version, hashes)}
    if oid == RSA_PSS:
        body["signAlgoParams"] = encoded(PSS_PARAMETERS)
    return body


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> int:
    """A number that some services write as text; 0 if it is none."""
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else 0
