"""What the pages of the register show, gathered for one reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, Max, OuterRef, Q, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from khue.core.dates import format_date, school_year_of
from khue.core.errors import KhueError
from khue.core.names import fold
from khue.kit import permissions
from khue.kit.errors import sentence
from khue.kit.words import said
from khue.modules.orgs import api as orgs
from khue.modules.people import api as people
from khue.modules.register import lines, numbering, page, policy
from khue.modules.register.facts import SENSITIVE
from khue.modules.register.models import (
    PRESENT,
    EntryState,
    EventKind,
    RegisterBook,
    RegisterClosing,
    RegisterEntry,
    RegisterEvent,
)
from khue.modules.register.years import code_of
from khue.rules.enrollment import NEEDS_PAPER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.core.actor import Actor

A_PAGE = 50
# What the book asks of every pupil (assessment.md 4.2); the label is a word of the page.
WANTED = (
    ("birth", gettext_noop("ngày sinh")), ("sex", gettext_noop("giới tính")),
    ("ethnic_code", gettext_noop("dân tộc")), ("birth_place", gettext_noop("nơi sinh")),
    ("code", gettext_noop("mã định danh Bộ GD&ĐT")), ("current_address", gettext_noop("nơi ở hiện nay")),
    ("permanent_address", gettext_noop("nơi thường trú")), ("family", gettext_noop("cha mẹ, người giám hộ")),
)  # fmt: skip
PERSONAL = gettext_noop("số định danh cá nhân")
PAPER = gettext_noop("giấy tờ của «{event}» ngày {day}")


@dataclass(slots=True)
class BookLine:
    """A book in the list of a school."""

    book: RegisterBook
    entries: int
    present: int
    last_number: int
    closed: str = ""  # the last closed year
    next_year: int = 0
    finished: bool = False
    ready: bool = False
    refusal: str = ""
    without_result: list[str] = field(default_factory=list)

    @property
    def cohort(self) -> str:
        """The school year in which the cohort began: «2025-2026»."""
        return code_of(self.book.first_year)

    @property
    def next_code(self) -> str:
        """The year to be closed next, as people write it."""
        return code_of(self.next_year)


@dataclass(slots=True)
class Lacking:
    """A pupil and what the book lacks of him or her."""

    entry: RegisterEntry
    items: list[str]


def schools_with_books(actor: Actor) -> list[orgs.Unit]:
    """Schools whose register the actor may see, with a book or to begin one."""
    books = permissions.visible(actor, policy.SEE_BOOK, RegisterBook.objects.all())
    rule = Q(pk__in=books.values("school_id")) | permissions.rows_for(actor, policy.ENTER)
    return list(orgs.Unit.objects.filter(rule, kind="school").order_by("search_key", "id"))


def book_lines(actor: Actor, school: orgs.Unit) -> list[BookLine]:
    """The books of a school that the actor may see, the newest first."""
    rows = permissions.visible(actor, policy.SEE_BOOK, RegisterBook.objects.filter(school=school))
    books = list(rows.order_by("-first_year", "level").distinct())
    counted = (
        RegisterEntry.objects.filter(book__in=books)
        .order_by()
        .values("book_id")
        .annotate(entries=Count("id"), present=Count("id", filter=PRESENT), last=Max("number"))
    )
    numbers = {row["book_id"]: row for row in counted}
    closings = RegisterClosing.objects.filter(book__in=books).order_by("number")
    closed = dict(closings.values_list("book", "year"))
    found = []
    for book in books:
        count = numbers.get(book.pk, {"entries": 0, "present": 0, "last": 0})
        line = BookLine(book, count["entries"], count["present"], count["last"])
        if book.pk in closed:
            line.closed = code_of(closed[book.pk])
            line.finished = not line.present and page.is_finished(book)
        line.next_year = page.year_to_close(book, school_year_of(actor.today))
        found.append(line)
    return found


def with_closing(actor: Actor, found: Sequence[BookLine]) -> list[BookLine]:
    """The same, saying for each book whether its year can be closed now and what stands in the way."""
    for line in found:
        if line.finished:
            continue
        at = page.load_page(line.book, line.next_year)
        line.without_result = at.without_result
        try:
            page.require_closable(actor, at, " " if not at.without_result else "x" * page.REASON_LENGTH)
            line.ready = True
        except KhueError as refusal:
            line.refusal = sentence(refusal.code, refusal.params)
    return list(found)


def book_rows(
    actor: Actor, book: RegisterBook, text: str = "", state: str = "", year: str = ""
) -> QuerySet[RegisterEntry]:
    """Entries of a book that the actor may see, by name or number, state, and year attended."""
    rows = permissions.visible(actor, policy.SEE_ENTRY, RegisterEntry.objects.filter(book=book))
    for word in text.split():
        number = numbering.read(word, book.level)
        named = Q(search_key__contains=fold(word)) | Q(now__code=word)
        rows = rows.filter(named | Q(number=number) if number else named)
    if state in EntryState.values:
        rows = rows.filter(state=state)
    if year:
        attended = RegisterEvent.objects.filter(entry__book=book, data__year=year)
        rows = rows.filter(pk__in=attended.values("entry_id"))
    return rows.order_by("number")


def years_of(book: RegisterBook) -> list[str]:
    """The school years that the events of a book know, newest first."""
    rows = RegisterEvent.objects.filter(entry__book=book, data__has_key="year", kind=EventKind.CLASS_PLACED)
    return sorted(set(rows.values_list("data__year", flat=True).order_by()), reverse=True)


def entry_context(actor: Actor, key: UUID) -> dict[str, Any]:
    """One pupil's line, the path through all registers that the reader may see, what is missing."""
    rows = RegisterEntry.objects.select_related("book", "school")
    entry = permissions.load(actor, rows, key, see=policy.SEE_ENTRY)
    sensitive = permissions.can(actor, policy.SEE_SENSITIVE, entry)
    groups = lines.ethnic_groups()
    mine = Q(pk=entry.pk) if entry.person_id is None else Q(person=entry.person_id)
    seen = permissions.visible(actor, policy.SEE_ENTRY, RegisterEntry.objects.filter(mine))
    events = RegisterEvent.objects.filter(entry__in=seen).select_related("entry__book", "entry__school")
    timeline = [lines.told(one, groups, sensitive=sensitive) for one in events.order_by("on", "id")]
    may_write = permissions.can(actor, policy.WRITE_ENTRY, entry)
    line = lines.lines_of([entry])[0]
    return {
        "entry": entry, "line": line, "timeline": timeline, "sensitive": sensitive, "may_write": may_write,
        "facts": _facts(entry, groups, sensitive=sensitive),
        "several": len({one.event.entry_id for one in timeline}) > 1,
        "lacking": lacking_of(actor, [entry])[0].items if may_write and entry.person_id else [],
        "without_paper": without_paper([entry]).get(entry.pk, []) if may_write else [],
    }  # fmt: skip


def _facts(entry: RegisterEntry, groups: dict[str, str], *, sensitive: bool) -> list[tuple[str, str]]:
    names = (
        "full_name", "birth", "sex", "ethnic_code", "nationality", "code", "birth_place", "home_town",
        "current_address", "permanent_address", "contact_phone", "religion", "policy_groups", "disability",
    )  # fmt: skip
    found = []
    for name in names:
        value = entry.now.get(name, "")
        if name in SENSITIVE and not sensitive:
            continue
        if name == "birth":
            value = lines.birth_shown(value)
        elif name == "ethnic_code":
            value = groups.get(value, value)
        if value:
            found.append((said(lines.label_of(name)), said(value) if name == "sex" else str(value)))
    return found


def lacking_of(actor: Actor, entries: Sequence[RegisterEntry]) -> list[Lacking]:
    """What the book lacks of each of these pupils: facts, and papers behind events (còn thiếu)."""
    numbered = set(
        people.PersonIdentifier.objects.filter(
            person__in=[entry.person_id for entry in entries if entry.person_id],
            scheme=people.IdentifierScheme.PERSONAL, valid_to__isnull=True,
        ).values_list("person_id", flat=True)
    )  # fmt: skip
    papers = without_paper(entries)
    found = []
    for entry in entries:
        items = [_(label) for name, label in WANTED if not entry.now.get(name)]
        if entry.person_id not in numbered:
            items.append(_(PERSONAL))
        items += [
            _(PAPER).format(event=said(EventKind(event.kind).label), day=format_date(event.on))
            for event in papers.get(entry.pk, [])
        ]
        found.append(Lacking(entry, items))
    return found


def lacking_rows(actor: Actor, school: orgs.Unit) -> tuple[QuerySet[RegisterEntry], QuerySet[RegisterEntry]]:
    """Pupils of a school whom the actor may complete, and those of them of whom something lacks.

    The database chooses: a page of a large school is as quick as one of a small one.
    """
    present = RegisterEntry.objects.filter(PRESENT, school=school)
    rows = permissions.visible(actor, policy.WRITE_ENTRY, present)
    # A text of its own for each fact: «null» and «[]» are how an empty one reads on SQLite and PostgreSQL.
    said = {
        f"said_{name}": Coalesce(KeyTextTransform(name, "now"), Value(""), output_field=TextField())
        for name, _label in WANTED
    }
    rows = rows.alias(**said)
    empty = reduce(or_, (Q(**{f"{name}__in": ("", "null", "[]")}) for name in said))
    numbered = people.PersonIdentifier.objects.filter(
        person=OuterRef("person"), scheme=people.IdentifierScheme.PERSONAL, valid_to__isnull=True
    )
    papers = _unproved(RegisterEvent.objects.filter(entry__school=school, entry__in=present))
    lacking = rows.filter(empty | ~Exists(numbered) | Q(pk__in=list(papers)))
    return rows, lacking.order_by("-book__first_year", "number")


def classes_of(rows: QuerySet[RegisterEntry]) -> list[str]:
    """The classes in which these pupils are."""
    names = rows.exclude(class_name="").order_by().values_list("class_name", flat=True).distinct()
    return sorted(names, key=lambda name: (len(name), name))


def without_paper(entries: Sequence[RegisterEntry]) -> dict[UUID, list[RegisterEvent]]:
    """Events of these entries that should have a paper and have none, also not added later."""
    return _unproved(RegisterEvent.objects.filter(entry__in=[entry.pk for entry in entries]))


def _unproved(rows: QuerySet[RegisterEvent]) -> dict[UUID, list[RegisterEvent]]:
    kinds = [kind.value for kind in NEEDS_PAPER]
    events = list(rows.filter(kind__in=kinds, decision="", paper="").order_by("entry_id", "sequence"))
    later = rows.filter(entry__in={event.entry_id for event in events}, kind=EventKind.CORRECTED)
    added = set(later.filter(data__has_key="paper_for").values_list("entry_id", "data__paper_for"))
    found: dict[UUID, list[RegisterEvent]] = {}
    for event in events:
        if (event.entry_id, event.sequence) not in added:
            found.setdefault(event.entry_id, []).append(event)
    return found


def not_entered(actor: Actor, school: orgs.Unit) -> list[tuple[people.PupilProfile, str]]:
    """Pupils of a school who stand in no book yet, and why (chưa vào sổ)."""
    entered = RegisterEntry.objects.filter(school=school, person__isnull=False).values("person_id")
    rows = people.PupilProfile.objects.filter(school=school).exclude(person__in=entered)
    found = []
    levels = school.school.level_set() if hasattr(school, "school") else ()
    for row in rows.select_related("person").order_by("person__sort_key", "person_id")[:200]:
        name, number = row.person.full_name, row.register_number.strip()
        if len(levels) != 1:
            why = sentence("REG-004", {"name": name})
        elif number and numbering.read(number, levels[0]) is None:
            why = sentence("REG-003", {"name": name, "number": number, "level": levels[0]})
        elif number:
            holder = _holder(school, levels[0], number)
            why = sentence("REG-001", {"name": name, "number": number, "holder": holder})
        else:
            why = _("Đang chờ ghi vào sổ.")
        found.append((row, why))
    return found


def _holder(school: orgs.Unit, level: str, number: str) -> str:
    rows = RegisterEntry.objects.filter(
        school=school, book__level=level, number=numbering.read(number, level) or 0
    )
    return rows.order_by("-book__first_year").values_list("name", flat=True).first() or ""
