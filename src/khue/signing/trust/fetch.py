"""Revocation data from the addresses in certificates (tải trạng thái thu hồi): CRLs, one file per CA.

A province asks a handful of CAs, whatever the number of its certificates: lists are fetched, single
OCSP questions are not needed and would tell the CA who signs when.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from cryptography import x509

from khue.core.errors import KhueError, Refused
from khue.signing.trust.certificates import parse

if TYPE_CHECKING:
    from khue.signing.trust.revocation import Revocations

LARGEST = 32 * 1024 * 1024  # bytes of one list; a CA of a million certificates fills less


def addresses_of(certificates: Iterable[bytes]) -> list[str]:
    """Where the CRLs about these certificates are, each address once (RFC 5280, 4.2.1.13)."""
    found: dict[str, None] = {}
    for one in certificates:
        try:
            points = parse(one).extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        except (KhueError, ValueError, x509.ExtensionNotFound):
            continue
        for point in points:
            for name in point.full_name or ():
                if isinstance(name, x509.UniformResourceIdentifier):
                    found[name.value] = None
    return [url for url in found if urlsplit(url).scheme in {"http", "https"}]


def fetch(urls: Iterable[str], into: Revocations, http: httpx.Client) -> dict[str, str]:
    """Fetch lists into a store; what failed, by address, with the reason in words."""
    troubles = {}
    for url in urls:
        try:
            into.add_crl(_read(url, http))
        except KhueError as trouble:
            troubles[url] = str(trouble)
        except httpx.HTTPError as trouble:
            troubles[url] = f"{type(trouble).__name__}: {trouble}"
    return troubles


def _read(url: str, http: httpx.Client) -> bytes:
    data = bytearray()
    with http.stream("GET", url, follow_redirects=False) as answer:
        answer.raise_for_status()
        for part in answer.iter_bytes():
            data += part
            if len(data) > LARGEST:
                raise Refused("SIGN-240", url=url, limit=LARGEST)
    return bytes(data)
