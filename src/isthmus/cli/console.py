"""What commands show: results on stdout, all else on stderr; tables for people, JSON for machines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from rich import box
from rich.console import Console as Terminal
from rich.console import RenderableType
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from isthmus.errors import IsthmusError

#: Columns of a table when the output goes to a file or a pipe, and nobody says otherwise with COLUMNS.
PIPE_WIDTH = 160

#: A terminal of fewer columns gets tables that are made for narrow ones.
NARROW = 120

Report = Callable[[str, int, int | None], None]
"""Told of progress: what is worked on, how many are done, how many there are (None: not known yet)."""


class Console:
    """Write results, notes, progress and errors. ``quiet`` leaves out notes and progress."""

    def __init__(self, *, json: bool = False, quiet: bool = False, debug: bool = False) -> None:
        self.json = json
        self.quiet = quiet
        self.debug = debug
        self.out = terminal(stderr=False)
        self.err = terminal(stderr=True)

    @property
    def is_narrow(self) -> bool:
        """Whether tables have to do with fewer columns: what belongs together is written below each other."""
        return self.out.width < NARROW

    def result(self, data: Any, *shown: RenderableType) -> None:
        """Show the result of a command: ``data`` as JSON for machines, ``shown`` for people."""
        if self.json:
            self.out.out(to_json(data), highlight=False)
        else:
            for one in shown:
                if isinstance(one, str):
                    self.out.print(one, markup=False, highlight=False, soft_wrap=True)
                else:
                    self.out.print(one)

    def note(self, text: str) -> None:
        """Say what is going on, to people only."""
        if not (self.quiet or self.json):
            self.err.print(escape(text), highlight=False, soft_wrap=True)

    def failure(self, error: IsthmusError) -> None:
        """Say what went wrong and what to do about it."""
        if self.json:
            self.err.out(to_json(error_data(error)), highlight=False)
            return
        self.err.print(Text("Error: ", "bold red") + Text(error.message), highlight=False, soft_wrap=True)
        if error.hint:
            self.err.print(Text("Hint: ", "bold") + Text(error.hint), highlight=False, soft_wrap=True)

    @contextmanager
    def progress(self) -> Iterator[Report]:
        """Show one bar for each thing that progress is reported of, where somebody watches."""
        watched = self.err.is_terminal and not self.quiet
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeRemainingColumn(),
            console=self.err,
            disable=not watched,
        ) as progress:
            yield Bars(progress).report


class Bars:
    """The bars of a progress display, one for each name."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def report(self, name: str, done: int, total: int | None = None) -> None:
        """Set how far ``name`` has come."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(escape(name), total=total)
        self._progress.update(self._tasks[name], completed=done, total=total)


class Rate(ProgressColumn):
    """Records per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")


def terminal(*, stderr: bool) -> Terminal:
    """Return a terminal; a pipe gets a fixed width, so that tables do not depend on who reads them."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Terminal(stderr=stderr, width=width, emoji=False)


def table(
    title: str,
    columns: Iterable[str],
    rows: Iterable[Iterable[Any]],
    *,
    numbers: int = 0,
    whole: Collection[str] = (),
) -> Table:
    """Return a table of plain values; the last ``numbers`` columns are aligned to the right.

    What stands in the columns ``whole`` is to be copied: it is never broken over lines, however narrow the
    terminal is.
    """
    names = list(columns)
    made = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for index, name in enumerate(names):
        right = index >= len(names) - numbers
        made.add_column(name, justify="right" if right else "left", overflow="fold", no_wrap=name in whole)
    for row in rows:
        made.add_row(*(escape(cell_text(cell)) for cell in row))
    return made


def cell_text(value: Any) -> str:
    """Return a value as the text of a cell; empty for None and False."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(cell_text, value))
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


def error_data(error: IsthmusError) -> dict[str, Any]:
    """Return what machines are told about an error."""
    return {
        "error": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "details": error.details,
    }


def to_json(data: Any) -> str:
    """Return indented JSON; what JSON does not know is written as text."""
    return msgspec.json.format(msgspec.json.encode(data, enc_hook=str), indent=2).decode()
