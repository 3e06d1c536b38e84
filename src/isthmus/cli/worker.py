"""``isthmus worker``: do the work that was put off."""

from __future__ import annotations

from typing import Annotated

import typer

from isthmus.cli.session import Session


def worker(
    ctx: typer.Context,
    processes: Annotated[
        int,
        typer.Option("--processes", help="Processes; one for each core that jobs may use.", min=1, max=64),
    ] = 1,
    threads: Annotated[
        int, typer.Option("--threads", help="Jobs that run side by side in each process.", min=1, max=100)
    ] = 4,
    channels: Annotated[
        str | None,
        typer.Option("--channels", help="Set these channels first, as `isthmus channels set` does."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Take jobs of this channel and those below only; may be repeated."),
    ] = None,
    batch: Annotated[
        int, typer.Option("--batch", help="Jobs that are claimed together at most.", min=1, max=1000)
    ] = 100,
) -> None:
    """Run jobs until told to end: the first SIGTERM or ^C finishes what runs, the second stops at once."""
    from isthmus.config import find_settings
    from isthmus.jobs.channel_config import parse_channels, parse_name
    from isthmus.jobs.supervisor import supervise

    session: Session = ctx.obj
    names = [parse_name(name) for name in only or ()]
    wanted = parse_channels(channels) if channels is not None else []
    with session.app() as app:
        app.require_schema()  # said once, and not by every process
        if wanted:
            app.desk.set_channels(wanted)
    options = [
        "--config",
        str(find_settings(session.config)),
        "--threads",
        str(threads),
        "--batch",
        str(batch),
    ]
    options += [word for name in names for word in ("--only", name)]
    session.console.note(f"{processes} worker process(es) with {threads} thread(s) each; ^C to end.")
    raise typer.Exit(supervise(processes, options))
