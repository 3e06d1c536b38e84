"""What the heats came to: medians, and the targets that the peers of the same run set for ours."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from report import Figure, readable
from rich.table import Table

from race.contestant import Contestant

Values = Mapping[str, float]

#: What each value is called in the table, with its unit, in the order of the table.
NAMES = {
    "drain": ("drain", "jobs/s"),
    "single": ("single enqueue", "jobs/s"),
    "bulk": ("bulk enqueue", "jobs/s"),
    "p50": ("pick-up p50", "ms"),
    "p99": ("pick-up p99", "ms"),
    "memory": ("idle memory", "MB"),
    "largest": ("idle memory, largest", "MB"),
    "idle": ("idle CPU", "%"),
}


@dataclass(frozen=True, slots=True)
class Aim:
    """What ours must reach on an engine: so many times the best of the peers whose name begins so.

    With ``ours`` so many times what ours reaches without any setting.
    """

    value: str
    engine: str
    times: float
    peer: str = ""
    ours: bool = False


#: Relative to peers of the same run.
AIMS = (
    Aim("drain", "PostgreSQL", 1.2, "pgqueuer, 100"),
    Aim("drain", "SQLite", 5, "Huey"),
    Aim("bulk", "PostgreSQL", 1, "pgqueuer, 100"),
    Aim("single", "PostgreSQL", 1),
    Aim("single", "SQLite", 1),
)
#: With capacity limits on, the pace may fall by a third.
LIMITED = tuple(Aim("drain", engine, 2 / 3, ours=True) for engine in ("PostgreSQL", "SQLite"))
#: Limits of our own, by value and engine.
LIMITS = {
    ("p99", "PostgreSQL"): "<= 5 ms",
    ("p99", "SQLite"): "<= 10 ms",
    # Of the worker itself: a supervisor takes 13 MB more, for any number of workers.
    ("largest", "PostgreSQL"): "<= 60 MB",
    ("largest", "SQLite"): "<= 60 MB",
    ("idle", "PostgreSQL"): "<= 0.5 %",
    ("idle", "SQLite"): "<= 0.5 %",
}


def medians(heats: Sequence[Values]) -> dict[str, float]:
    """Return the median of each value over the heats of a contestant."""
    names = [name for name in NAMES if name in heats[0]]
    return {name: statistics.median(one[name] for one in heats) for name in names}


def figures(standing: Mapping[Contestant, Values]) -> list[Figure]:
    """Return every value of every contestant, grouped by value; those of ours with their targets."""
    found = []
    for name, (title, unit) in NAMES.items():
        for contestant, values in standing.items():
            if name in values:
                target, peer = target_of(name, contestant, standing) if contestant.ours else (None, None)
                found.append(Figure(f"{title}: {contestant.name}", values[name], unit, target, peer))
    return found


def board(standing: Mapping[Contestant, Values]) -> Table:
    """Return a table with a line for each contestant."""
    shown = Table(title="Job queues, medians", title_justify="left")
    shown.add_column("", no_wrap=True)
    for title, unit in NAMES.values():
        shown.add_column(f"{title}, {unit}", justify="right", min_width=6)
    for contestant, values in standing.items():
        shown.add_row(contestant.name, *(readable(values[one]) if one in values else "" for one in NAMES))
    return shown


def target_of(
    name: str, contestant: Contestant, standing: Mapping[Contestant, Values]
) -> tuple[str | None, str | None]:
    """Return the target of one of our values and what it comes from; both None when there is none."""
    aims = {"": AIMS, "limited": LIMITED}.get(contestant.setting, ())
    for aim in aims:
        if (aim.value, aim.engine) == (name, contestant.engine) and (best := best_of(aim, standing)):
            peer, value = best
            return f">= {aim.times * value:,.0f} {NAMES[name][1]}", f"{peer}: {readable(value)}"
    return LIMITS.get((name, contestant.engine)), None


def best_of(aim: Aim, standing: Mapping[Contestant, Values]) -> tuple[str, float] | None:
    """Return name and value of the best contestant that an aim looks at; None when none took part."""
    found = [
        (values[aim.value], one.name)
        for one, values in standing.items()
        if one.ours is aim.ours and not one.setting
        if one.engine == aim.engine and one.name.startswith(aim.peer) and aim.value in values
    ]
    return max(found)[::-1] if found else None
