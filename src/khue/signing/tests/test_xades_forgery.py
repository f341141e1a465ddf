"""Signatures that are good mathematics and bad records: texts that leave the profile."""

import hashlib

import pytest

from khue.signing.report import Sub, Verdict
from khue.signing.tests.xades_forger import Edit, forged, swap
from khue.signing.tests.xades_world import pki
from khue.signing.xades.keys import encode

SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
MD5 = "http://www.w3.org/2001/04/xmldsig-more#md5"
EXCLUSIVE = 'Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"'


def test_the_forger_can_also_sign_honestly():
    report = forged()
    assert report.verdict is Verdict.VALID
    assert report.signatures[0].intact
    assert report.content == b""  # nobody has signed the whole content yet
    assert report.facts == {}


CERTIFICATE = "<xades:SigningCertificateV2>"
DIGEST_METHOD = f'<ds:DigestMethod Algorithm="{SHA256}">'
REFERENCE = "<ds:Reference Id="
FORGERIES: dict[str, tuple[Sub, dict[str, Edit]]] = {
    "a transform of C14N 1.0": (
        Sub.FORMAT_FAILURE,
        {"info": swap(EXCLUSIVE, 'Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"')},
    ),
    "a transform of C14N 1.1": (
        Sub.FORMAT_FAILURE,
        {"info": swap(EXCLUSIVE, 'Transform Algorithm="http://www.w3.org/2006/12/xml-c14n11"')},
    ),
    "a transform with comments": (
        Sub.FORMAT_FAILURE,
        {"info": swap('xml-exc-c14n#"></ds:Transform>', 'xml-exc-c14n#WithComments"></ds:Transform>')},
    ),
    "an enveloped transform": (
        Sub.FORMAT_FAILURE,
        {
            "info": swap(
                EXCLUSIVE, 'Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"'
            )
        },
    ),
    "an XPath transform": (
        Sub.FORMAT_FAILURE,
        {"info": swap("></ds:Transform>", "><ds:XPath>1</ds:XPath></ds:Transform>")},
    ),
    "an XSLT transform": (
        Sub.FORMAT_FAILURE,
        {"info": swap(EXCLUSIVE, 'Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"')},
    ),
    "one more transform": (
        Sub.FORMAT_FAILURE,
        {"info": swap("<ds:Transforms>", f"<ds:Transforms><ds:{EXCLUSIVE}></ds:Transform>")},
    ),
    "no transform": (
        Sub.FORMAT_FAILURE,
        {"info": swap(f"<ds:Transforms><ds:{EXCLUSIVE}></ds:Transform></ds:Transforms>", "")},
    ),
    "inclusive namespaces": (
        Sub.FORMAT_FAILURE,
        {
            "info": swap(
                "></ds:Transform>",
                '><ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-'
                'exc-c14n#" PrefixList="kr"></ec:InclusiveNamespaces></ds:Transform>',
            )
        },
    ),
    "another canonicalization": (
        Sub.FORMAT_FAILURE,
        {
            "info": swap(
                'Method Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"',
                'Method Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#WithComments"',
            )
        },
    ),
    "SHA-1 of the data": (Sub.CRYPTO_CONSTRAINTS_FAILURE, {"info": swap(SHA256, SHA1)}),
    "MD5 of the data": (Sub.CRYPTO_CONSTRAINTS_FAILURE, {"info": swap(SHA256, MD5)}),
    "SHA-1 everywhere": (Sub.CRYPTO_CONSTRAINTS_FAILURE, {"info": swap(SHA256, SHA1, 9)}),
    "SHA-512 of the data": (
        Sub.CRYPTO_CONSTRAINTS_FAILURE,
        {"info": swap(SHA256, "http://www.w3.org/2001/04/xmlenc#sha512")},
    ),
    "ECDSA with SHA-1": (
        Sub.CRYPTO_CONSTRAINTS_FAILURE,
        {"info": swap("xmldsig-more#ecdsa-sha256", "xmldsig-more#ecdsa-sha1")},
    ),
    "HMAC": (
        Sub.CRYPTO_CONSTRAINTS_FAILURE,
        {"info": swap("xmldsig-more#ecdsa-sha256", "xmldsig-more#hmac-sha256")},
    ),
    "HMAC cut short": (
        Sub.FORMAT_FAILURE,
        {
            "info": swap(
                "></ds:SignatureMethod>", "><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>"
            )
        },
    ),
    "RSA claimed of an EC key": (
        Sub.CRYPTO_CONSTRAINTS_FAILURE,
        {"info": swap("#ecdsa-sha256", "#rsa-sha256")},
    ),
    "the content in place of the section": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        {"info": swap('URI="#s03"', 'URI="#content"')},
    ),
    "nothing of the section": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        {"info": swap('URI="#s03"', 'URI="#sig-homeroom-s03-1-properties"')},
    ),
    "the whole document": (Sub.FORMAT_FAILURE, {"info": swap('URI="#s03"', 'URI=""')}),
    "no URI": (Sub.FORMAT_FAILURE, {"info": swap(' URI="#s03"', "")}),
    "an address": (Sub.FORMAT_FAILURE, {"info": swap('URI="#s03"', 'URI="http://x/"')}),
    "an XPointer": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        {"info": swap('URI="#s03"', "URI=\"#xpointer(id('s03'))\"")},
    ),
    "a manifest": (
        Sub.FORMAT_FAILURE,
        {"info": swap('URI="#s03"', 'Type="http://www.w3.org/2000/09/xmldsig#Manifest" URI="#s03"')},
    ),
    "another Id of the reference": (Sub.SIG_CONSTRAINTS_FAILURE, {"info": swap('-data"', '-daten"')}),
    "another type of the properties": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        {"info": swap("01903#SignedProperties", "01903/v1.1.1#SignedProperties")},
    ),
    "no reference to the properties": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        {"info": lambda text: text[: text.index("<ds:Reference Type")] + "</ds:SignedInfo>"},
    ),
    "no reference to the data": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        {"info": lambda text: text[: text.index(REFERENCE)] + text[text.index("<ds:Reference Type") :]},
    ),
    "no reference": (
        Sub.FORMAT_FAILURE,
        {"info": lambda text: text[: text.index(REFERENCE)] + "</ds:SignedInfo>"},
    ),
    "references in another order": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        {
            "info": lambda text: (
                text[: text.index(REFERENCE)]
                + text[text.index("<ds:Reference Type") : text.index("</ds:SignedInfo>")]
                + text[text.index(REFERENCE) : text.index("<ds:Reference Type")]
                + "</ds:SignedInfo>"
            )
        },
    ),
    "one reference more": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        {"info": lambda text: text.replace("</ds:SignedInfo>", text[text.index("<ds:Reference Type") :])},
    ),
    "an Id of SignedInfo": (Sub.FORMAT_FAILURE, {"whole": swap("<ds:SignedInfo>", '<ds:SignedInfo Id="x">')}),
    "no certificate signed": (
        Sub.FORMAT_FAILURE,
        {
            "properties": lambda text: (
                text[: text.index(CERTIFICATE)] + text[text.index("<xades:SignerRoleV2>") :]
            )
        },
    ),
    "two certificates signed": (
        Sub.FORMAT_FAILURE,
        {
            "properties": lambda text: text.replace(
                CERTIFICATE, text[text.index(CERTIFICATE) : text.index("<xades:SignerRoleV2>")] + CERTIFICATE
            )
        },
    ),
    "two certificates in one property": (
        Sub.FORMAT_FAILURE,
        {
            "properties": lambda text: text.replace(
                "<xades:Cert>",
                text[text.index("<xades:Cert>") : text.index("</xades:SigningCertificateV2>")]
                + "<xades:Cert>",
            )
        },
    ),
    "the old property": (
        Sub.FORMAT_FAILURE,
        {"properties": swap("SigningCertificateV2", "SigningCertificate", 2)},
    ),
    "a certificate by SHA-1": (Sub.FORMAT_FAILURE, {"properties": swap(SHA256, SHA1)}),
    "a serial number of the issuer": (
        Sub.FORMAT_FAILURE,
        {
            "properties": swap(
                "</xades:CertDigest>", "</xades:CertDigest><xades:IssuerSerialV2>MA==</xades:IssuerSerialV2>"
            )
        },
    ),
    "another certificate signed": (
        Sub.NO_SIGNING_CERTIFICATE_FOUND,
        {
            "properties": lambda text: text.replace(
                text.split("<ds:DigestValue>")[1][:44], encode(hashlib.sha256(pki().issuing).digest())
            )
        },
    ),
    "no role": (
        Sub.FORMAT_FAILURE,
        {
            "properties": lambda text: (
                text[: text.index("<xades:SignerRoleV2>")]
                + text[text.index("</xades:SignedSignatureProperties>") :]
            )
        },
    ),
    "another role": (
        Sub.SIGNER_MISMATCH,
        {"properties": swap("ClaimedRole>homeroom<", "ClaimedRole>principal<")},
    ),
    "a role in capitals": (
        Sub.SIGNER_MISMATCH,
        {"properties": swap("ClaimedRole>homeroom<", "ClaimedRole>Homeroom<")},
    ),
    "three roles": (
        Sub.FORMAT_FAILURE,
        {
            "properties": swap(
                "<xades:ClaimedRole>",
                "<xades:ClaimedRole>homeroom</xades:ClaimedRole>" * 2 + "<xades:ClaimedRole>",
            )
        },
    ),
    "certified roles": (
        Sub.FORMAT_FAILURE,
        {
            "properties": swap(
                "</xades:ClaimedRoles>",
                "</xades:ClaimedRoles><xades:CertifiedRolesV2></xades:CertifiedRolesV2>",
            )
        },
    ),
    "a role with an element": (
        Sub.FORMAT_FAILURE,
        {"properties": swap(">homeroom<", '><kr:x xmlns:kr="urn:x"></kr:x>homeroom<')},
    ),
    "a signature policy": (
        Sub.FORMAT_FAILURE,
        {
            "properties": swap(
                "<xades:SignerRoleV2>",
                "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyImplied>"
                "</xades:SignaturePolicyImplied></xades:SignaturePolicyIdentifier><xades:SignerRoleV2>",
            )
        },
    ),
    "no time": (
        Sub.FORMAT_FAILURE,
        {"properties": swap("<xades:SigningTime>2026-12-23T23:30:00Z</xades:SigningTime>", "")},
    ),
    "a time with a zone": (Sub.FORMAT_FAILURE, {"properties": swap("23:30:00Z", "23:30:00+00:00")}),
    "a time with fractions": (Sub.FORMAT_FAILURE, {"properties": swap("23:30:00Z", "23:30:00.0Z")}),
    "a time that is none": (Sub.FORMAT_FAILURE, {"properties": swap("2026-12-23", "2026-13-23")}),
    "a time before the certificate": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        {"properties": swap("2026-12-23", "2024-12-23")},
    ),
    "a time after the certificate": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        {"properties": swap("2026-12-23", "2039-12-23")},
    ),
    "no format of the data": (
        Sub.FORMAT_FAILURE,
        {
            "properties": lambda text: (
                text[: text.index("<xades:SignedDataObjectProperties>")] + "</xades:SignedProperties>"
            )
        },
    ),
    "the format of another reference": (
        Sub.FORMAT_FAILURE,
        {"properties": swap('ObjectReference="#sig-homeroom-s03-1-data"', 'ObjectReference="#x"')},
    ),
    "another Id of the properties": (
        Sub.FORMAT_FAILURE,
        {"properties": swap('Id="sig-homeroom-s03-1-properties"', 'Id="sig-homeroom-s03-9-properties"')},
    ),
    "another Id of the value": (
        Sub.FORMAT_FAILURE,
        {"whole": swap('Id="sig-homeroom-s03-1-value"', 'Id="value"')},
    ),
    "XAdES 1.4.1 in place of 1.3.2": (Sub.FORMAT_FAILURE, {"whole": swap("01903/v1.3.2#", "01903/v1.4.1#")}),
    "a second object": (
        Sub.FORMAT_FAILURE,
        {"whole": swap("</ds:Object>", "</ds:Object><ds:Object>x</ds:Object>")},
    ),
    "a key value": (
        Sub.FORMAT_FAILURE,
        {"whole": swap("</ds:X509Data>", "</ds:X509Data><ds:KeyValue></ds:KeyValue>")},
    ),
    "a key name": (
        Sub.FORMAT_FAILURE,
        {"whole": swap("<ds:KeyInfo>", "<ds:KeyInfo><ds:KeyName>x</ds:KeyName>")},
    ),
    "a way to fetch a key": (
        Sub.FORMAT_FAILURE,
        {
            "whole": swap(
                "<ds:KeyInfo>", '<ds:KeyInfo><ds:RetrievalMethod URI="http://x/"></ds:RetrievalMethod>'
            )
        },
    ),
    "the name of the issuer": (
        Sub.FORMAT_FAILURE,
        {"whole": swap("<ds:X509Data>", "<ds:X509Data><ds:X509SubjectName>x</ds:X509SubjectName>")},
    ),
    "a revocation list in the keys": (
        Sub.FORMAT_FAILURE,
        {"whole": swap("</ds:X509Data>", "<ds:X509CRL>MA==</ds:X509CRL></ds:X509Data>")},
    ),
    "no keys": (
        Sub.FORMAT_FAILURE,
        {"whole": lambda text: text[: text.index("<ds:KeyInfo>")] + text[text.index("<ds:Object>") :]},
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_key_does_not_make_another_profile_good(name):
    sub, edits = FORGERIES[name]
    report = forged(**edits)
    (found,) = report.signatures
    assert (report.verdict, found.sub) == (Verdict.INVALID, sub)
    assert report.content == b""
    assert all(not one.text.startswith("Mã ") for one in found.findings)
