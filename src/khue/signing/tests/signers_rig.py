"""Every way to reach a key, set up the same way, so that one suite can ask the same of all."""

from __future__ import annotations

import atexit
import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes as digests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID

from khue.core.errors import KhueError
from khue.signing.algorithms import Algorithm, is_genuine, xml_value
from khue.signing.signers.agent import Desk
from khue.signing.signers.base import Answer, Credential, HashToSign, Progress, Signer
from khue.signing.signers.csc import CscSigner, Options
from khue.signing.signers.fakes import Clock, FakeCsc, FakeMySign, FakeService, FakeSmartCa, Mischief, Phone
from khue.signing.signers.fakes.csc import Settings
from khue.signing.signers.fakes.phone import Habit
from khue.signing.signers.fakes.vgca import VgcaProgram
from khue.signing.signers.http import Service
from khue.signing.signers.mysign import Account as MySignAccount
from khue.signing.signers.mysign import MySignSigner, ras_signer
from khue.signing.signers.pkcs11 import Pkcs11Signer
from khue.signing.signers.pkcs12 import KeySigner, LocalKey, Pkcs12Signer
from khue.signing.signers.remote import RemoteSigner
from khue.signing.signers.secrets import MemorySecrets
from khue.signing.signers.smartca import Account as SmartCaAccount
from khue.signing.signers.smartca import SmartCaSigner
from khue.signing.signers.vgca import LocalAgentSigner, Program

AT = dt.datetime(2026, 5, 20, 8, tzinfo=dt.UTC)
SOFTHSM = next(
    (path for path in map(Path, (
        "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    )) if path.exists()), None,
)  # fmt: skip
PIN = "648219"


def certificate(key: Any, name: str, issuer: tuple[Any, x509.Certificate] | None = None) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT - dt.timedelta(days=30))
        .not_valid_after(AT + dt.timedelta(days=700))
        .add_extension(x509.BasicConstraints(ca=name.endswith("CA"), path_length=None), critical=True)
    )
    return builder.sign(issuer[0] if issuer else key, digests.SHA256())


@cache
def authority() -> tuple[Any, x509.Certificate, Any, x509.Certificate]:
    root, issuing = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    top = certificate(root, "TEST Root CA")
    return root, top, issuing, certificate(issuing, "TEST Issuing CA", (root, top))


@cache
def key(kind: str = "p256", name: str = "Nguyễn Thị Hoa") -> LocalKey:
    makers: dict[str, Callable[[], Any]] = {
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
    }
    _root, _top, issuing, middle = authority()
    private = makers[kind]()
    leaf = certificate(private, name, (issuing, middle))
    return LocalKey(private, leaf.public_bytes(Encoding.DER), (middle.public_bytes(Encoding.DER),))


def hashes(
    count: int, algorithm: Algorithm = Algorithm.ECDSA_P256_SHA256, start: int = 0
) -> list[HashToSign]:
    name = algorithm.value.rpartition("-")[2]
    return [
        HashToSign(f"{one:032x}", hashlib.new(name, str(one).encode()).digest(), algorithm)
        for one in range(start, start + count)
    ]


def genuine(der: bytes, one: HashToSign, value: bytes) -> bool:
    public = x509.load_der_x509_certificate(der).public_key()
    return is_genuine(public, one.algorithm, one.digest, xml_value(public, value))


def through_json(handle: Mapping[str, Any]) -> dict[str, Any]:
    """As it comes back from where it was stored."""
    return json.loads(json.dumps(handle))


@dataclass
class Rig:
    """A signer with all that surrounds it."""

    signer: Signer
    credential: str
    algorithm: Algorithm
    clock: Clock
    phone: Phone
    mischief: Mischief
    service: FakeService | None = None
    again: Callable[[], Signer] | None = None  # the same signer after a restart that forgot all secrets
    limited: Callable[[int], Signer] | None = None  # the same with a limit of one confirmation
    post: Callable[[Mapping[str, Any]], bytes] | None = None  # what the page posts, for a local program
    closes: list[Callable[[], None]] = field(default_factory=list)

    @property
    def rings(self) -> bool:
        return isinstance(self.signer, RemoteSigner) and not (self.service and not self._phone_is_used())

    def _phone_is_used(self) -> bool:
        settings = getattr(self.service, "settings", None)
        return settings is None or settings.mode == "mobile"

    def hashes(self, count: int, start: int = 0) -> list[HashToSign]:
        return hashes(count, self.algorithm, start)

    def known(self) -> Credential:
        return next(one for one in self.signer.credentials() if one.key == self.credential)

    def begin(self, wanted: list[HashToSign]) -> Answer:
        return self.signer.begin(self.credential, wanted, "Học bạ lớp 9A1")

    def ask(self, answer: Answer, signer: Signer | None = None) -> Answer:
        """Once more, with a handle that was stored."""
        return (signer or self.signer).poll(through_json(answer.handle))

    def finish(self, answer: Answer) -> Answer:
        """The holder confirms, and we ask until there is an end."""
        if self.post is not None and answer.progress is Progress.WAITING:
            assert isinstance(self.signer, LocalAgentSigner)
            return self.signer.accept(through_json(answer.handle), self.post(answer.handle))
        for _ in range(20):
            if answer.progress is not Progress.WAITING:
                return answer
            self.phone.confirm()
            answer = self.ask(answer)
        return answer

    def run(self, wanted: list[HashToSign]) -> Answer:
        return self.finish(self.begin(wanted))


def _service(name: str, url: str, app: FakeService) -> Service:
    return Service(name, url, transport=httpx.WSGITransport(app=app), pause=lambda _seconds: None)


def _surroundings() -> tuple[Clock, Phone, Mischief]:
    clock = Clock(AT)
    return clock, Phone(clock), Mischief()


def key_rig(_folder: Path, kind: str = "p256") -> Rig:
    clock, phone, mischief = _surroundings()
    signer = KeySigner({"k": key(kind)})
    return Rig(signer, "k", _DEFAULT[kind], clock, phone, mischief, again=lambda: KeySigner({"k": key(kind)}))


_DEFAULT = {
    "p256": Algorithm.ECDSA_P256_SHA256,
    "p384": Algorithm.ECDSA_P384_SHA384,
    "rsa": Algorithm.RSA_SHA256,
}


def p12_rig(folder: Path) -> Rig:
    clock, phone, mischief = _surroundings()
    path = folder / "hoa.p12"
    path.write_bytes(p12())
    again = lambda: Pkcs12Signer(path, "matkhau")  # noqa: E731
    return Rig(again(), "p12", Algorithm.RSA_SHA256, clock, phone, mischief, again=again)


@cache
def p12() -> bytes:
    local, (_root, top, _issuing, middle) = key("rsa"), authority()
    leaf = x509.load_der_x509_certificate(local.certificate)
    protection = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(1000).build(b"matkhau")
    return pkcs12.serialize_key_and_certificates(b"hoa", local.key, leaf, [middle, top], protection)


def token_rig(_folder: Path, kind: str = "rsa") -> Rig:
    clock, phone, mischief = _surroundings()
    signer = Pkcs11Signer(str(SOFTHSM), lambda: PIN, token="Khue test")
    again = lambda: Pkcs11Signer(str(SOFTHSM), lambda: PIN, token="Khue test")  # noqa: E731
    name = {"rsa": "01", "p256": "02"}[kind]
    return Rig(signer, name, _DEFAULT[kind], clock, phone, mischief, again=again, closes=[signer.close])


def csc_rig(_folder: Path, mode: str = "explicit", *, asynchronous: bool = False, **more: Any) -> Rig:
    clock, phone, mischief = _surroundings()
    per_call = more.pop("per_call", 0)
    settings = Settings(mode=mode, **more)
    local = key(more.get("kind", "p256"))
    app = FakeCsc(
        {"c1": local}, phone, now=clock, settings=settings, stranger=key(name="Khác"), mischief=mischief
    )

    def make() -> CscSigner:
        secrets = MemorySecrets({"client_secret": "demo", "pin": "123456", "otp": "000000"}, now=clock)
        options = Options(client_id="khue", asynchronous=asynchronous, per_call=per_call)
        service = _service("CSC", "https://csc.test/csc/v2", app)
        return CscSigner(service, secrets, now=clock, options=options)

    def limited(limit: int) -> CscSigner:
        settings.multisign = limit
        return make()

    return Rig(
        make(), "c1", Algorithm.ECDSA_P256_SHA256, clock, phone, mischief, app, again=make, limited=limited
    )


def ras_rig(_folder: Path) -> Rig:
    clock, phone, mischief = _surroundings()
    phone.habit = Habit.CONFIRM
    settings = Settings(version=1, mode="implicit", user_id="CMT_001099000001")
    app = FakeCsc(
        {"r1": key("rsa")}, phone, now=clock, settings=settings, stranger=key(name="Khác"), mischief=mischief
    )

    def make() -> CscSigner:
        secrets = MemorySecrets({"client_secret": "demo"}, now=clock)
        account = MySignAccount("khue", "CMT_001099000001")
        service = _service("MySign", "https://rs.test/adss/service/ras/csc/v1", app)
        return ras_signer(service, _service("MySign", "https://rs.test", app), secrets, account, now=clock)

    def limited(limit: int) -> CscSigner:
        settings.multisign = limit
        return make()

    return Rig(make(), "r1", Algorithm.RSA_SHA256, clock, phone, mischief, app, again=make, limited=limited)


def smartca_rig(_folder: Path, **more: Any) -> Rig:
    clock, phone, mischief = _surroundings()
    users = {"001099000001": {"5401": key()}}
    app = FakeSmartCa(users, phone, now=clock, stranger=key(name="Khác"), mischief=mischief, **more)

    def make(limit: int = 100) -> SmartCaSigner:
        secrets = MemorySecrets({"sp_password": "demo"}, now=clock)
        account = SmartCaAccount("khue", "001099000001")
        service = _service("SmartCA", "https://smartca.test", app)
        return SmartCaSigner(service, secrets, account, now=clock, batch_limit=limit)

    return Rig(
        make(), "5401", Algorithm.ECDSA_P256_SHA256, clock, phone, mischief, app, again=make, limited=make
    )


def mysign_rig(_folder: Path) -> Rig:
    clock, phone, mischief = _surroundings()
    users = {"CMT_001099000001": {"0123_1": key("rsa")}}
    app = FakeMySign(users, phone, now=clock, stranger=key(name="Khác"), mischief=mischief)

    def make(limit: int = 0) -> MySignSigner:
        secrets = MemorySecrets({"client_secret": "demo"}, now=clock)
        account = MySignAccount("khue", "CMT_001099000001")
        service = _service("MySign", "https://mysign.test", app)
        return MySignSigner(service, secrets, account, now=clock, batch_limit=limit)

    return Rig(make(), "0123_1", Algorithm.RSA_SHA256, clock, phone, mischief, app, again=make, limited=make)


def vgca_rig(_folder: Path) -> Rig:
    clock, phone, mischief = _surroundings()
    phone.habit = Habit.CONFIRM
    local = key("rsa")
    program = VgcaProgram(local, phone, stranger=key("rsa", "Khác"), mischief=mischief)
    registered = [Credential("hoa", local.certificate, local.chain)]

    def post(handle: Mapping[str, Any]) -> bytes:
        rows = json.loads(program.page(handle["state"]["messages"]))
        return json.dumps({"transaction": handle["transaction"], "answers": rows}).encode()

    again = lambda: LocalAgentSigner(registered)  # noqa: E731
    return Rig(again(), "hoa", Algorithm.RSA_SHA256, clock, phone, mischief, again=again, post=post)


def agent_rig(_folder: Path) -> Rig:
    clock, phone, mischief = _surroundings()
    phone.habit = Habit.CONFIRM
    local = key()
    desk = Desk(KeySigner({"hoa": local}), lambda batch: phone.look(
        phone.ring(batch.description, batch.count, 60)) == "confirmed")  # fmt: skip
    registered = [Credential("hoa", local.certificate, local.chain)]

    def post(handle: Mapping[str, Any]) -> bytes:
        text = desk.answer(json.dumps(handle["state"]["messages"][0]["message"]), "https://khue.test")
        answer = json.loads(text)
        if mischief != Mischief() and answer["Status"] == 0:
            rows = mischief.values([(row["Id"], row["Signature"]) for row in answer["Signatures"]])
            answer["Signatures"] = [{"Id": id_, "Signature": value} for id_, value in rows]
        return json.dumps({"transaction": handle["transaction"], "answer": answer}).encode()

    again = lambda: LocalAgentSigner(registered, Program.AGENT)  # noqa: E731
    return Rig(again(), "hoa", Algorithm.ECDSA_P256_SHA256, clock, phone, mischief, again=again, post=post)


LOCAL: dict[str, Callable[[Path], Rig]] = {
    "key": key_rig,
    "key-p384": lambda folder: key_rig(folder, "p384"),
    "p12": p12_rig,
    "token": token_rig,
    "token-p256": lambda folder: token_rig(folder, "p256"),
}
REMOTE: dict[str, Callable[[Path], Rig]] = {
    "csc-pin": csc_rig,
    "csc-phone": lambda folder: csc_rig(folder, "mobile"),
    "csc-async": lambda folder: csc_rig(folder, "mobile", asynchronous=True),
    "csc-parts": lambda folder: csc_rig(folder, "mobile", multisign=4, per_call=2),
    "ras": ras_rig,
    "smartca": smartca_rig,
    "mysign": mysign_rig,
}
PAGES: dict[str, Callable[[Path], Rig]] = {"vgca": vgca_rig, "agent": agent_rig}
PHONES = ("csc-phone", "csc-async", "csc-parts", "smartca", "mysign")
ALL = {**LOCAL, **REMOTE, **PAGES}


def make_rig(name: str, folder: Path) -> Rig:
    if name.startswith("token"):
        if SOFTHSM is None or shutil.which("softhsm2-util") is None:
            pytest.skip("needs softhsm2 (libsofthsm2.so and softhsm2-util)")
        pytest.importorskip("pkcs11")
        prepare_token()
    return ALL[name](folder)


@cache
def prepare_token() -> None:
    """Two tokens, once per process: the library reads its configuration only when it is loaded."""
    folder = Path(tempfile.mkdtemp(prefix="softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n", encoding="utf-8"
    )
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    for label in ("Khue test", "Khue empty"):
        _softhsm("--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "11111111")
    for id_, kind in (("01", "rsa"), ("02", "p256")):
        path = folder / f"{kind}.pem"
        path.write_bytes(key(kind).key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        _softhsm("--import", str(path), "--token", "Khue test", "--label", kind, "--id", id_, "--pin", PIN)
        path.unlink()
    _store_certificates()


def _softhsm(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)


def _store_certificates() -> None:
    """Those of the two keys, one whose key is elsewhere, the issuer and the root."""
    import pkcs11

    names = pkcs11.Attribute
    _root, top, _issuing, middle = authority()
    certificates = [
        (bytes.fromhex("01"), key("rsa").certificate),
        (bytes.fromhex("02"), key("p256").certificate),
        (bytes.fromhex("03"), key(name="Khác").certificate),
        (b"", middle.public_bytes(Encoding.DER)),
        (b"", top.public_bytes(Encoding.DER)),
    ]
    with pkcs11.lib(str(SOFTHSM)).get_token(token_label="Khue test").open(rw=True, user_pin=PIN) as session:
        for id_, der in certificates:
            session.create_object({
                names.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                names.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                names.TOKEN: True, names.PRIVATE: False, names.ID: id_, names.VALUE: der,
                names.SUBJECT: x509.load_der_x509_certificate(der).subject.public_bytes(),
            })  # fmt: skip


Handler = Callable[[httpx.Request], httpx.Response]


def scripted(handler: Handler, **more: Any) -> Service:
    pauses: list[float] = more.pop("pauses", [])
    return Service(
        "Dịch vụ", "https://x.test/api/", transport=httpx.MockTransport(handler), pause=pauses.append, **more
    )


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(KhueError) as refusal:
        work()
    return refusal.value.code


def paths(rig: Rig) -> list[str]:
    assert rig.service is not None
    return [call.path.rpartition("/")[2] for call in rig.service.calls]
