"""The second step of signing: check what a key returned, then embed it (hoàn tất chữ ký).

Values come back swapped, cut short and twice. None is embedded before it has been verified against
the certificate and the digest, and against the record as it is now.
"""

from __future__ import annotations

from functools import lru_cache

from khue.core.errors import Conflict, Invalid, Refused
from khue.signing.algorithms import is_genuine, xml_value
from khue.signing.tbs import ToBeSigned
from khue.signing.xades import grammar
from khue.signing.xades.keys import Holder, encode, holder_of, key_info_of, refusal, smallest
from khue.signing.xades.prepare import written
from khue.signing.xades.record import EmbeddedSignature, Record, Section, Types, places_of, with_signatures
from khue.signing.xades.references import algorithm_of, embedded_of, parts_of, task_info, task_of


def complete(
    target: Record | Section, tbs: ToBeSigned, raw: bytes, *, types: Types | None = None
) -> EmbeddedSignature:
    """The finished signature (chữ ký hoàn chỉnh) from a value as the provider returned it.

    `Conflict` if the record is no longer what was prepared (`SIGN-136`), `Refused` if the value is
    not this certificate's signature of this digest (`SIGN-137`, `SIGN-002`).
    """
    holder = holder_of(tbs.certificate)
    if tbs.algorithm not in holder.fitting:
        raise Refused("SIGN-138", algorithm=tbs.algorithm.value)
    properties = tbs.signed_properties.decode()
    signed_info = _unchanged(target, tbs, holder, properties, types)
    parts = {
        "id": tbs.slot.signature_id,
        "signed_info": signed_info,
        "value": encode(_genuine(holder, tbs, raw)),
        "key_info": key_info_of((tbs.certificate, *tbs.chain)),
        "properties": properties,
    }
    return embedded_of(tbs.slot, parts, tbs.algorithm)


def add(record: Record, embedded: EmbeddedSignature, types: Types | None = None) -> Record:
    """The record with one more signature at its place (thêm chữ ký).

    Refused: a slot that is taken, unknown or not yet due, and a signature made for another text.
    """
    slot = embedded.slot
    task = task_of(record, slot, types)
    parts = parts_of(embedded)
    algorithm = algorithm_of(embedded)
    signed, _, _ = parts["properties"].partition("<xades:UnsignedProperties>")
    if algorithm is None:
        raise Invalid("SIGN-150", signature=slot.signature_id)
    if parts["signed_info"] != task_info(task, algorithm, signed).text:
        raise Conflict("SIGN-136", slot=slot.signature_id)
    return with_signatures(record, _in_order(record, embedded, types))


def _unchanged(
    target: Record | Section, tbs: ToBeSigned, holder: Holder, properties: str, types: Types | None
) -> str:
    """`ds:SignedInfo` in place, if it is still what was prepared, byte for byte."""
    task = task_of(target, tbs.slot, types)
    info = task_info(task, tbs.algorithm, properties)
    same = (
        task.code == tbs.record_code
        and _said(properties) == (holder.digest, written(tbs.signing_time))
        and (tbs.digest, tbs.signed_info) == (info.digest, info.canonical)
    )
    if not same:
        raise Conflict("SIGN-136", slot=tbs.slot.signature_id)
    return info.text


@lru_cache(maxsize=256)
def _said(properties: str) -> tuple[str, str] | None:
    """Certificate and time in SignedProperties; those of a batch are the same text."""
    found = grammar.PROPERTIES.read(properties)
    return (found["certificate"], found["time"]) if found is not None else None


def _genuine(holder: Holder, tbs: ToBeSigned, raw: bytes) -> bytes:
    try:
        value = smallest(holder.key, xml_value(holder.key, raw))
    except Invalid as error:
        raise refusal(error.code, error.params) from error
    if not is_genuine(holder.key, tbs.algorithm, tbs.digest, value):
        raise Refused("SIGN-137", slot=tbs.slot.signature_id)
    return value


def _in_order(
    record: Record, embedded: EmbeddedSignature, types: Types | None
) -> tuple[EmbeddedSignature, ...]:
    order = [one.ref for one in places_of(record, types)]
    return tuple(sorted((*record.signatures, embedded), key=lambda one: order.index(one.slot)))
