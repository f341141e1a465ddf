"""A small module that signs, so that tests need no gradebook: a page, its author, and who approves it.

The document is the smallest that there is: one section, the principal, the school. What the acts ask
stands in `DESK`, and tests change it between the check and the key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, UUID, uuid5

from khue.core.errors import NotFound, Refused
from khue.modules.orgs import api as orgs
from khue.modules.records import queries
from khue.modules.records.acts import (
    ActHome,
    DocumentSpec,
    NewSection,
    SignatureRef,
    Wanted,
    register_act,
)
from khue.modules.records.models import Document
from khue.modules.records.services import settling
from khue.signing.canonical import element, escape_text
from khue.signing.tbs import SlotRef
from khue.signing.xades.record import Signer, build_head, build_section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.signers import Signers

    from khue.core.actor import Actor

PAGE, APPROVAL = "test.page", "test.approval"
KIND, SECTION = "gradebook-year", "summary"
SCHOOL = "20180001"  # the code of the school of the cast


@dataclass(slots=True)
class Desk:
    """What the acts ask at the moment."""

    texts: dict[UUID, str] = field(default_factory=dict)
    barred: set[UUID | None] = field(default_factory=set)  # who lost the right
    broken: set[UUID] = field(default_factory=set)  # pages of which the meaning cannot be written
    done: list[UUID] = field(default_factory=list)  # documents of which it was
    schools: list[orgs.Unit] = field(default_factory=list)  # the school of the cast, once it was asked for
    authors: dict[UUID | None, Signer] = field(default_factory=dict)  # the same


DESK = Desk()


class PageAct:
    """The author signs a page."""

    def check(self, actor: Actor, subject: UUID, part: int, options: Mapping[str, Any]) -> Wanted:
        """The page as it stands now."""
        spec = _asked(actor, subject)
        author = _author(actor)
        section = NewSection(SECTION, SECTION, 1, subject, lambda code: _text(subject, code, author))
        return Wanted(spec, SlotRef("homeroom", SECTION, 1), spec.title, section, facts={"page": subject})

    def done(self, actor: Actor, wanted: Wanted, signature: SignatureRef) -> None:
        """Note it, or fail as a rule of the module might."""
        if wanted.facts["page"] in DESK.broken:
            raise Refused("REC-013")
        DESK.done.append(signature.document_id)


class ApprovalAct:
    """The principal signs the whole document."""

    def check(self, actor: Actor, subject: UUID, part: int, options: Mapping[str, Any]) -> Wanted:
        """The document as it stands now."""
        spec = _asked(actor, subject)
        return Wanted(spec, SlotRef("principal"), spec.title, capacity=str(options.get("capacity", "")))

    def done(self, actor: Actor, wanted: Wanted, signature: SignatureRef) -> None:
        """It means nothing more."""


HOME = ActHome("records:home", "Hồ sơ đã ký")


def register() -> None:
    """Declare the acts."""
    register_act(PAGE, PageAct(), HOME)
    register_act(APPROVAL, ApprovalAct(), HOME)


def pages(count: int = 1) -> list[UUID]:
    """So many pages, the same every time."""
    return [uuid5(NAMESPACE_OID, f"page {number}") for number in range(count)]


def spec_of(subject: UUID) -> DocumentSpec:
    """The document of a page."""
    if not DESK.schools:
        DESK.schools.append(orgs.Unit.objects.get(codes__value=SCHOOL))
    school = DESK.schools[0]

    def head(version: int, replaces: str) -> str:
        facts = {"title": "Trang thử", "version": str(version), "replaces": replaces or None}
        return build_head(school.name, "MST:4900123456", facts)

    return DocumentSpec(KIND, subject, 0, school.pk, f"Trang {subject}", head)


def document_of(subject: UUID) -> Document:
    """The newest version of a page's document."""
    return Document.objects.filter(subject=subject).order_by("-version")[0]


def complete(signers: Signers, count: int = 1) -> list[Document]:
    """Pages that their author and the principal have signed; the seal is not there yet."""
    keys = pages(count)
    signers.sign(signers.world.lan, PAGE, *keys)
    signers.sign(signers.world.minh, APPROVAL, *keys)
    return [document_of(key) for key in keys]


def issued(signers: Signers, count: int = 1) -> list[Document]:
    """Pages that are sealed, stamped and issued."""
    complete(signers, count)
    settling.after_signing(signers.world.minh.now, signers.world.school.pk)
    return [document_of(key) for key in pages(count)]


def _asked(actor: Actor, subject: UUID) -> DocumentSpec:
    if actor.person_id in DESK.barred:
        raise NotFound("KIT-001")
    return spec_of(subject)


def _author(actor: Actor) -> Signer:
    if actor.person_id not in DESK.authors:
        number = queries.identifiers_of([actor.person_id], actor.now).get(actor.person_id, "")
        DESK.authors[actor.person_id] = Signer(number, actor.name, 1, "homeroom")
    return DESK.authors[actor.person_id]


def _text(subject: UUID, code: str, author: Signer) -> str:
    line = element("Line", {}, escape_text(DESK.texts.get(subject, "Nội dung của trang")))
    return build_section(SECTION, SECTION, code, [author], {"name": "Trang"}, line).text

