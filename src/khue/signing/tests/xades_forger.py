"""A signer who leaves the profile, for the tests: his key signs whatever he has made of the texts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from khue.signing.algorithms import RULES, Algorithm
from khue.signing.tests.xades_world import HOMEROOM, pair_of, prepared, report_on, year_record
from khue.signing.xades import grammar
from khue.signing.xades.keys import encode, key_info_of, smallest
from khue.signing.xades.record import EmbeddedSignature

Edit = Callable[[str], str]


def same(text: str) -> str:
    return text


def swap(before: str, after: str, count: int = 1) -> Edit:
    def edit(text: str) -> str:
        assert before in text
        return text.replace(before, after, count)

    return edit


def forged(
    properties: Edit = same, info: Edit = same, whole: Edit = same, *, key=None, certificate: bytes = b"",
    key_info: str = "", value: Callable[[bytes], bytes] | None = None, algorithm: Algorithm | None = None,
):  # fmt: skip
    """The report on a record whose one signature is the key's, over whatever the edits have made."""
    pair = pair_of(HOMEROOM)
    key = key or pair.key
    base = year_record()
    tbs = prepared(base, HOMEROOM, algorithm=algorithm) if not certificate else prepared(
        base, HOMEROOM, certificate=certificate, algorithm=algorithm
    )  # fmt: skip
    text = properties(tbs.signed_properties.decode())
    digest = encode(hashlib.sha256(grammar.alone(text, grammar.IN_PROPERTIES).encode()).digest())
    old = encode(
        hashlib.sha256(grammar.alone(tbs.signed_properties.decode(), grammar.IN_PROPERTIES).encode()).digest()
    )
    signed_info = info(tbs.signed_info.decode().replace(old, digest))
    raw = value(signed_info.encode()) if value else value_of(key, signed_info.encode(), tbs.algorithm)
    signature = whole(
        grammar.SIGNATURE.write(
            id=HOMEROOM.signature_id,
            signed_info=grammar.in_place(signed_info, grammar.IN_SIGNED_INFO),
            value=encode(raw),
            key_info=key_info or key_info_of((tbs.certificate, *tbs.chain)),
            properties=text,
        )
    )
    return report_on(replace(base, signatures=(EmbeddedSignature(HOMEROOM, signature),)), complete=False)


def value_of(key, signed_info: bytes, algorithm: Algorithm) -> bytes:
    name = RULES[algorithm].digest
    digest = hashlib.new(name, signed_info).digest()
    prehashed = utils.Prehashed(getattr(hashes, name.upper())())
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(digest, padding.PKCS1v15(), prehashed)
    r, s = utils.decode_dss_signature(key.sign(digest, ec.ECDSA(prehashed)))
    size = (key.curve.key_size + 7) // 8
    return smallest(key.public_key(), r.to_bytes(size) + s.to_bytes(size))
