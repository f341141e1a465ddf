"""The second step of signing: check what a key returned, then embed it (hoàn tất chữ ký).

Values come back swapped, cut short and twice. None is embedded before it has been verified against
the certificate and the digest, and against the record as it is now.
"""

from __future__ import annotations

from functools import lru_cache

from khue.core.errors import Conflict, Invalid, Refused
from khue.signing.algorithms import proven_value
from khue.signing.tbs import ToBeSigned
from khue.signing.xades import grammar
from khue.signing.xades.keys import holder_of, refusal
from khue.signing.xades.prepare import written
from khue.signing.xades.record import EmbeddedSignature, Record, Section, Types, layout_of, with_signatures
from khue.signing.xades.task import Made, Task, algorithm_of, embedded_of, frame_of, parts_of, task_of


def complete(
    target: Record | Section, tbs: ToBeSigned, raw: bytes, *, types: Types | None = None
) -> EmbeddedSignature:
    """The finished signature (chữ ký hoàn chỉnh) from a value as the provider returned it.

    `Conflict` if the record is no longer what was prepared (`SIGN-136`), `Refused` if the value is
    not this certificate's signature of this digest (`SIGN-137`, `SIGN-002`).
    """
    task = task_of(target, tbs.slot, types)
    made = task.made
    if made is None or made.tbs is not tbs:
        made = _made_again(task, tbs)
    return embedded_of(task, made, _genuine(made, raw))


def add(record: Record, embedded: EmbeddedSignature, types: Types | None = None) -> Record:
    """The record with one more signature at its place (thêm chữ ký).

    Refused: a slot that is taken, unknown or not yet due, and a signature made for another text.
    """
    task = task_of(record, embedded.slot, types)
    if embedded.known.get("task") is not task:
        _check_text(task, embedded)
    return with_signatures(record, _in_order(record, embedded, types))


def _made_again(task: Task, tbs: ToBeSigned) -> Made:
    """What was prepared at another time, or elsewhere, if the record still asks for it, byte for byte."""
    holder = holder_of(tbs.certificate)
    if tbs.algorithm not in holder.fitting:
        raise Refused("SIGN-138", algorithm=tbs.algorithm.value)
    properties = tbs.signed_properties.decode()
    info = task.info(tbs.algorithm, properties)
    same = (
        task.code == tbs.record_code
        and _said(properties) == (holder.digest, written(tbs.signing_time))
        and (tbs.digest, tbs.signed_info) == (info.digest, info.canonical)
    )
    if not same:
        raise Conflict("SIGN-136", slot=tbs.slot.signature_id)
    frame = frame_of(tbs.slot, (tbs.certificate, *tbs.chain), properties)
    return Made(tbs, info.text, holder, frame)


def _check_text(task: Task, embedded: EmbeddedSignature) -> None:
    """Refuse a signature that was not made for what the record now asks for in its slot."""
    parts = parts_of(embedded)
    algorithm = algorithm_of(parts["signed_info"])
    if algorithm is None:
        raise Invalid("SIGN-150", signature=embedded.slot.signature_id)
    signed, _, _ = parts["properties"].partition("<xades:UnsignedProperties>")
    if parts["signed_info"] != task.info(algorithm, signed).text:
        raise Conflict("SIGN-136", slot=embedded.slot.signature_id)


@lru_cache(maxsize=256)
def _said(properties: str) -> tuple[str, str] | None:
    """Certificate and time in SignedProperties; those of a batch are the same text."""
    found = grammar.PROPERTIES.read(properties)
    return (found["certificate"], found["time"]) if found is not None else None


def _genuine(made: Made, raw: bytes) -> bytes:
    """The value as it is embedded. It is verified here, always: nothing that comes back is believed."""
    tbs = made.tbs
    try:
        value = proven_value(made.holder.key, tbs.algorithm, tbs.digest, raw)
    except Invalid as error:
        raise refusal(error.code, error.params) from error
    if value is None:
        raise Refused("SIGN-137", slot=tbs.slot.signature_id)
    return value


def _in_order(
    record: Record, embedded: EmbeddedSignature, types: Types | None
) -> tuple[EmbeddedSignature, ...]:
    if not record.signatures:
        return (embedded,)
    order = layout_of(record, types).order
    return tuple(sorted((*record.signatures, embedded), key=lambda one: order[one.slot]))
