"""Signed notes: the vectors of Go's note package, cosignatures, and every way to write a note wrongly."""

from __future__ import annotations

import datetime as dt
from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.core.errors import Invalid, KhueError, Refused
from khue.signing.log.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from khue.signing.log.note import Kind, Note, NoteKey, NoteSigner, sign_note, verified
from khue.signing.log.tree import EMPTY_ROOT

# golang.org/x/mod/sumdb/note, note_test.go
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
BODY = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
# c2sp.org/tlog-cosignature, the example of the standard
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/"
    "zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
NOW = dt.datetime(2027, 6, 1, 3, tzinfo=dt.UTC)


def code_of(refused: pytest.ExceptionInfo[KhueError]) -> str:
    assert refused.value.code.startswith("SIGN-4")
    return refused.value.code


def test_the_note_of_go_is_signed_byte_for_byte() -> None:
    assert sign_note(BODY, NoteSigner.parse(SKEY)).text == BODY + "\n" + PETER_LINE
    assert NoteSigner.parse(SKEY).skey == SKEY
    assert NoteSigner.parse(SKEY).key.vkey == VKEY


def test_the_note_of_go_is_verified() -> None:
    peter, enoch = NoteKey.parse(VKEY), NoteKey.parse(ENOCH)
    note = Note.parse((BODY + "\n" + PETER_LINE + ENOCH_LINE).encode())
    assert list(verified(note, [peter])) == [peter]
    assert list(verified(note, [enoch, peter])) == [peter, enoch]
    assert verified(note, []) == {}
    assert note.text == BODY + "\n" + PETER_LINE + ENOCH_LINE


def test_no_part_of_a_key_is_a_key() -> None:
    whole = len(VKEY)
    for begin in range(0, whole, 3):
        for end in range(begin + 1, whole + 1, 2):
            if (begin, end) != (0, whole):
                with pytest.raises(Invalid):
                    NoteKey.parse(VKEY[begin:end])
    for place in range(whole):
        with pytest.raises(Invalid):
            NoteKey.parse(VKEY[:place] + chr(ord(VKEY[place]) + 1) + VKEY[place + 1 :])
        with pytest.raises(Invalid):
            NoteSigner.parse(SKEY[:place] + chr(ord(SKEY[place]) + 1) + SKEY[place + 1 :])


@pytest.mark.parametrize(
    "vkey",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        VKEY.replace("c74f20a3", "C74F20A3"),
        VKEY + "\n",
    ],
)
def test_keys_that_go_or_we_refuse(vkey: str) -> None:
    with pytest.raises(Invalid) as refused:
        NoteKey.parse(vkey)
    assert code_of(refused) == "SIGN-410"


def test_a_refused_private_key_is_not_repeated() -> None:
    with pytest.raises(Invalid) as refused:
        NoteSigner.parse(SKEY[:-1] + "!")
    assert "AYEKFALV" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        BODY + "\n",
        BODY + "\n" + PETER_LINE[:-1],
        "\x01" + BODY + "\n" + PETER_LINE,
        BODY + "\n" + PETER_LINE.replace("PeterNeumann", "Bad Name"),
        BODY + "\n" + PETER_LINE.replace("PeterNeumann", "Bad+Name"),
        BODY + "\n" + PETER_LINE + "Unexpected line.\n",
        BODY + "\n" + PETER_LINE * 101,
        BODY + "\n" + PETER_LINE.replace("—", "-"),
        BODY + "\n" + PETER_LINE.replace("AM=", "AN="),  # the same bytes, spelled otherwise
        BODY + "\n— PeterNeumann AAAA\n",
        "\n\n" + PETER_LINE,
        "",
    ],
)
def test_malformed_notes(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        Note.parse(text)
    assert code_of(refused) == "SIGN-411"


def test_bytes_that_are_no_text_and_a_text_without_end() -> None:
    for data in (b"\xff" + (BODY + "\n" + PETER_LINE).encode(), b"a" * (1024 * 1024 + 1)):
        with pytest.raises(Invalid):
            Note.parse(data)
    with pytest.raises(Invalid):
        sign_note("no newline", NoteSigner.parse(SKEY))


def test_a_known_key_that_does_not_fit_spoils_the_note() -> None:
    note = Note.parse(BODY.replace("answer", "ANSWER") + "\n" + PETER_LINE + ENOCH_LINE)
    with pytest.raises(Refused) as refused:
        verified(note, [NoteKey.parse(VKEY)])
    assert code_of(refused) == "SIGN-412"


def test_two_keys_that_one_line_could_mean_are_refused() -> None:
    peter = NoteKey.parse(VKEY)
    twin = NoteKey("PeterNeumann", bytes(32))
    twin.__dict__["key_id"] = peter.key_id  # what a collision of four bytes would be
    with pytest.raises(Invalid):
        verified(Note.parse(BODY + "\n" + PETER_LINE), [peter, twin])


@given(st.integers(0, 3), st.integers(0, 255), st.binary(max_size=80))
def test_lines_come_back_as_they_were(count: int, first: int, value: bytes) -> None:
    signer = NoteSigner("log.example/a", bytes([first] * 32))
    note = sign_note("text\n", signer)
    more = [type(note.signatures[0])(f"x{number}", bytes(4), value + b"!") for number in range(count)]
    longer = note.with_lines(more)
    assert Note.parse(longer.text) == longer
    assert list(verified(longer, [signer.key])) == [signer.key]


def test_a_second_signature_of_a_key_replaces_the_first() -> None:
    witness = NoteSigner.create("witness.example/w", Kind.COSIGNATURE)
    note = sign_note("text\n", NoteSigner.create("log.example/a"))
    once = note.with_lines([witness.cosign(note.body, NOW)])
    again = once.with_lines([witness.cosign(note.body, NOW + dt.timedelta(hours=1))])
    assert len(again.signatures) == 2
    assert again.signatures[1].seconds == int(NOW.timestamp()) + 3600


def test_the_example_of_the_standard_is_read() -> None:
    note = Note.parse(EXAMPLE)
    checkpoint = Checkpoint.parse(note.body)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert note.signatures[1].seconds == 1679315147  # the time in the text of the standard
    assert checkpoint.body == note.body


def test_a_cosignature_is_over_time_and_text_and_has_its_own_key_id() -> None:
    witness = NoteSigner.create("witness.example/w", Kind.COSIGNATURE)
    line = witness.cosign("a\n1\nb\n", NOW)
    seconds = int(NOW.timestamp())
    assert line.seconds == seconds
    assert (
        witness.key.message("a\n1\nb\n", line.value) == f"cosignature/v1\ntime {seconds}\na\n1\nb\n".encode()
    )
    assert witness.key.is_genuine("a\n1\nb\n", line.value)
    assert not witness.key.is_genuine("a\n2\nb\n", line.value)
    later = (seconds + 1).to_bytes(8) + line.value[8:]
    assert not witness.key.is_genuine("a\n1\nb\n", later)
    assert not witness.key.is_genuine("a\n1\nb\n", line.value[8:])
    as_log = NoteKey(witness.key.name, witness.key.public)
    assert as_log.key_id != witness.key.key_id
    packed = b64encode(bytes([4]) + witness.key.public).decode()
    hint = sha256(b"witness.example/w\n\x04" + witness.key.public).hexdigest()[:8]
    assert witness.key.vkey == f"witness.example/w+{hint}+{packed}"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "log\n1\n",
        "log\n01\n" + "A" * 43 + "=\n",
        "log\n-1\n" + "A" * 43 + "=\n",
        "log\n1\n" + "A" * 42 + "==\n",
        "log\n1\n" + "A" * 43 + "=",
        "\n1\n" + "A" * 43 + "=\n",
        "log\n1\n" + "A" * 43 + "=\n\nextension\n",
        "log\n0\n" + "A" * 43 + "=\n",
        "log\n\u0661\n" + "A" * 43 + "=\n",
    ],
)
def test_malformed_checkpoints(body: str) -> None:
    with pytest.raises(Invalid) as refused:
        Checkpoint.parse(body)
    assert code_of(refused) == "SIGN-413"


def test_a_checkpoint_comes_back_and_only_of_the_log_that_was_asked() -> None:
    signer = NoteSigner.create("log.example/a")
    checkpoint = Checkpoint("log.example/a", 0, EMPTY_ROOT, ("extension",))
    note = sign_checkpoint(checkpoint, signer)
    found, signed = open_checkpoint(note, [signer.key], "log.example/a")
    assert found == checkpoint
    assert list(signed) == [signer.key]
    with pytest.raises(Refused) as refused:
        open_checkpoint(note, [signer.key], "log.example/b")
    assert code_of(refused) == "SIGN-414"
    with pytest.raises(Refused) as refused:
        open_checkpoint(note, [NoteSigner.create("log.example/a").key])
    assert code_of(refused) == "SIGN-412"
