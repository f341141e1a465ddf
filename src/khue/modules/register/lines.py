"""What a line of the book says, for the screen and for paper: texts from an entry and its events."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop as _

from khue.core.dates import format_date
from khue.modules.codes import api as codes
from khue.modules.people import api as people
from khue.modules.register.facts import SENSITIVE
from khue.modules.register.models import EntryState, EventKind, RegisterEvent
from khue.modules.register.signed.content import plain
from khue.rules.enrollment import ENTRIES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from khue.modules.register.models import RegisterEntry

RELATIONS = {"father": _("Cha"), "mother": _("Mẹ"), "guardian": _("Người giám hộ")}
LABELS = {
    "birth": _("Ngày sinh"), "family": _("Cha mẹ, người giám hộ"), "code": _("Mã định danh"),
    "person": _("Hồ sơ"),
}  # fmt: skip
LEAVING = frozenset({
    Kind.TRANSFERRED_OUT, Kind.DROPPED_OUT, Kind.SUSPENDED, Kind.COMPLETED, Kind.GRADUATED, Kind.DECEASED,
    Kind.VOIDED,
})  # fmt: skip
COMING = ENTRIES | {Kind.RETURNED}
NOTED = frozenset({Kind.CIVIL_CHANGE, Kind.CORRECTED, Kind.DISCIPLINE, Kind.AWARD})
HIDDEN = "•••"


@dataclass(slots=True)
class Line:
    """A pupil's line of the book."""

    entry: RegisterEntry
    birth: str = ""
    ethnic: str = ""
    family: list[str] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)  # each time the pupil came
    path: list[str] = field(default_factory=list)  # «2025-2026, 6A: Lên lớp»
    left: list[str] = field(default_factory=list)  # each time the pupil left
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words: what it was, its details, what it changed (label, old, new)."""

    event: RegisterEvent
    label: str
    detail: str
    paper: str
    changes: tuple[tuple[str, str, str], ...]


def lines_of(entries: Sequence[RegisterEntry]) -> list[Line]:
    """The lines of some entries of a book, in two queries."""
    events: dict[object, list[RegisterEvent]] = defaultdict(list)
    rows = RegisterEvent.objects.filter(entry__in=[entry.id for entry in entries])
    for event in rows.order_by("entry_id", "sequence"):
        events[event.entry_id].append(event)
    groups = ethnic_groups()
    return [_line(entry, events[entry.id], groups) for entry in entries]


def ethnic_groups() -> dict[str, str]:
    """Names of ethnic groups by their codes, those of former lists too."""
    rows = codes.items_ever(codes.ETHNIC_GROUPS).order_by("valid_from", "id")
    return dict(rows.values_list("code", "name"))


def _line(entry: RegisterEntry, events: Sequence[RegisterEvent], groups: Mapping[str, str]) -> Line:
    now = entry.now
    ethnic = str(now.get("ethnic_code", ""))
    line = Line(entry, birth_shown(str(now.get("birth", ""))), groups.get(ethnic, ethnic))
    line.family = family_lines(now.get("family") or [])
    path: dict[str, tuple[str, str]] = {}
    for event in events:
        kind, data = Kind(event.kind), event.data
        if kind in COMING:
            line.entered.append(entry_text(event, again=bool(line.entered)))
        elif "year" in data:
            school_class, result = path.get(data["year"], ("", ""))
            path[data["year"]] = (str(data.get("class") or school_class), _result(data) or result)
        if kind in NOTED:
            line.notes += note_lines(event, groups, sensitive=False)
    line.left = _leavings(events)
    line.path = [f"{year}, {name}{': ' if result else ''}{result}" for year, (name, result) in path.items()]
    return line


def _leavings(events: Iterable[RegisterEvent]) -> list[str]:
    """Each time the pupil left, as far as it was not taken back: a stay restored, a result corrected."""
    found: list[tuple[str, str]] = []  # which stay ended, text
    for event in events:
        kind, data = Kind(event.kind), event.data
        if kind in LEAVING:
            found.append((str(data.get("left", "")), _join(_dated(event, event.kind), *_detail(event))))
        elif kind is Kind.CORRECTED and data.get("state") == EntryState.COMPLETED:
            found.append(("", _dated(event, EventKind.COMPLETED)))
        elif kind is Kind.CORRECTED and data.get("state") and found:
            ended = [number for number, (stay, _) in enumerate(found) if stay and stay == data.get("back")]
            found.pop(ended[-1] if ended else -1)
    return [text for _, text in found]


def _result(data: Mapping[str, Any]) -> str:
    return str(EventKind(data["result"]).label) if data.get("result") else ""


def _dated(event: RegisterEvent, kind: str) -> str:
    return f"{format_date(event.on)}: {EventKind(kind).label}"


def entry_text(event: RegisterEvent, *, again: bool = False) -> str:
    """When and how a pupil came, the first time or again: «25/08/2025, lớp 6, từ Trường Tiểu học Bản Pè»."""
    data = event.data
    where = data.get("class") or data.get("grade")
    return _join(
        _dated(event, event.kind) if again else format_date(event.on), f"lớp {where}" if where else "",
        f"từ {data['from_school']}" if data.get("from_school") else "", str(data.get("reason", "")),
        paper_text(event),
    )  # fmt: skip


def told(event: RegisterEvent, groups: Mapping[str, str], *, sensitive: bool) -> Told:
    """An event in words, for a timeline."""
    changes = tuple(
        (label_of(name), _value(name, old, groups, sensitive), _value(name, new, groups, sensitive))
        for name, (old, new) in sorted((event.data.get("changes") or {}).items())
    )
    kind = EventKind(event.kind)
    detail = "; ".join(_detail(event, with_paper=False))
    return Told(event, str(kind.label), detail, paper_text(event), changes)


def _detail(event: RegisterEvent, *, with_paper: bool = True) -> list[str]:
    data = event.data
    found = [
        f"lớp {data['class']}" if data.get("class") else "",
        f"từ lớp {data['from']}" if data.get("from") else "",
        f"năm học {data['year']}" if data.get("year") else "",
        _result(data) if Kind(event.kind) is Kind.CORRECTED else "",
        *(str(data.get(name, "")) for name in ("decision", "reason", "note")),
        f"từ {data['from_school']}" if data.get("from_school") else "",
        f"đến {data['to_school']}" if data.get("to_school") else "",
        paper_text(event) if with_paper else "",
    ]  # fmt: skip
    return [text for text in found if text]


def note_lines(event: RegisterEvent, groups: Mapping[str, str], *, sensitive: bool) -> list[str]:
    """What an event adds to the last column: «Cải chính: Họ và tên: A → B (45/TLCC, 12/12/2025)»."""
    one = told(event, groups, sensitive=sensitive)
    changes = [f"{label}: {old or '…'} → {new or '…'}" for label, old, new in one.changes if old]
    if event.data.get("changes") and not changes:
        return []  # what was only filled in stands in its column
    return [_join(f"{one.label} {format_date(event.on)}", *changes, one.detail, one.paper)]


def paper_text(event: RegisterEvent) -> str:
    """«12/QĐ ngày 05/09/2025, đơn của gia đình»."""
    day = f" ngày {format_date(event.decision_on)}" if event.decision_on else ""
    return _join(f"{event.decision}{day}" if event.decision else "", event.paper)


def family_lines(family: Iterable[Mapping[str, str]]) -> list[str]:
    """«Cha: Lý Văn A, 1985, làm ruộng, 0912…» for each."""
    return [
        f"{RELATIONS[one['relation']]}: "
        + _join(one["name"], one.get("born", ""), one.get("occupation", ""), one.get("phone", ""))
        for one in family
    ]


def birth_shown(text: str) -> str:
    """dd/mm/yyyy, or what is known."""
    return "/".join(reversed(text.split("-"))) if text else ""


def label_of(name: str) -> str:
    """What a field of the book is called."""
    return LABELS.get(name) or people.field_label(name)


def _value(name: str, value: Any, groups: Mapping[str, str], sensitive: bool) -> str:  # noqa: FBT001
    if name in SENSITIVE and not sensitive:
        return HIDDEN if value else ""
    if name == "birth":
        return birth_shown(str(value or ""))
    if name == "ethnic_code":
        return groups.get(str(value), str(value or ""))
    return plain(value)


def _join(*texts: str) -> str:
    return ", ".join(text for text in texts if text)
