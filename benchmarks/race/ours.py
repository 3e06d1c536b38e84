"""Isthmus as a contestant, on both engines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from race.contestant import Contestant

#: What ours is told to do, how that is called, and how many jobs it is given.
SETTINGS = {
    "": ("", 50_000),
    "limited": (", limits on", 50_000),
    "nap": (", 5 ms, 10 threads", 5_000),
}
ENGINES = ("PostgreSQL", "SQLite")


def contestants() -> Iterator[Contestant]:
    """Yield ours on both engines, in all settings; only without one everything is measured."""
    for engine in ENGINES:
        for setting, (name, jobs) in SETTINGS.items():
            yield Contestant(
                name=f"Isthmus, {engine}{name}",
                module="ours.driver",
                engine=engine,
                python=Path(sys.executable),
                batch=100,
                jobs=jobs,
                everything=not setting,
                ours=True,
                setting=setting,
                in_quick=setting != "nap",
            )
