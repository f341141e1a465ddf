"""Viettel MySign (ký số trên điện thoại của Viettel): its gateway, and its older CSC interface.

`MySignSigner` speaks to the gateway (`vtss`): a request is answered at once with a number, and its status
is asked until the holder has confirmed in the app, for which there are about 100 seconds. `ras_signer`
speaks to the older interface (`adss/service/ras`): version 1 of the CSC API after a login of its own,
where `authorize` keeps the line open until the holder confirms.

The gateway gives a request a number of its own and has no field for ours, so that asking twice is caught
by what `Secrets` remembers, not by the service.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from khue.core.errors import Invalid, NotFound, Refused
from khue.signing.signers import csc_answers as answers
from khue.signing.signers.base import Answer, Credential, Progress
from khue.signing.signers.csc import CscSigner, Options, token_of
from khue.signing.signers.handles import Request, by_position, encoded
from khue.signing.signers.http import Reply, Service
from khue.signing.signers.remote import RemoteSigner
from khue.signing.signers.secrets import Secrets

HOST = "https://remotesigning.viettel.vn"

# --- What is not certain, as data. -------------------------------------------------------------------
# Paths, fields and codes as public programs describe «MySign Integration Document» 1.8 and 1.9 (2025);
# the paths of the older interface as in older public programs.
LOGIN, CERTIFICATES = "vtss/service/ras/v1/login", "vtss/service/certificates/info"
SIGN, STATUS = "vtss/service/signHash", "vtss/service/requests/status"
RAS_LOGIN, RAS_API = "adss/service/ras/v1/login", "adss/service/ras/csc/v1"
PROFILE = "adss:ras:profile:001"
POLLED = 2  # `async`: 0 waits, 1 and 2 are polled, 3 calls back
# `description` and `document_name` are base64 of at most this many characters.
LONGEST_TEXT = 96
STATES: dict[str, tuple[Progress, str]] = {
    "1": (Progress.DONE, ""),
    "0": (Progress.WAITING, "SIGN-330"),
    "4000": (Progress.WAITING, "SIGN-330"),  # for the holder
    "6000": (Progress.WAITING, "SIGN-330"),  # confirmed, being signed
    "4001": (Progress.EXPIRED, "SIGN-332"),
    "4002": (Progress.REFUSED, "SIGN-331"),
    "4005": (Progress.FAILED, "SIGN-334"),
    "13004": (Progress.FAILED, "SIGN-335"),
}
# ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks (`client_id`) and for whom: «CMT_» and the number of a person, «MST_» and a tax code."""

    client_id: str
    user_id: str
    profile_id: str = PROFILE

    def login(self, secrets: Secrets) -> dict[str, str]:
        """The fields by which every call names them."""
        return {
            "client_id": self.client_id, "client_secret": secrets.ask("client_secret", ""),
            "profile_id": self.profile_id, "user_id": self.user_id,
        }  # fmt: skip


class MySignSigner(RemoteSigner):
    """Signs with the certificates of one user; asks `Secrets` for «client_secret»."""

    kind: ClassVar[str] = "mysign"
    patience = dt.timedelta(seconds=100)

    def __init__(
        self,
        service: Service,
        secrets: Secrets,
        account: Account,
        *,
        now: Callable[[], dt.datetime],
        batch_limit: int = 0,
    ) -> None:
        super().__init__(service, secrets, now=now)
        self.account, self.batch_limit = account, batch_limit

    def credentials(self) -> Sequence[Credential]:
        """The valid certificates of the user; `multisign` limits a batch, or a smaller limit of ours."""
        found = []
        for one in self._known():
            known, limits = one.credential, [limit for limit in (one.multisign, self.batch_limit) if limit]
            found.append(Credential(known.key, known.certificate, known.chain, min(limits)))
        return found

    # --- a request ----------------------------------------------------------------------------------

    def _ask(self, request: Request, description: str) -> Answer:
        known = next((one for one in self._known() if one.credential.key == request.credential), None)
        if known is None:
            raise NotFound("SIGN-305", credential=request.credential)
        oid = answers.sign_oid(request.hashes[0].algorithm, known.algorithms)
        if not oid:
            raise Invalid("SIGN-306", algorithm=request.hashes[0].algorithm.value, key=known.credential.key)
        documents = [{"document_id": one.id, "document_name": _text(one.id)} for one in request.hashes]
        body = {
            "credentialID": request.credential, "numSignatures": len(request.hashes),
            "description": _text(description), "documents": documents, "signAlgo": oid, "async": POLLED,
            **answers.bound(1, request.hashes),
        }  # fmt: skip
        reply = self._call(SIGN, self._client() | body)
        number = reply.get("transactionId")
        if not reply.good or not isinstance(number, str) or not number:
            raise self.service.refusal(reply)
        return request.having(number=number).waiting("SIGN-330", service=self.service.name)

    def _look(self, request: Request) -> Answer:
        reply = self._call(STATUS, {"transactionId": request.state["number"]}, again=True)
        state = str(reply.get("status"))
        progress, code = STATES.get(state, (Progress.FAILED, "SIGN-333"))
        if progress is Progress.WAITING:
            return request.waiting(code, service=self.service.name)
        if progress is Progress.DONE:
            return request.collected(*by_position(request.hashes, reply.get("signatures")))
        if progress is not Progress.FAILED:
            return request.ended(progress, code=code)
        params: dict[str, str] = {"reason": reply.reason()} if code == "SIGN-333" else {}
        return request.ended(progress, None, code, service=self.service.name, **params)

    # --- the service --------------------------------------------------------------------------------

    def _known(self) -> list[answers.Known]:
        more = {"certificates": "chain", "certInfo": True, "authInfo": True}
        reply = self._call(CERTIFICATES, {**self.account.login(self.secrets), **more}, again=True)
        if not reply.good or not isinstance(reply.data, list):
            raise self.service.refusal(reply)
        rows = (row for row in reply.data if isinstance(row, dict) and row.get("credential_id"))
        found = (answers.known(str(row["credential_id"]), row) for row in rows)
        return [one for one in found if one is not None and one.enabled]

    def _client(self) -> dict[str, str]:
        login = self.account.login(self.secrets)
        return {name: login[name] for name in ("client_id", "client_secret")}

    def _call(self, path: str, body: Mapping[str, Any], *, again: bool = False) -> Reply:
        """A call with the access token of this user; once more with a new one when it is not taken."""
        name = f"token/{self.service.base_url}/{self.account.client_id}/{self.account.user_id}"
        token = self.secrets.recall(name)
        if token:
            try:
                return self.service.post(path, body, token=token, again=again)
            except Refused as error:
                if error.code != "SIGN-324":
                    raise
        login = self.service.post(LOGIN, self.account.login(self.secrets), again=True)
        token, seconds = token_of(self.service, login)
        self.secrets.keep(name, token, max(seconds - 60, 1))
        return self.service.post(path, body, token=token, again=again)


def ras_signer(
    service: Service, login_at: Service, secrets: Secrets, account: Account, *, now: Callable[[], dt.datetime]
) -> CscSigner:
    """A signer for the older interface: `service` (time-out 110 s) at HOST/RAS_API, `login_at` at HOST."""

    def login(_service: Service, known: Secrets) -> tuple[str, int]:
        return token_of(login_at, login_at.post(RAS_LOGIN, account.login(known), again=True))

    options = Options(user_id=account.user_id, version=1)
    return CscSigner(service, secrets, now=now, options=options, login=login)


def _text(text: str) -> str:
    """Text as base64 within the limit, cut between letters."""
    while len(shown := encoded(text.encode())) > LONGEST_TEXT:
        text = text[:-1]
    return shown
