"""The verifier as one file: runs without site packages, a database or us, and trusts what was packed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from khue.project import verifier
from khue.signing.command import Known
from khue.signing.log.note import NoteSigner
from khue.signing.log.policy import Policy
from khue.signing.tests import xades_world as world
from khue.signing.trust.anchors import AnchorSets, load_anchors
from khue.signing.xades.record import assemble


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("verifier")
    anchors = load_anchors() + AnchorSets.test(world.pki().root, world.pki().issuing)
    key = NoteSigner.create("khue.example/log").key
    verifier.build(place / "khue-verify.pyz", Known(anchors, Policy.simple(key), allow_test=True))
    (place / "record.xml").write_bytes(assemble(world.complete_record()))
    (place / "forged.xml").write_bytes(assemble(world.complete_record()).replace(b"8,5", b"9,5", 1))
    (place / "issuing.crl").write_bytes(world.pki().crl(world.NOW))
    (place / "root.crl").write_bytes(world.pki().root_crl(world.NOW))
    return place


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As a stranger would: no site packages, no variables of ours, a home of its own."""
    lists = ["--crl", "issuing.crl", "--crl", "root.crl", "--at", world.NOW.isoformat()]
    return subprocess.run(
        [sys.executable, "-I", "-S", "khue-verify.pyz", *arguments, *lists],
        cwd=folder, env={"HOME": str(folder / "home"), "PATH": "/usr/bin:/bin"}, capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip


def test_one_file_verifies_and_refuses(folder: Path) -> None:
    good = run(folder, "record.xml")
    assert good.returncode == 0, good.stdout + good.stderr
    assert "✓ record.xml" in good.stdout
    forged = run(folder, "record.xml", "forged.xml", "--json")
    assert forged.returncode == 1, forged.stderr
    assert [one["verdict"] for one in json.loads(forged.stdout)] == ["valid", "invalid"]


def test_the_same_parts_give_the_same_file(folder: Path, tmp_path: Path) -> None:
    known = Known(load_anchors())
    verifier.build(tmp_path / "one.pyz", known)
    verifier.build(tmp_path / "two.pyz", known)
    assert (tmp_path / "one.pyz").read_bytes() == (tmp_path / "two.pyz").read_bytes()


def test_a_verifier_made_outside_the_demo_trusts_no_test_root(tmp_path: Path) -> None:
    anchors = load_anchors() + AnchorSets.test(world.pki().root)
    names = dict(verifier._trusted(Known(anchors)))
    assert names == {}
    assert any("TEST" in name for name in dict(verifier._trusted(Known(anchors, allow_test=True))))
