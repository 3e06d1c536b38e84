"""Which rows are new, and how high the floor may be, decided on values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.odoo.feed.id_set import from_text, to_text
from isthmus.odoo.feed.row import Row, digest
from isthmus.odoo.feed.server_time import ServerTime
from isthmus.odoo.feed.sweep import Comparison, Sweep
from isthmus.odoo.feed.watch import Watch, watches_for
from isthmus.odoo.feed.window import Window, floor_after

NOON = datetime(2026, 11, 22, 12, 0, 0)
OVERLAP = timedelta(seconds=120)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def row(id_: int, seconds: float, said: str = "") -> Row:
    return Row(id_, at(seconds), None, None, said, {})


def test_a_state_is_the_second_and_what_it_says() -> None:
    window = Window(NOON).with_rows([row(1, 5, "a")])
    assert window.fresh([row(1, 5, "a")]) == []
    for other in (row(1, 5, "b"), row(1, 6, "a"), row(2, 5, "a")):
        assert window.fresh([other]) == [other]


def test_what_was_seen_below_the_floor_is_forgotten_and_the_floor_never_sinks() -> None:
    window = Window(NOON).with_rows([row(1, 5), row(2, 6), row(3, 7)]).raised(at(6))
    assert (window.floor, sorted(window.seen)) == (at(6), [2, 3])
    assert window.raised(at(2)) == window.raised(None) == window
    assert Window.from_json(window.floor, window.to_json()) == window


@pytest.mark.parametrize(
    ("complete_to", "now", "floor"),
    [
        (None, 300.0, 180.0),
        (200.0, 300.0, 80.0),
        (400.0, 300.0, 180.0),  # a row of the future
        (None, 300.7, 180.0),  # Odoo is asked in whole seconds
        (200.0, None, None),
        (None, None, None),
    ],
)
def test_the_floor(complete_to: float | None, now: float | None, floor: float | None) -> None:
    asked = [None if moment is None else at(moment) for moment in (complete_to, now, floor)]
    assert floor_after(asked[0], asked[1], OVERLAP) == asked[2]


def test_the_time_there_passes_as_ours_does_and_never_falls_back() -> None:
    time = ServerTime(OVERLAP)
    assert time.at_least(0) is None
    time.observe(at(0), received_s=100, web=None)
    assert time.at_least(100) == at(0)
    assert time.at_least(130) == at(30)
    time.observe(at(5), received_s=130, web=None)  # an old row says nothing new
    assert time.at_least(130) == at(30)
    time.observe(at(50), received_s=130, web=at(-3600))  # ahead of the web server: not to be believed
    assert time.at_least(130) == at(30)
    time.observe(at(50), received_s=130, web=at(3600))
    assert time.at_least(130) == at(50)


def test_ids_are_kept_as_ranges() -> None:
    for ids, text in (
        (set(), ""),
        ({7}, "7"),
        ({1, 2, 3, 5}, "1-3,5"),
        ({1, 3, 4, 9, 10, 11}, "1,3-4,9-11"),
    ):
        assert to_text(ids) == text
        assert from_text(text) == ids


class There:
    """Ids that are there, asked as a sweep asks."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.ids = set(ids)
        self.counted: list[tuple[int, int]] = []
        self.fetched: list[tuple[int, int]] = []

    def count(self, first: int, last: int) -> int:
        self.counted.append((first, last))
        return sum(first <= id_ <= last for id_ in self.ids)

    def find(self, first: int, last: int) -> list[int]:
        self.fetched.append((first, last))
        return [id_ for id_ in self.ids if first <= id_ <= last]

    def sweep(self, known: Sequence[int], chosen: int = 0, chunk: int = 100) -> Comparison:
        self.counted.clear()
        self.fetched.clear()
        return Sweep(known, self.count, self.find, chunk, chosen).run()


def test_a_sweep_looks_only_where_something_is_missing_and_at_one_chunk_more() -> None:
    known = list(range(1, 20_000, 2))
    there = There(known)
    assert there.sweep(known) == Comparison()
    assert (len(there.counted), len(there.fetched)) == (1, 1)
    there.ids -= {501, 15_001}
    assert there.sweep(known) == Comparison(gone=[501, 15_001])
    assert len(there.counted) <= 16
    assert len(there.fetched) == 3
    there.ids |= {4, 30_000}
    assert there.sweep(known).unknown == [4], "what is beyond the last known id is for a look to find"


def test_one_that_went_and_one_that_came_unnoticed_are_found_in_the_end() -> None:
    known = list(range(1, 2000, 2))
    there = There(set(known) - {501} | {500})
    found = [there.sweep(known, chosen) for chosen in range(0, len(known), 50)]
    assert {id_ for one in found for id_ in one.gone} == {501}
    assert {id_ for one in found for id_ in one.unknown} == {500}
    assert Comparison() in found
    assert There(known[1:]).sweep(known, chunk=5000) == Comparison(gone=[1])
    assert There([]).sweep([]) == Comparison()


@given(
    known=st.sets(st.integers(1, 60), max_size=40),
    there=st.sets(st.integers(1, 60), max_size=40),
    chosen=st.integers(0, 39),
)
def test_a_sweep_reports_nothing_that_is_not_so(known: set[int], there: set[int], chosen: int) -> None:
    found = There(there).sweep(sorted(known), chosen % max(1, len(known)), chunk=3)
    assert set(found.gone) <= known - there
    assert set(found.unknown) <= there - known
    if not there - known:
        assert set(found.gone) == known - there


def test_lists_are_compared_without_their_order() -> None:
    assert digest([[1, 2], "a"]) == digest([[2, 1], "a"])
    assert digest([[1, 2], "a"]) != digest([[1], "a"])
    assert digest([1]) != digest(["1"])


def test_comments_and_attachments_are_followed_with_their_records() -> None:
    found = {watch.model: watch for watch in watches_for(["project.task", "res.partner", "project.task"])}
    assert list(found) == ["project.task", "res.partner", "mail.message", "ir.attachment"]
    assert found["project.task"] == Watch("project.task", deletions=True)
    assert found["mail.message"].domain == (
        ("model", "in", ["project.task", "res.partner"]),
        ("message_type", "=", "comment"),
    )
    assert found["ir.attachment"].domain == (("res_model", "in", ["project.task", "res.partner"]),)
