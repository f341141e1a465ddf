"""The fixed text of a signature: templates by which it is written and by which it is read.

Every `ds:Signature` of the profile is these templates, filled; whatever does not match as a whole is
refused. No tree stands between the bytes that are checked and the bytes that are shown.

All texts are canonical *in place*, below `kr:Record`: a prefix is declared where it is first used.
What is digested is the canonical form of an element alone, which differs only by declarations that
have moved down; `alone` inserts them (xml-exc-c14n 3; held against lxml in the tests).
"""

from __future__ import annotations

from khue.signing.algorithms import SHA256_URI
from khue.signing.profile import NAMESPACE
from khue.signing.xades.template import Template

Declaring = tuple[tuple[str, str], ...]  # how an element opens in place, and alone

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
XADES141 = "http://uri.etsi.org/01903/v1.4.1#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
COUNTERSIGNED = "http://uri.etsi.org/01903#CountersignedSignature"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
_NAMESPACES = {"kr": NAMESPACE, "ds": DS, "xades": XADES, "xades141": XADES141}

MOST_CERTIFICATES = 6  # in KeyInfo: the leaf and its intermediates
MOST_ARCHIVE_STAMPS = 16  # one renewal in some years
LONGEST_ROLE = 200  # characters of the free claimed role

_BASE64 = r"[A-Za-z0-9+/]++={0,2}"
_VALUE = r'[^"<>]*'  # of an attribute whose meaning is looked at later
_WORDS = rf"(?:[^<>&\x00-\x1f]|&(?:amp|lt|gt);){{1,{LONGEST_ROLE}}}"
_METHOD = f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
_STAMP = f"{_METHOD}<xades:EncapsulatedTimeStamp>{{token}}</xades:EncapsulatedTimeStamp>"

SIGNATURE = Template(
    f'<ds:Signature xmlns:ds="{DS}" Id="{{id}}">{{signed_info}}'
    '<ds:SignatureValue Id="{id}-value">{value}</ds:SignatureValue>'
    "{key_info}"
    f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#{{id}}">{{properties}}'
    "</xades:QualifyingProperties></ds:Object></ds:Signature>",
    id="sig-[a-z0-9-]+",
    value=_BASE64,
)
SIGNED_INFO = Template(
    f'<ds:SignedInfo>{_METHOD}<ds:SignatureMethod Algorithm="{{method}}"></ds:SignatureMethod>'
    "{references}</ds:SignedInfo>",
    method=_VALUE,
)
REFERENCE = Template(
    '<ds:Reference {kind} URI="#{target}">'
    f'<ds:Transforms><ds:Transform Algorithm="{EXCLUSIVE}"></ds:Transform></ds:Transforms>'
    '<ds:DigestMethod Algorithm="{method}"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue>'
    "</ds:Reference>",
    kind=rf'(?:Id|Type)="{_VALUE}"',
    target=_VALUE,
    method=_VALUE,
    digest=_BASE64,
)
VALUE = Template('<ds:SignatureValue Id="{id}-value">{value}</ds:SignatureValue>')
CERTIFICATE = Template("<ds:X509Certificate>{certificate}</ds:X509Certificate>", certificate=_BASE64)
KEY_INFO = Template("<ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>")
PROPERTIES = Template(
    '<xades:SignedProperties Id="{id}-properties"><xades:SignedSignatureProperties>'
    "<xades:SigningTime>{time}</xades:SigningTime>"
    "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
    f'<ds:DigestMethod Algorithm="{SHA256_URI}"></ds:DigestMethod>'
    "<ds:DigestValue>{certificate}</ds:DigestValue>"
    "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
    "<xades:SignerRoleV2><xades:ClaimedRoles>{roles}</xades:ClaimedRoles></xades:SignerRoleV2>"
    "</xades:SignedSignatureProperties>"
    '<xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#{id}-data">'
    "<xades:MimeType>text/xml</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties>"
    "</xades:SignedProperties>",
    time="[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
    certificate=_BASE64,
)
CLAIMED_ROLE = Template("<xades:ClaimedRole>{role}</xades:ClaimedRole>", role=_WORDS)

# Unsigned properties, in this order and each only after those before it: B-T, B-LT, B-LTA.
UNSIGNED = Template(
    "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{properties}"
    "</xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
)
SIGNATURE_STAMP = Template(f"<xades:SignatureTimeStamp>{_STAMP}</xades:SignatureTimeStamp>", token=_BASE64)
CERTIFICATE_VALUES = Template("<xades:CertificateValues>{items}</xades:CertificateValues>")
REVOCATION_VALUES = Template("<xades:RevocationValues>{lists}</xades:RevocationValues>")
CRL_VALUES = Template("<xades:CRLValues>{items}</xades:CRLValues>")
OCSP_VALUES = Template("<xades:OCSPValues>{items}</xades:OCSPValues>")
EVIDENCE_CERTIFICATE = Template(
    "<xades:EncapsulatedX509Certificate>{item}</xades:EncapsulatedX509Certificate>", item=_BASE64
)
EVIDENCE_CRL = Template("<xades:EncapsulatedCRLValue>{item}</xades:EncapsulatedCRLValue>", item=_BASE64)
EVIDENCE_OCSP = Template("<xades:EncapsulatedOCSPValue>{item}</xades:EncapsulatedOCSPValue>", item=_BASE64)
ARCHIVE_STAMP = Template(
    f'<xades141:ArchiveTimeStamp xmlns:xades141="{XADES141}">{_STAMP}</xades141:ArchiveTimeStamp>',
    token=_BASE64,
)


def declaration(name: str) -> str:
    """The declaration of an element's prefix, as canonical XML writes it."""
    prefix = name.partition(":")[0]
    return f' xmlns:{prefix}="{_NAMESPACES[prefix]}"'


def _declaring(*elements: str) -> Declaring:
    return tuple((f"<{name}", f"<{name}{declaration(name)}") for name in elements)


# Which elements declare their prefix when a part is taken out of its place.
IN_SECTION = _declaring("kr:Section")
IN_CONTENT = _declaring("kr:Content")
IN_SIGNED_INFO = _declaring("ds:SignedInfo")
IN_VALUE = _declaring("ds:SignatureValue")
IN_KEY_INFO = _declaring("ds:KeyInfo")
IN_PROPERTIES = _declaring("xades:SignedProperties", "ds:DigestMethod", "ds:DigestValue")
IN_SIGNATURE_STAMP = _declaring("xades:SignatureTimeStamp", "ds:CanonicalizationMethod")
IN_CERTIFICATE_VALUES = _declaring("xades:CertificateValues")
IN_REVOCATION_VALUES = _declaring("xades:RevocationValues")
IN_ARCHIVE_STAMP = _declaring("ds:CanonicalizationMethod", "xades:EncapsulatedTimeStamp")


def alone(text: str, elements: Declaring) -> str:
    """The canonical form of a part by itself: these elements, each once in it, declare their prefix."""
    for before, after in elements:
        text = text.replace(before, after, 1)
    return text


def in_place(text: str, elements: Declaring) -> str:
    """The inverse of `alone`."""
    for before, after in elements:
        text = text.replace(after, before, 1)
    return text
