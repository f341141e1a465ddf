"""The department's door: what it takes, what it refuses, and that a refusal changes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from tests.cast import NOW, SYSTEM, World
from tests.tampering import forge
from tests.unchanged import refused

from khue.core.actor import system_actor
from khue.core.errors import Conflict, Invalid, NotFound, Refused
from khue.modules.orgs import api as orgs
from khue.modules.store.models import (
    ItemReport,
    Receipt,
    ReceivedChunk,
    ReceivedItem,
    StoredEvent,
    StoredFile,
    StoredRecord,
    StoreSchool,
)
from khue.modules.store.services import receiving, storing
from khue.modules.store.services.receiving import Sender
from khue.modules.store.tests.conftest import Door
from khue.modules.store.tests.press import KHE_VANG, NA_LAU, SLOTS, Press, flipped, of

pytestmark = pytest.mark.django_db


def test_an_honest_package_is_stored_byte_for_byte(door: Door, press: Press) -> None:
    files = [press.transcript(number) for number in (1, 2, 3)]
    assert door.judge(press.manifest(*files, issued=7), *files) == [("accepted", ())] * 3
    stored = {bytes(row.content): row.digest for row in StoredFile.objects.all()}
    assert stored == {one.data: one.item.digest for one in files}
    assert [row.verdict for row in ItemReport.objects.all()] == ["valid"] * 3
    signers = ItemReport.objects.first().report["signatures"]
    assert [one["role"] for one in signers] == ["homeroom", "principal", "school"]
    assert {row.state for row in StoredEvent.objects.all()} == {"accepted"}
    receipt = Receipt.objects.get()
    assert (receipt.issued, receipt.count, receipt.state) == (7, 3, "answered")
    assert not ReceivedChunk.objects.exists()


@pytest.mark.parametrize("size", [700, 4096, 10_000_000])
def test_bytes_may_come_in_any_pieces(door: Door, press: Press, size: int) -> None:
    files = [press.transcript(number) for number in (1, 2)]
    assert door.judge(press.manifest(*files), *files, size=size) == [("accepted", ())] * 2


def test_a_package_goes_on_at_every_byte(door: Door, press: Press) -> None:
    """The line is cut after each of the first bytes: the store says where to go on, and nothing is lost."""
    file = press.transcript()
    manifest = press.manifest(file)
    for offset in range(24):
        state = receiving.open_package(door.sender, manifest)
        assert (state.state, state.offset) == ("open", offset)
        piece = file.data[offset : offset + 1]
        receiving.append(door.sender, code=state.code, offset=state.offset, content=piece)
    receiving.append(door.sender, code=state.code, offset=24, content=file.data[24:])
    receiving.finish(door.sender, code=state.code)
    storing.process_waiting(NOW)
    assert door.answers(state.code) == [("accepted", ())]
    assert bytes(StoredFile.objects.get().content) == file.data


def test_the_same_again_is_the_same_answer(door: Door, press: Press) -> None:
    file = press.transcript()
    manifest = press.manifest(file)
    first = door.judge(manifest, file)
    kept = list(StoredRecord.objects.values_list())
    state = receiving.open_package(door.sender, manifest)
    assert (state.state, state.offset, dict(state.counts)) == ("answered", len(file.data), {"accepted": 1})
    assert receiving.finish(door.sender, code=state.code) == state
    assert storing.process_waiting(NOW) == 0
    assert door.answers(state.code) == first
    # In another package it is there already.
    assert door.judge(press.manifest(file, code="GOI-0002"), file) == [("already", ("STO-058",))]
    assert list(StoredRecord.objects.values_list()) == kept


def test_a_code_with_other_bytes_is_refused(door: Door, press: Press) -> None:
    first, second = press.transcript(1), press.transcript(2)
    receiving.open_package(door.sender, press.manifest(first))
    other = press.manifest(second)
    with refused(Conflict, "STO-027"):
        receiving.open_package(door.sender, other)


def test_a_school_of_the_same_code_is_not_in_the_way(world: World, door: Door, press: Press) -> None:
    """Codes are random, but a school may write whatever it likes: it bars nobody else's."""
    StoreSchool.objects.create(school=world.elsewhere, seals=[NA_LAU[1]], set_at=NOW, set_by="Sở")
    other = Door(Sender(world.elsewhere, system_actor("Nà Lầu", NOW)))
    theirs, ours = Press(NA_LAU), press.transcript(1)
    squatter = theirs.transcript(1)
    assert other.judge(theirs.manifest(squatter), squatter) == [("accepted", ())]
    assert door.judge(press.manifest(ours), ours) == [("accepted", ())]
    with refused(NotFound, "STO-032"):
        receiving.package_state(Sender(world.upper, SYSTEM), code="GOI-0001")


def test_pieces_that_do_not_fit_are_refused(door: Door, press: Press) -> None:
    file = press.transcript()
    code = receiving.open_package(door.sender, press.manifest(file)).code
    receiving.append(door.sender, code=code, offset=0, content=file.data[:100])
    for offset in (0, 99, 101, len(file.data)):
        with refused(Conflict, "STO-028") as refusal:
            receiving.append(door.sender, code=code, offset=offset, content=b"x")
        assert refusal.value.params["offset"] == 100
    for content in (b"", file.data[100:] + b"x", bytes(receiving.LARGEST_CHUNK + 1)):
        with refused(Invalid, "STO-029"):
            receiving.append(door.sender, code=code, offset=100, content=content)
    with refused(Refused, "STO-030"):
        receiving.finish(door.sender, code=code)
    receiving.append(door.sender, code=code, offset=100, content=file.data[100:])
    receiving.finish(door.sender, code=code)
    with refused(Refused, "STO-031"):
        receiving.append(door.sender, code=code, offset=len(file.data), content=b"x")
    with refused(Refused, "STO-031"):
        receiving.abandon(door.sender, code=code)


def test_a_package_given_up_may_be_sent_from_the_beginning(door: Door, press: Press) -> None:
    file = press.transcript()
    manifest = press.manifest(file)
    code = receiving.open_package(door.sender, manifest).code
    receiving.append(door.sender, code=code, offset=0, content=file.data[:50])
    assert receiving.abandon(door.sender, code=code).state == "abandoned"
    assert receiving.abandon(door.sender, code=code).state == "abandoned"
    assert not ReceivedChunk.objects.exists()
    with refused(Refused, "STO-031"):
        receiving.append(door.sender, code=code, offset=50, content=b"x")
    assert door.judge(manifest, file) == [("accepted", ())]


def test_what_nobody_goes_on_with_is_forgotten_after_a_month(door: Door, press: Press) -> None:
    file = press.transcript()
    code = receiving.open_package(door.sender, press.manifest(file)).code
    receiving.append(door.sender, code=code, offset=0, content=file.data[:50])
    assert receiving.forget_abandoned(NOW + dt.timedelta(days=29)) == 0
    assert receiving.forget_abandoned(NOW + dt.timedelta(days=31)) == 1
    assert not ReceivedChunk.objects.exists()
    assert receiving.package_state(door.sender, code=code).state == "abandoned"


def test_manifests_that_are_not_the_schools_are_refused(world: World, door: Door, press: Press) -> None:
    file = press.transcript()
    manifest = press.manifest(file)
    for forged, kind, code in (
        (manifest.replace(b'issued="1"', b'issued="9"'), Refused, "STO-021"),
        (manifest.replace(b"</kr:Signatures>", b" </kr:Signatures>"), Refused, "STO-021"),
        (b"<HOC_BA></HOC_BA>", Refused, "STO-021"),
        (b"", Refused, "STO-021"),
        (file.data, Refused, "STO-022"),
        (Press(NA_LAU).manifest(file), Refused, "STO-023"),
        (press.manifest(file, file), Invalid, "STO-025"),
        (press.manifest(file, year="2025/2026"), Invalid, "STO-025"),
        (press.manifest(), Invalid, "STO-025"),
        (bytes(3 * 1024 * 1024), Invalid, "STO-020"),
    ):
        assert forged != manifest
        with refused(kind, code):
            receiving.open_package(door.sender, forged)
    large = of(file.data, "HB-1", 1)
    large = replace(large, item=replace(large.item, size=3 * 1024 * 1024))
    with refused(Invalid, "STO-026"):
        receiving.open_package(door.sender, press.manifest(large))
    StoreSchool.objects.all().delete()
    with refused(Refused, "STO-024"):
        receiving.open_package(door.sender, manifest)


def test_an_unsealed_manifest_is_refused(door: Door, press: Press) -> None:
    manifest = press.manifest(press.transcript())
    begin, end = manifest.index(b"<ds:Signature"), manifest.index(b"</kr:Signatures>")
    with refused(Refused, "STO-021"):
        receiving.open_package(door.sender, manifest[:begin] + manifest[end:])


def test_a_school_that_ended_sends_nothing_new(world: World, door: Door, press: Press) -> None:
    manifest = press.manifest(press.transcript())
    orgs.merge_units(SYSTEM, units=[world.school], into=world.elsewhere, on=NOW.date())
    door.sender.school.refresh_from_db()
    with refused(Refused, "STO-036"):
        receiving.open_package(door.sender, manifest)


def test_the_rows_of_the_store_cannot_be_edited(door: Door, press: Press) -> None:
    from django.db import Error, transaction

    file = press.transcript()
    door.judge(press.manifest(file), file)
    for model, change in ((StoredFile, "digest"), (StoredEvent, "reason"), (ItemReport, "verdict")):
        with pytest.raises(Error), transaction.atomic():
            model.objects.update(**{change: "x"})
        with pytest.raises(Error), transaction.atomic():
            model.objects.all()._raw_delete("default")


@pytest.mark.parametrize("answered", [0, 2])
def test_a_package_whose_process_was_killed_goes_on(
    door: Door, press: Press, answered: int, monkeypatch
) -> None:
    """What was answered stays; another process goes on when the first is taken for dead."""
    files = [press.transcript(number) for number in range(1, 6)]
    monkeypatch.setattr(storing, "GROUP", 2)
    code = door.bring(press.manifest(*files), *files)
    real, done = storing.store, []

    def dying(*args):
        if len(done) * 2 >= answered:
            raise KeyboardInterrupt
        done.append(real(*args))

    monkeypatch.setattr(storing, "store", dying)
    with pytest.raises(KeyboardInterrupt):
        storing.process_waiting(NOW)
    receipt = Receipt.objects.get()
    assert ReceivedItem.objects.exclude(state="waiting").count() == answered
    # As if the process had not even come to give its claim back.
    forge(receipt, working_since=NOW)
    monkeypatch.setattr(storing, "store", real)
    assert storing.process_waiting(NOW + dt.timedelta(minutes=1)) == 0
    assert storing.process_waiting(NOW + storing.PATIENCE * 1.01) == 5 - answered
    assert door.answers(code) == [("accepted", ())] * 5
    assert StoredRecord.objects.count() == 5


def test_each_forged_record_is_rejected_and_the_others_are_not(
    world: World, door: Door, press: Press
) -> None:
    StoreSchool.objects.create(school=world.elsewhere, seals=[NA_LAU[1]], set_at=NOW, set_by="Sở")
    good = press.transcript(1)
    unsealed = press.transcript(2, slots=SLOTS[:2])
    lacking = press.transcript(3, slots=SLOTS[:1])
    elsewhere = Press(NA_LAU).transcript(4)
    mislabeled = press.transcript(5)
    mislabeled = replace(mislabeled, item=replace(mislabeled.item, version=2))
    strange = press.transcript(6)
    swapped = replace(press.transcript(7), data=strange.data)
    swapped = replace(swapped, item=replace(swapped.item, size=len(strange.data)))
    book = (
        press.transcript(8, kind="gradebook-year") if False else of(press.manifest(good, code="G9"), "G9", 1)
    )
    book = replace(book, item=replace(book.item, kind="transcript-package"))
    noise = of(b"\x00\xff" * 40, "HB-0009", 1)
    files = [
        good,
        flipped(press.transcript(10)),
        unsealed,
        lacking,
        elsewhere,
        mislabeled,
        swapped,
        book,
        noise,
    ]
    answers = door.judge(press.manifest(*files), *files)
    assert answers == [
        ("accepted", ()), ("rejected", ("STO-062",)), ("rejected", ("STO-062",)),
        ("rejected", ("STO-062",)), ("rejected", ("STO-054",)), ("rejected", ("STO-053",)),
        ("rejected", ("STO-050",)), ("rejected", ("STO-052",)), ("rejected", ("STO-062",)),
    ]  # fmt: skip
    assert [bytes(row.content) for row in StoredFile.objects.all()] == [good.data]
    # What was found is kept of the rejected ones, too, their bytes are not.
    assert ItemReport.objects.count() == len(files)


def test_records_of_a_merged_school_come_from_its_successor(world: World, door: Door, press: Press) -> None:
    file = press.transcript(1)
    assert door.judge(press.manifest(file), file) == [("accepted", ())]
    newer = press.transcript(2)
    orgs.merge_units(SYSTEM, units=[world.school], into=world.elsewhere, on=NOW.date())
    StoreSchool.objects.create(school=world.elsewhere, seals=[NA_LAU[1]], set_at=NOW, set_by="Sở")
    heir = Door(Sender(world.elsewhere, system_actor("Nà Lầu", NOW)))
    sealed_by_heir = Press(NA_LAU).manifest(file, newer, code="GOI-0007")
    # The old school's record is known, its other one is taken from the successor.
    assert heir.judge(sealed_by_heir, file, newer) == [("already", ("STO-058",)), ("accepted", ())]
    assert KHE_VANG[1] not in StoreSchool.objects.get(school=world.elsewhere).seals
