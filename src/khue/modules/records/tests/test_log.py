"""The evidence log: what was issued is in it in order and once; a bundle proves it off-line."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.cast import World
from tests.signers import Signers
from tests.unchanged import refused, unchanged

from khue.core.errors import KhueError, Refused
from khue.modules.records import bundles, proof, providers, trust, verification
from khue.modules.records.content import file_of
from khue.modules.records.models import Document, DocumentFile, DocumentSignature, LogEntry, StampRequest
from khue.modules.records.services import evidence, settling
from khue.modules.records.tests.acts import APPROVAL, PAGE, complete, document_of, issued, pages
from khue.signing.files import verify_file
from khue.signing.log.checkpoint import Checkpoint
from khue.signing.log.policy import Policy
from khue.signing.log.store import FolderStore
from khue.signing.log.tiles import TileReader
from khue.signing.log.writer import note_of
from khue.signing.report import Report, Verdict
from khue.signing.trust.anchors import AnchorSets
from khue.signing.trust.revocation import Revocations
from khue.signing.trust.store import TrustStore

pytestmark = pytest.mark.django_db
BASE = "https://khue.example"


def later(world: World, minutes: int = 1) -> dt.datetime:
    return world.minh.now + dt.timedelta(minutes=minutes)


def leaves() -> list[str]:
    """What strangers find in the log."""
    size = Checkpoint.parse(note_of(evidence.log_store()).body).size
    return [entry.hex() for entry in TileReader(evidence.log_store(), size).entries()]


def rows() -> list[tuple[int, str]]:
    return list(LogEntry.objects.order_by("index").values_list("index", "leaf"))


def agree() -> bool:
    return rows() == list(enumerate(leaves())) and list(proof.verify_documents()) == []


def test_what_was_issued_is_appended_in_order_and_once(world: World, signers: Signers) -> None:
    made = issued(signers, 3)
    assert evidence.publish(later(world)) == 3
    order = Document.objects.order_by("issued_at", "id").values_list("digest", flat=True)
    assert leaves() == list(order)
    assert agree()
    with unchanged():
        assert evidence.publish(later(world, 2)) == 0
    more = pages(5)[3:]
    signers.sign(world.lan, PAGE, *more)
    signers.sign(world.minh, APPROVAL, *more)
    assert evidence.publish(later(world, 3)) == 0  # complete is not issued
    settling.settle(later(world, 4))
    assert len(leaves()) == 5
    assert agree()
    assert all(verification.log_report(document).included for document in made)
    assert verification.log_report(document_of(more[0])).index in {3, 4}


def test_a_run_that_was_cut_off_after_the_append_is_healed(
    world: World, signers: Signers, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued(signers, 3)
    noted = evidence._note

    def cut(placed: Any, now: dt.datetime) -> int:
        if list(placed):
            raise MemoryError
        return 0

    monkeypatch.setattr(evidence, "_note", cut)
    with pytest.raises(MemoryError):
        evidence.publish(later(world))
    assert (len(leaves()), rows()) == (3, [])
    assert [fault.kind for fault in proof.verify_documents()] == ["log"]  # seen at once
    monkeypatch.setattr(evidence, "_note", noted)
    assert evidence.publish(later(world, 2)) == 3
    assert len(leaves()) == 3
    assert agree()


def test_more_than_one_run_takes_is_appended_in_several(
    world: World, signers: Signers, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued(signers, 5)
    monkeypatch.setattr(evidence, "A_RUN", 2)
    assert [evidence.publish(later(world, number)) for number in range(1, 5)] == [2, 2, 1, 0]
    assert len(leaves()) == 5
    assert agree()


def test_who_finds_the_log_held_leaves_it_to_the_other(world: World, signers: Signers) -> None:
    issued(signers, 1)
    with evidence.log_store().lock(), unchanged():
        assert evidence.publish(later(world)) == 0
    assert evidence.publish(later(world)) == 1


def test_a_database_from_an_older_backup_goes_on_and_is_told(world: World, signers: Signers) -> None:
    """The log has a leaf of a document that is lost here; what is issued later is logged after it."""
    issued(signers, 2)
    with evidence.writing(evidence.log_store(), evidence.log_signer()) as writer:
        writer.append([bytes(32)])
    assert evidence.publish(later(world)) == 2
    assert [index for index, _ in rows()] == [1, 2]
    found = list(proof.verify_documents())
    assert [(fault.kind, fault.document) for fault in found] == [("log", "0")]
    report = verification.log_report(document_of(pages()[0]))
    assert report is not None
    assert report.included


def test_the_log_knows_no_names(world: World, signers: Signers) -> None:
    made = issued(signers, 2)
    evidence.publish(later(world))
    files = [path for path in evidence.log_store().folder.rglob("*") if path.is_file()]
    assert len(files) > 3
    everything = b"".join(path.read_bytes() for path in files)
    known = ["Lý Thị Lan", "Hoàng Văn Minh", "Trường THCS", "CCCD", "0200990000", "4900123456", "Trang"]
    known += [document.code for document in made] + [str(document.id) for document in made]
    assert [word for word in known if word.encode() in everything] == []


def off_line(data: bytes, policy: str) -> Report:
    """As somebody verifies who has the root and the log's key from elsewhere, and no network."""
    pki = trust.demo_pki()
    assert pki is not None
    known = TrustStore(AnchorSets.test(pki.root, pki.issuing), Revocations(), allow_test=True)
    return verify_file(data, trust=known, now=dt.datetime.now(dt.UTC), log_policy=Policy.parse(policy))


def test_a_bundle_proves_everything_off_line(world: World, signers: Signers) -> None:
    (document, _) = issued(signers, 2)
    evidence.publish(later(world))
    bundle = bundles.bundle_of(document, BASE)
    report = off_line(bundle, f"log {evidence.log_signer().key.vkey}\nquorum none\n")
    assert report.verdict is Verdict.VALID, report.text
    assert report.log is not None
    assert (report.log.included, report.log.size) == (True, 2)
    assert report.log.time is not None
    assert {part.kind for part in report.parts} == {"xml", "pdf"}
    assert report.record_code == document.code


def test_a_bundle_of_another_log_proves_nothing(world: World, signers: Signers, tmp_path: Any) -> None:
    (document,) = issued(signers, 1)
    evidence.publish(later(world))
    bundle = bundles.bundle_of(document, BASE)
    trust.folder(evidence.LOG_KEY).unlink()
    report = verify_file(
        bundle, trust=trust.current(), now=dt.datetime.now(dt.UTC), log_policy=verification.log_policy()
    )
    assert report.verdict is not Verdict.VALID
    assert report.log is not None
    assert not report.log.included


def test_there_is_no_bundle_before_the_log_has_it(world: World, signers: Signers) -> None:
    (document,) = complete(signers, 1)
    with refused(Refused, "REC-044"):
        bundles.bundle_of(document, BASE)
    assert verification.log_report(document) is None
    assert file_of(document).startswith(b"<kr:Record")  # as far as it is signed


def test_a_bundle_made_while_the_log_grows_is_whole(
    world: World, signers: Signers, monkeypatch: pytest.MonkeyPatch
) -> None:
    (document, _) = issued(signers, 2)
    monkeypatch.setattr(evidence, "A_RUN", 1)
    evidence.publish(later(world))
    if not LogEntry.objects.filter(document=document).exists():
        document = Document.objects.get(log_entry__isnull=False)
    real = FolderStore.get

    def growing(self: FolderStore, name: str) -> bytes | None:
        data = real(self, name)
        if name == "checkpoint":
            monkeypatch.setattr(FolderStore, "get", real)
            evidence.publish(later(world, 2))
        return data

    monkeypatch.setattr(FolderStore, "get", growing)
    bundle = bundles.bundle_of(document, BASE)
    assert LogEntry.objects.count() == 2
    assert verification.check(bundle)[0].verdict is Verdict.VALID


def test_a_checkpoint_is_stamped_when_the_authority_is_back(
    world: World, signers: Signers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(digest: bytes) -> bytes:
        raise KhueError("SIGN-270", url="https://tsa.example")

    issued(signers, 1)
    real = providers.stamps()
    monkeypatch.setattr(providers, "stamps", lambda: silent)
    assert evidence.publish(later(world)) == 1
    (document,) = Document.objects.all()
    report = verification.log_report(document)
    assert report is not None
    assert (report.included, evidence.log_store().get("checkpoints/1.tsr")) == (True, None)
    monkeypatch.setattr(providers, "stamps", lambda: real)
    assert evidence.publish(later(world, 2)) == 0
    assert evidence.log_store().get("checkpoints/1.tsr")


def test_nothing_is_logged_that_has_no_file(world: World, signers: Signers) -> None:
    complete(signers, 2)
    assert evidence.publish(later(world)) == 0
    assert (leaves(), rows(), DocumentFile.objects.count()) == ([], [], 0)
    assert StampRequest.objects.count() == 0
    assert DocumentSignature.objects.count() == 4
