"""A school that issues transcripts: the small module of `records` that signs, with pages of transcripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from khue.modules.records import api as records
from khue.modules.records.tests import acts
from khue.signing.xades.record import build_head

if TYPE_CHECKING:
    import pytest
    from tests.signers import Signers

    from khue.modules.records.acts import DocumentSpec

KIND, SECTION = "transcript-primary", "year"
YEAR = "2025-2026"


def spec_of(subject: UUID) -> DocumentSpec:
    """The document of a pupil's year."""
    if not acts.DESK.schools:
        acts.DESK.schools.append(acts.orgs.Unit.objects.get(codes__value=acts.SCHOOL))
    school = acts.DESK.schools[0]

    def head(version: int, replaces: str) -> str:
        facts = {
            "title": "Học bạ thử", "transcript": subject.hex[:20], "level": "TH", "year": YEAR,
            "version": str(version), "replaces": replaces or None,
        }  # fmt: skip
        return build_head(school.name, "MST:4900123456", facts)

    return records.DocumentSpec(KIND, subject, 2025, school.pk, f"Học bạ {subject.hex[:6]}", head)


def use(monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk signs transcripts from now on."""
    for name, value in (("KIND", KIND), ("SECTION", SECTION), ("spec_of", spec_of)):
        monkeypatch.setattr(acts, name, value)
    acts.register()


@dataclass(slots=True)
class Office:
    """What the school does before it sends."""

    signers: Signers

    def issue(self, count: int = 1) -> list[records.Document]:
        """So many transcripts, signed, sealed, issued; those that are there already stay."""
        there = [row.subject for row in records.Document.objects.filter(kind=KIND)]
        keys = [key for key in acts.pages(count) if key not in there]
        if keys:
            self._sign(keys)
        return [acts.document_of(key) for key in acts.pages(count)]

    def correct(self, number: int = 0) -> records.Document:
        """A new version of a pupil's transcript, with another text."""
        key = acts.pages(number + 1)[number]
        acts.DESK.texts[key] = f"{acts.DESK.texts.get(key, 'Nội dung')} đã sửa"
        records.supersede(
            self.signers.world.lan, spec_of(key), changed={SECTION}, reason="Sửa kết quả.", authority="Số 1"
        )
        self._sign([key])
        return acts.document_of(key)

    def settle(self) -> None:
        """Seals and stamps that wait."""
        records.after_signing(self.signers.world.minh.now, self.signers.world.school.pk)

    def _sign(self, keys: list[UUID]) -> None:
        self.signers.sign(self.signers.world.lan, acts.PAGE, *keys)
        self.signers.sign(self.signers.world.minh, acts.APPROVAL, *keys)
        self.settle()
