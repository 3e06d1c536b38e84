"""``isthmus sync`` and ``plan``: both directions, once or again and again; or what they would do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import RenderableType

from isthmus.cli.backend_record import find_backend, working_backend
from isthmus.cli.console import table
from isthmus.cli.imports import Entities, MaxDeletes, Name, limited
from isthmus.cli.odoo_feed import read_address
from isthmus.cli.round_table import round_tables, show_round
from isthmus.cli.session import Session
from isthmus.cli.watch import Asked, Watch, run_round, told_to_end
from isthmus.connector.due import Due
from isthmus.connector.readable import EMPTY
from isthmus.errors import ConfigurationError

if TYPE_CHECKING:
    from isthmus.connector.plan import Plan
    from isthmus.connector.rehearsal import PlannedRecord


def sync(
    ctx: typer.Context,
    name: Name,
    entity: Entities = None,
    max_deletes: MaxDeletes = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, round after round, until told to end.")
    ] = False,
    interval: Annotated[
        float, typer.Option("--interval", metavar="SECONDS", help="Pause between two rounds.", min=0)
    ] = 60.0,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen", help="Take webhooks at HOST:PORT and follow them (with --watch).", metavar="HOST:PORT"
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Look at everything, not only at what is told to have changed.")
    ] = False,
) -> None:
    """Bring what changed on the other side into Odoo, then what changed in Odoo to the other side.

    Exit 1 when a record was set aside or a field waits for a decision.
    """
    session: Session = ctx.obj
    address = read_address(listen) if listen else None
    if address and not watch:
        raise ConfigurationError("--listen needs --watch", hint="A single round waits for no hints.")
    asked = Asked(name, entity or None, max_deletes, full)
    due = Due()
    with session.app() as app, told_to_end(due.close):
        if watch:
            Watch(session, app, asked, interval, due).run(address)
            return
        done = run_round(session, app, asked, lambda: due.is_closed)
    show_round(session, name, done)
    if done.stopped:
        raise typer.Exit(130)
    if not done.ok:
        raise typer.Exit(1)


def plan(ctx: typer.Context, name: Name, entity: Entities = None) -> None:
    """Show what a round would do, record by record and field by field. Writes nothing anywhere.

    Exit 1 when a record would be set aside or a field waits for a decision.
    """
    from isthmus.connector.plan import plan_backend

    session: Session = ctx.obj
    with session.app() as app:
        with app.environment(None) as env:
            odoo = find_backend(env, name).odoo
        with app.rehearsal(odoo) as env, session.console.progress() as progress:
            made = plan_backend(find_backend(env, name), entity or None, progress)
    session.console.result({"ok": made.ok, "records": made.records}, *plan_tables(name, made))
    if not made.ok:
        raise typer.Exit(1)


def retry(ctx: typer.Context, name: Name, entity: Entities = None) -> None:
    """Try again what was set aside, in both directions; exit 1 when something still fails."""
    from isthmus.connector.retry import retry_backend

    session: Session = ctx.obj
    with (
        session.app() as app,
        working_backend(app, name, "isthmus retry") as backend,
        session.console.progress() as progress,
    ):
        done = retry_backend(backend, entity or None, progress)
    data = {"ok": done.is_done, "imports": done.imports, "exports": done.exports}
    tried = done.imports or done.exports
    shown = round_tables(name, done, f"Retry of {name}") if tried else ["Nothing is set aside."]
    session.console.result(data, *shown)
    if not done.is_done:
        raise typer.Exit(1)


def plan_tables(name: str, made: Plan) -> Iterator[RenderableType]:
    """Yield what a round would do: a table of counts, then records and fields."""
    if not made.records:
        yield f"A round of {name} would do nothing."
        return
    counts: dict[tuple[str, str, str], int] = {}
    for one in made.records:
        key = one.direction, one.entity, one.deed
        counts[key] = counts.get(key, 0) + 1
    rows = [[*key, number] for key, number in counts.items()]
    yield table(f"A round of {name} would", ["direction", "entity", "deed", "records"], rows, numbers=1)
    lines = [line for one in made.records for line in planned_lines(one)]
    columns = ["direction", "deed", "entity", "name", "field", "now", "then"]
    yield from limited("Record by record", columns, lines)
    yield "Nothing was written."


def planned_lines(record: PlannedRecord) -> Iterator[list[Any]]:
    """Yield a line for each field of a record, or one for the whole."""
    first: list[Any] = [record.direction, record.deed, record.entity.rpartition(".")[2], record.name]
    if not record.fields:
        yield [*first, record.reason, "", ""]
    fields = [one for one in record.fields if record.deed != "create" or one.after != EMPTY]
    for one in fields:
        now, then = one.before, one.after
        if one.in_conflict:
            now, then = f"in Odoo: {now}", f"outside: {then}"
        elif record.deed == "create":
            now = ""
        yield [*first, one.name, now, then]
        first = ["", "", "", ""]
