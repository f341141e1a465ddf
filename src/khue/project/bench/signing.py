"""`khue bench signing`: what signatures cost, always beside what the bare key costs in the same run.

Absolute figures depend on the machine and on who else uses it; a ratio to the bare key, measured round
by round in turn, hardly does. «The bare key» signs a digest of 32 bytes that is there already, again and
again; within an act the same key takes longer, because the act has emptied the processor's caches.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from khue.project.bench.measure import MICRO, Times, each, in_rounds
from khue.project.bench.parts import Part, Result, on_sqlite

if TYPE_CHECKING:
    from khue.signing.signers.pkcs12 import LocalKey

ROUNDS, A_ROUND = 15, 60  # of the short acts
MEGABYTE = 1024 * 1024


def plan(chosen: Sequence[str], *, quick: bool) -> Iterator[Part]:
    """The parts to run, in order."""
    rounds = 5 if quick else ROUNDS
    parts: dict[str, tuple[str, Callable[[], list[Result]]]] = {
        "sign": ("signing a record of 13 KB", partial(signing, rounds)),
        "verify": ("verifying it", partial(verifying, rounds)),
        "prepare": ("preparing a school's class records", partial(preparing, 60 if quick else 540)),
        "province": ("a province's records", partial(province, 4000 if quick else 200_000)),
        "log": ("the evidence log", partial(into_log, 5000 if quick else 200_000)),
        "school": ("signing through the services, on SQLite", partial(in_school, quick=quick)),
    }
    for name in chosen:
        yield Part(*parts[name])


# --- one record ----------------------------------------------------------------------------------


def signing(rounds: int) -> list[Result]:
    """XAdES B-B of a record of 13 KB, prepared, signed and completed in this process."""
    from khue.project.bench.signing_people import keys, rsa_key  # noqa: PLC0415 - only now

    return [
        *_signing(rounds, "P-256", keys()["homeroom"], 3),
        *_signing(rounds, "RSA-2048", rsa_key(), 1.3),
    ]


def _signing(rounds: int, name: str, local: LocalKey, most: float) -> list[Result]:
    """The act as it is, its parts, and what is left of it without those that no program can make shorter.

    No value is embedded unverified, and nothing is signed undigested: both are in the act. The last line
    leaves them out, record by record, and says what our own text costs beside the key (ADR 26).
    """
    one = _Round(*in_rounds(rounds, lambda number: _sign_some(number, local)))
    promise = f"≤ {most:g}× the bare key"
    return [
        Result(f"{name}: the bare key, p50", one.bare.p50 * MICRO, "µs", "", one.bare.shown, 1.0),
        _beside(f"{name}: the key within the act, p50", one.key, one.bare),
        _beside(f"{name}: SHA-256 of the content, p50", one.digest, one.bare),
        _beside(f"{name}: the check of the returned value, p50", one.check, one.bare),
        _beside(f"{name}: XAdES B-B of 13 KB, p50", one.act, one.bare, promise),
        _left(f"{name}: B-B without the check", one.unchecked, one.bare),
        _left(f"{name}: B-B without the check, SHA of the content aside", one.rest, one.bare, promise),
    ]


class _Round(NamedTuple):
    """What is measured of each record."""

    bare: Times
    act: Times
    key: Times
    check: Times
    digest: Times
    unchecked: Times  # the act without the check
    rest: Times  # and without the digest of the content


def _sign_some(number: int, local: LocalKey) -> tuple[Sequence[float], ...]:
    """A round: the bare key, the whole act on fresh records, its parts, and what is left of it."""
    from khue.project.bench.signing_records import (  # noqa: PLC0415
        AT,
        YEAR_SLOTS,
        another,
        bare_key,
        year_mould,
    )
    from khue.signing.algorithms import default_for, proven_value  # noqa: PLC0415
    from khue.signing.xades.complete import complete  # noqa: PLC0415
    from khue.signing.xades.prepare import prepare  # noqa: PLC0415
    from khue.signing.xades.record import bytes_of  # noqa: PLC0415

    public = local.key.public_key()
    algorithm, clock = default_for(public), time.perf_counter
    records = [another(year_mould(), number * A_ROUND + place) for place in range(A_ROUND)]
    bare = each(bare_key(local), [bytes(32)] * A_ROUND)
    parts = []
    for record in records:
        began = clock()
        tbs = prepare(
            record, YEAR_SLOTS[0], local.certificate, local.chain, signing_time=AT, tbs_id="0" * 32
        )
        before = clock()
        value = local.sign(tbs.algorithm, tbs.digest)
        after = clock()
        complete(record, tbs, value)
        ended = clock()
        proven_value(public, algorithm, tbs.digest, value)
        proven = clock()
        hashlib.sha256(bytes_of(record.sections[0])).digest()
        digested = clock() - proven
        act, check = ended - began, proven - ended
        parts.append((act, after - before, check, digested, act - check, act - check - digested))
    return bare, *zip(*parts, strict=True)


def verifying(rounds: int) -> list[Result]:
    """A record with one signature and with three, its certificates judged before, from bytes to report."""
    from khue.project.bench.signing_people import keys, pki  # noqa: PLC0415
    from khue.project.bench.signing_records import (  # noqa: PLC0415
        AT,
        YEAR_SLOTS,
        another,
        signed,
        year_mould,
    )
    from khue.signing.algorithms import Algorithm, is_genuine, xml_value  # noqa: PLC0415
    from khue.signing.xades.record import assemble  # noqa: PLC0415
    from khue.signing.xades.verify import verify_record  # noqa: PLC0415

    trust, local, digest = pki().trust(at=AT), keys()["homeroom"], bytes(32)
    public = local.key.public_key()
    value = xml_value(public, local.sign(Algorithm.ECDSA_P256_SHA256, digest))
    verify = partial(verify_record, trust=trust, now=AT, complete=False)

    def one_round(number: int) -> tuple[Sequence[float], ...]:
        records = [another(year_mould(), number * A_ROUND + place) for place in range(A_ROUND)]
        ones = [signed(record, keys(), YEAR_SLOTS[0]) for record in records]
        threes = [signed(record, keys(), *YEAR_SLOTS[1:]) for record in ones]
        return (
            each(lambda _: is_genuine(public, Algorithm.ECDSA_P256_SHA256, digest, value), records),
            each(verify, [assemble(one) for one in ones]),
            each(verify, [assemble(one) for one in threes]),
        )

    bare, one, three = in_rounds(rounds, one_round)
    return [
        Result("P-256: the bare key verifies, p50", bare.p50 * MICRO, "µs", "", bare.shown),
        _beside("verifying 13 KB with one signature, p50", one, bare, "≤ 600 µs"),
        _beside("verifying 13 KB with three signatures, p50", three, bare),
    ]


def _beside(name: str, times: Times, bare: Times, promise: str = "") -> Result:
    """A result with its ratio to the bare key of the same rounds."""
    ratio = times.over(bare)
    return Result(name, times.p50 * MICRO, "µs", promise, f"{_times(ratio)}, {times.shown}", ratio)


def _left(name: str, times: Times, bare: Times, promise: str = "") -> Result:
    """The same for what is left of an act without parts of it; the best of differences says nothing."""
    ratio = times.over(bare)
    return Result(name, times.p50 * MICRO, "µs", promise, _times(ratio), ratio)


def _times(ratio: float) -> str:
    return f"{ratio:.2f}× the bare key"


# --- many records --------------------------------------------------------------------------------


def preparing(count: int) -> list[Result]:
    """What a principal's key must sign of so many classes; making and signing the rest is not in the time."""
    from khue.project.bench.signing_people import keys  # noqa: PLC0415
    from khue.project.bench.signing_records import AT, another, signed, term_mould  # noqa: PLC0415
    from khue.signing.tbs import SlotRef  # noqa: PLC0415
    from khue.signing.xades.prepare import prepare  # noqa: PLC0415
    from khue.signing.xades.record import content_text, places_of  # noqa: PLC0415

    before = [one.ref for one in places_of(term_mould()) if one.ref.role in {"teacher", "homeroom"}]
    local, size = keys()["principal"], len(content_text(term_mould()).encode())
    times: list[float] = []
    for number in range(count):
        record = signed(another(term_mould(), number), keys(), *before)
        times += each(
            lambda one: prepare(
                one, SlotRef("principal"), local.certificate, local.chain, signing_time=AT, tbs_id="0" * 32
            ),
            [record],
        )
        _show(number + 1, count)
    one = Times((tuple(times),)).p50 * 1000
    note = f"{size / 1024:,.0f} KB and {len(before)} signatures each; p50 of one {one:.2f} ms"
    return [Result(f"preparing {count} class records for one signer", sum(times), "s", "540 in ≤ 2 s", note)]


def province(count: int) -> list[Result]:
    """Records with three signatures each, in two processes, and the memory of each process."""
    from khue.project.bench.signing_people import pairs, pki  # noqa: PLC0415
    from khue.project.bench.signing_records import AT, YEAR_SLOTS  # noqa: PLC0415
    from khue.project.bench.signing_workers import run_workers  # noqa: PLC0415
    from khue.signing.xades.verify import verify_record  # noqa: PLC0415

    workers, password = min(2, os.cpu_count() or 1), "bench"
    files = {role: pair.pkcs12(password, rounds=1) for role, pair in pairs().items()}
    worked = run_workers(count, workers, files, password)
    trust = pki().trust(at=AT)
    valid = all(verify_record(one, trust=trust, now=AT).verdict == "valid" for one in worked.files)
    alone = worked.bare * count * len(YEAR_SLOTS)
    if not valid:
        msg = "a worker signed something that is not valid"
        raise RuntimeError(msg)
    ratio, peak = worked.busy / alone, max(worked.peaks)
    checks = worked.check * count * len(YEAR_SLOTS) / worked.busy
    a_record = worked.busy / count * MICRO
    note = f"{workers} processes; {_times(ratio)}"
    return [
        Result(
            f"{count:,} records × {len(YEAR_SLOTS)} signatures", worked.seconds, "s", "200,000 in ≤ 60 s",
            note, ratio,
        ),
        Result("processor time of a record", a_record, "µs", "≤ 600 µs", "signed in three acts, assembled"),
        Result(
            f"of it {len(YEAR_SLOTS)} checks of returned values", a_record * checks, "µs", "", f"{checks:.0%}"
        ),
        Result("the same record without them", a_record * (1 - checks), "µs", "≤ 600 µs", "reckoned"),
        Result(
            "and its digest for the log", worked.logged / count * MICRO, "µs", "",
            f"{len(worked.files[0]) / 1024:.0f} KB",
        ),
        Result("records a second, all processes", count / worked.seconds, "/s", "", "to a file"),
        Result(
            "most memory of a worker", peak / MEGABYTE, "MB", "≤ 60 MB", "VmHWM" if peak else "not known here"
        ),
    ]


# --- the log -------------------------------------------------------------------------------------


def into_log(count: int) -> list[Result]:
    """Leaves appended at once to a log in a folder, and proofs under the last checkpoint."""
    from khue.signing.log.checkpoint import Checkpoint  # noqa: PLC0415
    from khue.signing.log.note import NoteSigner  # noqa: PLC0415
    from khue.signing.log.policy import Policy  # noqa: PLC0415
    from khue.signing.log.proof import make_proof, verify_inclusion_file  # noqa: PLC0415
    from khue.signing.log.store import FolderStore  # noqa: PLC0415
    from khue.signing.log.tiles import TileReader  # noqa: PLC0415
    from khue.signing.log.tree import leaf_hash, verify_inclusion  # noqa: PLC0415
    from khue.signing.log.writer import writing  # noqa: PLC0415

    records = [b"%d" % number for number in range(count)]
    entries = [hashlib.sha256(record).digest() for record in records]
    signer = NoteSigner.create("bench.khue.invalid/log")
    with tempfile.TemporaryDirectory(prefix="khue-bench-") as folder:
        store = FolderStore(Path(folder))
        with writing(store, signer) as writer:
            (took,) = each(lambda some: writer.append(some, at=0), [entries])
            note = writer.note
        reader = TileReader(store, count)
        some = range(0, count, max(1, count // 500))
        proofs = [(number, make_proof(reader, number, note)) for number in some]
    root, policy = Checkpoint.parse(note.body).root, Policy.simple(signer.key)
    paths = [(leaf_hash(entries[number]), number, proof.hashes) for number, proof in proofs]
    path = Times((each(lambda one: verify_inclusion(one[0], one[1], count, one[2], root), paths),))
    texts = [(records[number], proof.text) for number, proof in proofs]
    whole = Times((each(lambda one: verify_inclusion_file(*one, policy), texts),))
    return [
        Result(f"{count:,} leaves into the log", took, "s", "200,000 in ≤ 6 s", "a folder, with fsync"),
        Result(
            "a proof verified, p50", path.p50 * MICRO, "µs", "≤ 50 µs",
            f"{len(proofs[0][1].hashes)} hashes, {path.shown}",
        ),
        Result("with its file and the checkpoint's signature, p50", whole.p50 * MICRO, "µs", "", whole.shown),
    ]  # fmt: skip


# --- the services --------------------------------------------------------------------------------


def in_school(*, quick: bool) -> list[Result]:
    """A term signed by a school on SQLite, in a child process with a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="khue-bench-") as folder:
        made = subprocess.run(
            [sys.executable, "-m", "khue.project.bench.signing_school", "quick" if quick else "full"],
            env=on_sqlite(Path(folder), demo=True), capture_output=True, text=True, check=False,
        )  # fmt: skip
    if made.returncode:
        raise RuntimeError(made.stderr)
    return [Result(**row) for row in json.loads(made.stdout.splitlines()[-1])]


def _show(done: int, count: int) -> None:
    if done == count:
        print("\r", end="", file=sys.stderr)  # noqa: T201
    elif done * 10 // count != (done - 1) * 10 // count:
        print(f"\r  {done * 100 // count} %", end="", file=sys.stderr)  # noqa: T201
