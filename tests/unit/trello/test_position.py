"""Positions: from Trello's floating numbers to Odoo's 32-bit whole numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.trello.position import NEW_BASE, sequence_of

positions = st.one_of(
    st.floats(0, 2.0**36),
    st.floats(NEW_BASE - 2.0**36, NEW_BASE + 2.0**36),
    st.integers(0, 2**49),
    st.floats(0, 1e300),
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


def apart(positions: Sequence[float]) -> bool:
    """Tell whether growing positions have growing sequences."""
    found = [sequence_of(pos) for pos in positions]
    return all(one < other for one, other in pairwise(found))


@pytest.mark.parametrize("base", [65535.0, 16384.0, NEW_BASE])
def test_what_is_put_on_top_again_and_again_stays_in_order(base: float) -> None:
    """Trello gives what comes to the top half of the lowest position."""
    assert apart([base / 2**times for times in range(90, -1, -1)])


@pytest.mark.parametrize("base", [0.0, NEW_BASE])
def test_ten_thousand_cards_and_some_between_them_stay_in_order(base: float) -> None:
    for card in (1, 2, 100, 5_000, 10_000):
        pos = base + card * 65536.0
        assert apart([pos, *(pos + 16384.0 / 2**times for times in range(7, -1, -1))]), card


def test_what_is_put_before_the_new_base_stays_in_order() -> None:
    assert apart([NEW_BASE - 16384 * steps for steps in range(1000, -1, -1)])


def test_a_missing_position_comes_first() -> None:
    assert sequence_of(None) == 0


@pytest.mark.parametrize("pos", ["middle", math.nan, math.inf])
def test_what_is_no_number_is_refused(pos: object) -> None:
    with pytest.raises(ValueError):
        sequence_of(pos)
