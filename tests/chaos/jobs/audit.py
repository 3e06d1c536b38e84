"""What must be true when the chaos is over, told in sentences about what is not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from isthmus.app import App
from tests.job_tables import PASSING, problems, size


class Planned(NamedTuple):
    """A job that was enqueued. ``number`` counts them; ``after`` are the numbers of its parents."""

    number: int
    uuid: str
    channel: str
    key: str | None
    after: tuple[int, ...]
    writes: bool


class Effect(NamedTuple):
    """The row that a job left: when it began and ended, on the clock of the machine."""

    number: int
    began: float
    ended: float


def audit(app: App, planned: Sequence[Planned], capacities: Mapping[str, int]) -> Iterator[str]:
    """Yield what is wrong. ``capacities`` are the most that were ever set for channels."""
    with app.jobs.reading() as sql:
        yield from problems(sql)
        yield from (f"{number} rows are left in {table}" for table in PASSING if (number := size(sql, table)))
        ends: dict[str, tuple[str, int]] = {
            uuid: (state, attempt)
            for uuid, state, attempt in sql.rows(
                "SELECT j.uuid, o.state, o.attempt FROM job j LEFT JOIN job_outcome o ON o.job_id = j.id"
            )
        }
    with app.environment(None) as env:
        found: Any = env["chaos.effect"].search([])
        effects = [Effect(one.number, one.began, one.ended) for one in found]
    yield from _lost_or_doubled(planned, effects, ends)
    by_number = {one.number: one for one in effects}
    yield from _too_many(planned, by_number, capacities)
    yield from _out_of_order(planned, by_number, ends)


def _lost_or_doubled(
    planned: Sequence[Planned], effects: Sequence[Effect], ends: Mapping[str, tuple[str, int]]
) -> Iterator[str]:
    if lost := [one.number for one in planned if one.uuid not in ends]:
        yield f"jobs {lost[:10]} are lost"
    if len(ends) != len(planned):
        yield f"{len(ends)} jobs are stored, and {len(planned)} were enqueued"
    undone = Counter(state for state, _ in ends.values() if state != "done")
    if undone:
        yield f"not done: {dict(undone)}"
    counted = Counter(one.number for one in effects)
    wrong = {one.number: counted[one.number] for one in planned if counted[one.number] != one.writes}
    if wrong:
        yield f"effects that are not there once: {dict(list(wrong.items())[:10])}"


def _too_many(
    planned: Sequence[Planned], effects: Mapping[int, Effect], capacities: Mapping[str, int]
) -> Iterator[str]:
    """Whoever left an effect had its lease from beginning to end."""
    for channel, capacity in capacities.items():
        inside = [
            effects[one.number]
            for one in planned
            if one.number in effects and f"{one.channel}.".startswith(f"{channel}.")
        ]
        if (most := together(inside)) > capacity:
            yield f"{most} jobs ran at once in {channel}, which takes {capacity}"


def together(effects: Sequence[Effect]) -> int:
    """Return how many ran at once at most."""
    steps = sorted([(one.began, 1) for one in effects] + [(one.ended, -1) for one in effects])
    running = most = 0
    for _, step in steps:
        running += step
        most = max(most, running)
    return most


def _out_of_order(
    planned: Sequence[Planned], effects: Mapping[int, Effect], ends: Mapping[str, tuple[str, int]]
) -> Iterator[str]:
    keys: dict[str, list[Planned]] = defaultdict(list)
    for one in planned:
        if one.key and one.number in effects:
            keys[one.key].append(one)
        for parent in one.after:
            if {parent, one.number} <= effects.keys() and effects[one.number].began < effects[parent].ended:
                yield f"job {one.number} began before {parent} ended, for which it waits"
    for key, jobs in keys.items():
        if together([effects[one.number] for one in jobs]) > 1:
            yield f"two jobs of key {key} ran at once"
        # One that was tried again after a while let others go first.
        first = [one.number for one in jobs if ends.get(one.uuid, ("", 0))[1] == 1]
        in_time = sorted(first, key=lambda number: effects[number].began)
        if moved := [pair for pair in pairwise(in_time) if pair[0] > pair[1]]:
            yield f"jobs of key {key} ran in the wrong order: {moved[:5]}"
