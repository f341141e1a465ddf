"""The roots that are trusted, in dated sets (bộ gốc tin cậy): NEAC, VGCA, and TEST for the demo.

A set is a folder with `anchors.toml` and certificate files. The table carries the SHA-256 of every
file's certificate, so that a root cannot be exchanged by exchanging a file; a mismatch is refused.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from khue.core.errors import Invalid
from khue.signing.trust.certificates import facts_of

TEST = "TEST"
OFFICIAL = ("NEAC", "VGCA")  # public CAs under the national root; CAs for public duty (công vụ)
TABLE = "anchors.toml"


@dataclass(frozen=True, slots=True)
class Anchor:
    """One root of a set and the days on which it is trusted; dates that are not given do not bind."""

    set: str
    certificate: bytes
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    source: str = ""

    def trusted_on(self, day: dt.date) -> bool:
        """Whether the set trusts this root on a day."""
        after = self.valid_from is None or self.valid_from <= day
        return after and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class AnchorSets:
    """All sets of an installation: roots, known intermediates, and which official sets are empty."""

    anchors: tuple[Anchor, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    empty: tuple[str, ...] = ()

    def __add__(self, other: AnchorSets) -> AnchorSets:
        """Both together; a set is empty only where no part fills it."""
        anchors = tuple(dict.fromkeys(self.anchors + other.anchors))
        filled = {anchor.set for anchor in anchors}
        empty = tuple(name for name in dict.fromkeys(self.empty + other.empty) if name not in filled)
        return AnchorSets(anchors, tuple(dict.fromkeys(self.intermediates + other.intermediates)), empty)

    @classmethod
    def test(cls, root: bytes, *intermediates: bytes) -> AnchorSets:
        """The set TEST around a root of our own."""
        return cls((Anchor(TEST, root),), intermediates)


def load_anchors(folder: Traversable | None = None) -> AnchorSets:
    """The sets in a folder, by default those shipped with this package (`SIGN-230` to `SIGN-233`)."""
    place = folder or files(__package__).joinpath("anchors")
    found = AnchorSets()
    for item in sorted(place.iterdir(), key=lambda item: item.name):
        if item.is_dir() and item.joinpath(TABLE).is_file():
            found += _load_set(item)
    return found


def _load_set(folder: Traversable) -> AnchorSets:
    name = folder.name
    try:
        table = tomllib.loads(folder.joinpath(TABLE).read_text(encoding="utf-8"))
        roots, others = _rows(table, "anchor"), _rows(table, "intermediate")
        anchors = tuple(
            Anchor(
                name,
                _certificate(folder, row),
                _day(row.get("valid_from")),
                _day(row.get("valid_to")),
                row["source"],
            )
            for row in roots
        )
        intermediates = tuple(_certificate(folder, row) for row in others)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise Invalid("SIGN-230", set=name, reason=str(error)) from error
    return AnchorSets(anchors, intermediates, () if anchors or name not in OFFICIAL else (name,))


def _rows(table: Mapping[str, Any], kind: str) -> Iterable[Mapping[str, Any]]:
    rows = table.get(kind, [])
    if not isinstance(rows, list):
        raise TypeError(kind)
    return rows


def _certificate(folder: Traversable, row: Mapping[str, Any]) -> bytes:
    file = folder.joinpath(row["file"])
    if not file.is_file():
        raise Invalid("SIGN-231", set=folder.name, file=row["file"])
    data = file.read_bytes()
    try:
        load = x509.load_pem_x509_certificate if data[:1] == b"-" else x509.load_der_x509_certificate
        der = load(data).public_bytes(Encoding.DER)
    except ValueError as error:
        raise Invalid("SIGN-231", set=folder.name, file=row["file"]) from error
    found = hashlib.sha256(der).hexdigest()
    expected = str(row["sha256"]).replace(":", "").replace(" ", "").lower()
    if found != expected:
        raise Invalid("SIGN-232", set=folder.name, file=row["file"], expected=expected, found=found)
    if not facts_of(der).is_ca:
        raise Invalid("SIGN-233", set=folder.name, file=row["file"])
    return der


def _day(value: object) -> dt.date | None:
    if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
        return value
    raise TypeError(value)
