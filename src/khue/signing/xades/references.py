"""What a signature must cover, computed from the record and never read from the signature (tham chiếu)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from khue.signing.algorithms import RULES, SHA256_URI, Algorithm
from khue.signing.canonical import digest
from khue.signing.xades import grammar
from khue.signing.xades.keys import encode

_VALUE = re.split(r"\{\w+\}", grammar.alone(grammar.VALUE.text, grammar.IN_VALUE))
_COUNTERSIGNED = re.split(
    r"\{\w+\}",
    grammar.REFERENCE.write(kind=f'Type="{grammar.COUNTERSIGNED}"', target="{id}-value", method=SHA256_URI,
                            digest="{digest}"),
)  # fmt: skip
_HOLE = "\x00"  # no text of a record has it
Covered = tuple[str, str]  # Id of an earlier signature, digest of its SignatureValue in base64


def signed_info_of(
    signature_id: str,
    algorithm: Algorithm,
    data: tuple[str, str],
    earlier: Iterable[Covered],
    properties: str,
) -> str:
    """`ds:SignedInfo` in place. `data`: Id of what the slot covers, and its digest in base64."""
    return signed_info_around(
        (signature_id, RULES[algorithm].uri, data[0]), data[1],
        "".join([countersigned(*one) for one in earlier]), properties_digest(properties),
    )  # fmt: skip


def countersigned(signature_id: str, value: str) -> str:
    """The reference to an earlier signature, with the digest of its SignatureValue in base64."""
    return f"{_COUNTERSIGNED[0]}{signature_id}{_COUNTERSIGNED[1]}{value}{_COUNTERSIGNED[2]}"


def signed_info_around(frame: tuple[str, str, str], data: str, earlier: str, properties: str) -> str:
    """`ds:SignedInfo` with the digest of the data and the references to earlier signatures as they stand.

    `frame`: Id of the signature, address of the algorithm, Id of the data. `properties`: their digest.
    """
    first, second, third, last = _frame(*frame)
    return f"{first}{data}{second}{earlier}{third}{properties}{last}"


@lru_cache(maxsize=4096)
def _frame(signature_id: str, method: str, data_id: str) -> list[str]:
    """What stands around the digest of the data, the earlier signatures and the digest of the properties.

    The signatures of the same slots stand in the records of a whole class.
    """
    kind = f'Type="{grammar.SIGNED_PROPERTIES}"'
    data = _reference(f'Id="{signature_id}-data"', data_id, _HOLE)
    properties = _reference(kind, f"{signature_id}-properties", _HOLE)
    return grammar.SIGNED_INFO.write(method=method, references=f"{data}{_HOLE}{properties}").split(_HOLE)


def fresh_digest(properties: str) -> str:
    """The digest of SignedProperties, given as they stand in the file."""
    return encode(digest(grammar.alone(properties, grammar.IN_PROPERTIES).encode()))


# Who signs, signs many records in one second with the same properties; who verifies meets each once.
properties_digest = lru_cache(maxsize=256)(fresh_digest)


def value_element(signature_id: str, value: str) -> bytes:
    """The canonical form of a `ds:SignatureValue` alone: what later signatures and time-stamps cover."""
    return f"{_VALUE[0]}{signature_id}{_VALUE[1]}{value}{_VALUE[2]}".encode()


def value_digest(signature_id: str, value: str) -> str:
    """Its digest in base64."""
    return encode(digest(value_element(signature_id, value)))


def _reference(kind: str, target: str, value: str) -> str:
    return grammar.REFERENCE.write(kind=kind, target=target, method=SHA256_URI, digest=value)
