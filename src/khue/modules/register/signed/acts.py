"""Closing a year by signing: the principal's signature freezes the page, the school's seal covers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop as _

from khue.core.errors import NotFound
from khue.modules.access import api as access
from khue.modules.orgs import api as orgs
from khue.modules.records import api as records
from khue.modules.register.page import load_page, require_closable
from khue.modules.register.services import closing
from khue.modules.register.signed import content

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from khue.core.actor import Actor
    from khue.modules.register.page import Page

CLOSE = "register.close"


class CloseAct:
    """The principal signs the page of a book's year and so closes it (hiệu trưởng ký khoá sổ)."""

    def check(self, actor: Actor, subject: UUID, part: int, options: Mapping[str, Any]) -> records.Wanted:
        """The page as it would be signed now; asked again when the key has answered."""
        book = closing.load_book(actor, subject)
        page = load_page(book, part)
        accepted = str(options.get("accept_missing", "")).strip()
        require_closable(actor, page, accepted)
        if not page.without_result:
            accepted = ""
        signer = _signer(actor)
        section = records.NewSection(
            content.SECTION, content.SECTION, 1, book.id,
            lambda record: content.signed_text(page, record, signer, accepted),
        )  # fmt: skip
        return records.Wanted(
            spec_of(actor, page), records.SlotRef("principal", content.SECTION, 1),
            content.title_of(book, page.year_code), section,
            capacity=access.capacity_of(actor, book.school_id),
            facts={"page": page},
        )  # fmt: skip

    def done(self, actor: Actor, wanted: records.Wanted, signature: records.SignatureRef) -> None:
        """The year is closed by the signature; what was signed is named by its digest."""
        kept = records.signed_facts(str(signature.signature_id))
        closing.keep(actor, wanted.facts["page"], kept.section_text if kept else "", signature)


def register() -> None:
    """Declare the act; called once at start-up."""
    records.register_act(CLOSE, CloseAct(), records.ActHome("register:home", _("Sổ đăng bộ")))


def spec_of(actor: Actor, page: Page) -> records.DocumentSpec:
    """The document of a book's year."""
    school_id = page.book.school_id

    def head(version: int, replaces: str) -> str:
        places = {unit.kind: unit.name for unit in orgs.ancestors_of(school_id, actor.today)}
        return content.head_text(
            page, places=places, identifier=records.school_identifier(school_id, actor.now), version=version,
            replaces=replaces,
        )  # fmt: skip

    title = content.title_of(page.book, page.year_code)
    return records.DocumentSpec(content.KIND, page.book.id, page.year, school_id, title, head)


def _signer(actor: Actor) -> tuple[str, str]:
    if actor.person_id is None:
        raise NotFound("KIT-001")
    return actor.name, records.identifiers_of([actor.person_id], actor.now).get(actor.person_id, "")
