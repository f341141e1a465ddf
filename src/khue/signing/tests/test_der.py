"""DER: what is written can be read back, agrees with an independent library, and nothing else is taken."""

from __future__ import annotations

import datetime as dt

import pytest
from asn1crypto import core as asn1
from hypothesis import given, settings
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.signing import der

FIRST = dt.datetime(1950, 1, 1, tzinfo=dt.UTC)
MOMENTS = st.integers(0, 99 * 365 * 86_400).map(lambda count: FIRST + dt.timedelta(seconds=count))
PARTS_OF_SECONDS = st.integers(0, 999_999)
DOTTED = st.builds(
    lambda first, second, others: ".".join(map(str, (first, second, *others))),
    st.integers(0, 1), st.integers(0, 39), st.lists(st.integers(0, 2**40), max_size=8),
) | st.builds(
    lambda second, others: ".".join(map(str, (2, second, *others))),
    st.integers(0, 2**40), st.lists(st.integers(0, 2**20), max_size=4),
)  # fmt: skip


def one(data: bytes) -> der.Element:
    (element,) = der.parts(data)
    return element


@given(st.integers(-(2**200), 2**200))
def test_integers_return_and_agree_with_asn1crypto(number: int) -> None:
    assert der.read_integer(one(der.integer(number))) == number
    assert der.integer(number) == asn1.Integer(number).dump()


@given(DOTTED)
def test_object_identifiers_return_and_agree(dotted: str) -> None:
    assert der.read_oid(one(der.oid(dotted))) == dotted
    assert der.oid(dotted) == asn1.ObjectIdentifier(dotted).dump()


@given(MOMENTS, PARTS_OF_SECONDS)
def test_times_return(moment: dt.datetime, part: int) -> None:
    exact = moment.replace(microsecond=part)
    assert der.read_time(one(der.generalized_time(exact))) == exact
    assert der.read_time(one(der.utc_time(moment))) == moment
    assert der.utc_time(moment) == asn1.UTCTime(moment).dump()


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_sequences_and_sets_return(values: list[bytes]) -> None:
    inside = [der.octets(value) for value in values]
    assert [element.raw for element in der.members(der.sequence(*inside))] == inside
    assert [element.raw for element in der.members(der.set_of(*inside), der.SET)] == sorted(inside)
    other = asn1.SequenceOf([asn1.OctetString(value) for value in values], spec=asn1.OctetString)
    assert der.sequence(*inside) == other.dump()


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_lengths_at_their_edges(size: int) -> None:
    written = der.octets(bytes(size))
    assert written == asn1.OctetString(bytes(size)).dump()
    assert der.read(written + b"rest") == (der.OCTETS, bytes(size), b"rest")


def test_small_kinds_and_tags() -> None:
    assert der.read_boolean(one(der.boolean(True))) is True
    assert der.read_boolean(one(der.boolean(False))) is False
    assert der.read_bits(one(der.bits(b"key"))) == b"key"
    assert one(der.null()) == (der.NULL, b"", b"\x05\x00")
    assert one(der.utf8("Nguyễn")).value.decode() == "Nguyễn"
    assert one(der.explicit(0, der.integer(5))) == (0xA0, der.integer(5), b"\xa0\x03\x02\x01\x05")
    assert der.implicit(1, der.octets(b"a")) == b"\x81\x01a"
    assert der.implicit(1, der.sequence(der.null())) == b"\xa1\x02\x05\x00"
    assert der.context(1) == 0xA1
    assert der.context(1, constructed=False) == 0x81
    assert one(der.time(dt.datetime(2049, 12, 31, tzinfo=dt.UTC))).tag == der.UTC_TIME
    assert one(der.time(dt.datetime(2050, 1, 1, tzinfo=dt.UTC))).tag == der.GENERALIZED_TIME


@pytest.mark.parametrize(
    "data",
    [
        "", "30", "3005", "0401", "308001020304",  # cut short, indefinite
        "04810161", "0482000161", "0485000000000161",  # longer than the shortest length
        "3f1f0100", "1f8100",  # tags of several bytes
        "040161ff",  # bytes behind the end
    ],
)  # fmt: skip
def test_what_is_not_der_is_refused(data: str) -> None:
    with pytest.raises(Invalid) as refused:
        der.whole(bytes.fromhex(data), der.OCTETS)
    assert refused.value.code == "SIGN-003"


@pytest.mark.parametrize(
    ("reader", "data"),
    [
        (der.read_integer, "0200"), (der.read_integer, "02020001"), (der.read_integer, "0202ff80"),
        (der.read_integer, "040101"), (der.read_boolean, "010101"), (der.read_boolean, "0100"),
        (der.read_bits, "0300"), (der.read_bits, "03020180"),
        (der.read_oid, "0600"), (der.read_oid, "06022a80"), (der.read_oid, "06032a8001"),
        (der.read_time, "1700"), (der.read_time, "0401ff"),
    ],
)  # fmt: skip
def test_values_in_the_wrong_form_are_refused(reader: object, data: str) -> None:
    with pytest.raises(Invalid):
        reader(one(bytes.fromhex(data)))


@pytest.mark.parametrize(
    "text",
    [
        "20261131000000Z", "20261126000000", "20261126000000+0700", "20261126000000.Z",
        "20261126000000.50Z", "202611260000Z", "2026112600000\u0660Z", "",
    ],
)  # fmt: skip
def test_times_in_another_form_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        der.read_time(one(der.tlv(der.GENERALIZED_TIME, text.encode())))


@settings(max_examples=200)
@given(st.binary(max_size=40))
def test_whatever_the_reader_takes_is_written_the_same(data: bytes) -> None:
    try:
        elements = der.parts(data)
    except Invalid:
        return
    assert b"".join(der.tlv(element.tag, element.value) for element in elements) == data
