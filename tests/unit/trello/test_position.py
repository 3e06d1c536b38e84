"""Positions: from Trello's floating numbers to Odoo's 32-bit whole numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.trello.position import NEW_BASE, sequence_of

positions = st.one_of(
    st.floats(0, 2.0**36), st.floats(NEW_BASE, NEW_BASE + 2.0**36), st.integers(0, 2**48), st.floats(0, 1e300)
)


@given(positions, positions)
def test_a_later_position_never_comes_earlier_in_odoo(one: float, other: float) -> None:
    assert (one <= other) <= (sequence_of(one) <= sequence_of(other))


@given(positions)
def test_a_sequence_fits_the_32_bits_of_odoo(pos: float) -> None:
    assert 0 <= sequence_of(pos) < 2**31


def test_neighbours_of_both_bases_stay_apart() -> None:
    assert (
        sequence_of(65535)
        < sequence_of(65535 + 16384)
        < sequence_of(NEW_BASE)
        < sequence_of(NEW_BASE + 16384)
    )
    assert sequence_of(16383.75) < sequence_of(32767.5)


def test_a_missing_position_comes_first() -> None:
    assert sequence_of(None) == 0


@pytest.mark.parametrize("pos", ["middle", math.nan, math.inf])
def test_what_is_no_number_is_refused(pos: object) -> None:
    with pytest.raises(ValueError):
        sequence_of(pos)
