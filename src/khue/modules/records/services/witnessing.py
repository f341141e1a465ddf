"""Witnesses of our log, and us as a witness of others' (bên chứng kiến, C2SP tlog-witness).

`witnesses.txt` in the data folder names who co-signs our checkpoints, as a C2SP tlog-policy without its
`log` lines (`witness NAME VKEY URL`, `group …`, `quorum …`). `witnessed.txt` names the logs of others
that we co-sign (`log VKEY`, one a line). Neither file, no witnesses: the log works all the same.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from khue.modules.records import keys, trust
from khue.signing.log.checkpoint import Checkpoint
from khue.signing.log.note import Kind, NoteKey, NoteSigner
from khue.signing.log.policy import NONE, Policy
from khue.signing.log.store import FolderStore
from khue.signing.log.witness import Answer, StoredState, Witness, WitnessClient, collect

if TYPE_CHECKING:
    from khue.signing.log.writer import LogWriter

log = logging.getLogger(__name__)
OURS, OTHERS = "witnesses.txt", "witnessed.txt"
KEY, STATE = "witness.key", "witness"


def policy(log_key: NoteKey) -> Policy:
    """Whose signatures a checkpoint of ours must bear: our own, and the witnesses that the file asks for."""
    place = trust.folder(OURS)
    more = place.read_text(encoding="utf-8") if place.is_file() else f"quorum {NONE}\n"
    return Policy.parse(f"log {log_key.vkey}\n{more}")


def cosigned(writer: LogWriter, log_key: NoteKey) -> int:
    """Ask the witnesses for the newest checkpoint and keep what they signed; how many did."""
    witnesses = [one for one in policy(log_key).witnesses if one.url]
    if not witnesses:
        return 0
    clients = [WitnessClient(one) for one in witnesses]
    try:
        found = collect(clients, writer.note, writer.reader().consistency)
    finally:
        for client in clients:
            client.close()
    for refusal in found.refusals:
        log.warning("a witness did not cosign: %s", refusal)
    if found.lines:
        writer.add_cosignatures(Checkpoint.parse(writer.note.body).size, found.lines)
    return len(found.lines)


def answer(body: bytes, now: dt.datetime) -> Answer:
    """What we answer to a log that asks for our cosignature."""
    place = trust.folder(OTHERS)
    lines = place.read_text(encoding="utf-8").splitlines() if place.is_file() else []
    known = [NoteKey.parse(line.split()[1]) for line in lines if line.startswith("log ")]
    by_origin: dict[str, list[NoteKey]] = {}
    for one in known:
        by_origin.setdefault(one.name, []).append(one)
    state = StoredState(FolderStore(trust.folder(STATE)))
    return Witness(signer(), by_origin, state).add_checkpoint(body, now)


def signer() -> NoteSigner:
    """Our key as a witness; another one than the log's."""
    return keys.note_signer(KEY, Kind.COSIGNATURE, "witness")
