"""A parcel written as canonical text reads back as it was."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from khue.modules.transcripts.data import Identity, Place, Relative
from khue.modules.transfers.content import head_text, parcel_text, read_parcel
from khue.modules.transfers.data import Enclosed, Mark, Parcel, Step, SubjectTaken
from khue.signing.canonical import is_canonical
from khue.signing.profile import NAMESPACE

LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"))
TEXT = st.text(LETTERS, max_size=12).map(str.strip)
NAME = st.text(LETTERS, min_size=1, max_size=12).filter(lambda text: text.strip() == text)
DAY = st.just("01/09/2025")


def some(what: type[Any], /, **more: Any) -> st.SearchStrategy[Any]:
    """Values of a dataclass whose fields are texts unless said otherwise."""
    texts = {
        name: TEXT for name, field in what.__dataclass_fields__.items() if field.type == "str"
    }
    return st.builds(what, **(texts | more))


def tuples(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(one, max_size=3).map(tuple)


PARCELS = some(
    Parcel,
    place=some(Place, school=NAME),
    identity=some(Identity, name=NAME, relatives=tuples(some(Relative, relation=NAME, name=NAME))),
    grade=st.integers(1, 12), to_school=NAME, class_name=NAME,
    subjects=tuples(some(
        SubjectTaken, code=NAME, name=NAME, kind=NAME, elective=st.booleans(), topic=st.booleans(),
        averages=st.tuples(TEXT, TEXT, TEXT),
    )),
    marks=tuples(some(Mark, term=st.integers(0, 3), column=NAME, state=st.sampled_from(["MARK", "ZERO"]))),
    path=tuples(some(Step, on=DAY, what=NAME)),
    files=tuples(some(Enclosed, name=NAME, title=NAME, digest=NAME, size=st.integers(0, 10**9))),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PARCELS)
def test_nothing_is_lost_on_the_way(parcel: Parcel) -> None:
    head = head_text(parcel, identifier="MST:1", version=1, replaces="")
    text = parcel_text(parcel, "K5T2")
    data = (
        f'<kr:Content xmlns:kr="{NAMESPACE}" code="K5T2" type="transfer-parcel">{head}{text}</kr:Content>'
    ).encode()
    assert is_canonical(data)
    assert read_parcel(data) == parcel
