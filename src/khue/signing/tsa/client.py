"""Asks a time-stamping authority over HTTP (RFC 3161 3.4): request, answer, and every check on it.

Nothing here blocks signing: a failure is a refusal with a code, and the stamp waits in the queue
(`khue.signing.tsa.queue`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from khue.core.errors import Conflict, Invalid
from khue.signing import der
from khue.signing.trust.base import Purpose
from khue.signing.trust.certificates import facts_of, fits_purpose, shown
from khue.signing.tsa.token import DIGESTS, LARGEST, Stamp, check_token

_OIDS = {hashlib.new(name).digest_size: oid for oid, name in DIGESTS.items()}
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
_OK = 200
_GRANTED = {0, 1}  # granted, grantedWithMods
_NONCE_BITS = 63
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait and how much to read."""

    connect: float = 5.0  # seconds
    read: float = 10.0  # seconds between two pieces
    whole: float = 20.0  # seconds for everything: an authority that drips must not hold a worker
    size: int = LARGEST  # bytes
    clock: dt.timedelta = dt.timedelta(minutes=5)  # how far its clock may be from ours


class TsaClient:
    """One authority under one address."""

    def __init__(
        self,
        url: str,
        http: httpx.Client,
        *,
        policy: str = "",
        limits: Limits | None = None,
        nonces: Callable[[], int] = lambda: secrets.randbits(_NONCE_BITS),
    ) -> None:
        """`policy` is the object identifier of the policy to ask for; empty: the authority's own."""
        self.url = url
        self._http = http
        self._policy = policy
        self._limits = limits or Limits()
        self._nonces = nonces

    def stamp(self, digest: bytes, *, now: dt.datetime | None = None) -> bytes:
        """A checked token over a digest (SHA-256, SHA-384 or SHA-512), DER.

        Refusals: `SIGN-261` to `SIGN-279`. With `now`, a time far from it is refused (`SIGN-277`).
        """
        nonce = self._nonces()
        answer = self._ask(request(digest, nonce, self._policy))
        token = read_answer(answer)
        checked = check_token(token, digest)
        if checked.stamp is None:
            finding = checked.findings[0]
            raise Invalid(finding.code, field="", **finding.params)
        self._compare(checked.stamp, nonce, now)
        return token

    def _compare(self, stamp: Stamp, nonce: int, now: dt.datetime | None) -> None:
        """The token answers this very request."""
        if stamp.nonce != nonce:
            raise Invalid("SIGN-275", url=self.url)
        if self._policy not in {"", stamp.policy}:
            raise Invalid("SIGN-276", expected=self._policy, found=stamp.policy)
        if not fits_purpose(stamp.certificate, Purpose.TIME_STAMPING):
            raise Invalid("SIGN-278", name=facts_of(stamp.certificate).name)
        if now is not None and abs(stamp.time - now) > self._limits.clock:
            raise Invalid("SIGN-277", time=shown(stamp.time), now=shown(now))

    def _ask(self, query: bytes) -> bytes:
        """Send a request and read the answer within the limits."""
        limits = self._limits
        deadline = time.monotonic() + limits.whole
        timeout = httpx.Timeout(limits.read, connect=limits.connect)
        headers = {"Content-Type": _QUERY, "Accept": _REPLY}
        body = bytearray()
        try:
            with self._http.stream(
                "POST", self.url, content=query, headers=headers, timeout=timeout
            ) as response:
                if response.status_code != _OK:
                    raise Conflict("SIGN-271", url=self.url, status=response.status_code)
                if response.headers.get("Content-Type", "").partition(";")[0].strip().lower() != _REPLY:
                    raise Conflict("SIGN-273", url=self.url)
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > limits.size:
                        raise Conflict("SIGN-272", url=self.url, size=limits.size)
                    if time.monotonic() > deadline:
                        raise Conflict("SIGN-270", url=self.url)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise Conflict("SIGN-270", url=self.url) from error
        return bytes(body)


def request(digest: bytes, nonce: int | None = None, policy: str = "") -> bytes:
    """A TimeStampReq (DER) that asks for the certificate too (RFC 3161 2.4.1)."""
    oid = _OIDS.get(len(digest))
    if oid is None:
        raise Invalid("SIGN-265", length=len(digest))
    return der.sequence(
        der.integer(1),
        der.sequence(der.sequence(der.oid(oid), der.null()), der.octets(digest)),
        der.oid(policy) if policy else b"",
        b"" if nonce is None else der.integer(nonce),
        der.boolean(True),
    )


def read_answer(answer: bytes) -> bytes:
    """The token in a TimeStampResp (DER); a refusal of the authority is `SIGN-274`, rubbish `SIGN-260`."""
    try:
        status, *token = der.members(answer)
        number, *details = der.parts(der.expect(status, der.SEQUENCE))
        granted = der.read_integer(number) in _GRANTED
        if not granted:
            raise Conflict("SIGN-274", status=der.read_integer(number), reason=_words(details))
        if len(token) != 1:
            raise Invalid("SIGN-260", what="thiếu dấu")
        return token[0].raw
    except (Invalid, ValueError) as error:
        what = error.params.get("what", "") if isinstance(error, Invalid) else "thiếu phần tử"
        raise Invalid("SIGN-260", what=what) from error


def _words(details: list[der.Element]) -> str:
    """What a refusal says: the texts of PKIFreeText, then the number of the failure bit."""
    found = []
    for one in details:
        if one.tag == der.SEQUENCE:
            found += [text.value.decode("utf-8", "replace") for text in der.parts(one.value)]
        if one.tag == der.BITS and len(one.value) > 1:
            value = int.from_bytes(one.value[1:])
            size = 8 * (len(one.value) - 1)
            found += [f"failInfo {bit}" for bit in range(size) if value >> (size - 1 - bit) & 1]
    return "; ".join(found)[:_LONGEST_TEXT]
