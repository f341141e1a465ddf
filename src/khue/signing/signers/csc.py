"""Remote services that speak the CSC API (ký số từ xa theo chuẩn Cloud Signature Consortium).

Written after version 2.0.0.2, clauses 11.1 to 11.13; services of version 1.0.4.0 are spoken to with
`version=1`. One request of ours may need several authorisations, because `multisign` limits how many
signatures one of them allows, and several `signHash` calls within one, for which `extendTransaction` gives
the next activation data (SAD). A handle stores how far this came; the SAD and the access token never
stand in it. They are kept in `Secrets`, so a restart that loses those ends the request with `SIGN-339` and
what was signed until then.

The SAD is what makes each step happen once: after `signHash` it is spent, and a second call with it is
refused by the service.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from khue.core.errors import Invalid, KhueError, NotFound, Refused
from khue.signing.signers import csc_answers as answers
from khue.signing.signers.base import Answer, Credential, HashToSign, Progress
from khue.signing.signers.handles import Request, by_position, decoded, encoded
from khue.signing.signers.http import TRANSIENT, Reply, Service
from khue.signing.signers.remote import RemoteSigner
from khue.signing.signers.secrets import Secrets

HOUR = 3600
KEPT_MILLISECONDS = 15 * 60 * 1000  # how long an asynchronous service keeps the outcome for us


@dataclass(frozen=True, slots=True)
class Options:
    """How one service is used."""

    client_id: str = ""  # with it, an access token by client credentials; without, the token is asked for
    token_path: str = "oauth2/token"  # noqa: S105 - a path
    user_id: str = ""  # only where the token is not the user's own
    version: int = 2
    asynchronous: bool = False  # operationMode «A», answers by signPolling
    per_call: int = 0  # most hashes in one signHash; 0 for all of an authorisation


Login = Callable[[Service, Secrets], tuple[str, int]]  # an access token and its seconds


class CscSigner(RemoteSigner):
    """Signs at a CSC service for one user."""

    kind: ClassVar[str] = "csc"
    patience = dt.timedelta(minutes=10)

    def __init__(
        self,
        service: Service,
        secrets: Secrets,
        *,
        now: Callable[[], dt.datetime],
        options: Options | None = None,
        login: Login | None = None,
    ) -> None:
        super().__init__(service, secrets, now=now)
        self.options = options or Options()
        self._login = login or self._client_credentials

    def info(self) -> Mapping[str, Any]:
        """What the service says of itself (11.1)."""
        reply = self.service.post("info", {}, again=True)
        if not reply.good or not isinstance(reply.data, dict):
            raise self.service.refusal(reply)
        return reply.data

    def credentials(self) -> Sequence[Credential]:
        """The certificates of the user that can sign now. There is no batch limit: batches are cut here."""
        return [Credential(one.credential.key, one.credential.certificate, one.credential.chain)
                for one in self._known() if one.enabled]  # fmt: skip

    def timestamp(self, digest: bytes, algorithm: str = "sha256", *, nonce: str = "") -> bytes:
        """An RFC 3161 token over a digest, where the service offers stamps (11.13)."""
        body = {"hash": encoded(digest), "hashAlgo": answers.HASH_OIDS[algorithm]}
        reply = self._call("signatures/timestamp", body | ({"nonce": nonce} if nonce else {}))
        token = reply.get("timestamp")
        if not reply.good or not isinstance(token, str):
            raise self.service.refusal(reply)
        return decoded(token)

    # --- a request ----------------------------------------------------------------------------------

    def _ask(self, request: Request, description: str) -> Answer:
        known = next((one for one in self._known() if one.credential.key == request.credential), None)
        if known is None:
            raise NotFound("SIGN-305", credential=request.credential)
        if known.mode == "oauth2code":
            raise Refused("SIGN-343", service=self.service.name)
        oid = answers.sign_oid(request.hashes[0].algorithm, known.algorithms)
        if not oid:
            raise Invalid("SIGN-306", algorithm=request.hashes[0].algorithm.value, key=known.credential.key)
        request = request.having(
            at=0, granted=0, values={}, oid=oid, text=description[:200], multisign=known.multisign
        )
        return self._advance(self._authorize(request, known))

    def _look(self, request: Request) -> Answer:
        return self._advance(request)

    def _advance(self, request: Request) -> Answer:
        """Go on until there is something to wait for, or the end; keeps what is done if a step fails."""
        try:
            while request.state["at"] < len(request.hashes):
                step = self._step(request)
                if step is None:
                    return request.waiting("SIGN-330", service=self.service.name)
                request = step
                self._kept(request.waiting())
        except KhueError as error:
            if error.code in TRANSIENT:
                return request.waiting(error.code, **error.params)
            progress = ENDS.get(error.code, Progress.FAILED)
            return request.ended(progress, _values(request), error.code, **error.params)
        return request.collected(_values(request), str(request.state.get("trouble", "")))

    def _step(self, request: Request) -> Request | None:
        """One call to the service: what the request is afterwards, or nothing while the service waits."""
        if request.state.get("response"):
            return self._poll_signatures(request)
        if request.state.get("pending"):
            return self._check(request)
        if not request.state["granted"]:
            known = next(one for one in self._known() if one.credential.key == request.credential)
            return self._authorize(request, known)
        return self._sign(request)

    def _authorize(self, request: Request, known: answers.Known) -> Request:
        """Ask the holder (11.6); a SAD at once, or a handle to ask for it."""
        part = request.hashes[request.state["at"] :][: request.state["multisign"]]
        secrets = {name: self.secrets.ask(name.lower(), request.credential) for name in known.secrets}
        first = self._call_part(part)
        body = answers.authorization(self.options.version, known, first, len(part), secrets)
        body |= {"description": request.state["text"], "clientData": request.transaction}
        reply = self._call("credentials/authorize", body)
        return self._granted(request.having(granted=len(part)), reply)

    def _check(self, request: Request) -> Request | None:
        """Whether the holder has confirmed (11.7)."""
        reply = self._call("credentials/authorizeCheck", {"handle": request.state["pending"]})
        if reply.status == HTTPStatus.ACCEPTED:
            return None
        return self._granted(request, reply)

    def _granted(self, request: Request, reply: Reply) -> Request:
        sad, pending = reply.get("SAD"), reply.get("handle")
        if reply.status == HTTPStatus.ACCEPTED and pending:
            return request.having(pending=str(pending))
        if not reply.good or not isinstance(sad, str):
            raise self._refusal(reply)
        seconds = reply.get("expiresIn")
        self.secrets.keep(_place(request), sad, seconds if isinstance(seconds, int) else HOUR)
        return request.having(pending="")

    def _sign(self, request: Request) -> Request:
        """Spend the SAD (11.10)."""
        sad = self.secrets.recall(_place(request))
        if not sad:
            raise Refused("SIGN-339", service=self.service.name)
        part = self._present(request)
        body = answers.signing(self.options.version, part, sad, request.state["oid"])
        body |= {"credentialID": request.credential, "clientData": request.transaction}
        if self.options.asynchronous:
            body |= {"operationMode": "A", "validity_period": KEPT_MILLISECONDS}
        reply = self._call("signatures/signHash", body)
        response = reply.get("responseID")
        if reply.good and self.options.asynchronous and isinstance(response, str):
            return request.having(response=response)
        return self._signed(request, reply)

    def _poll_signatures(self, request: Request) -> Request | None:
        """Fetch the outcome of an asynchronous call (11.12); 202 while it is not there."""
        body = {"requestID": request.state["response"], "clientData": request.transaction}
        reply = self._call("signatures/signPolling", body)
        if reply.status == HTTPStatus.ACCEPTED:
            return None
        return self._signed(request, reply)

    def _signed(self, request: Request, reply: Reply) -> Request:
        """Take the values of one call, and the SAD for the next within the same authorisation (11.9)."""
        if not reply.good:
            raise self._refusal(reply)
        part = self._present(request)
        values, trouble = by_position(part, reply.get("signatures"))
        merged = {**request.state["values"], **{id_: encoded(value) for id_, value in values.items()}}
        spent = _place(request)
        sad = self.secrets.recall(spent)
        self.secrets.forget(spent)
        after = request.having(
            at=request.state["at"] + len(part), granted=request.state["granted"] - len(part),
            response="", values=merged, trouble=trouble or request.state.get("trouble", ""),
        )  # fmt: skip
        return self._extended(after, sad) if after.state["granted"] else after

    def _extended(self, request: Request, sad: str) -> Request:
        body = {"credentialID": request.credential, "SAD": sad, "clientData": request.transaction}
        body |= answers.bound(self.options.version, self._present(request))
        try:
            return self._granted(request, self._call("credentials/extendTransaction", body))
        except KhueError:
            # Without a SAD for the rest, the rest needs the holder again; what is signed stays.
            return request.having(granted=0)

    def _present(self, request: Request) -> Sequence[HashToSign]:
        """The hashes of the call that is due."""
        at = request.state["at"]
        return self._call_part(request.hashes[at : at + request.state["granted"]])

    def _call_part(self, part: Sequence[HashToSign]) -> Sequence[HashToSign]:
        return part[: self.options.per_call or len(part)]

    # --- the service --------------------------------------------------------------------------------

    def _known(self) -> list[answers.Known]:
        """All credentials of the user with what the service tells of them (11.4, 11.5)."""
        more = {"certificates": "chain", "certInfo": True, "authInfo": True}
        body = {"userID": self.options.user_id} if self.options.user_id else {}
        if self.options.version > 1:
            body |= {"credentialInfo": True, **more}  # type: ignore[dict-item]
        listed = self._call("credentials/list", body, again=True)
        ids = listed.get("credentialIDs")
        if not listed.good or not isinstance(ids, list):
            raise self._refusal(listed)
        infos = listed.get("credentialInfos")
        if not isinstance(infos, list) or len(infos) != len(ids):
            infos = [self._info(str(id_), more) for id_ in ids]
        found = (answers.known(str(id_), info) for id_, info in zip(ids, infos, strict=True))
        return [one for one in found if one is not None]

    def _info(self, id_: str, more: Mapping[str, Any]) -> Mapping[str, Any]:
        reply = self._call("credentials/info", {"credentialID": id_, **more}, again=True)
        if not reply.good or not isinstance(reply.data, dict):
            raise self._refusal(reply)
        return reply.data

    def _call(self, path: str, body: Mapping[str, Any], *, again: bool = False) -> Reply:
        """A call with the access token; a token that the service no longer takes is fetched once more."""
        try:
            return self.service.post(path, body, token=self._token(), again=again)
        except Refused as error:
            if error.code != "SIGN-324":
                raise
            self.secrets.forget(self._token_name)
        return self.service.post(path, body, token=self._token(), again=again)

    @property
    def _token_name(self) -> str:
        return f"token/{self.service.base_url}/{self.options.client_id}/{self.options.user_id}"

    def _token(self) -> str:
        token = self.secrets.recall(self._token_name)
        if not token:
            token, seconds = self._login(self.service, self.secrets)
            self.secrets.keep(self._token_name, token, max(seconds - 60, 1))
        return token

    def _client_credentials(self, service: Service, secrets: Secrets) -> tuple[str, int]:
        """OAuth 2.0 client credentials (8.2.4), or a token that somebody gives."""
        if not self.options.client_id:
            return secrets.ask("token", ""), HOUR
        body = {
            "grant_type": "client_credentials", "scope": "service", "client_id": self.options.client_id,
            "client_secret": secrets.ask("client_secret", ""),
        }  # fmt: skip
        return token_of(service, service.post(self.options.token_path, body, form=True))

    def _refusal(self, reply: Reply) -> Refused:
        error = str(reply.get("error"))
        for words, code in ((answers.REFUSED, "SIGN-331"), (answers.EXPIRED, "SIGN-332")):
            if error in words:
                return Refused(code)
        if error in answers.BAD_SECRET:
            return Refused("SIGN-344", service=self.service.name)
        return self.service.refusal(reply)


ENDS = {"SIGN-331": Progress.REFUSED, "SIGN-332": Progress.EXPIRED}


def token_of(service: Service, reply: Reply) -> tuple[str, int]:
    """The access token of a login and how long it is good."""
    token, seconds = reply.get("access_token"), reply.get("expires_in")
    if not reply.good or not isinstance(token, str) or not token:
        raise Refused("SIGN-324", service=service.name, reason=reply.reason())
    return token, int(seconds) if str(seconds).isdigit() else HOUR


def _values(request: Request) -> dict[str, bytes]:
    return {id_: decoded(value) for id_, value in request.state["values"].items()}


def _place(request: Request) -> str:
    """Where the SAD for the next call is kept."""
    return f"sad/{request.transaction}/{request.state['attempt']}/{request.state['at']}"
