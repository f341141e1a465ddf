"""VNPT SmartCA (ký số trên điện thoại của VNPT): several hashes, one confirmation in the app.

The interface is that of Quyết định 769/QĐ-BTTTT (2022), which all public CAs were told to offer; hence
«sp769» in its addresses. Values come back under the id of each document, by asking (`poll`) or by a call
of the service to us (`accept_webhook`). A transaction number may be used once: asking twice for the same
hashes is refused by the service, so we look the first one up instead of making the phone ring again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from khue.core.errors import Invalid, Refused
from khue.signing.signers.base import Answer, Credential, Progress
from khue.signing.signers.handles import Request, by_name, certificate_of, read, without_root
from khue.signing.signers.http import NEVER_SENT, TRANSIENT, Reply, Service
from khue.signing.signers.remote import RemoteSigner
from khue.signing.signers.secrets import Secrets

PRODUCTION = "https://gwsca.vnpt.vn/sca/sp769"
TRIAL = "https://rmgateway.vnptit.vn/sca/sp769"

# --- What is not certain, as data. -------------------------------------------------------------------
# «Tài liệu tích hợp VNPT SmartCA», section 3, answers a request with status_code 200 and this message,
# and a finished one with «SUCCESS»; its table of errors has 200, 400, 401, 403, 500.
WAITING_MESSAGES = frozenset({"sig_wait_for_user_confirm"})
DONE_MESSAGES = frozenset({"success"})
# How refusal and expiry are told in a status is not in that document. The codes are those that programs
# in use compare with (1 done, 4001 nobody confirmed, 4002 refused, 4000 and 6000 not yet, as at other CAs).
CODES: dict[str, Progress] = {
    "1": Progress.DONE,
    "4000": Progress.WAITING,
    "6000": Progress.WAITING,
    "4001": Progress.EXPIRED,
    "4002": Progress.REFUSED,
}
# Where the code is missing, words of the message decide (seen in programs in use).
WORDS: tuple[tuple[str, Progress], ...] = (
    ("expire", Progress.EXPIRED), ("timeout", Progress.EXPIRED), ("reject", Progress.REFUSED),
    ("deny", Progress.REFUSED), ("denied", Progress.REFUSED), ("refuse", Progress.REFUSED),
    ("wait", Progress.WAITING), ("pending", Progress.WAITING),
)  # fmt: skip
# The document calls {tranId} «the id of the transaction that 3.3 returned», which returns two: its own
# samples use transaction_id, other programs tran_code. The first is asked, then the second.
STATUS_BY = ("tran_code", "transaction_id")
UNKNOWN = frozenset({400, 404})  # how a status answers for a number that it does not know
ACTIVE = frozenset({"", "đang hoạt động", "active", "valid"})  # cert_status of certificates that can sign
FILE_TYPE = "xml"  # «xml/json/word/pdf/…»; it is shown, the hash is what counts
BATCH = 100  # the document names no limit; more than this has not been seen
# ------------------------------------------------------------------------------------------------------
ATTEMPTS = 5
_ENDS = {Progress.REFUSED: "SIGN-331", Progress.EXPIRED: "SIGN-332"}


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks (the platform, `sp_id`), and for whom (CCCD of a person, tax code of a school)."""

    sp_id: str
    user_id: str


class SmartCaSigner(RemoteSigner):
    """Signs with the certificates of one subscriber; asks `Secrets` for «sp_password»."""

    kind: ClassVar[str] = "smartca"
    patience = dt.timedelta(minutes=5)

    def __init__(
        self,
        service: Service,
        secrets: Secrets,
        account: Account,
        *,
        now: Callable[[], dt.datetime],
        batch_limit: int = BATCH,
    ) -> None:
        super().__init__(service, secrets, now=now)
        self.account, self.batch_limit = account, batch_limit

    def credentials(self) -> Sequence[Credential]:
        """The active certificates of the subscriber, each named by its serial number."""
        body = self._body(f"list-{self.account.user_id}") | {"serial_number": ""}
        reply = self._post("v1/credentials/get_certificate", body, again=True)
        if not self._good(reply):
            raise self.service.refusal(reply)
        listed = _object(reply.get("data")).get("user_certificates")
        return [found for row in listed or () if (found := self._credential(_object(row))) is not None]

    def accept_webhook(self, handle: Mapping[str, Any], body: bytes) -> Answer:
        """What the service posted to us about this request; anything that is not about it is refused.

        Anybody can call an address, so this is no more than news: the values are verified like all others,
        and a refusal is believed only when `poll` says so too.
        """
        request = read(handle, self.kind)
        told = webhook(body)
        if told.get("sp_id") != self.account.sp_id or told.get("transaction_id") != _number(request):
            raise Invalid("SIGN-342")
        if not told.get("signed_files"):
            return self.poll(handle)
        if (end := request.end()) is not None:
            return end
        values, trouble = by_name(request.hashes, _pairs(told["signed_files"]))
        if trouble:
            return self.poll(handle)
        return self._kept(request.collected(values, ""))

    # --- a request ----------------------------------------------------------------------------------

    def _ask(self, request: Request, description: str) -> Answer:
        for attempt in range(request.state["attempt"], request.state["attempt"] + ATTEMPTS):
            request = request.having(attempt=attempt)
            if self._cancelled(request):
                continue
            answer = self._try(request, description)
            if answer.progress in (Progress.WAITING, Progress.DONE):
                return answer
        return answer

    def _try(self, request: Request, description: str) -> Answer:
        """Ask under one transaction number; if that one is taken, how it stands."""
        files = [
            {
                "doc_id": one.id, "file_type": FILE_TYPE, "sign_type": "hash",
                "data_to_be_signed": one.digest.hex(),
            }
            for one in request.hashes
        ]  # fmt: skip
        body = self._body(_number(request)) | {
            "transaction_desc": description[:200], "serial_number": request.credential, "sign_files": files,
            "time_stamp": self._now().astimezone(dt.UTC).strftime("%Y%m%d%H%M%SZ"),
        }  # fmt: skip
        try:
            reply = self._post("v1/signatures/sign", body)
        except Refused as error:
            if error.code in NEVER_SENT or error.code not in TRANSIENT:
                raise
            # It may have arrived. Its number is ours, so its status will tell; asking anew would ring twice.
            return request.waiting(error.code, **error.params)
        if self._good(reply):
            code = _object(reply.get("data")).get("tran_code")
            return request.having(tran_code=str(code or "")).waiting("SIGN-330", service=self.service.name)
        answer = self._look(request)
        if answer.code == "SIGN-340":
            raise self.service.refusal(reply)
        return answer

    def _look(self, request: Request) -> Answer:
        names = {"tran_code": request.state.get("tran_code"), "transaction_id": _number(request)}
        for name in (names[by] for by in STATUS_BY if names[by]):
            reply = self._post(f"v1/signatures/sign/{name}/status", {}, again=True)
            if reply.status not in UNKNOWN and str(reply.get("status_code")) not in map(str, UNKNOWN):
                return self._read(request, reply)
        return request.ended(Progress.FAILED, code="SIGN-340", service=self.service.name)

    def _read(self, request: Request, reply: Reply) -> Answer:
        """A status in our words."""
        files = _object(reply.get("data")).get("signatures")
        progress = _progress(reply, has_files=bool(files))
        if progress is Progress.WAITING:
            return request.waiting("SIGN-330", service=self.service.name)
        if progress is Progress.DONE:
            return request.collected(*by_name(request.hashes, _pairs(files)))
        if progress in _ENDS:
            return request.ended(progress, code=_ENDS[progress])
        reason = reply.reason()
        return request.ended(Progress.FAILED, code="SIGN-333", service=self.service.name, reason=reason)

    # --- the service --------------------------------------------------------------------------------

    def _body(self, transaction: str) -> dict[str, Any]:
        return {
            "sp_id": self.account.sp_id, "sp_password": self.secrets.ask("sp_password", ""),
            "user_id": self.account.user_id, "transaction_id": transaction,
        }  # fmt: skip

    def _post(self, path: str, body: Mapping[str, Any], *, again: bool = False) -> Reply:
        reply = self.service.post(path, body, again=again)
        if reply.get("status_code") in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Refused("SIGN-324", service=self.service.name, reason=reply.reason())
        return reply

    def _good(self, reply: Reply) -> bool:
        return reply.good and reply.get("status_code") in (HTTPStatus.OK, str(HTTPStatus.OK.value), None)

    def _credential(self, row: Mapping[str, Any]) -> Credential | None:
        leaf = certificate_of(row.get("cert_data"))
        if leaf is None or str(row.get("cert_status") or "").casefold() not in ACTIVE:
            return None
        issuer = certificate_of(_object(row.get("chain_data")).get("ca_cert"))
        chain = without_root([issuer]) if issuer else ()
        return Credential(str(row.get("serial_number")), leaf, chain, self.batch_limit)


def webhook(body: bytes) -> dict[str, Any]:
    """The object in a call of the service to us (its document, 3.5); refuses what is none (`SIGN-342`)."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Invalid("SIGN-342") from error
    if not isinstance(told, dict):
        raise Invalid("SIGN-342")
    return told


def _number(request: Request) -> str:
    """The transaction number: from ids and digests, and which attempt it is."""
    attempt = request.state["attempt"]
    return request.transaction if attempt == 1 else f"{request.transaction}-{attempt}"


def _progress(reply: Reply, *, has_files: bool) -> Progress:
    code, message = str(reply.get("status_code")), str(reply.get("message") or "").strip().casefold()
    if code in CODES:
        return CODES[code]
    if message in WAITING_MESSAGES or (message in DONE_MESSAGES and not has_files):
        return Progress.WAITING
    if has_files and reply.good:
        return Progress.DONE
    return next((progress for word, progress in WORDS if word in message), Progress.FAILED)


def _pairs(files: object) -> Iterator[tuple[object, object]]:
    for row in files if isinstance(files, list) else ():
        yield _object(row).get("doc_id"), _object(row).get("signature_value")


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
