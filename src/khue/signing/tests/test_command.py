"""`khue verify TỆP…`: one answer for any file, exit codes, JSON, with and without a network."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from khue.signing import command
from khue.signing.demo.pki import DemoPki
from khue.signing.files import verify_file
from khue.signing.report import Verdict
from khue.signing.tests import seals
from khue.signing.tests import xades_world as world
from khue.signing.trust import fetch
from khue.signing.trust.anchors import load_anchors
from khue.signing.trust.revocation import Revocations
from khue.signing.xades.record import assemble

AT = world.NOW.isoformat()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("files")
    (place / "good.xml").write_bytes(assemble(world.complete_record()))
    forged = assemble(world.complete_record()).replace(b"8,5", b"9,5", 1)
    (place / "forged.xml").write_bytes(forged)
    (place / "root.der").write_bytes(world.pki().root)
    (place / "issuing.crl").write_bytes(world.pki().crl(world.NOW))
    (place / "root.crl").write_bytes(world.pki().root_crl(world.NOW))
    (place / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a record")
    return place


def run(folder: Path, *names: str, options: tuple[str, ...] = ()) -> tuple[int, str]:
    trusting = ["--test-root", str(folder / "root.der"), "--at", AT]
    lists = ["--crl", str(folder / "issuing.crl"), "--crl", str(folder / "root.crl")]
    out = io.StringIO()
    code = command.main([*(str(folder / name) for name in names), *trusting, *lists, *options], out=out)
    return code, out.getvalue()


def test_a_good_file_is_zero_and_names_who_signed(folder: Path) -> None:
    code, text = run(folder, "good.xml")
    assert code == 0, text
    assert text.startswith("✓")
    assert text.count("TOTAL_PASSED") == len(world.ORDER)
    assert world.SCHOOL in text


def test_one_forged_file_among_good_ones_is_one(folder: Path) -> None:
    assert (folder / "forged.xml").read_bytes() != (folder / "good.xml").read_bytes()
    code, text = run(folder, "good.xml", "forged.xml")
    assert code == 1
    assert ("✓" in text, "✗" in text) == (True, True)


def test_what_cannot_be_known_is_two(folder: Path) -> None:
    out = io.StringIO()
    names = [str(folder / "good.xml"), "--test-root", str(folder / "root.der"), "--at", AT]
    assert command.main(names, out=out) == 2  # no revocation lists at hand
    assert "TRY_LATER" in out.getvalue()


def test_without_the_root_nothing_is_believed(folder: Path) -> None:
    out = io.StringIO()
    assert command.main([str(folder / "good.xml"), "--at", AT], out=out) != 0


def test_other_files_are_told_apart(folder: Path) -> None:
    code, text = run(folder, "photo.jpg")
    assert (code, "không phải hồ sơ" in text) == (1, True)
    code, text = run(folder, "nothing.xml")
    assert (code, "Không có tệp" in text) == (2, True)


def test_json_has_everything_and_no_marks(folder: Path) -> None:
    code, text = run(folder, "good.xml", options=("--json",))
    (found,) = json.loads(text)
    assert (code, found["verdict"], found["record_code"]) == (0, "valid", world.CODE)
    assert len(found["signatures"]) == len(world.ORDER)
    assert "content" not in found


def test_a_wrong_option_is_told_in_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([str(folder / "good.xml"), "--crl", str(folder / "missing.crl")]) == 2
    assert "missing.crl" in capsys.readouterr().err


def test_any_file_goes_to_its_own_verifier() -> None:
    sealed = seals.sealed()
    report = verify_file(sealed, trust=world.trust(), now=world.NOW)
    assert report.kind == "pdf"
    assert verify_file(b"PK\x03\x04nothing", trust=world.trust(), now=world.NOW).verdict is Verdict.INVALID
    other = verify_file(b"<HOC_BA></HOC_BA>", trust=world.trust(), now=world.NOW)
    assert other.verdict is not Verdict.VALID


class Lists(BaseHTTPRequestHandler):
    """A CA's web server with its lists."""

    files: dict[str, bytes]

    def do_GET(self) -> None:
        """One list, or nothing."""
        data = self.files.get(self.path)
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, bytes]]]:
    files: dict[str, bytes] = {}
    handler = type("Served", (Lists,), {"files": files})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}", files
        http.shutdown()
        thread.join()


def test_on_line_the_lists_are_fetched(
    server: tuple[str, dict[str, bytes]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address, files = server
    pki = DemoPki.create(world.NOW - 90 * world.DAY, address=address)
    pair = pki.person("Nguyễn Thị Hoa", "CCCD:001099000001")
    assert fetch.addresses_of([pair.certificate, *pair.chain]) == [
        f"{address}/issuing.crl", f"{address}/root.crl",
    ]  # fmt: skip
    files |= {"/issuing.crl": pki.crl(world.NOW), "/root.crl": pki.root_crl(world.NOW)}
    school = pki.school(world.SCHOOL, world.MST)
    sealed = seals.sealed(by=seals.Pair(school.key, school.certificate, school.chain))
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    (tmp_path / "root.der").write_bytes(pki.root)
    asked = [str(tmp_path / "sealed.pdf"), "--test-root", str(tmp_path / "root.der"), "--at", AT]
    assert command.main(asked, out=io.StringIO()) == 2
    assert command.main([*asked, "--online"], out=io.StringIO()) == 0
    files.clear()
    assert command.main([*asked, "--online"], out=io.StringIO()) == 2
    assert f"{address}/issuing.crl" in capsys.readouterr().err


def test_a_list_that_is_too_large_is_not_taken(
    server: tuple[str, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx

    address, files = server
    files["/big.crl"] = b"0" * 5000
    monkeypatch.setattr(fetch, "LARGEST", 4000)
    with httpx.Client(trust_env=False) as http:
        troubles = fetch.fetch([f"{address}/big.crl"], Revocations(), http)
    assert "SIGN-240" in troubles[f"{address}/big.crl"]


def test_shipped_sets_are_named_and_empty() -> None:
    assert set(load_anchors().empty) == {"NEAC", "VGCA"}
