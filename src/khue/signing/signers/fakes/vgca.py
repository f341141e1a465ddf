"""A VGCA Sign Service of our own (chương trình ký VGCA giả lập): one hash, one message, one dialogue.

The real one opens a window on the computer; here the `Phone` plays the person before it, who by habit
says yes. Journeys in a browser reach it by `serve_program`, with `ws` in place of `wss`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from threading import Thread
from types import TracebackType
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from khue.signing.algorithms import Algorithm
from khue.signing.signers.fakes.mischief import Mischief
from khue.signing.signers.fakes.phone import Decision, Phone
from khue.signing.signers.handles import encoded
from khue.signing.signers.pkcs12 import LocalKey

_ALGORITHMS = {
    "SHA256": (Algorithm.RSA_SHA256, 32),
    "SHA384": (Algorithm.RSA_SHA384, 48),
    "SHA512": (Algorithm.RSA_SHA512, 64),
}
SECONDS = 60
CANCELLED, NOT_UNDERSTOOD = 1, 19


class VgcaProgram:
    """Answers messages with one RSA key."""

    def __init__(
        self,
        key: LocalKey,
        phone: Phone,
        *,
        stranger: LocalKey | None = None,
        mischief: Mischief | None = None,
    ) -> None:
        self._key, self._stranger, self.phone = key, stranger, phone
        self.mischief = mischief or Mischief()
        self.signed = 0

    def answer(self, text: str | bytes) -> str:
        """The answer to one message, as JSON text."""
        return json.dumps(self._answer(text))

    def page(self, messages: Sequence[dict[str, Any]]) -> bytes:
        """What the script of a page does: each message in turn, then all answers, without the transaction."""
        answers = [(str(one["id"]), self._answer(json.dumps(one["message"]))) for one in messages]
        pairs = [(id_, str(one.get("Signature", ""))) for id_, one in answers]
        played = self.mischief.values(pairs) if all(value for _, value in pairs) else pairs
        by_id = dict(answers)
        rows = [
            {
                "id": id_,
                "answer": {**by_id.get(id_, answers[0][1]), **({"Signature": value} if value else {})},
            }
            for id_, value in played
        ]
        return json.dumps(rows).encode()

    def _answer(self, text: str | bytes) -> dict[str, Any]:
        try:
            message = json.loads(text)
            algorithm, size = _ALGORITHMS[message["HashAlg"]]
            digest = base64.b64decode(message["HashValue"], validate=True)
        except (ValueError, KeyError, TypeError, binascii.Error):
            return {"Status": NOT_UNDERSTOOD, "Message": "Dữ liệu không hợp lệ"}
        good = message.get("Encode") == "RSA" and len(digest) == size
        if not good or not isinstance(self._key.key, rsa.RSAPrivateKey):
            return {"Status": NOT_UNDERSTOOD, "Message": "Dữ liệu không hợp lệ"}
        if self.phone.look(self.phone.ring("VGCA Sign Service", 1, SECONDS)) is not Decision.CONFIRMED:
            return {"Status": CANCELLED, "Message": "Người dùng huỷ"}
        self.signed += 1
        shown = self._stranger if self.mischief.other_certificate and self._stranger else self._key
        return {
            "Status": 0, "Message": "", "HashValue": message["HashValue"],
            "Signature": encoded(self._key.sign(algorithm, digest)), "CertBase64": encoded(shown.certificate),
        }  # fmt: skip


class ServedProgram:
    """The program listening on a port of this computer, until it is closed."""

    def __init__(self, program: VgcaProgram, origins: Sequence[str], port: int) -> None:
        from websockets.exceptions import ConnectionClosed  # noqa: PLC0415 - only where it is served
        from websockets.sync.server import ServerConnection, serve  # noqa: PLC0415

        def talk(page: ServerConnection) -> None:
            try:
                for text in page:
                    page.send(program.answer(text))
            except ConnectionClosed:
                return

        self._server = serve(talk, "127.0.0.1", port, origins=list(origins), compression=None)  # type: ignore[arg-type]
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/SignMsg"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()

    def __enter__(self) -> ServedProgram:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve_program(program: VgcaProgram, origins: Sequence[str], port: int = 0) -> ServedProgram:
    """Serve on 127.0.0.1 for pages of these origins; the address is `url`."""
    return ServedProgram(program, origins, port)
