"""Programs on the signer's own computer (chương trình ký trên máy): VGCA Sign Service, and our agent.

A token is reached only from the computer it is plugged into, and a browser reaches it only through a
program that listens on 127.0.0.1. The server therefore writes the messages, the page carries them to the
program and posts back what it said, and the server reads that. Nothing here opens a connection.

VGCA Sign Service (the government's program, `wss://127.0.0.1:8987`) signs one hash per message:

    {"HashAlg": "SHA256", "HashValue": "<base64>", "Encode": "RSA"}
    {"Status": 0, "Signature": "<base64>", "CertBase64": "<base64>"}

so a class of 45 is 45 messages, one after the other. Our agent (`agent.py`) also takes one message for all.
The page posts `{"transaction": …, "answers": [{"id": …, "answer": {…}}]}`, or `{"transaction": …,
"answer": {…}}` for the message that carried all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar

from khue.core.errors import Invalid
from khue.signing.signers.base import Answer, Credential, HashToSign, Progress
from khue.signing.signers.handles import (
    Request,
    asked,
    by_name,
    certificate_of,
    chosen,
    decoded,
    encoded,
    read,
)

# --- What is not certain, as data. -------------------------------------------------------------------
# Message, fields and port as in public programs for schools; the path is that of its
# script library. What else `Encode` may be is not known, so other keys than RSA are refused.
VGCA_URL = "wss://127.0.0.1:8987/SignMsg"
HASH_NAMES = {"sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512"}
ENCODE = "RSA"
SIGNED = 0
CANCELLED = frozenset({1})  # the holder closed the dialogue, as one public program reads it; not documented
# ------------------------------------------------------------------------------------------------------
AGENT_URL = "ws://127.0.0.1:8986/"
LARGEST_POST = 4 * 1024 * 1024
LONGEST_DESCRIPTION = 200
_LEAF, _NODE = b"\0", b"\1"  # RFC 6962, 2.1


class Program(StrEnum):
    """Which program the page speaks to."""

    VGCA = "vgca"
    AGENT = "agent"


class LocalAgentSigner:
    """Signs through the page of the holder, with certificates that the school has registered for them.

    `begin` always waits: its handle has the address under «url» and the messages under «messages». What
    the page posts goes to `accept`; `poll` only says that nothing has come yet. To cancel is to drop the
    handle: a later post then finds no request.
    """

    kind: ClassVar[str] = "local"

    def __init__(
        self, credentials: Sequence[Credential], program: Program = Program.VGCA, *, url: str = ""
    ) -> None:
        self._credentials, self.program = list(credentials), program
        self.url = url or (VGCA_URL if program is Program.VGCA else AGENT_URL)

    def credentials(self) -> Sequence[Credential]:
        """Those that were registered."""
        return list(self._credentials)

    def begin(self, credential: str, hashes: Sequence[HashToSign], description: str) -> Answer:
        """The messages for the page; the same hashes give the same messages."""
        known = chosen(self._credentials, credential)
        request = asked(self.kind, known, hashes)
        if self.program is Program.VGCA:
            messages = [{"id": one.id, "message": message(one)} for one in request.hashes]
        else:
            messages = [{"message": batch_message(request, known.certificate, description)}]
        root = batch_root([one.digest for one in request.hashes]).hex()
        request = request.having(
            program=self.program.value, url=self.url, messages=messages, root=root,
            certificate=encoded(known.certificate),
        )  # fmt: skip
        return request.waiting()

    def poll(self, handle: Mapping[str, Any]) -> Answer:
        """Still waiting for the page, unless the request has ended."""
        request = read(handle, self.kind)
        return request.end() or request.waiting()

    def cancel(self, handle: Mapping[str, Any]) -> None:
        """Nobody is asking: the page stops when the holder leaves it."""
        read(handle, self.kind)

    def accept(self, handle: Mapping[str, Any], posted: bytes) -> Answer:
        """Read what the page posted: ids, counts, sizes, and that the program used the chosen certificate."""
        request = read(handle, self.kind)
        if (end := request.end()) is not None:
            return end
        body = _body(posted)
        if body.get("transaction") != request.transaction:
            raise Invalid("SIGN-342")
        if request.state["program"] == Program.VGCA:
            answers = [(row.get("id"), _object(row.get("answer"))) for row in _rows(body.get("answers"))]
        else:
            answers = list(_spread(request, _object(body.get("answer"))))
        return _judged(request, answers)


def message(one: HashToSign) -> dict[str, str]:
    """One hash as VGCA Sign Service takes it (`vgca_sign_msg`)."""
    kind, _, name = one.algorithm.value.rpartition("-")
    if kind != "rsa":
        raise Invalid("SIGN-366", algorithm=one.algorithm.value)
    return {"HashAlg": HASH_NAMES[name], "HashValue": encoded(one.digest), "Encode": ENCODE}


def batch_message(request: Request, certificate: bytes, description: str) -> dict[str, Any]:
    """All hashes as our agent takes them; the certificate tells the key where only its file is known."""
    return {
        "Action": "sign_batch",
        "RequestId": request.transaction,
        "Key": request.credential,
        "CertBase64": encoded(certificate),
        "Description": description[:LONGEST_DESCRIPTION],
        "Hashes": [
            {"Id": one.id, "Algorithm": one.algorithm.value, "HashValue": encoded(one.digest)}
            for one in request.hashes
        ],
    }


def read_certificate(posted: bytes) -> Credential:
    """The certificate that a program used, for a school to register it (`SIGN-362` if there is none).

    Programs let VGCA Sign Service sign any hash and look at `CertBase64`. Its script library also has an
    address «GetCertInfo», whose answer is not known here.
    """
    der = certificate_of(_object(_body(posted).get("answer")).get("CertBase64"))
    if der is None:
        raise Invalid("SIGN-362")
    return Credential(hashlib.sha256(der).hexdigest()[:32], der)


def batch_root(digests: Sequence[bytes]) -> bytes:
    """One digest over all of a batch (RFC 6962, 2.1), shown on the page and by the agent, to compare."""
    if len(digests) == 1:
        return hashlib.sha256(_LEAF + digests[0]).digest()
    half = 1 << (len(digests) - 1).bit_length() - 1
    return hashlib.sha256(_NODE + batch_root(digests[:half]) + batch_root(digests[half:])).digest()


def _judged(request: Request, answers: Sequence[tuple[object, Mapping[str, Any]]]) -> Answer:
    """The end of a request from the answers of the program, each with the id it was asked under."""
    signed = [(id_, one) for id_, one in answers if one.get("Status") == SIGNED]
    certificate = decoded(request.state["certificate"])
    right = [(id_, one) for id_, one in signed if certificate_of(one.get("CertBase64")) == certificate]
    values, trouble = by_name(request.hashes, [(id_, one.get("Signature")) for id_, one in right])
    if len(right) < len(signed):
        return request.ended(Progress.FAILED, values, "SIGN-360")
    failed = next((one for _id, one in answers if one.get("Status") != SIGNED), None)
    if failed is not None and failed.get("Status") in CANCELLED:
        return request.ended(Progress.REFUSED, values, "SIGN-365")
    if failed is not None:
        return request.ended(
            Progress.FAILED, values, "SIGN-361", got=len(values), count=len(request.hashes),
            status=str(failed.get("Status"))[:20],
            message=str(failed.get("Message") or "?")[:LONGEST_DESCRIPTION],
        )  # fmt: skip
    return request.collected(values, trouble)


def _spread(request: Request, answer: Mapping[str, Any]) -> Iterator[tuple[object, Mapping[str, Any]]]:
    """The answer to a batch as answers to its hashes."""
    shared = {name: answer.get(name) for name in ("Status", "Message", "CertBase64")}
    if shared["Status"] != SIGNED or answer.get("RequestId") != request.transaction:
        failure = shared if shared["Status"] != SIGNED else {"Status": -1, "Message": "RequestId"}
        yield "", failure
        return
    for row in _rows(answer.get("Signatures")):
        yield row.get("Id"), {**shared, "Signature": row.get("Signature")}


def _body(posted: bytes) -> Mapping[str, Any]:
    """The object that the page posted (`SIGN-362`)."""
    if len(posted) > LARGEST_POST:
        raise Invalid("SIGN-362")
    try:
        body = json.loads(posted)
    except (ValueError, RecursionError) as error:
        raise Invalid("SIGN-362") from error
    if not isinstance(body, dict):
        raise Invalid("SIGN-362")
    return body


def _rows(value: object) -> Iterator[Mapping[str, Any]]:
    if not isinstance(value, list):
        raise Invalid("SIGN-362")
    for row in value:
        yield _object(row)


def _object(value: object) -> Mapping[str, Any]:
    """An object, or the JSON text of one, as the program's script hands it to the page."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise Invalid("SIGN-362") from error
    if not isinstance(value, dict):
        raise Invalid("SIGN-362")
    return value
