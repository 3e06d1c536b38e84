"""``isthmus db``: the schema of the local database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from isthmus.cli.console import table
from isthmus.cli.session import Session

if TYPE_CHECKING:
    from isthmus.records.schema import Change

group = typer.Typer(help="The local database.")


@group.command("upgrade")
def upgrade(ctx: typer.Context) -> None:
    """Bring the database up to date with the loaded packages. Safe to run again, and from two machines."""
    session: Session = ctx.obj
    with session.app() as app:
        changes = app.upgrade()
    show(
        session,
        [one for one in changes if one.is_automatic],
        [one for one in changes if not one.is_automatic],
    )


@group.command("check")
def check(ctx: typer.Context) -> None:
    """Tell how the database differs from the loaded packages; exit 1 when it does."""
    session: Session = ctx.obj
    with session.app() as app:
        changes = app.pending_changes()
    show(session, [], changes)
    if changes:
        raise typer.Exit(1)


def show(session: Session, done: Sequence[Change], left: Sequence[Change]) -> None:
    """Show what was done and what is left, with the way to do it."""
    rows = [("done", one.kind, subject(one), "") for one in done]
    rows += [("left", one.kind, subject(one), one.advice or "isthmus db upgrade") for one in left]
    columns = ["", "change", "of", "how"]
    shown = table("Database", columns, rows) if rows else "The database is up to date."
    session.console.result({"done": list(map(str, done)), "left": list(map(str, left))}, shown)


def subject(change: Change) -> str:
    """Return what a change is about: a table, or a part of it."""
    return f"{change.table}.{change.subject}" if change.subject else change.table
