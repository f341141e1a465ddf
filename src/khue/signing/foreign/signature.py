"""One ds:Signature of another tool, read strictly (chữ kí XML): what it covers, how, by which certificate.

Only the shapes that honest tools were seen to write are read. Every element, attribute and algorithm that is
not known stops the reading, so that what is judged later is the whole of what stands there.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from khue.signing.algorithms import BY_URI, DIGEST_URIS, Algorithm
from khue.signing.foreign.reading import INCLUSIVE, Stopped, doubtful, forged, local
from khue.signing.report import Sub
from khue.signing.xades.grammar import DS, EXCLUSIVE, XADES

ENVELOPED = f"{DS}enveloped-signature"
_START = {space: f"{{{space}}}" for space in (DS, XADES)}
_CERTIFICATE_TAGS = tuple(f"{{{XADES}}}{name}" for name in ("SigningCertificateV2", "SigningCertificate"))
METHODS = (EXCLUSIVE, INCLUSIVE)


@dataclass(frozen=True, slots=True)
class Reference:
    """One ds:Reference."""

    target: str  # the Id, without #
    kind: str  # the Type
    method: str  # of canonicalization; without a transform it is inclusive C14N 1.0
    enveloped: bool  # the signature itself is taken out of what is digested
    digest: str  # sha256, sha384, sha512
    value: bytes


@dataclass(slots=True)
class Read:
    """A signature as it stands."""

    element: Any
    identifier: str
    signed_info: Any
    value_element: Any
    method: str
    algorithm: Algorithm
    references: tuple[Reference, ...]
    value: bytes
    certificates: tuple[bytes, ...]
    own: dict[str, Any] = field(default_factory=dict)  # what lies in its Objects and may be signed, by Id
    properties: Any = None  # xades:SignedProperties
    unsigned: Any = None  # xades:UnsignedProperties
    claimed: dt.datetime | None = None
    claimed_in: str = ""  # the Id of the Object with the time, where it is not XAdES
    octets: bytes = b""  # the canonical SignedInfo, if it is known already
    known: dict[str, tuple[Any, bytes]] = field(default_factory=dict)  # elements and octets, by Id
    names: list[Callable[[bytes], bool]] | None = None  # as `certificate_digests` finds them


def read_signature(element: Any) -> Read:
    """A signature; anything unknown in it is `Stopped`."""
    children, names = _named(element)
    shape = ["SignedInfo", "SignatureValue", "KeyInfo"]
    if names[:3] != shape or any(name != "Object" for name in names[3:]):
        raise Stopped(doubtful("SIGN-630", found=", ".join(names)[:80]))
    _attributes(element, {"Id"})
    info, value, keys, *objects = children
    _attributes(value, {"Id"})
    method, algorithm, references = _signed_info(info)
    found = Read(
        element, element.get("Id", ""), info, value, method, algorithm, references,
        base64_of(value), _certificates(keys),
    )  # fmt: skip
    for one in objects:
        _read_object(found, one)
    return found


def _children(element: Any, *names: str, space: str = DS) -> list[Any]:
    """The children, all of a namespace and, if names are given, exactly these in this order."""
    found, there = _named(element, space)
    if names and there != list(names):
        raise Stopped(doubtful("SIGN-631", tag=local(element)))
    return found


def _named(element: Any, space: str = DS) -> tuple[list[Any], list[str]]:
    """The children and their names, all of a namespace."""
    found, names = list(element), []
    start = _START[space]
    for child in found:
        tag = child.tag
        if not isinstance(tag, str) or not tag.startswith(start):
            raise Stopped(doubtful("SIGN-631", tag=local(element)))
        names.append(tag[len(start) :])
    return found, names


def _attributes(element: Any, allowed: Set[str]) -> None:
    unknown = set(element.keys()) - allowed
    if unknown:
        raise Stopped(doubtful("SIGN-632", tag=local(element), names=", ".join(sorted(unknown))[:80]))


def _text(element: Any) -> str:
    if len(element):
        raise Stopped(doubtful("SIGN-631", tag=local(element)))
    return (element.text or "").strip()


def base64_of(element: Any) -> bytes:
    """The octets in an element; space between the letters is allowed, as tools break lines differently."""
    try:
        return base64.b64decode("".join(_text(element).split()), validate=True)
    except ValueError as error:
        raise Stopped(forged("SIGN-633", tag=local(element))) from error


def _certificate_of(element: Any) -> bytes:
    """The same for a certificate, which stands in many signatures."""
    try:
        return decoded(_text(element))
    except ValueError as error:
        raise Stopped(forged("SIGN-633", tag=local(element))) from error


@lru_cache(maxsize=2048)
def decoded(text: str) -> bytes:
    """The octets behind Base64, once for a text that comes again; `ValueError` for anything else."""
    return base64.b64decode("".join(text.split()), validate=True)


def _algorithm_of(element: Any, *, may_hold: bool = False) -> str:
    if element.keys() != ["Algorithm"]:
        _attributes(element, {"Algorithm"})
    if len(element) and not may_hold:
        raise Stopped(doubtful("SIGN-634", tag=local(element)))
    uri: str = element.get("Algorithm", "")
    return uri


def _signed_info(info: Any) -> tuple[str, Algorithm, tuple[Reference, ...]]:
    _attributes(info, {"Id"})
    found, names = _named(info)
    if names[:2] != ["CanonicalizationMethod", "SignatureMethod"] or set(names[2:]) != {"Reference"}:
        raise Stopped(doubtful("SIGN-631", tag="SignedInfo"))
    method = _algorithm_of(found[0])
    if method not in METHODS:
        raise Stopped(doubtful("SIGN-635", algorithm=method[-60:]))
    uri = _algorithm_of(found[1], may_hold=True)
    if "hmac" in uri:
        raise Stopped(forged("SIGN-636", Sub.CRYPTO_CONSTRAINTS_FAILURE))
    if uri not in BY_URI or len(found[1]):
        raise Stopped(doubtful("SIGN-637", Sub.CRYPTO_CONSTRAINTS_FAILURE, algorithm=uri[-60:]))
    return method, BY_URI[uri], tuple(_reference(one) for one in found[2:])


def _reference(element: Any) -> Reference:
    _attributes(element, {"Id", "URI", "Type"})
    found, names = _named(element)
    if names not in (["Transforms", "DigestMethod", "DigestValue"], ["DigestMethod", "DigestValue"]):
        raise Stopped(doubtful("SIGN-631", tag="Reference"))
    uri = element.get("URI")
    if not uri:
        raise Stopped(doubtful("SIGN-638", Sub.SIG_CONSTRAINTS_FAILURE))
    if not uri.startswith("#"):
        raise Stopped(forged("SIGN-639", Sub.SIG_CONSTRAINTS_FAILURE, uri=uri[:80]))
    if uri.startswith("#xpointer("):
        raise Stopped(doubtful("SIGN-640", uri=uri[:80]))
    method, enveloped = _transforms(found[0]) if names[0] == "Transforms" else (INCLUSIVE, False)
    digest = _algorithm_of(found[-2])
    if digest not in DIGEST_URIS:
        raise Stopped(doubtful("SIGN-637", Sub.CRYPTO_CONSTRAINTS_FAILURE, algorithm=digest[-60:]))
    value = base64_of(found[-1])
    return Reference(uri[1:], element.get("Type", ""), method, enveloped, DIGEST_URIS[digest], value)


def _transforms(element: Any) -> tuple[str, bool]:
    """The canonicalization of a list of transforms, and whether enveloped-signature is among them.

    It takes the signature out of what is digested: nothing where the signature stands outside of that, as
    all our slots do; everything where the reference leads into the signature.
    """
    uris = [_algorithm_of(one) for one in _children(element)]
    for uri in uris:
        if uri != ENVELOPED and uri not in METHODS:
            raise Stopped(doubtful("SIGN-635", algorithm=uri[-60:]))
    rest = uris[1:] if uris[:1] == [ENVELOPED] else uris
    if len(rest) > 1 or ENVELOPED in rest:
        raise Stopped(doubtful("SIGN-635", algorithm=" + ".join(uri[-20:] for uri in uris)[:60]))
    return rest[0] if rest else INCLUSIVE, rest != uris


def _certificates(keys: Any) -> tuple[bytes, ...]:
    """All certificates of KeyInfo; a bare KeyValue beside them is not asked."""
    _attributes(keys, {"Id"})
    found: list[bytes] = []
    for one, kind in zip(*_named(keys), strict=True):
        if kind not in {"X509Data", "KeyName", "KeyValue"}:
            raise Stopped(doubtful("SIGN-631", tag="KeyInfo"))
        if kind == "X509Data":
            items = zip(*_named(one), strict=True)
            found += [_certificate_of(item) for item, name in items if name == "X509Certificate"]
    if not found:
        raise Stopped(doubtful("SIGN-641", Sub.NO_SIGNING_CERTIFICATE_FOUND))
    return tuple(dict.fromkeys(found))


def _read_object(read: Read, element: Any) -> None:
    """A ds:Object: XAdES properties, or a time in ds:SignatureProperties as invoices have it."""
    _attributes(element, {"Id"})
    inner = list(element)
    tag = inner[0].tag if len(inner) == 1 else ""
    if tag == f"{{{XADES}}}QualifyingProperties" and read.properties is None:
        _read_qualifying(read, inner[0])
    elif tag == f"{{{DS}}}SignatureProperties" and read.claimed is None:
        read.claimed = _time_of_properties(inner[0])
        read.claimed_in = element.get("Id", "") or inner[0].get("Id", "")
        for one in (element, inner[0], inner[0][0]):
            if one.get("Id"):
                read.own[one.get("Id")] = one
    else:
        raise Stopped(doubtful("SIGN-642"))


def _read_qualifying(read: Read, element: Any) -> None:
    _attributes(element, {"Id", "Target"})
    if element.get("Target", "") != f"#{read.identifier}" or not read.identifier:
        raise Stopped(forged("SIGN-643"))
    parts, names = _named(element, XADES)
    if names not in (["SignedProperties"], ["SignedProperties", "UnsignedProperties"]):
        raise Stopped(doubtful("SIGN-631", tag="QualifyingProperties"))
    read.properties = parts[0]
    identifier = parts[0].get("Id", "")
    if not identifier:
        raise Stopped(forged("SIGN-643"))
    read.own[identifier] = parts[0]
    times = list(parts[0].iter(f"{{{XADES}}}SigningTime"))
    if len(times) == 1:
        read.claimed = time_of(_text(times[0]))
    if len(parts) > 1:
        read.unsigned = parts[1]


def _time_of_properties(element: Any) -> dt.datetime:
    """The SigningTime of ds:SignatureProperties; its namespace differs from tool to tool."""
    inner = list(_children(element, "SignatureProperty")[0])
    if len(inner) != 1 or not isinstance(inner[0].tag, str) or local(inner[0]) != "SigningTime":
        raise Stopped(doubtful("SIGN-642"))
    return time_of(_text(inner[0]))


def time_of(text: str) -> dt.datetime:
    """A time of xsd:dateTime in UTC; without a zone it is the time of Vietnam."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise Stopped(doubtful("SIGN-644", text=text[:40])) from error
    zone = found.tzinfo or dt.timezone(dt.timedelta(hours=7))
    return found.replace(tzinfo=zone).astimezone(dt.UTC)


def certificate_digests(properties: Any) -> list[Callable[[bytes], bool]]:
    """For each SigningCertificate(V2) of the properties: whether it names a certificate (DER).

    Only the first Cert of each is the signer's (EN 319 132-1, 5.2.2).
    """
    found: list[Callable[[bytes], bool]] = []
    there = list(properties.iter(*_CERTIFICATE_TAGS))
    for tag in _CERTIFICATE_TAGS:
        name = tag.rpartition("}")[2]
        for element in (one for one in there if one.tag == tag):
            certs = _children(element, space=XADES)
            parts = _children(certs[0], space=XADES) if certs else []
            if not parts or local(parts[0]) != "CertDigest":
                raise Stopped(doubtful("SIGN-631", tag=name))
            method, value = _children(parts[0], "DigestMethod", "DigestValue")
            uri = _algorithm_of(method)
            if uri not in DIGEST_URIS:
                raise Stopped(doubtful("SIGN-637", Sub.CRYPTO_CONSTRAINTS_FAILURE, algorithm=uri[-60:]))
            found.append(names_certificate(DIGEST_URIS[uri], base64_of(value)))
    return found


def names_certificate(digest: str, value: bytes) -> Callable[[bytes], bool]:
    """Whether a certificate (DER) is the one with this digest."""
    return lambda certificate: hashlib.new(digest, certificate).digest() == value
