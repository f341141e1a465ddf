"""Keys in memory and in files, and the sentences of all signers."""

from __future__ import annotations

import ast
import inspect
import string
import time
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

from khue.core.errors import Invalid
from khue.signing import signers
from khue.signing.algorithms import Algorithm
from khue.signing.demo.pki import DemoPki
from khue.signing.sentences import sentence
from khue.signing.signers import sentences
from khue.signing.signers.base import Credential, Progress
from khue.signing.signers.check import verified
from khue.signing.signers.handles import certificate_of, encoded
from khue.signing.signers.pkcs12 import KeySigner, LocalKey, Pkcs12Signer
from khue.signing.tests import signers_rig as rigs
from khue.signing.tests.signers_rig import genuine

FOLDER = Path(inspect.getfile(signers)).parent


@pytest.mark.parametrize(
    ("kind", "algorithm"), [("p256", Algorithm.ECDSA_P256_SHA256), ("p384", Algorithm.ECDSA_P384_SHA384)]
)
def test_who_asks_for_a_steady_value_gets_it_again(kind: str, algorithm: Algorithm) -> None:
    local, [wanted] = rigs.key(kind), rigs.hashes(1, algorithm)
    signer, steady = KeySigner({"k": local}), replace(wanted, steady=True)
    first, second = (signer.begin("k", [steady], "").values[steady.id] for _ in range(2))
    assert first == second
    assert genuine(local.certificate, steady, first)
    assert signer.begin("k", [wanted], "").values[wanted.id] != first


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        ("p256", Algorithm.ECDSA_P256_SHA256),
        ("p384", Algorithm.ECDSA_P384_SHA384),
        ("rsa", Algorithm.RSA_SHA256),
        ("rsa", Algorithm.RSA_SHA384),
        ("rsa", Algorithm.RSA_SHA512),
        ("rsa3072", Algorithm.RSA_PSS_SHA256),
    ],
)
@pytest.mark.parametrize("plain", [False, True])
def test_each_algorithm_of_the_profile_signs(kind: str, algorithm: Algorithm, plain: bool) -> None:
    local, wanted = rigs.key(kind), rigs.hashes(2, algorithm)
    answer = KeySigner({"k": local}, plain=plain).begin("k", wanted, "")
    assert all(genuine(local.certificate, one, answer.values[one.id]) for one in wanted)
    if kind == "p256" and plain:
        assert {len(value) for value in answer.values.values()} == {64}
    if kind == "p256" and not plain:
        assert all(value[0] == 0x30 for value in answer.values.values())


def test_pss_needs_the_size_that_the_policy_asks_for() -> None:
    with pytest.raises(Invalid, match="SIGN-306"):
        KeySigner({"k": rigs.key("rsa")}).begin("k", rigs.hashes(1, Algorithm.RSA_PSS_SHA256), "")


def test_several_keys_by_name() -> None:
    signer = KeySigner({"hoa": rigs.key(), "minh": rigs.key(name="Minh")})
    assert [one.key for one in signer.credentials()] == ["hoa", "minh"]
    (one,) = rigs.hashes(1)
    value = signer.begin("minh", [one], "").values[one.id]
    assert genuine(rigs.key(name="Minh").certificate, one, value)
    assert not genuine(rigs.key().certificate, one, value)


def test_a_class_is_signed_in_a_moment() -> None:
    signer, wanted = KeySigner({"k": rigs.key()}), rigs.hashes(45)
    signer.begin("k", wanted, "")
    started = time.perf_counter()
    signer.begin("k", wanted, "")
    assert time.perf_counter() - started < 0.1


def test_a_file_is_opened_once_with_its_chain() -> None:
    signer = Pkcs12Signer(rigs.p12(), lambda: "matkhau")
    (known,) = signer.credentials()
    assert known.chain == rigs.key("rsa").chain  # the root of the file is left out
    assert signer.begin("p12", rigs.hashes(1, Algorithm.RSA_SHA256), "").progress is Progress.DONE


def test_the_demo_writes_files_that_are_read_here() -> None:
    pki = DemoPki.create(rigs.AT)
    pair = pki.person(name="Nguyễn Thị Hoa", identifier="CCCD:001099000001")
    signer = Pkcs12Signer(pair.pkcs12("demo", rounds=1000), "demo")
    (known,) = signer.credentials()
    assert (known.certificate, known.chain) == (pair.certificate, (pki.issuing,))
    local = KeySigner({"hoa": LocalKey(pair.key, pair.certificate, pair.chain)})
    wanted = rigs.hashes(3)
    assert verified(known, wanted, local.begin("hoa", wanted, "")).code == ""


@pytest.mark.parametrize("data", [b"", b"not a file", rigs.p12()[:-10]], ids=["empty", "text", "cut"])
def test_a_file_that_cannot_be_opened_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="SIGN-310"):
        Pkcs12Signer(data, "matkhau")


def test_a_wrong_password_is_refused() -> None:
    with pytest.raises(Invalid, match="SIGN-310"):
        Pkcs12Signer(rigs.p12(), "sai")


def test_a_file_without_a_key_is_refused() -> None:
    leaf = x509.load_der_x509_certificate(rigs.key().certificate)
    data = pkcs12.serialize_key_and_certificates(b"x", None, leaf, None, NoEncryption())
    with pytest.raises(Invalid, match="SIGN-311"):
        Pkcs12Signer(data, "")


@pytest.mark.parametrize("text", [None, 5, "", "%%", "AAAA", "A" * 4000])
def test_what_is_no_certificate_is_none(text: object) -> None:
    assert certificate_of(text) is None


def test_a_certificate_is_read_as_services_write_it() -> None:
    der = rigs.key().certificate
    text = encoded(der)
    lines = "\r\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    pem = f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
    assert [certificate_of(one) for one in (text, lines, pem)] == [der, der, der]


def test_values_under_a_certificate_outside_the_profile_are_dropped() -> None:
    wanted = rigs.hashes(2, Algorithm.RSA_SHA256)
    answer = KeySigner({"k": rigs.key("rsa")}).begin("k", wanted, "")
    found = verified(Credential("k", rigs.key().certificate), wanted, answer)
    assert (found.progress, found.code, found.values) == (Progress.FAILED, "SIGN-351", {})


# --- sentences ---------------------------------------------------------------------------------------


def used_codes() -> dict[str, list[tuple[str, set[str]]]]:
    """Every literal code in the package, with the names of the params beside it where it is raised."""
    found: dict[str, list[tuple[str, set[str]]]] = {}
    for path in FOLDER.rglob("*.py"):
        if path.name == "sentences.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            literal = node.value if isinstance(node, ast.Constant) else None
            if isinstance(literal, str) and len(literal) == 8 and literal.startswith("SIGN-"):
                found.setdefault(literal, [])
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [*node.args, *(word.value for word in node.keywords if word.arg == "code")]
            codes = [
                one.value for one in given if isinstance(one, ast.Constant) and str(one.value)[:5] == "SIGN-"
            ]
            spread = any(word.arg is None for word in node.keywords)
            if name in {"Invalid", "Refused", "NotFound", "waiting", "ended"} and codes and not spread:
                names = {word.arg for word in node.keywords if word.arg} - {"code"}
                found.setdefault(codes[0], []).append((f"{path.name}:{node.lineno}", names))
    return found


def test_every_code_has_a_sentence_and_every_sentence_a_use() -> None:
    used = {code for code in used_codes() if code[5:].isdigit()}
    assert used - set(sentences.CODES) == set()
    assert set(sentences.CODES) - used == set()
    assert all(300 <= int(code[5:]) < 400 for code in sentences.CODES)


def test_every_refusal_gives_exactly_what_its_sentence_names() -> None:
    places = {
        code: {name for _text, name, _spec, _conv in string.Formatter().parse(text) if name}
        for code, text in sentences.CODES.items()
    }
    faults = [
        (code, where, names)
        for code, uses in used_codes().items()
        for where, names in uses
        if code in places and names != places[code]
    ]
    assert not faults


def test_every_sentence_says_what_to_do() -> None:
    for code, text in sentences.CODES.items():
        assert text.endswith("."), code
        assert any(word in text for word in ("Hãy", "hãy", "sẽ hỏi lại", "Không cần")), code
        assert sentence(code, dict.fromkeys(("x",), "")) if "{" not in text else True
