"""Sets of roots: dated, pinned by digest, honest about being empty."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from khue.core.errors import Invalid
from khue.signing.tests.test_demo_pki import pem
from khue.signing.tests.trust_world import person, pki
from khue.signing.trust.anchors import OFFICIAL, Anchor, AnchorSets, load_anchors


def write(folder: Path, name: str, table: str, **files: bytes) -> Path:
    place = folder / name
    place.mkdir()
    (place / "anchors.toml").write_text(table, encoding="utf-8")
    for file, data in files.items():
        (place / file).write_bytes(data)
    return folder


def row(kind: str, file: str, certificate: bytes, *more: str) -> str:
    digest = hashlib.sha256(certificate).hexdigest()
    return "\n".join(
        [f"[[{kind}]]", f'file = "{file}"', f'sha256 = "{digest}"', 'source = "kiểm thử"', *more, ""]
    )


def test_the_shipped_sets_are_empty_and_say_so() -> None:
    sets = load_anchors()
    assert sets.anchors == ()
    assert sets.empty == OFFICIAL


def test_a_set_is_read_from_pem_and_der(tmp_path: Path) -> None:
    root, issuing = pki().root, pki().issuing
    table = row("anchor", "root", root, "valid_from = 2024-01-01", "valid_to = 2030-12-31")
    table += row("intermediate", "issuing", issuing)
    write(tmp_path, "VGCA", table, root=root, issuing=pem(issuing))
    write(tmp_path, "NEAC", "# rỗng")
    (tmp_path / "README").write_text("not a set")
    sets = load_anchors(tmp_path)
    expected = Anchor("VGCA", root, dt.date(2024, 1, 1), dt.date(2030, 12, 31), "kiểm thử")
    assert sets == AnchorSets((expected,), (issuing,), ("NEAC",))
    assert [sets.anchors[0].trusted_on(dt.date(year, 6, 1)) for year in (2023, 2026, 2031)] == [
        False,
        True,
        False,
    ]


def test_digests_may_be_written_as_openssl_prints_them(tmp_path: Path) -> None:
    root = pki().root
    digest = hashlib.sha256(root).hexdigest()
    printed = ":".join(digest[at : at + 2] for at in range(0, 64, 2)).upper()
    table = row("anchor", "root", root).replace(digest, printed)
    assert load_anchors(write(tmp_path, "NEAC", table, root=root)).empty == ()


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("[[anchor]", "SIGN-230"),
        ('[[anchor]]\nsource = "x"', "SIGN-230"),  # no file
        ('anchor = "root"', "SIGN-230"),
        ("ROW valid_from = 5", "SIGN-230"),
        ("ROW valid_from = 2024-01-01T00:00:00Z", "SIGN-230"),
        ('[[anchor]]\nfile = "other"\nsha256 = "00"\nsource = "x"', "SIGN-231"),
        ('[[anchor]]\nfile = "broken"\nsha256 = "00"\nsource = "x"', "SIGN-231"),
        ('[[anchor]]\nfile = "root"\nsha256 = "00"\nsource = "x"', "SIGN-232"),
        ("LEAF", "SIGN-233"),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, table: str, code: str) -> None:
    root, leaf = pki().root, person().certificate
    if table.startswith("ROW"):
        table = row("anchor", "root", root, table.removeprefix("ROW "))
    if table == "LEAF":
        table = row("anchor", "leaf", leaf)
    with pytest.raises(Invalid) as refused:
        load_anchors(write(tmp_path, "NEAC", table, root=root, leaf=leaf, broken=b"-----BEGIN"))
    assert refused.value.code == code


def test_sets_add_up() -> None:
    shipped, test = load_anchors(), AnchorSets.test(pki().root, pki().issuing)
    both = shipped + test + test
    assert both.empty == OFFICIAL
    assert [anchor.set for anchor in both.anchors] == ["TEST"]
    filled = both + AnchorSets((Anchor("NEAC", pki().root),))
    assert filled.empty == ("VGCA",)
