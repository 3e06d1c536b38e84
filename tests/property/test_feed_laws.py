"""Whatever happens in an Odoo, in whatever order it commits: every change is delivered, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isthmus.odoo.feed import Batch, Feed, Watch
from isthmus.testing import TrialApp
from tests.property.feed_world import TASK, World

#: Seconds; the longest transaction of the world is shorter than the overlap, by the second that Odoo hides.
OVERLAP, LONGEST = 30.0, 29.0

steps = st.one_of(
    st.tuples(st.just("race"), st.sampled_from([5.0, 16.0, 28.5])),
    st.tuples(st.just("crowd"), st.integers(2, 6)),
    st.tuples(st.just("pass"), st.sampled_from([0.0, 0.3, 0.7, 1.0, 4.0, 20.0, 45.0, 400.0])),
    st.tuples(st.just("create"), st.integers(1, 4)),
    st.tuples(st.just("write"), st.integers(0, 9)),
    st.tuples(st.just("touch"), st.integers(0, 9)),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("begin"), st.integers(0, 9)),
    st.tuples(st.just("begin_create"), st.integers(1, 3)),
    st.tuples(st.just("commit"), st.integers(0, 3)),
    st.tuples(st.just("look"), st.booleans()),
    st.tuples(st.just("restart"), st.none()),
    st.tuples(st.just("fail"), st.none()),
)


class Copy:
    """What somebody knows of the world who hears the feed and nothing else."""

    def __init__(
        self, app: TrialApp, world: World, from_beginning: bool, page_size: int, deletions: bool
    ) -> None:
        self.world = world
        self.known: dict[int, Any] = {}
        self.heard: list[tuple[str, int]] = []
        self.fails = False
        self.app = app
        self.options: dict[str, Any] = {
            "overlap": timedelta(seconds=OVERLAP),
            "sweep_every": None,
            "from_beginning": from_beginning,
            "page_size": page_size,
        }
        self.watch = Watch(TASK, fields=("name",), deletions=deletions)
        self.start()

    def start(self) -> None:
        """Start the process anew: all that it knew is what the local database keeps."""
        self.feed = Feed("main", self.world, [self.watch], self.app.environment, self.hear, **self.options)  # type: ignore[arg-type]

    def hear(self, env: Any, batch: Batch) -> None:
        if self.fails:
            raise RuntimeError("cut off")
        for what, rows in (("create", batch.created), ("write", batch.written)):
            for row in rows:
                self.heard.append((what, row.id))
                self.known[row.id] = row.values["name"]
        for id_ in batch.removed:
            self.heard.append(("unlink", id_))
            del self.known[id_]

    def look(self, sweep: bool) -> None:
        (look,) = self.feed.round(sweep=sweep)
        assert look.error is None or self.fails, look.error


@pytest.fixture(scope="module")
def app() -> Iterator[TrialApp]:
    with TrialApp() as made:
        yield made


@pytest.mark.parametrize("series", [18, 19])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    story=st.lists(steps, max_size=25),
    page_size=st.sampled_from([1, 2, 3, 50]),
    from_beginning=st.booleans(),
    deletions=st.booleans(),
)
def test_every_change_is_delivered_and_nothing_else(
    app: TrialApp,
    series: int,
    story: list[tuple[str, Any]],
    page_size: int,
    from_beginning: bool,
    deletions: bool,
) -> None:
    world = World(series, datetime(2026, 11, 22, 12, 0, 0))
    world.create(3)
    with app.environment() as env:
        env["odoo.feed"].search([]).unlink()
    copy = Copy(app, world, from_beginning, page_size, deletions)
    copy.look(sweep=False)
    if not from_beginning:
        assert copy.heard == []
        copy.known = world.state()
    for what, value in story:
        match what:
            case "pass":
                world.pass_time(value, LONGEST)
            case "race":
                world.begin(0)
                world.pass_time(value, LONGEST)
                world.create(1)
                copy.look(sweep=False)
                world.commit(-1)
            case "crowd":
                for _ in range(value):
                    world.create(1)
                    world.pass_time(0.3, LONGEST)
            case "create":
                world.create(value)
            case "write" | "touch" | "delete":
                world.change(what, value)
            case "begin":
                world.begin(value)
            case "begin_create":
                world.begin_create(value)
            case "commit":
                world.commit(value)
            case "look":
                copy.look(sweep=value)
            case "restart":
                copy.start()
            case "fail":
                copy.fails = True
                copy.look(sweep=True)
                copy.fails = False
    world.commit_all()
    copy.look(sweep=True)
    state = world.state()
    assert {id_: copy.known.get(id_) for id_ in state} == state
    if deletions:
        assert copy.known == state
    copy.heard.clear()
    for _ in range(2):
        copy.look(sweep=True)
        world.pass_time(1.0, LONGEST)
    assert copy.heard == [], "nothing happened any more"
