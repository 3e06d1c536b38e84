"""Following in rounds and on hints, against a simulated Odoo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from isthmus.hints import Hints
from isthmus.odoo.feed import Follower, Look, Watch
from tests.integration.odoo.feed_scene import TAG, TASK, Scene
from tests.still_clock import StillClock


class Steps(Hints):
    """Hints whose waiting takes no time; what happens meanwhile is scripted, then the end comes."""

    def __init__(self, clock: StillClock, steps: Sequence[object]) -> None:
        super().__init__(settle_s=2, clock=clock)
        self.clock = clock
        self.steps = iter(steps)

    def wait(self, seconds: float) -> None:
        step = next(self.steps, None)
        if step is None:
            self.close()
        else:
            self.clock.advance(step(self, seconds))


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.close()


def test_a_thousand_hints_cause_one_look_before_the_round_is_due(scene: Scene) -> None:
    clock = StillClock()
    looked: list[list[str]] = []
    ids: list[int] = []

    def report(looks: Sequence[Look]) -> None:
        looked.append([look.model for look in looks])

    def storm(hints: Hints, seconds: float) -> float:
        ids.extend(scene.tasks("new"))
        for _ in range(1000):
            hints.add("odoo/main", TASK, [1])
        hints.add("odoo/other", TAG)
        hints.add("odoo/main", "no.model")
        return 2

    def rest(hints: Hints, seconds: float) -> float:
        assert seconds == 58
        return seconds

    feed = scene.new_feed([Watch(TASK), Watch(TAG)])
    Follower(feed, Steps(clock, [storm, rest]), 60, report, clock=clock).run()
    assert looked == [[TASK, TAG], [TASK], [TASK, TAG]]
    assert scene.heard == [("create", TASK, ids[0])]


def test_a_hint_of_a_deletion_causes_a_sweep(scene: Scene) -> None:
    clock = StillClock()
    (task,) = scene.tasks("task")

    def deletion(hints: Hints, seconds: float) -> float:
        scene.delete(task)
        hints.add("odoo/main/deleted", TASK, [task])
        return 2

    Follower(scene.feed, Steps(clock, [deletion]), 60, clock=clock).run()
    assert scene.heard == [("unlink", TASK, task)]


def test_rounds_that_fail_come_less_often(scene: Scene) -> None:
    clock = StillClock()
    waited: list[float] = []

    def wait(hints: Hints, seconds: float) -> float:
        waited.append(seconds)
        if len(waited) == 2:
            scene.odoo.stop()
        return seconds

    feed = scene.new_feed([Watch(TASK)])
    feed.round()
    Follower(feed, Steps(clock, [wait] * 7), 10, clock=clock).run()
    assert waited == [10, 10, 20, 40, 80, 160, 160]
