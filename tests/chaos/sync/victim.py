"""The process that is killed: rounds of synchronisation and imports, whose every step can be its last.

A step is a moment at which something outside of the process has just changed, or is about to: before and
after each HTTP request, before and after each commit. They are counted, so that each can be chosen; those of
an import, which threads take, come in any order.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from isthmus.app import App
from isthmus.clock import SystemClock
from isthmus.connector.operation import import_backend
from isthmus.connector.report import EntityReport
from isthmus.connector.round import Round, sync_backend
from isthmus.errors import IsthmusError, RetryableJobError
from isthmus.http import HttpClient, Timeout
from isthmus.inheritance import import_package
from isthmus.records.transaction import SqlTransaction

# Loaded before the processes are forked: each begins at once, and all run what was there when it began.
for package in ("isthmus.connector", "isthmus.delay", "isthmus.odoo", "isthmus.trello"):
    import_package(package)

#: Steps after which something has been made that nothing is known of yet but its announcement.
MADE = re.compile(r"after POST /(1/(cards|lists|checklists/\*/checkItems)|jsonrpc \S+\.load)")

#: How long an impatient process waits for an answer.
IMPATIENT = Timeout(connect_s=2, read_s=0.4, total_s=2)


class BriskClock(SystemClock):
    """Waits a hundredth of the time: what is tried again, and how often, is as in life."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 100)


class Steps:
    """Counts the steps, and ends the process at one of them; the report has its name then, and no more.

    ``of``: which of them count for that; None: all.
    """

    def __init__(self, last: int | None, report: Path, of: re.Pattern[str] | None = None) -> None:
        self.labels: list[str] = []
        self.last = last
        self._counted, self._of = 0, of
        self._report = report
        self._taking = threading.Lock()

    def take(self, label: str) -> None:
        with self._taking:
            self.labels.append(label)
            self._counted += self._of is None or bool(self._of.fullmatch(label))
            if self._counted == self.last:
                self._report.write_text(json.dumps({"killed_at": self.name()}))
                os.kill(os.getpid(), signal.SIGKILL)

    def name(self) -> str:
        """Return what the last step is called: by itself, and which one of those that are called so."""
        label = self.labels[-1]
        return f"{label}, {self.labels.count(label)}"

    def around(self, owner: Any, name: str, label: Callable[..., str]) -> None:
        """Take a step before and after each call of a method."""
        method = getattr(owner, name)

        def stepping(this: Any, *args: Any, **kwargs: Any) -> Any:
            text = label(*args, **kwargs)
            self.take(f"before {text}")
            try:
                return method(this, *args, **kwargs)
            finally:
                self.take(f"after {text}")

        setattr(owner, name, stepping)


def shape(path: str) -> str:
    """Return a path without the ids in it, so that equal steps have equal names."""
    parts = path.partition("?")[0].split("/")
    return "/".join("*" if len(part) == 24 or part.isdigit() else part for part in parts)


def request_label(method: str, path: str, *, body: Any = None, **_: Any) -> str:
    """Return what a request is called; one to Odoo says which method it calls."""
    text = f"{method} {shape(path)}"
    if path != "/jsonrpc":
        return text
    arguments = json.loads(body)["params"]["args"]
    return f"{text} {'.'.join(arguments[3:5])}" if len(arguments) > 4 else text


def begin(last: int | None, report: str, of: re.Pattern[str] | None = None) -> Steps:
    """Have the steps of this process counted."""
    steps = Steps(last, Path(report), of)
    steps.around(HttpClient, "request", request_label)
    steps.around(SqlTransaction, "commit", lambda: "commit")
    return steps


def be_impatient() -> None:
    """Have this process wait for answers no longer than a test can; trouble.TOO_LATE_S is too late for it."""
    prepare = HttpClient._prepare

    def hasty(this: HttpClient, *arguments: Any) -> Any:
        return dataclasses.replace(prepare(this, *arguments), timeout=IMPATIENT)

    HttpClient._prepare = hasty  # type: ignore[method-assign]


def run(
    settings: str,
    last: int | None,
    report: str,
    impatient: bool = False,
    only_import: bool = False,
    when_made: bool = False,
) -> None:
    """Do one round, or an import, and write down its steps; die at step ``last``, counted from 1.

    ``when_made`` counts only those after which something was made.
    """
    steps = begin(last, report, MADE if when_made else None)
    if impatient:
        be_impatient()
    failures, error = 0, None
    with App.load(settings) as app:
        app.clock = BriskClock()
        try:
            done = Round(import_of(app)) if only_import else round_of(app)
            failures = done.conflicts + sum(one.counts["failed"] for one in (*done.imports, *done.exports))
        except IsthmusError as caught:
            error = f"{type(caught).__name__}: {caught.message}"
    Path(report).write_text(json.dumps({"labels": steps.labels, "failures": failures, "error": error}))


def run_in_a_crowd(settings: str, seed: int, rounds: int, report: str) -> None:
    """Do rounds while others do; some processes die at some step. Write down how it went."""
    dice = random.Random(seed)
    begin(dice.randint(1, 250) if dice.random() < 0.7 else None, report)
    done = refused = 0
    with App.load(settings) as app:
        app.clock = BriskClock()
        while done < rounds and refused < 200:
            try:
                round_of(app)
                done += 1
            except RetryableJobError:  # another one is at it
                refused += 1
                time.sleep(dice.random() / 20)
    Path(report).write_text(json.dumps({"rounds": done, "refused": refused}))


def round_of(app: App) -> Round:
    """Bring what changed outside into Odoo, then what changed there outside."""
    with app.environment() as env:
        return sync_backend(env["trello.backend"].search([]))


def import_of(app: App) -> list[EntityReport]:
    """Bring all that is outside into Odoo, side by side."""
    with app.environment() as env:
        return import_backend(env["trello.backend"].search([]))
