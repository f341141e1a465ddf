"""A MySign gateway of our own (MySign giả lập): login, certificates, requests with a number, their status."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from khue.signing.algorithms import Algorithm
from khue.signing.signers.csc_answers import EC, HASH_OIDS, RSA
from khue.signing.signers.fakes.mischief import Mischief
from khue.signing.signers.fakes.phone import Decision, Phone, Ticket
from khue.signing.signers.fakes.web import Call, FakeService, Result
from khue.signing.signers.handles import encoded
from khue.signing.signers.pkcs12 import LocalKey

SECONDS = 100
TOKEN_SECONDS = 3600
LONGEST_TEXT = 100
SHA256_SIZE = 32


@dataclass(slots=True)
class _Asked:
    user: str
    key: LocalKey
    digests: list[bytes]
    ticket: Ticket
    signatures: list[str] = field(default_factory=list)


class FakeMySign(FakeService):
    """`users` maps «CMT_…» or «MST_…» to their keys by credential id."""

    def __init__(
        self,
        users: Mapping[str, Mapping[str, LocalKey]],
        phone: Phone,
        *,
        now: Callable[[], dt.datetime],
        client: tuple[str, str] = ("khue", "demo"),
        multisign: int = 2147483647,
        stranger: LocalKey | None = None,
        mischief: Mischief | None = None,
    ) -> None:
        super().__init__(phone, now=now, mischief=mischief)
        self._users, self._clients, self._multisign = users, client, multisign
        self._stranger = stranger
        self._tokens: dict[str, tuple[str, dt.datetime]] = {}
        self.asked: dict[str, _Asked] = {}
        self.signed = 0

    def routes(self) -> dict[str, Callable[[Call], Result]]:
        """The addresses of the gateway."""
        return {
            "/vtss/service/ras/v1/login": self._login,
            "/vtss/service/certificates/info": self._certificates,
            "/vtss/service/signHash": self._sign,
            "/vtss/service/requests/status": self._status,
        }

    def forget_tokens(self) -> None:
        """All access tokens end, as after a restart of the service."""
        self._tokens.clear()

    def _login(self, call: Call) -> Result:
        if (call.text("client_id"), call.text("client_secret")) != self._clients or not call.text(
            "profile_id"
        ):
            return 401, {"error": "86024", "error_description": "Client secret is invalid"}
        if call.text("user_id") not in self._users:
            return 400, {"error": "58008", "error_description": "User ID does not exist"}
        token = secrets.token_urlsafe(16)
        self._tokens[token] = (call.text("user_id"), self.now() + dt.timedelta(seconds=TOKEN_SECONDS))
        return 200, {
            "access_token": token, "refresh_token": "", "token_type": "Bearer",
            "expires_in": str(TOKEN_SECONDS),
        }  # fmt: skip

    def _user(self, call: Call) -> str:
        user, until = self._tokens.get(call.token, ("", self.now()))
        return user if until > self.now() else ""

    def _certificates(self, call: Call) -> Result:
        user = self._user(call)
        if not user or call.text("user_id") != user:
            return 401, {"error": "invalid_token", "error_description": "Access token is invalid"}
        return 200, [self._row(id_, key) for id_, key in self._users[user].items()]

    def _row(self, id_: str, key: LocalKey) -> dict[str, Any]:
        shown = self._stranger if self.mischief.other_certificate and self._stranger else key
        return {
            "credential_id": id_, "authMode": "implicit", "multisign": str(self._multisign), "scal": "2",
            "key": {"status": "enabled", "algo": [_oid(key)], "len": "2048", "curve": None},
            "cert": {
                "status": "valid",
                "certificates": [encoded(der) for der in (shown.certificate, *shown.chain)],
            },
        }  # fmt: skip

    def _sign(self, call: Call) -> Result:
        user = self._user(call)
        if not user:
            return 401, {"error": "invalid_token", "error_description": "Access token is invalid"}
        if (call.text("client_id"), call.text("client_secret")) != self._clients:
            return 401, {"error": "86024", "error_description": "Client secret is invalid"}
        key = self._users[user].get(call.text("credentialID"))
        fault = "credentialID" if key is None else self._fault(call, key)
        if fault or key is None:
            return 400, {"error": "invalid_request", "error_description": f"Invalid parameter {fault}"}
        digests = [base64.b64decode(text) for text in call.texts("hash")]
        title = base64.b64decode(call.text("description")).decode()
        ticket = self.phone.ring(title, len(digests), SECONDS)
        number = str(uuid.uuid4())
        self.asked[number] = _Asked(user, key, digests, ticket)
        return 200, {"transactionId": number}

    def _fault(self, call: Call, key: LocalKey) -> str:
        """What is wrong with a request, by its name."""
        hashes, documents = call.texts("hash"), call.body.get("documents")
        count = call.body.get("numSignatures")
        if not isinstance(documents, list) or not (len(hashes) == len(documents) == count):
            return "numSignatures"
        if count > self._multisign or call.body.get("async") not in (1, 2):
            return "async" if count <= self._multisign else "numSignatures"
        if call.text("hashAlgo") != HASH_OIDS["sha256"] or call.text("signAlgo") != _oid(key):
            return "signAlgo"
        names = [str(row.get("document_name")) for row in documents if isinstance(row, dict)]
        for text in (call.text("description"), *names):
            if len(text) >= LONGEST_TEXT or _decoded(text) is None:
                return "description"
        if not all(isinstance(row, dict) and row.get("document_id") for row in documents):
            return "documents"
        return "" if all(len(_decoded(text) or b"") == SHA256_SIZE for text in hashes) else "hash"

    def _status(self, call: Call) -> Result:
        user, found = self._user(call), self.asked.get(call.text("transactionId"))
        if not user:
            return 401, {"error": "invalid_token", "error_description": "Access token is invalid"}
        if found is None or found.user != user:
            return 400, {"error": "invalid_request", "error_description": "Invalid parameter transactionId"}
        states = {Decision.WAITING: "4000", Decision.REFUSED: "4002", Decision.EXPIRED: "4001"}
        decision = self.phone.look(found.ticket)
        if decision in states:
            return 200, {"signatures": None, "status": states[decision]}
        if not found.signatures:
            pairs = [("", encoded(found.key.sign(_algorithm(found.key), one))) for one in found.digests]
            self.signed += len(pairs)
            # The real one breaks its base64 into lines.
            found.signatures = [f"{value[:76]}\r\n{value[76:]}" for _, value in self.mischief.values(pairs)]
        return 200, {"signatures": found.signatures, "status": "1"}


def _oid(key: LocalKey) -> str:
    return RSA if isinstance(key.key, rsa.RSAPrivateKey) else EC


def _algorithm(key: LocalKey) -> Algorithm:
    public = x509.load_der_x509_certificate(key.certificate).public_key()
    return Algorithm.RSA_SHA256 if isinstance(public, rsa.RSAPublicKey) else Algorithm.ECDSA_P256_SHA256


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
