"""Classes of personal data, sealed columns, dated rows."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography.fernet import InvalidToken
from hypothesis import given
from hypothesis import strategies as st

from khue.kit import crypto
from khue.kit.models import AuditEvent, Dated, OutboxEvent, Record, in_force
from khue.kit.privacy import FieldClass, classification_of


@pytest.mark.parametrize("model", [AuditEvent, OutboxEvent])
def test_the_kit_classifies_its_own_tables(model: type[Record]) -> None:
    assert set(classification_of(model)) == {field.name for field in model._meta.local_fields}


def test_what_was_changed_is_as_sensitive_as_a_childs_data() -> None:
    assert classification_of(AuditEvent)["after"] is FieldClass.SENSITIVE
    assert classification_of(OutboxEvent)["payload"] is FieldClass.SENSITIVE
    assert classification_of(Record) == {}


@given(st.text(max_size=60))
def test_a_sealed_text_comes_back_and_looks_different_each_time(text: str) -> None:
    sealed = crypto.seal(text)
    assert crypto.unseal(sealed) == text
    assert sealed != crypto.seal(text)
    assert crypto.blind_index(text) == crypto.blind_index(text)


def test_another_secret_opens_nothing(settings) -> None:
    sealed, digest = crypto.seal("020205001234"), crypto.blind_index("020205001234")
    settings.SECRET_KEY = "another secret"
    with pytest.raises(InvalidToken):
        crypto.unseal(sealed)
    assert crypto.blind_index("020205001234") != digest


@given(
    st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)),
    st.none() | st.integers(0, 900),
    st.integers(-900, 900),
)
def test_a_row_is_in_force_up_to_the_day_before_it_ends(start: dt.date, length: int | None, off: int) -> None:
    end = None if length is None else start + dt.timedelta(days=length)
    day = start + dt.timedelta(days=off)
    expected = off >= 0 and (length is None or off < length)
    found = Dated.is_in_force(type("R", (), {"valid_from": start, "valid_to": end})(), day)
    assert found == expected
    assert "valid_from__lte" in str(in_force(day))
    assert "school__valid_from__lte" in str(in_force(day, "school__"))
