"""A page of the register as canonical record text: head, entries, events (nội dung được ký của sổ đăng bộ).

The personal number and what people's religion, policy group and disability are do not stand in it: a signed
record is given to whoever verifies it. They stay in the book, under the chain of events.

A page that would not fit into one record is signed in brief: who, what happened, and the head of each chain,
which proves the rest in the book.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from khue.core.errors import Refused
from khue.core.ids import short
from khue.modules.register.facts import CIVIL, SENSITIVE
from khue.modules.register.models import EntryState, EventKind
from khue.signing.canonical import element
from khue.signing.profile import LARGEST
from khue.signing.xades.record import Signer, build_head, build_section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from khue.modules.register.models import RegisterBook, RegisterEntry, RegisterEvent
    from khue.modules.register.page import Page

KIND = "register-year"
SECTION = "page"
LEVEL_NAMES = {"TH": "tiểu học", "THCS": "trung học cơ sở", "THPT": "trung học phổ thông"}
# Attributes of an entry: in the record → in the book.
SAID = {
    "name": "full_name", "born": "birth", "sex": "sex", "ethnic": "ethnic_code",
    "nationality": "nationality", "code": "code", "birthPlace": "birth_place", "homeTown": "home_town",
    "address": "current_address", "permanent": "permanent_address", "phone": "contact_phone",
}  # fmt: skip
IN_BRIEF = frozenset({"name", "born", "sex", "ethnic", "nationality", "code"})
# A record that is larger than LARGEST is read by nobody; head, signature, seal and stamps come on top.
LARGEST_PAGE = LARGEST - 64 * 1024
TOLD = ("class", "year", "result", "decision", "reason", "from", "from_school", "to_school", "note")


def title_of(book: RegisterBook, year_code: str) -> str:
    """«Sổ đăng bộ 20180001HS2529, trung học cơ sở, năm học 2025-2026»."""
    return f"Sổ đăng bộ {book.code}, {LEVEL_NAMES.get(book.level, book.level)}, năm học {year_code}"


def head_text(page: Page, *, places: Mapping[str, str], identifier: str, version: int, replaces: str) -> str:
    """The head: school, place, book, cohort, year, version."""
    book = page.book
    return build_head(
        book.school.name, identifier,
        {
            "commune": places.get("commune", ""), "province": places.get("province", ""),
            "book": book.code, "level": book.level, "cohort": str(book.first_year),
            "year": page.year_code, "title": title_of(book, page.year_code), "version": str(version),
            "replaces": replaces or None,
        },
    )  # fmt: skip


def signed_text(page: Page, record: str, signer: tuple[str, str], accepted: str = "") -> str:
    """The page as it fits into a record: whole, else in brief; refused (`REG-029`) if that is too much."""
    for brief in (False, True):
        text = page_text(page, record, signer, accepted, brief=brief)
        if len(text.encode()) <= LARGEST_PAGE:
            return text
    raise Refused("REG-029", book=page.book.code, year=page.year_code, count=len(page.entries))


def page_text(
    page: Page, record: str, signer: tuple[str, str], accepted: str = "", *, brief: bool = False
) -> str:
    """The page as the principal signs it; the signer is (name, identifier)."""
    name, identifier = signer
    section = build_section(
        SECTION, SECTION, record, [Signer(identifier, name, 1, "principal")],
        {
            "name": f"Trang năm học {page.year_code}", "number": str(page.number),
            "entries": str(len(page.entries)), "events": str(page.event_count),
            "gaps": gaps_text(page.gaps) or None, "accepted": accepted or None,
            "brief": "yes" if brief else None,
        },
        *(_entry(entry, page.events.get(entry.id, ()), page.ethnic, brief) for entry in page.entries),
    )  # fmt: skip
    return section.text


def gaps_text(gaps: Sequence[tuple[int, int]]) -> str:
    """«3-4, 7»: numbers that were never given."""
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in gaps)


def _entry(
    entry: RegisterEntry,
    events: Sequence[RegisterEvent],
    ethnic: Mapping[str, str],
    brief: bool,  # noqa: FBT001
) -> str:
    now = entry.now | {"ethnic_code": ethnic.get(entry.now["ethnic_code"], entry.now["ethnic_code"])}
    said = {name: field for name, field in SAID.items() if not brief or name in IN_BRIEF}
    facts = {name: str(now.get(field) or "") or None for name, field in said.items()}
    family = [] if brief else now["family"]
    return element(
        "Entry",
        facts
        | {
            "number": str(entry.number), "ref": short(entry.id), "enteredOn": entry.entered_on.isoformat(),
            "class": entry.class_name or None, "state": entry.state, "stateOn": entry.state_on.isoformat(),
            "stateName": str(EntryState(entry.state).label), "historyLength": str(entry.history_length),
            "historyHead": entry.history_head,
        },
        *(element("Relative", {key: one.get(key) or None for key in _RELATIVE}) for one in family),
        *(_event(event, brief) for event in events),
    )  # fmt: skip


_RELATIVE = ("relation", "name", "born", "occupation", "phone")


def _event(event: RegisterEvent, brief: bool) -> str:  # noqa: FBT001
    told = {_camel(name): str(event.data[name]) for name in TOLD if event.data.get(name)}
    attributes: dict[str, str | None] = {
        **told, "kind": event.kind, "name": kind_name(event.kind), "on": event.on.isoformat(),
        "paperNumber": event.decision or None,
        "paperOn": event.decision_on.isoformat() if event.decision_on else None,
        "paper": event.paper or None, "author": event.author_name,
        "sequence": str(event.sequence),
    }  # fmt: skip
    return element("Event", attributes, *_changes(event.data.get("changes") or {}, brief))


def _changes(changes: Mapping[str, Sequence[Any]], brief: bool) -> list[str]:  # noqa: FBT001
    """What an act changed, old and new; of sensitive facts, in brief of contacts, only that they changed."""
    found = []
    for name, (old, new) in sorted(changes.items()):
        hidden = name in SENSITIVE or name == "person" or (brief and name not in CIVIL)
        told = {} if hidden else {"old": plain(old), "new": plain(new)}
        found.append(element("Change", {"field": name, **told}))
    return found


def plain(value: Any) -> str:
    """A fact as one line; a family as its names."""
    if isinstance(value, list):
        return "; ".join(" ".join(filter(None, (one.get("name"), one.get("phone")))) for one in value)
    return str(value or "")


def kind_name(kind: str) -> str:
    """The Vietnamese name of an event, whatever the language of the page."""
    return str(EventKind(kind).label)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
