"""``isthmus cron``: what is called again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli.console import table
from isthmus.cli.session import Session

if TYPE_CHECKING:
    from rich.console import RenderableType

group = typer.Typer(help="Methods that are called at set times.")

Name = Annotated[
    str, typer.Argument(metavar="MODEL.METHOD", help="The cron, as `isthmus cron list` names it.")
]


@group.command("list")
def list_(ctx: typer.Context) -> None:
    """List crons with their times, their last tick and the job of it."""
    show_crons(ctx.obj)


@group.command("pause")
def pause(ctx: typer.Context, name: Name) -> None:
    """Let a cron rest until it is resumed."""
    session: Session = ctx.obj
    with session.app() as app:
        app.clockwork.pause(name, True)
    show_crons(session)


@group.command("resume")
def resume(ctx: typer.Context, name: Name) -> None:
    """Let a cron go on; what it missed is not made up for."""
    session: Session = ctx.obj
    with session.app() as app:
        app.clockwork.pause(name, False)
    show_crons(session)


@group.command("run")
def run(ctx: typer.Context, name: Name) -> None:
    """Enqueue a cron's job now, besides its times."""
    session: Session = ctx.obj
    with session.app() as app:
        uuid = app.clockwork.run_now(name)
    session.console.result({"job": uuid}, f"Enqueued as {uuid}.")


def show_crons(session: Session) -> None:
    """Show all crons."""
    from isthmus.jobs.moment import to_datetime
    from isthmus.jobs.ticks import next_tick

    with session.app() as app:
        states, now = app.clockwork.states(), app.jobs.now()
        found: list[dict[str, Any]] = []
        for name, cron in app.clockwork.crons.items():
            state = states[name]
            found.append(
                {
                    "name": name,
                    "times": str(cron.schedule),
                    "state": "paused" if state.paused else "active",
                    "next": None if state.paused else to_datetime(next_tick(cron.schedule, now)),
                    "last": None if state.last is None else to_datetime(state.last),
                    "job": state.job_uuid,
                }
            )
    session.console.result(found, cron_table(found, is_narrow=session.console.is_narrow))


def cron_table(found: list[dict[str, Any]], *, is_narrow: bool) -> RenderableType:
    """Return crons as a table; where there is little room, without the uuid of the last job."""
    if not found:
        return "No model has a cron."
    columns = ["cron", "times", "state", "next (UTC)", "last (UTC)", "job of the last"]
    rows = [list(one.values()) for one in found]
    if is_narrow:
        columns = ["cron", "state", "next, last (UTC)"]
        rows = [
            [f"{one['name']}\n{one['times']}", one["state"], f"{one['next'] or '-'}\n{one['last'] or '-'}"]
            for one in found
        ]
    return table("Crons", columns, rows, whole=columns)
