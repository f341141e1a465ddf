"""A CSC service of our own (dịch vụ CSC giả lập): authorisations with SAD, their extension, both modes.

It holds to CSC 2.0.0.2, clauses 11.1 to 11.13 (or 1.0.4.0 with `version=1`), where that says what must be
refused: a SAD that is spent, stale, or of other hashes, more signatures than were authorised, an algorithm
that the key does not have.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from khue.signing.algorithms import Algorithm, default_for
from khue.signing.signers.csc_answers import EC, HASH_OIDS, PSS_PARAMETERS, RSA, RSA_PSS, SIGN_OIDS
from khue.signing.signers.fakes.mischief import Mischief
from khue.signing.signers.fakes.phone import Decision, Phone, Ticket
from khue.signing.signers.fakes.web import Call, FakeService, Result
from khue.signing.signers.handles import encoded
from khue.signing.signers.pkcs12 import LocalKey

TOKEN_SECONDS, SAD_SECONDS, PHONE_SECONDS = 3600, 300, 120
_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}


@dataclass(slots=True)
class Settings:
    """How this service is set up."""

    version: int = 2
    mode: str = (
        "explicit"  # explicit: PIN and OTP; mobile: a phone; implicit: nothing, or the phone in version 1
    )
    multisign: int = 50
    client: tuple[str, str] = ("khue", "demo")
    user_id: str = "user"
    pin: str = "123456"
    otp: str = "000000"
    extends: bool = True  # whether credentials/extendTransaction is offered
    hold: float = 0.0  # real seconds for which an implicit authorize keeps the line open


@dataclass(slots=True)
class _Authorization:
    credential: str
    left: int
    ticket: Ticket | None
    hashes: list[str]
    sad: str = ""
    until: dt.datetime | None = None
    spent: bool = False


@dataclass(slots=True)
class _Job:
    pairs: list[tuple[str, str]]
    asks: int = 0


@dataclass(slots=True)
class _Memory:
    tokens: dict[str, dt.datetime] = field(default_factory=dict)
    authorizations: dict[str, _Authorization] = field(default_factory=dict)
    jobs: dict[str, _Job] = field(default_factory=dict)


class FakeCsc(FakeService):
    """`keys` are the credentials of the one user, by their id."""

    def __init__(
        self,
        keys: Mapping[str, LocalKey],
        phone: Phone,
        *,
        now: Callable[[], dt.datetime],
        settings: Settings | None = None,
        stranger: LocalKey | None = None,
        mischief: Mischief | None = None,
    ) -> None:
        super().__init__(phone, now=now, mischief=mischief)
        self._keys, self.settings, self._stranger = keys, settings or Settings(), stranger
        self._memory = _Memory()
        self.signed = 0

    def routes(self) -> dict[str, Callable[[Call], Result]]:
        """The addresses of the version."""
        if self.settings.version == 1:
            at, login = "/adss/service/ras/csc/v1", "/adss/service/ras/v1/login"
        else:
            at, login = "/csc/v2", "/csc/v2/oauth2/token"
        return {
            login: self._login,
            f"{at}/info": self._about,
            f"{at}/credentials/list": self._within(self._list),
            f"{at}/credentials/info": self._within(self._info),
            f"{at}/credentials/authorize": self._within(self._authorize),
            f"{at}/credentials/authorizeCheck": self._within(self._check),
            f"{at}/credentials/extendTransaction": self._within(self._extend),
            f"{at}/signatures/signHash": self._within(self._sign),
            f"{at}/signatures/signPolling": self._within(self._poll),
        }

    def forget_tokens(self) -> None:
        """All access tokens end, as after a restart of the service."""
        self._memory.tokens.clear()

    # --- access -------------------------------------------------------------------------------------

    def _login(self, call: Call) -> Result:
        if (call.text("client_id"), call.text("client_secret")) != self.settings.client:
            return 401, {"error": "invalid_client"}
        if self.settings.version > 1 and call.text("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        token = secrets.token_urlsafe(16)
        self._memory.tokens[token] = self.now() + dt.timedelta(seconds=TOKEN_SECONDS)
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}

    def _within(self, work: Callable[[Call], Result]) -> Callable[[Call], Result]:
        """Only with a good access token."""

        def checked(call: Call) -> Result:
            until = self._memory.tokens.get(call.token)
            if until is None or until <= self.now():
                return 401, {"error": "invalid_token", "error_description": "Access token is not valid"}
            return work(call)

        return checked

    def _about(self, _call: Call) -> Result:
        methods = [path.split("/", 3)[-1] for path in self.routes()]
        return 200, {
            "specs": "2.0.0.2" if self.settings.version > 1 else "1.0.4.0", "name": "CSC TEST",
            "lang": "vi-VN", "region": "VN", "authType": ["oauth2client"], "methods": methods,
            "asynchronousOperationMode": True,
        }  # fmt: skip

    # --- credentials --------------------------------------------------------------------------------

    def _list(self, call: Call) -> Result:
        if call.text("userID") not in ("", self.settings.user_id):
            return _refused("Invalid parameter userID")
        found: dict[str, Any] = {"credentialIDs": list(self._keys)}
        if self.settings.version > 1 and call.body.get("credentialInfo"):
            found["credentialInfos"] = [
                {"credentialID": id_, **self._shown(key, call)} for id_, key in self._keys.items()
            ]
        return 200, found

    def _info(self, call: Call) -> Result:
        key = self._keys.get(call.text("credentialID"))
        return (200, self._shown(key, call)) if key else _refused("Invalid parameter credentialID")

    def _shown(self, key: LocalKey, call: Call) -> dict[str, Any]:
        shown = self._stranger if self.mischief.other_certificate and self._stranger else key
        whole = (shown.certificate, *shown.chain)
        certificates = {"none": (), "chain": whole}.get(call.text("certificates"), whole[:1])
        found: dict[str, Any] = {
            "key": {"status": "enabled", "algo": _algorithms(key), "len": 256},
            "cert": {"status": "valid", "certificates": [encoded(der) for der in certificates]},
            "multisign": self.settings.multisign, "SCAL": "2",
        }  # fmt: skip
        if self.settings.version == 1:
            explicit = self.settings.mode == "explicit"
            asked = {"presence": "true" if explicit else "false"}
            return found | {"authMode": "explicit" if explicit else "implicit", "PIN": asked, "OTP": asked}
        if self.settings.mode == "implicit":
            return found | {"auth": {"mode": "implicit"}}
        objects = [{"type": "Password", "id": "PIN"}, {"type": "Password", "id": "OTP"}]
        if self.settings.mode == "mobile":
            objects = [{"type": "SelfSignature", "id": "mobile"}]
        return found | {
            "auth": {"mode": self.settings.mode.replace("mobile", "explicit"), "objects": objects}
        }

    # --- authorization ------------------------------------------------------------------------------

    def _authorize(self, call: Call) -> Result:
        key, count = self._keys.get(call.text("credentialID")), call.body.get("numSignatures")
        hashes = call.texts("hashes" if self.settings.version > 1 else "hash")
        if key is None:
            return _refused("Invalid parameter credentialID")
        if not isinstance(count, int) or count < 1:
            return _refused("Invalid value for parameter numSignatures")
        if count > self.settings.multisign:
            return _refused("Numbers of signatures is too high")
        if not hashes or len(hashes) > count:
            return _refused("Missing (or invalid type) array parameter hashes")
        if self.settings.mode == "explicit" and not self._typed_well(call):
            words = "The authentication data is invalid"
            return 400, {"error": "invalid_authentication_data", "error_description": words}
        rings = self.settings.mode == "mobile" or (self.settings.mode, self.settings.version) == (
            "implicit",
            1,
        )
        ticket = self.phone.ring(call.text("description"), count, PHONE_SECONDS) if rings else None
        found = _Authorization(call.text("credentialID"), count, ticket, hashes)
        handle = secrets.token_hex(8)
        self._memory.authorizations[handle] = found
        if self.settings.mode == "mobile":
            return 202, {"handle": handle}
        if ticket is not None:
            self.phone.wait(ticket, self.settings.hold)
        return self._outcome(found, handle)

    def _typed_well(self, call: Call) -> bool:
        wanted = {"PIN": self.settings.pin, "OTP": self.settings.otp}
        if self.settings.version == 1:
            return {name: call.text(name) for name in wanted} == wanted
        data = call.body.get("authData")
        rows = data if isinstance(data, list) else []
        return {row.get("id"): row.get("value") for row in rows if isinstance(row, dict)} == wanted

    def _check(self, call: Call) -> Result:
        found = self._memory.authorizations.get(call.text("handle"))
        return self._outcome(found, call.text("handle")) if found else _refused("Invalid parameter handle")

    def _outcome(self, found: _Authorization, handle: str) -> Result:
        decision = self.phone.look(found.ticket) if found.ticket else Decision.CONFIRMED
        if decision is Decision.REFUSED:
            return 400, {"error": "access_denied", "error_description": "The user refused"}
        if decision is Decision.EXPIRED:
            return 400, {"error": "authorization_expired", "error_description": "Nobody confirmed"}
        if decision is Decision.WAITING:
            return (202, {"handle": handle}) if self.settings.mode == "mobile" else (504, {})
        if not found.sad:
            self._give(found)
        return 200, {"SAD": found.sad, "expiresIn": SAD_SECONDS}

    def _give(self, found: _Authorization) -> None:
        found.sad, found.spent = secrets.token_urlsafe(24), False
        found.until = self.now() + dt.timedelta(seconds=SAD_SECONDS)

    def _of_sad(self, call: Call) -> _Authorization | str:
        sad, credential = call.text("SAD"), call.text("credentialID")
        found = next((one for one in self._memory.authorizations.values() if sad and one.sad == sad), None)
        if found is None or found.credential != credential:
            return "Invalid parameter SAD"
        return "SAD expired" if found.until is None or found.until <= self.now() else found

    def _extend(self, call: Call) -> Result:
        found = self._of_sad(call)
        if isinstance(found, str) or not self.settings.extends:
            return _refused(found if isinstance(found, str) else "Method is not supported")
        hashes = call.texts("hashes" if self.settings.version > 1 else "hash")
        if not hashes or len(hashes) > found.left:
            return _refused("Numbers of signatures is too high")
        found.hashes = hashes
        self._give(found)
        return 200, {"SAD": found.sad, "expiresIn": SAD_SECONDS}

    # --- signatures ---------------------------------------------------------------------------------

    def _sign(self, call: Call) -> Result:
        found = self._of_sad(call)
        if isinstance(found, str):
            return _refused(found)
        hashes = call.texts("hashes" if self.settings.version > 1 else "hash")
        key = self._keys[found.credential]
        if found.spent or not hashes or len(hashes) > found.left or set(hashes) - set(found.hashes):
            return _refused("Hash is not authorized by the SAD")
        algorithm = self._algorithm(call, key)
        if isinstance(algorithm, str) and not isinstance(algorithm, Algorithm):
            return _refused(algorithm)
        digests = [_decoded(text) for text in hashes]
        size = _SIZES[algorithm.value.rpartition("-")[2]]
        if any(len(digest) != size for digest in digests):
            return _refused("Invalid digest value length")
        found.left, found.spent = found.left - len(hashes), True
        pairs = [("", encoded(key.sign(algorithm, digest))) for digest in digests]
        self.signed += len(pairs)
        if call.text("operationMode") == "A":
            id_ = secrets.token_hex(8)
            self._memory.jobs[id_] = _Job(pairs)
            return 200, {"responseID": id_}
        return 200, {"signatures": [value for _, value in self.mischief.values(pairs)]}

    def _algorithm(self, call: Call, key: LocalKey) -> Algorithm | str:
        """The algorithm that a call asks for, or what is wrong with it."""
        oid = call.text("signAlgo")
        if oid not in _algorithms(key):
            return "Invalid parameter signAlgo"
        if oid == RSA_PSS and call.text("signAlgoParams") != encoded(PSS_PARAMETERS):
            return "Missing (or invalid type) string parameter signAlgoParams"
        hash_oid = call.text("hashAlgorithmOID" if self.settings.version > 1 else "hashAlgo")
        name = next((name for name, one in HASH_OIDS.items() if one == hash_oid), "")
        fitting = [one for one, oids in SIGN_OIDS.items() if oid in oids and one.value.endswith(name)]
        if (oid in (RSA, EC) and not name) or not fitting:
            return "Invalid parameter hashAlgorithmOID"
        return fitting[0]

    def _poll(self, call: Call) -> Result:
        job = self._memory.jobs.get(call.text("requestID"))
        if job is None:
            return _refused("Invalid parameter requestID")
        job.asks += 1
        if job.asks == 1:
            return 202, {"error": "accepted_request"}
        return 200, {"signatures": [value for _, value in self.mischief.values(job.pairs)]}


def _algorithms(key: LocalKey) -> Sequence[str]:
    if isinstance(key.key, rsa.RSAPrivateKey):
        return (*SIGN_OIDS[Algorithm.RSA_SHA256], RSA_PSS)
    return SIGN_OIDS[default_for(x509.load_der_x509_certificate(key.certificate).public_key())]


def _refused(words: str) -> Result:
    return 400, {"error": "invalid_request", "error_description": words}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
