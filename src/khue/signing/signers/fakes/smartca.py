"""A SmartCA of our own (SmartCA giả lập): transactions, one confirmation each, values by document."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from khue.signing.algorithms import default_for
from khue.signing.signers.fakes.mischief import Mischief
from khue.signing.signers.fakes.phone import Decision, Phone, Ticket
from khue.signing.signers.fakes.web import Call, FakeService, Result
from khue.signing.signers.handles import encoded
from khue.signing.signers.pkcs12 import LocalKey

SECONDS = 300
_FIELDS = ("sp_id", "sp_password", "user_id", "transaction_id")
_ITEM = ("doc_id", "file_type", "sign_type", "data_to_be_signed")


@dataclass(slots=True)
class _Transaction:
    number: str
    code: str
    key: LocalKey
    files: list[tuple[str, bytes]]
    ticket: Ticket
    signatures: list[dict[str, Any]] = field(default_factory=list)


class FakeSmartCa(FakeService):
    """`users` maps a subscriber's number to keys by serial; `known_by` says how a status may be asked."""

    def __init__(
        self,
        users: Mapping[str, Mapping[str, LocalKey]],
        phone: Phone,
        *,
        now: Callable[[], dt.datetime],
        sp_id: str = "khue",
        sp_password: str = "demo",  # noqa: S107 - of the demo only
        known_by: tuple[str, ...] = ("tran_code", "transaction_id"),
        stranger: LocalKey | None = None,
        mischief: Mischief | None = None,
    ) -> None:
        super().__init__(phone, now=now, mischief=mischief)
        self._users, self._sp, self._known_by = users, (sp_id, sp_password), known_by
        self._stranger = stranger
        self.transactions: dict[str, _Transaction] = {}
        self.signed = 0  # values made in all

    def answer(self, call: Call) -> Result:
        """The addresses, with `…/sign/{id}/status` among them."""
        start, end = "/v1/signatures/sign/", "/status"
        if call.path.startswith(start) and call.path.endswith(end):
            return self._status(call.path.removeprefix(start).removesuffix(end))
        return super().answer(call)

    def routes(self) -> dict[str, Callable[[Call], Result]]:
        """Certificates and signing."""
        return {"/v1/credentials/get_certificate": self._certificates, "/v1/signatures/sign": self._sign}

    def webhook(self, number: str) -> dict[str, Any]:
        """What the service would post to us about a transaction."""
        _status, told = self._status(self.transactions[number].code)
        signatures = (told.get("data") or {}).get("signatures") or []
        return {
            "sp_id": self._sp[0], "status_code": told["status_code"], "message": told["message"],
            "transaction_id": number, "signed_files": signatures,
        }  # fmt: skip

    def _refusal(self, call: Call) -> Result | None:
        missing = [name for name in _FIELDS if not call.text(name)]
        if missing:
            return _said(400, f"BAD_REQUEST: {', '.join(missing)}")
        if (call.text("sp_id"), call.text("sp_password")) != self._sp or call.text(
            "user_id"
        ) not in self._users:
            return _said(401, "SP_CREDENTIAL_INVALID")
        return None

    def _certificates(self, call: Call) -> Result:
        if (refusal := self._refusal(call)) is not None:
            return refusal
        rows = []
        for serial, key in self._users[call.text("user_id")].items():
            shown = self._stranger if self.mischief.other_certificate and self._stranger else key
            rows.append(
                {
                    "service_type": "SMARTCA", "cert_id": str(uuid.uuid5(uuid.NAMESPACE_OID, serial)),
                    "cert_status": "Đang hoạt động", "serial_number": serial,
                    "cert_data": encoded(shown.certificate),
                    "chain_data": {
                        "ca_cert": encoded(shown.chain[0]) if shown.chain else None, "root_cert": None,
                    },
                    "transaction_id": call.text("transaction_id"),
                }
            )  # fmt: skip
        return _said(200, "Success", user_certificates=rows)

    def _sign(self, call: Call) -> Result:
        if (refusal := self._refusal(call)) is not None:
            return refusal
        number, files = call.text("transaction_id"), call.body.get("sign_files")
        key = self._users[call.text("user_id")].get(call.text("serial_number"))
        if number in self.transactions:
            return _said(400, "BAD_REQUEST: transaction_id is not unique")
        if key is None:
            return _said(403, "CREDENTIAL_STATUS_INVALID")
        if not isinstance(files, list) or not files:
            return _said(400, "BAD_REQUEST: sign_files")
        hashes = [_hash(row) for row in files]
        if any(one is None for one in hashes) or len({one[0] for one in hashes if one}) != len(files):
            return _said(400, "BAD_REQUEST: sign_files")
        title = call.text("transaction_desc")
        ticket = self.phone.ring(title, len(files), SECONDS)
        found = _Transaction(number, str(uuid.uuid4()), key, [one for one in hashes if one], ticket)
        self.transactions[number] = found
        return _said(200, "sig_wait_for_user_confirm", transaction_id=number, tran_code=found.code)

    def _status(self, id_: str) -> Result:
        by = {"tran_code": lambda one: one.code, "transaction_id": lambda one: one.number}
        found = next(
            (one for one in self.transactions.values() for name in self._known_by if by[name](one) == id_),
            None,
        )
        if found is None:
            return _said(400, "BAD_REQUEST: transaction not found")
        decision = self.phone.look(found.ticket)
        if decision is Decision.WAITING:
            return _said(200, "sig_wait_for_user_confirm", transaction_id=found.number, signatures=None)
        if decision is Decision.REFUSED:
            return 200, {"status_code": 4002, "message": "User rejected", "data": None}
        if decision is Decision.EXPIRED:
            return 200, {"status_code": 4001, "message": "Transaction expired", "data": None}
        return _said(200, "SUCCESS", transaction_id=found.number, signatures=self._signatures(found))

    def _signatures(self, found: _Transaction) -> list[dict[str, Any]]:
        if not found.signatures:
            algorithm = default_for(x509.load_der_x509_certificate(found.key.certificate).public_key())
            pairs = [(id_, encoded(found.key.sign(algorithm, digest))) for id_, digest in found.files]
            self.signed += len(pairs)
            found.signatures = [
                {"doc_id": id_, "signature_value": value, "timestamp_signature": None}
                for id_, value in self.mischief.values(pairs)
            ]
        return found.signatures


def _hash(row: object) -> tuple[str, bytes] | None:
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in _ITEM):
        return None
    try:
        digest = bytes.fromhex(row["data_to_be_signed"])
    except ValueError:
        return None
    good = (
        row["sign_type"] == "hash"
        and len(digest) in (32, 48, 64)
        and row["data_to_be_signed"] == digest.hex()
    )
    return (row["doc_id"], digest) if good else None


def _said(status: int, message: str, **data: Any) -> Result:
    """How this service speaks: the status in the body too."""
    http = 200 if status in (401, 403) else status
    return http, {"status_code": status, "message": message, "data": data or None}
