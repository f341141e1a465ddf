"""Signatures that this program wrote into a transcript, read by their text (chữ kí do Khuê viết).

`read_signature` walks through the tree of a signature, which costs more than the mathematics of it. One
that was written by our templates (`prepare`) is told by its bytes, which are canonical by construction, so
that its parts are also the octets that were digested. Whatever is written otherwise is left to the tree.
"""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from typing import Any

from khue.signing.algorithms import BY_URI, SHA256_URI
from khue.signing.foreign.reading import Stopped
from khue.signing.foreign.shape import SIGNATURE
from khue.signing.foreign.signature import Read, Reference, decoded, names_certificate, time_of
from khue.signing.xades import grammar
from khue.signing.xades.references import value_element
from khue.signing.xades.template import Template

_BASE64 = "[A-Za-z0-9+/]++={0,2}"
_ID = "[A-Za-z0-9_.-]+"  # here a person's Id of another system is a part of it
_SIGNATURE = Template(grammar.SIGNATURE.text, id=_ID, value=_BASE64)
_REFERENCE = (
    re.escape(grammar.REFERENCE.text)
    .replace(
        r"\{kind\}",
        f'(?:Id="{_ID}"|Type="({re.escape(grammar.COUNTERSIGNED)}|{re.escape(grammar.SIGNED_PROPERTIES)})")',
    )
    .replace(r"\{target\}", f"({_ID})")
    .replace(r"\{method\}", re.escape(SHA256_URI))
    .replace(r"\{digest\}", f"({_BASE64})")
)
_EACH_REFERENCE, _REFERENCES = re.compile(_REFERENCE), re.compile(f"(?:{_REFERENCE})+")
_TAG, _END = b"<ds:Signature ", b"</ds:Signature>"
_BINDING = f'xmlns:ds="{grammar.DS}" '.encode()


def own_texts(data: bytes, root: Any) -> dict[Any, str]:
    """The text of each ds:Signature in a document, if their places in the bytes are sure, else nothing.

    Without comments, CDATA, DTD and processing instructions, «<» only opens tags. Where every tag with our
    prefix binds it to the namespace itself, and there are as many as such elements, they are the same ones.
    """
    declared = data.startswith(b"<?xml ")
    _, *parts = data.split(_TAG)
    elements = list(root.iter(SIGNATURE))
    if b"<!" in data or data.count(b"<?") != declared or len(parts) != len(elements):
        return {}
    if not all(part.startswith(_BINDING) for part in parts):
        return {}
    texts = ((_TAG + part[: part.find(_END) + len(_END)]).decode() for part in parts)
    return dict(zip(elements, texts, strict=True))


def read_own(element: Any, text: str) -> Read | None:
    """A ds:Signature if its text is filled templates through and through, else None."""
    try:
        return _read(element, text)
    except (Stopped, ValueError):  # what is wrong with it the tree will say
        return None


def _read(element: Any, text: str) -> Read | None:
    whole = _SIGNATURE.read(text)
    info = grammar.SIGNED_INFO.read(whole["signed_info"]) if whole else None
    signed = grammar.PROPERTIES.read(whole["properties"]) if whole else None
    certificates = _certificates(whole["key_info"]) if whole else None
    if whole is None or info is None or signed is None or certificates is None:
        return None
    name = whole["id"]
    known = info["method"] in BY_URI and _REFERENCES.fullmatch(info["references"]) is not None
    if not known or signed["id"] != name or element.get("Id") != name or not _are_roles(signed["roles"]):
        return None
    properties, value = element[3][0][0], element[1]
    value_id, properties_id = f"{name}-value", f"{name}-properties"
    return Read(
        element=element,
        identifier=name,
        signed_info=element[0],
        value_element=value,
        method=grammar.EXCLUSIVE,
        algorithm=BY_URI[info["method"]],
        references=tuple(
            Reference(target, kind, grammar.EXCLUSIVE, False, "sha256", decoded(digest))
            for kind, target, digest in _EACH_REFERENCE.findall(info["references"])
        ),
        value=base64.b64decode(whole["value"], validate=True),
        certificates=certificates,
        own={properties_id: properties},
        properties=properties,
        claimed=time_of(signed["time"]),
        octets=grammar.alone(whole["signed_info"], grammar.IN_SIGNED_INFO).encode(),
        known={
            properties_id: (
                properties, grammar.alone(whole["properties"], grammar.IN_PROPERTIES).encode()
            ),
            value_id: (value, value_element(name, whole["value"])),
        },
        names=[names_certificate("sha256", base64.b64decode(signed["certificate"], validate=True))],
    )  # fmt: skip


@lru_cache(maxsize=2048)
def _certificates(key_info: str) -> tuple[bytes, ...] | None:
    keys = grammar.KEY_INFO.read(key_info)
    found = grammar.CERTIFICATE.sequence(keys["certificates"]) if keys else None
    return None if found is None else tuple(dict.fromkeys(decoded(one["certificate"]) for one in found))


@lru_cache(maxsize=256)
def _are_roles(text: str) -> bool:
    return grammar.CLAIMED_ROLE.sequence(text) is not None
