"""From a registered certificate to the key behind it (nơi giữ khoá): configuration, not code.

`signers.toml` in the data folder says where services and devices are; secrets stand in files it names:

    [smartca]
    url = "https://gwsca.vnpt.vn/sca/sp769"
    sp_id = "…"
    sp_password_file = "/etc/khue/smartca.password"

    [pkcs11]
    module = "/usr/lib/softhsm/libsofthsm2.so"
    token = "KHUE"
    pin_file = "/etc/khue/hsm.pin"

    [pkcs12."4900123456"]
    file = "con-dau.p12"
    password_file = "/etc/khue/con-dau.password"

A key file is named by the number of its school or person; a single one may stand under `[pkcs12]` itself.
A teacher's token is not here: it is reached by the page through the agent on her own computer.
"""

from __future__ import annotations

import threading
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from django.conf import settings
from django.utils import timezone

from khue.core.errors import Refused
from khue.core.ids import uuid7
from khue.modules.records import trust
from khue.modules.records.models import ON_COMPUTER, Certificate, Provider
from khue.modules.records.secrets import StoredSecrets
from khue.signing.signers import csc, mysign, smartca
from khue.signing.signers.base import Answer, Credential, Signer
from khue.signing.signers.http import Service
from khue.signing.signers.pkcs11 import Pkcs11Signer
from khue.signing.signers.pkcs12 import Pkcs12Signer
from khue.signing.signers.vgca import LocalAgentSigner, Program
from khue.signing.tsa.client import TsaClient
from khue.signing.tsa.local import LocalTsa

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FILE = "signers.toml"
DEMO_KEYS = "demo-keys"
# They list what they hold.
ASKED = (Provider.SMARTCA, Provider.MYSIGN, Provider.CSC, Provider.PKCS11, Provider.PKCS12)
_lock = threading.Lock()
_kept: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Holder:
    """For whom a key is reached: the number a service knows, and under which name secrets are kept."""

    number: str
    key: str
    of_school: bool


def signer_for(certificate: Certificate) -> Signer:
    """The way to the key of a certificate; devices and services are kept open."""
    kind = Provider(certificate.provider)
    if kind in ON_COMPUTER:
        return _on_computer(certificate)
    number = certificate.identifier.rpartition(":")[2]
    holder = Holder(number, certificate.fingerprint, of_school=bool(certificate.school_id))
    # A device has one session for all its keys; everything else is asked for one holder.
    key = kind.value if kind is Provider.PKCS11 else f"{kind.value}/{certificate.fingerprint}"
    with _lock:
        if key not in _kept:
            _kept[key] = _MAKERS[kind](holder, _settings(kind))
        found: Signer = _kept[key]
        return found


def offered(provider: str, number: str, *, of_school: bool) -> Sequence[Credential]:
    """The certificates that a service or a device of the server has for a number (CCCD, MST)."""
    kind = Provider(provider)
    if kind not in ASKED:
        raise Refused("REC-030", provider=kind.label)
    return _MAKERS[kind](Holder(number, number, of_school=of_school), _settings(kind)).credentials()


def answer_of_computer(certificate: Certificate, handle: Mapping[str, Any], posted: bytes) -> Answer:
    """What the program on the signer's computer answered, checked against what was asked."""
    return _on_computer(certificate).accept(handle, posted)


def message_for_page(handle: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the page carries to the program on the signer's computer; None if it is asked otherwise."""
    state = handle.get("state", {})
    if "messages" not in state or "end" in state:
        return None
    return {"transaction": handle["transaction"]} | {key: state[key] for key in ("url", "messages", "root")}


def give_up(certificate: Certificate, handle: Mapping[str, Any]) -> None:
    """Tell a service that its request is not wanted any more."""
    signer_for(certificate).cancel(handle)


def stamps() -> Callable[[bytes], bytes] | None:
    """How this installation gets RFC 3161 tokens over a SHA-256; None if it has no authority."""
    pki = trust.demo_pki()
    if settings.KHUE_TSA_URL:
        return _tsa_client().stamp
    if pki is None:
        return None
    pair = pki.tsa()
    authority = LocalTsa(pair.key, pair.certificate, pair.chain, serials=lambda: uuid7().int)
    return lambda digest: authority.token(digest, timezone.now())


def stamps_here() -> bool:
    """Whether stamping asks nobody over the network."""
    return not settings.KHUE_TSA_URL and trust.demo_pki() is not None


def forget() -> None:
    """After the configuration has changed."""
    with _lock:
        _kept.clear()


def configured() -> list[str]:
    """The providers that this installation can reach, for the page that registers certificates."""
    table = _table()
    found = [kind.value for kind in ASKED if kind.value in table]
    return [
        *(kind.value for kind in ON_COMPUTER),
        *found,
        *([Provider.DEMO.value] if settings.KHUE_DEMO else []),
    ]


def _tsa_client() -> TsaClient:
    with _lock:
        if "tsa" not in _kept:
            _kept["tsa"] = TsaClient(settings.KHUE_TSA_URL, httpx.Client(timeout=20, trust_env=False))
        found: TsaClient = _kept["tsa"]
        return found


def _smartca(holder: Holder, table: Mapping[str, Any]) -> Signer:
    account = smartca.Account(table["sp_id"], holder.number)
    return smartca.SmartCaSigner(_service(table), _secrets(table, holder), account, now=timezone.now)


def _mysign(holder: Holder, table: Mapping[str, Any]) -> Signer:
    prefix = "MST" if holder.of_school else "CMT"
    account = mysign.Account(table["client_id"], f"{prefix}_{holder.number}")
    return mysign.MySignSigner(_service(table), _secrets(table, holder), account, now=timezone.now)


def _csc(holder: Holder, table: Mapping[str, Any]) -> Signer:
    options = csc.Options(
        client_id=table.get("client_id", ""),
        user_id=holder.number if table.get("by_user") else "",
        asynchronous=bool(table.get("asynchronous", False)),
    )
    return csc.CscSigner(_service(table), _secrets(table, holder), now=timezone.now, options=options)


def _pkcs11(holder: Holder, table: Mapping[str, Any]) -> Signer:
    secrets = _secrets(table, holder)
    return Pkcs11Signer(table["module"], lambda: secrets.ask("pin", ""), token=table.get("token", ""))


def _pkcs12(holder: Holder, table: Mapping[str, Any]) -> Signer:
    one = table.get(holder.number, table)
    return Pkcs12Signer(trust.folder(one["file"]), _secrets(one, holder).ask("password", ""))


def _demo(holder: Holder, table: Mapping[str, Any]) -> Signer:
    if not settings.KHUE_DEMO:
        raise Refused("REC-030", provider=Provider.DEMO.value)
    return Pkcs12Signer(trust.folder(DEMO_KEYS) / f"{holder.key}.p12", settings.SECRET_KEY)


_MAKERS: dict[Provider, Callable[[Holder, Mapping[str, Any]], Signer]] = {
    Provider.SMARTCA: _smartca, Provider.MYSIGN: _mysign, Provider.CSC: _csc, Provider.PKCS11: _pkcs11,
    Provider.PKCS12: _pkcs12, Provider.DEMO: _demo,
}  # fmt: skip


def _on_computer(certificate: Certificate) -> LocalAgentSigner:
    program = Program.VGCA if certificate.provider == Provider.VGCA else Program.AGENT
    return LocalAgentSigner([certificate.as_credential()], program)


def _service(table: Mapping[str, Any]) -> Service:
    return Service(table.get("name", table["url"]), table["url"])


def _secrets(table: Mapping[str, Any], holder: Holder) -> StoredSecrets:
    return StoredSecrets({name: str(value) for name, value in table.items()}, holder.key)


def _settings(kind: Provider) -> Mapping[str, Any]:
    table = _table()
    if kind is not Provider.DEMO and kind.value not in table:
        raise Refused("REC-030", provider=kind.label)
    found: Mapping[str, Any] = table.get(kind.value, {})
    return found


def _table() -> dict[str, Any]:
    place = trust.folder(FILE)
    return tomllib.loads(place.read_text(encoding="utf-8")) if place.is_file() else {}
