"""Identities grow, are unique across threads, and survive their short form."""

from __future__ import annotations

import threading
import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khue.core.errors import Invalid
from khue.core.ids import from_short, short, uuid7


def test_identities_grow_within_a_process() -> None:
    made = [uuid7() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_they_are_uuids_of_version_7_with_the_time_in_front() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 5000


def test_threads_never_make_the_same() -> None:
    made: list[UUID] = []
    threads = [threading.Thread(target=lambda: made.extend([uuid7() for _ in range(500)])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 4000


@given(st.uuids())
def test_the_short_form_comes_back(value: UUID) -> None:
    text = short(value)
    assert len(text) == 22
    assert text.replace("-", "").replace("_", "").isalnum()
    assert from_short(text) == value
    assert from_short(str(value)) == value


@given(st.text(max_size=50))
def test_anything_else_is_refused_or_read(text: str) -> None:
    try:
        found: UUID | None = from_short(text)
    except Invalid:
        found = None
    assert found is None or isinstance(found, UUID)


@pytest.mark.parametrize("text", ["", "x", "a" * 21, "a" * 23, "đ" * 22, "../../etc/passwd", "!" * 22])
def test_rubbish_in_an_address_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        from_short(text)
