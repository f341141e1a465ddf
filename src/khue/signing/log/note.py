"""Signed notes (văn bản có chữ kí, C2SP signed-note): a text that several keys sign, as lines below it.

Two kinds of signature stand here, both Ed25519: that of a log (type 0x01), over the text; and that of
a witness (type 0x04, C2SP tlog-cosignature), over the text and the time at which the witness saw it.
A key is known by its name and four bytes of a hash; both are only a hint which key to try.
"""

from __future__ import annotations

import binascii
import datetime as dt
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from khue.core.errors import Invalid, Refused

LARGEST = 1024 * 1024  # bytes of a note
MOST_SIGNATURES = 100  # verifiers must take 16 at least; Go takes 100
DASH = "— "
_ID, _TIME, _PUBLIC, _SIGNATURE = 4, 8, 32, 64
_SKEY = "PRIVATE+KEY+"


class Kind(IntEnum):
    """The byte in a key that says what its signatures are over."""

    NOTE = 1
    COSIGNATURE = 4


def decode64(text: str) -> bytes:
    """Base64 in its one canonical form; a `ValueError` for every other spelling of the same bytes."""
    data = b64decode(text, validate=True)
    if b64encode(data).decode() != text:
        msg = "not canonical"
        raise binascii.Error(msg)
    return data


def encode64(data: bytes) -> str:
    """Base64 of RFC 4648, section 4."""
    return b64encode(data).decode()


def is_name(name: str) -> bool:
    """Whether a text can name a key: not empty, no space of any alphabet, no plus, nothing invisible."""
    return bool(name) and "+" not in name and all(sign.isprintable() and sign != " " for sign in name)


@dataclass(frozen=True)
class NoteKey:
    """A public key of a log or a witness (khoá công khai); its text form is the *vkey*."""

    name: str
    public: bytes
    kind: Kind = Kind.NOTE

    @cached_property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ newline ‖ kind ‖ key)."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_ID]

    @cached_property
    def vkey(self) -> str:
        """`name+hash+base64`, as it is published."""
        return f"{self.name}+{self.key_id.hex()}+{encode64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, vkey: str) -> NoteKey:
        """Read a vkey; one that is damaged or of another algorithm is refused (`SIGN-410`)."""
        name, _, rest = vkey.partition("+")
        shown, _, key = rest.partition("+")
        try:
            data = decode64(key)
            found = cls(name, data[1:], Kind(data[0]))
        except (ValueError, IndexError) as error:
            raise Invalid("SIGN-410", key=vkey[:80]) from error
        if not is_name(name) or len(found.public) != _PUBLIC or found.key_id.hex() != shown:
            raise Invalid("SIGN-410", key=vkey[:80])
        return found

    def message(self, text: str, value: bytes) -> bytes:
        """What a signature with this value is over."""
        if self.kind is Kind.NOTE:
            return text.encode()
        return _cosigned(text, int.from_bytes(value[:_TIME]))

    def is_genuine(self, text: str, value: bytes) -> bool:
        """Whether `value` (without the key's id) is this key's signature under the text."""
        skipped = _TIME if self.kind is Kind.COSIGNATURE else 0
        if len(value) != skipped + _SIGNATURE:
            return False
        try:
            self._verifier.verify(value[skipped:], self.message(text, value))
        except InvalidSignature:
            return False
        return True

    @cached_property
    def _verifier(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.public)


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line below the text: — name base64(id ‖ value)."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def text(self) -> str:
        """The line, without its newline."""
        return f"{DASH}{self.name} {encode64(self.key_id + self.value)}"

    @property
    def seconds(self) -> int:
        """The time in a cosignature; means nothing in another signature."""
        return int.from_bytes(self.value[:_TIME])

    @classmethod
    def parse(cls, line: str) -> SignatureLine:
        """Read a line; a malformed one is refused (`SIGN-411`)."""
        name, _, encoded = line.removeprefix(DASH).partition(" ")
        try:
            data = decode64(encoded)
        except ValueError as error:
            raise Invalid("SIGN-411") from error
        if not line.startswith(DASH) or not is_name(name) or len(data) <= _ID:
            raise Invalid("SIGN-411")
        return cls(name, data[:_ID], data[_ID:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the lines below it; nothing is known of them until `verified`."""

    body: str  # with its last newline
    signatures: tuple[SignatureLine, ...]

    @property
    def text(self) -> str:
        """The whole note."""
        return self.body + "\n" + "".join(line.text + "\n" for line in self.signatures)

    @classmethod
    def parse(cls, data: str | bytes) -> Note:
        """Read a note strictly; anything that another reader could read otherwise is refused (`SIGN-411`)."""
        if len(data) > LARGEST:
            raise Invalid("SIGN-411")
        try:
            text = data.decode() if isinstance(data, bytes) else data
        except UnicodeDecodeError as error:
            raise Invalid("SIGN-411") from error
        body, blank, below = text.rpartition("\n\n")
        lines = below.split("\n")
        if not blank or not body or lines.pop() or not 0 < len(lines) <= MOST_SIGNATURES:
            raise Invalid("SIGN-411")
        if any(sign < " " and sign != "\n" for sign in text):
            raise Invalid("SIGN-411")
        return cls(body + "\n", tuple(SignatureLine.parse(line) for line in lines))

    def with_lines(self, lines: Iterable[SignatureLine]) -> Note:
        """The note with further signatures; one of the same key replaces the earlier."""
        kept = {(line.name, line.key_id): line for line in (*self.signatures, *lines)}
        return Note(self.body, tuple(kept.values()))


class NoteSigner:
    """A private key of a log or witness (khoá bí mật). Its text form is a secret."""

    def __init__(self, name: str, seed: bytes, kind: Kind = Kind.NOTE) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._seed = seed
        if not is_name(name):
            raise Invalid("SIGN-410", key=name[:80])
        self.key = NoteKey(name, self._private.public_key().public_bytes_raw(), kind)

    @classmethod
    def create(cls, name: str, kind: Kind = Kind.NOTE) -> NoteSigner:
        """A new key."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw(), kind)

    @classmethod
    def parse(cls, skey: str) -> NoteSigner:
        """Read the text form of Go's note package; the refusal never repeats it (`SIGN-410`)."""
        name, _, rest = skey.strip().removeprefix(_SKEY).partition("+")
        shown, _, key = rest.partition("+")
        try:
            data = decode64(key)
            found = cls(name, data[1:], Kind(data[0]))
        except (ValueError, IndexError) as error:
            raise Invalid("SIGN-410", key=name[:80]) from error
        if not skey.startswith(_SKEY) or found.key.key_id.hex() != shown:
            raise Invalid("SIGN-410", key=name[:80])
        return found

    @property
    def skey(self) -> str:
        """`PRIVATE+KEY+name+hash+base64`: a secret."""
        packed = encode64(bytes([self.key.kind]) + self._seed)
        return f"{_SKEY}{self.key.name}+{self.key.key_id.hex()}+{packed}"

    def sign(self, body: str) -> SignatureLine:
        """Sign a text as a log does."""
        return SignatureLine(self.key.name, self.key.key_id, self._private.sign(body.encode()))

    def cosign(self, body: str, at: dt.datetime) -> SignatureLine:
        """Sign a checkpoint as a witness does, with the time."""
        seconds = int(at.timestamp())
        value = seconds.to_bytes(_TIME) + self._private.sign(_cosigned(body, seconds))
        return SignatureLine(self.key.name, self.key.key_id, value)


def sign_note(body: str, *signers: NoteSigner) -> Note:
    """A text signed by logs; it must end with a newline and hold no control character (`SIGN-411`)."""
    note = Note(body, tuple(signer.sign(body) for signer in signers))
    if not body.endswith("\n"):
        raise Invalid("SIGN-411")
    Note.parse(note.text)
    return note


def verified(note: Note, keys: Sequence[NoteKey]) -> dict[NoteKey, SignatureLine]:
    """The known keys that signed; unknown ones are ignored, a known one that fails ends it (`SIGN-412`)."""
    known: dict[tuple[str, bytes], NoteKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise Invalid("SIGN-410", key=key.vkey)  # two keys that one line could mean
    found: dict[NoteKey, SignatureLine] = {}
    for line in note.signatures:
        signer = known.get((line.name, line.key_id))
        if signer is None:
            continue
        if not signer.is_genuine(note.body, line.value):
            raise Refused("SIGN-412", name=line.name)
        found.setdefault(signer, line)
    return found
