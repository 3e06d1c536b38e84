"""What a long queue, and a long past, cost ours: the pace, a claim, the memory of the worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from report import Figure

from race.contestant import Contestant
from race.heat import PATIENCE_S, Heat, Scale, heat

#: Flat means: at least this share of the pace, and at most this many times the cost, that few jobs have.
PACE, COST = 0.8, 1.5
#: What the longest queue may add to the memory of a worker, in MB.
GROWTH_MB = 15
#: Into so many slices a drain is cut to see the pace at its beginning.
SLICES = 10
#: How often a claim is made to know what it costs.
CLAIMS = 50


@dataclass(frozen=True, slots=True)
class Pace:
    """What one drain showed while nearly all its jobs were still waiting: jobs/s, and memory in MB."""

    rate: float
    memory_mb: float


def endurance(
    contestant: Contestant, server: str, folder: Path, scale: Scale, quick: bool
) -> Iterator[Figure]:
    """Yield what a claim costs with few and many jobs waiting and, unless ``quick``, the worker's pace.

    All jobs come through the public bulk enqueue and are run by a worker, but for the few that only measure
    claims.
    """
    few, many = (1_000, 10_000) if quick else (10_000, 1_000_000)
    with heat(contestant, server, folder, scale) as one:
        costs = {f"{depth:,} waiting": claim_ms(one, depth) for depth in (100, few)}
        short = None if quick else paced(one, few)
        costs[f"{many:,} waiting"] = claim_ms(one, many)
        yield from claims(contestant, costs)
        if short is not None:
            yield from paces(contestant, one, short, few, many)


def claims(contestant: Contestant, costs: Mapping[str, float]) -> Iterator[Figure]:
    """Yield what claims cost, held against the first of them."""
    cheapest = next(iter(costs.values()))
    for number, (where, cost) in enumerate(costs.items()):
        target = f"<= {COST * cheapest:,.3f} ms" if number else None
        yield Figure(f"claim and settle {contestant.batch}, {where}: {contestant.name}", cost, "ms", target)


def paces(contestant: Contestant, one: Heat, short: Pace, few: int, many: int) -> Iterator[Figure]:
    """Yield how a worker runs ``many`` waiting jobs, and then a few more, against the pace of few."""
    name, target = contestant.name, f">= {PACE * short.rate:,.0f} jobs/s"
    long = paced(one, many)
    one.fill(few)
    past = paced(one, few)
    yield Figure(f"pace with {few:,} waiting: {name}", short.rate, "jobs/s")
    yield Figure(f"pace with {many:,} waiting: {name}", long.rate, "jobs/s", target)
    yield Figure(f"pace after {many:,} finished: {name}", past.rate, "jobs/s", target)
    growth = long.memory_mb - short.memory_mb
    yield Figure(f"memory that {many:,} waiting add: {name}", growth, "MB", f"<= {GROWTH_MB} MB")


def claim_ms(one: Heat, depth: int) -> float:
    """Fill the queue until so many wait; return what a claim and its settlement cost then, in ms."""
    one.fill(depth - one.agent.ask("waiting")["result"])
    one.agent.ask("write_out")
    return float(one.agent.ask("claim_ms", CLAIMS)["result"])


def paced(one: Heat, jobs: int) -> Pace:
    """Have a worker run all that is waiting, ``jobs`` in all; return what its second slice showed."""
    with one.working(every=jobs // SLICES) as (worker, marks):
        marks.next(PATIENCE_S, worker.is_alive)
        start = marks.next(PATIENCE_S, worker.is_alive)
        memory = sum(worker.memory_mb())
        end = marks.next(PATIENCE_S, worker.is_alive)
        for _ in range(SLICES - 2):
            marks.next(PATIENCE_S, worker.is_alive)
        one.wait_until_empty()
    return Pace((end.number - start.number) / ((end.at - start.at) / 1e9), memory)
