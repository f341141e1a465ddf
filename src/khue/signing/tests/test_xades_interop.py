"""Other programs on our records: xmlsec1, xml-security-c, OpenSSL, the JDK, signxml, XML Schema.

The commands of docs/records/format.md are run as they stand there.
"""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import InvalidSignature, SignatureConfiguration, XMLVerifier

from khue.signing.canonical import element
from khue.signing.tests.xades_world import (
    BINH,
    CODE,
    DUNG,
    HOA,
    HOMEROOM,
    LAN,
    MINH,
    MST,
    ORDER,
    PRINCIPAL,
    SCHOOL,
    SEAL,
    archived,
    complete_record,
    pair_of,
    pki,
    record,
    report_on,
    rsa_pair,
    signed,
    stamped,
    year_record,
)
from khue.signing.xades.record import Record, assemble

ROOT = Path(__file__).parents[4]
SCHEMA = Path(__file__).parents[1] / "schema" / "record.xsd"
PAGE = ROOT / "docs" / "records" / "format.md"
IDS = ("urn:khue:record:1:Content", "urn:khue:record:1:Section",
       "http://www.w3.org/2000/09/xmldsig#:SignatureValue",
       "http://uri.etsi.org/01903/v1.3.2#:SignedProperties")  # fmt: skip


def needs(*programs: str):
    missing = [one for one in programs if shutil.which(one) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


@cache
def with_rsa() -> Record:
    """The class record, signed by RSA keys alone."""
    people = dict(zip(ORDER, (HOA, LAN, BINH, DUNG, MINH), strict=False))
    keys = {slot: rsa_pair(one.name, one.identifier) for slot, one in people.items()}
    return signed(record(), *ORDER, keys={**keys, SEAL: rsa_pair(SCHOOL, MST)})


VARIANTS = {
    "p256-bb": complete_record,
    "p256-bt": lambda: stamped(complete_record(), ORDER),
    "p256-lta": lambda: archived(stamped(complete_record(), ORDER), SEAL),
    "rsa-bb": with_rsa,
    "rsa-bt": lambda: stamped(with_rsa(), ORDER),
}


def signature_ids(data: bytes) -> list[str]:
    return re.findall(r'<ds:Signature [^>]*Id="([^"]+)"', data.decode())


def pem(certificate: bytes) -> bytes:
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "root.pem").write_bytes(pem(pki().root))
    return tmp_path


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def tampered(data: bytes) -> bytes:
    return data.replace(b"8,5", b"9,5", 1)


def xmlsec(folder, signature: str) -> bool:
    command = [
        "xmlsec1", "--verify", "--enabled-key-data", "x509", "--trusted-pem", "root.pem",
        "--enabled-reference-uris", "same-doc", "--verification-gmt-time", "2026-12-24 02:30:00",
        *(item for one in IDS for item in ("--id-attr:Id", one)),
        "--node-xpath", f"//*[local-name()='Signature' and @Id='{signature}']", "record.xml",
    ]  # fmt: skip
    return run(command, folder).returncode == 0


@needs("xmlsec1")
@pytest.mark.parametrize("variant", VARIANTS)
def test_xmlsec1_takes_every_signature(variant, folder):
    data = assemble(VARIANTS[variant]())
    (folder / "record.xml").write_bytes(data)
    assert [xmlsec(folder, one) for one in signature_ids(data)] == [True] * 6
    (folder / "record.xml").write_bytes(tampered(data))
    assert [xmlsec(folder, one) for one in signature_ids(data)] == [False, False, True, True, False, False]


def first(data: bytes, signature: str) -> bytes:
    """A copy in which a signature stands first, for a program that looks at no other."""
    text = data.decode()
    (part,) = [
        one for one in re.findall(r"<ds:Signature .*?</ds:Signature>", text) if f'Id="{signature}"' in one
    ]
    return text.replace(part, "").replace("<kr:Signatures>", "<kr:Signatures>" + part).encode()


@needs("xsec-checksig")
@pytest.mark.parametrize("variant", VARIANTS)
def test_xml_security_c_takes_every_signature(variant, folder):
    data = assemble(VARIANTS[variant]())
    for signature in signature_ids(data):
        (folder / "record.xml").write_bytes(first(data, signature))
        assert run(["xsec-checksig", "--id", "Id", "record.xml"], folder).returncode == 0
    (folder / "record.xml").write_bytes(tampered(data))
    assert run(["xsec-checksig", "--id", "Id", "record.xml"], folder).returncode == 1


@needs("java", "javac")
def test_the_jdk_takes_every_signature(folder):
    names = []
    for variant, make in VARIANTS.items():
        (folder / f"{variant}.xml").write_bytes(assemble(make()))
        names += [f"{variant}.xml {one} true" for one in signature_ids(assemble(make()))]
    (folder / "bad.xml").write_bytes(tampered(assemble(complete_record())))
    files = [*(f"{one}.xml" for one in VARIANTS), "bad.xml"]
    source = Path(__file__).parent / "XadesCheck.java"
    result = run(["java", str(source), *files], folder)
    assert result.returncode == 0, result.stderr
    *good, _, _, _, _, _, _ = result.stdout.splitlines()
    assert good == names
    bad = [line.split()[2] for line in result.stdout.splitlines()[-6:]]
    assert bad == ["false", "false", "true", "true", "false", "false"]


@pytest.mark.parametrize("kind", ["p256", "rsa"])
def test_signxml_takes_a_single_signature(kind):
    certificate, keys = pair_of(HOMEROOM).certificate, {}
    if kind == "rsa":
        keys = {HOMEROOM: rsa_pair(DUNG.name, DUNG.identifier)}
        certificate = keys[HOMEROOM][1]
    data = assemble(signed(year_record(), HOMEROOM, keys=keys))
    configuration = SignatureConfiguration(expect_references=2, location="./{urn:khue:record:1}Signatures/")
    facts = {"x509_cert": pem(certificate).decode(), "id_attribute": "Id", "expect_config": configuration}
    found = XMLVerifier().verify(data, **facts)
    assert [one.signed_xml.tag.partition("}")[2] for one in found] == ["Section", "SignedProperties"]
    with pytest.raises(InvalidSignature):
        XMLVerifier().verify(data.replace(b'number="1"', b'number="2"'), **facts)


def blocks() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@needs("xmlsec1", "xsec-checksig", "openssl", "bash")
def test_the_published_commands_work(folder):
    (folder / "record.xml").write_bytes(assemble(stamped(complete_record(), ORDER)))
    outputs = []
    for block in blocks():
        result = run(["bash", "-e", "-o", "pipefail", "-c", block], folder)
        assert result.returncode == 0, (block, result.stderr)
        outputs.append(result.stdout + result.stderr)
    ids, xmlsec1, xsec, path, stamp = outputs
    assert ids.split() == [one.signature_id for one in ORDER]
    assert "OK" in xmlsec1.split()
    assert "7/7" in xmlsec1
    assert "Signature verified OK!" in xsec
    assert "chain.pem: OK" in path
    assert "MST:0101234567" in path
    assert "Verification: OK" in stamp
    assert "Dec 23 23:31:00" in stamp


@needs("xmlsec1", "xsec-checksig", "openssl", "bash")
def test_the_published_commands_notice_another_content(folder):
    (folder / "record.xml").write_bytes(tampered(assemble(stamped(complete_record(), ORDER))))
    codes = [run(["bash", "-e", "-o", "pipefail", "-c", block], folder).returncode for block in blocks()]
    assert [bool(code) for code in codes] == [False, True, True, False, False]


@needs("xmlsec1")
def test_what_the_page_says_these_programs_do_not_check(folder):
    """Cut off, wrapped, commented: genuine for xmlsec1, not for us."""
    whole = assemble(complete_record()).decode()
    fresh = year_record().head_text + element("Section", {"Id": "x"})
    wrapped = whole.replace(
        "<kr:Content ",
        f'<kr:Content code="{CODE}" type="gradebook-term">{fresh}</kr:Content><kr:Old><kr:Content ',
        1,
    ).replace("</kr:Content><kr:Signatures>", "</kr:Content></kr:Old><kr:Signatures>")
    cut = whole[: whole.rindex("<ds:Signature ")] + "</kr:Signatures></kr:Record>"
    for forged in (cut, wrapped, whole.replace("ngoan", "ng<!-- -->oan")):
        (folder / "record.xml").write_text(forged, encoding="utf-8")
        assert xmlsec(folder, PRINCIPAL.signature_id)
        assert report_on(forged.encode()).verdict == "invalid"


@cache
def envelope() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA))


@pytest.mark.parametrize("variant", ["p256-bb", "p256-lta"])
def test_records_fit_the_schema(variant):
    envelope().assertValid(etree.fromstring(assemble(VARIANTS[variant]())))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('version="1"', 'version="2"'),
        ('Id="content"', 'Id="body"'),
        ('Id="s02"', 'Id="s01"'),
        ('Id="s02"', 'Id="sig-school"'),
        (' code="', ' more="" code="'),
        ('number="2"', 'number="0"'),
        ('number="2"', 'number="21"'),
        ('role="homeroom"', 'role="Homeroom"'),
        ("<kr:Signatures>", "<kr:Signatures><kr:More></kr:More>"),
        ("</kr:Head>", '</kr:Head><x:More xmlns:x="urn:x"></x:More>'),
        ("</kr:Head>", "</kr:Head>text"),
        ("<kr:Content ", "<kr:Signatures></kr:Signatures><kr:Content "),
        (f'school="{SCHOOL}"', 'school=""'),
        (f'record="{CODE}"', 'record="a b"'),
    ],
)
def test_the_schema_refuses_other_envelopes(before, after):
    text = assemble(complete_record()).decode()
    assert before in text
    assert not envelope().validate(etree.fromstring(text.replace(before, after, 1)))
