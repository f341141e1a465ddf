"""Witnesses: others co-sign our checkpoints, we co-sign theirs, and a split view finds nobody."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.test import Client
from tests.cast import World
from tests.signers import Signers

from khue.modules.gradebook.tests.acts import fill_term
from khue.modules.records import trust, verification
from khue.modules.records.services import evidence, witnessing
from khue.signing.log import archive
from khue.signing.log.note import Kind, NoteSigner
from khue.signing.log.store import MemoryStore
from khue.signing.log.witness import Request, StoredState, Witness
from khue.signing.log.writer import LogWriter

NOW = dt.datetime(2026, 1, 5, 3, 0, tzinfo=dt.UTC)


@pytest.fixture
def neighbour(signers: Signers) -> Iterator[str]:
    """Another province that witnesses our log, over real HTTP; gives its key and address as a policy line."""
    own = NoteSigner.create("lang-ben.example/witness", Kind.COSIGNATURE)
    log = evidence.log_signer().key
    witness = Witness(own, {log.name: [log]}, StoredState(MemoryStore()))

    class Served(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """add-checkpoint."""
            told = witness.add_checkpoint(self.rfile.read(int(self.headers["Content-Length"])), NOW)
            body = told.body.encode()
            self.send_response(told.status)
            self.send_header("Content-Type", told.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Served) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"witness ben {own.key.vkey} http://127.0.0.1:{http.server_address[1]}\n"
        http.shutdown()
        thread.join()


def test_a_witness_cosigns_what_we_publish(world: World, signers: Signers, neighbour: str) -> None:
    trust.folder(witnessing.OURS).write_text(f"{neighbour}quorum ben\n", encoding="utf-8")
    fill_term(world)
    document = signers.sign_class()
    assert evidence.publish(NOW) == 1
    found = verification.log_report(document)
    assert found is not None
    assert (found.included, found.witnesses) == (True, ("ben",))


def test_a_witness_that_is_away_stops_nothing(world: World, signers: Signers, neighbour: str) -> None:
    away = neighbour.rsplit(":", 1)[0] + ":9\n"
    trust.folder(witnessing.OURS).write_text(f"{away}quorum ben\n", encoding="utf-8")
    fill_term(world)
    document = signers.sign_class()
    assert evidence.publish(NOW) == 1
    found = verification.log_report(document)
    assert found is not None
    assert found.witnesses == ()
    assert found.findings  # the quorum that the operator asks for is not met, and the report says so


def test_we_cosign_a_log_that_we_know_and_no_other_history(client: Client, signers: Signers) -> None:
    theirs, stranger = NoteSigner.create("cao-bang.example/log"), NoteSigner.create("nobody.example/log")
    trust.folder(witnessing.OTHERS).write_text(f"log {theirs.key.vkey}\n", encoding="utf-8")

    def ask(signer: NoteSigner, leaves: list[bytes], old: int = 0, proof: tuple[bytes, ...] = ()) -> int:
        log = LogWriter(MemoryStore(), signer)
        log.append(leaves)
        body = Request(old, proof, log.note).text
        return client.post("/nhan-chung/add-checkpoint", body, content_type="text/plain").status_code

    assert ask(theirs, [b"a" * 32]) == 200
    assert ask(theirs, [b"b" * 32], old=1) == 409  # another tree of the same size
    assert ask(stranger, [b"a" * 32]) == 404
    key = client.get("/nhan-chung/key").content.decode()
    assert key.strip() == witnessing.signer().key.vkey
    assert (
        client.post("/nhan-chung/add-checkpoint", "x" * 100_000, content_type="text/plain").status_code
        == 413
    )


def test_what_proves_the_log_is_renewed_once_a_year(world: World, signers: Signers) -> None:
    fill_term(world)
    signers.sign_class()
    evidence.publish(NOW)
    assert evidence.renew_yearly(NOW) == 0  # the first look begins the year
    assert evidence.renew_yearly(NOW + dt.timedelta(days=300)) == 0
    assert evidence.renew_yearly(NOW + dt.timedelta(days=366)) == 1
    kept = archive.evidence_of(evidence.log_store(), 1)
    assert len(kept.tokens) == 2
    assert archive.judge_chain(kept.note, kept.tokens, trust.current()).genuine
    assert evidence.renew_yearly(NOW + dt.timedelta(days=400)) == 0
