"""Laws of admission: no limit is ever passed, nobody is passed over without a reason, order is kept."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from isthmus.jobs.admission import SECOND, Admitted, Ready, Situation, admit, refusal, room
from isthmus.jobs.channel import Channel, path

NAMES = ["root", "root.a", "root.a.x", "root.a.y", "root.b", "root.ab"]
NOW = 1_000 * SECOND


@st.composite
def channels(draw: Any) -> dict[str, Channel]:
    found = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        throttle_s = draw(st.sampled_from([None, None, 5.0]))
        found[name] = Channel(
            name=name,
            capacity=draw(st.sampled_from([None, 0, 1, 2, 3])),
            sequential=draw(st.integers(0, 4)) == 0,
            throttle_s=throttle_s,
            paused=draw(st.integers(0, 7)) == 0,
            next_at=NOW + draw(st.integers(-10, 10)) * SECOND if throttle_s else None,
        )
    return found


@st.composite
def situations(draw: Any) -> Situation:
    ranks = st.tuples(st.integers(0, 3), st.integers(0, 30))
    return Situation(
        channels=draw(channels()),
        running=draw(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 3), max_size=3)),
        now=NOW,
        failed=draw(st.frozensets(st.sampled_from(NAMES), max_size=1)),
        ahead=draw(st.dictionaries(st.sampled_from(NAMES), ranks, max_size=1)),
    )


READY = st.lists(
    st.builds(Ready, st.integers(0, 3), st.integers(0, 30), st.sampled_from(NAMES)),
    unique_by=lambda one: one.job_id,
    max_size=12,
)
WANT = st.integers(0, 8)


def after(situation: Situation, admitted: Admitted) -> Situation:
    """Return the situation once these jobs run."""
    running = Counter(situation.running) + Counter(job.channel for job in admitted.jobs)
    set_for = {
        name: Channel(
            name=one.name,
            capacity=one.capacity,
            sequential=one.sequential,
            throttle_s=one.throttle_s,
            paused=one.paused,
            next_at=admitted.next_at.get(name, one.next_at),
        )
        for name, one in situation.channels.items()
    }
    return Situation(set_for, running, situation.now, situation.failed, situation.ahead)


def started(admitted: Admitted, name: str) -> int:
    return sum(name in path(job.channel) for job in admitted.jobs)


@given(READY, situations(), WANT)
def test_no_limit_is_passed(ready: list[Ready], situation: Situation, want: int) -> None:
    admitted = admit(ready, situation, want)
    assert len(admitted.jobs) <= want
    before, used = situation.used(), after(situation, admitted).used()
    for name, step in situation.channels.items():
        number = started(admitted, name)
        if not number:
            assert name not in admitted.next_at
            continue
        assert not step.paused
        assert step.capacity is None or used[name] <= step.capacity
        if step.sequential:
            assert number == 1
            assert before[name] == 0
            assert not any(name in path(one) for one in situation.failed)
        if step.throttle_s:
            assert number == 1
            assert admitted.next_at[name] == NOW + 5 * SECOND
            assert step.next_at is None or not NOW < step.next_at <= NOW + 5 * SECOND


@given(READY, situations(), WANT)
def test_who_is_passed_over_could_not_start(ready: list[Ready], situation: Situation, want: int) -> None:
    """Of what is left nothing could be added, and nothing that was taken could have given way."""
    admitted = admit(ready, situation, want)
    assert admitted.jobs == sorted(admitted.jobs)
    if len(admitted.jobs) < want:
        left = [job for job in ready if job not in admitted.jobs]
        assert admit(left, after(situation, admitted), 1).jobs == []
    for number in range(len(admitted.jobs)):
        assert admit(ready, situation, number).jobs == admitted.jobs[:number]


@given(READY, situations(), WANT)
def test_room_bounds_what_is_admitted_of_a_channel(
    ready: list[Ready], situation: Situation, want: int
) -> None:
    """So that no more of a channel need be looked at."""
    bounds = {name: room(situation, name, want) for name in NAMES}
    heads = [
        job for name in NAMES for job in sorted(one for one in ready if one.channel == name)[: bounds[name]]
    ]
    assert admit(heads, situation, want) == admit(ready, situation, want)
    used = situation.used()
    for name in NAMES:
        if any(refusal(step, situation, used[step.name]) for step in situation.steps(name)):
            assert bounds[name] == 0


@given(READY, situations(), WANT)
def test_what_is_not_limited_goes_in_its_order(ready: list[Ready], situation: Situation, want: int) -> None:
    free = Situation({}, situation.running, NOW, situation.failed, situation.ahead)
    assert admit(ready, free, want).jobs == sorted(ready)[:want]
