"""A key in a token, against SoftHSM: what is signed, what a wrong PIN does, what a lost session does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from khue.core.errors import KhueError, NotFound, Refused
from khue.signing.algorithms import Algorithm
from khue.signing.sentences import sentence
from khue.signing.signers.base import Progress
from khue.signing.signers.pkcs11 import Pkcs11Signer
from khue.signing.tests import signers_rig as rigs
from khue.signing.tests.signers_rig import PIN, SOFTHSM, genuine, make_rig

pkcs11 = pytest.importorskip("pkcs11")


@pytest.fixture(autouse=True)
def _token(tmp_path: Path) -> None:
    for close in make_rig("token", tmp_path).closes:
        close()


class Pins:
    """A holder who types these PINs, one after the other, the last for ever."""

    def __init__(self, *pins: str) -> None:
        self.left, self.asked = list(pins), 0

    def __call__(self) -> str:
        self.asked += 1
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


@pytest.fixture
def pins() -> Pins:
    return Pins(PIN)


@pytest.fixture
def signer(pins: Pins) -> Iterator[Pkcs11Signer]:
    found = Pkcs11Signer(str(SOFTHSM), pins, token="Khue test")
    yield found
    found.close()


def code_of(work: Any) -> str:
    with pytest.raises(KhueError) as refusal:
        work()
    assert "Mã SIGN" not in sentence(refusal.value.code, refusal.value.params)
    return refusal.value.code


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("01", Algorithm.RSA_SHA256),
        ("01", Algorithm.RSA_SHA384),
        ("01", Algorithm.RSA_SHA512),
        ("02", Algorithm.ECDSA_P256_SHA256),
    ],
)
def test_values_are_those_of_the_algorithm(signer: Pkcs11Signer, name: str, algorithm: Algorithm) -> None:
    wanted = rigs.hashes(2, algorithm)
    answer = signer.begin(name, wanted, "")
    der = next(one.certificate for one in signer.credentials() if one.key == name)
    assert all(genuine(der, one, answer.values[one.id]) for one in wanted)


def test_certificates_are_read_without_a_pin_and_only_those_with_a_key(
    signer: Pkcs11Signer, pins: Pins
) -> None:
    found = {one.key: one for one in signer.credentials()}
    assert pins.asked == 0
    signer.begin("02", rigs.hashes(1), "")
    assert {one.key for one in signer.credentials()} <= set(found)
    assert found["01"].certificate == rigs.key("rsa").certificate
    assert found["02"].chain == rigs.key().chain


def test_the_session_stays_open(signer: Pkcs11Signer, pins: Pins) -> None:
    signer.begin("02", rigs.hashes(1), "")
    started = time.perf_counter()
    for start in range(20):
        signer.begin("02", rigs.hashes(1, start=start), "")
    assert pins.asked == 1
    assert (time.perf_counter() - started) / 20 < 0.05


def test_each_batch_may_ask_for_the_pin(pins: Pins) -> None:
    signer = Pkcs11Signer(str(SOFTHSM), pins, token="Khue test", each_batch=True)
    for start in (0, 5):
        assert signer.begin("02", rigs.hashes(3, start=start), "").progress is Progress.DONE
    assert pins.asked == 2


def test_a_wrong_pin_is_said_and_never_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    pins = Pins("0000", "0000", PIN)
    signer = Pkcs11Signer(str(SOFTHSM), pins, token="Khue test")
    opened = signer._open_token

    class Watched:
        def open(self, user_pin: str = "") -> Any:
            if user_pin:
                sent.append(user_pin)
            return opened().open(user_pin=user_pin) if user_pin else opened().open()

    monkeypatch.setattr(signer, "_open_token", Watched)
    assert code_of(lambda: signer.begin("02", rigs.hashes(1), "")) == "SIGN-314"
    assert sent == ["0000"]
    assert code_of(lambda: signer.begin("02", rigs.hashes(1), "")) == "SIGN-316"
    assert sent == ["0000"]
    assert signer.begin("02", rigs.hashes(1), "").progress is Progress.DONE
    signer.close()


def test_no_pin_is_a_no() -> None:
    signer = Pkcs11Signer(str(SOFTHSM), lambda: "", token="Khue test")
    assert code_of(lambda: signer.begin("02", rigs.hashes(1), "")) == "SIGN-365"
    signer.close()


# python-pkcs11 closes its search when it forgets it, which a lost session refuses a second time.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_lost_session_is_opened_again_once(signer: Pkcs11Signer, pins: Pins) -> None:
    signer.begin("02", rigs.hashes(1), "")
    signer._private.close()
    assert signer.begin("02", rigs.hashes(2), "").progress is Progress.DONE
    assert pins.asked == 2


class Broken:
    """A session that has gone; `raised` is what the library says."""

    def __init__(self, raised: type[Exception]) -> None:
        self.raised, self.tried = raised, 0

    def get_objects(self, _attributes: object) -> Iterator[Any]:
        self.tried += 1
        raise self.raised

    def close(self) -> None:
        raise self.raised


@pytest.mark.parametrize(
    ("raised", "code", "tries"),
    [
        (pkcs11.DeviceRemoved, "SIGN-318", 1),
        (pkcs11.TokenNotPresent, "SIGN-313", 1),
        (pkcs11.PinLocked, "SIGN-315", 1),
        (pkcs11.GeneralError, "SIGN-319", 1),
        (pkcs11.SessionHandleInvalid, "SIGN-319", 2),
    ],
)
def test_what_a_token_says_becomes_a_sentence(
    signer: Pkcs11Signer, monkeypatch: pytest.MonkeyPatch, raised: type[Exception], code: str, tries: int
) -> None:
    signer.credentials()
    broken = Broken(raised)
    monkeypatch.setattr(signer, "_logged_in", lambda: broken)
    assert code_of(lambda: signer.begin("02", rigs.hashes(1), "")) == code
    assert broken.tried == tries
    monkeypatch.undo()
    assert signer.begin("02", rigs.hashes(1), "").progress is Progress.DONE


def test_a_locked_pin_has_its_own_sentence(signer: Pkcs11Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    class Locked:
        def open(self, user_pin: str = "") -> Any:
            if user_pin:
                raise pkcs11.PinLocked
            return pkcs11.lib(str(SOFTHSM)).get_token(token_label="Khue test").open()

    monkeypatch.setattr(signer, "_open_token", Locked)
    assert code_of(lambda: signer.begin("02", rigs.hashes(1), "")) == "SIGN-315"


def test_a_token_that_is_not_there_has_its_own_sentence(pins: Pins) -> None:
    assert code_of(Pkcs11Signer(str(SOFTHSM), pins, token="Nobody").credentials) == "SIGN-313"
    assert code_of(Pkcs11Signer(str(SOFTHSM), pins, slot=123456).credentials) == "SIGN-313"
    assert code_of(Pkcs11Signer(str(SOFTHSM), pins).credentials) == "SIGN-313"  # two are plugged in
    assert code_of(Pkcs11Signer("/nowhere/token.so", pins).credentials) == "SIGN-312"


def test_a_token_is_found_by_its_slot(pins: Pins) -> None:
    slots = pkcs11.lib(str(SOFTHSM)).get_slots(token_present=True)
    number = next(slot.slot_id for slot in slots if slot.get_token().label == "Khue test")
    signer = Pkcs11Signer(str(SOFTHSM), pins, slot=number)
    assert {"01", "02"} <= {one.key for one in signer.credentials()}
    signer.close()


def test_an_empty_token_offers_nothing(pins: Pins) -> None:
    signer = Pkcs11Signer(str(SOFTHSM), pins, token="Khue empty")
    assert list(signer.credentials()) == []
    with pytest.raises(NotFound, match="SIGN-305"):
        signer.begin("02", rigs.hashes(1), "")
    signer.close()


def test_a_certificate_without_its_key_is_refused_when_it_should_sign(
    signer: Pkcs11Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from khue.signing.signers.base import Credential

    stray = Credential("03", rigs.key(name="Khác").certificate)
    monkeypatch.setattr(signer, "_credentials", lambda: [stray])
    assert code_of(lambda: signer.begin("03", rigs.hashes(1), "")) == "SIGN-317"


def test_the_library_is_needed_only_when_a_token_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    signer = Pkcs11Signer(str(SOFTHSM), lambda: PIN)
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    monkeypatch.setitem(sys.modules, "pkcs11.exceptions", None)
    with pytest.raises(Refused, match="SIGN-312"):
        signer.credentials()
