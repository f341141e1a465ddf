"""Reads of the store: what a school is told, what an officer sees (tra cứu kho học bạ)."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Q, Sum

from khue.kit import permissions
from khue.kit.models import in_force
from khue.modules.orgs import api as orgs
from khue.modules.store import policy, source
from khue.modules.store.data import SchoolCount
from khue.modules.store.models import (
    ItemState,
    OutgoingRequest,
    Package,
    PackageItem,
    PackageState,
    Receipt,
    ReceiptState,
    ReceivedItem,
    ReceivedRequest,
    RequestState,
    StoredRecord,
    StoredState,
    StoreKey,
)
from khue.modules.store.states import SETTLED, UNSETTLED

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from khue.core.actor import Actor

SHOWN = 50  # lines of a page
Levels = dict[tuple[str, str], Counter[str]]


def counters_of(school_id: UUID) -> list[dict[str, Any]]:
    """The records of a school in the store by year, level and state, and the packages by state."""
    rows = StoredRecord.objects.filter(school=school_id).order_by("year", "level", "state")
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for year, level, state, count in rows.values_list("year", "level", "state").annotate(n=Count("id")):
        found[year, level][state] = count
    return [{"year": year, "level": level, "states": states} for (year, level), states in found.items()]


def schools_of(actor: Actor, action: str) -> QuerySet[orgs.Unit]:
    """The schools of today on which an actor may do this, by name."""
    rows = orgs.Unit.objects.filter(in_force(actor.today), kind="school")
    return permissions.visible(actor, action, rows).order_by("search_key", "id")


def load_school(actor: Actor, key: UUID, action: str) -> orgs.Unit:
    """A school in the actor's scope."""
    found: orgs.Unit = permissions.load(actor, orgs.Unit.objects.all(), key, see=action)
    return found


def load_package(actor: Actor, key: UUID) -> Package:
    """A package in the actor's scope."""
    rows = Package.objects.select_related("school", "document")
    return permissions.load(actor, rows, key, see=policy.SEE_PACKAGE)


def packages_of(school_id: UUID) -> list[tuple[Package, Counter[str]]]:
    """The newest packages of a school with the counts of their answers."""
    rows = list(Package.objects.filter(school=school_id).select_related("document")[:SHOWN])
    counts: dict[UUID, Counter[str]] = defaultdict(Counter)
    asked = PackageItem.objects.filter(package__in=rows).order_by("package", "state")
    for package, state, count in asked.values_list("package", "state").annotate(n=Count("id")):
        counts[package][state] = count
    return [(row, counts[row.id]) for row in rows]


def items_of(package: Package, state: str, first: int) -> list[PackageItem]:
    """Some records of a package, those that need somebody first."""
    rows = PackageItem.objects.filter(package=package).select_related("document")
    rows = rows.filter(state=state) if state else rows
    return list(rows.order_by("-state", "position")[first : first + SHOWN + 1])


def resendable(school_id: UUID) -> int:
    """Rejected records that still stand and are in no other package."""
    rejected = PackageItem.objects.filter(package__school=school_id, state=ItemState.REJECTED).exclude(
        package__state=PackageState.CANCELLED
    )
    again = PackageItem.objects.filter(package__school=school_id, state__in=(*SETTLED, *UNSETTLED))
    rows = source.issued_documents(school_id).filter(pk__in=rejected.values("document"))
    return rows.exclude(pk__in=again.values("document")).count()


def requests_of(school_id: UUID) -> list[OutgoingRequest]:
    """The newest requests of a school."""
    rows = OutgoingRequest.objects.filter(school=school_id)
    return list(rows.select_related("item__document")[:SHOWN])


def table(actor: Actor, year: str = "") -> list[SchoolCount]:
    """The department's table: every school in scope, those that lack most first, silent ones above all."""
    schools = list(schools_of(actor, policy.WATCH).values_list("id", "name"))
    ids = [key for key, _ in schools]
    of_year = Q(year=year) if year else Q()
    issued = _issued(ids, of_year, year)
    come = (ReceiptState.RECEIVED, ReceiptState.ANSWERED)
    submitted = _sums(Receipt.objects.filter(of_year, school__in=ids, state__in=come))
    accepted = _counts(StoredRecord.objects.filter(of_year, school__in=ids, state=StoredState.ACCEPTED))
    items = ReceivedItem.objects.filter(receipt__school__in=ids)
    items = items.filter(receipt__year=year) if year else items
    rejected = _counts(items.filter(state=ItemState.REJECTED), "receipt__school")
    waiting = _counts(items.filter(state__in=UNSETTLED, receipt__state__in=come), "receipt__school")
    last = dict(
        Receipt.objects.filter(of_year, school__in=ids).order_by("school").values_list("school")
        .annotate(last=Max("opened_at"))
    )  # fmt: skip
    rows = [
        SchoolCount(
            str(key), name, max(issued.get(key, 0), accepted.get(key, 0)), submitted.get(key, 0),
            accepted.get(key, 0), rejected.get(key, 0), waiting.get(key, 0),
            last[key].date().isoformat() if key in last else "",
        )
        for key, name in schools
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.lacking, row.last, row.name))


def _issued(ids: list[UUID], of_year: Q, year: str) -> dict[UUID, int]:
    """As each school said in its last package of a year and level; as is known here, where it is more."""
    said: dict[UUID, dict[tuple[str, str], int]] = defaultdict(dict)
    rows = Receipt.objects.filter(of_year, school__in=ids).order_by("opened_at", "id")
    for school, its_year, level, count in rows.values_list("school", "year", "level", "issued"):
        said[school][its_year, level] = count
    found = {school: sum(counts.values()) for school, counts in said.items()}
    for school, count in source.issued_counts(ids, year).items():
        found[school] = max(found.get(school, 0), count)
    return found


def _counts(rows: QuerySet[Any], path: str = "school") -> dict[UUID, int]:
    return dict(rows.order_by(path).values_list(path).annotate(n=Count("id")))


def _sums(rows: QuerySet[Receipt]) -> dict[UUID, int]:
    return dict(rows.order_by("school").values_list("school").annotate(n=Sum("count")))


def years() -> list[str]:
    """The school years of which something was sent, the newest first."""
    return list(Receipt.objects.order_by("-year").values_list("year", flat=True).distinct())


def doubtful(actor: Actor) -> list[tuple[StoredRecord, ReceivedItem | None]]:
    """Records that wait for an officer, the oldest first, with what was found."""
    rows = StoredRecord.objects.filter(state=StoredState.HELD).select_related("school", "replaces")
    seen = list(permissions.visible(actor, policy.DECIDE, rows).order_by("stored_at", "id")[:SHOWN])
    items = ReceivedItem.objects.filter(record__in=seen).select_related("report").order_by("-answered_at")
    by_record = {item.record_id: item for item in items}
    return [(row, by_record.get(row.id)) for row in seen]


def open_requests(actor: Actor) -> list[ReceivedRequest]:
    """Requests that wait for a decision, the oldest first."""
    rows = ReceivedRequest.objects.filter(state=RequestState.SENT).select_related("record", "school")
    return list(permissions.visible(actor, policy.DECIDE_END, rows)[:SHOWN])


def rejected_of(school_id: UUID) -> list[ReceivedItem]:
    """The newest rejected records of a school, for whoever is asked why."""
    rows = ReceivedItem.objects.filter(receipt__school=school_id, state=ItemState.REJECTED)
    return list(rows.select_related("receipt").order_by("-answered_at", "position")[:SHOWN])


def receipts_of(school_id: UUID) -> list[Receipt]:
    """The newest packages that a school has sent."""
    return list(Receipt.objects.filter(school=school_id).defer("manifest")[:SHOWN])


def keys_of(actor: Actor, school_id: UUID) -> list[StoreKey]:
    """The keys of a school, the newest first."""
    rows = StoreKey.objects.filter(school=school_id)
    return list(permissions.visible(actor, policy.SEE_KEY, rows))
