"""Rounds as a person sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from isthmus.cli.console import table
from isthmus.cli.imports import limited
from isthmus.cli.session import Session

if TYPE_CHECKING:
    from isthmus.connector.direct import Followed
    from isthmus.connector.round import Round


def round_data(done: Round) -> dict[str, Any]:
    """Return what a round did, for machines."""
    return {
        "ok": done.ok,
        "stopped": done.stopped,
        "conflicts": done.conflicts,
        "imports": done.imports,
        "exports": done.exports,
    }


def show_round(session: Session, name: str, done: Round) -> None:
    """Show what a round did."""
    session.console.result(round_data(done), *round_tables(name, done, f"Round of {name}"))


def round_tables(name: str, done: Round, title: str) -> Iterator[RenderableType]:
    """Yield the table of a round, what a person should look at, and how to go on."""
    from isthmus.connector.outcome import KINDS

    both = [("import", one) for one in done.imports] + [("export", one) for one in done.exports]
    columns = ["direction", "entity", *KINDS, "calls", "seconds"]
    rows = [
        [direction, one.entity, *(one.counts.get(kind, 0) for kind in KINDS), one.calls, one.seconds]
        for direction, one in both
    ]
    yield table(title, columns, rows, numbers=len(columns) - 2, whole=("entity",))
    notable = [
        [direction, one.entity, failure.kind, failure.external_id, failure.name, failure.reason]
        for direction, one in both
        for failure in one.failures
    ]
    yield from limited("To look at", ["direction", "entity", "outcome", "id", "name", "reason"], notable)
    if done.conflicts:
        fields = "1 field waits" if done.conflicts == 1 else f"{done.conflicts} fields wait"
        yield f"{fields} for a decision: isthmus conflicts list --backend {name}"
    if done.stopped:
        yield "Ended before it was through; the next round goes on."


def show_followed(session: Session, name: str, followed: Followed) -> None:
    """Show what following hints did, in a line; nothing to a person where nothing changed."""
    from isthmus.connector.outcome import KINDS

    done = followed.round
    counts = {kind: sum(one.counts.get(kind, 0) for one in (*done.imports, *done.exports)) for kind in KINDS}
    said = [f"{number} {kind}" for kind, number in counts.items() if number and kind != "unchanged"]
    data = {**round_data(done), "told": True, "left": followed.left}
    session.console.result(data, *([f"Told of {name}: {', '.join(said)}."] if said else []))
