"""The agent on a teacher's computer (chương trình ký của Khuê): a page asks it to sign with a token.

It listens on 127.0.0.1 only and speaks JSON over a WebSocket (port 8986 unless told otherwise). It answers
only to pages whose `Origin` it was started with; another page on the same computer is turned away before
a message is read. Each text frame is one message, and gets one answer:

    {"Action": "certificates"}
        -> {"Status": 0, "Certificates": [{"Key": …, "CertBase64": …, "ChainBase64": […]}]}
    {"Action": "sign_batch", "RequestId": …, "Key": …, "CertBase64": …, "Description": …,
     "Hashes": [{"Id": …, "Algorithm": "rsa-sha256", "HashValue": "<base64>"}, …]}
        -> {"Status": 0, "RequestId": …, "CertBase64": …, "Root": …,
            "Signatures": [{"Id": …, "Signature": …}]}
    {"HashAlg": "SHA256", "HashValue": "<base64>", "Encode": "RSA"}          as VGCA Sign Service takes it
        -> {"Status": 0, "Signature": …, "CertBase64": …}

Anything else than `Status` 0 has a `Message` for the person and the `Code` of it: 1 the holder said no,
2 no token, 3 PIN, 4 no certificate, 5 not understood or too much, 6 the token failed.

The holder is asked once per batch, on this computer, not in the page: how many records, the page's
description, which page, and the digest over all hashes, which the page shows too. The PIN never leaves
this process. A batch that was signed already is answered from memory, without a PIN and without signing.
A page from https may speak to `ws://127.0.0.1`, which browsers hold to be as good as https; newer ones ask
the person once whether the page may reach this computer.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import getpass
import json
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import Any, TextIO

from cryptography import x509
from cryptography.x509.oid import NameOID

from khue.core.errors import Invalid, KhueError, Refused
from khue.signing.algorithms import Algorithm, default_for
from khue.signing.sentences import sentence
from khue.signing.signers.base import Answer, Credential, HashToSign, Progress, Signer
from khue.signing.signers.handles import asked, certificate_of, chosen, encoded, transaction_of
from khue.signing.signers.pkcs11 import Pkcs11Signer
from khue.signing.signers.pkcs12 import Pkcs12Signer
from khue.signing.signers.vgca import HASH_NAMES, LONGEST_DESCRIPTION, batch_root

HOST, PORT = "127.0.0.1", 8986
MOST = 200  # hashes in one batch; a class is 45, a school goes class by class
LARGEST_MESSAGE = 1024 * 1024
REMEMBERED = 16  # batches that are answered again without signing
STATUSES = {
    "SIGN-365": 1, "SIGN-313": 2, "SIGN-318": 2, "SIGN-314": 3, "SIGN-315": 3, "SIGN-316": 3,
    "SIGN-305": 4, "SIGN-317": 4, "SIGN-300": 5, "SIGN-301": 5, "SIGN-302": 5, "SIGN-303": 5, "SIGN-364": 5,
}  # fmt: skip
FAILED = 6


@dataclass(frozen=True, slots=True)
class Batch:
    """What the holder is asked to sign, as it is shown to them."""

    count: int
    description: str
    root: str  # hex; the page shows the same
    signer: str
    origin: str


class Desk:
    """Answers messages with any signer that answers at once; asks the holder through `confirm`."""

    def __init__(self, signer: Signer, confirm: Callable[[Batch], bool], *, most: int = MOST) -> None:
        self._signer, self._confirm, self._most = signer, confirm, most
        self._lock = Lock()  # one question at a time, however many pages there are
        self._done: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()

    def answer(self, text: str | bytes, origin: str) -> str:
        """The answer to one message of a page; never raises for what a page or a token does."""
        with self._lock:
            try:
                found = self._answer(_message(text), origin)
            except KhueError as error:
                found = {
                    "Status": STATUSES.get(error.code, FAILED), "Code": error.code,
                    "Message": sentence(error.code, error.params),
                }  # fmt: skip
        return json.dumps(found, ensure_ascii=False)

    def _answer(self, message: Mapping[str, Any], origin: str) -> dict[str, Any]:
        match message.get("Action"):
            case "certificates":
                return {"Status": 0, "Certificates": [_shown(one) for one in self._signer.credentials()]}
            case "sign_batch":
                return self._batch(message, origin)
            case None if "HashValue" in message:
                return self._single(message, origin)
        raise Invalid("SIGN-364", reason="Action")

    def _batch(self, message: Mapping[str, Any], origin: str) -> dict[str, Any]:
        rows = message.get("Hashes")
        if not isinstance(rows, list):
            raise Invalid("SIGN-364", reason="Hashes")
        hashes = [_hash(row) for row in rows]
        if not hashes:
            raise Invalid("SIGN-300")
        if len(hashes) > self._most:
            raise Invalid("SIGN-303", count=len(hashes), limit=self._most)
        credential = self._chosen(message)
        known = (str(message.get("RequestId")), transaction_of(credential.key, hashes))
        if known not in self._done:
            description = _plain(message.get("Description"))
            values = self._signed(credential, hashes, description, origin)
            self._done[known] = {
                "Status": 0, "RequestId": known[0], "CertBase64": encoded(credential.certificate),
                "Root": _root(hashes),
                "Signatures": [{"Id": one.id, "Signature": encoded(values[one.id])} for one in hashes],
            }  # fmt: skip
            while len(self._done) > REMEMBERED:
                self._done.popitem(last=False)
        return self._done[known]

    def _chosen(self, message: Mapping[str, Any]) -> Credential:
        """The credential by its name; where only the certificate's file is known, by the certificate."""
        held, name = self._signer.credentials(), str(message.get("Key"))
        if not name:
            wanted = certificate_of(message.get("CertBase64"))
            name = next((one.key for one in held if one.certificate == wanted), "")
        return chosen(held, name)

    def _single(self, message: Mapping[str, Any], origin: str) -> dict[str, Any]:
        """One hash in the manner of VGCA Sign Service, with the first certificate there is."""
        credential = next(iter(self._signer.credentials()), None)
        if credential is None:
            raise Refused("SIGN-305", credential="")
        name = {shown: kind for kind, shown in HASH_NAMES.items()}.get(str(message.get("HashAlg")))
        if name is None:
            raise Invalid("SIGN-364", reason="HashAlg")
        family = default_for(x509.load_der_x509_certificate(credential.certificate).public_key())
        algorithm = Algorithm(f"rsa-{name}") if family is Algorithm.RSA_SHA256 else family
        one = HashToSign("1", _bytes(message.get("HashValue")), algorithm)
        values = self._signed(credential, [one], "", origin)
        return {
            "Status": 0, "Signature": encoded(values["1"]), "CertBase64": encoded(credential.certificate)
        }  # fmt: skip

    def _signed(
        self, credential: Credential, hashes: Sequence[HashToSign], description: str, origin: str
    ) -> Mapping[str, bytes]:
        """Ask the holder, then the signer; all values or a refusal. What cannot be signed asks nobody."""
        asked("agent", credential, hashes)
        batch = Batch(len(hashes), description, _root(hashes), _name(credential), origin)
        if not self._confirm(batch):
            raise Refused("SIGN-365")
        answer: Answer = self._signer.begin(credential.key, hashes, description)
        if answer.progress is not Progress.DONE:
            raise Refused("SIGN-319", reason=answer.code or answer.progress.value)
        return answer.values


class Console:
    """Asks at the terminal where the agent runs; with a token, the PIN is the consent."""

    def __init__(
        self,
        *,
        by_pin: bool,
        secret: Callable[[str], str] = getpass.getpass,
        line: Callable[[str], str] = input,
        out: TextIO | None = None,
    ) -> None:
        self._by_pin, self._secret, self._line = by_pin, secret, line
        self._out = out or sys.stdout
        self._pin = ""

    def say(self, text: str) -> None:
        """A line for the person."""
        self._out.write(text + "\n")
        self._out.flush()

    def confirm(self, batch: Batch) -> bool:
        """Show what is asked for and let the holder decide."""
        self.say(f"\nTrang {batch.origin} đề nghị ký {batch.count} hồ sơ bằng chứng thư {batch.signer}.")
        if batch.description:
            self.say(f"  Nội dung: {batch.description}")
        self.say(f"  Mã đối chiếu: {batch.root[:16]} (phải giống mã trên trang)")
        if self._by_pin:
            self._pin = self._secret("  Nhập mã PIN để ký, để trống để từ chối: ")
            return bool(self._pin)
        return self._line("  Gõ «ký» để ký, phím khác để từ chối: ").strip().casefold() in {"ký", "ky"}

    def pin(self) -> str:
        """The PIN of the present batch, once; asked for if the token wants it at another time."""
        pin, self._pin = self._pin, ""
        return pin or self._secret("Nhập mã PIN của thiết bị: ")


def server(desk: Desk, origins: Sequence[str], *, port: int = PORT) -> Any:
    """A WebSocket server of the agent, listening; its `serve_forever` works, its `shutdown` ends it."""
    from websockets.exceptions import ConnectionClosed  # noqa: PLC0415 - only where the agent runs
    from websockets.sync.server import ServerConnection, serve  # noqa: PLC0415

    def talk(page: ServerConnection) -> None:
        origin = page.request.headers.get("Origin", "") if page.request else ""
        try:
            for text in page:
                page.send(desk.answer(text, origin))
        except ConnectionClosed:
            return

    # An Origin that is not in the list, or none at all, is answered with 403 before any message is read.
    return serve(talk, HOST, port, origins=list(origins), max_size=LARGEST_MESSAGE, compression=None)  # type: ignore[arg-type]


def main(argv: Sequence[str] | None = None, *, wait: Callable[[Thread], None] | None = None) -> int:
    """Run the agent until it is interrupted (`khue agent`)."""
    wait = wait or _until_interrupted
    options = _parser().parse_args(argv)
    console = Console(by_pin=options.module is not None)
    try:
        signer: Signer
        if options.module is not None:
            signer = Pkcs11Signer(options.module, console.pin, token=options.token, each_batch=True)
        else:
            signer = Pkcs12Signer(options.p12, lambda: getpass.getpass("Mật khẩu của tệp khoá: "))
        names = ", ".join(_name(one) for one in signer.credentials())
    except (KhueError, OSError) as error:
        console.say(sentence(error.code, error.params) if isinstance(error, KhueError) else str(error))
        return 1
    listening = server(Desk(signer, console.confirm, most=options.most), options.origin, port=options.port)
    thread = Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    console.say(f"Sẵn sàng tại ws://{HOST}:{options.port}/ cho {', '.join(options.origin)}.")
    console.say(f"Chứng thư: {names}. Bấm Ctrl+C để dừng.")
    try:
        wait(thread)
    except KeyboardInterrupt:
        console.say("Đã dừng.")
    finally:
        listening.shutdown()
    return 0


def _until_interrupted(thread: Thread) -> None:
    """Wait in short steps: on Windows a wait without an end does not hear Ctrl+C."""
    while thread.is_alive():
        thread.join(0.5)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="khue agent", description="Ký bằng USB token trên máy này.")
    key = parser.add_mutually_exclusive_group(required=True)
    key.add_argument("--module", help="trình điều khiển PKCS#11 của USB token")
    key.add_argument("--p12", type=Path, help="tệp khoá PKCS#12, cho bản dùng thử")
    parser.add_argument("--token", default="", help="nhãn của token, nếu cắm nhiều cái")
    parser.add_argument(
        "--origin",
        action="append",
        required=True,
        help="địa chỉ trang được phép, ví dụ https://khue.example.vn",
    )
    parser.add_argument("--port", type=int, default=PORT, help="cổng trên máy này")
    parser.add_argument("--most", type=int, default=MOST, help="số hồ sơ nhiều nhất trong một lượt")
    return parser


def _message(text: str | bytes) -> Mapping[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("SIGN-364", reason="JSON") from error
    if not isinstance(message, dict):
        raise Invalid("SIGN-364", reason="JSON")
    return message


def _hash(row: object) -> HashToSign:
    if not isinstance(row, dict) or not isinstance(row.get("Id"), str):
        raise Invalid("SIGN-364", reason="Hashes")
    try:
        algorithm = Algorithm(str(row.get("Algorithm")))
    except ValueError as error:
        raise Invalid("SIGN-364", reason="Algorithm") from error
    return HashToSign(row["Id"], _bytes(row.get("HashValue")), algorithm)


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("SIGN-364", reason="HashValue") from error


def _root(hashes: Sequence[HashToSign]) -> str:
    return batch_root([one.digest for one in sorted(hashes, key=lambda one: one.id)]).hex()


def _shown(credential: Credential) -> dict[str, Any]:
    return {
        "Key": credential.key, "CertBase64": encoded(credential.certificate),
        "ChainBase64": [encoded(der) for der in credential.chain],
    }  # fmt: skip


def _name(credential: Credential) -> str:
    """Whose certificate it is."""
    subject = x509.load_der_x509_certificate(credential.certificate).subject
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return _plain(names[0].value) if names else credential.key


def _plain(text: object) -> str:
    """Text that a terminal shows as it is: nothing that moves the cursor or changes what was shown."""
    return "".join(letter for letter in str(text or "") if letter.isprintable())[:LONGEST_DESCRIPTION]
