"""The operation format on the wire: what the grid, and later off-line work, sends and receives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from khue.core.errors import Invalid
from khue.core.ids import from_short, short
from khue.kit.errors import sentence
from khue.modules.gradebook import words
from khue.modules.gradebook.data import BatchResult, Operation, OperationResult

if TYPE_CHECKING:
    from uuid import UUID

BODY_LIMIT = 512 * 1024


class WireOperation(msgspec.Struct, forbid_unknown_fields=True):
    """One operation as sent: identities in their short form."""

    op_id: str
    pupil: str
    slot: str
    value: str
    base: Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
    state: str = ""


class WireBatch(msgspec.Struct, forbid_unknown_fields=True):
    """A batch for one sheet."""

    sheet: str
    ops: list[WireOperation]


_decoder = msgspec.json.Decoder(WireBatch)


def read_batch(body: bytes, sheet_id: UUID) -> list[Operation]:
    """The operations of a request body; anything malformed is refused whole (`GRADE-011`)."""
    if len(body) > BODY_LIMIT:
        raise Invalid("KIT-004")
    try:
        batch = _decoder.decode(body)
        operations = [
            Operation(from_short(op.op_id), from_short(op.pupil), op.slot, op.value, op.base, op.state)
            for op in batch.ops
        ]
        wrong_sheet = from_short(batch.sheet) != sheet_id
    except (msgspec.MsgspecError, Invalid) as error:
        raise Invalid("GRADE-011") from error
    if wrong_sheet:
        raise Invalid("GRADE-011")
    return operations


def batch_answer(result: BatchResult) -> bytes:
    """The answer to a batch: only what the page does not know already, so that 45 marks stay small."""
    return msgspec.json.encode(
        {
            "results": [_result(item) for item in result.results],
            "rows": [{"pupil": short(pupil), "calc": dict(values)} for pupil, values in result.calculated],
            "seq": result.sequence,
        }
    )


def _result(item: OperationResult) -> dict[str, Any]:
    answer: dict[str, Any] = {"op_id": short(item.op_id), "status": item.status, "version": item.version}
    if item.status in {"done", "same"}:
        # What was sent may have been normalized: 7 → 7.0.
        answer["value"] = item.value
        if item.state not in {"MARK", "EMPTY"}:
            answer["state"] = item.state
        return answer
    params: dict[str, object] = dict(item.params)
    if item.status == "conflict":
        params = {
            "by": item.by, "value": words.content(item.state, item.value), "at": words.moment(item.at),
        }  # fmt: skip
    answer |= {
        "value": item.value, "state": item.state, "by": item.by,
        "at": item.at.isoformat() if item.at else "", "code": item.code,
        "message": sentence(item.code, params),
    }  # fmt: skip
    return answer
