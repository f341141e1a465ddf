"""Transcripts as other tools make and sign them: lxml and cryptography only, none of our code."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import NameOID
from lxml import etree

from khue.signing.report import UNKNOWN, Finding, Indication, Sub
from khue.signing.trust.base import PathFact, TokenFact

NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
STAMPED = dt.datetime(2026, 6, 1, 1, 5, tzinfo=dt.UTC)
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
INC = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = DS + "enveloped-signature"
SHA = {
    "sha1": DS + "sha1",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}
SIGN = {
    ("rsa", "sha1"): DS + "rsa-sha1",
    ("rsa", "sha256"): "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    ("rsa", "sha384"): "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    ("rsa", "sha512"): "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    ("ec", "sha256"): "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    ("ec", "sha384"): "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
}
HASHES = {
    "sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class Person:
    """A key and its certificate."""

    key: object
    certificate: bytes
    chain: tuple[bytes, ...] = ()


class Issuer:
    """A CA that gives certificates to keys of any kind."""

    def __init__(self, name: str = "CA thử nghiệm TEST") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._issue(self.name, self.key.public_key())

    def _issue(self, subject: x509.Name, public: object) -> bytes:
        return (
            x509.CertificateBuilder(self.name, subject, public, x509.random_serial_number())
            .not_valid_before(NOW - dt.timedelta(days=300))
            .not_valid_after(NOW + dt.timedelta(days=300))
            .sign(self.key, hashes.SHA256())
            .public_bytes(serialization.Encoding.DER)
        )

    def give(self, key: object, name: str, number: str) -> Person:
        subject = x509.Name([
            x509.NameAttribute(NameOID.SERIAL_NUMBER, number),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ])  # fmt: skip
        return Person(key, self._issue(subject, key.public_key()), (self.certificate,))


class FakeTrust:
    """Trusts what one issuer signed; a token is the digest that it stamps, then the date `STAMPED`."""

    def __init__(self, issuer: Issuer, revoked: frozenset[bytes] = frozenset()) -> None:
        self.issuer = x509.load_der_x509_certificate(issuer.certificate)
        self.revoked = revoked
        self.asked: list[tuple[dt.datetime, bool]] = []

    def judge(self, leaf, chain, *, at, proved, purpose=None, evidence=None) -> PathFact:
        self.asked.append((at, proved))
        try:
            x509.load_der_x509_certificate(leaf).verify_directly_issued_by(self.issuer)
        except Exception:
            return PathFact(None, Indication.INDETERMINATE, Sub.NO_CERTIFICATE_CHAIN_FOUND)
        if leaf in self.revoked and not proved:
            return PathFact(False, Indication.FAILED, Sub.REVOKED, "TEST", UNKNOWN, (Finding("SIGN-657"),))
        return PathFact(True, Indication.PASSED, anchor_set="TEST")

    def judge_token(self, token, value_digest, *, evidence=None) -> TokenFact:
        if token != value_digest + STAMPED.isoformat().encode():
            return TokenFact(genuine=False)
        return TokenFact(genuine=True, time=STAMPED, trusted=True)


@dataclass(repr=False)
class Cast:
    """Everybody who signs one school's transcripts."""

    issuer: Issuer
    teachers: dict[str, Person]
    homeroom: Person
    principal: Person
    school: Person

    def of(self, role: str, key: str = "") -> Person:
        return self.teachers[key] if role == "teacher" else getattr(self, role)


def cast(kind: str = "ec", teachers: int = 3) -> Cast:
    """A school with keys of one kind; RSA keys are dear, so all share one."""
    issuer = Issuer()
    shared = rsa.generate_private_key(65537, 2048) if kind == "rsa" else None
    curve = ec.SECP384R1() if kind == "p384" else ec.SECP256R1()

    def person(name: str, number: str) -> Person:
        return issuer.give(shared or ec.generate_private_key(curve), name, number)

    return Cast(
        issuer,
        {f"GV{n:02}": person(f"Nguyễn Văn {n}", f"CCCD:0010990000{n:02}") for n in range(1, teachers + 1)},
        person("Trần Thị Chủ Nhiệm", "CCCD:001099000091"),
        person("Lê Hiệu Trưởng", "CCCD:001099000092"),
        person("TRƯỜNG THCS KHAU SAO", "MST:4900000001"),
    )


@dataclass(frozen=True)
class Paper:
    """How a document is laid out before anybody signs it."""

    teachers: int = 3
    level: str = "THCS"
    inside: bool = False  # DANH_SACH_THONG_TIN_KY in DU_LIEU_HOC_BA
    school_tag: str = "KY_PHAT_HANH"
    wrap_principal: bool = True
    pretty: bool = False
    declaration: bool = False
    root: str = ""  # attributes and namespaces of the root
    extra: str = ""  # beside the content
    head: str = ""  # in the content
    section: str = ""  # another section
    secondary: bool = True

    def text(self) -> str:
        numbers = range(1, self.teachers + 1) if self.secondary else ()
        sections = "".join(
            f'<DIEM_TONG_KET Id="mon{n:02}"><MON>Môn {n}</MON><HK1>8.{n % 10}</HK1><HK2>7.{n % 10}</HK2>'
            f'<CN>7.{n % 10}</CN><GVBM Id="GV{n:02}"></GVBM></DIEM_TONG_KET>'
            for n in numbers
        )
        slots = "".join(f'<GVBM Id="GV{n:02}"></GVBM>' for n in numbers)
        signed = (
            f"<DANH_SACH_THONG_TIN_KY><DANH_SACH_GVBM>{slots}</DANH_SACH_GVBM><GVCN></GVCN>"
            "</DANH_SACH_THONG_TIN_KY>"
        )
        principal = "<CBQL></CBQL>"
        if self.wrap_principal:
            principal = f"<XAC_NHAN>{principal}</XAC_NHAN>"
        level = f"<MA_CAP_HOC>{self.level}</MA_CAP_HOC>" if self.level else ""
        text = (
            f'<HOC_BA{self.root}><DU_LIEU_HOC_BA Id="data">{self.head}'
            f'<THONG_TIN_CHUNG Id="thongtinhocba"><MA_DINH_DANH_HOC_BA>HB-0001</MA_DINH_DANH_HOC_BA>{level}'
            "<NAM_HOC>2025-2026</NAM_HOC><HO_TEN>Hoàng Thị Mai</HO_TEN><KET_QUA>Khá</KET_QUA>"
            "</THONG_TIN_CHUNG>"
            f"<DANH_SACH_DIEM>{sections}{self.section}</DANH_SACH_DIEM>{signed if self.inside else ''}"
            f"</DU_LIEU_HOC_BA>{'' if self.inside else signed}<PHAT_HANH_HOC_BA>{principal}"
            f"<{self.school_tag}></{self.school_tag}></PHAT_HANH_HOC_BA>{self.extra}</HOC_BA>"
        )
        if self.pretty:
            root = etree.fromstring(text)
            etree.indent(root, "  ")
            text = etree.tostring(root, encoding="unicode")
        if self.declaration:
            text = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'
        return text

    def slots(self) -> list[tuple[str, str, str, str]]:
        """Role, key, path and Id of what is signed, in the order of signing."""
        at = "DU_LIEU_HOC_BA/" if self.inside else ""
        listed = f"{at}DANH_SACH_THONG_TIN_KY/DANH_SACH_GVBM/GVBM"
        teachers = [
            ("teacher", f"GV{n:02}", f"{listed}[@Id='GV{n:02}']", f"mon{n:02}")
            for n in range(1, self.teachers + 1)
            if self.secondary
        ]
        principal = "PHAT_HANH_HOC_BA/XAC_NHAN/CBQL" if self.wrap_principal else "PHAT_HANH_HOC_BA/CBQL"
        return [
            *teachers,
            ("homeroom", "", f"{at}DANH_SACH_THONG_TIN_KY/GVCN", "thongtinhocba"),
            ("principal", "", principal, "data"),
            ("school", "", f"PHAT_HANH_HOC_BA/{self.school_tag}", "data"),
        ]


@dataclass(frozen=True)
class Tool:
    """How one tool signs."""

    method: str = EXC  # of SignedInfo
    transforms: tuple[str, ...] = (EXC,)
    digest: str = "sha256"
    sign: str = "sha256"
    xades: str = ""  # "", v2, v1, properties
    prefix: str | None = "ds"
    lines: str = ""  # between lines of Base64
    key_value: bool = False
    chain: bool = True
    uri: str | None = None  # instead of #Id
    stamp: bool = False
    certificate: bytes = b""  # instead of the signer's
    inner: dict[str, str] = field(default_factory=dict)  # XML in the transform of this algorithm


PLAIN = Tool()


def c14n(element: etree._Element, uri: str) -> bytes:
    """Of a document of its own: lxml does not canonicalize elements inside of one rightly."""
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    return etree.tostring(alone, method="c14n", exclusive=uri == EXC, with_comments=False)


def b64(data: bytes, lines: str = "") -> str:
    text = base64.b64encode(data).decode()
    return lines.join(text[at : at + 64] for at in range(0, len(text), 64)) if lines else text


def raw(person: Person, digest: str, octets: bytes) -> bytes:
    """A value as XML has it."""
    if isinstance(person.key, rsa.RSAPrivateKey):
        return person.key.sign(octets, padding.PKCS1v15(), HASHES[digest])
    r, s = utils.decode_dss_signature(person.key.sign(octets, ec.ECDSA(HASHES[digest])))
    size = (person.key.key_size + 7) // 8
    return r.to_bytes(size) + s.to_bytes(size)


def sign(root: etree._Element, path: str, target: str, person: Person, tool: Tool = PLAIN) -> etree._Element:
    """Puts a signature over `#target` into the slot at a path, as the tool does."""
    slot = root.find(path)
    number = len(list(root.iter(f"{{{DS}}}Signature"))) + 1
    name = f"Signature{number}"
    signature = etree.SubElement(slot, f"{{{DS}}}Signature", nsmap={tool.prefix: DS}, Id=name)

    def add(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
        made = etree.SubElement(parent, f"{{{DS}}}{tag}", **attributes)
        made.text = text
        return made

    info = add(signature, "SignedInfo")
    add(info, "CanonicalizationMethod", Algorithm=tool.method)
    kind = "rsa" if isinstance(person.key, rsa.RSAPrivateKey) else "ec"
    add(info, "SignatureMethod", Algorithm=SIGN[kind, tool.sign])
    value = add(signature, "SignatureValue")
    data = add(add(signature, "KeyInfo"), "X509Data")
    if tool.key_value:
        add(add(add(data.getparent(), "KeyValue"), "RSAKeyValue"), "Modulus", "AQAB")
    certificates = (tool.certificate or person.certificate, *(person.chain if tool.chain else ()))
    for one in certificates:
        add(data, "X509Certificate", b64(one, tool.lines))
    wanted = [(tool.uri if tool.uri is not None else f"#{target}", _find(root, target), "", tool.transforms)]
    wanted += _object(signature, name, person, tool)
    for uri, element, kind_of, transforms in wanted:
        reference = add(info, "Reference", **({"Type": kind_of} if kind_of else {}), URI=uri)
        listed = add(reference, "Transforms")
        for transform in transforms:
            made = add(listed, "Transform", Algorithm=transform)
            if transform in tool.inner:
                made.append(etree.fromstring(tool.inner[transform]))
        if not transforms:
            reference.remove(listed)
        add(reference, "DigestMethod", Algorithm=SHA[tool.digest])
        how = next((one for one in transforms if one in {EXC, INC}), INC)
        octets = hashlib.new(tool.digest, c14n(element, how)).digest()
        add(reference, "DigestValue", b64(octets))
    value.text = b64(raw(person, tool.sign, c14n(info, tool.method)), tool.lines)
    if tool.stamp:
        _stamp(signature, value)
    return signature


def _find(root: etree._Element, identifier: str) -> etree._Element:
    return root.xpath("//*[@Id=$id]", id=identifier)[0]


def _object(signature: etree._Element, name: str, person: Person, tool: Tool) -> list[tuple]:
    if not tool.xades:
        return []
    if tool.xades == "properties":
        text = (
            f'<Object xmlns="{DS}" Id="time-{name}"><SignatureProperties><SignatureProperty Target="#{name}">'
            '<SigningTime xmlns="http://example.org/#signatureProperties">2026-06-01T08:00:00</SigningTime>'
            "</SignatureProperty></SignatureProperties></Object>"
        )
        made = etree.fromstring(text)
        signature.append(made)
        return [(f"#time-{name}", made, "", _inside(tool))]
    tag = "SigningCertificateV2" if tool.xades == "v2" else "SigningCertificate"
    serial = (
        "<x:IssuerSerial><d:X509IssuerName>CN=x</d:X509IssuerName><d:X509SerialNumber>1</d:X509SerialNumber>"
        "</x:IssuerSerial>"
    )
    digest = b64(hashlib.new(tool.digest, person.certificate).digest())
    text = (
        f'<d:Object xmlns:d="{DS}" xmlns:x="{XADES}"><x:QualifyingProperties Target="#{name}">'
        f'<x:SignedProperties Id="props-{name}"><x:SignedSignatureProperties>'
        f"<x:SigningTime>2026-06-01T08:00:00+07:00</x:SigningTime><x:{tag}><x:Cert><x:CertDigest>"
        f'<d:DigestMethod Algorithm="{SHA[tool.digest]}"/><d:DigestValue>{digest}</d:DigestValue>'
        "</x:CertDigest>"
        f"{serial if tool.xades == 'v1' else ''}</x:Cert></x:{tag}></x:SignedSignatureProperties>"
        "</x:SignedProperties></x:QualifyingProperties></d:Object>"
    )
    made = etree.fromstring(text)
    signature.append(made)
    properties = made[0][0]
    return [(f"#props-{name}", properties, "http://uri.etsi.org/01903#SignedProperties", _inside(tool))]


def _inside(tool: Tool) -> tuple[str, ...]:
    """The transforms of what stands in the signature: enveloped-signature would leave nothing of it."""
    return tuple(one for one in tool.transforms if one != ENVELOPED)


def _stamp(signature: etree._Element, value: etree._Element) -> None:
    qualifying = next(signature.iter(f"{{{XADES}}}QualifyingProperties"))
    unsigned = etree.SubElement(qualifying, f"{{{XADES}}}UnsignedProperties")
    inner = etree.SubElement(unsigned, f"{{{XADES}}}UnsignedSignatureProperties")
    stamp = etree.SubElement(inner, f"{{{XADES}}}SignatureTimeStamp")
    etree.SubElement(stamp, f"{{{DS}}}CanonicalizationMethod", Algorithm=EXC)
    token = hashlib.sha256(c14n(value, EXC)).digest() + STAMPED.isoformat().encode()
    etree.SubElement(stamp, f"{{{XADES}}}EncapsulatedTimeStamp").text = b64(token)


def signed(paper: Paper, people: Cast, tool: Tool = PLAIN, tools: dict[str, Tool] | None = None) -> bytes:
    """A finished document: every slot signed in order, by one tool or by another for some roles."""
    root = etree.fromstring(paper.text().encode())
    for role, key, path, target in paper.slots():
        sign(root, path, target, people.of(role, key), (tools or {}).get(role, tool))
    return written(root, paper)


def written(root: etree._Element, paper: Paper) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=paper.declaration)
