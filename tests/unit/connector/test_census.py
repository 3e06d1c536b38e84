"""The census of ids: the same for the same ids, and for no others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from isthmus.connector.census import LIMIT, census

IDS = st.sets(st.text(max_size=24), max_size=20)


def test_of_nothing_it_is_nothing() -> None:
    assert census([]) == 0


@given(IDS, IDS)
def test_it_is_that_of_the_parts_in_any_order(one: set[str], other: set[str]) -> None:
    both = [*one, *other]
    assert census(reversed(both)) == (census(one) + census(other)) % LIMIT


@given(IDS, IDS)
def test_others_have_another(one: set[str], other: set[str]) -> None:
    assert (census(one) == census(other)) == (one == other)


@given(IDS, st.text(max_size=24))
def test_what_was_met_twice_does_not_make_up_for_what_was_not(ids: set[str], twice: str) -> None:
    assert census([*ids, twice, twice]) != census({*ids, twice, "another"} | {f"{twice}!"})
