"""``isthmus channels``: how many jobs run at once, where, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli.console import table
from isthmus.cli.session import Session
from isthmus.errors import ConfigurationError

if TYPE_CHECKING:
    from isthmus.jobs.desk import ChannelInfo

group = typer.Typer(help="How many jobs run at once, and where.")

Names = Annotated[list[str], typer.Argument(metavar="CHANNEL…", help="Names, with or without `root.`.")]

#: The states that a table counts, where there are jobs in them, and the column's head.
SHOWN = {
    "wait_dependencies": "waiting",
    "pending": "pending",
    "enqueued": "enqueued",
    "started": "started",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}


@group.command("list")
def list_(ctx: typer.Context) -> None:
    """List channels with what is set for them and how many jobs they have."""
    session: Session = ctx.obj
    with session.app() as app:
        show_channels(session, app)


@group.command("set")
def set_(
    ctx: typer.Context,
    settings: Annotated[
        str, typer.Argument(help="As in `root:4,root.trello:2,root.mail:1:sequential,root.x:0:throttle=5`.")
    ],
    only: Annotated[bool, typer.Option("--only", help="Forget what is set for all other channels.")] = False,
) -> None:
    """Set capacities and options; it holds at once, for all workers on all machines."""
    from isthmus.jobs.channel_config import parse_channels

    session: Session = ctx.obj
    wanted = parse_channels(settings)
    if not (wanted or only):
        raise ConfigurationError("no channel is named", hint="Write them as in root:4,root.trello:2.")
    with session.app() as app:
        app.desk.set_channels(wanted, only=only)
        show_channels(session, app)


@group.command("pause")
def pause(ctx: typer.Context, names: Names) -> None:
    """Start no more jobs of channels and those below; what runs goes on."""
    change(ctx.obj, names, paused=True)


@group.command("resume")
def resume(ctx: typer.Context, names: Names) -> None:
    """Let paused channels go on."""
    change(ctx.obj, names, paused=False)


def change(session: Session, names: list[str], *, paused: bool) -> None:
    """Pause or resume channels."""
    from isthmus.jobs.channel_config import parse_name

    full = [parse_name(name) for name in names]
    with session.app() as app:
        app.desk.pause(full, paused)
        show_channels(session, app)


def show_channels(session: Session, app: Any) -> None:
    """Show all channels."""
    found = app.desk.channels()
    states = [state for state in SHOWN if any(one.counts.get(state) for one in found)]
    rows = [[one.name, *limits(one), *(one.counts.get(state, 0) for state in states)] for one in found]
    columns = ["channel", "capacity", "options", *(SHOWN[state] for state in states)]
    session.console.result(
        found,
        table("Channels", columns, rows, numbers=len(states), whole=("channel",))
        if rows
        else "No channel has jobs or settings.",
    )


def limits(info: ChannelInfo) -> tuple[str, str]:
    """Return capacity and options of a channel, as a table shows them."""
    setting = info.setting
    if setting is None:
        return "", ""
    options = [
        *(["sequential"] if setting.sequential else []),
        *([f"one every {setting.throttle_s:g} s"] if setting.throttle_s else []),
        *(["paused"] if setting.paused else []),
    ]
    return "no limit" if setting.capacity is None else str(setting.capacity), ", ".join(options)
