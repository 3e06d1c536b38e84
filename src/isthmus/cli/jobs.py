"""``isthmus jobs``: see what is to be done later, why it waits, and change that."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from isthmus.cli.console import table
from isthmus.cli.job_table import handled_table, listed, shown
from isthmus.cli.session import Session
from isthmus.errors import ConfigurationError

if TYPE_CHECKING:
    from isthmus.jobs.handling import Handled
    from isthmus.jobs.inspection import JobInfo

group = typer.Typer(help="Work that is done later, in workers.")

Uuid = Annotated[str, typer.Argument(metavar="UUID", help="The job; the beginning of its uuid is enough.")]
Uuids = Annotated[list[str] | None, typer.Argument(metavar="UUID…", help="The jobs.")]
States = Annotated[
    list[str] | None, typer.Option("--state", help="Only jobs in this state; may be repeated.")
]
InChannel = Annotated[
    str | None, typer.Option("--channel", help="Only jobs of this channel and those below.")
]
Calling = Annotated[str | None, typer.Option("--call", help="Only jobs of this model, or model.method.")]
Limit = Annotated[int, typer.Option("--limit", help="At most so many jobs.", min=1, max=1_000_000)]


@group.command("list")
def list_(
    ctx: typer.Context,
    state: States = None,
    channel: InChannel = None,
    call: Calling = None,
    graph: Annotated[
        str | None, typer.Option("--graph", help="Only jobs delayed together under this id.")
    ] = None,
    limit: Limit = 50,
) -> None:
    """List jobs, newest first."""
    session: Session = ctx.obj
    chosen = {"states": read_states(state), "channel": read_channel(channel), "call": call, "graph": graph}
    with session.app() as app:
        found = [described(app, one) for one in app.desk.list(**chosen, limit=limit)]
    session.console.result(found, listed(found, is_narrow=session.console.is_narrow))


@group.command("show")
def show(ctx: typer.Context, uuid: Uuid) -> None:
    """Show all that is known of a job: its call, its state, its result or error."""
    session: Session = ctx.obj
    with session.app() as app:
        info = described(app, app.desk.show(uuid))
        reason = app.desk.why(info.uuid)
    session.console.result({"job": info, "why": reason}, *shown(info, reason))


@group.command("why")
def why(ctx: typer.Context, uuid: Uuid) -> None:
    """Say in one sentence why a job is not running, or what became of it."""
    session: Session = ctx.obj
    with session.app() as app:
        reason = app.desk.why(uuid)
    session.console.result({"why": reason}, reason)


@group.command("retry")
def retry(
    ctx: typer.Context,
    uuids: Uuids = None,
    state: States = None,
    channel: InChannel = None,
    call: Calling = None,
    force: Annotated[
        bool, typer.Option("--force", help="Take running jobs from their workers, too.")
    ] = False,
    limit: Limit = 1000,
) -> None:
    """Let jobs run again, from their first attempt: those named, or all that fit the options."""
    session: Session = ctx.obj
    with session.app() as app:
        chosen = choose(app.desk, uuids, state, channel, call, limit)
        show_handled(session, app.desk.retry(chosen, force=force))


@group.command("cancel")
def cancel(
    ctx: typer.Context,
    uuids: Uuids = None,
    state: States = None,
    channel: InChannel = None,
    call: Calling = None,
    limit: Limit = 1000,
) -> None:
    """Cancel jobs, and those that wait for nothing else; running ones are told to stop."""
    session: Session = ctx.obj
    with session.app() as app:
        chosen = choose(app.desk, uuids, state, channel, call, limit)
        show_handled(session, app.desk.cancel(chosen, who()))


@group.command("done")
def done(ctx: typer.Context, uuids: Uuids = None) -> None:
    """Set jobs to done without running them, so that what waits for them goes on."""
    session: Session = ctx.obj
    with session.app() as app:
        chosen = choose(app.desk, uuids, None, None, None, 0)
        show_handled(session, app.desk.set_done(chosen, who()))


@group.command("stats")
def stats(ctx: typer.Context) -> None:
    """Count jobs by state, and list the workers."""
    session: Session = ctx.obj
    with session.app() as app:
        found = app.desk.stats()
        now = app.jobs.now()
    counts = table("Jobs", ["state", "jobs"], found.counts.items(), numbers=1)
    shown: list[Any] = [counts]
    if found.oldest_s is not None:
        shown.append(f"The oldest job that could start has been waiting for {found.oldest_s:,.1f} s.")
    workers = [
        [one.id, one.host, one.pid, one.channels or "all", one.threads, (now - one.beat_at) / 1_000_000]
        for one in found.workers
    ]
    columns = ["worker", "host", "process", "channels", "threads", "heard s ago"]
    shown.append(table("Workers", columns, workers, numbers=2) if workers else "No worker is running.")
    session.console.result(found, *shown)


def described(app: Any, info: JobInfo) -> JobInfo:
    """Return a job with what its method says it does, unless the job says that itself."""
    from isthmus.delay.target import summary_of

    said = info.description or summary_of(app.registry, info.model, info.method)
    return msgspec.structs.replace(info, description=said)


# --- choosing ------------------------------------------------------------------------------------------


def read_states(names: Sequence[str] | None) -> list[Any]:
    """Return the states that were named. Raises ConfigurationError for one that does not exist."""
    from isthmus.jobs.state import State

    for name in names or ():
        if name not in list(State):
            raise ConfigurationError(
                f"{name!r} is not a state of a job", hint=f"Use one of {', '.join(State)}."
            )
    return [State(name) for name in names or ()]


def read_channel(name: str | None) -> str | None:
    """Return the full name of a channel. Raises ChannelError for what is none."""
    from isthmus.jobs.channel_config import parse_name

    return None if name is None else parse_name(name)


def choose(
    desk: Any,
    uuids: Sequence[str] | None,
    states: Sequence[str] | None,
    channel: str | None,
    call: str | None,
    limit: int,
) -> list[str]:
    """Return the uuids of the jobs that are meant. Raises ConfigurationError when nothing says which."""
    if uuids:
        return [desk.find(uuid) for uuid in uuids]
    if not (states or channel or call):
        raise ConfigurationError("no job is named", hint="Name jobs by their uuid, or choose with --state.")
    found = desk.list(states=read_states(states), channel=read_channel(channel), call=call, limit=limit)
    return [one.uuid for one in found]


def who() -> str:
    """Return who is at the keyboard, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def show_handled(session: Session, handled: Sequence[Handled]) -> None:
    """Show what became of each job; exit 1 when something was refused."""
    session.console.result(handled, handled_table(handled))
    if any(one.refused for one in handled):
        raise typer.Exit(1)
