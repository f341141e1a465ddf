"""A province's records signed in processes; run as a program this file is one of them.

A worker holds its keys as a server does, makes its records from a mould, signs them in three roles, one act
for a class at a time, writes the files in memory and takes their digests for the log; it keeps nothing. It is
given its work as one line of JSON, says that it is ready, waits for another line, works, and answers with a
line of JSON.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from khue.project.bench.measure import each
from khue.project.bench.signing_records import (
    YEAR_SLOTS,
    Keys,
    another,
    bare_key,
    signed_together,
    year_mould,
)
from khue.signing.algorithms import Algorithm, proven_value
from khue.signing.signers.pkcs12 import LocalKey, PrivateKey
from khue.signing.xades.record import assemble

AN_ACT = 40  # records that one act signs: a class
BARE = 2000  # signatures with the bare key, before the work and again after it


@dataclass(frozen=True, slots=True)
class Worked:
    """What a run of workers gave."""

    seconds: float  # from the start of all until the end of the last, without the digests for the log
    busy: float  # seconds of processor, all workers together; what others do meanwhile is not in it
    logged: float  # seconds of processor for the digests for the log, all workers together
    peaks: tuple[int, ...]  # of memory, in bytes, one for each worker; 0 where the system does not say
    bare: float  # seconds of one signature with the bare key, median over the workers
    check: float  # seconds of one check of a returned value, the same
    files: tuple[bytes, ...]  # the last record of each worker


def run_workers(count: int, workers: int, keys: dict[str, bytes], password: str) -> Worked:
    """Sign so many records in so many processes at once; keys as PKCS#12, by role."""
    share = -(-count // workers)
    given = {"keys": {role: b64encode(data).decode() for role, data in keys.items()}, "password": password}
    started = [_start() for _ in range(workers)]
    try:
        for number, one in enumerate(started):
            first = number * share
            _tell(one, json.dumps(given | {"first": first, "count": min(share, count - first)}))
        for one in started:
            _heard(one)
        began = time.perf_counter()
        for one in started:
            _tell(one, "go")
        answers = [json.loads(_heard(one)) for one in started]
        took = time.perf_counter() - began
    finally:
        for one in started:
            one.kill()
            one.communicate()
    return Worked(
        took - max(answer["aside"] for answer in answers),
        sum(answer["busy"] for answer in answers),
        sum(answer["logged"] for answer in answers),
        tuple(int(answer["peak"]) for answer in answers),
        median(answer["bare"] for answer in answers),
        median(answer["check"] for answer in answers),
        tuple(b64decode(answer["file"]) for answer in answers),
    )


def peak_memory() -> int:
    """The most memory that this process ever had in use (VmHWM), in bytes; 0 if the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def work(keys: Keys, first: int, count: int) -> dict[str, Any]:
    """Sign records; `aside` are the seconds in which something else was done and measured meanwhile."""
    data, mould = b"", year_mould()
    began = time.perf_counter()
    bare, check = _bare(keys)
    aside = time.perf_counter() - began
    leaves, busy, logged = hashlib.sha256(), 0.0, 0.0
    for start in range(first, first + count, AN_ACT):
        at = time.process_time()
        records = [another(mould, number) for number in range(start, min(start + AN_ACT, first + count))]
        files = [assemble(one) for one in signed_together(records, keys, *YEAR_SLOTS)]
        busy += time.process_time() - at
        at, began = time.process_time(), time.perf_counter()
        for data in files:
            leaves.update(hashlib.sha256(data).digest())
        logged += time.process_time() - at
        aside += time.perf_counter() - began
    peak, began = peak_memory(), time.perf_counter()
    again, check_again = _bare(keys)
    aside += time.perf_counter() - began
    file = b64encode(data).decode()
    return {
        "busy": busy, "logged": logged, "peak": peak, "aside": aside, "file": file,
        "bare": median(bare + again), "check": median(check + check_again),
    }  # fmt: skip


def _bare(keys: Keys) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Signatures of the bare key, and checks of what it returned."""
    local, digest = keys["school"], bytes(32)
    public, algorithm = local.key.public_key(), Algorithm.ECDSA_P256_SHA256
    value, some = local.sign(algorithm, digest), [digest] * BARE
    return each(bare_key(local), some), each(lambda one: proven_value(public, algorithm, one, value), some)


def _opened(data: bytes, password: str) -> LocalKey:
    """The key of a PKCS#12 file, as `khue.signing.signers.pkcs12` keeps it."""
    key, certificate, others = pkcs12.load_key_and_certificates(data, password.encode())
    if certificate is None or not isinstance(key, PrivateKey):
        msg = "the file holds no key that signs"
        raise ValueError(msg)
    chain = tuple(one.public_bytes(Encoding.DER) for one in others)
    return LocalKey(key, certificate.public_bytes(Encoding.DER), chain)


def _start() -> subprocess.Popen[str]:
    source = str(Path(__file__).resolve().parents[3])
    return subprocess.Popen(
        [sys.executable, "-m", "khue.project.bench.signing_workers"],
        env=os.environ | {"PYTHONPATH": source}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def _heard(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        msg = f"a worker ended with {process.wait()}"
        raise RuntimeError(msg)
    return line


def _tell(process: subprocess.Popen[str], line: str) -> None:
    if process.stdin:
        process.stdin.write(f"{line}\n")
        process.stdin.flush()


def main() -> None:
    """One worker."""
    given = json.loads(sys.stdin.readline())
    keys = {role: _opened(b64decode(data), given["password"]) for role, data in given["keys"].items()}
    year_mould()  # what a worker has before the first record arrives
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # as the server's processes have it (`project/wsgi.py`)
    print("ready", flush=True)  # noqa: T201 - read by the parent
    sys.stdin.readline()
    print(json.dumps(work(keys, given["first"], given["count"])), flush=True)  # noqa: T201 - the same


if __name__ == "__main__":
    main()
