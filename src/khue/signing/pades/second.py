"""What pyHanko says of a sealed PDF (tiếng nói thứ hai): contents, changes after the seal, and the value.

Our own code has looked at the bytes before. Here a full parser reads the objects: what a rendition must
not contain, what the signature dictionary says, whether later revisions did more than add long-term data
(difference analysis), and once more whether the value is genuine. Certificates are not judged here.
pyHanko takes a second to load, so it is imported where a PDF is verified, not with this module.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

# Keys that make a PDF act, change its look, or carry other files; none is in what our renderer writes
_KEYS = frozenset(
    {"/JS", "/JavaScript", "/OpenAction", "/AA", "/XFA", "/EmbeddedFiles", "/EF", "/AF", "/Collection",
     "/OCProperties", "/RichMediaContent", "/Encrypt", "/Requirements", "/Legal"}
)  # fmt: skip
_ACTIONS = frozenset(
    {"/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ResetForm", "/ImportData", "/Rendition",
     "/Movie", "/Sound", "/Hide", "/Named", "/SetOCGState", "/RichMediaExecute", "/GoTo3DView", "/Thread"}
)  # fmt: skip
_TYPES = frozenset({"/EmbeddedFile", "/Filespec", "/ObjStm", "/XRef"})
_ANNOTATIONS = frozenset({"/Link", "/Widget"})
_MOST_NODES = 2_000_000  # values of all objects together
_SEAL, _STAMP = "/Sig", "/DocTimeStamp"
logging.getLogger("pyhanko").addHandler(logging.NullHandler())  # what it dislikes is in the report


@dataclass(frozen=True, slots=True)
class Said:
    """What the seal's dictionary says, and what was found around it."""

    subfilter: str
    reason: str
    name: str
    location: str
    claimed: str  # «D:20261201030000Z»
    level: int | None  # DocMDP /P
    certifies: bool  # the catalog names this signature, and nothing else, under /Perms
    seals: int  # signatures that are not document time-stamps
    places: tuple[tuple[tuple[int, ...], bytes], ...]  # byte range and CMS of every signature
    active: str  # the first forbidden thing, "" if there is none


@dataclass(frozen=True, slots=True)
class Opinion:
    """The second voice on the seal."""

    intact: bool
    valid: bool
    unchanged: bool  # nothing after the seal, or long-term data only


class SecondVoice:
    """One PDF, read by pyHanko; anything it does not like is raised as whatever it raises."""

    def __init__(self, data: bytes) -> None:
        from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415 — only where it is needed

        self._reader: Any = PdfFileReader(io.BytesIO(data), strict=True)
        self._signatures: list[Any] = list(self._reader.embedded_signatures)
        self._seals = [one for one in self._signatures if one.sig_object_type == _SEAL]

    def said(self) -> Said:
        """What stands in the file."""
        seal: Any = self._seals[0].sig_object if self._seals else {}
        level = self._seals[0].docmdp_level if self._seals else None
        return Said(
            subfilter=str(seal.get("/SubFilter", "")),
            reason=str(seal.get("/Reason", "")),
            name=str(seal.get("/Name", "")),
            location=str(seal.get("/Location", "")),
            claimed=str(seal.get("/M", "")),
            level=None if level is None else int(level.value),
            certifies=self._certifies(),
            seals=len(self._seals),
            places=tuple(
                (tuple(int(number) for number in one.byte_range), bytes(one.pkcs7_content))
                for one in self._signatures
            ),
            active=next(self._forbidden(), ""),
        )

    def opinion(self) -> Opinion:
        """Whether the seal is intact, its value genuine, and nothing but long-term data came after it."""
        from pyhanko.sign.validation.generic_cms import validate_sig_integrity  # noqa: PLC0415 — the same

        seal, rules, policy = self._seals[0], *_rules()
        seal.compute_integrity_info(diff_policy=policy)
        intact, valid = validate_sig_integrity(
            seal.signer_info, seal.signer_cert, "data", seal.compute_digest()
        )
        found = seal.diff_result
        harmless = rules.ModificationLevel.LTA_UPDATES
        unchanged = isinstance(found, rules.DiffResult) and found.modification_level <= harmless
        return Opinion(bool(intact), bool(valid), unchanged)

    def _certifies(self) -> bool:
        permissions = self._reader.root.get("/Perms", {})
        if set(permissions) != {"/DocMDP"} or not self._seals:
            return False
        return bool(permissions.raw_get("/DocMDP") == self._seals[0].sig_field.raw_get("/V"))

    def _forbidden(self) -> Iterator[str]:
        """What no rendition has, over all objects of all revisions, also those that nothing refers to."""
        fields = self._reader.root.get("/AcroForm", {}).get("/Fields", ())
        if any(field.get_object().get("/FT") != _SEAL for field in fields):
            yield "ô nhập liệu"
        nodes = 0
        for value in self._objects():
            stack: list[Any] = [value]
            while stack:
                one: Any = stack.pop()
                nodes += 1
                if nodes > _MOST_NODES:
                    yield "quá nhiều đối tượng"
                    return
                if isinstance(one, dict):
                    yield from _active(one)
                    stack.extend(dict.values(one))
                elif isinstance(one, list):
                    stack.extend(list.__iter__(one))

    def _objects(self) -> Iterator[Any]:
        reader = self._reader
        for revision in range(reader.xrefs.total_revisions):
            for reference in reader.xrefs.explicit_refs_in_revision(revision):
                newest = reader.xrefs.get_last_change(reference) == revision  # then it is read once only
                yield reader.get_object(reference, revision=None if newest else revision)


@cache
def _rules() -> tuple[Any, Any]:
    """The module of difference analysis, and a policy that permits what level 1 permits and no more.

    That is a DSS and document time-stamps. pyHanko's own policy also permits new title data and orphans.
    """
    from pyhanko.sign import diff_analysis  # noqa: PLC0415 — only where it is needed

    rules: Any = diff_analysis
    policy = rules.StandardDiffPolicy(
        global_rules=[
            rules.CatalogModificationRule(ignored_keys={"/AcroForm", "/DSS", "/Extensions"}),
            rules.DSSCompareRule().as_qualified(rules.ModificationLevel.LTA_UPDATES),
        ],
        form_rule=rules.FormUpdatingRule(
            field_rules=[rules.SigFieldCreationRule(), rules.SigFieldModificationRule()],
        ),
        ignore_orphaned_objects=False,
    )
    return rules, policy


def _active(one: Any) -> Iterator[str]:
    yield from (key[1:] for key in one if key in _KEYS)
    for key, names in (("/S", _ACTIONS), ("/Type", _TYPES)):
        value = one.raw_get(key) if key in one else ""
        if isinstance(value, str) and value in names:
            yield value[1:]
    if one.get("/Type") == "/Annot" and one.get("/Subtype") not in _ANNOTATIONS:
        yield str(one.get("/Subtype"))


def moment_of(text: str) -> dt.datetime | None:
    """A PDF date in UTC as the seal writes it, `D:YYYYMMDDhhmmssZ`; None if it is of another form."""
    try:
        return dt.datetime.strptime(text, "D:%Y%m%d%H%M%SZ").replace(tzinfo=dt.UTC)
    except ValueError:
        return None
