"""What a signature must cover, computed from the record and never read from the signature (tham chiếu)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from khue.signing.algorithms import RULES, SHA256_URI, Algorithm
from khue.signing.canonical import digest
from khue.signing.xades import grammar
from khue.signing.xades.keys import encode

Covered = tuple[str, str]  # Id of an earlier signature, digest of its SignatureValue in base64


def signed_info_of(
    signature_id: str,
    algorithm: Algorithm,
    data: tuple[str, str],
    earlier: Iterable[Covered],
    properties: str,
) -> str:
    """`ds:SignedInfo` in place. `data`: Id of what the slot covers, and its digest in base64."""
    references = [_reference(f'Id="{signature_id}-data"', *data)]
    kind = f'Type="{grammar.COUNTERSIGNED}"'
    references += [_reference(kind, f"{other}-value", value) for other, value in earlier]
    kind = f'Type="{grammar.SIGNED_PROPERTIES}"'
    references.append(_reference(kind, f"{signature_id}-properties", properties_digest(properties)))
    return grammar.SIGNED_INFO.write(method=RULES[algorithm].uri, references="".join(references))


@lru_cache(maxsize=256)
def properties_digest(properties: str) -> str:
    """The digest of SignedProperties, given as they stand in the file."""
    return _digest(grammar.alone(properties, grammar.IN_PROPERTIES))


def value_element(signature_id: str, value: str) -> bytes:
    """The canonical form of a `ds:SignatureValue` alone: what later signatures and time-stamps cover."""
    return grammar.alone(grammar.VALUE.write(id=signature_id, value=value), grammar.IN_VALUE).encode()


def value_digest(signature_id: str, value: str) -> str:
    """Its digest in base64."""
    return encode(digest(value_element(signature_id, value)))


def _reference(kind: str, target: str, value: str) -> str:
    return grammar.REFERENCE.write(kind=kind, target=target, method=SHA256_URI, digest=value)


def _digest(text: str) -> str:
    return encode(digest(text.encode()))
