"""Figures of a benchmark: measured, held against their targets, printed as a table and written as JSON.

A script says ``main("title", measure)``, where ``measure(quick)`` returns the figures, and gets the options
``--quick`` (under 30 s) and ``--json FILE``.
"""

from __future__ import annotations

import argparse
import gc
import operator
import re
import sys
import timeit
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

TARGET = re.compile(r"(?P<sign><=|>=|<|>|==)\s*(?P<number>[\d,]+(?:\.\d+)?)\s*(?P<unit>.*)")
SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
}

#: Of the table where nobody sees how wide the terminal is.
WIDTH = None if sys.stdout.isatty() else 120


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. ``target`` is such as ``"<= 1 µs"`` or None; ``peer`` says what others need."""

    name: str
    value: float
    unit: str
    target: str | None = None
    peer: str | None = None

    @property
    def met(self) -> bool | None:
        """Whether the value meets the target; None when there is no target."""
        return None if self.target is None else meets(self.value, self.unit, self.target)

    def as_dict(self) -> dict[str, Any]:
        """Return the figure as plain values."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "target": self.target,
            "peer": self.peer,
            "met": self.met,
        }


def meets(value: float, unit: str, target: str) -> bool:
    """Say whether a value meets a target.

    Raises ValueError for a target that cannot be read or has another unit.
    """
    found = TARGET.fullmatch(target.strip())
    if found is None:
        raise ValueError(f"not a target: {target!r}; expected such as '<= 1 µs'")
    if found["unit"] != unit:
        raise ValueError(f"the target {target!r} is not in {unit!r}")
    return SIGNS[found["sign"]](value, float(found["number"].replace(",", "")))


def seconds_per_call(call: Callable[[], object], *, quick: bool = False) -> float:
    """Return the seconds that one call takes: the best of 40 runs (quick: 10) of at least 20 ms each.

    Many short runs, because the least disturbed one is what the code costs on a busy machine too.
    """
    timer = timeit.Timer(call)
    least_s = 0.02
    number = 1
    while (spent := timer.timeit(number)) < least_s:
        number = max(number * 2, int(number * least_s / max(spent, 1e-9)))
    gc.collect()
    return min(timer.repeat(10 if quick else 40, number)) / number


def table(title: str, figures: Iterable[Figure]) -> Table:
    """Return the figures as a table for the terminal."""
    shown = Table(title=title, title_justify="left")
    for column in ("what", "value", "unit", "target", "met", "peer"):
        shown.add_column(column, justify="right" if column == "value" else "left")
    for one in figures:
        met = {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[one.met]
        shown.add_row(one.name, readable(one.value), one.unit, one.target or "", met, one.peer or "")
    return shown


def readable(value: float) -> str:
    """Return a number with three significant digits or, from 1,000 on, with thousands separators."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


Measure = Callable[[bool], Sequence[Figure]]


def main(title: str, measure: Measure, arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the JSON when asked for. Return 0, or 1 when a target is missed."""
    options = parser(title).parse_args(arguments)
    return publish(title, measure(options.quick), options)


def parser(title: str) -> argparse.ArgumentParser:
    """Return the options that every script has."""
    options = argparse.ArgumentParser(description=title)
    options.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    options.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    return options


def publish(
    title: str,
    figures: Sequence[Figure],
    options: argparse.Namespace,
    shown: Sequence[Figure] | None = None,
) -> int:
    """Print the table, write the JSON when asked for. Return 0, or 1 when a target is missed.

    Only the figures ``shown`` stand in the table, when they are given.
    """
    Console(width=WIDTH).print(table(title, figures if shown is None else shown))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode([one.as_dict() for one in figures])))
    return 0 if all(one.met is not False for one in figures) else 1
