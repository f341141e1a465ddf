"""Services of the Cloud Signature Consortium: authorisations, their extension, both versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from khue.signing.algorithms import Algorithm
from khue.signing.signers.base import Progress
from khue.signing.signers.check import verified
from khue.signing.signers.csc import CscSigner, Options
from khue.signing.signers.csc_answers import known, sign_oid
from khue.signing.signers.fakes import Clock, FakeCsc, Phone
from khue.signing.signers.fakes.csc import Settings
from khue.signing.signers.http import Service
from khue.signing.signers.secrets import MemorySecrets
from khue.signing.tests import signers_rig as rigs
from khue.signing.tests.signers_rig import AT, code_of, csc_rig, genuine, paths, scripted


def test_one_confirmation_of_several_calls_is_extended(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "mobile", multisign=4, per_call=2)
    wanted = rig.hashes(7)
    assert len(verified(rig.known(), wanted, rig.run(wanted)).values) == 7
    assert [ticket.count for ticket in rig.phone.tickets] == [4, 3]
    assert [name for name in paths(rig) if name in {"authorize", "signHash", "extendTransaction"}] == [
        "authorize", "signHash", "extendTransaction", "signHash",
        "authorize", "signHash", "extendTransaction", "signHash",
    ]  # fmt: skip


def test_a_spent_sad_is_kept_no_longer(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "mobile", multisign=4, per_call=2)
    assert rig.run(rig.hashes(7)).progress is Progress.DONE
    assert not [name for name in rig.signer.secrets._kept if name.startswith("sad/")]


def test_without_extension_the_rest_is_confirmed_anew(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "mobile", multisign=4, per_call=2, extends=False)
    wanted = rig.hashes(4)
    assert len(verified(rig.known(), wanted, rig.run(wanted)).values) == 4
    assert [ticket.count for ticket in rig.phone.tickets] == [4, 2]


def test_a_wrong_pin_is_said_at_once_and_sent_once(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, pin="999999")
    assert code_of(lambda: rig.begin(rig.hashes(2))) == "SIGN-344"
    assert paths(rig).count("authorize") == 1


def test_a_refusal_half_way_keeps_what_was_signed(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "mobile", multisign=2)
    wanted = rig.hashes(4)
    answer = rig.begin(wanted)
    rig.phone.confirm()
    answer = rig.ask(answer)  # the first two are signed, the phone rings for the others
    rig.phone.refuse()
    answer = rig.ask(answer)
    assert (answer.progress, answer.code, len(answer.values)) == (Progress.REFUSED, "SIGN-331", 2)
    assert len(verified(rig.known(), wanted, answer).values) == 2


def test_a_stale_access_token_is_fetched_anew(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "mobile")
    answer = rig.begin(rig.hashes(2))
    rig.service.forget_tokens()
    assert rig.finish(answer).progress is Progress.DONE
    rig.clock.forward(7200)
    assert rig.run(rig.hashes(2, start=5)).progress is Progress.DONE
    assert paths(rig).count("token") == 3


def test_an_unknown_account_is_said(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, client=("khue", "other"))
    assert code_of(rig.signer.credentials) == "SIGN-324"


def test_a_token_may_be_given(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "implicit")
    rig.known()
    token = next(call.token for call in rig.service.calls if call.token)
    secrets = MemorySecrets({"token": token}, now=rig.clock)
    signer = CscSigner(rig.signer.service, secrets, now=rig.clock, options=Options())
    assert signer.begin("c1", rig.hashes(2), "").progress is Progress.DONE


def test_a_sad_that_is_too_old_ends_the_request(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path, "mobile")
    answer = rig.begin(rig.hashes(2))
    rig.phone.confirm()
    rig.mischief.where, rig.mischief.errors = "signHash", 1
    answer = rig.ask(answer)
    assert answer.code == "SIGN-321"
    rig.clock.forward(301)
    answer = rig.ask(answer)
    assert (answer.progress, answer.code) == (Progress.FAILED, "SIGN-339")
    assert rig.service.signed == 0


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("algorithm", [Algorithm.RSA_SHA256, Algorithm.RSA_PSS_SHA256])
def test_rsa_in_both_forms_and_both_versions(version: int, algorithm: Algorithm) -> None:
    clock = Clock(AT)
    app = FakeCsc({"c": rigs.key("rsa3072")}, Phone(clock), now=clock, settings=Settings(version=version))
    at = "/csc/v2" if version > 1 else "/adss/service/ras/csc/v1"
    transport = httpx.WSGITransport(app=app)
    secrets = MemorySecrets({"client_secret": "demo", "pin": "123456", "otp": "000000"}, now=clock)
    options = Options(client_id="khue", version=version)

    def login(_service: Service, _secrets: object) -> tuple[str, int]:
        other = Service("x", "https://x.test", transport=transport)
        body = {"client_id": "khue", "client_secret": "demo"}
        return str(other.post("adss/service/ras/v1/login", body).get("access_token")), 60

    found = Service("CSC", f"https://x.test{at}", transport=transport)
    signer = CscSigner(found, secrets, now=clock, options=options, login=login if version == 1 else None)
    wanted = rigs.hashes(3, algorithm)
    answer = signer.begin("c", wanted, "")
    assert answer.progress is Progress.DONE
    assert all(genuine(rigs.key("rsa3072").certificate, one, answer.values[one.id]) for one in wanted)
    assert str(signer.info()["specs"]).startswith(str(version))


def test_a_mixed_batch_is_refused(tmp_path: Path) -> None:
    rig = csc_rig(tmp_path)
    mixed = [*rigs.hashes(1), *rigs.hashes(1, Algorithm.RSA_SHA256, start=3)]
    assert code_of(lambda: rig.begin(mixed)) == "SIGN-308"


def info(**more: Any) -> dict[str, Any]:
    from khue.signing.signers.handles import encoded

    cert = {"status": "valid", "certificates": [encoded(rigs.key().certificate)]}
    key = {"status": "enabled", "algo": ["1.2.840.10045.2.1"]}
    return {"cert": cert, "key": key, "multisign": 5, **more}


def test_both_versions_are_read() -> None:
    old = known("c", info(authMode="explicit", PIN={"presence": "true"}, OTP={"presence": "false"}))
    objects = [{"type": "Password", "id": "PIN"}, {"type": "SelfSignature", "id": "mobile"}]
    new = known("c", info(auth={"mode": "explicit", "objects": objects}, multisign="2147483647"))
    assert (old.mode, old.secrets, old.others, old.multisign) == ("explicit", ("PIN",), (), 5)
    assert (new.mode, new.secrets, new.others, new.multisign) == (
        "explicit",
        ("PIN",),
        ("mobile",),
        2147483647,
    )
    assert known("c", info(cert={"certificates": ["AAAA"]})) is None
    assert known("c", info(cert=[])) is None
    assert not known("c", info(key={"status": "disabled"})).enabled
    assert known("c", info(multisign="many")).multisign == 1


def test_the_exact_identifier_is_asked_for_first() -> None:
    assert sign_oid(Algorithm.RSA_SHA256, ["1.2.840.113549.1.1.1"]) == "1.2.840.113549.1.1.1"
    both = ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"]
    assert sign_oid(Algorithm.RSA_SHA256, both) == "1.2.840.113549.1.1.11"
    assert sign_oid(Algorithm.RSA_SHA256, ["1.2.840.10045.4.3.2"]) == ""


@pytest.mark.parametrize(("mode", "code"), [("oauth2code", "SIGN-343")])
def test_a_credential_for_browsers_only_is_refused(tmp_path: Path, mode: str, code: str) -> None:
    rig = csc_rig(tmp_path, mode)
    assert code_of(lambda: rig.begin(rig.hashes(1))) == code


def test_a_stamp_comes_as_the_service_gives_it() -> None:
    clock = Clock(AT)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("timestamp"):
            body = json.loads(request.content)
            assert body == {"hash": "AAE=", "hashAlgo": "2.16.840.1.101.3.4.2.1", "nonce": "0a"}
            return httpx.Response(200, json={"timestamp": "MAA="})
        return httpx.Response(200, json={})

    signer = CscSigner(scripted(answer), MemorySecrets({"token": "t"}, now=clock), now=clock)
    assert signer.timestamp(b"\0\1", nonce="0a") == b"0\0"
    assert signer.info() == {}


def test_the_fake_csc_refuses_what_the_standard_refuses() -> None:
    clock = Clock(AT)
    app = FakeCsc({"c": rigs.key()}, Phone(clock), now=clock, settings=Settings(multisign=2))
    post = Service("x", "https://x.test/csc/v2", transport=httpx.WSGITransport(app=app)).post
    form = {"grant_type": "client_credentials", "client_id": "khue", "client_secret": "demo"}
    token = str(post("oauth2/token", form, form=True).get("access_token"))
    assert code_of(lambda: post("credentials/list", {}, token="other")) == "SIGN-324"
    digest = "A" * 43 + "="
    typed = [{"id": "PIN", "value": "123456"}, {"id": "OTP", "value": "000000"}]
    good = {"credentialID": "c", "numSignatures": 1, "hashes": [digest], "authData": typed}
    faults: list[dict[str, Any]] = [
        {**good, "credentialID": "x"}, {**good, "numSignatures": 0}, {**good, "numSignatures": 3},
        {**good, "hashes": []}, {**good, "hashes": [digest, digest]}, {**good, "authData": typed[:1]},
    ]  # fmt: skip
    assert [post("credentials/authorize", body, token=token).status for body in faults] == [400] * len(faults)
    sad = post("credentials/authorize", good, token=token).get("SAD")
    sign = {"credentialID": "c", "SAD": sad, "hashes": [digest], "signAlgo": "1.2.840.10045.4.3.2"}
    faults = [
        {**sign, "SAD": "x"}, {**sign, "SAD": ""}, {**sign, "credentialID": "x"}, {**sign, "hashes": []},
        {**sign, "hashes": ["B" * 43 + "="]}, {**sign, "hashes": [digest, digest]},
        {**sign, "signAlgo": "1.2.840.113549.1.1.11"}, {**sign, "signAlgo": "1.2.840.10045.2.1"},
    ]  # fmt: skip
    assert [post("signatures/signHash", body, token=token).status for body in faults] == [400] * len(faults)
    assert post("signatures/signHash", sign, token=token).status == 200
    assert post("signatures/signHash", sign, token=token).status == 400  # it is spent
    assert app.signed == 1
