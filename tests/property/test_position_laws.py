"""Whatever order Odoo has, few new positions make Trello's the same."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from isthmus.trello.position import places

#: Some are at the same position; those that are not leave room for others between them.
POSITIONS = st.integers(1, 6).map(float) | st.integers(1, 2**48).map(lambda steps: steps / 64)
ROWS = st.lists(st.none() | POSITIONS, max_size=12)


@given(ROWS)
def test_positions_grow_along_the_row_afterwards(positions: list[float | None]) -> None:
    row = list(enumerate(positions))
    moved = places(row)
    after = [moved.get(key, pos) for key, pos in row]
    assert all(pos is not None for pos in after)
    assert all(one < other for one, other in pairwise(pos or 0.0 for pos in after))


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=12, unique=True), st.data())
def test_one_card_that_was_moved_is_the_only_one_that_gets_a_position(
    steps: list[int], data: st.DataObject
) -> None:
    order = [float(pos * 16384) for pos in sorted(steps)]
    card = data.draw(st.sampled_from(order))
    rest = [pos for pos in order if pos != card]
    at = data.draw(st.integers(0, len(rest)))
    wanted = [*rest[:at], card, *rest[at:]]
    moved = places([(pos, pos) for pos in wanted])
    assert len(moved) <= 1
    after = [moved.get(pos, pos) for pos in wanted]
    assert all(one < other for one, other in pairwise(after))
