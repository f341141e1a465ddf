"""`khue verifier`: `khue verify TỆP…` as one file that runs without this installation (một tệp .pyz).

The file carries the verifier, what it needs of other packages for this kind of computer, and what this
installation trusts: its roots and the key of its evidence log. Compiled parts cannot be loaded from
inside a zip, so the first start unpacks the file into the user's cache, under the file's own digest.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import re
import sysconfig
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from khue.signing.standalone import FOLDER, KEYS
from khue.signing.trust.anchors import TABLE, TEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from khue.signing.command import Known

SHEBANG = b"#!/usr/bin/env python3\n"
# What the verifier imports; what these need comes with them.
PACKAGES = ("cryptography", "lxml", "httpx", "pyhanko", "pyhanko-certvalidator", "segno")
OWN = ("__init__.py", "core", "signing")
LEFT_OUT = {"tests", "__pycache__", "fakes"}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # at the start of a requirement (PEP 508)
FIXED = (1980, 1, 1, 0, 0, 0)  # the same parts give the same file

START = '''\
"""Unpacks itself once, then runs: see khue/project/verifier.py."""
import hashlib
import os
import shutil
import sys
import tempfile
import zipfile

TAG = {tag!r}


def unpacked(archive):
    with open(archive, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()[:32]
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    place = os.path.join(base, "khue-verify", digest)
    if not os.path.isdir(place):
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        fresh = tempfile.mkdtemp(dir=os.path.dirname(place))
        with zipfile.ZipFile(archive) as found:
            found.extractall(fresh)
        try:
            os.replace(fresh, place)
        except OSError:  # another start was first
            shutil.rmtree(fresh, ignore_errors=True)
    return place


found = "%d.%d" % sys.version_info[:2]
if found != TAG:
    sys.exit("Tệp này cần Python %s, máy đang chạy Python %s." % (TAG, found))
sys.path.insert(0, unpacked(os.path.dirname(os.path.abspath(__file__))))
from khue.signing.standalone import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
'''


def main(argv: list[str]) -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(prog="khue verifier", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("khue-verify.pyz"))
    options = parser.parse_args(argv)
    import django  # noqa: PLC0415 - after the settings are named

    django.setup()
    from khue.modules.records import api as records  # noqa: PLC0415

    build(options.output, records.known_here())
    print(f"Đã ghi {options.output} ({options.output.stat().st_size / 1024**2:.1f} MB).")  # noqa: T201
    print(f"Dùng: python3 {options.output} TỆP …")  # noqa: T201
    return 0


def build(output: Path, known: Known) -> None:
    """The verifier as one file, with what an installation trusts."""
    parts = dict(_own())
    for name in _with_needs(PACKAGES):
        parts.update(_package(name))
    parts.update(_trusted(known))
    parts["__main__.py"] = START.format(tag=sysconfig.get_python_version()).encode()
    with output.open("wb") as file:
        file.write(SHEBANG)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(parts):
                archive.writestr(zipfile.ZipInfo(name, FIXED), parts[name], zipfile.ZIP_DEFLATED)
    output.chmod(0o755)


def _own() -> Iterator[tuple[str, bytes]]:
    root = Path(__file__).resolve().parent.parent
    for name in OWN:
        place = root / name
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and not LEFT_OUT & set(path.parts):
                yield f"khue/{path.relative_to(root).as_posix()}", path.read_bytes()


def _with_needs(names: tuple[str, ...]) -> list[str]:
    """These distributions and all that they need here, without extras."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # needed on another kind of computer only
        if distribution.name in found:
            continue
        found[distribution.name] = None
        needs = [need for need in distribution.requires or [] if "extra ==" not in need]
        waiting += [found_name[0] for need in needs if (found_name := NAME.match(need)) is not None]
    return sorted(found)


def _package(name: str) -> Iterator[tuple[str, bytes]]:
    for path in importlib.metadata.distribution(name).files or []:
        text = path.as_posix()
        if text.startswith("..") or "__pycache__" in text or "/tests/" in text:
            continue
        place = Path(str(path.locate()))
        if place.is_file():
            yield text, place.read_bytes()


def _trusted(known: Known) -> Iterator[tuple[str, bytes]]:
    """The installation's roots as a folder of anchors, its log's key; TEST only from a demo."""
    tables: dict[str, list[str]] = {}
    for number, anchor in enumerate(known.anchors.anchors):
        if anchor.set == TEST and not known.allow_test:
            continue
        file, digest = f"{number:03d}.der", hashlib.sha256(anchor.certificate).hexdigest()
        yield f"{FOLDER}/{anchor.set}/{file}", anchor.certificate
        table = tables.setdefault(anchor.set, [])
        table += ["[[anchor]]", f'file = "{file}"', f'sha256 = "{digest}"']
        days = {"valid_from": anchor.valid_from, "valid_to": anchor.valid_to}
        table += [f"{name} = {day.isoformat()}" for name, day in days.items() if day is not None]
        table.append(
            f"source = {json.dumps(anchor.source or 'bộ gốc của nơi phát hành', ensure_ascii=False)}"
        )
    for name, table in tables.items():
        yield f"{FOLDER}/{name}/{TABLE}", "\n".join([*table, ""]).encode()
    if known.log_policy is not None:
        yield f"{FOLDER}/{KEYS}", known.log_policy.text.encode()
