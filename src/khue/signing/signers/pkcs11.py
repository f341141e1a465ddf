"""Keys in a USB token or HSM (thiết bị khoá, PKCS#11): only where it is plugged in, agent or seal server.

The session stays open, because opening one and finding the key costs twenty signatures. A PIN that was
wrong is never sent a second time, and a lost session is opened again once: tokens lock after a few errors.
python-pkcs11 is imported when the first token is opened; the web program runs without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from khue.core.errors import Invalid, NotFound, Refused
from khue.signing.algorithms import RULES, Algorithm
from khue.signing.signers.base import Answer, Credential, HashToSign, Progress
from khue.signing.signers.handles import asked, chosen, read

# RFC 8017, 9.2, note 1: DER of DigestInfo up to the digest. CKM_RSA_PKCS does not write it.
DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
_PSS_SALT = 32
_LONGEST_CHAIN = 5
# What the library raises (PKCS#11 2.40, 11.1), by name.
WRONG_PIN = frozenset({"PinIncorrect", "PinInvalid", "PinLenRange"})
LOST = frozenset({"SessionClosed", "SessionHandleInvalid", "UserNotLoggedIn", "KeyHandleInvalid",
                  "ObjectHandleInvalid"})  # fmt: skip
CODES = {
    **dict.fromkeys(WRONG_PIN, "SIGN-314"),
    "PinLocked": "SIGN-315", "NoSuchToken": "SIGN-313", "TokenNotPresent": "SIGN-313",
    "TokenNotRecognised": "SIGN-313", "SlotIDInvalid": "SIGN-313", "MultipleTokensReturned": "SIGN-313",
    "DeviceRemoved": "SIGN-318",
}  # fmt: skip
_T = TypeVar("_T")


class Pkcs11Signer:
    """Signs with the keys of one token; credentials are its certificates that have a private key.

    `token` is the label of the token (empty: the only one there), `slot` a slot number instead. `pin` is
    called when a login is needed; an empty PIN means that the holder gave up (`SIGN-365`). With
    `each_batch` the login lasts for one `begin` only, so every batch asks for the PIN.
    """

    kind = "pkcs11"

    def __init__(
        self,
        module: str,
        pin: Callable[[], str],
        *,
        token: str = "",
        slot: int | None = None,
        each_batch: bool = False,
    ) -> None:
        self._module, self._pin, self._token, self._slot = module, pin, token, slot
        self._each_batch = each_batch
        self._lock = RLock()
        self._public: Any = None  # a session without login: certificates are public objects
        self._private: Any = None
        self._found: list[Credential] = []
        self._wrong = b""  # digest of the PIN that the token refused

    def credentials(self) -> Sequence[Credential]:
        """The certificates of persons or schools on the token, each named by its CKA_ID in hex."""
        with self._lock:
            return self._twice(self._credentials)

    def begin(self, credential: str, hashes: Sequence[HashToSign], description: str) -> Answer:
        """Log in if needed and sign; all values or none."""
        with self._lock:
            request = asked(self.kind, chosen(self.credentials(), credential), hashes)
            try:
                values = self._twice(lambda: self._sign(credential, request.hashes))
            finally:
                if self._each_batch:
                    self._drop()
            return request.ended(Progress.DONE, values)

    def poll(self, handle: Mapping[str, Any]) -> Answer:
        """The same answer again; it stands in the handle."""
        end = read(handle, self.kind).end()
        if end is None:
            raise Invalid("SIGN-304")
        return end

    def cancel(self, handle: Mapping[str, Any]) -> None:
        """Nothing to give up: it is signed already."""
        read(handle, self.kind)

    def close(self) -> None:
        """Close the sessions and log out."""
        with self._lock:
            self._drop()

    def _twice(self, work: Callable[[], _T]) -> _T:
        """Do it, after a lost session once more; whatever a token says becomes a refusal."""
        trouble = _trouble()
        try:
            return work()
        except trouble as error:
            self._drop()
            if type(error).__name__ not in LOST:
                raise self._refusal(error) from error
        try:
            return work()
        except trouble as error:
            self._drop()
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> Refused:
        name = type(error).__name__
        code = CODES.get(name, "SIGN-319")
        if code == "SIGN-313":
            return Refused(code, token=self._token or self._slot or "USB token")
        return Refused(code, reason=name) if code == "SIGN-319" else Refused(code)

    def _credentials(self) -> Sequence[Credential]:
        if not self._found:
            objects = _objects(self._session())
            if not objects.certificates:  # some tokens hide certificates until the holder has logged in
                objects = _objects(self._logged_in())
            self._found = _matched(objects)
        return self._found

    def _sign(self, credential: str, hashes: Sequence[HashToSign]) -> dict[str, bytes]:
        import pkcs11  # noqa: PLC0415 - only where a token is

        leaf = x509.load_der_x509_certificate(chosen(self._credentials(), credential).certificate)
        elliptic = isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)
        attributes = {
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY,
            pkcs11.Attribute.ID: bytes.fromhex(credential),
        }
        found = list(self._logged_in().get_objects(attributes))  # to its end: an open search blocks others
        if not found:
            raise NotFound("SIGN-317", credential=credential)
        return {one.id: _signed(pkcs11, found[0], one, elliptic=elliptic) for one in hashes}

    def _session(self) -> Any:
        if self._public is None:
            self._public = self._open_token().open()
        return self._public

    def _logged_in(self) -> Any:
        if self._private is not None:
            return self._private
        pin = self._pin()
        if not pin:
            raise Refused("SIGN-365")
        known = hashlib.sha256(pin.encode()).digest()
        if known == self._wrong:
            raise Refused("SIGN-316")
        try:
            self._private = self._open_token().open(user_pin=pin)
        except _trouble() as error:
            if type(error).__name__ in WRONG_PIN:
                self._wrong = known
            raise
        return self._private

    def _open_token(self) -> Any:
        import pkcs11  # noqa: PLC0415 - only where a token is

        try:
            library = pkcs11.lib(self._module)
        except (RuntimeError, OSError, pkcs11.PKCS11Error) as error:
            raise Refused("SIGN-312", module=self._module) from error
        if self._slot is not None:
            for slot in library.get_slots(token_present=True):
                if slot.slot_id == self._slot:
                    return slot.get_token()
            raise Refused("SIGN-313", token=self._slot)
        return library.get_token(token_label=self._token or None)

    def _drop(self) -> None:
        """Forget the sessions; closing one that is lost already may fail, which changes nothing."""
        for session in (self._private, self._public):
            if session is not None:
                with suppress(_trouble()):
                    session.close()
        self._private = self._public = None
        self._found = []


@dataclass(frozen=True, slots=True)
class _Objects:
    certificates: list[tuple[bytes, bytes]]  # CKA_ID, DER
    keys: frozenset[bytes]  # CKA_ID of private keys, or of public ones before login


def _objects(session: Any) -> _Objects:
    import pkcs11  # noqa: PLC0415 - only where a token is

    kinds, names = pkcs11.ObjectClass, pkcs11.Attribute
    certificates = [
        (bytes(found[names.ID]), bytes(found[names.VALUE]))
        for found in session.get_objects({names.CLASS: kinds.CERTIFICATE})
    ]
    keys: frozenset[bytes] = frozenset()
    for kind in (kinds.PRIVATE_KEY, kinds.PUBLIC_KEY):
        keys = keys or frozenset(bytes(key[names.ID]) for key in session.get_objects({names.CLASS: kind}))
    return _Objects(certificates, keys)


def _matched(objects: _Objects) -> list[Credential]:
    """Certificates with a key of the same CKA_ID, each with the issuers that the token holds too."""
    every = [x509.load_der_x509_certificate(der) for _id, der in objects.certificates]
    found = []
    for id_, der in objects.certificates:
        certificate = x509.load_der_x509_certificate(der)
        if id_ in objects.keys if objects.keys else not _is_authority(certificate):
            found.append(Credential(id_.hex(), der, _chain(certificate, every)))
    return found


def _chain(leaf: x509.Certificate, every: Sequence[x509.Certificate]) -> tuple[bytes, ...]:
    """The issuers above a certificate, without the root."""
    chain: list[bytes] = []
    current = leaf
    while len(chain) < _LONGEST_CHAIN:
        issuer = next((one for one in every if one.subject == current.issuer and _is_authority(one)), None)
        if issuer is None or issuer.issuer == issuer.subject:
            break
        chain.append(issuer.public_bytes(Encoding.DER))
        current = issuer
    return tuple(chain)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _signed(pkcs11: Any, key: Any, one: HashToSign, *, elliptic: bool) -> bytes:
    """One value: ECDSA over the digest, RSA over its DigestInfo, or PSS."""
    name, mechanisms = RULES[one.algorithm].digest, pkcs11.Mechanism
    if elliptic:
        return bytes(key.sign(one.digest, mechanism=mechanisms.ECDSA))
    if one.algorithm is Algorithm.RSA_PSS_SHA256:
        parameters = (mechanisms.SHA256, pkcs11.MGF.SHA256, _PSS_SALT)
        return bytes(key.sign(one.digest, mechanism=mechanisms.RSA_PKCS_PSS, mechanism_param=parameters))
    return bytes(key.sign(DIGEST_INFO[name] + one.digest, mechanism=mechanisms.RSA_PKCS))


def _trouble() -> type[Exception]:
    """The class of everything that the library raises; refuses where the library is missing (`SIGN-312`)."""
    try:
        from pkcs11.exceptions import PKCS11Error  # noqa: PLC0415 - only where a token is
    except ImportError as error:
        raise Refused("SIGN-312", module="python-pkcs11") from error
    found: type[Exception] = PKCS11Error
    return found
