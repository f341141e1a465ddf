"""A school's packages: made from what it has issued and not sent yet, sealed, given up (đóng gói)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from khue.core.errors import Refused
from khue.core.ids import uuid7
from khue.kit import audit, permissions
from khue.modules.orgs import api as orgs
from khue.modules.records import api as records
from khue.modules.store import manifest as manifests
from khue.modules.store import policy, source
from khue.modules.store.data import ManifestItem
from khue.modules.store.models import ItemState, Package, PackageItem, PackageState
from khue.modules.store.services.receiving import MOST_BYTES, MOST_RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from khue.core.actor import Actor

Sized = tuple[records.Document, int]


@transaction.atomic
def make(
    actor: Actor, *, school_id: UUID, year: str = "", level: str = "", again: bool = False
) -> list[Package]:
    """Packages of everything that is issued and was not sent yet, by year and level (một lần «Gửi»).

    With `again` only what was rejected and still stands: the department may have put right what stood in
    its way. The seal follows by itself where the server holds the school's key, else whoever keeps it is
    asked.
    """
    school = permissions.load(
        actor, orgs.Unit.objects.all(), school_id, see=policy.SEE_SCHOOL, do=policy.SEND, lock=True
    )
    if not records.school_identifier(school.pk, actor.now):
        raise Refused("STO-003")
    made: list[Package] = []
    for (its_year, its_level), documents in sorted(ready(school.pk, year, again=again).items()):
        if level in {"", its_level}:
            made += [_make_one(actor, school, (its_year, its_level), share) for share in _shares(documents)]
    if not made:
        raise Refused("STO-001")
    return made


def ready(school_id: UUID, year: str = "", *, again: bool = False) -> dict[tuple[str, str], list[Sized]]:
    """What waits to be sent, by school year and level, with the size of each file; `again`, once more."""
    sent = PackageItem.objects.filter(package__school=school_id).exclude(
        package__state=PackageState.CANCELLED
    )
    rows = source.issued_documents(school_id, year)
    if again:
        rejected, others = sent.filter(state=ItemState.REJECTED), sent.exclude(state=ItemState.REJECTED)
        rows = rows.filter(pk__in=rejected.values("document")).exclude(pk__in=others.values("document"))
    else:
        rows = rows.exclude(pk__in=sent.values("document"))
    found: dict[tuple[str, str], list[Sized]] = defaultdict(list)
    for row in rows.annotate(bytes=F("file__size")).order_by("issued_at", "id"):
        found[source.year_of(row), source.level_of(row)].append((row, row.bytes))
    return {key: rows for key, rows in found.items() if key[1] in manifests.LEVELS}


def _shares(documents: Iterable[Sized]) -> Iterator[list[Sized]]:
    share: list[Sized] = []
    size = 0
    for row, its in documents:
        if share and (len(share) == MOST_RECORDS or size + its > MOST_BYTES):
            yield share
            share, size = [], 0
        share.append((row, its))
        size += its
    if share:
        yield share


def _make_one(actor: Actor, school: orgs.Unit, of: tuple[str, str], share: Sequence[Sized]) -> Package:
    year, level = of
    key = uuid7()
    items = [ManifestItem(row.code, row.version, row.kind, row.digest, size) for row, size in share]
    issued = sum(1 for row in source.issued_documents(school.pk, year) if source.level_of(row) == level)
    title = f"Gói {len(items)} học bạ {level}, {year}"
    facts = {"title": title, "year": year, "level": level}

    def head(version: int, replaces: str) -> str:
        return manifests.head_text(
            school.name, records.school_identifier(school.pk, actor.now), facts, version
        )

    spec = records.DocumentSpec(manifests.PACKAGE, key, int(year[:4]), school.pk, title, head)
    section = records.NewSection(
        manifests.MANIFEST, manifests.MANIFEST, 1, key,
        lambda record: manifests.section_text(items, record, year, level, issued),
    )  # fmt: skip
    document = records.made_for_seal(actor, spec, [section])
    package = Package.objects.create(
        id=key, school=school, year=year, level=level, document=document, code=document.code,
        count=len(items), size=sum(item.size for item in items), made_at=actor.now, made_by=actor.name,
        next_at=actor.now,
    )  # fmt: skip
    PackageItem.objects.bulk_create(
        PackageItem(
            package=package, position=number, document=row, code=row.code, version=row.version,
            digest=row.digest, size=size,
        )
        for number, (row, size) in enumerate(share, 1)
    )  # fmt: skip
    audit.record(
        actor, "store.package.made", subject=package, unit=school.pk,
        after={"code": package.code, "records": len(items), "year": year, "level": level},
    )  # fmt: skip
    return package


@transaction.atomic
def cancel(actor: Actor, *, package_id: UUID) -> Package:
    """Give up a package that the store does not have yet; its transcripts are ready again (bỏ gói)."""
    package = permissions.load(
        actor, Package.objects.all(), package_id, see=policy.SEE_PACKAGE, do=policy.SEND_PACKAGE, lock=True
    )
    if package.state != PackageState.PACKAGED:
        raise Refused("STO-002", state=PackageState(package.state).label)
    if package.working_since is not None:
        raise Refused("STO-008")
    package.state = PackageState.CANCELLED
    package.save(update_fields=["state"])
    PackageItem.objects.filter(package=package).update(state=ItemState.REJECTED, answered_at=actor.now)
    records.withdraw(
        actor, subject=package.pk, part=package.document.part, reason="Trường bỏ gói chưa gửi.", authority=""
    )
    audit.record(actor, "store.package.cancelled", subject=package, unit=package.school_id)
    return package
