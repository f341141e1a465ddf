"""The first step of signing: freeze what one signature covers (chuẩn bị ký).

Nothing is canonicalized here: SignedProperties and SignedInfo are written in canonical form, and the
record is canonical already. What depends on the certificate alone is kept, so that hundreds of
records for one signer cost little more than their digests.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from khue.core.errors import Invalid, Refused
from khue.signing.algorithms import Algorithm, default_for
from khue.signing.canonical import escape_text
from khue.signing.tbs import SlotRef, ToBeSigned
from khue.signing.trust.certificates import shown
from khue.signing.xades import grammar
from khue.signing.xades.binding import misfit_of
from khue.signing.xades.keys import Holder, holder_of, path_of, refusal
from khue.signing.xades.record import Place, Record, Section, Types, head_of
from khue.signing.xades.task import Frame, Made, frame_of, task_of


def prepare(
    target: Record | Section,
    slot: SlotRef,
    certificate: bytes,
    chain: Sequence[bytes],
    *,
    signing_time: dt.datetime,
    tbs_id: str,
    claimed_role: str = "",
    algorithm: Algorithm | None = None,
    types: Types | None = None,
) -> ToBeSigned:
    """What a key must sign for a slot (nội dung chờ ký).

    `target` is the record, or only the section while the rest of the record does not exist yet, which
    is possible in the first step. `claimed_role` is a second, free text beside the code of the role.
    Refused: a slot that is not there or whose turn it is not, a certificate that does not fit the
    slot, the algorithm or the time.
    """
    task = task_of(target, slot, types)
    moment = _whole_seconds(signing_time)
    pen = _pen(slot, certificate, tuple(chain), moment, claimed_role, algorithm)
    _check_holder(pen.holder, task.place, target)
    info = task.info(pen.algorithm, pen.properties)
    tbs = ToBeSigned(
        tbs_id, task.code, slot, pen.algorithm, info.digest, info.canonical, pen.written, certificate,
        pen.path, moment,
    )  # fmt: skip
    task.made = Made(tbs, info.text, pen.holder, pen.frame)
    return tbs


class _Pen(NamedTuple):
    """What all signatures have in common that one certificate gives in one slot at one moment."""

    holder: Holder
    algorithm: Algorithm
    properties: str
    written: bytes  # the same, encoded
    path: tuple[bytes, ...]
    frame: Frame


@lru_cache(maxsize=256)
def _pen(
    slot: SlotRef, certificate: bytes, chain: tuple[bytes, ...], moment: dt.datetime, claimed_role: str,
    algorithm: Algorithm | None,
) -> _Pen:  # fmt: skip
    """No signature is begun that the verifier would refuse because of when, or with what, somebody signs."""
    holder = holder_of(certificate)
    if not holder.valid_at(moment):
        raise Refused(
            "SIGN-134", name=holder.identity.name, start=shown(holder.not_before), end=shown(holder.not_after)
        )
    chosen = algorithm or (holder.fitting[0] if holder.fitting else default_for(holder.key))
    if chosen not in holder.fitting:
        raise Refused("SIGN-138", algorithm=chosen.value)
    properties = signed_properties(slot, holder.digest, moment, claimed_role)
    path = path_of(certificate, chain)
    frame = frame_of(slot, (certificate, *path), properties)
    return _Pen(holder, chosen, properties, properties.encode(), path, frame)


@lru_cache(maxsize=256)
def signed_properties(slot: SlotRef, certificate: str, moment: dt.datetime, claimed_role: str) -> str:
    """`xades:SignedProperties` in place: time, certificate, role, format of the data (EN 319 132-1, 5.2)."""
    printable = claimed_role.isprintable() and claimed_role == claimed_role.strip()
    if not printable or len(claimed_role) > grammar.LONGEST_ROLE:
        raise Invalid("SIGN-140", limit=grammar.LONGEST_ROLE)
    roles = [slot.role, *([escape_text(claimed_role)] if claimed_role else [])]
    return grammar.PROPERTIES.write(
        id=slot.signature_id,
        time=written(moment),
        certificate=certificate,
        roles="".join(grammar.CLAIMED_ROLE.write(role=role) for role in roles),
    )


@lru_cache(maxsize=256)
def written(moment: dt.datetime) -> str:
    """A moment as SigningTime writes it: UTC, whole seconds, Z."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _check_holder(holder: Holder, place: Place, target: Record | Section) -> None:
    """No signature is begun that the verifier would refuse because of who signs."""
    head = head_of(target) if isinstance(target, Record) else {}
    misfit = misfit_of(place.slot, holder.identity, signer=place.signer, head=head)
    if misfit is not None and misfit.certain:
        raise refusal(misfit.finding.code, misfit.finding.params)


def _whole_seconds(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise Invalid("SIGN-141")
    if moment.tzinfo is dt.UTC and not moment.microsecond:
        return moment
    return moment.astimezone(dt.UTC).replace(microsecond=0)
