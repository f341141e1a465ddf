"""DER, the bytes of certificates, stamps and CMS (mã hoá DER, X.690): a small strict writer and reader.

Written by hand because general libraries are slow where it hurts: a time-stamp token takes 6 ms with
asn1crypto and 0.3 ms from a template, and some ECDSA values sent it into seconds (signing.md 3.4).
The writer takes parts that are already DER; the reader takes only DER: definite, shortest lengths,
one-byte tags, nothing behind the end. Whatever else it meets is refused (`SIGN-003`).
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import NamedTuple

from khue.core.errors import Invalid

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
ENUMERATED, UTF8, PRINTABLE, IA5, UTC_TIME, GENERALIZED_TIME = 0x0A, 0x0C, 0x13, 0x16, 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31
_CONTEXT, _CONSTRUCTED, _NUMBER = 0x80, 0x20, 0x1F
_SHORT = 0x80  # lengths below stand in one byte
_LONGEST = 4  # bytes of a length; 4 GB is more than anything here
_SEVEN = 0x7F  # seven bits of a number in an object identifier
_PLACES = range(4, 14, 2)  # of month, day, hour, minute, second in YYYYMMDDhhmmss
_UTC_PIVOT = 50  # RFC 5280 4.1.2.5.1: two-digit years from 50 are 19xx


# --- writing ---------------------------------------------------------------------------------------


def tlv(tag: int, content: bytes) -> bytes:
    """One element: tag, shortest length, content."""
    size = len(content)
    if size < _SHORT:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, _SHORT | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of parts that are DER."""
    return tlv(SEQUENCE, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """A SET OF parts that are DER, in the order that X.690 11.6 asks for."""
    return tlv(SET, b"".join(sorted(parts)))


def boolean(value: bool) -> bytes:  # noqa: FBT001 — one value is all there is to say
    """A BOOLEAN."""
    return b"\x01\x01\xff" if value else b"\x01\x01\x00"


def integer(value: int) -> bytes:
    """An INTEGER, negative ones too."""
    size = value.bit_length() // 8 + 1 if value >= 0 else (value + 1).bit_length() // 8 + 1
    return tlv(INTEGER, value.to_bytes(size, signed=True))


def octets(value: bytes) -> bytes:
    """An OCTET STRING."""
    return tlv(OCTETS, value)


def bits(value: bytes, unused: int = 0) -> bytes:
    """A BIT STRING; `unused` counts the bits of the last byte that do not belong to it."""
    return tlv(BITS, bytes((unused,)) + value)


def null() -> bytes:
    """NULL."""
    return b"\x05\x00"


@lru_cache(maxsize=256)
def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted form, «1.2.840.113549.1.7.2»."""
    first, second, *others = (int(number) for number in dotted.split("."))
    content = b"".join(_base128(number) for number in (first * 40 + second, *others))
    return tlv(OID, content)


def utf8(text: str) -> bytes:
    """A UTF8String."""
    return tlv(UTF8, text.encode())


def printable(text: str) -> bytes:
    """A PrintableString; the caller answers for its letters."""
    return tlv(PRINTABLE, text.encode("ascii"))


def ia5(text: str) -> bytes:
    """An IA5String (addresses, e-mail)."""
    return tlv(IA5, text.encode("ascii"))


def generalized_time(moment: dt.datetime) -> bytes:
    """A GeneralizedTime in UTC; fractions of a second only when there are any (X.690 11.7)."""
    utc = moment.astimezone(dt.UTC)
    fraction = f".{utc.microsecond:06d}".rstrip("0") if utc.microsecond else ""
    return tlv(GENERALIZED_TIME, f"{utc:%Y%m%d%H%M%S}{fraction}Z".encode())


def utc_time(moment: dt.datetime) -> bytes:
    """A UTCTime, for the years 1950 to 2049."""
    return tlv(UTC_TIME, f"{moment.astimezone(dt.UTC):%y%m%d%H%M%S}Z".encode())


def time(moment: dt.datetime) -> bytes:
    """A Time as CMS and X.509 want it: UTCTime through 2049, GeneralizedTime after (RFC 5652 11.3)."""
    late = moment.astimezone(dt.UTC).year >= 2000 + _UTC_PIVOT
    return generalized_time(moment) if late else utc_time(moment)


def explicit(number: int, inner: bytes) -> bytes:
    """`[number] EXPLICIT`: a context tag around a whole element."""
    return tlv(_CONTEXT | _CONSTRUCTED | number, inner)


def implicit(number: int, inner: bytes) -> bytes:
    """`[number] IMPLICIT`: a context tag in place of the element's own; constructed stays constructed."""
    return bytes((_CONTEXT | (inner[0] & _CONSTRUCTED) | number,)) + inner[1:]


def _base128(number: int) -> bytes:
    found = [number & _SEVEN]
    while number := number >> 7:
        found.append(_SHORT | (number & _SEVEN))
    return bytes(reversed(found))


# --- reading ---------------------------------------------------------------------------------------


class Element(NamedTuple):
    """One element that was read: its tag, its content, and all its bytes."""

    tag: int
    value: bytes
    raw: bytes


def context(number: int, *, constructed: bool = True) -> int:
    """The tag byte of `[number]`, to compare with what was read."""
    return _CONTEXT | (_CONSTRUCTED if constructed else 0) | number


def read(data: bytes) -> tuple[int, bytes, bytes]:
    """The first element of `data`: tag, content, and what follows it."""
    tag, start, end = _span(data, 0)
    return tag, data[start:end], data[end:]


def parts(content: bytes) -> list[Element]:
    """All elements of the content of a SEQUENCE, a SET or a constructed tag."""
    found, at, size = [], 0, len(content)
    while at < size:
        start = at + 2
        tag, length = content[at], content[at + 1] if start <= size else _SHORT
        end = start + length
        if length >= _SHORT or tag & _NUMBER == _NUMBER or end > size:  # seldom: a long one, or a wrong one
            tag, start, end = _span(content, at)
        found.append(Element(tag, content[start:end], content[at:end]))
        at = end
    return found


def whole(data: bytes, tag: int = SEQUENCE) -> bytes:
    """The content of `data`, which must be exactly one element with this tag."""
    found, start, end = _span(data, 0)
    if found != tag:
        raise Invalid("SIGN-003", what=f"{found:#04x} ≠ {tag:#04x}")
    if end != len(data):
        raise Invalid("SIGN-003", what="thừa byte ở cuối")
    return data[start:end]


def members(data: bytes, tag: int = SEQUENCE) -> list[Element]:
    """The elements inside `data`, which must be exactly one constructed element with this tag."""
    return parts(whole(data, tag))


def expect(element: Element, tag: int) -> bytes:
    """The content of an element that must have this tag."""
    if element.tag != tag:
        raise Invalid("SIGN-003", what=f"{element.tag:#04x} ≠ {tag:#04x}")
    return element.value


def read_integer(element: Element) -> int:
    """The value of an INTEGER in its shortest form."""
    content = expect(element, INTEGER)
    if not content:
        raise Invalid("SIGN-003", what="số nguyên rỗng")
    if len(content) > 1 and (content[0], content[1] >> 7) in {(0x00, 0), (0xFF, 1)}:
        raise Invalid("SIGN-003", what="số nguyên không ở dạng ngắn nhất")
    return int.from_bytes(content, signed=True)


def read_boolean(element: Element) -> bool:
    """The value of a BOOLEAN; DER knows 00 and FF only."""
    content = expect(element, BOOLEAN)
    if content not in {b"\x00", b"\xff"}:
        raise Invalid("SIGN-003", what="giá trị đúng/sai")
    return content == b"\xff"


def read_bits(element: Element) -> bytes:
    """The bytes of a BIT STRING without unused bits, which is what signatures and keys are."""
    content = expect(element, BITS)
    if content[:1] != b"\x00":
        raise Invalid("SIGN-003", what="chuỗi bit")
    return content[1:]


def read_oid(element: Element) -> str:
    """The dotted form of an OBJECT IDENTIFIER."""
    return _dotted(expect(element, OID))


def read_time(element: Element) -> dt.datetime:
    """A UTCTime or GeneralizedTime in UTC, ending in Z, as DER and RFC 5280 want it."""
    text = element.value.decode("ascii", "replace")
    body, _, fraction = text.removesuffix("Z").partition(".")
    if element.tag == UTC_TIME and not fraction:
        body = ("19" if body[:2] >= str(_UTC_PIVOT) else "20") + body
    elif element.tag != GENERALIZED_TIME:
        raise Invalid("SIGN-003", what=f"{element.tag:#04x} ≠ {GENERALIZED_TIME:#04x}")
    wrong = not text.endswith("Z") or ("." in text and (not fraction or fraction.endswith("0")))
    if wrong or len(body) != 14 or not f"{body}{fraction}".isdecimal():  # noqa: PLR2004 — YYYYMMDDhhmmss
        raise Invalid("SIGN-003", what="thời điểm")
    try:
        year, month, day, hour, minute, second = int(body[:4]), *(int(body[at : at + 2]) for at in _PLACES)
        part = int(fraction[:6].ljust(6, "0"))
        return dt.datetime(year, month, day, hour, minute, second, part, dt.UTC)
    except ValueError as error:
        raise Invalid("SIGN-003", what="thời điểm") from error


def _span(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, and where the content of the element at `at` begins and ends."""
    if len(data) < at + 2:
        raise Invalid("SIGN-003", what="hết dữ liệu giữa chừng")
    tag, size, start = data[at], data[at + 1], at + 2
    if tag & _NUMBER == _NUMBER:
        raise Invalid("SIGN-003", what="thẻ nhiều byte")
    if size >= _SHORT:
        count = size - _SHORT
        length = data[start : start + count]
        size = int.from_bytes(length)
        if not 0 < count <= _LONGEST or len(length) != count or length[0] == 0 or size < _SHORT:
            raise Invalid("SIGN-003", what="độ dài")
        start += count
    if start + size > len(data):
        raise Invalid("SIGN-003", what="hết dữ liệu giữa chừng")
    return tag, start, start + size


@lru_cache(maxsize=1024)
def _dotted(content: bytes) -> str:
    numbers, number, fresh = [], 0, True
    for byte in content:
        if fresh and byte == _SHORT:
            raise Invalid("SIGN-003", what="định danh đối tượng")
        number, fresh = number << 7 | byte & _SEVEN, byte < _SHORT
        if fresh:
            numbers.append(number)
            number = 0
    if not numbers or not fresh:
        raise Invalid("SIGN-003", what="định danh đối tượng")
    first = min(numbers[0] // 40, 2)
    return ".".join(str(number) for number in (first, numbers[0] - 40 * first, *numbers[1:]))
